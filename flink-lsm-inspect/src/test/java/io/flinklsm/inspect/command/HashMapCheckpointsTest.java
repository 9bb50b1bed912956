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
import io.flinklsm.statebackend.LsmStateBackend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Checkpoints that the HashMap backend wrote for itself. */
final class HashMapCheckpointsTest {

    @TempDir static Path root;

    /** Who writes them. */
    enum Writer {
        LSM,
        HASHMAP,
        HASHMAP_COMPRESSED;

        StateBackend create() {
            return switch (this) {
                case LSM -> new LsmStateBackend();
                case HASHMAP, HASHMAP_COMPRESSED -> new HashMapStateBackend();
            };
        }

        boolean isCompressed() {
            return this == HASHMAP_COMPRESSED;
        }
    }

    private static final Map<Writer, Path> CHECKPOINTS = new EnumMap<>(Writer.class);

    @BeforeAll
    static void takeCheckpoints() throws Exception {
        for (Writer writer : Writer.values()) {
            Path own = root.resolve(writer.name());
            try (var sample = new SampleCheckpoint(own, writer.create(), writer.isCompressed())) {
                sample.write(10, 0).write(10, 1).timer("k3", Long.MAX_VALUE);
                sample.with("k1", HashMapCheckpointsTest::writeNested);
                sample.with("key of many bytes", HashMapCheckpointsTest::writeNested);
                CHECKPOINTS.put(writer, sample.take(1));
            }
        }
    }

    /** Values larger than what is looked at first, and namespaces of any length. */
    private static void writeNested(AbstractKeyedStateBackend<String> backend) throws Exception {
        for (String namespace : List.of("", "n", "namespace of many bytes".repeat(20))) {
            backend.getPartitionedState(
                            namespace,
                            StringSerializer.INSTANCE,
                            new ValueStateDescriptor<>("text", Types.STRING))
                    .update("text ".repeat(100_000));
            backend.getPartitionedState(
                            namespace,
                            StringSerializer.INSTANCE,
                            new ListStateDescriptor<>("texts", Types.STRING))
                    .update(List.of("", "a,b", namespace));
            var map =
                    backend.getPartitionedState(
                            namespace,
                            StringSerializer.INSTANCE,
                            new MapStateDescriptor<>("numbers", Types.STRING, Types.LONG));
            for (int i = 0; i < 50; i++) {
                map.put("number " + i, i % 10 == 0 ? null : (Long) (long) i);
            }
        }
    }

    private static String path(Writer writer) {
        return CHECKPOINTS.get(writer).toString();
    }

    @ParameterizedTest
    @EnumSource(Writer.class)
    void everyStateIsReadAsFromACheckpointOfOurs(Writer writer) {
        for (String state :
                List.of("count", "visits", "tags", "timers", "text", "texts", "numbers")) {
            String query = "select * from \"" + state + "\" order by all";
            Run other = Run.of("sql", "--csv", path(writer), query);
            Run ours = Run.of("sql", "--csv", path(Writer.LSM), query);

            assertThat(other.err()).isEmpty();
            assertThat(other.out()).as(state).isEqualTo(ours.out());
            assertThat(other.out().lines().count()).isEqualTo(lines(state));
        }
    }

    private static int lines(String state) {
        return 1
                + switch (state) {
                    case "count" -> 9;
                    case "visits" -> 10;
                    case "tags" -> 25;
                    case "timers" -> 16;
                    case "numbers" -> 300;
                    default -> 6;
                };
    }

    /** The number of the key group that decides for others is that of the first state, too. */
    @Test
    void aSubtaskWithTheFirstKeyGroupAloneIsReadAlike() throws Exception {
        Path checkpoint;
        try (var sample =
                new SampleCheckpoint(root.resolve("first-group"), Writer.HASHMAP.create())) {
            sample.write(200, 0);
            checkpoint = sample.take(1, KeyGroupRange.of(0, 0));
        }

        Run show = Run.of("show", checkpoint.toString());
        Run keys = Run.of("sql", "--csv", checkpoint.toString(), "select key from \"count\"");

        assertThat(show.out()).contains("in the HashMap backend's format");
        assertThat(keys.err()).isEmpty();
        List<String> expected =
                IntStream.range(0, 200)
                        .mapToObj(i -> "k" + i)
                        .filter(
                                key ->
                                        KeyGroupRangeAssignment.assignToKeyGroup(
                                                        key, SampleCheckpoint.MAX_PARALLELISM)
                                                == 0)
                        .toList();
        assertThat(expected).hasSizeGreaterThan(3);
        assertThat(keys.out().lines().skip(1)).containsExactlyInAnyOrderElementsOf(expected);
    }

    @ParameterizedTest
    @EnumSource(value = Writer.class, names = "HASHMAP.*", mode = EnumSource.Mode.MATCH_ALL)
    void statesAreShownWithTheirTypes(Writer writer) {
        Run run = Run.of("show", path(writer));
        Run json = Run.of("show", "--json", path(writer));

        assertThat(run.err() + json.err()).isEmpty();
        assertThat(run.out())
                .contains("in the HashMap backend's format")
                .containsPattern("count +value +string → int64 ")
                .containsPattern("visits +list +string → list\\(int64\\) ")
                .containsPattern("tags +map +string, string → nullable\\(string\\) ")
                .containsPattern("timers +timers +timer\\(key: string, namespace: void\\) ");
        assertThat(json.out().replace(" ", "")).contains("\"format\":\"hashmap\"");
    }

