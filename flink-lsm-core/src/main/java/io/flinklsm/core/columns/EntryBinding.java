/*
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package io.flinklsm.core.columns;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.ColumnNode;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.LeafBuffer;
import io.flinklsm.core.columns.leaf.LeafColumn;
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.columns.leaf.WireReader;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The columns of a tree with their buffers and cursors: takes entries apart, and puts values
 * together again. One for each writer and each reader; confined to one thread.
 *
 * <p>Columns of the key are for others to read: what is not typed is null there. Columns of the
 * value are where the value is: a value that does not fit them is refused as a whole.
 */
public final class EntryBinding {

    private final EntryColumns columns;
    private final List<ColumnNode> nodes;
    private final List<Leaf> keyLeaves;
    private final List<Leaf> valueLeaves;

    // The same leaves, for loops that run once an entry.
    private final LeafBuffer[] keyBuffers;
    private final LeafBuffer[] valueBuffers;
    private final LeafCursor[] valueCursors;

    /** Those whose rows differ in length, and the bytes that the others have in every row. */
    private final LeafCursor[] variableCursors;

    private final int fixedBytes;

    private final @Nullable Binding key;
    private final @Nullable Binding namespace;
    private final @Nullable Binding mapKey;
    private final @Nullable Binding value;
    private final WireReader in = new WireReader();

    /** Whether the end of the key is found, where something follows. */
    private final boolean findsNamespace;

    private final boolean isKeyAll;

    // Of the row that was added last.
    private int prefixBytes = -1;
    private int keyBytes = -1;

    public EntryBinding(EntryColumns columns) {
        this.columns = columns;
        Binder binder = new Binder();
        // Only one part may reach to the end of the key, and it must be the last.
        findsNamespace = columns.key().findsItsEnd();
        isKeyAll = columns.isKeyAll();
        boolean findsMapKey = findsNamespace && columns.namespace().findsItsEnd();
        key = columns.key().hasColumns() ? columns.key().bindKey(binder) : null;
        namespace =
                bindKey(binder, columns.namespace(), EntryColumns.NAMESPACE_COLUMN, findsNamespace);
        ColumnType mapKeyType = columns.mapKey();
        mapKey =
                mapKeyType == null
                        ? null
                        : bindKey(binder, mapKeyType, EntryColumns.MAP_KEY_COLUMN, findsMapKey);
        keyLeaves = List.copyOf(binder.leaves());
        ColumnType valueType = columns.value();
        value = valueType == null || !valueType.hasColumns() ? null : valueType.bindEntry(binder);
        List<Leaf> all = binder.leaves();
        valueLeaves = List.copyOf(all.subList(keyLeaves.size(), all.size()));
        nodes = List.copyOf(binder.nodes());
        keyBuffers = keyLeaves.stream().map(Leaf::buffer).toArray(LeafBuffer[]::new);
        valueBuffers = valueLeaves.stream().map(Leaf::buffer).toArray(LeafBuffer[]::new);
        valueCursors = valueLeaves.stream().map(Leaf::cursor).toArray(LeafCursor[]::new);
        variableCursors =
                Arrays.stream(valueCursors)
                        .filter(cursor -> isVariable(cursor.column()))
                        .toArray(LeafCursor[]::new);
        fixedBytes =
                Arrays.stream(valueCursors)
                        .filter(cursor -> !isVariable(cursor.column()))
                        .mapToInt(cursor -> cursor.column().physical().width())
                        .sum();
    }

    private static boolean isVariable(LeafColumn column) {
        return column.maxRepetitionLevel() > 0 || column.physical() == Physical.BYTES;
    }

    private static @Nullable Binding bindKey(
            Binder binder, ColumnType type, String name, boolean isFound) {
        return isFound && type.hasColumns()
                ? type.bind(binder, name, ColumnType.Nulls.ENTRY)
                : null;
    }

    /** How many leaf columns a type takes, as a value. */
    public static int countLeaves(ColumnType type) {
        Binder binder = new Binder();
        if (type.hasColumns()) {
            type.bind(binder, EntryColumns.VALUE_COLUMN, ColumnType.Nulls.ENTRY);
        }
        return binder.leaves().size();
    }

    public EntryColumns columns() {
        return columns;
    }

    /** The schema: columns of the key, then of the value. */
    public List<ColumnNode> nodes() {
        return nodes;
    }

    public List<Leaf> keyLeaves() {
        return keyLeaves;
    }

    public List<Leaf> valueLeaves() {
        return valueLeaves;
    }

    /** Whether values can be in columns at all. */
    public boolean hasTypedValues() {
        return value != null;
    }

    /**
     * Adds a row to the columns of the key.
     *
     * @return whether the key is in them, as far as they reach; else they have a row of nulls
     */
    public boolean addKey(Slice entryKey) {
        prefixBytes = -1;
        keyBytes = isKeyAll ? entryKey.length() : -1;
        if (keyBuffers.length == 0) {
            return false;
        }
        mark(keyBuffers);
        try {
            shredKey(entryKey);
            checkRow(keyBuffers);
            return true;
        } catch (NotTypedException e) {
            rollback(keyBuffers);
            return false;
        }
    }

