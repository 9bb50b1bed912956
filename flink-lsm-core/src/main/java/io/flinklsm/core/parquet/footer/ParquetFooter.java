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

import io.flinklsm.core.columns.leaf.ColumnNode;
import io.flinklsm.core.parquet.encoding.BloomFilter;
import io.flinklsm.core.parquet.encoding.ByteSink;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.parquet.page.PageCompression;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.format.BloomFilterHeader;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.KeyValue;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.Util;

/**
 * The footer of a file, as {@link FooterWriter} makes it, with the tail in which it stands. What it
 * says of places is checked, so that its readers need not look at lengths again. Immutable.
 */
public final class ParquetFooter {

    /** Positions inside a chunk are kept in 32 bits. */
    private static final long MAX_CHUNK_BYTES = 0xFFFF_FFFFL;

    private final byte[] tail;
    private final long tailOffset;
    private final FileMetaData file;

    private ParquetFooter(byte[] tail, long tailOffset, FileMetaData file) {
        this.tail = tail;
        this.tailOffset = tailOffset;
        this.file = file;
    }

    /**
     * A column as it is expected in every row group.
     *
     * @param path names from the root's child down to the leaf
     * @param isRequired whether it has exactly one value in each row, and bounds of its pages
     */
    public record Column(List<String> path, boolean isRequired) {
        public Column {
            path = List.copyOf(path);
        }
    }

    /**
     * Parses the footer at the end of a tail whose checksum was found right.
     *
     * @param tail bloom filters, indexes, footer and trailer
     * @param tailOffset where in the file the tail begins
     */
    public static ParquetFooter parse(byte[] tail, long tailOffset) throws MalformedPageException {
        long footerBytes = ParquetFile.footerBytes(tail, tail.length);
        if (footerBytes > tail.length - ParquetFile.TRAILER_BYTES) {
            throw new MalformedPageException(
                    "declares a footer larger than its tail: footerBytes="
                            + footerBytes
                            + ", tailBytes="
                            + tail.length);
        }
        int from = tail.length - ParquetFile.TRAILER_BYTES - (int) footerBytes;
        try {
            // Thrift refuses lists and strings that cannot fit into this many bytes.
            FileMetaData file =
                    Util.readFileMetaData(
                            new ByteArrayInputStream(tail, from, (int) footerBytes),
                            Math.max((int) footerBytes, 1));
            return new ParquetFooter(tail, tailOffset, file);
        } catch (IOException | RuntimeException e) {
            throw new MalformedPageException("footer is malformed: " + e.getMessage());
        }
    }

    /** Rows of the file. */
    public long rows() {
        return file.getNum_rows();
    }

    /** The key-value pairs; of those without a value, it is empty. */
    public Map<String, String> properties() {
        Map<String, String> pairs = new LinkedHashMap<>();
        if (file.isSetKey_value_metadata()) {
            for (KeyValue pair : file.getKey_value_metadata()) {
                pairs.put(pair.getKey(), pair.isSetValue() ? pair.getValue() : "");
            }
        }
        return pairs;
    }

    /** Of all pages that are compressed; {@link #rowGroups} checks that it is. */
    public PageCompression compression() throws MalformedPageException {
        for (RowGroup group : file.getRow_groups()) {
            for (ColumnChunk chunk : group.getColumns()) {
                if (chunk.getMeta_data() != null) {
                    return PageCompression.of(chunk.getMeta_data().getCodec());
                }
            }
        }
        return PageCompression.NONE;
    }

    /** The schema must be this one, to the last element. */
    public void checkSchema(String rootName, List<ColumnNode> nodes) throws MalformedPageException {
        ParquetSchema.checkSame(ParquetSchema.of(rootName, nodes), file.getSchema());
    }

    /** Where everything is. The row groups must have these columns, in this order. */
    public List<RowGroupPlace> rowGroups(List<Column> columns) throws MalformedPageException {
        List<RowGroupPlace> places = new ArrayList<>();
        long rows = 0;
        for (RowGroup group : file.getRow_groups()) {
            if (group.getNum_rows() <= 0) {
                throw new MalformedPageException("a row group is empty: index=" + places.size());
            }
            rows += group.getNum_rows();
            places.add(place(group, columns));
        }
        if (rows != rows()) {
            throw new MalformedPageException(
                    "row groups do not have the file's rows: rows="
                            + rows
                            + ", expected="
                            + rows());
        }
        return places;
    }

