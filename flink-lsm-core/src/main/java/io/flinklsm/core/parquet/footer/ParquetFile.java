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

import io.flinklsm.core.parquet.encoding.ByteSink;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * How every Parquet file begins and ends: magic at both ends, the footer's length before the last.
 *
 * <pre>
 * PAR1 | ... | footer | length of the footer, 4 bytes, little-endian | PAR1
 * </pre>
 */
public final class ParquetFile {

    private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

    public static final int MAGIC_BYTES = 4;

    /** Footer length and magic at the end of the file. */
    public static final int TRAILER_BYTES = Integer.BYTES + MAGIC_BYTES;

    /** Magic at the start and trailer. */
    public static final int MIN_BYTES = MAGIC_BYTES + TRAILER_BYTES;

    private ParquetFile() {}

    /** What a file begins and ends with. */
    public static byte[] magic() {
        return MAGIC.clone();
    }

    /** Whether magic stands in front of the index. */
    public static boolean hasMagicBefore(byte[] bytes, int end) {
        return Arrays.equals(bytes, end - MAGIC_BYTES, end, MAGIC, 0, MAGIC_BYTES);
    }

    /** The footer's length as the trailer that ends at the index says it; unsigned. */
    public static long footerBytes(byte[] bytes, int end) {
        Objects.checkFromToIndex(0, end, bytes.length);
        int from = end - TRAILER_BYTES;
        long length = 0;
        for (int i = 0; i < Integer.BYTES; i++) {
            length |= (bytes[from + i] & 0xFFL) << (Byte.SIZE * i);
        }
        return length;
    }

    /** The footer with its trailer behind it. */
    public static byte[] withTrailer(byte[] footer) {
        return new ByteSink(footer.length + TRAILER_BYTES)
                .put(footer, 0, footer.length)
                .putIntLittleEndian(footer.length)
                .put(MAGIC, 0, MAGIC_BYTES)
                .toBytes();
    }
}
