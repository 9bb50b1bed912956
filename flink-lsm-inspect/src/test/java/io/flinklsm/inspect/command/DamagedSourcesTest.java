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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every command on sources that are missing, forbidden, foreign, damaged or from the future. */
final class DamagedSourcesTest {

    private static final byte[] MANIFEST_MAGIC = "FLSMMANI".getBytes(StandardCharsets.US_ASCII);

    @TempDir Path root;

    private Path checkpoint;
    private int targets;

    /** Stands for the location where it does not come last. */
    private static final String LOCATION = "LOCATION";

    /** Stands for a directory that is not there. */
    private static final String INTO = "INTO";

    /** What stands before the location, or the whole with the location's place in it. */
    static Stream<Arguments> commands() {
        return Stream.of(
                Arguments.of((Object) new String[] {"show"}),
                Arguments.of((Object) new String[] {"files"}),
                Arguments.of((Object) new String[] {"verify"}),
                Arguments.of((Object) new String[] {"get", "--state", "count", "--key-hex", "00"}),
                Arguments.of((Object) new String[] {"scan", "--state", "count"}),
                Arguments.of((Object) new String[] {"top"}),
                Arguments.of((Object) new String[] {"top", "--exact"}),
                Arguments.of((Object) new String[] {"health", "--quick"}),
                Arguments.of((Object) new String[] {"diff", LOCATION, LOCATION}),
                Arguments.of(
                        (Object)
                                new String[] {"report", "--force", "-o", "target/of-damaged.html"}),
                Arguments.of((Object) new String[] {"sql", LOCATION, "from lsm_top_keys"}),
                Arguments.of((Object) new String[] {"sql", LOCATION, "select count(*) from count"}),
                Arguments.of(
                        (Object) new String[] {"export", LOCATION, "count", "--format", "csv"}),
                Arguments.of((Object) new String[] {"compact", "--into", INTO}));
    }

    @BeforeEach
    void takeCheckpoint() throws Exception {
        try (var sample = new SampleCheckpoint(root.resolve("job"))) {
            checkpoint = sample.write(10, 0).take(1);
        }
    }

