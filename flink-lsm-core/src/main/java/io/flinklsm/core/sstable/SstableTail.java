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

import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.errors.UnknownFormatException;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.parquet.footer.ParquetFile;
import io.flinklsm.core.parquet.footer.ParquetFooter;
import io.flinklsm.core.storage.StorageInput;
import java.io.EOFException;
import java.io.IOException;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The tail of an SSTable, read and checked: bloom filters, indexes and footer.
 *
 * @param bytes the tail; index 0 is at {@code meta.tailOffset()} of the file
 * @param footer parsed, after the checksum of the tail was found right
 * @param meta what the footer says of the file
 */
record SstableTail(byte[] bytes, ParquetFooter footer, SstableMeta meta) {

    private static final int MAX_TAIL_BYTES = 1 << 30;

    /**
     * Reads and checks the tail: magic at both ends, lengths, checksum, format, and, if the meta is
     * known from elsewhere, that file and meta are the same.
     *
     * @param name what errors call the file
     * @throws CorruptionException if the file is damaged, or not the one that the meta describes
     */
    static SstableTail read(
            StorageInput input, String fileName, String name, @Nullable SstableMeta expected)
            throws IOException {
        try {
            return new Reading(input, fileName, name, expected).read();
        } catch (MalformedPageException | EOFException e) {
            throw Corruption.of(name, e.getMessage(), e);
        }
    }

    /**
     * Whether the file is the one that the meta describes, as far as its size and the last bytes
     * tell: its footer carries the checksum of the tail that the meta has. Reads a few kilobytes
     * whatever the file's size; that the tail has this checksum is not checked.
     *
     * @throws CorruptionException if it is another file
     */
    static void identify(StorageInput input, String name, SstableMeta expected) throws IOException {
        Reading reading = new Reading(input, expected.fileName(), name, expected);
        try {
            reading.identify(expected);
        } catch (MalformedPageException | EOFException e) {
            throw Corruption.of(name, e.getMessage(), e);
        }
    }

