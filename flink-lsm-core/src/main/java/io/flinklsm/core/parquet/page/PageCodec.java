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

import io.airlift.compress.MalformedInputException;
import io.airlift.compress.lz4.Lz4Compressor;
import io.airlift.compress.lz4.Lz4Decompressor;
import io.flinklsm.core.parquet.encoding.ByteSink;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import org.apache.parquet.format.CompressionCodec;

/** Compression of one page after another, with reused tables. Confined to one thread. */
public final class PageCodec {

    /**
     * Files of level 0 are written again soon, so a page must save a third of itself: text does,
     * numbers do not.
     */
    private static final int LEAST_SAVING_PART_OF_YOUNG = 3;

    private static final int LEAST_SAVING_PART = 4;

    /** LZ4 cannot do better: a byte of a length says 255 more bytes. */
    private static final int MAX_RATIO = 255;

    /** What is shorter would hardly become less, and LZ4 clears its table of 16 KB first. */
    private static final int MIN_BYTES = 64;

    private final boolean compresses;
    private final int leastSavingPart;
    private final Lz4Compressor compressor = new Lz4Compressor();
    private final Lz4Decompressor decompressor = new Lz4Decompressor();

    /** For a reader. */
    public PageCodec() {
        this(false, false);
    }

    /**
     * For a writer.
     *
     * @param compresses whether pages that become shorter are compressed, else none is
     * @param isYoung whether what is compressed will soon be merged
     */
    public PageCodec(boolean compresses, boolean isYoung) {
        this.compresses = compresses;
        leastSavingPart = isYoung ? LEAST_SAVING_PART_OF_YOUNG : LEAST_SAVING_PART;
    }

    /** For the pages of a column that is written. */
    CompressionTrial newTrial() {
        return new CompressionTrial(leastSavingPart);
    }

    /** What the footer says of the pages that were written. */
    public CompressionCodec parquetCodec() {
        return compresses ? CompressionCodec.LZ4_RAW : CompressionCodec.UNCOMPRESSED;
    }

    /** Whether pages of a file whose footer says so can be read. */
    public static boolean isKnown(CompressionCodec codec) {
        return codec == CompressionCodec.LZ4_RAW || codec == CompressionCodec.UNCOMPRESSED;
    }

    /**
     * Appends the compressed bytes; false, with nothing appended, if they would not be enough fewer
     * or were not made.
     *
     * @param trial of the column
     */
    boolean compress(CompressionTrial trial, ByteSink plain, ByteSink out) {
        if (!compresses || plain.length() < MIN_BYTES || !trial.isDue()) {
            return false;
        }
        int bound = compressor.maxCompressedLength(plain.length());
        byte[] target = out.ensure(bound);
        int byteCount =
                compressor.compress(plain.array(), 0, plain.length(), target, out.length(), bound);
        if (!trial.pays(plain.length(), byteCount)) {
            return false;
        }
        out.advance(byteCount);
        return true;
    }

    /** Whether so many bytes may come out of so few: asked before room is made for them. */
    static boolean isPlausible(int plainBytes, int storedBytes) {
        return plainBytes <= (long) storedBytes * MAX_RATIO;
    }

    /** Decompresses LZ4 to exactly {@code plainBytes} from index 0 on. */
    void decompress(byte[] stored, int from, int byteCount, byte[] plain, int plainBytes)
            throws MalformedPageException {
        int done;
        try {
            done = decompressor.decompress(stored, from, byteCount, plain, 0, plainBytes);
        } catch (MalformedInputException | IndexOutOfBoundsException e) {
            throw new MalformedPageException("compressed bytes are malformed: " + e.getMessage());
        }
        if (done != plainBytes) {
            throw new MalformedPageException(
                    "compressed bytes have another length: stored="
                            + plainBytes
                            + ", decompressed="
                            + done);
        }
    }
}
