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

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.format.BloomFilterHeader;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.Util;

/**
 * Where in the file and in its tail everything is that a reader of entries needs: checked, so that
 * whoever uses it need not look at lengths again. Columns other than these are not looked at.
 *
 * @param codec of all pages that are compressed
 */
record FileLayout(SstableCodec codec, List<Group> groups) {

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
     * @param bloom bits of the bloom filter; {@link Range#NONE} if it has none
     */
    record Group(long rows, Chunk keys, Chunk kinds, Chunk keyGroups, Chunk values, Range bloom) {}

    static FileLayout of(SstableTail tail) throws MalformedPageException {
        return new Parsing(tail).parse();
    }

    private static final class Parsing {
        private final SstableTail tail;
        private final FileMetaData footer;
        private SstableCodec codec = SstableCodec.UNCOMPRESSED;

        Parsing(SstableTail tail) {
            this.tail = tail;
            this.footer = tail.footer();
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
            return new FileLayout(codec, groups);
        }

        private void checkSchema() throws MalformedPageException {
            checkLeaf(SstableFormat.KEY_COLUMN, Type.BYTE_ARRAY, FieldRepetitionType.REQUIRED);
            checkLeaf(SstableFormat.KIND_COLUMN, Type.INT32, FieldRepetitionType.REQUIRED);
            checkLeaf(SstableFormat.KEY_GROUP_COLUMN, Type.INT32, FieldRepetitionType.REQUIRED);
            checkLeaf(SstableFormat.VALUE_COLUMN, Type.BYTE_ARRAY, FieldRepetitionType.OPTIONAL);
        }

        private void checkLeaf(String name, Type type, FieldRepetitionType repetition)
                throws MalformedPageException {
            for (SchemaElement element : footer.getSchema()) {
                if (name.equals(element.getName())) {
                    if (element.getType() == type && element.getRepetition_type() == repetition) {
                        return;
                    }
                    throw new MalformedPageException(
                            "column has another type: name="
                                    + name
                                    + ", found="
                                    + element.getType());
                }
            }
            throw new MalformedPageException("column is missing: name=" + name);
        }

        private Group group(RowGroup group) throws MalformedPageException {
            ColumnMetaData keys = column(group, SstableFormat.KEY_COLUMN).getMeta_data();
            return new Group(
                    group.getNum_rows(),
                    chunk(group, SstableFormat.KEY_COLUMN, true),
                    chunk(group, SstableFormat.KIND_COLUMN, true),
                    chunk(group, SstableFormat.KEY_GROUP_COLUMN, true),
                    chunk(group, SstableFormat.VALUE_COLUMN, false),
                    bloom(keys));
        }

        private Chunk chunk(RowGroup group, String name, boolean needsColumnIndex)
                throws MalformedPageException {
            ColumnChunk chunk = column(group, name);
            ColumnMetaData described = chunk.getMeta_data();
            long offset = described.getData_page_offset();
            long byteCount = described.getTotal_compressed_size();
            if (described.isSetDictionary_page_offset()
                    || offset < SstableFormat.MAGIC.length
                    || byteCount <= 0
                    || byteCount > tail.meta().tailOffset() - offset
                    || described.getNum_values() != group.getNum_rows()) {
                throw new MalformedPageException(
                        "column chunk is out of place: column="
                                + name
                                + ", offset="
                                + offset
                                + ", byteCount="
                                + byteCount
                                + ", values="
                                + described.getNum_values());
            }
            checkCodec(described.getCodec());
            Range columnIndex =
                    needsColumnIndex
                            ? range(
                                    name,
                                    chunk.getColumn_index_offset(),
                                    chunk.getColumn_index_length())
                            : Range.NONE;
            Range offsetIndex =
                    range(name, chunk.getOffset_index_offset(), chunk.getOffset_index_length());
            return new Chunk(offset, byteCount, columnIndex, offsetIndex);
        }

        private static ColumnChunk column(RowGroup group, String name)
                throws MalformedPageException {
            for (ColumnChunk chunk : group.getColumns()) {
                if (chunk.isSetMeta_data()
                        && chunk.getMeta_data().getPath_in_schema().equals(List.of(name))) {
                    return chunk;
                }
            }
            throw new MalformedPageException("column is missing in a row group: name=" + name);
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