    /** One attempt to read. */
    private record Reading(
            StorageInput input, String fileName, String name, @Nullable SstableMeta expected) {

        SstableTail read() throws IOException {
            long size = checkEnds();
            long tailOffset =
                    checkOffset(expected != null ? expected.tailOffset() : findTail(size));
            byte[] tail = new byte[(int) (size - tailOffset)];
            input.readFully(tailOffset, tail, 0, tail.length);
            checkMagic(tail);
            int checksum = checkChecksum(tail, tailOffset);
            ParquetFooter footer = ParquetFooter.parse(tail, tailOffset);
            return new SstableTail(tail, footer, meta(footer, size, tailOffset, checksum));
        }

        void identify(SstableMeta wanted) throws IOException {
            byte[] footer = readFooter(checkEnds());
            int digits = FooterProperties.CHECKSUM_DIGITS;
            int at = ParquetFooter.valueAt(footer, SstableFormat.TAIL_CHECKSUM_PROPERTY, digits);
            if (at < 0) {
                throw Corruption.of(
                        name,
                        "has no checksum in its footer: property="
                                + SstableFormat.TAIL_CHECKSUM_PROPERTY);
            }
            checkWritten((int) hex(footer, at, digits), wanted);
        }

        /** The size, and magic at the beginning. */
        private long checkEnds() throws IOException {
            long size = input.size();
            if (expected != null && size != expected.sizeBytes()) {
                throw Corruption.of(
                        name,
                        "has another size than it was written with: size="
                                + size
                                + ", written="
                                + expected.sizeBytes());
            }
            if (size < ParquetFile.MIN_BYTES) {
                throw Corruption.of(name, "is too short for an SSTable: size=" + size);
            }
            if (expected != null && !input.answersAtOnce(0, ParquetFile.MAGIC_BYTES)) {
                // Not worth a request: the tail tells that it is the file, pages have checksums.
                return size;
            }
            byte[] magic = new byte[ParquetFile.MAGIC_BYTES];
            input.readFully(0, magic, 0, magic.length);
            if (!ParquetFile.hasMagicBefore(magic, magic.length)) {
                throw Corruption.of(name, "does not begin like a Parquet file");
            }
            return size;
        }

        private long checkOffset(long tailOffset) throws IOException {
            long size = input.size();
            if (tailOffset < ParquetFile.MAGIC_BYTES
                    || tailOffset > size - ParquetFile.TRAILER_BYTES
                    || size - tailOffset > MAX_TAIL_BYTES) {
                throw Corruption.of(
                        name,
                        "has its tail out of place: tailOffset=" + tailOffset + ", size=" + size);
            }
            return tailOffset;
        }

        /** The tail's offset, out of the footer's bytes. */
        private long findTail(long size) throws IOException {
            byte[] footer = readFooter(size);
            int at =
                    ParquetFooter.valueAt(
                            footer,
                            SstableFormat.TAIL_OFFSET_PROPERTY,
                            FooterProperties.OFFSET_DIGITS);
            if (at < 0) {
                throw Corruption.of(
                        name,
                        "is no SSTable of flink-lsm: its footer has no property "
                                + SstableFormat.TAIL_OFFSET_PROPERTY);
            }
            return hex(footer, at, FooterProperties.OFFSET_DIGITS);
        }

        /** The footer's bytes, which are not checked yet. */
        private byte[] readFooter(long size) throws IOException {
            byte[] trailer = new byte[ParquetFile.TRAILER_BYTES];
            input.readFully(size - trailer.length, trailer, 0, trailer.length);
            checkMagic(trailer);
            long footerBytes = ParquetFile.footerBytes(trailer, trailer.length);
            if (footerBytes > size - ParquetFile.MIN_BYTES || footerBytes > MAX_TAIL_BYTES) {
                throw Corruption.of(
                        name,
                        "declares a footer larger than the file: footerBytes="
                                + footerBytes
                                + ", size="
                                + size);
            }
            byte[] footer = new byte[(int) footerBytes];
            input.readFully(size - trailer.length - footer.length, footer, 0, footer.length);
            return footer;
        }

        private void checkMagic(byte[] end) throws IOException {
            if (!ParquetFile.hasMagicBefore(end, end.length)) {
                throw Corruption.of(name, "does not end like a Parquet file");
            }
        }

        private int checkChecksum(byte[] tail, long tailOffset) throws IOException {
            int digits = FooterProperties.CHECKSUM_DIGITS;
            int at = ParquetFooter.valueAt(tail, SstableFormat.TAIL_CHECKSUM_PROPERTY, digits);
            if (at < 0) {
                throw Corruption.of(
                        name,
                        "has no checksum in its footer: property="
                                + SstableFormat.TAIL_CHECKSUM_PROPERTY
                                + ", tailOffset="
                                + tailOffset);
            }
            int stored = (int) hex(tail, at, digits);
            CRC32C crc = new CRC32C();
            crc.update(tail, 0, at);
            for (int i = 0; i < digits; i++) {
                crc.update('0');
            }
            crc.update(tail, at + digits, tail.length - at - digits);
            int computed = (int) crc.getValue();
            if (stored != computed) {
                throw Corruption.checksum(name, "tail", tailOffset, stored, computed);
            }
            if (expected != null) {
                checkWritten(stored, expected);
            }
            return stored;
        }

        private void checkWritten(int stored, SstableMeta wanted) throws IOException {
            if (wanted.tailChecksum() != stored) {
                throw Corruption.of(
                        name,
                        "is not the file that was written: tailChecksum="
                                + Integer.toHexString(stored)
                                + ", written="
                                + Integer.toHexString(wanted.tailChecksum()));
            }
        }

        private SstableMeta meta(ParquetFooter footer, long size, long tailOffset, int checksum)
                throws IOException {
            Map<String, String> pairs = footer.properties();
            String format = pairs.get(SstableFormat.FORMAT_PROPERTY);
            if (!Integer.toString(SstableFormat.VERSION).equals(format)) {
                throw new UnknownFormatException(
                        "["
                                + name
                                + "] has a format that this version of flink-lsm does not read: "
                                + SstableFormat.FORMAT_PROPERTY
                                + "="
                                + format
                                + ", readable="
                                + SstableFormat.VERSION
                                + "; read it with the version that wrote it, or a newer one.");
            }
            SstableMeta meta =
                    FooterProperties.toMeta(
                            fileName, pairs, new SstableMeta.Extent(size, tailOffset, checksum));
            if (meta.entryCount() != footer.rows()
                    || meta.entryCount() <= 0
                    || meta.minKey().compareTo(meta.maxKey()) > 0) {
                throw new MalformedPageException(
                        "footer contradicts itself: entries="
                                + meta.entryCount()
                                + ", rows="
                                + footer.rows()
                                + ", minKey="
                                + meta.minKey()
                                + ", maxKey="
                                + meta.maxKey());
            }
            if (expected != null) {
                checkSame(meta, expected);
            }
            return meta;
        }

        /** Level and clip may differ: a file keeps its footer when it moves or is adopted. */
        private void checkSame(SstableMeta found, SstableMeta wanted) throws IOException {
            SstableMeta comparable = wanted.asWritten(found.level());
            if (!found.equals(comparable)) {
                throw Corruption.of(
                        name,
                        "is not what the manifest says: footer="
                                + found
                                + ", manifest="
                                + comparable);
            }
        }

        private long hex(byte[] bytes, int from, int digits) throws MalformedPageException {
            long value = 0;
            for (int i = from; i < from + digits; i++) {
                int digit = "0123456789abcdef".indexOf((char) bytes[i]);
                if (digit < 0) {
                    throw new MalformedPageException("a property of the tail is malformed");
                }
                value = value << 4 | digit;
            }
            return value;
        }
    }
}
