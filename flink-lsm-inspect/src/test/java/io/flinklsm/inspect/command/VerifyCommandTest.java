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
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class VerifyCommandTest {

    @TempDir Path root;

    private Path checkpoint;

    @BeforeEach
    void takeCheckpoint() throws Exception {
        try (var sample = SampleCheckpoint.ofTwoRounds(root)) {
            checkpoint = sample.last();
        }
    }

    @Test
    void aSoundCheckpointIsOk() {
        Run run = Run.of("verify", checkpoint.toString());

        assertThat(run.golden(root)).isEqualTo("12 SSTables, 75 entries, SIZE: ok\n");
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void jsonSaysTheSame() {
        Run run = Run.of("verify", "--json", checkpoint.toString());

        assertThat(run.golden(root))
                .isEqualTo(
                        """
                        {
                          "schema" : "flink-lsm/verify/1",
                          "location" : "ROOT/checkpoints/chk-2",
                          "ok" : true,
                          "quick" : false,
                          "sstables" : 12,
                          "entries" : 75,
                          "bytes" : SIZE,
                          "findings" : [ ]
                        }
                        """);
    }

    @Test
    void everyFlippedByteOfAnSstableIsFoundAndTheOthersAreStillChecked() throws IOException {
        Path victim = sstables().get(0);
        byte[] sound = Files.readAllBytes(victim);
        for (int at = 0; at < sound.length; at += 7) {
            byte[] damaged = sound.clone();
            damaged[at] ^= 1;
            Files.write(victim, damaged);

            Run run = Run.of("verify", checkpoint.toString());

            assertThat(run.exitCode()).as("at " + at + ": " + run.out()).isEqualTo(1);
            assertThat(run.out())
                    .as("at " + at)
                    .startsWith("damaged  [")
                    .contains(victim.toString())
                    .endsWith(": 1 finding\n");
            assertThat(run.out().lines().count()).as("at " + at).isEqualTo(2);
        }
    }

    @Test
    void sizesThatAPageDeclaresBeyondWhatItHoldsAreFound() throws IOException {
        Path victim = sstables().get(0);
        byte[] sound = Files.readAllBytes(victim);
        // Behind the magic the header of the first page begins: sizes, rows, nulls as varints.
        for (int at = 4; at < 40; at++) {
            for (int value : new int[] {0x7F, 0xFE, 0xFF}) {
                byte[] forged = sound.clone();
                forged[at] = (byte) value;
                Files.write(victim, forged);

                Run run = Run.of("verify", checkpoint.toString());

                assertThat(run.exitCode())
                        .as("at " + at)
                        .isEqualTo(sound[at] == (byte) value ? 0 : 1);
                assertThat(run.out()).doesNotContain("memory", "Exception");
            }
        }
    }

    @Test
    void allMissingFilesAreListed() throws IOException {
        List<Path> victims = sstables().subList(0, 2);
        for (Path victim : victims) {
            Files.delete(victim);
        }

        Run run = Run.of("verify", checkpoint.toString());

        assertThat(run.exitCode()).isEqualTo(1);
        for (Path victim : victims) {
            assertThat(run.out()).contains("missing  [" + victim + "] the file is missing");
        }
        assertThat(run.out().lines().count()).isEqualTo(3);
    }

    @Test
    void aDamagedMetaFileIsFoundWithoutParsingIt() throws IOException {
        for (Path meta : filesThatEndWith("LSMFMETA")) {
            DamagedSourcesTest.flip(meta, 20);

            Run run = Run.of("verify", checkpoint.toString());

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out()).contains("damaged  [" + meta, "the checksum is wrong");
            DamagedSourcesTest.flip(meta, 20);
        }
    }

    @Test
    void quickReadsTheEndsOfFilesAlone() throws IOException {
        Path victim = sstables().get(0);
        DamagedSourcesTest.flip(victim, 30);

        assertThat(Run.of("verify", "--quick", checkpoint.toString()).exitCode()).isZero();
        assertThat(Run.of("verify", checkpoint.toString()).exitCode()).isEqualTo(1);
    }

    private List<Path> sstables() throws IOException {
        return filesThatEndWith("PAR1");
    }

    private List<Path> filesThatEndWith(String end) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(checkpoint)) {
            for (Path file : files.sorted().toList()) {
                String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                if (bytes.endsWith(end)) {
                    found.add(file);
                }
            }
        }
        assertThat(found).isNotEmpty();
        return found;
    }
}
