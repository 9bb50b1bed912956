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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.parquet.encoding.ByteSink;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;
import org.apache.parquet.format.CompressionCodec;
import org.junit.jupiter.api.Test;

final class PageCodecTest {

    private static final int MUTATIONS = 20_000;

    @Test
    void pagesOfAnySizeComeBack() throws MalformedPageException {
        Random random = new Random(1);
        for (PageCompression compression : EnumSet.complementOf(EnumSet.of(PageCompression.NONE))) {
            PageCodec reader = new PageCodec(PageCompression.NONE);
            reader.begin(compression);
            for (int byteCount : new int[] {256, 1000, 8 << 10, 200_000, 1 << 20}) {
                byte[] plain = text(random, byteCount);
                byte[] stored = compressed(compression, plain);

                assertThat(stored.length).isLessThan(plain.length);
                assertThat(decompressed(reader, stored, plain.length)).isEqualTo(plain);
            }
        }
    }

    @Test
    void oneReaderGoesFromFileToFileOfOtherCodecs() throws MalformedPageException {
        byte[] plain = text(new Random(2), 5_000);
        PageCodec reader = new PageCodec(PageCompression.NONE);
        for (PageCompression compression :
                new PageCompression[] {
                    PageCompression.ZSTD, PageCompression.LZ4, PageCompression.ZSTD
                }) {
            reader.begin(compression);

            assertThat(decompressed(reader, compressed(compression, plain), plain.length))
                    .isEqualTo(plain);
        }
    }

    /** A checksum keeps accidents away, not files that were made to harm. */
    @Test
    void hostileBytesAreRefusedOrGiveAsManyBytesAsAskedFor() {
        Random random = new Random(3);
        int refused = 0;
        for (PageCompression compression : EnumSet.complementOf(EnumSet.of(PageCompression.NONE))) {
            PageCodec reader = new PageCodec(compression);
            for (int i = 0; i < MUTATIONS; i++) {
                byte[] plain = text(random, 256 + random.nextInt(3_000));
                byte[] stored = mutated(random, compressed(compression, plain));
                int plainBytes = random.nextInt(4) == 0 ? random.nextInt(1 << 16) : plain.length;
                try {
                    byte[] back = decompressed(reader, stored, plainBytes);
                    assertThat(back).hasSize(plainBytes);
                } catch (MalformedPageException e) {
                    refused++;
                }
            }
        }

        assertThat(refused).isBetween(MUTATIONS / 2, 2 * MUTATIONS - 1);
    }

    @Test
    void moreBytesThanCanComeOutAreRefusedBeforeThereIsRoomForThem() {
        for (PageCompression compression : PageCompression.values()) {
            byte[] stored =
                    compression == PageCompression.NONE
                            ? new byte[100]
                            : compressed(compression, text(new Random(4), 1_000));
            PageCodec reader = new PageCodec(compression);

            assertThatThrownBy(() -> reader.checkLength(stored, 0, stored.length, 1 << 30))
                    .isInstanceOf(MalformedPageException.class)
                    .hasMessageContaining("compression=" + compression)
                    .hasMessageContaining("plainBytes=1073741824");
        }
    }

    @Test
    void footersCodecIsKnownOrNamed() throws MalformedPageException {
        for (PageCompression compression : PageCompression.values()) {
            assertThat(PageCompression.of(compression.format())).isEqualTo(compression);
        }
        assertThatThrownBy(() -> PageCompression.of(CompressionCodec.BROTLI))
                .isInstanceOf(MalformedPageException.class)
                .hasMessageContaining("codec=BROTLI");
    }

    private static byte[] text(Random random, int byteCount) {
        String[] words = {"the state of a key, ", "an entry behind it, "};
        StringBuilder text = new StringBuilder();
        while (text.length() < byteCount) {
            text.append(words[random.nextInt(words.length)]);
        }
        byte[] bytes = new byte[byteCount];
        for (int i = 0; i < byteCount; i++) {
            bytes[i] = (byte) text.charAt(i);
        }
        return bytes;
    }

    private static byte[] compressed(PageCompression compression, byte[] plain) {
        PageCodec writer = new PageCodec(compression, false);
        ByteSink in = new ByteSink(16);
        in.put(plain, 0, plain.length);
        ByteSink out = new ByteSink(16);
        assertThat(writer.compress(writer.newTrial(), in, out)).isTrue();
        return Arrays.copyOf(out.array(), out.length());
    }

    private static byte[] decompressed(PageCodec reader, byte[] stored, int plainBytes)
            throws MalformedPageException {
        reader.checkLength(stored, 0, stored.length, plainBytes);
        byte[] plain = new byte[plainBytes];
        reader.decompress(stored, 0, stored.length, plain, plainBytes);
        return plain;
    }

    private static byte[] mutated(Random random, byte[] stored) {
        byte[] bytes = stored.clone();
        switch (random.nextInt(3)) {
            case 0 -> {
                return Arrays.copyOf(bytes, random.nextInt(bytes.length));
            }
            case 1 -> {
                for (int i = 0; i < 1 + random.nextInt(8); i++) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
            }
            default -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return bytes;
    }
}
