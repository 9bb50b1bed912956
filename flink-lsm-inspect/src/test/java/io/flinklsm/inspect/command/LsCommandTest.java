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
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What ls says of what it cannot list. */
final class LsCommandTest {

    @TempDir Path root;

    @Test
    void aMissingPathAndAFileAreNoDirectories() throws IOException {
        Path file = Files.createFile(root.resolve("file"));

        for (Path path : new Path[] {root.resolve("nowhere"), file}) {
            Run run = Run.of("ls", path.toString());

            assertThat(run.exitCode()).isEqualTo(3);
            assertThat(run.err()).contains("[" + path + "] there is no such directory");
            assertThat(run.out()).isEmpty();
        }
    }

    @Test
    void aDirectoryWithoutCheckpointsSaysWhatItLookedFor() {
        Run run = Run.of("ls", root.toString());

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("has no checkpoint in it", "_metadata");
    }

    @Test
    void aForbiddenDirectoryIsToldAsForbidden() throws IOException {
        assumeTrue(!System.getProperty("user.name").equals("root"), "root may read everything");
        Path forbidden = Files.createDirectory(root.resolve("forbidden"));
        Files.setPosixFilePermissions(forbidden, PosixFilePermissions.fromString("---------"));
        try {
            Run run = Run.of("ls", forbidden.toString());

            assertThat(run.exitCode()).isEqualTo(3);
            assertThat(run.err()).contains("permission denied");
        } finally {
            Files.setPosixFilePermissions(forbidden, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void newAndSizeCountTheSame() throws Exception {
        long first;
        try (var sample = new SampleCheckpoint(root)) {
            first =
                    Files.walk(sample.write(200, 0).take(1))
                            .filter(Files::isRegularFile)
                            .filter(file -> !file.endsWith("_metadata"))
                            .mapToLong(file -> file.toFile().length())
                            .sum();
            sample.write(200, 1).take(2);
        }

        String ls = Run.of("ls", "--json", root.toString()).out();
        String show = Run.of("show", "--json", root.resolve("checkpoints/chk-1").toString()).out();

        // A first checkpoint shares nothing: all that it holds is new.
        for (String json : List.of(ls, show)) {
            assertThat(numbers(json, "bytes").get(0)).isEqualTo(first);
            assertThat(numbers(json, "new_bytes").get(0)).isEqualTo(first);
        }
        List<Long> sizes = numbers(ls, "bytes");
        List<Long> written = numbers(ls, "new_bytes");
        assertThat(sizes).hasSize(2);
        assertThat(written.get(1)).isPositive().isLessThanOrEqualTo(sizes.get(1));
    }

    private static List<Long> numbers(String json, String field) {
        return Pattern.compile("\"" + field + "\" : ([0-9]+)")
                .matcher(json)
                .results()
                .map(match -> Long.valueOf(match.group(1)))
                .toList();
    }

    @Test
    void damagedAndForeignCheckpointsAreSkippedAndTold() throws Exception {
        Path damaged;
        Path future;
        try (var sample = new SampleCheckpoint(root.resolve("a"))) {
            sample.write(3, 0).take(1);
            damaged = sample.take(2);
            future = sample.take(3);
        }
        try (var sample =
                new SampleCheckpoint(root.resolve("b"), new EmbeddedRocksDBStateBackend(true))) {
            sample.write(3, 0).take(1);
        }
        DamagedSourcesTest.flip(DamagedSourcesTest.manifests(damaged).get(0), 30);
        // Flink's version of the metadata.
        DamagedSourcesTest.flip(future.resolve("_metadata"), 7);

        Run below = Run.of("ls", root.resolve("a/checkpoints").toString());
        Run foreign = Run.of("ls", root.resolve("b/checkpoints").toString());
        Run json = Run.of("ls", "--json", root.resolve("a").toString());

        assertThat(below.exitCode()).isZero();
        assertThat(below.out().lines()).hasSize(2);
        assertThat(below.err())
                .contains("skipped [", "fails its checksum", "cannot be parsed as the metadata");
        assertThat(foreign.err()).contains("is not an LSM checkpoint");
        assertThat(json.out()).contains("\"name\" : \"checkpoints/chk-1\"", "\"reason\" : ");
        assertThat(json.exitCode()).isZero();
    }
}
