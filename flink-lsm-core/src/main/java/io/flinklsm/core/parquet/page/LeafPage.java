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

import io.flinklsm.core.columns.leaf.LeafColumn;
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.parquet.encoding.ByteSource;
import io.flinklsm.core.parquet.encoding.DeltaBinaryPacked;
import io.flinklsm.core.parquet.encoding.Levels;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import org.apache.parquet.format.Encoding;

/**
 * A page of a leaf column, decoded as far as its cursor needs it: levels only if there are nulls or
 * repetitions, values where they stand. Reused for page after page; confined to one thread.
 */
public final class LeafPage {

    private static final byte[] NO_BYTES = new byte[0];
    private static final int[] NO_VALUES = new int[1];

    /**
     * A run of levels takes a few bytes however long it is: nothing else bounds the memory. Writers
     * keep longer rows as bytes, and blocks end soon after a long one.
     */
    private static final int MAX_LEVELS = 16 * LeafColumn.MAX_ROW_LEVELS;

    private final LeafCursor cursor;
    private final LeafColumn column;
    private final Encoding encoding;
    private final PageReader page;
    private final ByteSource source = new ByteSource();
    private byte[] definitions = NO_BYTES;
    private byte[] repetitions = NO_BYTES;
    private byte[] booleans = NO_BYTES;
    private byte[] plainBytes = NO_BYTES;
    private byte[] unpacked = NO_BYTES;
    private int[] lengths = NO_VALUES;
    private int[] offsets = NO_VALUES;

    public LeafPage(LeafCursor cursor, PageCodec codec) {
        this.cursor = cursor;
        this.column = cursor.column();
        this.encoding = LeafColumnWriter.encoding(column, false);
        this.page = new PageReader(codec);
        if (isNumber()) {
            page.accept(Encoding.DELTA_BINARY_PACKED);
        }
    }

    private boolean isNumber() {
        return column.physical() == Physical.INT32 || column.physical() == Physical.INT64;
    }

    public void begin(int maxReadAheadBytes) {
        page.begin(maxReadAheadBytes);
    }

    /** See {@link PageReader#setFetched}. */
    public void setFetched(byte[] array, int at, long offset, int byteCount) {
        page.setFetched(array, at, offset, byteCount);
    }

    /** Reads a page of a block and sets the cursor on it; gives how many of its values are null. */
    public int load(StorageInput input, long offset, int byteCount, long chunkEnd, int rows)
            throws IOException {
        page.read(input, offset, byteCount, chunkEnd, rows, encoding.getValue());
        PageHeader header = page.header;
        int levels = header.valueCount;
        if (levels > MAX_LEVELS) {
            throw new MalformedPageException(
                    "too many values in a page: column="
                            + column.path()
                            + ", values="
                            + levels
                            + ", atMost="
                            + MAX_LEVELS);
        }
        decodeLevels(levels, header.nullCount);
        int values = levels - header.nullCount;
        if (column.physical() == Physical.BYTES && encoding == Encoding.PLAIN) {
            decodePlainBytes(values);
            set(plainBytes, 0, levels, rows);
        } else if (column.physical() == Physical.BYTES) {
            int dataAt = decodeLengths(values);
            set(page.bytes, dataAt, levels, rows);
        } else if (column.physical() == Physical.BOOLEAN) {
            decodeBooleans(values);
            set(booleans, 0, levels, rows);
        } else if (isNumber() && header.encoding == Encoding.DELTA_BINARY_PACKED.getValue()) {
            unpack(values);
            set(unpacked, 0, levels, rows);
        } else {
            checkBytes((long) values * column.physical().width());
            set(page.bytes, page.from, levels, rows);
        }
        return header.nullCount;
    }

    private void set(byte[] data, int from, int levels, int rows) {
        cursor.setPage(
                data, from, offsets, definitions, repetitions, levels, page.header.nullCount, rows);
    }

