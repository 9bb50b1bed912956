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
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.VisitsJob;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.testutils.CommonTestUtils;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands on what a job on a cluster leaves behind. */
@Timeout(240)
final class RealJobIT {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir Path root;

    @Test
    void checkpointsOfARescaledJobTellItsState() throws Exception {
        try (var cluster = cluster()) {
            cluster.start();
            JobID first = submit(cluster, 2, null, false);
            VisitsJob.awaitDone();
            String job = root.resolve("checkpoints/" + first.toHexString()).toString();
            cluster.triggerCheckpoint(first).get(90, TimeUnit.SECONDS);
            String checkpoint = cluster.triggerCheckpoint(first).get(90, TimeUnit.SECONDS);
            Run ls = Run.of("ls", job);
            assertThat(ls.out().lines().skip(1))
                    .hasSizeGreaterThanOrEqualTo(2)
                    .allMatch(line -> line.matches("chk-[0-9]+ .* checkpoint .* count, last, .*"));
            checkState(checkpoint);
            // The job runs: what it writes and has written is all needed, or too young to judge.
            assertThat(audit().get("deletable_files").asInt()).isZero();

            String savepoint =
                    cluster.stopWithSavepoint(
                                    first,
                                    root.resolve("savepoints").toUri().toString(),
                                    false,
                                    SavepointFormatType.NATIVE)
                            .get(90, TimeUnit.SECONDS);
            assertThat(json("show", savepoint).get("type").asText()).isEqualTo("savepoint");
            checkState(savepoint);

            // In merged files, over clipped SSTables of the two subtasks before.
            JobID second = submit(cluster, 3, savepoint, true);
            String rescaled = cluster.triggerCheckpoint(second).get(90, TimeUnit.SECONDS);
            checkState(rescaled);
            checkRescale(savepoint, rescaled);
            String merged = cluster.triggerCheckpoint(second).get(90, TimeUnit.SECONDS);
            for (String source : List.of(savepoint, merged)) {
                for (int parallelism = 2; parallelism <= 3; parallelism++) {
                    checkCompacted(source, parallelism, cluster);
                }
            }
            cluster.cancelJob(second).get(90, TimeUnit.SECONDS);
            cluster.requestJobResult(second).get(90, TimeUnit.SECONDS);
        }
        JsonNode left = audit("--job-ended", "--older-than", "0s");
        // Of the second job, and of the four that were started from compacted ones.
        assertThat(left.get("checkpoints")).hasSize(10);
        assertThat(left.get("unneeded")).as("orphans of a job that ended in order").isEmpty();
    }

    /** Flink restores what compact makes of a checkpoint; clips and levels are gone. */
    private void checkCompacted(String source, int parallelism, MiniCluster cluster)
            throws Exception {
        Path into = root.resolve("compacted-" + Path.of(source).getFileName() + "-" + parallelism);
        json("compact", "--into", into.toString(), source);
        checkState(into.toString());
        for (JsonNode file : json("files", into.toString()).get("files")) {
            assertThat(file.get("clipped").asBoolean()).isFalse();
            assertThat(file.get("tombstones").asInt() + file.get("merges").asInt()).isZero();
        }
        JobID job = submit(cluster, parallelism, into.toUri().toString(), false);
        checkState(cluster.triggerCheckpoint(job).get(90, TimeUnit.SECONDS));
        cluster.cancelJob(job).get(90, TimeUnit.SECONDS);
        cluster.requestJobResult(job).get(90, TimeUnit.SECONDS);
    }

    /** All checkpoints of all jobs; nothing is ever missing. */
    private JsonNode audit(String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(options));
        arguments.add(root.resolve("checkpoints").toString());
        JsonNode audit = json("gc", arguments.toArray(String[]::new));
        assertThat(audit.get("missing")).isEmpty();
        return audit;
    }

    private static void checkState(String location) throws Exception {
        JsonNode show = json("show", location);
        assertThat(show.findValuesAsText("operator-name"))
                .anyMatch(name -> name.contains("visits"));
        assertThat(show.findValuesAsText("kind")).contains("operator-list");
        assertThat(Run.of("verify", location).out()).contains(": ok\n");
        assertThat(Run.of("scan", "--state", "count", "--count", location).out())
                .isEqualTo(VisitsJob.USERS + "\n");
        assertThat(Run.of("scan", "--state", "remainders", "--count", location).out())
                .isEqualTo(VisitsJob.USERS * 3 + "\n");
        for (JsonNode entry :
                json("scan", "--state", "count", "-n", "0", location).get("entries")) {
            String value =
                    entry.has("value_hex")
                            ? entry.get("value_hex").asText()
                            : String.format("%016x", entry.get("value").asLong());
            assertThat(Long.parseLong(value, 16)).isEqualTo(VisitsJob.NUMBERS / VisitsJob.USERS);
        }
    }

    /** Nothing has happened since, but files have entries of other subtasks now. */
    private static void checkRescale(String before, String after) throws Exception {
        for (JsonNode state : json("diff", before, after).get("states")) {
            for (String figure : List.of("added", "removed", "changed")) {
                assertThat(state.get(figure).asLong()).as("%s: %s", figure, state).isZero();
            }
        }
        for (String exact : List.of("--quiet", "--exact")) {
            JsonNode top = json("top", exact, "--state", "count", after);
            assertThat(top.get("states").get(0).get("count").asInt()).isEqualTo(VisitsJob.USERS);
        }
        Run health = Run.of("health", "--json", "--min-bytes", "1", after);
        assertThat(health.exitCode()).as(health.err()).isEqualTo(1);
        assertThat(MAPPER.readTree(health.out()).findValuesAsText("code"))
                .contains("clipped", "distant_timers");
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

    private JobID submit(MiniCluster cluster, int parallelism, String savepoint, boolean merging)
            throws Exception {
        var configuration = new Configuration();
        configuration.set(
                StateBackendOptions.STATE_BACKEND,
                "io.flinklsm.statebackend.LsmStateBackendFactory");
        configuration.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                root.resolve("checkpoints").toUri().toString());
        configuration.set(CheckpointingOptions.FILE_MERGING_ENABLED, merging);
        configuration.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        configuration.set(PipelineOptions.MAX_PARALLELISM, 200);
        var environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        environment.setParallelism(parallelism);
        environment.enableCheckpointing(3_600_000);
        VisitsJob.define(environment);
        JobGraph graph = environment.getStreamGraph().getJobGraph();
        if (savepoint != null) {
            graph.setSavepointRestoreSettings(SavepointRestoreSettings.forPath(savepoint));
        }
        JobID job = cluster.submitJob(graph).get(90, TimeUnit.SECONDS).getJobID();
        CommonTestUtils.waitForAllTaskRunning(cluster, job, false);
        return job;
    }

    private MiniCluster cluster() {
        var configuration = new Configuration();
        configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(192));
        configuration.set(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS, 2);
        configuration.set(RestOptions.BIND_PORT, "0");
        return new MiniCluster(
                new MiniClusterConfiguration.Builder()
                        .setConfiguration(configuration)
                        .setNumTaskManagers(1)
                        .setNumSlotsPerTaskManager(6)
                        .build());
    }
}
