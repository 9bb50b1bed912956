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

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.leaf.LeafColumn;
import io.flinklsm.core.parquet.encoding.ByteSource;
import io.flinklsm.core.parquet.encoding.DeltaBinaryPacked;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import java.util.Objects;
import java.util.zip.CRC32;
import org.apache.parquet.format.Encoding;

/**
 * Reads the pages of one column, one at a time: fetches (ahead, if told to), checks header and
 * checksum, decompresses. The values of the page stand in {@link #bytes}, from {@link #from} to
 * {@link #limit}, until the next page is read. Reusable for any file; confined to one thread.
 */
public final class PageReader {

    /** For a reader that wants no values: the page is read and checked, and not decompressed. */
    public static final int ANY_ENCODING = -1;

    private static final byte[] NO_BYTES = new byte[0];

    /** Buffers above this are not kept between uses. */
    private static final int MAX_KEPT_BYTES = 1 << 20;

    /** Values of a page above its rows; run lengths can say any number in a few bytes. */
    private static final int MAX_EXTRA_VALUES = 2 * LeafColumn.MAX_ROW_LEVELS;

    private static final int FIRST_READ_AHEAD_BYTES = 16 << 10;

    final PageHeader header = new PageHeader();

    /** The values, decompressed; {@link DeltaBinaryPacked#SLACK_BYTES} more are readable. */
    byte[] bytes = NO_BYTES;

    int from;
    int limit;

    private final PageCodec codec;
    private final CRC32 checksum = new CRC32();
    private final ByteSource source = new ByteSource();

    /** What {@link #fetch} reads to, kept for the next page. */
    private byte[] buffer = NO_BYTES;

    private byte[] plain = NO_BYTES;

    /** Bytes of the file: in the buffer, or in an array with pages of other columns. */
    private byte[] window = NO_BYTES;

    private int windowAt;
    private long windowOffset;
    private int windowBytes;
    private int levelsAt;
    private int readAheadBytes;
    private int maxReadAheadBytes;
    private int otherEncoding = ANY_ENCODING;

    public PageReader(PageCodec codec) {
        this.codec = codec;
    }

    /** Pages may also have this encoding; {@link #header} tells which one it was. */
    void accept(Encoding other) {
        otherEncoding = other.getValue();
    }

    /**
     * Begins with another file.
     *
     * @param maxReadAhead how much is read at once, at most, when pages are read in order; 0 to
     *     read single pages
     */
    public void begin(int maxReadAhead) {
        Invariants.check(maxReadAhead >= 0, "no less than a page is read");
        windowBytes = 0;
        readAheadBytes = Math.min(FIRST_READ_AHEAD_BYTES, maxReadAhead);
        maxReadAheadBytes = maxReadAhead;
        if (buffer.length > MAX_KEPT_BYTES) {
            buffer = NO_BYTES;
        }
        window = buffer;
        if (plain.length > MAX_KEPT_BYTES) {
            plain = NO_BYTES;
        }
    }

    /**
     * Has bytes of the file that were fetched with those of other columns; a page that lies in them
     * is not fetched again. Borrowed until the next {@link #begin}; {@link
     * DeltaBinaryPacked#SLACK_BYTES} more must be readable.
     *
     * @param at where in the array they begin
     * @param offset where in the file
     */
    public void setFetched(byte[] array, int at, long offset, int byteCount) {
        Objects.checkFromIndexSize(at, byteCount + DeltaBinaryPacked.SLACK_BYTES, array.length);
        window = array;
        windowAt = at;
        windowOffset = offset;
        windowBytes = byteCount;
    }

    /**
     * Reads a page, header and all.
     *
     * @param chunkEnd where reading ahead must end
     * @param rows how many the page must have
     * @throws MalformedPageException if the page is not what it must be
     */
    public void read(
            StorageInput input, long offset, int byteCount, long chunkEnd, int rows, int encoding)
            throws IOException {
        Invariants.check(
                byteCount > 0 && rows > 0 && offset <= chunkEnd - byteCount,
                "a page has rows and lies in its column chunk");
        int at = fetch(input, offset, byteCount, chunkEnd);
        int end = at + byteCount;
        source.set(window, at, Math.min(end, at + PageHeader.MAX_BYTES));
        header.read(source);
        int bodyAt = source.position();
        check(end - bodyAt, rows, encoding);
        checksum.reset();
        checksum.update(window, bodyAt, header.storedBytes);
        if ((int) checksum.getValue() != header.checksum) {
            throw new MalformedPageException(
                    "page fails its checksum: stored="
                            + Integer.toHexString(header.checksum)
                            + ", computed="
                            + Integer.toHexString((int) checksum.getValue()));
        }
        if (encoding == ANY_ENCODING) {
            return;
        }
        levelsAt = bodyAt;
        int valuesAt = bodyAt + header.levelBytes();
        if (!header.isCompressed) {
            bytes = window;
            from = valuesAt;
            limit = end;
            return;
        }
        int plainBytes = header.uncompressedBytes - header.levelBytes();
        codec.checkLength(window, valuesAt, end - valuesAt, plainBytes);
        if (plain.length < (long) plainBytes + DeltaBinaryPacked.SLACK_BYTES) {
            plain = new byte[roomFor(plainBytes)];
        }
        codec.decompress(window, valuesAt, end - valuesAt, plain, plainBytes);
        bytes = plain;
        from = 0;
        limit = plainBytes;
    }

