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
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flinklsm.inspect.testing.Child;
import io.flinklsm.inspect.testing.HangingFileSystem;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pipes, sockets, devices and directories where files should be: nothing waits, nothing hangs. */
final class NotRegularFilesTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir Path root;

    private Path checkpoint;

    /** What may stand in the place of a file. */
    enum Kind {
        PIPE("is a pipe, a socket or a device"),
        LINK_TO_A_PIPE("is a pipe, a socket or a device"),
        SOCKET("is a pipe, a socket or a device"),
        ENDLESS_DEVICE("is a pipe, a socket or a device"),
        DIRECTORY("is a directory");

        private final String said;

        Kind(String said) {
            this.said = said;
        }

        void put(Path file) throws IOException, InterruptedException {
            Files.delete(file);
            switch (this) {
                case PIPE -> mkfifo(file);
                case LINK_TO_A_PIPE -> {
                    Path pipe = file.resolveSibling("pipe");
                    mkfifo(pipe);
                    Files.createSymbolicLink(file, pipe);
                }
                case SOCKET -> {
                    // The name of a socket must be short.
                    Path socket = Files.createTempDirectory("s").resolve("s");
                    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                        server.bind(UnixDomainSocketAddress.of(socket));
                    }
                    Files.move(socket, file);
                    Files.delete(socket.getParent());
                }
                case ENDLESS_DEVICE -> Files.createSymbolicLink(file, Path.of("/dev/zero"));
                case DIRECTORY -> Files.createDirectory(file);
            }
        }

        private static void mkfifo(Path pipe) throws IOException, InterruptedException {
            assumeTrue(Child.canRun("mkfifo '" + pipe + "'"), "no pipes here");
        }
    }

    @BeforeEach
    void takeCheckpoint() throws Exception {
        try (var sample = new SampleCheckpoint(root)) {
            checkpoint = sample.write(10, 0).take(1);
            sample.take(2);
        }
    }

    private static Run run(String... arguments) {
        return assertTimeoutPreemptively(LIMIT, () -> Run.of(arguments));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void asMetadata(Kind kind) throws Exception {
        Path metadata = checkpoint.resolve("_metadata");
        kind.put(metadata);

        for (String command : List.of("show", "files", "verify", "scan", "top", "health")) {
            Run run = run(command, checkpoint.toString());

            assertThat(run.exitCode()).as(run.err()).isEqualTo(3);
            assertThat(run.err()).contains("[" + metadata + "] " + kind.said);
        }
        Run ls = run("ls", checkpoint.getParent().toString());
        assertThat(ls.exitCode()).isZero();
        assertThat(ls.out()).contains("chk-2");
        assertThat(ls.err()).contains("skipped [" + metadata + "] " + kind.said);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void asManifest(Kind kind) throws Exception {
        Path manifest = DamagedSourcesTest.manifests(checkpoint).get(0);
        kind.put(manifest);

        Run show = run("show", checkpoint.toString());
        Run verify = run("verify", checkpoint.toString());

        assertThat(show.exitCode()).isEqualTo(3);
        assertThat(show.err()).contains("[" + manifest + "] " + kind.said);
        assertThat(verify.exitCode()).isEqualTo(1);
        assertThat(verify.out()).contains("unreadable  [" + manifest + "] " + kind.said);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void asSstable(Kind kind) throws Exception {
        Path sstable = filesThatEndWith(checkpoint, "PAR1").get(0);
        kind.put(sstable);

        Run verify = run("verify", checkpoint.toString());
        Run sql = run("sql", checkpoint.toString(), "select * from lsm_keygroups");

        assertThat(verify.exitCode()).isEqualTo(1);
        assertThat(verify.out()).contains("unreadable  [" + sstable + "] " + kind.said);
        assertThat(sql.exitCode()).isEqualTo(3);
        assertThat(sql.err()).contains("[" + sstable + "] " + kind.said);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void asMetaFile(Kind kind) throws Exception {
        Path meta = filesThatEndWith(checkpoint, "LSMFMETA").get(0);
        kind.put(meta);

        Run verify = run("verify", checkpoint.toString());

        assertThat(verify.exitCode()).isEqualTo(1);
        assertThat(verify.out()).contains("unreadable  [" + meta + "] " + kind.said);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void inTheDirectoryOfAStore(Kind kind) throws Exception {
        Path store = Files.createDirectory(root.resolve("store"));
        Path manifest = Files.createFile(store.resolve("MANIFEST"));
        kind.put(manifest);

        Run show = run("show", store.toString());

        assertThat(show.exitCode()).isEqualTo(3);
        assertThat(show.err())
                .contains(
                        kind == Kind.DIRECTORY
                                ? "is neither a checkpoint nor a store"
                                : "[" + manifest + "] " + kind.said);
    }

    @Test
    void whatStandsBesideTheCheckpointsDoesNotHideThem() throws Exception {
        Path job = checkpoint.getParent();
        Files.createSymbolicLink(job.resolve("dangling"), root.resolve("nowhere"));
        Files.createSymbolicLink(job.resolve("loop"), job.resolve("loop"));
        Files.createSymbolicLink(job.resolve("up"), job);
        Files.createFile(job.resolve("a:b"));
        Files.createDirectory(job.resolve("c:d"));
        Kind.PIPE.put(Files.createFile(job.resolve("pipe")));

        Run ls = run("ls", job.toString());

        assertThat(ls.exitCode()).as(ls.err()).isZero();
        assertThat(ls.out()).contains("chk-1 ", "chk-2 ");
    }

    @Test
    void aFileSystemThatDoesNotAnswerIsNotWaitedForForEver() {
        try (var hanging = HangingFileSystem.start()) {
            Run status = run("show", "--timeout", "1", "hangs://host/chk-1");
            Run list = run("ls", "--timeout", "1", "hangs://host/directory");
            Run read = run("show", "--timeout", "1", "hangs://host/answers" + checkpoint);

            for (Run run : List.of(status, list, read)) {
                assertThat(run.exitCode()).isEqualTo(3);
                assertThat(run.err())
                        .contains("[hangs://host/", "no answer", "waitedSeconds=1", "--timeout");
            }
        }
        assertThat(Run.of("ls", "--timeout", "0", root.toString()).exitCode()).isEqualTo(2);
    }

    @Test
    void aFileThatDoesNotOpenIsNotMissing() throws IOException {
        Path refused = Files.createDirectory(root.resolve(HangingFileSystem.REFUSED));
        Files.copy(checkpoint.resolve("_metadata"), refused.resolve("_metadata"));

        Run run = Run.of("show", "hangs://host/answers" + refused);

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err())
                .contains("cannot be opened: ", "Too many open files", "ulimit -n")
                .doesNotContain("missing");
    }

    static List<Path> filesThatEndWith(Path directory, String end) throws IOException {
        byte[] wanted = end.getBytes(StandardCharsets.US_ASCII);
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().filter(file -> endsWith(file, wanted)).toList();
        }
    }

    private static boolean endsWith(Path file, byte[] end) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            return bytes.length > end.length
                    && Arrays.equals(
                            Arrays.copyOfRange(bytes, bytes.length - end.length, bytes.length),
                            end);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