    private Run run(String[] command, Object location) {
        List<String> arguments = new ArrayList<>(Arrays.asList(command));
        arguments.replaceAll(
                argument ->
                        argument.equals(INTO)
                                ? root.resolve("into-" + targets++).toString()
                                : argument);
        if (arguments.contains(LOCATION)) {
            arguments.replaceAll(word -> word.equals(LOCATION) ? location.toString() : word);
        } else {
            arguments.add(location.toString());
        }
        return Run.of(arguments.toArray(new String[0]));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aMissingPathIsToldByName(String[] command) {
        Run run = run(command, root.resolve("nowhere"));

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("[" + root + "/nowhere] there is no such file or directory");
        assertThat(run.out()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aDirectoryOfSomethingElseIsToldByWhatIsNotInIt(String[] command) throws IOException {
        Path empty = Files.createDirectory(root.resolve("empty"));

        Run run = run(command, empty);

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err())
                .contains("is neither a checkpoint nor a store", "_metadata", "flink-lsm ls");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aForbiddenDirectoryIsToldAsForbidden(String[] command) throws IOException {
        assumeTrue(!System.getProperty("user.name").equals("root"), "root may read everything");
        Files.setPosixFilePermissions(checkpoint, PosixFilePermissions.fromString("---------"));
        try {
            Run run = run(command, checkpoint);

            assertThat(run.exitCode()).isEqualTo(3);
            assertThat(run.err()).contains("permission denied");
        } finally {
            Files.setPosixFilePermissions(checkpoint, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aCheckpointOfAnotherBackendIsNoneOfOurs(String[] command) throws Exception {
        Path foreign;
        try (var sample =
                new SampleCheckpoint(
                        root.resolve("foreign"), new EmbeddedRocksDBStateBackend(true))) {
            foreign = sample.write(10, 0).take(1);
        }

        Run run = run(command, foreign);

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err())
                .contains(
                        "is not an LSM checkpoint",
                        "operator=remember",
                        "IncrementalRemoteKeyedStateHandle");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void damagedMetadataIsCorrupt(String[] command) throws IOException {
        Path metadata = checkpoint.resolve("_metadata");
        byte[] bytes = Files.readAllBytes(metadata);
        for (int length : new int[] {bytes.length / 2, 3, 0}) {
            Files.write(metadata, Arrays.copyOf(bytes, length));

            Run run = run(command, checkpoint);

            assertThat(run.exitCode()).isEqualTo(4);
            assertThat(run.err())
                    .contains(
                            metadata + "] cannot be parsed as the metadata", "sizeBytes=" + length)
                    .doesNotContain("null");
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aDamagedManifestIsCorruptAndNamed(String[] command) throws IOException {
        Path manifest = manifests(checkpoint).get(0);
        flip(manifest, (int) Files.size(manifest) / 2);

        Run run = run(command, checkpoint);

        String said = run.out() + run.err();
        assertThat(said).contains(manifest.toString(), "fails its checksum");
        assertThat(run.exitCode()).isEqualTo(command[0].equals("verify") ? 1 : 4);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aManifestOfAFutureFormatAsksForANewerVersion(String[] command) throws IOException {
        Path manifest = manifests(checkpoint).get(0);
        byte[] bytes = Files.readAllBytes(manifest);
        bytes[11] = 99;
        byte[] covered = new byte[bytes.length - 12];
        System.arraycopy(bytes, 8, covered, 0, 8);
        System.arraycopy(bytes, 20, covered, 8, bytes.length - 20);
        var crc = new java.util.zip.CRC32C();
        crc.update(covered);
        java.nio.ByteBuffer.wrap(bytes).putInt(16, (int) crc.getValue());
        Files.write(manifest, bytes);

        Run run = run(command, checkpoint);

        String said = run.out() + run.err();
        assertThat(said).contains("unknown format: format=99", "newer");
        assertThat(run.exitCode()).isEqualTo(command[0].equals("verify") ? 1 : 3);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aCheckpointThatWasMovedOpensFromWhereItIs(String[] command) throws IOException {
        Path copy = Files.createDirectories(root.resolve("copy/chk-1"));
        Path shared = Files.createDirectories(root.resolve("copy/shared"));
        try (Stream<Path> files = Files.list(checkpoint)) {
            for (Path file : files.toList()) {
                byte[] bytes = Files.readAllBytes(file);
                boolean isSstable = new String(bytes, StandardCharsets.ISO_8859_1).endsWith("PAR1");
                Files.move(file, (isSstable ? shared : copy).resolve(file.getFileName()));
            }
        }

        Run run = run(command, copy);

        assertThat(run.err()).doesNotContain("missing");
        assertThat(run.exitCode()).isZero();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aCheckpointThatDidNotCompleteIsToldAsOne(String[] command) throws IOException {
        Files.delete(checkpoint.resolve("_metadata"));

        Run run = run(command, checkpoint);

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("the checkpoint did not complete");
    }

    /** As a job leaves it whose TaskManagers have not written anything yet. */
    @Test
    void anEmptyDirectoryOfACheckpointIsOneThatDidNotComplete() throws IOException {
        Path empty = Files.createDirectories(root.resolve("job/chk-9"));

        Run run = Run.of("verify", empty.toString());

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("chk-9] has no _metadata: the checkpoint did not complete");
    }

    static List<Path> manifests(Path directory) throws IOException {
        List<Path> manifests = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.sorted().toList()) {
                byte[] bytes = Files.readAllBytes(file);
                if (bytes.length > 8 && Arrays.equals(Arrays.copyOf(bytes, 8), MANIFEST_MAGIC)) {
                    manifests.add(file);
                }
            }
        }
        return manifests;
    }

    static void flip(Path file, int at) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[at] ^= 0x10;
        Files.write(file, bytes);
    }
}
