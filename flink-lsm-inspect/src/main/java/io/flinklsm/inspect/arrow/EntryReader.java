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
package io.flinklsm.inspect.arrow;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.EntryBinding;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.entry.EntryCursor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a cursor as Arrow batches. Values that already stand in columns of the same kind
 * go over column by column; others (of older generations of the schema, folded, or bytes) are taken
 * apart; what does not fit is in {@code _value}. The cursor is opened when the first batch is asked
 * for. Used by one thread at a time.
 */
public final class EntryReader extends ArrowReader {

    private static final int BATCH_ROWS = 4096;

    /** A batch ends early above this. */
    private static final int BATCH_BYTES = 4 << 20;

    private static final int BYTES_CHECKED_EVERY = 16;

    /** Opens the entries; what is opened here the reader closes. */
    @FunctionalInterface
    public interface Entries {
        /**
         * @param withValues else values may be empty
         */
        EntryCursor open(boolean withValues) throws IOException;
    }

    private final Entries entries;
    private final Runnable tick;
    private final @Nullable EntryBinding binding;
    private final List<Leaf> usedLeaves = new ArrayList<>();
    private final List<ArrowColumns.Column> columns;
    private final int keyGroupBytes;
    private final boolean isKeyTyped;
    private final boolean needsKey;
    private final boolean needsValue;
    private final boolean needsRawKey;
    private final boolean needsRawValue;

    private final BytesColumn rawKeys = new BytesColumn();
    private final BytesColumn rawValues = new BytesColumn();
    private final int[] keyGroups = new int[BATCH_ROWS];
    private @Nullable EntryCursor cursor;
    private boolean ended;
    private @Nullable EntryBinding knownBinding;
    private boolean isSameColumns;
    private volatile @Nullable Exception failure;

    /**
     * @param wanted by the names of columns
     * @param tick called for each batch
     */
    public EntryReader(
            BufferAllocator allocator,
            ArrowColumns all,
            Predicate<String> wanted,
            Entries entries,
            Runnable tick) {
        super(allocator);
        this.entries = entries;
        this.tick = tick;
        EntryColumns entryColumns = all.entryColumns();
        binding = entryColumns == null ? null : new EntryBinding(entryColumns);
        columns = all.bind(binding, wanted);
        keyGroupBytes = all.keyGroupBytes();
        needsKey = has(ArrowColumns.Source.KEY);
        needsRawKey = has(ArrowColumns.Source.RAW_KEY);
        needsRawValue = has(ArrowColumns.Source.RAW_VALUE);
        needsValue = needsRawValue || has(ArrowColumns.Source.VALUE);
        isKeyTyped = ArrowColumns.isKeyTyped(entryColumns, binding);
        if (binding != null && (needsKey || needsRawKey)) {
            usedLeaves.addAll(binding.keyLeaves());
        }
        if (binding != null && needsValue) {
            usedLeaves.addAll(binding.valueLeaves());
        }
    }

    private boolean has(ArrowColumns.Source source) {
        return columns.stream().anyMatch(column -> column.source() == source);
    }

    /** Why a batch could not be read; a reader over a C interface sees only its text. */
    public @Nullable Exception failure() {
        return failure;
    }

    @Override
    protected Schema readSchema() {
        return new Schema(columns.stream().map(ArrowColumns.Column::field).toList());
    }

    @Override
    public boolean loadNextBatch() throws IOException {
        if (failure != null) {
            // The engine may ask once more; the cursor is somewhere in between, and the first
            // failure is the one that counts.
            throw new IOException("reading failed before", failure);
        }
        try {
            prepareLoadNextBatch();
            clear();
            int rows = ended ? 0 : readRows();
            fill(getVectorSchemaRoot(), rows);
            tick.run();
            return rows > 0;
        } catch (UncheckedIOException e) {
            failure = e.getCause();
            throw e.getCause();
        } catch (IOException | RuntimeException e) {
            failure = e;
            throw e;
        }
    }

    private void clear() {
        usedLeaves.forEach(leaf -> leaf.buffer().clear());
        rawKeys.clear();
        rawValues.clear();
    }

    private int readRows() throws IOException {
        EntryCursor open = cursor;
        if (open == null) {
            open = entries.open(needsValue);
            cursor = open;
        }
        int rows = 0;
        while (rows < BATCH_ROWS) {
            if (rows % BYTES_CHECKED_EVERY == 0 && bytes() > BATCH_BYTES) {
                break;
            }
            if (!open.next()) {
                ended = true;
                break;
            }
            addRow(open, rows++);
        }
        return rows;
    }