    @ParameterizedTest
    @EnumSource(value = Writer.class, names = "HASHMAP.*", mode = EnumSource.Mode.MATCH_ALL)
    void entriesAreFoundScannedExportedAndRanked(Writer writer) throws IOException {
        Path file = root.resolve(writer + ".csv");
        Run get = Run.of("get", "--state", "visits", "--key", "k4", path(writer));
        Run scan = Run.of("scan", "--state", "tags", "--count", path(writer));
        Run top = Run.of("top", "--state", "numbers", "--by", "entries", path(writer));
        Run export =
                Run.of(
                        "export",
                        path(writer),
                        "--state",
                        "tags",
                        "--format",
                        "csv",
                        "-o",
                        file.toString());

        assertThat(get.out()).containsPattern("k4 +\\[4, 0, 4, 1\\]");
        assertThat(scan.out()).isEqualTo("25\n");
        assertThat(top.out())
                .containsPattern("key of many bytes.* 150 ")
                .containsPattern("k1 .*150 ");
        assertThat(export.exitCode()).isZero();
        assertThat(Files.readAllLines(file)).hasSize(26);
    }

    @ParameterizedTest
    @EnumSource(value = Writer.class, names = "HASHMAP.*", mode = EnumSource.Mode.MATCH_ALL)
    void aStateThatSaysNothingToOthersIsToldAndCompressedOnesBesideItAreRead(Writer writer)
            throws Exception {
        Path own = root.resolve("kryo-" + writer);
        Path checkpoint;
        try (var sample = new SampleCheckpoint(own, writer.create(), writer.isCompressed())) {
            sample.write(10, 0);
            sample.with("k1", HashMapCheckpointsTest::writeSet);
            checkpoint = sample.take(1);
        }

        Run told = Run.of("scan", "--state", "set", checkpoint.toString());

        assertThat(told.exitCode()).isEqualTo(3);
        assertThat(told.err())
                .contains("an end cannot be found", "state=kv/set", "whose bytes say nothing")
                .contains("flink savepoint --type canonical");
        if (writer.isCompressed()) {
            for (String state : List.of("count", "visits", "tags", "timers")) {
                assertThat(Run.of("scan", "--state", state, checkpoint.toString()).exitCode())
                        .as(state)
                        .isZero();
            }
        }
    }

    private static void writeSet(AbstractKeyedStateBackend<String> backend) throws Exception {
        SampleCheckpoint.state(
                        backend, new ValueStateDescriptor<>("set", Types.GENERIC(TreeSet.class)))
                .update(new TreeSet<>(List.of("a", "b")));
    }

    @Test
    void commandsAboutSstablesSayWhichOnesReadIt() {
        Run run = Run.of("verify", path(Writer.HASHMAP));

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err())
                .contains("HashMap backend's checkpoint", "it has no SSTables", "show, get, scan");
    }

    /** Whatever byte changes, the answer is rows or a sentence. */
    @ParameterizedTest
    @EnumSource(value = Writer.class, names = "HASHMAP.*", mode = EnumSource.Mode.MATCH_ALL)
    void damageIsTold(Writer writer) throws IOException {
        Random random = new Random(15);
        List<Path> files;
        try (Stream<Path> all = Files.walk(root.resolve(writer.name()))) {
            files =
                    all.filter(Files::isRegularFile)
                            .filter(file -> !file.endsWith("_metadata"))
                            .sorted()
                            .toList();
        }
        assertThat(files).isNotEmpty();
        int told = 0;
        for (Path file : files) {
            byte[] before = Files.readAllBytes(file);
            try {
                for (int i = 0; i < 40; i++) {
                    byte[] after = before.clone();
                    int at = random.nextInt(Math.min(after.length, 6_000));
                    after[at] ^= (byte) (1 << random.nextInt(8));
                    Files.write(file, after);
                    String state = i % 2 == 0 ? "tags" : "timers";
                    Run run = Run.of("scan", "--state", state, "--limit", "0", path(writer));

                    assertThat(run.exitCode()).isIn(0, 1, 3, 4);
                    assertThat(run.err()).doesNotContain("a bug of flink-lsm", "\tat ");
                    told += run.exitCode() == 0 ? 0 : 1;
                }
            } finally {
                Files.write(file, before);
            }
        }
        assertThat(told).isPositive();
    }

    @Test
    void aValueThatIsTooLargeToFindItsEndIsTold(@TempDir Path other) throws Exception {
        try (var sample = new SampleCheckpoint(other, new HashMapStateBackend())) {
            sample.with(
                    "k",
                    backend ->
                            SampleCheckpoint.state(
                                            backend,
                                            new ValueStateDescriptor<>("text", Types.STRING))
                                    .update("v".repeat(33 << 20)));

            Run run = Run.of("scan", "--state", "text", sample.take(1).toString());

            assertThat(run.exitCode()).isEqualTo(3);
            assertThat(run.err())
                    .contains("a value or key of more than 32 MiB", "take a canonical savepoint");
        }
    }
}
