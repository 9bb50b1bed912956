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
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Savepoints in Flink's canonical format, taken by each backend, read without its classes. */
final class CanonicalSavepointsTest {

    @TempDir static Path root;

    /** The backends that write them. */
    enum Backend {
        LSM,
        ROCKSDB,
        HASHMAP;

        StateBackend create() {
            return switch (this) {
                case LSM -> new LsmStateBackend();
                case ROCKSDB -> new EmbeddedRocksDBStateBackend();
                case HASHMAP -> new HashMapStateBackend();
            };
        }
    }

    private static final Map<Backend, Path> SAVEPOINTS = new EnumMap<>(Backend.class);
    private static final Map<Backend, Path> CHECKPOINTS = new EnumMap<>(Backend.class);

    @BeforeAll
    static void takeSavepoints() throws Exception {
        for (Backend backend : Backend.values()) {
            Path own = root.resolve(backend.name());
            try (var sample = new SampleCheckpoint(own, backend.create())) {
                sample.write(10, 0).write(10, 1).timer("k3", Long.MAX_VALUE);
                sample.with("k1", CanonicalSavepointsTest::writeRow);
                SAVEPOINTS.put(backend, sample.takeCanonicalSavepoint(1));
                CHECKPOINTS.put(backend, sample.take(2));
            }
        }
    }

    /** As an operator of Flink SQL has it. */
    private static void writeRow(AbstractKeyedStateBackend<String> backend) throws Exception {
        var serializer =
                new RowDataSerializer(
                        RowType.of(new IntType(), VarCharType.STRING_TYPE, new DecimalType(9, 2)));
        SampleCheckpoint.state(backend, new ValueStateDescriptor<RowData>("row", serializer))
                .update(
                        GenericRowData.of(
                                7,
                                StringData.fromString("seven"),
                                DecimalData.fromUnscaledLong(725, 9, 2)));
    }

    private static Run run(Backend backend, String... arguments) {
        List<String> all = new ArrayList<>();
        for (String argument : arguments) {
            all.add(argument.equals("CKPT") ? SAVEPOINTS.get(backend).toString() : argument);
        }
        return Run.of(all.toArray(String[]::new));
    }

    @ParameterizedTest
    @EnumSource(Backend.class)
    void statesAreShownWithTheirTypes(Backend backend) {
        Run run = run(backend, "show", "CKPT");

        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .contains("in canonical format")
                .containsPattern("count +value +string → int64 ")
                .containsPattern("visits +list +string → list\\(int64\\) ")
                .containsPattern("tags +map +string, string → nullable\\(string\\) ")
                .containsPattern("timers +timers +timer\\(key: string, namespace: void\\) ");
        assertThat(run.exitCode()).isZero();
    }

    /** Every backend's savepoint holds what a checkpoint of ours says is live. */
    @ParameterizedTest
    @EnumSource(Backend.class)
    void everyStateIsReadAsFromACheckpointOfOurs(Backend backend) {
        for (String state : List.of("count", "visits", "tags", "timers")) {
            String query = "select * from \"" + state + "\" order by all";
            Run savepoint = run(backend, "sql", "--csv", "CKPT", query);
            Run ours = Run.of("sql", "--csv", CHECKPOINTS.get(Backend.LSM).toString(), query);

            assertThat(savepoint.out()).isEqualTo(ours.out()).hasLineCount(lines(state));
            assertThat(savepoint.exitCode()).isZero();
        }
    }

    private static int lines(String state) {
        return 1
                + switch (state) {
                    case "count" -> 9;
                    case "visits" -> 10;
                    case "tags" -> 25;
                    default -> 16;
                };
    }

