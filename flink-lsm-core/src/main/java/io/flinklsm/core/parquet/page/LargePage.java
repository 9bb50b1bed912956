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

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.columns.leaf.LeafColumn;
import io.flinklsm.core.parquet.encoding.ByteSource;
import io.flinklsm.core.parquet.encoding.DeltaBinaryPacked;
import io.flinklsm.core.parquet.encoding.Levels;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.zip.CRC32;
import org.apache.parquet.format.Encoding;
import org.jspecify.annotations.Nullable;

/**
 * The page of one large value, which is read when its bytes are asked for, in parts, and never
 * held. Its checksum is checked each time the bytes have all been read. Good as long as the file is
 * open; confined to one thread.
 *
 * <pre>
 * header | definition level of one value | its length, delta encoded | its bytes …
 * └──────────── the head, at most HEAD_BYTES ────────────┘
 * </pre>
 */
public final class LargePage implements LargeValue {

    /** Pages above this are read like this, if they have one value and are not compressed. */
    public static final int PAGE_BYTES_MIN = 1 << 20;

    /** Levels of one value and its length. */
    private static final int START_BYTES_MAX = 64;

    private static final int HEAD_BYTES = PageHeader.MAX_BYTES + START_BYTES_MAX;
    private static final int PART_BYTES = 64 << 10;

    private final StorageInput input;
    private final byte[] head;
    private final int bodyAt;
    private final int valueAt;
    private final long valueOffset;
    private final int valueBytes;
    private final int storedChecksum;

    private LargePage(
            StorageInput input,
            long pageOffset,
            byte[] head,
            int bodyAt,
            int valueAt,
            int valueBytes,
            int storedChecksum) {
        this.input = input;
        this.head = head;
        this.bodyAt = bodyAt;
        this.valueAt = valueAt;
        this.valueOffset = pageOffset + valueAt;
        this.valueBytes = valueBytes;
        this.storedChecksum = storedChecksum;
    }

    /**
     * The page if it is one of one value, as it stands in a block of one row; null if it must be
     * read as others are.
     *
     * @throws MalformedPageException if it is such a page, and not what it must be
     */
    public static @Nullable LargePage open(
            StorageInput input, long offset, int byteCount, LeafColumn column) throws IOException {
        byte[] head = new byte[HEAD_BYTES + DeltaBinaryPacked.SLACK_BYTES];
        input.readFully(offset, head, 0, HEAD_BYTES);
        ByteSource source = new ByteSource().set(head, 0, PageHeader.MAX_BYTES);
        PageHeader header = new PageHeader();
        header.read(source);
        if (header.isCompressed || header.valueCount != 1 || header.nullCount != 0) {
            return null;
        }
        int bodyAt = source.position();
        boolean levelsFit =
                header.repetitionBytes == 0
                        && header.definitionBytes >= 0
                        && header.definitionBytes < START_BYTES_MAX / 2;
        if (header.storedBytes != byteCount - bodyAt
                || header.uncompressedBytes != header.storedBytes
                || header.rowCount != 1
                || !levelsFit
                || header.encoding != Encoding.DELTA_LENGTH_BYTE_ARRAY.getValue()) {
            throw new MalformedPageException(
                    "page header is malformed: storedBytes="
                            + header.storedBytes
                            + " of "
                            + (byteCount - bodyAt)
                            + ", plainBytes="
                            + header.uncompressedBytes
                            + ", rows="
                            + header.rowCount
                            + ", encoding="
                            + header.encoding);
        }
        int lengthAt = bodyAt + header.definitionBytes;
        int present =
                Levels.decode(
                        source.set(head, bodyAt, lengthAt),
                        column.maxDefinitionLevel(),
                        new byte[1],
                        1);
        int[] length = new int[1];
        DeltaBinaryPacked.decode(source.set(head, lengthAt, HEAD_BYTES), head, length, 1);
        int valueAt = source.position();
        if (present != 1 || length[0] < 0 || valueAt + (long) length[0] != byteCount) {
            throw new MalformedPageException(
                    "lengths do not fill the page: sum="
                            + length[0]
                            + ", bytes="
                            + (byteCount - valueAt));
        }
        return new LargePage(input, offset, head, bodyAt, valueAt, length[0], header.checksum);
    }

    @Override
    public long length() {
        return valueBytes;
    }

    @Override
    public InputStream open() {
        return new PageStream();
    }

    /** Reads the value and, behind its last byte, checks the page. */
    private final class PageStream extends InputStream {

        private final CRC32 checksum = new CRC32();
        private final byte[] one = new byte[1];
        private int position;

        PageStream() {
            checksum.update(head, bodyAt, valueAt - bodyAt);
        }

        @Override
        public int read() throws IOException {
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int at, int byteCount) throws IOException {
            Objects.checkFromIndexSize(at, byteCount, target.length);
            int count = Math.min(Math.min(byteCount, PART_BYTES), valueBytes - position);
            if (count <= 0) {
                return byteCount == 0 ? 0 : -1;
            }
            input.readFully(valueOffset + position, target, at, count);
            checksum.update(target, at, count);
            position += count;
            if (position == valueBytes && (int) checksum.getValue() != storedChecksum) {
                throw new MalformedPageException(
                        "page fails its checksum: stored="
                                + Integer.toHexString(storedChecksum)
                                + ", computed="
                                + Integer.toHexString((int) checksum.getValue()));
            }
            return count;
        }
    }
}
