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
package io.flinklsm.core.write;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.tree.Lookups;
import io.flinklsm.core.tree.TreeState;
import io.flinklsm.core.view.ReadView;
import java.io.IOException;

/**
 * The writes of one tree: an entry goes into the tier, or past it if it is large, or is refused if
 * it is too large. Writer thread only.
 */
public final class TreeWriter {

    /** Bound of a key's length: keys stand in indexes, which are in memory. */
    public static final int KEY_BYTES_MAX = 1 << 20;

    /**
     * Bound of a value's length: with a key, a page's header and a list's next elements it still
     * fits into an array.
     */
    public static final int VALUE_BYTES_MAX = Integer.MAX_VALUE - (16 << 20);

    /**
     * Bound of what operands make a value of. What is between the two bounds is for the operands
     * that are folded in before anyone asks how long the value has become.
     */
    public static final int APPENDED_VALUE_BYTES_MAX = 3 << 29;

    /** Operands shorter than this are few enough to be added without asking that. */
    private static final int UNASKED_OPERAND_BYTES = 64 << 10;

    /** A value so large shows in the size of its SSTable, since it is not compressed. */
    private static final long TELLING_FILE_BYTES = 512L << 20;

    private final StoreWriter store;
    private final TreeState tree;
    private final Lookups lookups;

    public TreeWriter(StoreWriter store, TreeState tree, Lookups lookups) {
        this.store = store;
        this.tree = tree;
        this.lookups = lookups;
    }

    public void put(KeyBuffer key, byte[] value, int from, int byteCount) throws IOException {
        Invariants.check(
                from >= 0 && byteCount >= 0 && byteCount <= value.length - from,
                "a value lies outside its array",
                "from",
                from,
                "byteCount",
                byteCount);
        store.attendWrite();
        if (isLarge(key, byteCount)) {
            putLarge(
                    key,
                    EntryKind.PUT,
                    LargeValue.of(new Slice().setBytes(value, from, byteCount)));
            return;
        }
        MemoryWait wait = null;
        while (!tree.tier().put(key, value, from, byteCount)) {
            wait = store.makeRoom(tree, entryBytes(key, byteCount), wait);
        }
        written();
    }

    public void delete(KeyBuffer key) throws IOException {
        store.attendWrite();
        checkBytes(key, 0);
        MemoryWait wait = null;
        while (!tree.tier().delete(key)) {
            wait = store.makeRoom(tree, entryBytes(key, 0), wait);
        }
        written();
    }

    /**
     * Folds an operand into the key's value without reading it; needs the tree's merge operator.
     */
    public void merge(KeyBuffer key, byte[] operand, int from, int byteCount) throws IOException {
        Invariants.check(
                from >= 0 && byteCount >= 0 && byteCount <= operand.length - from,
                "a value lies outside its array",
                "from",
                from,
                "byteCount",
                byteCount);
        store.attendWrite();
        if (tree.operator() == null) {
            throw new IllegalStateException(
                    "[tree "
                            + tree.name()
                            + "] has no merge operator; open it with one in its TreeOptions");
        }
        if (isLarge(key, byteCount)) {
            mergeLarge(key, LargeValue.of(new Slice().setBytes(operand, from, byteCount)));
            return;
        }
        MemoryWait wait = null;
        checkOperand(key, byteCount, byteCount);
        while (!tree.tier().merge(key, operand, from, byteCount)) {
            if (tree.tier().isValueFull()) {
                checkOperand(key, UNASKED_OPERAND_BYTES, byteCount);
                store.freezeFull(tree);
            } else {
                wait = store.makeRoom(tree, entryBytes(key, byteCount), wait);
            }
        }
        written();
    }