    private void decodeLevels(int count, int nulls) throws MalformedPageException {
        if (column.maxRepetitionLevel() > 0) {
            repetitions = roomFor(repetitions, count);
            Levels.decode(page.repetitionLevels(), column.maxRepetitionLevel(), repetitions, count);
        } else if (page.header.repetitionBytes != 0) {
            throw new MalformedPageException("repetition levels of a column without any");
        }
        if (column.maxDefinitionLevel() > 0) {
            definitions = roomFor(definitions, count);
            int present =
                    Levels.decode(
                            page.definitionLevels(),
                            column.maxDefinitionLevel(),
                            definitions,
                            count);
            if (present != count - nulls) {
                throw new MalformedPageException(
                        "levels do not have the page's nulls: nulls="
                                + nulls
                                + ", levels="
                                + count
                                + ", present="
                                + present);
            }
        } else if (page.header.definitionBytes != 0 || nulls != 0) {
            throw new MalformedPageException("definition levels of a column without any");
        }
    }

    private void unpack(int values) throws MalformedPageException {
        int width = column.physical().width();
        unpacked = roomFor(unpacked, values * width);
        source.set(page.bytes, page.from, page.limit);
        DeltaBinaryPacked.decode(source, page.bytes, unpacked, width, values);
        if (source.remaining() != 0) {
            throw new MalformedPageException(
                    "numbers do not fill the page: column="
                            + column.path()
                            + ", bytesLeft="
                            + source.remaining());
        }
    }

    /** Gives where the bytes begin. */
    private int decodeLengths(int values) throws MalformedPageException {
        ensureOffsets(values);
        source.set(page.bytes, page.from, page.limit);
        DeltaBinaryPacked.decode(source, page.bytes, lengths, values);
        long sum = 0;
        for (int i = 0; i < values; i++) {
            if (lengths[i] < 0) {
                throw new MalformedPageException("negative length: index=" + i);
            }
            offsets[i] = (int) sum;
            sum += lengths[i];
            if (sum > source.remaining()) {
                break;
            }
        }
        if (sum != source.remaining()) {
            throw new MalformedPageException(
                    "lengths do not fill the page: sum=" + sum + ", bytes=" + source.remaining());
        }
        offsets[values] = (int) sum;
        return source.position();
    }

    /** Takes the values together from behind their lengths. */
    private void decodePlainBytes(int values) throws MalformedPageException {
        int bytes = page.limit - page.from;
        if (values > bytes / Integer.BYTES) {
            throw new MalformedPageException("more values than lengths: values=" + values);
        }
        ensureOffsets(values);
        plainBytes = roomFor(plainBytes, bytes);
        int from = page.from;
        offsets[0] = 0;
        for (int i = 0; i < values; i++) {
            int length = 0;
            for (int shift = 0; shift < Integer.SIZE && from < page.limit; shift += Byte.SIZE) {
                length |= (page.bytes[from++] & 0xFF) << shift;
            }
            if (length < 0 || length > page.limit - from) {
                throw new MalformedPageException(
                        "a length is out of the page: index=" + i + ", length=" + length);
            }
            System.arraycopy(page.bytes, from, plainBytes, offsets[i], length);
            from += length;
            offsets[i + 1] = offsets[i] + length;
        }
        if (from != page.limit) {
            throw new MalformedPageException(
                    "lengths do not fill the page: left=" + (page.limit - from));
        }
    }

    private void ensureOffsets(int values) {
        if (offsets.length <= values) {
            offsets = new int[values + 1 + values / 4];
            lengths = new int[offsets.length];
        }
    }

    private void decodeBooleans(int values) throws MalformedPageException {
        checkBytes((values + 7L) / Byte.SIZE);
        booleans = roomFor(booleans, values);
        for (int i = 0; i < values; i++) {
            booleans[i] = (byte) (page.bytes[page.from + (i >> 3)] >> (i & 7) & 1);
        }
    }

    private void checkBytes(long expected) throws MalformedPageException {
        if (page.limit - page.from != expected) {
            throw new MalformedPageException(
                    "values do not fill the page: column="
                            + column.path()
                            + ", bytes="
                            + (page.limit - page.from)
                            + ", expected="
                            + expected);
        }
    }

    private static byte[] roomFor(byte[] array, int count) {
        return array.length < count ? new byte[count + count / 4] : array;
    }
}
