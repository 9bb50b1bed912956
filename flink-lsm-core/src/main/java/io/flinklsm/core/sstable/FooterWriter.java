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

import io.flinklsm.core.bytes.OwnedSlice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.format.BloomFilterAlgorithm;
import org.apache.parquet.format.BloomFilterCompression;
import org.apache.parquet.format.BloomFilterHash;
import org.apache.parquet.format.BloomFilterHeader;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.ColumnOrder;
import org.apache.parquet.format.FileMetaData;
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
 * column indexes, then the offset indexes are placed, then {@link #build}. Confined to one thread.
 */
final class FooterWriter {

    private final List<SchemaElement> schema;
    private final int rootChildren;
    private final List<RowGroupSummary> rowGroups;
    private final SstableOptions options;
    private final long[] bloomOffsets;
    private final int[] bloomLengths;
    private long columnIndexesOffset;
    private long offsetIndexesOffset;

    /**
     * @param schema without the root
     * @param rootChildren how many of its elements are the root's children
     */
    FooterWriter(
            List<SchemaElement> schema,
            int rootChildren,
            List<RowGroupSummary> rowGroups,
            SstableOptions options) {
        this.schema = schema;
        this.rootChildren = rootChildren;
        this.rowGroups = rowGroups;
        this.options = options;
        this.bloomOffsets = new long[rowGroups.size()];
        this.bloomLengths = new int[rowGroups.size()];
    }

    /** Places a row group's bloom filter; gives the header that precedes its bits. */
    byte[] bloomHeader(int rowGroup, long offset) throws IOException {
        BloomFilterHeader header =
                new BloomFilterHeader(
                        rowGroups.get(rowGroup).bloomBytes(),
                        BloomFilterAlgorithm.BLOCK(new SplitBlockAlgorithm()),
                        BloomFilterHash.XXHASH(new XxHash()),
                        BloomFilterCompression.UNCOMPRESSED(new Uncompressed()));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Util.writeBloomFilterHeader(header, bytes);
        bloomOffsets[rowGroup] = offset;
        bloomLengths[rowGroup] = bytes.size() + header.getNumBytes();
        return bytes.toByteArray();
    }

    /** The column indexes stand one behind the other, by row group, then column. */
    void placeColumnIndexes(long offset) {
        columnIndexesOffset = offset;
    }

    /** The offset indexes stand one behind the other, by row group, then column. */
    void placeOffsetIndexes(long offset) {
        offsetIndexesOffset = offset;
    }

    /** The footer, its length and the magic. */
    byte[] build(FooterProperties properties) throws IOException {
        List<SchemaElement> elements = new ArrayList<>();
        elements.add(new SchemaElement(SstableFormat.ROOT_NAME).setNum_children(rootChildren));
        elements.addAll(schema);
        FileMetaData file =
                new FileMetaData(2, elements, properties.entryCount(), rowGroups())
                        .setKey_value_metadata(properties.toPairs())
                        .setCreated_by(SstableFormat.CREATED_BY);
        List<ColumnOrder> orders = new ArrayList<>();
        for (SchemaElement element : schema) {
            if (element.isSetType()) {
                orders.add(ColumnOrder.TYPE_ORDER(new TypeDefinedOrder()));
            }
        }
        file.setColumn_orders(orders);
        ByteArrayOutputStream footer = new ByteArrayOutputStream();
        Util.writeFileMetaData(file, footer);
        ByteSink end = new ByteSink(footer.size() + SstableFormat.TRAILER_BYTES);
        end.put(footer.toByteArray(), 0, footer.size());
        end.putIntLittleEndian(footer.size());
        end.put(SstableFormat.MAGIC, 0, SstableFormat.MAGIC.length);
        return end.toBytes();
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
                ColumnChunk described = new ColumnChunk(0).setMeta_data(columnMetaData(i, chunk));
                if (chunk.columnIndexBytes() > 0) {
                    described.setColumn_index_offset(columnIndexOffset);
                    described.setColumn_index_length(chunk.columnIndexBytes());
                    columnIndexOffset += chunk.columnIndexBytes();
                }
                described.setOffset_index_offset(offsetIndexOffset);
                described.setOffset_index_length(chunk.offsetIndexBytes());
                offsetIndexOffset += chunk.offsetIndexBytes();
                chunks.add(described);
                plainBytes += chunk.plainBytes();
                storedBytes += chunk.storedBytes();
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

    private ColumnMetaData columnMetaData(int rowGroup, RowGroupSummary.Chunk chunk) {
        ColumnSpec spec = chunk.spec();
        ColumnMetaData described =
                new ColumnMetaData(
                        spec.type(),
                        spec.encodings(),
                        spec.path(),
                        PageCodec.parquetCodec(options.codec()),
                        chunk.valueCount(),
                        chunk.plainBytes(),
                        chunk.storedBytes(),
                        chunk.offset());
        described.setStatistics(statistics(chunk));
        if (SstableFormat.KEY_COLUMN.equals(spec.path().get(0)) && bloomLengths[rowGroup] > 0) {
            described.setBloom_filter_offset(bloomOffsets[rowGroup]);
            described.setBloom_filter_length(bloomLengths[rowGroup]);
        }
        return described;
    }

    private static Statistics statistics(RowGroupSummary.Chunk chunk) {
        Statistics statistics = new Statistics().setNull_count(chunk.nullCount());
        OwnedSlice min = chunk.min();
        OwnedSlice max = chunk.max();
        if (min != null && max != null) {
            statistics.setMin_value(min.bytesUnsafe()).setIs_min_value_exact(true);
            statistics.setMax_value(max.bytesUnsafe()).setIs_max_value_exact(true);
        }
        return statistics;
    }
}