    private RowGroupPlace place(RowGroup group, List<Column> columns)
            throws MalformedPageException {
        if (group.getColumnsSize() != columns.size()) {
            throw new MalformedPageException(
                    "a row group has another number of columns: found=" + group.getColumnsSize());
        }
        List<ChunkPlace> chunks = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            chunks.add(place(group, i, columns.get(i)));
        }
        return new RowGroupPlace(
                group.getNum_rows(), chunks, bloom(group.getColumns().get(0).getMeta_data()));
    }

    private ChunkPlace place(RowGroup group, int index, Column column)
            throws MalformedPageException {
        List<String> path = column.path();
        ColumnChunk chunk = group.getColumns().get(index);
        ColumnMetaData described = chunk.getMeta_data();
        if (described == null || !described.getPath_in_schema().equals(path)) {
            throw new MalformedPageException(
                    "column is missing in a row group: path=" + path + ", index=" + index);
        }
        long offset = described.getData_page_offset();
        long byteCount = described.getTotal_compressed_size();
        if (described.isSetDictionary_page_offset()
                || offset < ParquetFile.MAGIC_BYTES
                || byteCount <= 0
                || byteCount > MAX_CHUNK_BYTES
                || byteCount > tailOffset - offset
                || described.getNum_values() < group.getNum_rows()
                || (column.isRequired() && described.getNum_values() != group.getNum_rows())) {
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
        if (PageCompression.of(described.getCodec()) != compression()) {
            throw new MalformedPageException(
                    "column chunks have different codecs: codec=" + described.getCodec());
        }
        String name = String.join(".", path);
        TailRange columnIndex =
                column.isRequired()
                        ? range(
                                name,
                                chunk.getColumn_index_offset(),
                                chunk.getColumn_index_length())
                        : TailRange.NONE;
        TailRange offsetIndex =
                range(name, chunk.getOffset_index_offset(), chunk.getOffset_index_length());
        return new ChunkPlace(offset, byteCount, columnIndex, offsetIndex);
    }

    private TailRange bloom(ColumnMetaData column) throws MalformedPageException {
        if (!column.isSetBloom_filter_offset()) {
            return TailRange.NONE;
        }
        TailRange all =
                range(
                        String.join(".", column.getPath_in_schema()),
                        column.getBloom_filter_offset(),
                        column.getBloom_filter_length());
        ByteArrayInputStream in = new ByteArrayInputStream(tail, all.from(), all.length());
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
        return new TailRange(bitsFrom, all.to());
    }

    private TailRange range(String column, long offset, int byteCount)
            throws MalformedPageException {
        long from = offset - tailOffset;
        if (from < 0 || byteCount <= 0 || from > tail.length - (long) byteCount) {
            throw new MalformedPageException(
                    "an index is outside the tail: column="
                            + column
                            + ", offset="
                            + offset
                            + ", byteCount="
                            + byteCount);
        }
        return new TailRange((int) from, (int) from + byteCount);
    }

    /**
     * Index of the value of the last key-value pair with this key whose value has this many
     * characters, found by its bytes in Thrift's compact form; -1 if there is none.
     */
    public static int valueAt(byte[] footer, String key, int digits) {
        byte[] keyBytes = key.getBytes(StandardCharsets.US_ASCII);
        int valueFrom = keyBytes.length + 2;
        for (int at = footer.length - valueFrom - digits; at >= 0; at--) {
            if (footer[at] == keyBytes[0]
                    && footer[at + keyBytes.length] == (1 << 4 | ByteSink.TYPE_BINARY)
                    && footer[at + keyBytes.length + 1] == digits
                    && Arrays.equals(
                            footer, at, at + keyBytes.length, keyBytes, 0, keyBytes.length)) {
                return at + valueFrom;
            }
        }
        return -1;
    }
}
