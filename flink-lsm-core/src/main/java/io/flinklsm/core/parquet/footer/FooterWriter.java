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
package io.flinklsm.core.parquet.footer;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.leaf.ColumnNode;
import io.flinklsm.core.parquet.page.ColumnChunkPages;
import io.flinklsm.core.parquet.page.ColumnSpec;
import io.flinklsm.core.parquet.page.PageCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.parquet.format.BloomFilterAlgorithm;
import org.apache.parquet.format.BloomFilterCompression;
import org.apache.parquet.format.BloomFilterHash;
import org.apache.parquet.format.BloomFilterHeader;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.ColumnOrder;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.KeyValue;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.SortingColumn;
import org.apache.parquet.format.SplitBlockAlgorithm;
import org.apache.parquet.format.Statistics;
import org.apache.parquet.format.TypeDefinedOrder;
import org.apache.parquet.format.Uncompressed;
import org.apache.parquet.format.Util;
import org.apache.parquet.format.XxHash;

/**
 * Makes the footer, once it is known where everything went: first the bloom filters, then the
 * column indexes, then the offset indexes are placed, then {@link #build}. A bloom filter is that
 * of its row group's first column, by which the rows are sorted. Confined to one thread.
 */
public final class FooterWriter {

    /** Of Parquet's files: with data pages of version 2. */
    private static final int FORMAT_VERSION = 2;

    private final List<SchemaElement> schema;
    private final List<RowGroupSummary> rowGroups;
    private final PageCodec codec;
    private final long[] bloomOffsets;
    private final int[] bloomLengths;
    private long columnIndexesOffset;
    private long offsetIndexesOffset;

    /**
     * @param rootName what the root of the schema is called
     * @param columns what is below the root
     * @param codec of the pages that were written
     */
    public FooterWriter(
            String rootName,
            List<ColumnNode> columns,
            List<RowGroupSummary> rowGroups,
            PageCodec codec) {
        this.schema = ParquetSchema.of(rootName, columns);
        this.rowGroups = rowGroups;
        if (rowGroups.isEmpty()) {
            throw new IllegalArgumentException("a file has row groups: columns=" + columns.size());
        }
        this.codec = codec;
        this.bloomOffsets = new long[rowGroups.size()];
        this.bloomLengths = new int[rowGroups.size()];
    }

    /** Places a row group's bloom filter; gives the header that precedes its bits. */
    public byte[] bloomHeader(int rowGroup, long offset) throws IOException {
        Invariants.check(
                rowGroups.get(rowGroup).bloomBytes() > 0, "the row group has a bloom filter");
        BloomFilterHeader header =
                new BloomFilterHeader(
                        rowGroups.get(rowGroup).bloomBytes(),
                        BloomFilterAlgorithm.BLOCK(new SplitBlockAlgorithm()),
                        BloomFilterHash.XXHASH(new XxHash()),
                        BloomFilterCompression.UNCOMPRESSED(new Uncompressed()));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Util.writeBloomFilterHeader(header, bytes);
        Invariants.check(
                offset >= ParquetFile.MAGIC_BYTES && bloomOffsets[rowGroup] == 0,
                "a bloom filter is placed twice, or nowhere",
                "rowGroup",
                rowGroup,
                "offset",
                offset);
        bloomOffsets[rowGroup] = offset;
        bloomLengths[rowGroup] = bytes.size() + header.getNumBytes();
        return bytes.toByteArray();
    }

    /** The column indexes stand one behind the other, by row group, then column. */
    public void placeColumnIndexes(long offset) {
        columnIndexesOffset = offset;
    }

    /** The offset indexes stand one behind the other, by row group, then column. */
    public void placeOffsetIndexes(long offset) {
        offsetIndexesOffset = offset;
    }

    /**
     * The footer, its length and the magic.
     *
     * @param createdBy which program wrote the file
     * @param properties key-value pairs, in the order in which they stand
     */
    public byte[] build(String createdBy, Map<String, String> properties) throws IOException {
        if (columnIndexesOffset == 0 || offsetIndexesOffset < columnIndexesOffset) {
            throw new IllegalStateException(
                    "indexes are placed before the footer is made: columnIndexes="
                            + columnIndexesOffset
                            + ", offsetIndexes="
                            + offsetIndexesOffset);
        }
        checkChunks();
        List<KeyValue> pairs = new ArrayList<>();
        properties.forEach((key, value) -> pairs.add(new KeyValue(key).setValue(value)));
        long rows = rowGroups.stream().mapToLong(RowGroupSummary::entryCount).sum();
        FileMetaData file =
                new FileMetaData(FORMAT_VERSION, schema, rows, rowGroups())
                        .setKey_value_metadata(pairs)
                        .setCreated_by(createdBy);
        List<ColumnOrder> orders = new ArrayList<>();
        for (SchemaElement element : schema) {
            if (element.isSetType()) {
                orders.add(ColumnOrder.TYPE_ORDER(new TypeDefinedOrder()));
            }
        }
        file.setColumn_orders(orders);
        ByteArrayOutputStream footer = new ByteArrayOutputStream();
        Util.writeFileMetaData(file, footer);
        return ParquetFile.withTrailer(footer.toByteArray());
    }