    private void shredKey(Slice entryKey) throws NotTypedException {
        in.set(entryKey);
        in.skip(columns.keyGroupBytes());
        shredPart(columns.key(), key);
        if (!isKeyAll && findsNamespace) {
            keyBytes = in.position();
        }
        if (columns.kind() != StateKind.QUEUE) {
            shredPart(columns.namespace(), namespace);
            if (columns.mapKey() != null) {
                if (mapKey == null) {
                    return;
                }
                int endOfNamespace = in.position();
                mapKey.shred(in, 0);
                in.check(in.remaining() == 0);
                Invariants.check(
                        endOfNamespace >= columns.keyGroupBytes()
                                && endOfNamespace <= entryKey.length(),
                        "a prefix is no part of its key",
                        "prefixBytes",
                        endOfNamespace,
                        "keyBytes",
                        entryKey.length());
                prefixBytes = endOfNamespace;
            }
        }
        in.check(in.remaining() == 0);
    }

    /**
     * Where the map key begins in the key that was added last, which is the prefix that all entries
     * of one map share; -1 if it has no map key or its types do not say where.
     */
    public int prefixBytes() {
        return prefixBytes;
    }

    /**
     * How many bytes of the key that was added last are key group and key: all of them where
     * entries have neither a namespace that differs nor a map key; -1 if its types do not say.
     */
    public int keyBytes() {
        return keyBytes;
    }

    /** Reads key or namespace and the length behind it. */
    private void shredPart(ColumnType type, @Nullable Binding part) throws NotTypedException {
        int from = in.position();
        if (part != null) {
            part.shred(in, 0);
        } else if (type instanceof VoidType constant) {
            constant.skip(in);
        } else {
            throw NotTypedException.INSTANCE;
        }
        if (columns.hasLengths() && columns.kind() != StateKind.QUEUE) {
            int length = in.position() - from;
            do {
                in.check(in.readByte() == (length & 0xFF));
                length >>>= Byte.SIZE;
            } while (length != 0);
        }
    }

    /**
     * Adds a row to the columns of the value.
     *
     * @return whether the value is in them; else they have a row of nulls
     */
    public boolean addValue(Slice entryValue) {
        if (value == null) {
            return columns.value() == null && entryValue.isEmpty();
        }
        mark(valueBuffers);
        try {
            in.set(entryValue);
            value.shred(in, 0);
            if (in.remaining() == 0 && hasFewLevels(entryValue.length())) {
                checkRow(valueBuffers);
                return true;
            }
        } catch (NotTypedException e) {
            // It stays bytes.
        }
        rollback(valueBuffers);
        return false;
    }

    /** An element takes a byte at least, so a short value has few in any column. */
    private boolean hasFewLevels(int byteCount) {
        if (byteCount < LeafColumn.MAX_ROW_LEVELS) {
            return true;
        }
        for (LeafBuffer buffer : valueBuffers) {
            if (buffer.rowLevels() > LeafColumn.MAX_ROW_LEVELS) {
                return false;
            }
        }
        return true;
    }

    /** Adds a row of nulls to the columns of the value. */
    public void addNoValue() {
        for (LeafBuffer buffer : valueBuffers) {
            buffer.addNullRow();
        }
    }

    /**
     * Adds a row to the columns of the value as it stands in another binding of equal columns.
     *
     * @param from has its cursors on pages with this row
     */
    public void copyValue(EntryBinding from, int row) {
        Invariants.check(
                from.valueBuffers.length == valueBuffers.length,
                "a value is copied between other columns",
                "from",
                from.valueBuffers.length,
                "to",
                valueBuffers.length);
        for (int i = 0; i < valueBuffers.length; i++) {
            valueBuffers[i].copyRow(from.valueCursors[i], row);
        }
    }

    /**
     * Appends the bytes of a typed value.
     *
     * @param row of the pages that the value's cursors are on
     * @throws IndexOutOfBoundsException if the columns do not make a value
     */
    public void assembleValue(int row, ValueBuffer out) {
        if (value == null) {
            return;
        }
        for (LeafCursor cursor : valueCursors) {
            cursor.seekRow(row);
        }
        value.assemble(out);
        for (LeafCursor cursor : valueCursors) {
            if (cursor.isInRow()) {
                throw new IndexOutOfBoundsException(
                        "a row has values left: column=" + cursor.column().path());
            }
        }
    }

    /** Bytes that the values of a row take in their columns, nulls of a fixed width included. */
    long valueBytes(int row) {
        Invariants.check(row >= 0, "a page has no such row", "row", row);
        long bytes = fixedBytes;
        for (LeafCursor cursor : variableCursors) {
            bytes += cursor.rowBytes(row);
        }
        return bytes;
    }

    /** A column of bytes beside the typed ones: optional, not nested. */
    public static Leaf rawColumn(String name) {
        return new Binder().leaf(name, true, Physical.BYTES, Annotation.NONE);
    }

    private static void mark(LeafBuffer[] buffers) {
        for (LeafBuffer buffer : buffers) {
            buffer.markRow();
        }
    }

    /** Every column has levels of the row that was added; one that does not repeat has one. */
    private static void checkRow(LeafBuffer[] buffers) {
        if (Invariants.ENABLED) {
            for (LeafBuffer buffer : buffers) {
                int levels = buffer.rowLevels();
                int max = buffer.column().maxRepetitionLevel();
                Invariants.check(
                        levels == 1 || (levels > 1 && max > 0),
                        "a column was left out, or has a row twice",
                        "levels",
                        levels,
                        "repetition",
                        max);
            }
        }
    }

    /** Takes back what the row added and makes it a row of nulls. */
    private static void rollback(LeafBuffer[] buffers) {
        for (LeafBuffer buffer : buffers) {
            buffer.rollback();
            buffer.addNullRow();
        }
    }
}
