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

import io.flinklsm.core.columns.RowBinding;
import io.flinklsm.core.columns.RowColumns;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.format.BloomFilterHeader;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Util;
import org.jspecify.annotations.Nullable;

/**
 * Where in the file and in its tail everything is: checked, so that whoever uses it need not look
 * at lengths again.
 *
 * @param codec of all pages that are compressed
 * @param columns the typed columns; null if values are raw bytes
 * @param described what the file says of its entries, also if values are raw bytes; null if nothing
 * @param filtersPrefixes whether the bloom filters know the prefixes of maps as well as whole keys
 * @param pagesChecksum CRC32C of all that stands before the tail
 */
record FileLayout(
        SstableCodec codec,
        @Nullable RowColumns columns,
        @Nullable RowColumns described,
        boolean filtersPrefixes,
        int pagesChecksum,
        List<Group> groups) {

    FileLayout {
        groups = List.copyOf(groups);
    }

    /** Bytes of the tail array. */
    record Range(int from, int to) {
        static final Range NONE = new Range(0, 0);

        int length() {
            return to - from;
        }
    }

    /**
     * A column chunk.
     *
     * @param columnIndex {@link Range#NONE} if it has none
     */
    record Chunk(long offset, long byteCount, Range columnIndex, Range offsetIndex) {
        long end() {
            return offset + byteCount;
        }
    }

    /**
     * A row group.
     *
     * @param keyLeaves typed columns of the key, in the order of their binding
     * @param valueLeaves typed columns of the value, in the order of their binding
     * @param raw values that are not in typed columns
     * @param bloom bits of the bloom filter; {@link Range#NONE} if it has none
     */
    record Group(
            long rows,
            Chunk keys,
            Chunk kinds,
            Chunk keyGroups,
            List<Chunk> keyLeaves,
            List<Chunk> valueLeaves,
            Chunk raw,
            Range bloom) {

        Group {
            keyLeaves = List.copyOf(keyLeaves);
            valueLeaves = List.copyOf(valueLeaves);
        }
    }

    /** Positions inside a chunk are kept in 32 bits. */
    private static final long MAX_CHUNK_BYTES = 0xFFFF_FFFFL;

    static FileLayout of(SstableTail tail) throws MalformedPageException {
        return new Parsing(tail).parse();
    }

    private static final class Parsing {
        private final SstableTail tail;
        private final FileMetaData footer;
        private final @Nullable RowColumns columns;
        private final @Nullable RowBinding binding;
        private SstableCodec codec = SstableCodec.UNCOMPRESSED;

        Parsing(SstableTail tail) throws MalformedPageException {
            this.tail = tail;
            this.footer = tail.footer();
            this.columns = FooterProperties.typedColumns(tail.properties());
            try {
                this.binding = columns == null ? null : new RowBinding(columns);
            } catch (IllegalStateException e) {
                throw new MalformedPageException("columns are malformed: " + e.getMessage());
            }
        }

        FileLayout parse() throws MalformedPageException {
            checkSchema();
            List<Group> groups = new ArrayList<>();
            long rows = 0;
            for (RowGroup group : footer.getRow_groups()) {
                if (group.getNum_rows() <= 0) {
                    throw new MalformedPageException(
                            "a row group is empty: index=" + groups.size());
                }
                rows += group.getNum_rows();
                groups.add(group(group));
            }
            if (rows != footer.getNum_rows()) {
                throw new MalformedPageException(
                        "row groups do not have the file's rows: rows="
                                + rows
                                + ", expected="
                                + footer.getNum_rows());
            }
            return new FileLayout(
                    codec,
                    columns,
                    columns != null
                            ? columns
                            : FooterProperties.describedColumns(tail.properties()),
                    FooterProperties.filtersPrefixes(tail.properties()),
                    FooterProperties.pagesChecksum(tail.properties()),
                    groups);
        }

        /** The schema must be the one that these columns have, to the last element. */
        private void checkSchema() throws MalformedPageException {
            List<SchemaElement> expected = new ArrayList<>();
            expected.add(
                    new SchemaElement(SstableFormat.ROOT_NAME)
                            .setNum_children(ParquetSchema.rootChildren(binding)));
            expected.addAll(ParquetSchema.of(binding));
            List<SchemaElement> found = footer.getSchema();
            for (int i = 0; i < Math.max(expected.size(), found.size()); i++) {
                if (i >= expected.size()
                        || i >= found.size()
                        || !ParquetSchema.isSame(expected.get(i), found.get(i))) {
                    throw new MalformedPageException(
                            "the schema is not that of the file's columns: element="
                                    + i
                                    + ", found="
                                    + (i < found.size() ? found.get(i).getName() : "nothing")
                                    + ", expected="
                                    + (i < expected.size() ? expected.get(i).getName() : "nothing")
                                    + ", columns="
                                    + columns);
                }
            }
        }

        private Group group(RowGroup group) throws MalformedPageException {
            List<List<String>> typed = new ArrayList<>();
            if (binding != null) {
                binding.keyLeaves().forEach(leaf -> typed.add(leaf.column().path()));
                binding.valueLeaves().forEach(leaf -> typed.add(leaf.column().path()));
            }
            if (group.getColumnsSize() != SstableFormat.OWN_COLUMNS + typed.size()) {
                throw new MalformedPageException(
                        "a row group has another number of columns: found="
                                + group.getColumnsSize());
            }
            Chunk keys = chunk(group, 0, List.of(SstableFormat.KEY_COLUMN), true);
            Chunk kinds = chunk(group, 1, List.of(SstableFormat.KIND_COLUMN), true);
            Chunk keyGroups = chunk(group, 2, List.of(SstableFormat.KEY_GROUP_COLUMN), true);
            List<Chunk> leaves = new ArrayList<>();
            for (List<String> path : typed) {
                leaves.add(
                        chunk(group, SstableFormat.OWN_COLUMNS - 1 + leaves.size(), path, false));
            }
            int keyLeafCount = binding == null ? 0 : binding.keyLeaves().size();
            return new Group(
                    group.getNum_rows(),
                    keys,
                    kinds,
                    keyGroups,
                    leaves.subList(0, keyLeafCount),
                    leaves.subList(keyLeafCount, leaves.size()),
                    chunk(
                            group,
                            group.getColumnsSize() - 1,
                            List.of(SstableFormat.RAW_COLUMN),
                            false),
                    bloom(group.getColumns().get(0).getMeta_data()));
        }

        private Chunk chunk(RowGroup group, int index, List<String> path, boolean isOwn)
                throws MalformedPageException {
            ColumnChunk chunk = group.getColumns().get(index);
            ColumnMetaData described = chunk.getMeta_data();
            if (described == null || !described.getPath_in_schema().equals(path)) {
                throw new MalformedPageException(
                        "column is missing in a row group: path=" + path + ", index=" + index);
            }
            long offset = described.getData_page_offset();
            long byteCount = described.getTotal_compressed_size();
            if (described.isSetDictionary_page_offset()
                    || offset < SstableFormat.MAGIC.length
                    || byteCount <= 0
                    || byteCount > MAX_CHUNK_BYTES
                    || byteCount > tail.meta().tailOffset() - offset
                    || described.getNum_values() < group.getNum_rows()
                    || (isOwn && described.getNum_values() != group.getNum_rows())) {
                throw new MalformedPageException(
                        "column chunk is out of place: column="
                                + path
                                + ", offset="
                                + offset
                                + ", byteCount="
                                + byteCount
                                + ", values="
                                + described.getNum_values());
            }
            checkCodec(described.getCodec());
            String name = String.join(".", path);
            Range columnIndex =
                    isOwn
                            ? range(
                                    name,
                                    chunk.getColumn_index_offset(),
                                    chunk.getColumn_index_length())
                            : Range.NONE;
            Range offsetIndex =
                    range(name, chunk.getOffset_index_offset(), chunk.getOffset_index_length());
            return new Chunk(offset, byteCount, columnIndex, offsetIndex);
        }

        private void checkCodec(CompressionCodec found) throws MalformedPageException {
            if (found == CompressionCodec.LZ4_RAW) {
                codec = SstableCodec.LZ4_RAW;
            } else if (found != CompressionCodec.UNCOMPRESSED) {
                throw new MalformedPageException("pages have an unknown codec: codec=" + found);
            }
        }

        private Range bloom(ColumnMetaData keys) throws MalformedPageException {
            if (!keys.isSetBloom_filter_offset()) {
                return Range.NONE;
            }
            Range all =
                    range(
                            SstableFormat.KEY_COLUMN,
                            keys.getBloom_filter_offset(),
                            keys.getBloom_filter_length());
            ByteArrayInputStream in =
                    new ByteArrayInputStream(tail.bytes(), all.from(), all.length());
            BloomFilterHeader header;
            try {
                header = Util.readBloomFilterHeader(in);
            } catch (IOException | RuntimeException e) {
                throw new MalformedPageException("bloom filter is malformed: " + e.getMessage());
            }
            int bitsFrom = all.to() - in.available();
            if (!header.getAlgorithm().isSetBLOCK()
                    || !header.getHash().isSetXXHASH()
                    || !header.getCompression().isSetUNCOMPRESSED()
                    || header.getNumBytes() != all.to() - bitsFrom
                    || header.getNumBytes() <= 0
                    || header.getNumBytes() % BloomFilter.BLOCK_BYTES != 0) {
                throw new MalformedPageException(
                        "bloom filter is of an unknown kind: header="
                                + header
                                + ", byteCount="
                                + (all.to() - bitsFrom));
            }
            return new Range(bitsFrom, all.to());
        }

        private Range range(String column, long offset, int byteCount)
                throws MalformedPageException {
            long from = offset - tail.meta().tailOffset();
            if (from < 0 || byteCount <= 0 || from > tail.bytes().length - (long) byteCount) {
                throw new MalformedPageException(
                        "an index is outside the tail: column="
                                + column
                                + ", offset="
                                + offset
                                + ", byteCount="
                                + byteCount);
            }
            return new Range((int) from, (int) from + byteCount);
        }
    }
}
