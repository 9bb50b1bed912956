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

import io.flinklsm.inspect.testing.Child;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is printed and exported arrives, or the program says that it did not. */
final class LostOutputTest {

    private static final String NO_SPACE = "No space left on device";

    @TempDir static Path root;
    @TempDir Path work;

    private static String checkpoint;

    @BeforeAll
    static void takeCheckpoint() throws Exception {
        try (var sample = new SampleCheckpoint(root)) {
            checkpoint = sample.write(10_000, 0).take(1).toString();
        }
    }

    static Stream<List<String>> commands() {
        String job = Path.of(checkpoint).getParent().toString();
        return Stream.of(
                List.of("ls", job),
                List.of("ls", "--json", job),
                List.of("show", checkpoint),
                List.of("show", "--json", checkpoint),
                List.of("files", checkpoint),
                List.of("verify", checkpoint),
                List.of("verify", "--json", checkpoint),
                List.of("get", "--state", "count", "--key", "k7", checkpoint),
                List.of("scan", "--state", "count", checkpoint),
                List.of("scan", "--state", "count", "-n", "0", checkpoint),
                List.of("scan", "--state", "count", "-n", "0", "--json", checkpoint),
                List.of("scan", "--state", "count", "--count", checkpoint),
                List.of("sql", checkpoint, "select * from count"),
                List.of("sql", checkpoint, "select * from count", "--csv"),
                List.of("sql", checkpoint, "select * from count", "--json"),
                List.of("export", checkpoint, "count", "--format", "csv"),
                List.of("export", checkpoint, "count", "--format", "json"),
                List.of("ls", "--help"),
                List.of("--version"),
                // Tests below choose by number: what is new comes last.
                List.of("top", checkpoint),
                List.of("top", "--json", checkpoint),
                List.of("health", "--quick", checkpoint),
                List.of("diff", checkpoint, checkpoint),
                List.of("man", "top"),
                List.of("completion", "bash"));
    }

    /** Takes so many bytes, and no more. */
    private static final class FullDevice extends OutputStream {
        private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
        private final int capacity;

        FullDevice(int capacity) {
            this.capacity = capacity;
        }

        @Override
        public void write(int b) throws IOException {
            if (taken.size() == capacity) {
                throw new IOException(NO_SPACE);
            }
            taken.write(b);
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aDeviceThatIsFullIsAnError(List<String> command) {
        for (int capacity : new int[] {0, 5}) {
            Run run = Run.to(new FullDevice(capacity), command.toArray(String[]::new));

            assertThat(run.exitCode()).as(run.err()).isEqualTo(3);
            assertThat(run.err()).containsOnlyOnce("[stdout] cannot be written: " + NO_SPACE);
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aDeviceThatOnlySaysSoWhenItIsClosedIsAnError(List<String> command) {
        var device =
                new ByteArrayOutputStream() {
                    @Override
                    public void close() throws IOException {
                        throw new IOException("Disk quota exceeded");
                    }
                };

        Run run = Run.to(device, command.toArray(String[]::new));

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("[stdout] cannot be written: Disk quota exceeded");
        assertThat(device.size()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 8, 11, 15})
    void aProcessWithAFullDeviceEndsWith3(int number) throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/full")), "a device of Linux");
        List<String> command = commands().toList().get(number);

        Child child = Child.of(work, "\"$@\" >/dev/full", command);

        assertThat(child.exitCode()).as(child.err()).isEqualTo(3);
        assertThat(child.err()).containsOnlyOnce("[stdout] cannot be written: " + NO_SPACE);
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 10, 13, 15})
    void aReaderThatHasGoneIsNoError(int number) throws Exception {
        List<String> command = commands().toList().get(number);

        Child child =
                Child.of(work, "\"$@\" | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}", command);

        assertThat(child.err()).isEmpty();
        assertThat(child.exitCode()).isZero();
    }

    @Test
    void aProcessWithoutStdoutEndsWith3() throws Exception {
        Child child = Child.of(work, "\"$@\" >&-", List.of("show", checkpoint));

        assertThat(child.exitCode()).as(child.err()).isEqualTo(3);
        assertThat(child.err()).contains("[stdout] cannot be written");
    }

    @ParameterizedTest
    @ValueSource(strings = {"parquet", "csv", "json"})
    void anExportToADiskThatIsFullLeavesNothing(String format) throws Exception {
        String mount = "unshare -rm bash -c 'mount -t tmpfs -o size=16k tmpfs \"$0\"";
        Path disk = Files.createDirectory(work.resolve("disk"));
        assumeTrue(Child.canRun(mount.replace("$0", disk.toString()) + "'"), "no mount here");
        List<String> command = new ArrayList<>(List.of("export", checkpoint, "visits"));
        command.addAll(List.of("--format", format, "-o", disk + "/visits." + format));

        Child child =
                Child.of(
                        work,
                        mount
                                + "; \"$@\"; code=$?; ls -A \"$0\"; exit $code' '"
                                + disk
                                + "' \"$@\"",
                        command);

        assertThat(child.exitCode()).as(child.err()).isEqualTo(3);
        assertThat(child.err())
                .contains("[" + disk + "/visits." + format + "] cannot be written: ", NO_SPACE)
                .doesNotContain(".part");
        assertThat(child.out()).isEmpty();
    }

    @Test
    void anExportGoesToFilesAndToNothingElse() throws Exception {
        Path pipe = work.resolve("pipe");
        assumeTrue(Child.canRun("mkfifo " + pipe), "no pipes here");

        for (String force : List.of("--quiet", "--force")) {
            for (String target : List.of("/dev/full", pipe.toString())) {
                Run run =
                        Run.of(
                                "export",
                                checkpoint,
                                "count",
                                "--format",
                                "csv",
                                "-o",
                                target,
                                force);

                assertThat(run.exitCode()).isEqualTo(2);
                assertThat(run.err()).contains("[" + target + "] is no regular file", "-o -");
            }
        }
        assertThat(Files.exists(Path.of("/dev/full"))).isTrue();
    }

    @Test
    void aHyphenMeansStdout() throws Exception {
        Child child =
                Child.of(
                        work,
                        "\"$@\"",
                        List.of("export", checkpoint, "count", "--format", "csv", "-o", "-"));

        assertThat(child.err()).isEmpty();
        assertThat(child.out().lines()).hasSize(10_001);
        try (Stream<Path> left = Files.list(work)) {
            assertThat(left).isEmpty();
        }
        assertThat(
                        Run.of("export", checkpoint, "count", "--format", "parquet", "-o", "-")
                                .exitCode())
                .isEqualTo(2);
    }
}
