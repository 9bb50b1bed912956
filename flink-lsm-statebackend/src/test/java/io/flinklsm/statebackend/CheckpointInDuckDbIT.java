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
package io.flinklsm.statebackend;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.statebackend.testing.PlaneJob;
import io.flinklsm.statebackend.testing.SqlRecipe;
import java.net.URI;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.InjectMiniCluster;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checkpoints of a job, read by plain DuckDB without a line of our code: they say what the job's
 * model says, through overwritten values, tombstones, operands, levels and clips.
 */
@Timeout(240)
class CheckpointInDuckDbIT {

    @RegisterExtension
    private static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(
                    new MiniClusterResourceConfiguration.Builder()
                            .setNumberTaskManagers(1)
                            .setNumberSlotsPerTaskManager(3)
                            .setConfiguration(clusterConfiguration())
                            .build());

    @TempDir Path root;
    private final String run = UUID.randomUUID().toString();

    @Test
    void everyKindOfStateIsThere(@InjectMiniCluster MiniCluster cluster) throws Exception {
        String checkpoint = stretch(cluster, null, 2, 0, 3000, "typed");

        check(checkpoint, 3000);
    }

    @Test
    void rescaledCheckpointsAreReadThroughTheirClips(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        String first = stretch(cluster, null, 1, 0, 2000, "typed");
        String second = stretch(cluster, first, 3, 2000, 4000, "typed");
        check(second, 4000);

        check(stretch(cluster, second, 2, 4000, 5000, "typed"), 5000);
    }

    @Test
    void inBinaryModeEveryValueIsInBytes(@InjectMiniCluster MiniCluster cluster) throws Exception {
        String checkpoint = stretch(cluster, null, 2, 0, 1000, "binary");

        try (SqlRecipe sql = recipe(checkpoint)) {
            sql.readRows("kv/planes");
            assertThat(sql.query("SELECT count(*), count(_value) FROM current_rows"))
                    .containsExactly(PlaneJob.KEYS + "|" + PlaneJob.KEYS);
        }
    }

    /** Each stretch goes on from what the one before it has written in the other form. */
    @Test
    void typedAndBinarySstablesOfOneStateReadAsOne(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        String typed = stretch(cluster, null, 2, 0, 1000, "typed");
        String binary = stretch(cluster, typed, 2, 1000, 2000, "binary");

        check(stretch(cluster, binary, 2, 2000, 4000, "typed"), 4000);
    }

    private void check(String checkpoint, int to) throws Exception {
        PlaneJob.Model model = PlaneJob.model(to);
        try (SqlRecipe sql = recipe(checkpoint)) {
            sql.readRows("kv/planes");
            assertThat(
                            sql.query(
                                    "SELECT key, value.tail, value.flights, value.size,"
                                            + " value.home.city, _value IS NULL"
                                            + " FROM current_rows ORDER BY key"))
                    .containsExactlyElementsOf(model.planes());

            sql.readRows("kv/last");
            assertThat(
                            sql.query(
                                    "SELECT key, value.f0, value.f1"
                                            + " FROM current_rows ORDER BY key"))
                    .containsExactlyElementsOf(model.last());

            sql.readLists("kv/log");
            assertThat(sql.query("SELECT key, value FROM current_lists ORDER BY key"))
                    .containsExactlyElementsOf(model.log());

            sql.readRows("kv/seen");
            assertThat(
                            sql.query(
                                    "SELECT key, value FROM current_rows WHERE"
                                        + " make_timestamp(ttl_timestamp * 1000) BETWEEN TIMESTAMP"
                                        + " '2020-01-01' AND TIMESTAMP '2262-01-01' ORDER BY key"))
                    .containsExactlyElementsOf(model.seen());

            sql.readRows("kv/counts");
            assertThat(
                            sql.query(
                                    "SELECT key, map_key, value FROM current_rows"
                                            + " ORDER BY key, map_key"))
                    .containsExactlyElementsOf(model.counts());

            sql.readRows("pq/_timer_state/event_user-timers");
            assertThat(
                            sql.query(
                                    "SELECT key, \"timestamp\" FROM current_rows"
                                            + " ORDER BY key, \"timestamp\""))
                    .containsExactlyElementsOf(model.timers());

            // Flink keeps a session's content under its first window, and tells of it in a list.
            sql.readLists("kv/merging-window-set");
            sql.readRows("kv/window-contents");
            assertThat(
                            sql.query(
                                    "SELECT key, session.f0.start, session.f0.\"end\","
                                            + " content.value FROM (SELECT key, unnest(value) AS"
                                            + " session FROM current_lists) JOIN current_rows AS"
                                            + " content USING (key) WHERE content.namespace ="
                                            + " session.f1 ORDER BY ALL"))
                    .containsExactlyElementsOf(model.sessions());
        }
    }

    private SqlRecipe recipe(String checkpoint) throws Exception {
        Path directory = Path.of(URI.create(checkpoint));
        return new SqlRecipe(
                directory + "/*", directory.resolveSibling("shared").toString() + "/*");
    }

    /** Runs the job over some numbers; gives the checkpoint after them. */
    private String stretch(
            MiniCluster cluster, String from, int parallelism, int first, int end, String columns)
            throws Exception {
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(configuration(from, columns));
        env.setParallelism(parallelism);
        PlaneJob.define(env, run, first, end);
        JobClient job = env.executeAsync();
        // Several checkpoints on the way, so that there are sources of several ages.
        for (int part = 1; part <= 4; part++) {
            PlaneJob.proceed(run, first + (end - first) * part / 4);
            get(cluster.triggerCheckpoint(job.getJobID()));
        }
        String path = get(cluster.triggerCheckpoint(job.getJobID()));
        get(job.cancel());
        job.getJobExecutionResult().handle((result, failure) -> true).get();
        return path;
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(90, TimeUnit.SECONDS);
    }

    private static Configuration clusterConfiguration() {
        Configuration config = new Configuration();
        config.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(192));
        return config;
    }

    private Configuration configuration(String snapshot, String columns) {
        Configuration config = new Configuration();
        config.set(StateBackendOptions.STATE_BACKEND, LsmStateBackendFactory.class.getName());
        config.set(LsmBackendOptions.LEVEL0_TRIGGER, 2);
        config.set(LsmBackendOptions.TARGET_FILE_SIZE, MemorySize.parse("64kb"));
        config.set(LsmBackendOptions.VALUE_COLUMNS, columns);
        config.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        config.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        config.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                root.resolve("checkpoints").toUri().toString());
        config.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        // Small SSTables are files of their own, too; manifests then are as well.
        config.set(CheckpointingOptions.FS_SMALL_FILE_THRESHOLD, MemorySize.ZERO);
        if (snapshot != null) {
            config.set(StateRecoveryOptions.SAVEPOINT_PATH, snapshot);
            config.set(StateRecoveryOptions.RESTORE_MODE, RecoveryClaimMode.NO_CLAIM);
        }
        return config;
    }
}
