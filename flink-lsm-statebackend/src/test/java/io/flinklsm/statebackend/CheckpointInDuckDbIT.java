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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.statebackend.testing.PlaneJob;
import io.flinklsm.statebackend.testing.SqlRecipe;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.core.execution.SavepointFormatType;
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

    /** By default small SSTables are files of their own, too; manifests then are as well. */
    private MemorySize inlineThreshold = MemorySize.ZERO;

    /** Where the last snapshot of a stretch goes, if it is a native savepoint. */
    private String savepoints;

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

    @Test
    void operatorsWithAStateOfOneNameAreNotMixed(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        String checkpoint = stretch(cluster, null, 2, 0, 1000, "typed");

        try (SqlRecipe sql = recipe(checkpoint)) {
            assertThatThrownBy(() -> sql.readRows("kv/last"))
                    .hasMessageContaining("[tree kv/last] several operators have it: operators=")
                    .hasMessageContaining("set the variable operator to one of them");
            List<String> operators =
                    sql.query("SELECT DISTINCT operator FROM listed WHERE tree = 'kv/last'");
            assertThat(operators).hasSize(2).allMatch(id -> id.matches("[0-9a-f]{32}"));

            sql.onlyOperatorWith("kv/planes");
            operators.remove(sql.query("SELECT getvariable('operator')").get(0));
            sql.readRows("kv/last");
            assertThat(sql.query("SELECT key, value.f0, value.f1 FROM current_rows ORDER BY key"))
                    .containsExactlyElementsOf(PlaneJob.model(1000).last());

            sql.setOperator(operators.get(0));
            sql.readRows("kv/last");
            assertThat(sql.query("SELECT key, value FROM current_rows ORDER BY key"))
                    .containsExactlyElementsOf(PlaneJob.model(1000).otherLast());
        }
    }

    /** As the demo's: small SSTables stand inside Flink's metadata, large ones do not. */
    @Test
    void sstablesInsideTheMetadataAreNamedInsteadOfLeftOut(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        inlineThreshold = MemorySize.parse("4kb");
        String checkpoint = stretch(cluster, null, 2, 0, 3000, "typed");
        Path directory = Path.of(URI.create(checkpoint));
        Map<String, byte[]> inlined =
                sstablesInside(Files.readAllBytes(directory.resolve("_metadata")));
        assertThat(inlined).isNotEmpty();

        try (SqlRecipe sql = recipe(checkpoint)) {
            sql.onlyOperatorWith("kv/planes");
            List<String> left =
                    sql.query(
                            "SELECT DISTINCT name FROM listed WHERE tree = 'kv/last'"
                                    + " AND operator = getvariable('operator')");
            left.retainAll(inlined.keySet());
            assertThat(left).isNotEmpty();
            assertThatThrownBy(() -> sql.readRows("kv/last"))
                    .hasMessageContaining("SSTables are not among the files")
                    .hasMessageContainingAll(left.toArray(new String[0]))
                    .hasMessageContaining("\"bin/flink-lsm files --copy-to DIR CHECKPOINT\"");
        }

        Path copies = Files.createDirectory(root.resolve("copies"));
        for (Map.Entry<String, byte[]> file : inlined.entrySet()) {
            Files.write(copies.resolve(file.getKey()), file.getValue());
        }
        check(checkpoint, 3000, copies + "/*.parquet");
    }

    /** By the form that docs/format.md tells: name, kind, name of the handle, length, bytes. */
    private static Map<String, byte[]> sstablesInside(byte[] metadata) throws IOException {
        Map<String, byte[]> found = new HashMap<>();
        byte[] suffix = ".parquet".getBytes(StandardCharsets.US_ASCII);
        for (int at = suffix.length; at < metadata.length; at++) {
            if (Arrays.equals(metadata, at - suffix.length, at, suffix, 0, suffix.length)
                    && metadata[at] == 1) {
                int from = at;
                while ((metadata[from - 2] << 8 | metadata[from - 1]) != at - from) {
                    from--;
                }
                var in =
                        new DataInputStream(
                                new ByteArrayInputStream(metadata, at + 1, metadata.length));
                in.readUTF();
                byte[] bytes = new byte[in.readInt()];
                in.readFully(bytes);
                found.put(new String(metadata, from, at - from, StandardCharsets.US_ASCII), bytes);
            }
        }
        return found;
    }

    @Test
    void aNativeSavepointIsReadAsItIs(@InjectMiniCluster MiniCluster cluster) throws Exception {
        inlineThreshold = MemorySize.parse("1mb");
        savepoints = root.resolve("savepoints").toUri().toString();
        String savepoint = stretch(cluster, null, 2, 0, 2000, "typed");

        try (SqlRecipe sql = SqlRecipe.ofOneDirectory(Path.of(URI.create(savepoint)))) {
            check(sql, PlaneJob.model(2000));
        }
    }

    @Test
    void manifestsThatDoNotBelongTogetherAreRefused(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        Path directory = Path.of(URI.create(stretch(cluster, null, 2, 0, 1000, "typed")));
        Path other = Path.of(URI.create(stretch(cluster, null, 1, 0, 1000, "typed")));

        try (SqlRecipe sql = recipe(directory.toUri().toString())) {
            sql.addSstables(other.resolveSibling("shared") + "/*");
            sql.addManifests(other + "/*");
            assertThatThrownBy(() -> sql.readRows("kv/planes"))
                    .hasMessageContaining("two manifests hold the same keys: manifests=3");
            assertThatThrownBy(() -> sql.readRows("kv/plane"))
                    .hasMessageContaining("no manifest lists it: operator=(any), listed=")
                    .hasMessageContaining("kv/planes");
        }
    }

    private void check(String checkpoint, int to) throws Exception {
        check(checkpoint, to, null);
    }

    private void check(String checkpoint, int to, String more) throws Exception {
        try (SqlRecipe sql = recipe(checkpoint)) {
            if (more != null) {
                sql.addSstables(more);
            }
            check(sql, PlaneJob.model(to));
        }
    }

    private static void check(SqlRecipe sql, PlaneJob.Model model) throws Exception {
        sql.readRows("kv/planes");
        assertThat(
                        sql.query(
                                "SELECT key, value.tail, value.flights, value.size,"
                                        + " value.home.city, _value IS NULL"
                                        + " FROM current_rows ORDER BY key"))
                .containsExactlyElementsOf(model.planes());

        sql.onlyOperatorWith("kv/planes");
        sql.readRows("kv/last");
        assertThat(sql.query("SELECT key, value.f0, value.f1" + " FROM current_rows ORDER BY key"))
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

        sql.onlyOperatorWith("kv/window-contents");
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
        String path =
                savepoints == null
                        ? get(cluster.triggerCheckpoint(job.getJobID()))
                        : get(
                                cluster.triggerSavepoint(
                                        job.getJobID(),
                                        savepoints,
                                        false,
                                        SavepointFormatType.NATIVE));
        get(job.cancel());
        job.getJobExecutionResult().handle((result, failure) -> true).get();
        awaitDiscarded(Path.of(URI.create(path)));
        return path;
    }

    /** A job that has ended may still be deleting the files of checkpoints that were subsumed. */
    private static void awaitDiscarded(Path checkpoint) throws IOException {
        Path shared = checkpoint.resolveSibling("shared");
        String listed =
                Files.readString(checkpoint.resolve("_metadata"), StandardCharsets.ISO_8859_1);
        boolean isLeft = Files.isDirectory(shared);
        while (isLeft) {
            try (Stream<Path> files = Files.list(shared)) {
                isLeft = files.anyMatch(file -> !listed.contains(file.getFileName().toString()));
            }
            Thread.onSpinWait();
        }
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
        config.set(CheckpointingOptions.FS_SMALL_FILE_THRESHOLD, inlineThreshold);
        if (snapshot != null) {
            config.set(StateRecoveryOptions.SAVEPOINT_PATH, snapshot);
            config.set(StateRecoveryOptions.RESTORE_MODE, RecoveryClaimMode.NO_CLAIM);
        }
        return config;
    }
}
