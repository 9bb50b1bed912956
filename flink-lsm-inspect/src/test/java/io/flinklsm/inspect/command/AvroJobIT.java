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
import io.flinklsm.inspect.testing.AvroJar;
import io.flinklsm.inspect.testing.AvroJob;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.statebackend.testing.SqlRecipe;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.testutils.CommonTestUtils;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A job with records of Avro in its states, which comes back from its checkpoints with classes of
 * another schema. It finds what it finds on the HashMap backend, and its checkpoints tell what is
 * in them, also while one of two subtasks has registered its states in the new schema and the other
 * one has not.
 */
@Timeout(300)
final class AvroJobIT {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String LSM = "io.flinklsm.statebackend.LsmStateBackendFactory";
    private static final int NUMBERS = 600;

    private static final String BEFORE =
            """
            {"type": "record", "name": "Order", "namespace": "job", "fields": [
             {"name": "id", "type": "long"},
             {"name": "customer", "type": "string"},
             {"name": "amount", "type": "int"},
             {"name": "legacy", "type": "string"},
             {"name": "note", "type": ["null", "string"]},
             {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
             {"name": "items", "type": {"type": "array", "items":
              {"type": "record", "name": "Item", "fields": [
               {"name": "sku", "type": "string"},
               {"name": "count", "type": "int"}]}}}]}
            """;

    /** One field is gone, two have come, with a default, one is wider, one has a field more. */
    private static final String AFTER =
            """
            {"type": "record", "name": "Order", "namespace": "job", "fields": [
             {"name": "id", "type": "long"},
             {"name": "currency", "type": "string", "default": "EUR"},
             {"name": "customer", "type": "string"},
             {"name": "amount", "type": "long"},
             {"name": "note", "type": ["null", "string"]},
             {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
             {"name": "items", "type": {"type": "array", "items":
              {"type": "record", "name": "Item", "fields": [
               {"name": "sku", "type": "string"},
               {"name": "count", "type": "int"},
               {"name": "price", "type": "double", "default": 9.5}]}}},
             {"name": "tags", "type": {"type": "map", "values": "string"}, "default": {}}]}
            """;

    private static final String INCOMPATIBLE =
            """
            {"type": "record", "name": "Order", "namespace": "job", "fields": [
             {"name": "id", "type": "string"}]}
            """;

    @TempDir static Path root;

    private static Path before;
    private static Path after;

    @BeforeAll
    static void compile() throws Exception {
        AvroJar.trust("job");
        before = AvroJar.of(root.resolve("before"), BEFORE);
        after = AvroJar.of(root.resolve("after"), AFTER);
    }

    @Test
    void recordsComeBackInTheSchemaOfNow() throws Exception {
        List<Long> all = numbers(0);
        List<Long> ofFirst = new ArrayList<>(numbers(1));
        ofFirst.removeIf(number -> AvroJob.subtaskOf(number) != 0);
        try (var cluster = cluster()) {
            cluster.start();
            String hashMap = null;
            String lsm = null;
            List<String> checkpoints = new ArrayList<>();
            int phase = 0;
            for (Map.Entry<Path, List<Long>> step :
                    List.of(
                            Map.entry(before, all),
                            Map.entry(after, ofFirst),
                            Map.entry(after, numbers(2)))) {
                String ofHashMap = "hashmap-" + phase;
                String ofLsm = "lsm-" + phase;
                hashMap =
                        run(cluster, "hashmap", ofHashMap, step.getKey(), hashMap, step.getValue());
                lsm = run(cluster, LSM, ofLsm, step.getKey(), lsm, step.getValue());
                checkpoints.add(lsm);
                assertThat(AvroJob.answers(ofLsm))
                        .hasSize(step.getValue().size())
                        .isEqualTo(AvroJob.answers(ofHashMap));
                phase++;
            }
            NavigableMap<Long, String> last = AvroJob.answers("lsm-2");
            // Of the schema before, of a subtask that had not seen the new one meanwhile.
            assertThat(last.values())
                    .anyMatch(found -> found.contains("EUR") && !found.contains("legacy"));
            checkTypes(checkpoints);
            checkValues(checkpoints);
            checkDiff(checkpoints);
            checkPlainDuckDb(checkpoints);
        }
    }

    private static List<Long> numbers(int phase) {
        return LongStream.range((long) phase * NUMBERS, (phase + 1L) * NUMBERS).boxed().toList();
    }

