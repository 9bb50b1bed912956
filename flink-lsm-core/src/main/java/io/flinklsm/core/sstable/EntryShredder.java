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
package io.flinklsm.core.sstable;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.EntryBinding;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.columns.leaf.ColumnNode;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.LeafBuffer;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.parquet.page.ColumnSpec;
import io.flinklsm.core.parquet.page.ColumnWriter;
import io.flinklsm.core.parquet.page.IntColumnWriter;
import io.flinklsm.core.parquet.page.LeafColumnWriter;
import io.flinklsm.core.parquet.page.LeafColumnWriter.Paging;
import io.flinklsm.core.parquet.page.PageCodec;
import io.flinklsm.core.parquet.page.PageSink;
import io.flinklsm.core.parquet.page.SortedColumnWriter;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Takes entries apart into columns. The writer cuts blocks, pages and row groups of whatever
 * columns there are; the first one is always {@link SstableFormat#KEY_COLUMN}. Confined to one
 * thread.
 *
 * <pre>
 * _key | _op | key_group | columns of the key … | columns of the value … | _value
 * </pre>
 */
final class EntryShredder {

    private final int keyGroupBytes;
    private final @Nullable EntryBinding binding;
    private final SortedColumnWriter keys;
    private final IntColumnWriter kinds;
    private final IntColumnWriter keyGroups;
    private final LeafBuffer rawValues;
    private final LeafColumnWriter[] leaves;
    private final List<ColumnWriter> columns = new ArrayList<>();

    /** Whether values of these columns may be copied as they stand. */
    private final Map<EntryBinding, Boolean> sameColumns = new IdentityHashMap<>();

    // What was asked for last, which is nearly always what is asked for next.
    private @Nullable EntryBinding latestBinding;
    private boolean isLatestSame;

    /**
     * @param entryColumns null if nothing is known of the entries
     * @param sinks where the pages of the column with this index go
     */
    EntryShredder(
            SstableOptions options,
            @Nullable EntryColumns entryColumns,
            PageCodec codec,
            IntFunction<PageSink> sinks) {
        keyGroupBytes = options.keyGroupBytes();
        binding =
                entryColumns != null && isTyped(options, entryColumns)
                        ? new EntryBinding(entryColumns)
                        : null;
        keys =
                new SortedColumnWriter(
                        ColumnSpec.sortedBytes(SstableFormat.KEY_COLUMN), codec, sinks.apply(0));
        kinds =
                new IntColumnWriter(
                        ColumnSpec.ints(SstableFormat.KIND_COLUMN, false), codec, sinks.apply(1));
        keyGroups =
                new IntColumnWriter(
                        ColumnSpec.ints(SstableFormat.KEY_GROUP_COLUMN, true),
                        codec,
                        sinks.apply(2));
        columns.add(keys);
        columns.add(kinds);
        columns.add(keyGroups);
        List<LeafColumnWriter> added = new ArrayList<>();
        if (binding != null) {
            for (Leaf leaf : binding.keyLeaves()) {
                added.add(addLeaf(leaf.buffer(), Paging.SHARED, codec, sinks));
            }
            for (Leaf leaf : binding.valueLeaves()) {
                added.add(addLeaf(leaf.buffer(), Paging.BLOCK, codec, sinks));
            }
        }
        rawValues = EntryBinding.rawColumn(SstableFormat.RAW_COLUMN).buffer();
        added.add(addLeaf(rawValues, Paging.BLOCK_OR_NULLS, codec, sinks));
        leaves = added.toArray(LeafColumnWriter[]::new);
    }

    /** Whether files of these options and columns have typed columns. */
    static boolean isTyped(SstableOptions options, @Nullable EntryColumns entryColumns) {
        return entryColumns != null && options.valueColumns() == ValueColumns.TYPED;
    }

    private LeafColumnWriter addLeaf(
            LeafBuffer buffer, Paging paging, PageCodec codec, IntFunction<PageSink> sinks) {
        LeafColumnWriter writer =
                new LeafColumnWriter(buffer, paging, codec, sinks.apply(columns.size()));
        columns.add(writer);
        return writer;
    }

    /** The columns below the root. */
    List<ColumnNode> schema() {
        return SstableFormat.schema(binding);
    }

    /** The leaf columns, in the order of the schema. */
    List<ColumnWriter> columns() {
        return columns;
    }

    /** Whether the value can be copied column by column, without becoming bytes in between. */
    boolean canCopy(@Nullable TypedValue value) {
        if (value == null || binding == null) {
            return false;
        }
        EntryBinding other = value.binding();
        if (other != latestBinding) {
            EntryBinding own = binding;
            isLatestSame =
                    sameColumns.computeIfAbsent(
                            other, each -> own.columns().equals(each.columns()));
            latestBinding = other;
        }
        return isLatestSame;
    }

    /** Adds one row to every column. */
    void shred(Slice key, EntryKind kind, Slice value) {
        boolean isTyped = false;
        if (binding != null) {
            binding.addKey(key);
            if (kind == EntryKind.DELETE) {
                binding.addNoValue();
            } else {
                isTyped = binding.addValue(value);
            }
        }
        if (kind == EntryKind.DELETE || isTyped) {
            rawValues.addNullRow();
        } else {
            rawValues.addRow(value);
        }
        endRow(key, kind);
    }

    /**
     * Adds one row to every column but the last, which {@link #rawColumn} is: its value is too
     * large for a buffer.
     */
    void shredWithoutValue(Slice key, EntryKind kind) {
        if (binding != null) {
            binding.addKey(key);
            binding.addNoValue();
        }
        endKey(key, kind);
        for (LeafColumnWriter leaf : leaves) {
            if (leaf != rawColumn()) {
                leaf.endRow();
            }
        }
    }

    /** The column of values that stand in no others: the last one. */
    LeafColumnWriter rawColumn() {
        return leaves[leaves.length - 1];
    }

    /** Adds one row to every column, of which {@link #canCopy} was true. */
    void copy(Slice key, EntryKind kind, TypedValue value) {
        if (binding != null) {
            binding.addKey(key);
            binding.copyValue(value.binding(), value.row());
        }
        rawValues.addNullRow();
        endRow(key, kind);
    }

    /** {@link EntryBinding#prefixBytes} of the row that was added last. */
    int prefixBytes() {
        return binding == null ? -1 : binding.prefixBytes();
    }

    /** {@link EntryBinding#keyBytes} of the row that was added last. */
    int keyBytes() {
        return binding == null ? -1 : binding.keyBytes();
    }

    private void endKey(Slice key, EntryKind kind) {
        keys.add(key);
        kinds.add(kind.code());
        keyGroups.add(keyGroup(key));
    }

    private void endRow(Slice key, EntryKind kind) {
        endKey(key, kind);
        for (LeafColumnWriter leaf : leaves) {
            leaf.endRow();
        }
    }

    private int keyGroup(Slice key) {
        int group = 0;
        for (int i = 0; i < keyGroupBytes; i++) {
            group = group << Byte.SIZE | (key.byteAt(i) & 0xFF);
        }
        return group;
    }
}