    @ParameterizedTest
    @EnumSource(Backend.class)
    void aKeyIsFound(Backend backend) {
        Run run = run(backend, "get", "--state", "visits", "--key", "k4", "CKPT");

        assertThat(run.out()).containsPattern("k4 +\\[4, 0, 4, 1\\]");
        assertThat(run.exitCode()).isZero();
        assertThat(run(backend, "get", "--state", "count", "--key", "k0", "CKPT").exitCode())
                .isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(Backend.class)
    void aRowOfFlinkSqlHasColumns(Backend backend) {
        Run run = run(backend, "scan", "--state", "row", "CKPT");

        assertThat(run.out()).contains("k1", "{f0: 7, f1: seven, f2: 7.25}");
        assertThat(run.err()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Backend.class)
    void timersAreShownAsTimesAndNeverByName(Backend backend) {
        Run run = run(backend, "scan", "--state", "timers", "--limit", "0", "CKPT");

        assertThat(run.out())
                .containsPattern("1970-01-01T00:00:08Z +k8")
                .containsPattern("Long.MAX_VALUE +k3");
    }

    @ParameterizedTest
    @EnumSource(Backend.class)
    void entriesAreScannedAndExported(Backend backend) throws IOException {
        Run scan = run(backend, "scan", "--state", "tags", "--count", "CKPT");
        Path file = root.resolve(backend + ".parquet");
        Run export =
                run(
                        backend,
                        "export",
                        "CKPT",
                        "--state",
                        "tags",
                        "--format",
                        "parquet",
                        "-o",
                        file.toString());

        assertThat(scan.out()).isEqualTo("25\n");
        assertThat(export.exitCode()).isZero();
        assertThat(Files.size(file)).isPositive();
    }

    @ParameterizedTest
    @EnumSource(Backend.class)
    void theLargestKeysAreRanked(Backend backend) {
        Run run = run(backend, "top", "--state", "tags", "--by", "entries", "-n", "2", "CKPT");

        assertThat(run.golden(root))
                .isEqualTo(
                        """
                        operator  state  keys  stored entries  stored data
                        remember  tags  10  25  SIZE

                        operator  state  key group  key  stored entries  tombstones  stored data  live entries  live data
                        remember  tags  -  k0  3  0  SIZE  3  SIZE
                        remember  tags  -  k2  3  0  SIZE  3  SIZE
                        """);
    }

    @ParameterizedTest
    @EnumSource(Backend.class)
    void theLargestKeysAreAView(Backend backend) {
        Run run =
                run(
                        backend,
                        "sql",
                        "--csv",
                        "CKPT",
                        "select key, entries, entries_at_most from lsm_top_keys"
                                + " where state = 'tags' order by entries desc, key limit 2");

        assertThat(run.out()).isEqualTo("key,entries,entries_at_most\nk0,3,3\nk2,3,3\n");
    }

    @Test
    void anIncrementalCheckpointOfRocksDbIsToldByNameAndWithWhatToDo() {
        Run run = Run.of("show", CHECKPOINTS.get(Backend.ROCKSDB).toString());

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("RocksDB's", "flink savepoint --type canonical");
    }

    @ParameterizedTest
    @ValueSource(strings = {"files", "verify", "health", "report"})
    void commandsAboutSstablesSayWhichOnesReadASavepoint(String command) {
        List<String> arguments = new ArrayList<>(List.of(command, "CKPT"));
        if (command.equals("report")) {
            arguments.addAll(List.of("-o", root.resolve("never.html").toString()));
        }
        Run run = run(Backend.ROCKSDB, arguments.toArray(String[]::new));

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err())
                .contains("it has no SSTables", "show, get, scan, sql, export and top");
    }

    /** Whatever byte of a savepoint changes, the answer is rows or a sentence. */
    @Test
    void damageIsTold() throws IOException {
        Random random = new Random(15);
        for (Path victim : rowFiles()) {
            byte[] original = Files.readAllBytes(victim);
            for (int i = 0; i < 40; i++) {
                byte[] changed = original.clone();
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
                Files.write(victim, changed);
                Run run = run(Backend.ROCKSDB, "scan", "--state", "tags", "CKPT");
                Files.write(victim, original);

                assertThat(run.exitCode()).as(run.err()).isIn(0, 1, 2, 3, 4);
                assertThat(run.err()).doesNotContain("this is a bug", "more memory");
            }
        }
    }

    private static List<Path> rowFiles() throws IOException {
        try (Stream<Path> files = Files.walk(SAVEPOINTS.get(Backend.ROCKSDB).getParent())) {
            List<Path> rows =
                    files.filter(Files::isRegularFile)
                            .filter(file -> file.toString().contains("chk-1"))
                            .filter(file -> !file.endsWith("_metadata"))
                            .toList();
            assertThat(rows).isNotEmpty();
            return rows;
        }
    }
}
