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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.parquet.encoding.ByteSource;
import io.flinklsm.core.parquet.encoding.DeltaBinaryPacked;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import org.apache.parquet.format.Encoding;

/**
 * A page of ascending byte strings without nulls, as {@link SortedColumnWriter} writes them. Reused
 * for page after page; confined to one thread.
 */
public final class SortedPage {

    private final PageReader page;
    private final ByteSource source = new ByteSource();
    private int dataAt;
    private int[] lengths = new int[64];

    /** Where each value begins, counted from the first; the last number is where they end. */
    private int[] offsets = new int[65];

    private int rows;

    public SortedPage(PageCodec codec) {
        page = new PageReader(codec);
    }

    /**
     * Begins with another file.
     *
     * @param maxReadAheadBytes see {@link PageReader#begin}
     */
    public void begin(int maxReadAheadBytes) {
        page.begin(maxReadAheadBytes);
        rows = 0;
    }

    /** See {@link PageReader#setFetched}. */
    public void setFetched(byte[] array, int at, long offset, int byteCount) {
        page.setFetched(array, at, offset, byteCount);
    }

    /**
     * Reads a page.
     *
     * @param chunkEnd where reading ahead must end
     * @param rowCount how many values the page must have
     * @throws MalformedPageException if the page is not what it must be
     */
    public void read(StorageInput input, long offset, int byteCount, long chunkEnd, int rowCount)
            throws IOException {
        rows = 0;
        page.read(
                input,
                offset,
                byteCount,
                chunkEnd,
                rowCount,
                Encoding.DELTA_LENGTH_BYTE_ARRAY.getValue());
        page.checkNoNulls();
        checkRows(rowCount);
        ensureRows(rowCount);
        decodeLengths(rowCount);
        rows = rowCount;
    }

    /** The value of the row, borrowed until the next page is read. */
    public Slice value(int row, Slice slice) {
        Invariants.check(row >= 0 && row < rows, "the page has the row");
        int from = offsets[row];
        return slice.setBytes(page.bytes, dataAt + from, offsets[row + 1] - from);
    }

    /** Bytes of all values. */
    public int dataBytes() {
        return offsets[rows];
    }

    /** Values differ, so that all but one take a byte or more: before memory is taken for rows. */
    private void checkRows(int rowCount) throws MalformedPageException {
        if (rowCount - 1 > page.limit - page.from) {
            throw new MalformedPageException(
                    "more rows than values can be in the page: rows="
                            + rowCount
                            + ", bytes="
                            + (page.limit - page.from));
        }
    }

    private void ensureRows(int rowCount) {
        if (rowCount > lengths.length) {
            int room = rowCount + rowCount / 4;
            lengths = new int[room];
            offsets = new int[room + 1];
        }
    }

    /** Decodes the lengths at the start of the page and checks that they fill it. */
    private void decodeLengths(int rowCount) throws MalformedPageException {
        source.set(page.bytes, page.from, page.limit);
        DeltaBinaryPacked.decode(source, page.bytes, lengths, rowCount);
        long sum = 0;
        for (int row = 0; row < rowCount; row++) {
            if (lengths[row] < 0) {
                throw new MalformedPageException("negative length: index=" + row);
            }
            sum += lengths[row];
        }
        if (sum != source.remaining()) {
            throw new MalformedPageException(
                    "lengths do not fill the page: sum=" + sum + ", bytes=" + source.remaining());
        }
        dataAt = source.position();
        offsets[0] = 0;
        for (int row = 0; row < rowCount; row++) {
            offsets[row + 1] = offsets[row] + lengths[row];
        }
    }
}
