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

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.EntryBinding;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.parquet.footer.ChunkPlace;
import io.flinklsm.core.parquet.footer.ParquetFooter;
import io.flinklsm.core.parquet.footer.RowGroupPlace;
import io.flinklsm.core.parquet.footer.TailRange;
import io.flinklsm.core.parquet.page.PageCompression;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where in the file and in its tail everything is: checked, so that readers need not look at
 * lengths again.
 *
 * @param columns the typed columns; null if values are raw bytes
 * @param described what the file says of its entries, also if values are raw bytes; null if nothing
 * @param filtersPrefixes whether the bloom filters know the prefixes of maps as well as whole keys
 * @param pagesChecksum CRC32C of all that stands before the tail
 * @param compression of the pages that are compressed
 */
record FileLayout(
        @Nullable EntryColumns columns,
        @Nullable EntryColumns described,
        boolean filtersPrefixes,
        int pagesChecksum,
        PageCompression compression,
        List<Group> groups) {

    FileLayout {
        groups = List.copyOf(groups);
        Invariants.check(!groups.isEmpty(), "a file has row groups");
    }

    /**
     * A row group.
     *
     * @param keyLeaves typed columns of the key, in the order of their binding
     * @param valueLeaves typed columns of the value, in the order of their binding
     * @param raw values that are not in typed columns
     * @param bloom bits of the bloom filter; {@link TailRange#NONE} if it has none
     */
    record Group(
            long rows,
            ChunkPlace keys,
            ChunkPlace kinds,
            ChunkPlace keyGroups,
            List<ChunkPlace> keyLeaves,
            List<ChunkPlace> valueLeaves,
            ChunkPlace raw,
            TailRange bloom) {

        Group {
            keyLeaves = List.copyOf(keyLeaves);
            valueLeaves = List.copyOf(valueLeaves);
        }

        /** Those whose single pages are read, and found by their indexes. */
        List<ChunkPlace> indexedChunks() {
            List<ChunkPlace> chunks = new ArrayList<>(List.of(keys, kinds, raw));
            chunks.addAll(valueLeaves);
            return chunks;
        }

        private static Group of(RowGroupPlace place, int keyLeafCount) {
            List<ChunkPlace> chunks = place.chunks();
            int last = chunks.size() - 1;
            int valueLeavesFrom = SstableFormat.OWN_COLUMNS - 1 + keyLeafCount;
            return new Group(
                    place.rows(),
                    chunks.get(0),
                    chunks.get(1),
                    chunks.get(2),
                    chunks.subList(SstableFormat.OWN_COLUMNS - 1, valueLeavesFrom),
                    chunks.subList(valueLeavesFrom, last),
                    chunks.get(last),
                    place.bloom());
        }
    }

    static FileLayout of(SstableTail tail) throws MalformedPageException {
        Map<String, String> properties = tail.footer().properties();
        EntryColumns columns = FooterProperties.typedColumns(properties);
        EntryBinding binding = bind(columns);
        try {
            tail.footer().checkSchema(SstableFormat.ROOT_NAME, SstableFormat.schema(binding));
        } catch (MalformedPageException e) {
            throw new MalformedPageException(e.getMessage() + ", columns=" + columns);
        }
        int keyLeafCount = binding == null ? 0 : binding.keyLeaves().size();
        List<Group> groups = new ArrayList<>();
        for (RowGroupPlace place : tail.footer().rowGroups(columns(binding))) {
            groups.add(Group.of(place, keyLeafCount));
        }
        return new FileLayout(
                columns,
                columns != null ? columns : FooterProperties.describedColumns(properties),
                FooterProperties.filtersPrefixes(properties),
                FooterProperties.pagesChecksum(properties),
                tail.footer().compression(),
                groups);
    }

    private static @Nullable EntryBinding bind(@Nullable EntryColumns columns)
            throws MalformedPageException {
        try {
            return columns == null ? null : new EntryBinding(columns);
        } catch (IllegalStateException e) {
            throw new MalformedPageException("columns are malformed: " + e.getMessage());
        }
    }

    /** The columns in their order, see {@link SstableFormat#schema}. */
    private static List<ParquetFooter.Column> columns(@Nullable EntryBinding binding) {
        List<ParquetFooter.Column> columns = new ArrayList<>();
        columns.add(new ParquetFooter.Column(List.of(SstableFormat.KEY_COLUMN), true));
        columns.add(new ParquetFooter.Column(List.of(SstableFormat.KIND_COLUMN), true));
        columns.add(new ParquetFooter.Column(List.of(SstableFormat.KEY_GROUP_COLUMN), true));
        if (binding != null) {
            for (Leaf leaf : binding.keyLeaves()) {
                columns.add(new ParquetFooter.Column(leaf.column().path(), false));
            }
            for (Leaf leaf : binding.valueLeaves()) {
                columns.add(new ParquetFooter.Column(leaf.column().path(), false));
            }
        }
        columns.add(new ParquetFooter.Column(List.of(SstableFormat.RAW_COLUMN), false));
        return columns;
    }
}
