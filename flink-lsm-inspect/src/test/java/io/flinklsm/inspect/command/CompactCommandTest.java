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

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flinklsm.inspect.testing.Child;
import io.flinklsm.inspect.testing.FailingFileSystem;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import io.flinklsm.statebackend.LsmStateBackend;
import io.flinklsm.statebackend.testing.BackendHarness;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What compact writes, and what is there after it failed. */
final class CompactCommandTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final List<String> STATES = List.of("count", "visits", "tags", "timers");

    @TempDir Path root;

    private Path source;
    private Path into;

    @BeforeEach
    void takeTwoCheckpoints() throws Exception {
        try (var sample = SampleCheckpoint.ofTwoRounds(root)) {
            source = sample.last();
        }
        into = root.resolve("compacted");
    }

    private Run compact(String... options) {
        List<String> arguments = new ArrayList<>(List.of("compact"));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("--into", into.toString(), source.toString()));
        return Run.of(arguments.toArray(String[]::new));
    }

    private static String scan(String state, Path checkpoint) {
        Run run = Run.of("scan", "--state", state, "-n", "0", checkpoint.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.out();
    }

    private static void assertSameState(Path expected, Path actual) {
        assertThat(Run.of("verify", actual.toString()).out()).contains(": ok\n");
        for (String state : STATES) {
            assertThat(scan(state, actual)).as(state).isEqualTo(scan(state, expected));
        }
    }

    private static JsonNode json(String... arguments) throws IOException {
        Run run = Run.of(arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return MAPPER.readTree(run.out());
    }

    private static Map<String, Long> sizesBelow(Path directory) throws IOException {
        Map<String, Long> sizes = new TreeMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                sizes.put(directory.relativize(file).toString(), Files.size(file));
            }
        }
        return sizes;
    }

    // --------------------------------------------------------------------------------- what it
    // does

    @Test
    void levelsBecomeOneAndTheStateIsTheSame() throws Exception {
        Map<String, Long> before = sizesBelow(root);

        Run run = compact();

        assertThat(run.golden(root))
                .isEqualTo(
                        """
                        operator  state  SSTables  now  entries  now  size  now
                        remember  timers  3  2  15  15  SIZE  SIZE
                        remember  count  3  2  15  9  SIZE  SIZE
                        remember  visits  3  2  15  10  SIZE  SIZE
                        remember  tags  3  2  30  25  SIZE  SIZE
                        """);
        assertThat(run.err()).matches("flink-lsm: wrote " + into + ", 13 files, [0-9.]+ KiB\\.\n");
        assertThat(run.exitCode()).isZero();
        assertSameState(source, into);
        Map<String, Long> after = sizesBelow(root);
        after.keySet().removeIf(name -> name.startsWith("compacted/"));
        assertThat(after).isEqualTo(before);
    }

    @Test
    void ofEachStateAndSubtaskThereIsOneFileWithoutTombstonesAndOperands() throws Exception {
        compact();

        JsonNode files = json("files", "--json", into.toString()).get("files");
        assertThat(files).hasSize(8);
        for (JsonNode file : files) {
            assertThat(file.get("level").asInt()).isEqualTo(1);
            assertThat(file.get("tombstones").asInt()).isZero();
            assertThat(file.get("merges").asInt()).isZero();
            assertThat(Path.of(file.get("location").asText()))
                    .isEqualTo(into.resolve(file.get("name").asText()))
                    .isRegularFile();
        }
    }

    @Test
    void jsonTellsTheSame() throws Exception {
        JsonNode result = MAPPER.readTree(compact("--json").out());

        assertThat(result.get("schema").asText()).isEqualTo("flink-lsm/compact/1");
        assertThat(result.get("id").asInt()).isEqualTo(2);
        assertThat(result.get("files").asInt()).isEqualTo(13);
        JsonNode count = result.get("states").get(1);
        assertThat(count.get("tree").asText()).isEqualTo("kv/count");
        assertThat(count.get("entries_before").asInt()).isEqualTo(15);
        assertThat(count.get("entries").asInt()).isEqualTo(9);
    }

    @Test
    void itIsASavepointThatMayBeMovedAndNeedsNothingElse() throws Exception {
        Path moved = root.resolve("elsewhere");
        Path expected = root.resolve("expected");
        try (var sample = SampleCheckpoint.ofTwoRounds(expected)) {
            compact();
            Files.move(into, moved);
            Files.move(source, root.resolve("gone"));

            assertSameState(sample.last(), moved);
        }
        JsonNode show = json("show", "--json", moved.toString());
        assertThat(show.get("type").asText()).isEqualTo("savepoint");
        assertThat(show.get("checkpoint-id").asInt()).isEqualTo(2);
    }

    @Test
    void aSavepointAndFilesInsideTheMetadataAreSourcesToo() throws Exception {
        try (var sample = new SampleCheckpoint(root.resolve("inline"))) {
            source = sample.inlineThreshold(1 << 20).write(10, 0).take(1);
            compact();
            assertSameState(source, into);

            into = root.resolve("second");
            source = sample.write(10, 1).takeSavepoint(2);
            compact();
            assertSameState(source, into);
        }
    }

    @Test
    void compactingTwiceChangesNothing() throws Exception {
        compact();
        Path first = into;
        into = root.resolve("again");
        source = first;

        compact();

        assertSameState(first, into);
        assertThat(sizesBelow(into).values()).hasSameSizeAs(sizesBelow(first).values());
    }

    @Test
    void aBoundOnTheSizeOfFilesSplitsThem() throws Exception {
        try (var sample = new SampleCheckpoint(root.resolve("large"))) {
            source = sample.write(3000, 0).take(1);
        }

        Run run = compact("--max-file-size", "4KiB");

        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode files = json("files", "--json", "--state", "tags", into.toString()).get("files");
        assertThat(files.size()).isGreaterThan(4);
        assertSameState(source, into);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void theBackendRestoresItAtAnyParallelism(int parallelism) throws Exception {
        compact();

        List<KeyedStateHandle> handles = new ArrayList<>();
        metadata(into)
                .getOperatorStates()
                .iterator()
                .next()
                .getStates()
                .forEach(state -> handles.addAll(state.getManagedKeyedState()));
        Map<String, List<Long>> restored = new TreeMap<>();
        try (var harness =
                new BackendHarness(root.resolve("restored"), SampleCheckpoint.MAX_PARALLELISM)) {
            for (int subtask = 0; subtask < parallelism; subtask++) {
                KeyGroupRange range =
                        KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
                                SampleCheckpoint.MAX_PARALLELISM, parallelism, subtask);
                AbstractKeyedStateBackend<String> backend =
                        harness.restore(
                                new LsmStateBackend(), StringSerializer.INSTANCE, range, handles);
                read(backend, range, restored);
            }
        }

        Map<String, List<Long>> expected = new TreeMap<>();
        for (long number = 0; number < 10; number++) {
            boolean isEven = number % 2 == 0;
            List<Long> values = new ArrayList<>();
            values.add(number == 0 ? null : number * 10 + (isEven ? 1 : 0));
            values.addAll(List.of(number, 0L));
            values.addAll(isEven ? List.of(number, 1L) : List.of());
            expected.put("k" + number, values);
        }
        assertThat(restored).isEqualTo(expected);
    }

    private static void read(
            AbstractKeyedStateBackend<String> backend,
            KeyGroupRange range,
            Map<String, List<Long>> to)
            throws Exception {
        for (int number = 0; number < 10; number++) {
            String key = "k" + number;
            int keyGroup =
                    KeyGroupRangeAssignment.assignToKeyGroup(key, SampleCheckpoint.MAX_PARALLELISM);
            if (!range.contains(keyGroup)) {
                continue;
            }
            backend.setCurrentKey(key);
            List<Long> values = new ArrayList<>();
            values.add(
                    backend.getPartitionedState(
                                    VoidNamespace.INSTANCE,
                                    VoidNamespaceSerializer.INSTANCE,
                                    new ValueStateDescriptor<>("count", LongSerializer.INSTANCE))
                            .value());
            backend.getPartitionedState(
                            VoidNamespace.INSTANCE,
                            VoidNamespaceSerializer.INSTANCE,
                            new ListStateDescriptor<>("visits", LongSerializer.INSTANCE))
                    .get()
                    .forEach(values::add);
            to.put(key, values);
        }
    }

    static CheckpointMetadata metadata(Path directory) throws IOException {
        try (var in = new DataInputStream(Files.newInputStream(directory.resolve("_metadata")))) {
            return Checkpoints.loadCheckpointMetadata(
                    in, CompactCommandTest.class.getClassLoader(), directory.toUri().toString());
        }
    }

    @Test
    void plainDuckDbReadsTheFilesAlone() throws Exception {
        compact();

        List<String> rows = new ArrayList<>();
        try (Connection duckDb = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duckDb.createStatement();
                ResultSet result =
                        statement.executeQuery(
                                "SELECT key, value FROM read_parquet('"
                                        + into
                                        + "/kv_count-*.parquet') ORDER BY key")) {
            while (result.next()) {
                rows.add(result.getString(1) + "=" + result.getLong(2));
            }
        }

        assertThat(rows)
                .containsExactly(
                        "k1=10", "k2=21", "k3=30", "k4=41", "k5=50", "k6=61", "k7=70", "k8=81",
                        "k9=90");
    }

    // --------------------------------------------------------------------------------- the
    // directory

    @Test
    void aDirectoryWithAnythingInItIsRefused() throws Exception {
        Files.createDirectories(into);
        Files.writeString(into.resolve("notes.txt"), "mine");

        Run run = compact();

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("[" + into + "] is not empty", "notes.txt");
        assertThat(sizesBelow(into)).containsOnlyKeys("notes.txt");
    }

    @Test
    void aCheckpointIsNeverReplaced() throws Exception {
        compact();
        Map<String, Long> first = sizesBelow(into);
        Files.writeString(into.resolve("_compacting"), "as if killed at the very end");

        Run run = compact();

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("it has a checkpoint");
        Files.delete(into.resolve("_compacting"));
        assertThat(sizesBelow(into)).isEqualTo(first);
    }

    @Test
    void whatAKilledRunLeftGoesFirst() throws Exception {
        compact();
        Files.writeString(into.resolve("_compacting"), "begun");
        Files.write(into.resolve("_metadata"), new byte[10]);
        Files.write(into.resolve("._metadata.inprogress.1"), new byte[10]);
        Files.write(into.resolve("0".repeat(32) + "-0-17.state"), new byte[10]);

        Run run = compact();

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(sizesBelow(into)).hasSize(13).doesNotContainKey("_compacting");
        assertSameState(source, into);
    }

    @Test
    void whatNoRunLeftStopsTheNextOne() throws Exception {
        Files.createDirectories(into);
        Files.writeString(into.resolve("_compacting"), "begun");
        Files.writeString(into.resolve("precious"), "mine");

        Run run = compact();

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("is not empty", "precious");
        assertThat(sizesBelow(into)).hasSize(2);
    }

    @Test
    void aProcessThatIsKilledCanBeBegunAgain() throws Exception {
        try (var sample = new SampleCheckpoint(root.resolve("large"))) {
            source = sample.write(20_000, 0).take(1);
        }
        Child killed =
                Child.of(
                        root,
                        "\"$@\" & pid=$!; until [ -e "
                                + into
                                + "/_compacting ]; do :; done;"
                                + " kill -KILL $pid; wait $pid",
                        List.of("compact", "--into", into.toString(), source.toString()));
        assertThat(killed.exitCode()).as(killed.err()).isEqualTo(137);
        assertThat(into.resolve("_compacting")).exists();
        assertThat(into.resolve("_metadata")).doesNotExist();

        Run again = compact();

        assertThat(again.exitCode()).as(again.err()).isZero();
        assertSameState(source, into);
    }

    @Test
    void aProcessThatIsToldToEndLeavesNothing() throws Exception {
        try (var sample = new SampleCheckpoint(root.resolve("large"))) {
            source = sample.write(20_000, 0).take(1);
        }

        Child ended =
                Child.of(
                        root,
                        "\"$@\" & pid=$!; until [ -e "
                                + into
                                + "/_compacting ]; do :; done;"
                                + " kill -TERM $pid; wait $pid",
                        List.of("compact", "--into", into.toString(), source.toString()));

        assertThat(ended.exitCode()).as(ended.err()).isEqualTo(143);
        assertThat(into).doesNotExist();
    }

    // ----------------------------------------------------------------------------------------
    // faults

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whicheverCallFailsTheSourceStaysAndTheNextRunSucceeds(boolean isKill) throws Exception {
        source = source.resolveSibling("chk-1");
        Map<String, Long> before = sizesBelow(source.getParent());
        String from = "fails:" + source;
        String visits = scan("visits", source);
        int failures = 0;
        for (int call = 1; ; call++) {
            into = root.resolve("fault" + call);
            String to = "fails:" + into;
            if (isKill) {
                FailingFileSystem.failFrom(call);
            } else {
                FailingFileSystem.failOnce(call);
            }
            Run run = Run.of("compact", "--into", to, from);
            boolean hasFailed = FailingFileSystem.hasFailed();
            FailingFileSystem.reset();
            boolean isComplete = isComplete(into);
            assertThat(run.err()).doesNotContain("bug of flink-lsm");
            assertThat(run.exitCode()).as(call + ": " + run.err()).isIn(0, 3);
            // Only a kill can come between the metadata and the exit code.
            boolean mayBeComplete = run.exitCode() == 0 || isKill;
            boolean mustBeComplete = run.exitCode() == 0;
            assertThat(isComplete).as(call + ": " + run.err()).isIn(mustBeComplete, mayBeComplete);
            if (!isComplete) {
                failures++;
                Run again = Run.of("compact", "--into", to, from);
                assertThat(again.exitCode()).as(call + ": " + again.err()).isZero();
            }
            assertThat(isComplete(into)).isTrue();
            assertThat(scan("visits", into)).isEqualTo(visits);
            if (!hasFailed) {
                break;
            }
        }
        assertThat(failures).isGreaterThan(50);
        assertThat(sizesBelow(source.getParent())).isEqualTo(before);
    }

    private static boolean isComplete(Path checkpoint) {
        return Run.of("verify", checkpoint.resolve("_metadata").toString()).exitCode() == 0;
    }

    @Test
    void aDamagedSstableIsToldAndLeavesNothing() throws Exception {
        JsonNode files = json("files", "--json", source.toString()).get("files");
        DamagedSourcesTest.flip(Path.of(files.get(0).get("location").asText()), 20);

        Run run = compact();

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err()).contains("block 0 is damaged");
        assertThat(into).doesNotExist();
    }

    @Test
    void aMissingSstableIsToldAndLeavesNothing() throws Exception {
        JsonNode files = json("files", "--json", source.toString()).get("files");
        Files.delete(Path.of(files.get(0).get("location").asText()));

        Run run = compact();

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("is missing");
        assertThat(into).doesNotExist();
    }

    // ----------------------------------------------------------------------------------------
    // errors

    @Test
    void whatIsNoCheckpointIsNoSource() throws Exception {
        compact();
        Path store = root.resolve("store");
        Files.createDirectory(store);
        try (Stream<Path> files = Files.list(into)) {
            for (Path file : files.filter(one -> one.toString().endsWith(".parquet")).toList()) {
                Files.copy(file, store.resolve(file.getFileName()));
            }
        }
        source = store;
        into = root.resolve("of-store");

        Run run = compact();

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("is the directory of a store");
        assertThat(into).doesNotExist();
    }

    @Test
    void theTargetIsNotInsideTheSource() {
        into = source.resolve("new");

        Run run = compact();

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("lies in the checkpoint that is read");
        assertThat(into).doesNotExist();
    }

    @Test
    void aTargetThatIsAFileOrCannotBeMadeIsTold() throws Exception {
        into = Files.write(root.resolve("file"), "x".getBytes(StandardCharsets.UTF_8));
        Run file = compact();
        into = into.resolve("below");
        Run below = compact();

        assertThat(file.exitCode()).isEqualTo(2);
        assertThat(file.err()).contains("is no directory");
        assertThat(below.exitCode()).isEqualTo(3);
        assertThat(below.err()).doesNotContain("bug of flink-lsm");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0MiB", "8", "8GB", "-1KiB", "many"})
    void aSizeThatIsNoneIsAnErrorOfUsage(String size) {
        Run run = compact("--max-file-size", size);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("like 512MiB");
        assertThat(into).doesNotExist();
    }
}
