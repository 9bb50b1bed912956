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

import io.airlift.compress.Compressor;
import io.airlift.compress.Decompressor;
import io.airlift.compress.MalformedInputException;
import io.airlift.compress.lz4.Lz4Compressor;
import io.airlift.compress.lz4.Lz4Decompressor;
import io.airlift.compress.zstd.ZstdCompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import io.flinklsm.core.parquet.encoding.ByteSink;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import org.apache.parquet.format.CompressionCodec;
import org.jspecify.annotations.Nullable;

/** Compression of one page after another, with reused tables. Confined to one thread. */
public final class PageCodec {

    /**
     * Files of level 0 are written again soon, so a page must save a third of itself: text does,
     * numbers do not.
     */
    private static final int LEAST_SAVING_PART_OF_YOUNG = 3;

    private static final int LEAST_SAVING_PART = 4;

    /** LZ4 cannot do better: a byte of a length says 255 more bytes. */
    private static final int LZ4_RATIO_MAX = 255;

    /** What is shorter would hardly become less, and LZ4 clears its table of 16 KB first. */
    private static final int MIN_BYTES = 64;

    private final int leastSavingPart;
    private final @Nullable Compressor compressor;
    private final Lz4Decompressor lz4Decompressor = new Lz4Decompressor();

    /** Its buffers are large; made for the first file that wants it. */
    private @Nullable ZstdDecompressor zstdDecompressor;

    private PageCompression compression;

    /**
     * For a reader.
     *
     * @param compression of the file; see {@link #begin}
     */
    public PageCodec(PageCompression compression) {
        this.compression = compression;
        this.leastSavingPart = LEAST_SAVING_PART;
        this.compressor = null;
    }

    /**
     * For a writer.
     *
     * @param compression of pages that become shorter by it
     * @param isYoung whether what is compressed will soon be merged
     */
    public PageCodec(PageCompression compression, boolean isYoung) {
        this.compression = compression;
        leastSavingPart = isYoung ? LEAST_SAVING_PART_OF_YOUNG : LEAST_SAVING_PART;
        compressor =
                switch (compression) {
                    case NONE -> null;
                    case LZ4 -> new Lz4Compressor();
                    case ZSTD -> new ZstdCompressor();
                };
    }

    /** Goes on with a file of this compression. */
    public void begin(PageCompression ofFile) {
        compression = ofFile;
    }

    /** For the pages of a column that is written. */
    CompressionTrial newTrial() {
        return new CompressionTrial(leastSavingPart);
    }

    /** What the footer says of the pages that were written. */
    public CompressionCodec parquetCodec() {
        return compression.format();
    }

    /**
     * Appends the compressed bytes; false, with nothing appended, if they would not be enough fewer
     * or were not made.
     *
     * @param trial of the column
     */
    boolean compress(CompressionTrial trial, ByteSink plain, ByteSink out) {
        Compressor ofWriter = compressor;
        if (ofWriter == null || plain.length() < MIN_BYTES || !trial.isDue()) {
            return false;
        }
        int bound = ofWriter.maxCompressedLength(plain.length());
        byte[] target = out.ensure(bound);
        int byteCount =
                ofWriter.compress(plain.array(), 0, plain.length(), target, out.length(), bound);
        if (!trial.pays(plain.length(), byteCount)) {
            return false;
        }
        out.advance(byteCount);
        return true;
    }

    /**
     * Checks that so many bytes may come out of what is stored; asked before room is made for them.
     */
    void checkLength(byte[] stored, int from, int byteCount, int plainBytes)
            throws MalformedPageException {
        boolean isPlausible =
                switch (compression) {
                    case NONE -> false;
                    case LZ4 -> plainBytes <= (long) byteCount * LZ4_RATIO_MAX;
                    case ZSTD -> plainBytes == zstdLength(stored, from, byteCount);
                };
        if (!isPlausible) {
            throw new MalformedPageException(
                    "compressed bytes cannot have this length: compression="
                            + compression
                            + ", storedBytes="
                            + byteCount
                            + ", plainBytes="
                            + plainBytes);
        }
    }

    /** What the frame says; every writer of one buffer states it. */
    private static long zstdLength(byte[] stored, int from, int byteCount)
            throws MalformedPageException {
        try {
            return ZstdDecompressor.getDecompressedSize(stored, from, byteCount);
        } catch (MalformedInputException | IndexOutOfBoundsException e) {
            throw malformed(e);
        }
    }

    /**
     * Decompresses to exactly {@code plainBytes} from index 0 on, which {@link #checkLength} has
     * found to be possible.
     */
    void decompress(byte[] stored, int from, int byteCount, byte[] plain, int plainBytes)
            throws MalformedPageException {
        int done;
        try {
            done = decompressor().decompress(stored, from, byteCount, plain, 0, plainBytes);
        } catch (MalformedInputException | IndexOutOfBoundsException e) {
            throw malformed(e);
        }
        if (done != plainBytes) {
            throw new MalformedPageException(
                    "compressed bytes have another length: stored="
                            + plainBytes
                            + ", decompressed="
                            + done);
        }
    }

    private Decompressor decompressor() {
        if (compression != PageCompression.ZSTD) {
            return lz4Decompressor;
        }
        ZstdDecompressor known = zstdDecompressor;
        if (known == null) {
            known = new ZstdDecompressor();
            zstdDecompressor = known;
        }
        return known;
    }

    private static MalformedPageException malformed(RuntimeException e) {
        return new MalformedPageException("compressed bytes are malformed: " + e.getMessage());
    }
}
