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

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.parquet.encoding.ByteSink;
import io.flinklsm.core.parquet.encoding.ByteSource;
import io.flinklsm.core.parquet.encoding.MalformedPageException;

/**
 * Parses the offset index and the column index of one column chunk into flat arrays. Thrift's own
 * objects would cost about a microsecond a page. Reusable; confined to one thread.
 */
public final class IndexParser {

    private int pageCount;
    private long[] offsets = new long[64];
    private int[] pageBytes = new int[64];
    private long[] firstRows = new long[64];
    private int[] minAt = new int[64];
    private int[] minBytes = new int[64];
    private int[] maxAt = new int[64];
    private int[] maxBytes = new int[64];
    private final ByteSource in = new ByteSource();

    /**
     * Checks too that the pages lie one behind the other and fill the chunk, and that their rows
     * ascend.
     */
    public void parseOffsetIndex(
            byte[] bytes, int from, int to, long chunkOffset, long chunkBytes, long rows)
            throws MalformedPageException {
        in.set(bytes, from, to);
        in.expect(1 << 4 | ByteSink.TYPE_LIST, "offset index");
        pageCount = in.getList(ByteSink.TYPE_STRUCT, "offset index");
        ensure(pageCount);
        long expected = chunkOffset;
        for (int page = 0; page < pageCount; page++) {
            in.expect(1 << 4 | ByteSink.TYPE_I64, "page location");
            offsets[page] = in.getZigZagLong();
            in.expect(1 << 4 | ByteSink.TYPE_I32, "page location");
            pageBytes[page] = in.getZigZagInt();
            in.expect(1 << 4 | ByteSink.TYPE_I64, "page location");
            firstRows[page] = in.getZigZagLong();
            in.expect(0, "page location");
            boolean rowsAscend =
                    page == 0 ? firstRows[0] == 0 : firstRows[page] > firstRows[page - 1];
            if (offsets[page] != expected || pageBytes[page] <= 0 || !rowsAscend) {
                throw new MalformedPageException(
                        "page location is out of order: page="
                                + page
                                + ", offset="
                                + offsets[page]
                                + ", expected="
                                + expected
                                + ", pageBytes="
                                + pageBytes[page]
                                + ", firstRow="
                                + firstRows[page]);
            }
            expected += pageBytes[page];
        }
        if (pageCount == 0
                || expected != chunkOffset + chunkBytes
                || firstRows[pageCount - 1] >= rows) {
            throw new MalformedPageException(
                    "pages do not fill their column chunk: pages="
                            + pageCount
                            + ", end="
                            + expected
                            + ", chunkEnd="
                            + (chunkOffset + chunkBytes)
                            + ", rows="
                            + rows);
        }
    }

    /**
     * Of a chunk whose pages have no nulls only: how many pages there are, and the minimum of the
     * first, in a time that hardly depends on their number. Checks nothing else.
     */
    public void parseBeginning(byte[] bytes, TailRange offsetIndex, TailRange columnIndex)
            throws MalformedPageException {
        in.set(bytes, offsetIndex.from(), offsetIndex.to());
        in.expect(1 << 4 | ByteSink.TYPE_LIST, "offset index");
        pageCount = in.getList(ByteSink.TYPE_STRUCT, "offset index");
        if (pageCount == 0) {
            throw new MalformedPageException("a column chunk has no pages");
        }
        in.set(bytes, columnIndex.from(), columnIndex.to());
        in.expect(1 << 4 | ByteSink.TYPE_LIST, "column index");
        checkCount(in.getList(ByteSink.TYPE_TRUE, "column index"));
        in.skip(pageCount);
        in.expect(1 << 4 | ByteSink.TYPE_LIST, "column index");
        checkCount(in.getList(ByteSink.TYPE_BINARY, "column index"));
        minBytes[0] = in.getSize(in.remaining(), "a bound of a column index");
        minAt[0] = in.skip(minBytes[0]);
    }

    /** To be called after {@link #parseOffsetIndex}, for a chunk whose pages have no nulls only. */
    public void parseColumnIndex(byte[] bytes, int from, int to) throws MalformedPageException {
        in.set(bytes, from, to);
        in.expect(1 << 4 | ByteSink.TYPE_LIST, "column index");
        checkCount(in.getList(ByteSink.TYPE_TRUE, "column index"));
        for (int page = 0; page < pageCount; page++) {
            in.expect(ByteSink.TYPE_FALSE, "null pages of a column index");
        }
        in.expect(1 << 4 | ByteSink.TYPE_LIST, "column index");
        checkCount(in.getList(ByteSink.TYPE_BINARY, "column index"));
        parseBounds(minAt, minBytes);
        in.expect(1 << 4 | ByteSink.TYPE_LIST, "column index");
        checkCount(in.getList(ByteSink.TYPE_BINARY, "column index"));
        parseBounds(maxAt, maxBytes);
    }

    /** Pages of the offset index. */
    public int pageCount() {
        return pageCount;
    }

    /** Where in the file the page begins. */
    public long offset(int page) {
        return offsets[page];
    }

    /** Bytes of the page, its header included. */
    public int pageBytes(int page) {
        return pageBytes[page];
    }

    /** The page's first row, counted from that of the row group. */
    public long firstRow(int page) {
        return firstRows[page];
    }

    /** Where in the parsed array the page's smallest value is. */
    public int minAt(int page) {
        return minAt[page];
    }

    /** Bytes of the page's smallest value. */
    public int minBytes(int page) {
        return minBytes[page];
    }

    /** Where in the parsed array the page's largest value is. */
    public int maxAt(int page) {
        return maxAt[page];
    }

    /** Bytes of the page's largest value. */
    public int maxBytes(int page) {
        return maxBytes[page];
    }

    /** Rows of a page; the last one's end with the row group's. */
    public int rowCount(int page, long rowGroupRows) throws MalformedPageException {
        Invariants.check(page >= 0 && page < pageCount, "the chunk has the page");
        long end = page + 1 < pageCount ? firstRows[page + 1] : rowGroupRows;
        long count = end - firstRows[page];
        if (count > Integer.MAX_VALUE) {
            throw new MalformedPageException("a page has too many rows: rows=" + count);
        }
        return (int) count;
    }

    private void parseBounds(int[] at, int[] byteCounts) throws MalformedPageException {
        for (int page = 0; page < pageCount; page++) {
            byteCounts[page] = in.getSize(in.remaining(), "a bound of a column index");
            at[page] = in.skip(byteCounts[page]);
        }
    }

    private void checkCount(int count) throws MalformedPageException {
        if (count != pageCount) {
            throw new MalformedPageException(
                    "column index and offset index differ: pages="
                            + count
                            + ", expected="
                            + pageCount);
        }
    }

    private void ensure(int count) {
        if (count > offsets.length) {
            offsets = new long[count];
            pageBytes = new int[count];
            firstRows = new long[count];
            minAt = new int[count];
            minBytes = new int[count];
            maxAt = new int[count];
            maxBytes = new int[count];
        }
    }
}