    /** Checks that the page is one of a column without nulls. */
    void checkNoNulls() throws MalformedPageException {
        if (header.levelBytes() != 0 || header.nullCount != 0) {
            throw new MalformedPageException(
                    "page header is malformed: levelBytes="
                            + header.levelBytes()
                            + ", nulls="
                            + header.nullCount
                            + " in a column without nulls");
        }
    }

    ByteSource repetitionLevels() {
        return source.set(window, levelsAt, levelsAt + header.repetitionBytes);
    }

    ByteSource definitionLevels() {
        int from = levelsAt + header.repetitionBytes;
        return source.set(window, from, from + header.definitionBytes);
    }

    private void check(int storedBytes, int rows, int encoding) throws MalformedPageException {
        boolean levelsFit =
                header.definitionBytes >= 0
                        && header.repetitionBytes >= 0
                        && (long) header.definitionBytes + header.repetitionBytes
                                <= header.storedBytes;
        int valueBytes = header.storedBytes - header.levelBytes();
        int plainBytes = header.uncompressedBytes - header.levelBytes();
        // More values than rows are told level by level.
        boolean countsFit =
                header.rowCount == rows
                        && (header.repetitionBytes == 0
                                ? header.valueCount == rows
                                : header.valueCount >= rows
                                        && header.valueCount <= rows + MAX_EXTRA_VALUES);
        boolean sizesFit = header.isCompressed ? valueBytes < plainBytes : valueBytes == plainBytes;
        if (header.storedBytes != storedBytes
                || !levelsFit
                || valueBytes < 0
                || !sizesFit
                || !countsFit
                || header.nullCount < 0
                || header.nullCount > header.valueCount
                || (header.encoding != encoding
                        && header.encoding != otherEncoding
                        && encoding != ANY_ENCODING)) {
            throw new MalformedPageException(
                    "page header is malformed: storedBytes="
                            + header.storedBytes
                            + " of "
                            + storedBytes
                            + ", plainBytes="
                            + header.uncompressedBytes
                            + ", levelBytes="
                            + header.repetitionBytes
                            + "+"
                            + header.definitionBytes
                            + ", values="
                            + header.valueCount
                            + ", rows="
                            + header.rowCount
                            + " of "
                            + rows
                            + ", nulls="
                            + header.nullCount
                            + ", encoding="
                            + header.encoding
                            + " of "
                            + encoding);
        }
    }

    /** Gives where in the window the bytes are. */
    private int fetch(StorageInput input, long offset, int byteCount, long chunkEnd)
            throws IOException {
        if (offset >= windowOffset && offset + byteCount <= windowOffset + windowBytes) {
            return windowAt + (int) (offset - windowOffset);
        }
        int wanted = byteCount;
        if (maxReadAheadBytes > 0) {
            // Grows while pages are read in order: a short scan does not pay for a long one.
            boolean inOrder = windowBytes > 0 && offset >= windowOffset;
            readAheadBytes =
                    inOrder ? Math.min(readAheadBytes * 2, maxReadAheadBytes) : readAheadBytes;
            wanted = (int) Math.max(byteCount, Math.min(readAheadBytes, chunkEnd - offset));
        }
        windowBytes = 0;
        if (buffer.length < (long) wanted + DeltaBinaryPacked.SLACK_BYTES) {
            buffer = new byte[roomFor(wanted)];
        }
        input.readFully(offset, buffer, 0, wanted);
        window = buffer;
        windowAt = 0;
        windowOffset = offset;
        windowBytes = wanted;
        return 0;
    }

    private static int roomFor(int byteCount) throws MalformedPageException {
        long room = (long) byteCount + DeltaBinaryPacked.SLACK_BYTES;
        if (room > Integer.MAX_VALUE - Long.BYTES) {
            throw new MalformedPageException("page is too large: byteCount=" + byteCount);
        }
        // Somewhat more, so that pages of about one size do not grow the buffer again and again.
        return (int) Math.min(room + (room >> 2) + 256, Integer.MAX_VALUE - Long.BYTES);
    }
}