    /** Each leaf of the schema has a chunk in each row group, and they stand in this order. */
    private void checkChunks() {
        if (Invariants.ENABLED) {
            long leaves = schema.stream().filter(SchemaElement::isSetType).count();
            long end = ParquetFile.MAGIC_BYTES;
            for (RowGroupSummary group : rowGroups) {
                Invariants.check(
                        group.chunks().size() == leaves,
                        "a row group has other columns than the file",
                        "chunks",
                        group.chunks().size(),
                        "columns",
                        leaves);
                for (RowGroupSummary.Chunk chunk : group.chunks()) {
                    Invariants.check(
                            chunk.offset() == end,
                            "a column chunk does not stand behind the one before",
                            "offset",
                            chunk.offset(),
                            "end",
                            end);
                    end = chunk.offset() + chunk.totals().storedBytes();
                }
            }
        }
    }

    private List<RowGroup> rowGroups() {
        List<RowGroup> groups = new ArrayList<>();
        long columnIndexOffset = columnIndexesOffset;
        long offsetIndexOffset = offsetIndexesOffset;
        for (int i = 0; i < rowGroups.size(); i++) {
            RowGroupSummary summary = rowGroups.get(i);
            List<ColumnChunk> chunks = new ArrayList<>();
            long plainBytes = 0;
            long storedBytes = 0;
            for (RowGroupSummary.Chunk chunk : summary.chunks()) {
                ColumnMetaData meta = columnMetaData(chunk);
                if (chunks.isEmpty() && bloomLengths[i] > 0) {
                    meta.setBloom_filter_offset(bloomOffsets[i]);
                    meta.setBloom_filter_length(bloomLengths[i]);
                }
                ColumnChunk described = new ColumnChunk(0).setMeta_data(meta);
                if (chunk.columnIndexBytes() > 0) {
                    described.setColumn_index_offset(columnIndexOffset);
                    described.setColumn_index_length(chunk.columnIndexBytes());
                    columnIndexOffset += chunk.columnIndexBytes();
                }
                described.setOffset_index_offset(offsetIndexOffset);
                described.setOffset_index_length(chunk.offsetIndexBytes());
                offsetIndexOffset += chunk.offsetIndexBytes();
                chunks.add(described);
                plainBytes += chunk.totals().plainBytes();
                storedBytes += chunk.totals().storedBytes();
            }
            RowGroup group = new RowGroup(chunks, plainBytes, summary.entryCount());
            group.setSorting_columns(List.of(new SortingColumn(0, false, false)));
            group.setFile_offset(summary.chunks().get(0).offset());
            group.setTotal_compressed_size(storedBytes);
            if (i <= Short.MAX_VALUE) {
                group.setOrdinal((short) i);
            }
            groups.add(group);
        }
        return groups;
    }

    private ColumnMetaData columnMetaData(RowGroupSummary.Chunk chunk) {
        ColumnSpec spec = chunk.spec();
        ColumnMetaData described =
                new ColumnMetaData(
                        spec.type(),
                        spec.encodings(),
                        spec.path(),
                        codec.parquetCodec(),
                        chunk.totals().valueCount(),
                        chunk.totals().plainBytes(),
                        chunk.totals().storedBytes(),
                        chunk.offset());
        return described.setStatistics(statistics(chunk.totals()));
    }

    private static Statistics statistics(ColumnChunkPages.Totals totals) {
        Statistics statistics = new Statistics().setNull_count(totals.nullCount());
        OwnedSlice min = totals.min();
        OwnedSlice max = totals.max();
        if (min != null && max != null) {
            statistics.setMin_value(min.bytesUnsafe()).setIs_min_value_exact(true);
            statistics.setMax_value(max.bytesUnsafe()).setIs_max_value_exact(true);
        }
        return statistics;
    }
}
