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
package io.flinklsm.core.parquet.page;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.parquet.encoding.ByteSink;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The pages of one column chunk: where they are, which rows they have, and their bounds; what
 * offset index, column index and footer say of them. Positions count from the chunk's start.
 * Confined to one thread.
 */
public final class ColumnChunkPages {

    /**
     * All pages of a chunk together.
     *
     * @param storedBytes pages and their headers in the file
     * @param plainBytes the same before compression
     * @param valueCount nulls included; as many as rows unless the column is repeated
     * @param min smallest value; null if the column has no bounds
     * @param max largest value; null if the column has no bounds
     */
    public record Totals(
            long storedBytes,
            long plainBytes,
            long valueCount,
            long nullCount,
            @Nullable OwnedSlice min,
            @Nullable OwnedSlice max) {
        public Totals {
            if (storedBytes < 0 || plainBytes < storedBytes) {
                throw new IllegalArgumentException(
                        "pages are longer than they were before compression: storedBytes="
                                + storedBytes
                                + ", plainBytes="
                                + plainBytes);
            }
            if (nullCount < 0 || nullCount > valueCount) {
                throw new IllegalArgumentException(
                        "more nulls than values: nulls=" + nullCount + ", values=" + valueCount);
            }
            if ((min == null) != (max == null)) {
                throw new IllegalArgumentException(
                        "a column has one bound alone: min=" + min + ", max=" + max);
            }
        }
    }

    private final ColumnSpec spec;
    private final PageSink sink;
    private final long sinkStart;

    private int count;
    private int[] pageBytes = new int[16];
    private long[] firstRows = new long[16];
    private long rows;
    private long values;
    private long nulls;
    private long storedBytes;
    private long plainBytes;
    private final ByteSink minValues = new ByteSink(256);
    private final ByteSink maxValues = new ByteSink(256);
    private int boundsCount;
    private byte @Nullable [] min;
    private byte @Nullable [] max;

    ColumnChunkPages(ColumnSpec spec, PageSink sink) {
        this.spec = spec;
        this.sink = sink;
        this.sinkStart = sink.length();
    }

    void addPage(ByteSink header, ByteSink body, PageHeader described) throws IOException {
        sink.append(header.array(), 0, header.length());
        sink.append(body.array(), 0, body.length());
        countPage(header.length(), described);
    }

    /** Where the bytes of a page go that are too many to be held, before {@link #countPage}. */
    PageSink sink() {
        return sink;
    }

    /** Counts a page whose bytes went to the sink. */
    void countPage(int headerBytes, PageHeader described) {
        if (count == pageBytes.length) {
            pageBytes = Arrays.copyOf(pageBytes, count * 2);
            firstRows = Arrays.copyOf(firstRows, count * 2);
        }
        Invariants.check(described.rowCount > 0, "a page has rows");
        pageBytes[count] = Math.addExact(headerBytes, described.storedBytes);
        firstRows[count] = rows;
        count++;
        rows += described.rowCount;
        values += described.valueCount;
        nulls += described.nullCount;
        storedBytes += (long) headerBytes + described.storedBytes;
        plainBytes += (long) headerBytes + described.uncompressedBytes;
        if (sink.length() - sinkStart != storedBytes) {
            throw new AssertionError("pages of a chunk must follow each other");
        }
    }

    /** Bounds of the page to be added next, smallest and largest value in their PLAIN form. */
    void addBounds(
            byte[] minBytes,
            int minFrom,
            int minLength,
            byte[] maxBytes,
            int maxFrom,
            int maxLength) {
        minValues.putBinary(minBytes, minFrom, minLength);
        maxValues.putBinary(maxBytes, maxFrom, maxLength);
        boundsCount++;
        if (spec.isSorted()) {
            if (min == null) {
                min = Arrays.copyOfRange(minBytes, minFrom, minFrom + minLength);
            }
            max = Arrays.copyOfRange(maxBytes, maxFrom, maxFrom + maxLength);
        }
    }

    /** Bounds of the whole chunk, for a column whose pages do not give them in order. */
    void setChunkBounds(byte[] minBytes, byte[] maxBytes) {
        min = minBytes;
        max = maxBytes;
    }

    public ColumnSpec spec() {
        return spec;
    }

    /** Bytes of the pages and their headers so far, as stored. */
    public long storedBytes() {
        return storedBytes;
    }

    /** What the footer says of the pages. */
    public Totals totals() {
        return new Totals(storedBytes, plainBytes, values, nulls, owned(min), owned(max));
    }

    private static @Nullable OwnedSlice owned(byte @Nullable [] bytes) {
        return bytes == null ? null : OwnedSlice.wrap(bytes);
    }

    /** Appends a Thrift OffsetIndex. */
    public void writeOffsetIndex(long chunkOffset, ByteSink out) {
        Invariants.check(count > 0, "a column chunk has pages");
        out.putField(1, ByteSink.TYPE_LIST).putList(ByteSink.TYPE_STRUCT, count);
        long offset = chunkOffset;
        for (int page = 0; page < count; page++) {
            out.putField(1, ByteSink.TYPE_I64).putZigZag(offset);
            out.putI32Field(1, pageBytes[page]);
            out.putField(1, ByteSink.TYPE_I64).putZigZag(firstRows[page]);
            out.put(0);
            offset += pageBytes[page];
        }
        out.put(0);
    }

    /** Appends a Thrift ColumnIndex; only for a column that has bounds. */
    public void writeColumnIndex(ByteSink out) {
        if (boundsCount != count) {
            throw new AssertionError("pages without bounds: " + (count - boundsCount));
        }
        out.putField(1, ByteSink.TYPE_LIST).putList(ByteSink.TYPE_TRUE, count);
        for (int page = 0; page < count; page++) {
            out.put(ByteSink.TYPE_FALSE);
        }
        out.putField(1, ByteSink.TYPE_LIST).putList(ByteSink.TYPE_BINARY, count);
        out.put(minValues.array(), 0, minValues.length());
        out.putField(1, ByteSink.TYPE_LIST).putList(ByteSink.TYPE_BINARY, count);
        out.put(maxValues.array(), 0, maxValues.length());
        out.putI32Field(1, spec.isSorted() ? 1 : 0);
        out.put(0);
    }
}