    private static void checkTypes(List<String> checkpoints) throws Exception {
        for (int phase = 0; phase < checkpoints.size(); phase++) {
            for (JsonNode state : json("show", checkpoints.get(phase)).get("states")) {
                if (state.get("kind").asText().equals("timers")) {
                    continue;
                }
                String columns = state.path("columns").asText();
                assertThat(columns).as(state.toString()).doesNotContain("opaque");
                switch (state.get("state").asText()) {
                    case "value", "list", "map" ->
                            assertThat(columns)
                                    .contains(
                                            phase == 0
                                                    ? "\"amount\":int32,\"legacy\":utf8"
                                                    : "\"amount\":int64,\"note\"");
                    case "any-value", "any-list", "any-map" ->
                            assertThat(columns).contains("\"page\":utf8,\"count\":int32");
                    default -> throw new AssertionError(state.toString());
                }
            }
            assertThat(Run.of("verify", checkpoints.get(phase)).out()).contains(": ok\n");
        }
    }

    /** The last number of a key in a phase; of those of the second one, only some have one. */
    private static long last(String key, int phase) {
        long number = Integer.parseInt(key.substring(4));
        long ofPhase = phase == 1 && AvroJob.subtaskOf(number) != 0 ? 0 : phase;
        return (ofPhase + 1) * NUMBERS - AvroJob.KEYS + number;
    }

    private static boolean isOld(String key, int phase) {
        return last(key, phase) < NUMBERS;
    }

    private static void checkValues(List<String> checkpoints) throws Exception {
        for (int phase = 0; phase < checkpoints.size(); phase++) {
            String checkpoint = checkpoints.get(phase);
            int keys = 0;
            for (JsonNode entry :
                    json("scan", "--state", "value", "-n", "0", checkpoint).get("entries")) {
                String key = entry.get("key").asText();
                long number = last(key, phase);
                JsonNode value = entry.get("value");
                assertThat(value.get("id").asLong()).as(entry.toString()).isEqualTo(number);
                assertThat(value.get("amount").asLong()).isEqualTo(number * 10);
                assertThat(value.has("legacy")).isEqualTo(isOld(key, phase));
                assertThat(value.has("currency")).isEqualTo(!isOld(key, phase));
                keys++;
            }
            assertThat(keys).isEqualTo(AvroJob.KEYS);
            String both = phase == 1 ? ", value.legacy is null as n" : "";
            List<String> rows =
                    Run.of(
                                    "sql",
                                    "--csv",
                                    checkpoint,
                                    "select key, value.id as id, value.amount as amount,"
                                            + " epoch_ms(value.at) as at, value.items[1].sku as sku"
                                            + both
                                            + ", _value is null as t from value")
                            .out()
                            .lines()
                            .skip(1)
                            .toList();
            assertThat(rows).hasSize(AvroJob.KEYS);
            for (String row : rows) {
                String key = row.substring(0, row.indexOf(','));
                long number = last(key, phase);
                assertThat(row)
                        .isEqualTo(
                                String.format(
                                        "%s,%d,%d,%d,sku %d%s,true",
                                        key,
                                        number,
                                        number * 10,
                                        1_700_000_000_000L + number,
                                        number % 5,
                                        phase == 1 ? "," + !isOld(key, phase) : ""));
            }
            checkLists(checkpoint, phase);
        }
    }

    private static void checkLists(String checkpoint, int phase) {
        long ofOneKey = NUMBERS / AvroJob.KEYS;
        long expected = 0;
        for (int key = 0; key < AvroJob.KEYS; key++) {
            long phases = phase + 1L - (phase > 0 && AvroJob.subtaskOf(key) != 0 ? 1 : 0);
            expected += phases * ofOneKey;
        }
        for (String list : List.of("list", "any-list")) {
            assertThat(sql(checkpoint, "select sum(len(value)) as n from \"" + list + "\""))
                    .isEqualTo("n\n" + expected + "\n");
        }
        for (String map : List.of("map", "any-map")) {
            assertThat(
                            sql(
                                    checkpoint,
                                    "select count(*) as n, count(value) as v from \"" + map + "\""))
                    .isEqualTo("n,v\n" + AvroJob.KEYS * 3 + "," + AvroJob.KEYS * 3 + "\n");
        }
    }

    private static void checkDiff(List<String> checkpoints) throws Exception {
        for (int phase = 1; phase < checkpoints.size(); phase++) {
            for (JsonNode state :
                    json("diff", checkpoints.get(phase - 1), checkpoints.get(phase))
                            .get("states")) {
                if (state.get("state").asText().endsWith("value")) {
                    assertThat(state.get("added").asLong() + state.get("removed").asLong())
                            .isZero();
                    long changed = 0;
                    for (int key = 0; key < AvroJob.KEYS; key++) {
                        changed += phase == 2 || AvroJob.subtaskOf(key) == 0 ? 1 : 0;
                    }
                    assertThat(state.get("changed").asLong()).isEqualTo(changed);
                }
            }
        }
    }

