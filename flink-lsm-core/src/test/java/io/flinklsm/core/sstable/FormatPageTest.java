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

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.ManifestCodec;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The dumps in {@code docs/format.md} are what the code writes. */
final class FormatPageTest {

    private static final Path PAGE = Path.of("../docs/format.md");
    private static final String FILE = "counts.parquet";
    private static final int BYTES_PER_LINE = 16;

    @Test
    void theDumpOfAnSstableIsAFileThatTheWriterWrites() throws IOException {
        try (SstableFixture fixture = new SstableFixture()) {
            write(fixture);

            assertThat(pageAfter("SSTable, byte by byte"))
                    .as("the block behind this caption must be what stands after 'expected'")
                    .isEqualTo(dump(bytes(fixture)));
        }
    }

    @Test
    void theDumpOfAManifestIsTheImageOfThatFile() throws IOException {
        try (SstableFixture fixture = new SstableFixture()) {
            SstableMeta meta = write(fixture);
            byte[] manifest =
                    ManifestCodec.encode(
                            new CheckpointImage(
                                    5,
                                    1_795_379_880_500L,
                                    List.of(new TreeImage("counts", List.of(meta)))));

            assertThat(pageAfter("manifest, byte by byte"))
                    .as("the block behind this caption must be what stands after 'expected'")
                    .isEqualTo(dump(manifest));
        }
    }

    private static SstableMeta write(SstableFixture fixture) throws IOException {
        return fixture.write(
                FILE,
                new SstableOptions(1 << 10, 100, 1 << 20, 10.6, SstableCodec.UNCOMPRESSED, 1),
                List.of(
                        SstableFixture.put("\u0007a", "one"),
                        SstableFixture.delete("\u0007b"),
                        SstableFixture.put("*c", "three")));
    }

    private static byte[] bytes(SstableFixture fixture) throws IOException {
        try (StorageInput in = fixture.memory.open(FILE)) {
            byte[] bytes = new byte[(int) in.size()];
            in.readFully(0, bytes, 0, bytes.length);
            return bytes;
        }
    }

    /** The lines of the first code block behind a caption. */
    private static String pageAfter(String caption) throws IOException {
        List<String> lines = Files.readAllLines(PAGE);
        int from = 0;
        while (from < lines.size() && !lines.get(from).contains(caption)) {
            from++;
        }
        while (from < lines.size() && !lines.get(from).startsWith("```")) {
            from++;
        }
        int to = from + 1;
        while (to < lines.size() && !lines.get(to).startsWith("```")) {
            to++;
        }
        return from >= lines.size() ? "" : String.join("\n", lines.subList(from + 1, to));
    }

    /** As {@code xxd -g 1} prints it. */
    private static String dump(byte[] bytes) {
        StringBuilder dump = new StringBuilder();
        for (int at = 0; at < bytes.length; at += BYTES_PER_LINE) {
            StringBuilder hex = new StringBuilder();
            StringBuilder text = new StringBuilder();
            for (int i = at; i < Math.min(bytes.length, at + BYTES_PER_LINE); i++) {
                hex.append(String.format("%02x ", bytes[i]));
                text.append(bytes[i] >= ' ' && bytes[i] <= '~' ? (char) bytes[i] : '.');
            }
            dump.append(at == 0 ? "" : "\n")
                    .append(String.format("%08x: %-" + 3 * BYTES_PER_LINE + "s %s", at, hex, text));
        }
        return dump.toString();
    }
}
