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
package io.flinklsm.inspect.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sketches that somebody made up, in files whose checksums fit. */
final class HostileSketchTest {

    private static final String SKETCH = "flinklsm.sketch";

    @TempDir static Path root;

    /** A store of one large SSTable, which has a sketch, and its bytes. */
    private static Path store;

    private static Path file;
    private static byte[] good;
    private static int sketchAt;
    private static int sketchLength;

    @BeforeAll
    static void writeStore() throws Exception {
        try (var sample = new SampleCheckpoint(root.resolve("job"))) {
            sample.write(30_000, 0).take(1);
            store = root.resolve("store");
            Run copy =
                    Run.of(
                            "files",
                            "--state",
                            "tags",
                            "--copy-to",
                            store.toString(),
                            sample.last().toString());
            assertThat(copy.exitCode()).as(copy.err()).isZero();
        }
        try (Stream<Path> files = Files.list(store)) {
            for (Path one : files.sorted().toList()) {
                if (one.toString().endsWith(".parquet") && file == null) {
                    file = one;
                } else {
                    // Without a manifest only the footer's own checksum counts.
                    Files.delete(one);
                }
            }
        }
        good = Files.readAllBytes(file);
        String text = new String(good, StandardCharsets.ISO_8859_1);
        // The value stands behind the key, the type of its field and its length in seven-bit bytes.
        int at = text.lastIndexOf(SKETCH) + SKETCH.length() + 1;
        sketchLength = good[at] & 0x7F | (good[at + 1] & 0x7F) << 7;
        sketchAt = at + 2;
        assertThat(sketchLength).isBetween(1024, 8192);
    }

    /** Puts a text into the place of the sketch, and the checksum that it asks for. */
    private static void write(String sketch) throws Exception {
        byte[] bytes = good.clone();
        byte[] replaced = sketch.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(replaced, 0, bytes, sketchAt, sketchLength);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int offsetAt =
                text.lastIndexOf("flinklsm.tail-offset") + "flinklsm.tail-offset".length() + 2;
        long tailOffset = HexFormat.fromHexDigitsToLong(text, offsetAt, offsetAt + 16);
        int checksumAt =
                text.lastIndexOf("flinklsm.tail-crc32c") + "flinklsm.tail-crc32c".length() + 2;
        for (int i = 0; i < 8; i++) {
            bytes[checksumAt + i] = '0';
        }
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, (int) tailOffset, bytes.length - (int) tailOffset);
        byte[] digits =
                String.format("%08x", checksum.getValue()).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(digits, 0, bytes, checksumAt, digits.length);
        Files.write(file, bytes);
    }

    private static String goodSketch() {
        return new String(good, sketchAt, sketchLength, StandardCharsets.ISO_8859_1);
    }

    @Test
    void theSketchItselfPasses() throws Exception {
        write(goodSketch());

        assertThat(Run.of("top", store.toString()).err())
                .contains("from the sketches of 1 SSTables");
        assertThat(Run.of("verify", store.toString()).exitCode()).isZero();
    }

    @Test
    void oneThatIsNoneIsDamageThatNamesItsFile() throws Exception {
        write("A".repeat(sketchLength));

        for (String[] command :
                new String[][] {
                    {"top", store.toString()},
                    {"health", store.toString()},
                    {"sql", store.toString(), "from lsm_top_keys"},
                    {"report", "-o", root.resolve("none.html").toString(), store.toString()},
                }) {
            Run run = Run.of(command);

            assertThat(run.exitCode()).as(run.err()).isEqualTo(4);
            assertThat(run.err())
                    .contains(file.toString(), "a sketch is malformed: what=version, found=0")
                    .doesNotContain("bug of flink-lsm", "\tat ");
            assertThat(run.out()).isEmpty();
        }
        assertThat(root.resolve("none.html")).doesNotExist();
        // Reading the states does not ask it.
        assertThat(Run.of("top", "--exact", store.toString()).exitCode()).isZero();
    }

    @Test
    void whateverItSaysNothingBreaks() throws Exception {
        Random random = new Random(5);
        byte[] sketch = Base64.getDecoder().decode(goodSketch());
        for (int i = 0; i < 300; i++) {
            byte[] changed = sketch.clone();
            for (int change = 1 + random.nextInt(4); change > 0; change--) {
                // Most of what counts stands in front.
                int at = random.nextInt(random.nextBoolean() ? 64 : changed.length);
                changed[at] = (byte) (random.nextBoolean() ? 0xFF : random.nextInt());
            }
            write(Base64.getEncoder().withoutPadding().encodeToString(changed));
            for (List<String> command :
                    List.of(
                            List.of("top", "-n", "1000", store.toString()),
                            List.of("top", "--of", "key-groups", store.toString()),
                            List.of("health", "--min-bytes", "1", store.toString()))) {
                Run run = Run.of(command.toArray(String[]::new));

                assertThat(run.exitCode()).as("%d: %s", i, run.err()).isIn(0, 1, 4);
                assertThat(run.err()).doesNotContain("bug of flink-lsm");
            }
        }
    }
}