    private static void checkPlainDuckDb(List<String> checkpoints) throws Exception {
        for (int phase = 0; phase < checkpoints.size(); phase++) {
            Path directory = Path.of(URI.create(checkpoints.get(phase)));
            try (SqlRecipe sql =
                    new SqlRecipe(
                            directory + "/*",
                            directory.resolveSibling("shared").toString() + "/*")) {
                sql.readRows("kv/value");
                List<String> rows =
                        sql.query("SELECT key, value.id, value.amount FROM current_rows");
                assertThat(rows).hasSize(AvroJob.KEYS);
                for (String row : rows) {
                    String key = row.substring(0, row.indexOf('|'));
                    long number = last(key, phase);
                    assertThat(row).isEqualTo(key + "|" + number + "|" + number * 10);
                }
                sql.readRows("kv/any-map");
                assertThat(sql.query("SELECT count(value.page) FROM current_rows"))
                        .containsExactly(Integer.toString(AvroJob.KEYS * 3));
                sql.readLists("kv/list");
                assertThat(sql.query("SELECT count(*) FROM current_lists"))
                        .containsExactly(Integer.toString(AvroJob.KEYS));
            }
        }
    }

    @Test
    void aSchemaThatCannotReadTheOtherIsRefusedByName() throws Exception {
        Path jar = AvroJar.of(root.resolve("incompatible"), INCOMPATIBLE);
        try (var cluster = cluster()) {
            cluster.start();
            String checkpoint = run(cluster, LSM, "compatible", before, null, numbers(0));
            JobID job = submit(cluster, LSM, "incompatible", jar, checkpoint, numbers(1));

            assertThat(failure(cluster, job))
                    .hasStackTraceContaining(
                            "[value] the values cannot be read with the new serializer")
                    .hasStackTraceContaining("AvroSerializer (job.Order)");
        }
    }

    private static String sql(String checkpoint, String statement) {
        Run run = Run.of("sql", "--csv", checkpoint, statement);
        assertThat(run.err()).isEmpty();
        return run.out();
    }

    private static JsonNode json(String command, String... rest) throws Exception {
        String[] arguments = new String[rest.length + 2];
        arguments[0] = command;
        arguments[1] = "--json";
        System.arraycopy(rest, 0, arguments, 2, rest.length);
        Run run = Run.of(arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return MAPPER.readTree(run.out());
    }

    /** Runs the job over some numbers; gives the checkpoint behind them. */
    private static String run(
            MiniCluster cluster,
            String backend,
            String name,
            Path jar,
            @Nullable String from,
            List<Long> numbers)
            throws Exception {
        JobID job = submit(cluster, backend, name, jar, from, numbers);
        while (!AvroJob.isDone(name)) {
            if (cluster.getJobStatus(job).get(90, TimeUnit.SECONDS).isTerminalState()) {
                throw failure(cluster, job);
            }
        }
        CommonTestUtils.waitForAllTaskRunning(cluster, job, false);
        String checkpoint = cluster.triggerCheckpoint(job).get(90, TimeUnit.SECONDS);
        cluster.cancelJob(job).get(90, TimeUnit.SECONDS);
        cluster.requestJobResult(job).get(90, TimeUnit.SECONDS);
        return checkpoint;
    }

    private static Exception failure(MiniCluster cluster, JobID job) throws Exception {
        return cluster.requestJobResult(job)
                .get(90, TimeUnit.SECONDS)
                .getSerializedThrowable()
                .orElseThrow();
    }

    private static JobID submit(
            MiniCluster cluster,
            String backend,
            String name,
            Path jar,
            @Nullable String from,
            List<Long> numbers)
            throws Exception {
        var configuration = new Configuration();
        configuration.set(StateBackendOptions.STATE_BACKEND, backend);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
        configuration.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        configuration.set(CheckpointingOptions.FS_SMALL_FILE_THRESHOLD, MemorySize.ZERO);
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                root.resolve("checkpoints").toUri().toString());
        configuration.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        var environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        environment.setParallelism(2);
        environment.enableCheckpointing(3_600_000);
        AvroJob.define(environment, name, numbers);
        JobGraph graph = environment.getStreamGraph().getJobGraph();
        graph.addJar(new org.apache.flink.core.fs.Path(jar.toUri()));
        if (from != null) {
            graph.setSavepointRestoreSettings(SavepointRestoreSettings.forPath(from));
        }
        return cluster.submitJob(graph).get(90, TimeUnit.SECONDS).getJobID();
    }

    private static MiniCluster cluster() {
        var configuration = new Configuration();
        configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(192));
        configuration.set(RestOptions.BIND_PORT, "0");
        return new MiniCluster(
                new MiniClusterConfiguration.Builder()
                        .setConfiguration(configuration)
                        .setNumTaskManagers(1)
                        .setNumSlotsPerTaskManager(2)
                        .build());
    }
}
