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
package io.flinklsm.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.Checksum;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.checkpoint.CheckpointPins;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.sstable.SstableIdentity;
import io.flinklsm.core.sstable.SstableMeta;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestCodecTest {

    @Test
    void whatIsWrittenIsRead() throws Exception {
        CheckpointImage image =
                image(
                        meta("counts-1.parquet", null),
                        meta("counts-2.parquet", new KeyRange(OwnedSlice.ofText("b"), null)),
                        meta(
                                "counts-3.parquet",
                                new KeyRange(OwnedSlice.EMPTY, OwnedSlice.ofText("k"))));

        assertThat(ManifestCodec.decode(ManifestCodec.encode(image), "m")).isEqualTo(image);
    }

    @Test
    void everyFlippedBitIsFound() {
        byte[] manifest = ManifestCodec.encode(image(meta("counts-1.parquet", null)));

        for (int bit = 0; bit < manifest.length * 8; bit++) {
            byte[] damaged = manifest.clone();
            damaged[bit / 8] ^= (byte) (1 << (bit % 8));
            assertThatThrownBy(() -> ManifestCodec.decode(damaged, "chk-7/manifest"))
                    .as("bit %d", bit)
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining("[chk-7/manifest]");
        }
    }

    @Test
    void everyTruncationIsFound() {
        byte[] manifest = ManifestCodec.encode(image(meta("counts-1.parquet", null)));

        for (int length = 0; length < manifest.length; length++) {
            byte[] cut = Arrays.copyOf(manifest, length);
            assertThatThrownBy(() -> ManifestCodec.decode(cut, "m"))
                    .as("length %d", length)
                    .isInstanceOf(CorruptionException.class);
        }
    }

    @Test
    void theOperatorChangesNothingButItself() throws Exception {
        CheckpointImage image = image(meta("counts-1.parquet", null));
        byte[] manifest = ManifestCodec.encode(image, "0a1b");

        assertThat(ManifestCodec.decode(manifest, "m")).isEqualTo(image);
        assertThat(new String(manifest, 40, 4, StandardCharsets.US_ASCII)).isEqualTo("0a1b");
    }

    /** As the first builds wrote it. */
    @Test
    void formatOneHasNoOperator() throws Exception {
        CheckpointImage image = image(meta("counts-1.parquet", null));
        ByteBuffer newest = ByteBuffer.wrap(ManifestCodec.encode(image));
        byte[] first = new byte[newest.capacity() - 4];
        newest.get(0, first, 0, 36).get(40, first, 36, first.length - 36);
        ByteBuffer.wrap(first).putInt(8, 1).putInt(12, first.length - 20);
        rewriteChecksum(first);

        assertThat(ManifestCodec.decode(first, "m")).isEqualTo(image);
    }

    @Test
    void aNewerFormatIsRefusedByName() {
        byte[] manifest = ManifestCodec.encode(image(meta("counts-1.parquet", null)));
        ByteBuffer.wrap(manifest).putInt(8, 3);
        rewriteChecksum(manifest);

        assertThatThrownBy(() -> ManifestCodec.decode(manifest, "m"))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("format=3")
                .hasMessageContaining("newer");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../x.parquet",
                "/etc/passwd",
                "a/b",
                "s3://bucket/x",
                "a\\b",
                "",
                "..",
                "a\nb"
            })
    void aFileOutsideOfTheDirectoryIsRefused(String fileName) {
        byte[] manifest = ManifestCodec.encode(image(meta(fileName, null)));

        assertThatThrownBy(() -> ManifestCodec.decode(manifest, "m"))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("outside of its own directory");
    }

    @Test
    void anImpossibleLengthAllocatesNothing() {
        byte[] manifest = ManifestCodec.encode(image(meta("counts-1.parquet", null)));
        // The count of trees stands behind the header, the checkpoint id and the time.
        ByteBuffer.wrap(manifest).putInt(20 + 16, Integer.MAX_VALUE);
        rewriteChecksum(manifest);

        assertThatThrownBy(() -> ManifestCodec.decode(manifest, "m"))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("a length is impossible");
    }

    @Test
    void bytesOfSomebodyWhoKnowsTheChecksumAreReadOrRefused() throws Exception {
        byte[] manifest =
                ManifestCodec.encode(
                        image(
                                meta("counts-1.parquet", null),
                                meta("counts-2.parquet", new KeyRange(OwnedSlice.EMPTY, null))));
        int refused = 0;
        for (long seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            byte[] forged = manifest.clone();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                forged[20 + random.nextInt(forged.length - 20)] = (byte) random.nextInt();
            }
            rewriteChecksum(forged);
            CheckpointImage image;
            try {
                image = ManifestCodec.decode(forged, "m");
            } catch (CorruptionException e) {
                refused++;
                continue;
            }
            // What was read must not surprise what comes behind.
            for (SstableMeta meta : CheckpointPins.filesOf(image)) {
                assertThat(meta.visibleRange().start())
                        .as("seed %s", seed)
                        .isGreaterThanOrEqualTo(meta.minKey());
                assertThat(meta.generation() + 1).as("seed %s", seed).isPositive();
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }

    @Test
    void aTreeThatIsListedTwiceIsRefused() {
        TreeImage tree = new TreeImage("counts", List.of());
        byte[] manifest = ManifestCodec.encode(new CheckpointImage(1, 2, List.of(tree, tree)));

        assertThatThrownBy(() -> ManifestCodec.decode(manifest, "m"))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("listed twice: name=counts");
    }

    private static void rewriteChecksum(byte[] manifest) {
        byte[] covered = new byte[manifest.length - 12];
        System.arraycopy(manifest, 8, covered, 0, 8);
        System.arraycopy(manifest, 20, covered, 8, manifest.length - 20);
        ByteBuffer.wrap(manifest).putInt(16, Checksum.crc32c(covered, 0, covered.length));
    }

    private static CheckpointImage image(SstableMeta... metas) {
        return new CheckpointImage(
                7,
                1_700_000_000_000L,
                List.of(
                        new TreeImage("counts", List.of(metas)),
                        new TreeImage("empty", List.of())));
    }

    private static SstableMeta meta(String fileName, @Nullable KeyRange clip) {
        return new SstableMeta(
                new SstableIdentity(fileName, "counts", 42, 5, 6),
                new SstableMeta.Extent(1000, 900, 0xCAFE),
                new SstableMeta.Content(10, 2, 1, OwnedSlice.ofText("a"), OwnedSlice.ofText("m")),
                1,
                clip);
    }
}
