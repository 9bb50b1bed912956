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
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.runtime.checkpoint.CheckpointProperties;
import org.apache.flink.runtime.checkpoint.CheckpointRetentionPolicy;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.StateObjectCollection;
import org.apache.flink.runtime.checkpoint.channel.InputChannelInfo;
import org.apache.flink.runtime.checkpoint.channel.ResultSubpartitionInfo;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.InputChannelStateHandle;
import org.apache.flink.runtime.state.KeyGroupRangeOffsets;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.OperatorStreamStateHandle;
import org.apache.flink.runtime.state.ResultSubpartitionStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
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

        assertThat(run.golden(root))
                .isEqualTo(
                        """
                        12 SSTables, 75 entries, SIZE: ok
                        not covered: _metadata has no checksum: its structure, lengths and key groups were checked, names and ids of operators and how much is new were not
                        """);
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
                          "findings" : [ ],
                          "not_covered" : [
                            "_metadata has no checksum: its structure, lengths and key groups were checked, names and ids of operators and how much is new were not"
                          ]
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
                    .contains(": 1 finding\n");
            assertThat(run.out().lines().count()).as("at " + at).isEqualTo(3);
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
        assertThat(run.out().lines().count()).isEqualTo(4);
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
        assertThat(Run.of("verify", "--quick", checkpoint.toString()).out())
                .contains("not covered: --quick reads the ends of SSTables");
    }

    @Test
    void aStoreWithoutItsManifestIsNotSaidToBeWhole() throws IOException {
        Path store = Files.createDirectory(root.resolve("store"));
        Files.copy(sstables().get(0), store.resolve("000001.parquet"));

        Run run = Run.of("verify", store.toString());

        assertThat(run.out())
                .startsWith("1 SSTables, ")
                .endsWith(
                        "not covered: there is no manifest: SSTables that are missing were not"
                                + " noticed, nor those that do not belong here\n");
    }

    @Test
    void aFindingNamesTheFileThatWasRead() throws IOException {
        Path copy = Files.createDirectories(root.resolve("copy/chk-2"));
        for (Path file : filesThatEndWith("")) {
            Files.move(file, copy.resolve(file.getFileName()));
        }
        checkpoint = copy;
        for (Path victim :
                List.of(
                        sstables().get(0),
                        filesThatEndWith("LSMFMETA").get(0),
                        DamagedSourcesTest.manifests(copy).get(1))) {
            DamagedSourcesTest.flip(victim, 30);

            Run run = Run.of("verify", copy.toString());

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out()).contains(victim.toString()).doesNotContain("checkpoints/chk-2");
            DamagedSourcesTest.flip(victim, 30);
        }
        assertThat(Run.of("verify", copy.toString()).exitCode()).isZero();
    }

    @Test
    void bytesBehindTheMetadataAreFound() throws IOException {
        Path metadata = checkpoint.resolve("_metadata");
        for (byte[] more : new byte[][] {new byte[1], new byte[5000]}) {
            byte[] sound = Files.readAllBytes(metadata);
            Files.write(metadata, more, StandardOpenOption.APPEND);

            Run run = Run.of("verify", checkpoint.toString());

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out())
                    .contains("damaged  [" + metadata + "] has bytes behind its end: sizeBytes=");
            Files.write(metadata, sound);
        }
    }

    /** What a flip changes and {@code verify} does not see is what it says it does not cover. */
    @Test
    void everyFlippedBitOfTheMetadataIsFoundUnlessItIsNotCovered() throws IOException {
        Path metadata = checkpoint.resolve("_metadata");
        byte[] sound = Files.readAllBytes(metadata);
        String said = Run.of("verify", checkpoint.toString()).out();
        String shown = withoutNames(Run.of("show", "--json", checkpoint.toString()).out());
        assertThat(shown).contains("\"bytes\"", "\"subtasks\"", "\"entries\"");
        int properties =
                new String(sound, StandardCharsets.ISO_8859_1).indexOf("\u00ac\u00ed\u0000\u0005");
        int found = 0;
        for (int at = 0; at < properties; at++) {
            byte[] damaged = sound.clone();
            damaged[at] ^= 1;
            Files.write(metadata, damaged);

            Run run = Run.of("verify", checkpoint.toString());

            if (run.exitCode() == 0) {
                // All files and entries were looked at all the same.
                assertThat(run.out()).as("at " + at).isEqualTo(said);
                assertThat(withoutNames(Run.of("show", "--json", checkpoint.toString()).out()))
                        .as("at " + at)
                        .isEqualTo(shown);
            } else {
                found++;
            }
        }
        assertThat(found).isGreaterThan(properties / 2);
    }

    /** Without the lines of what {@code verify} does not cover. */
    private static String withoutNames(String json) {
        return json.lines()
                .filter(line -> !line.contains("\"operator"))
                .filter(line -> !line.contains("\"new_bytes"))
                .collect(Collectors.joining("\n"));
    }

    /** The state of an operator in one file: two states of two elements each. */
    private OperatorStreamStateHandle operatorState(Path file, long size, long... offsets) {
        return new OperatorStreamStateHandle(
                Map.of(
                        "offsets",
                        new OperatorStateHandle.StateMetaInfo(
                                offsets, OperatorStateHandle.Mode.SPLIT_DISTRIBUTE)),
                new FileStateHandle(new org.apache.flink.core.fs.Path(file.toUri()), size));
    }

    private Run verifyWith(OperatorStateHandle state) throws Exception {
        return verifyWith(OperatorSubtaskState.builder().setManagedOperatorState(state).build());
    }

    private Run verifyWith(OperatorSubtaskState state) throws Exception {
        var operator = new OperatorState("source", "source", SampleCheckpoint.OPERATOR, 1, 16);
        operator.putState(0, state);
        SampleCheckpoint.writeMetadata(
                root,
                new CheckpointMetadata(
                        1,
                        List.of(operator),
                        List.of(),
                        CheckpointProperties.forCheckpoint(
                                CheckpointRetentionPolicy.RETAIN_ON_CANCELLATION)));
        return Run.of("verify", root.toString());
    }

    @Test
    void allOtherStateHasTheLengthThatTheMetadataSays() throws Exception {
        Path file = Files.write(root.resolve("state"), new byte[100]);
        for (long size : new long[] {100, 99}) {
            var handle = new FileStateHandle(new org.apache.flink.core.fs.Path(file.toUri()), size);
            var input =
                    new InputChannelStateHandle(new InputChannelInfo(0, 0), handle, List.of(7L));
            var output =
                    new ResultSubpartitionStateHandle(
                            new ResultSubpartitionInfo(0, 0), handle, List.of(7L));
            for (OperatorSubtaskState.Builder state :
                    List.of(
                            OperatorSubtaskState.builder()
                                    .setRawOperatorState(operatorState(file, size, 0)),
                            OperatorSubtaskState.builder()
                                    .setRawKeyedState(
                                            new KeyGroupsStateHandle(
                                                    new KeyGroupRangeOffsets(0, 15), handle)),
                            OperatorSubtaskState.builder()
                                    .setInputChannelState(StateObjectCollection.singleton(input)),
                            OperatorSubtaskState.builder()
                                    .setResultSubpartitionState(
                                            StateObjectCollection.singleton(output)),
                            OperatorSubtaskState.builder()
                                    .setInputChannelState(StateObjectCollection.singleton(input))
                                    .setResultSubpartitionState(
                                            StateObjectCollection.singleton(output)))) {
                Run run = verifyWith(state.build());

                assertThat(run.exitCode()).as(run.out()).isEqualTo(size == 100 ? 0 : 1);
                assertThat(run.out()).contains("of 1 file lengths");
                if (size != 100) {
                    assertThat(run.out())
                            .containsOnlyOnce(
                                    "["
                                            + file
                                            + "] is not as long as the metadata says: length=100,"
                                            + " inMetadata=99");
                }
            }
        }
    }

    @Test
    void operatorStateHasTheLengthThatTheMetadataSays() throws Exception {
        Path file = Files.write(root.resolve("state"), new byte[100]);

        Run sound = verifyWith(operatorState(file, 100, 10, 20));

        assertThat(sound.exitCode()).as(sound.out()).isZero();
        assertThat(sound.out())
                .contains(
                        "not covered: state that is not ours has no checksums: of 1 file lengths"
                                + " and offsets were checked, the contents were not");
        assertThat(verifyWith(operatorState(file, 99, 10, 20)).out())
                .contains(
                        "damaged  ["
                                + file
                                + "] is not as long as the metadata says: length=100,"
                                + " inMetadata=99");
        for (long[] offsets : new long[][] {{10, 101}, {20, 10}, {-1, 10}}) {
            Run run = verifyWith(operatorState(file, 100, offsets));

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out())
                    .contains("damaged  [" + file + "] the metadata names places", "name=offsets");
        }
        Files.delete(file);
        assertThat(verifyWith(operatorState(file, 100, 10)).out())
                .contains("missing  [" + file + "] the file is missing");
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