    private long bytes() {
        long sum = (long) rawKeys.length + rawValues.length;
        for (int i = 0; i < usedLeaves.size(); i++) {
            sum += usedLeaves.get(i).buffer().dataLength();
        }
        return sum;
    }

    private void addRow(EntryCursor open, int row) {
        Slice key = open.key();
        keyGroups[row] = keyGroup(key);
        boolean isTyped = (needsKey || needsRawKey) && binding != null && binding.addKey(key);
        if (isTyped && isKeyTyped) {
            rawKeys.addNull(row);
        } else if (needsRawKey) {
            rawKeys.add(row, key);
        }
        if (needsValue) {
            addValue(open, row);
        }
    }

    private int keyGroup(Slice key) {
        if (keyGroupBytes == 0 || key.length() < keyGroupBytes) {
            return 0;
        }
        int first = key.byteAt(0) & 0xFF;
        return keyGroupBytes == 1 ? first : first << Byte.SIZE | key.byteAt(1) & 0xFF;
    }

    private void addValue(EntryCursor open, int row) {
        TypedValue typed = open.typedValue();
        if (typed != null && binding != null && isSame(typed.binding(), binding)) {
            binding.copyValue(typed.binding(), typed.row());
            rawValues.addNull(row);
            return;
        }
        Slice value = open.value();
        if (binding != null && binding.addValue(value)) {
            rawValues.addNull(row);
        } else if (needsRawValue) {
            rawValues.add(row, value);
        }
    }

    /** Remembers the answer for the binding, which stays the same for file after file. */
    private boolean isSame(EntryBinding theirs, EntryBinding own) {
        if (theirs != knownBinding) {
            knownBinding = theirs;
            isSameColumns = theirs.columns().toString().equals(own.columns().toString());
        }
        return isSameColumns;
    }

    private void fill(VectorSchemaRoot root, int rows) {
        for (Leaf leaf : usedLeaves) {
            leaf.cursor().setBuffer(leaf.buffer(), rows);
        }
        for (int i = 0; i < columns.size(); i++) {
            FieldVector vector = root.getVector(i);
            // The last batch's memory belongs to its taker.
            vector.clear();
            vector.setInitialCapacity(BATCH_ROWS);
            vector.allocateNew();
            ArrowColumns.Column column = columns.get(i);
            VectorFill fill = column.fill();
            if (fill != null) {
                fill.bind(vector);
                for (int row = 0; row < rows; row++) {
                    fill.seekRow(row);
                    fill.fill(row);
                }
            } else if (vector instanceof IntVector numbers) {
                for (int row = 0; row < rows; row++) {
                    numbers.set(row, keyGroups[row]);
                }
            } else {
                BytesColumn from =
                        column.source() == ArrowColumns.Source.RAW_KEY ? rawKeys : rawValues;
                from.copyTo((BaseVariableWidthVector) vector, rows);
            }
        }
        root.setRowCount(rows);
    }

    @Override
    public long bytesRead() {
        return 0;
    }

    @Override
    protected void closeReadSource() throws IOException {
        ended = true;
        EntryCursor open = cursor;
        if (open != null) {
            open.close();
        }
    }

    /** Bytes and nulls of a batch. */
    private static final class BytesColumn {
        private byte[] bytes = new byte[1 << 10];
        private int length;
        private final int[] ends = new int[BATCH_ROWS];
        private final boolean[] nulls = new boolean[BATCH_ROWS];

        void clear() {
            length = 0;
        }

        void add(int row, Slice value) {
            int needed = Math.addExact(length, value.length());
            if (needed > bytes.length) {
                long doubled = Math.min(2L * bytes.length, Integer.MAX_VALUE - Long.BYTES);
                bytes = Arrays.copyOf(bytes, (int) Math.max(needed, doubled));
            }
            value.copyTo(bytes, length);
            length = needed;
            ends[row] = length;
            nulls[row] = false;
        }

        void addNull(int row) {
            ends[row] = length;
            nulls[row] = true;
        }

        void copyTo(BaseVariableWidthVector vector, int rows) {
            int from = 0;
            for (int row = 0; row < rows; row++) {
                if (!nulls[row]) {
                    vector.setSafe(row, bytes, from, ends[row] - from);
                }
                from = ends[row];
            }
        }
    }
}