    /**
     * Moves a value behind another key's, as an operand that is merged there, and deletes the key:
     * for an operator that appends. However long it is, it need not be in memory. Nothing happens
     * if the key has no value. Writer thread only.
     */
    public void moveBehind(KeyBuffer target, KeyBuffer source) throws IOException {
        if (Invariants.ENABLED) {
            Invariants.check(
                    !target.slice().contentEquals(source.slice()),
                    "a value is moved behind itself",
                    "keyBytes",
                    source.length());
        }
        store.attendWrite();
        byte[] operand = null;
        Lookup lookup = lookups.take();
        lookup.start(tree.operator(), new ValueBuffer());
        ReadView pinned = lookups.gather(source, lookup);
        try {
            if (!lookup.isFound()) {
                return;
            }
            LargeValue moved = lookup.result();
            if (target.length() + moved.length() > store.largeEntryBytes()) {
                mergeLarge(target, moved);
            } else {
                operand = moved.toBytes();
            }
        } finally {
            lookups.giveBack(lookup, pinned);
        }
        if (operand != null) {
            // Without the view: it may hold the memory that the operand needs.
            merge(target, operand, 0, operand.length);
        }
        delete(source);
    }

    private void putLarge(KeyBuffer key, EntryKind kind, LargeValue value) throws IOException {
        store.writeLarge(tree, key, kind, value);
    }

    private void mergeLarge(KeyBuffer key, LargeValue operand) throws IOException {
        checkBytes(key, operand.length());
        checkOperand(key, operand.length(), operand.length());
        putLarge(key, EntryKind.MERGE, operand);
    }

    /** Whether the entry is one that goes past the tier; refuses it if it is too large. */
    private boolean isLarge(KeyBuffer key, int valueBytes) {
        checkBytes(key, valueBytes);
        return entryBytes(key, valueBytes) > store.largeEntryBytes();
    }

    private static long entryBytes(KeyBuffer key, int valueBytes) {
        return (long) key.length() + valueBytes;
    }

    private void checkBytes(KeyBuffer key, long valueBytes) {
        Invariants.check(
                valueBytes >= 0, "a value has fewer bytes than none", "valueBytes", valueBytes);
        if (key.length() > KEY_BYTES_MAX || valueBytes > VALUE_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "[tree "
                            + tree.name()
                            + "] an entry is too large: keyBytes="
                            + key.length()
                            + " of at most "
                            + KEY_BYTES_MAX
                            + ", valueBytes="
                            + valueBytes
                            + " of at most "
                            + VALUE_BYTES_MAX
                            + "; split it over several keys, as a map instead of a list");
        }
    }

    /**
     * Refuses an operand that would make the value too long for those who fold or read it. To know
     * that, all sources are asked; so it is done where much is added, or where an SSTable is so
     * large that one of its values may be, and small operands between are not counted: their sum is
     * bounded by the number of sources.
     */
    private void checkOperand(KeyBuffer key, long operandBytes, long addedBytes)
            throws IOException {
        if (operandBytes < UNASKED_OPERAND_BYTES
                && tree.version().largestFileBytes() < TELLING_FILE_BYTES) {
            return;
        }
        MergeOperator operator = tree.operator();
        if (operator == null || operator.separator() == MergeOperator.NOT_APPENDING) {
            return;
        }
        long bytes = valueBytes(key) + 1 + addedBytes;
        if (bytes > APPENDED_VALUE_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "[tree "
                            + tree.name()
                            + "] a value would become too large: valueBytes="
                            + bytes
                            + ", maximum="
                            + APPENDED_VALUE_BYTES_MAX
                            + "; keep less in one state entry, as a map instead of a list");
        }
    }

    /** How long the key's value is; 0 if it has none. */
    private long valueBytes(KeyBuffer key) throws IOException {
        Lookup lookup = lookups.take();
        lookup.start(tree.operator(), new ValueBuffer());
        ReadView pinned = lookups.gather(key, lookup);
        try {
            return lookup.isFound() ? lookup.result().length() : 0;
        } finally {
            lookups.giveBack(lookup, pinned);
        }
    }

    private void written() throws IOException {
        long usedBytes = tree.openBytes();
        long accountedBytes = tree.accountedBytes();
        if (usedBytes != accountedBytes) {
            long grownBytes = usedBytes - accountedBytes;
            tree.setAccountedBytes(usedBytes);
            store.grown(tree, usedBytes, grownBytes);
        }
    }
}
