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
import static org.assertj.core.api.Assertions.catchThrowable;

import io.flinklsm.statebackend.testing.LogLines;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.checkpoint.CheckpointCoordinator;
import org.apache.flink.runtime.checkpoint.CheckpointFailureManager;
import org.apache.flink.runtime.checkpoint.CheckpointFailureReason;
import org.apache.flink.runtime.checkpoint.FailedCheckpointStats;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.executiongraph.ErrorInfo;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.testutils.CommonTestUtils;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.InjectMiniCluster;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.FileUtils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * docs/operations.md, "When something is set up wrongly": what the job manager's page of exceptions
 * has of a job. A wrong value is {@link WrongOptionIT}'s; keys without effect, memory and two jars
 * are told in the log ({@link UnheededKeysTest}, {@code SlotMemoryTest}, {@link LogTest}); disks
 * that fill up are {@link BackendFaultsTest}'s.
 */
@Timeout(180)
final class MisconfigurationIT {

    @RegisterExtension
    private static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(
                    new MiniClusterResourceConfiguration.Builder()
                            .setNumberTaskManagers(1)
                            .setNumberSlotsPerTaskManager(1)
                            .build());

    @TempDir Path root;

    @Test
    void aDirectoryThatIsAFile(@InjectMiniCluster MiniCluster cluster) throws Exception {
        Path file = Files.writeString(root.resolve("state"), "a file");

        String page =
                exceptionOf(
                        cluster,
                        config -> config.set(LsmBackendOptions.LOCAL_DIRECTORIES, file.toString()));

        assertThat(page)
                .contains("the keyed state backend could not be made")
                .contains("no local directory can be used: tried=1, " + file)
                .contains("or name others in state.backend.lsm.local-directories.");
    }

    @Test
    void aCheckpointOfRocksDb(@InjectMiniCluster MiniCluster cluster) throws Exception {
        Path checkpoint = checkpointOfRocksDb(cluster);

        String page =
                exceptionOf(
                        cluster,
                        config ->
                                config.set(
                                        StateRecoveryOptions.SAVEPOINT_PATH,
                                        checkpoint.toUri().toString()));

        assertThat(page)
                .contains("the checkpoint was not taken by flink-lsm")
                .contains(
                        "to change over from another state backend, take a canonical savepoint"
                                + " there and restore from it.");
    }

    @Test
    void aMisspelledOptionIsInTheLog(@InjectMiniCluster MiniCluster cluster) throws Exception {
        Path file = Files.writeString(root.resolve("state"), "a file");
        try (LogLines log = LogLines.of(LsmStateBackend.class)) {
            exceptionOf(
                    cluster,
                    config -> {
                        config.setString("state.backend.lsm.memtable-sise", "1mb");
                        config.set(LsmBackendOptions.LOCAL_DIRECTORIES, file.toString());
                    });

            assertThat(log.warnings())
                    .isNotEmpty()
                    .allSatisfy(
                            line ->
                                    assertThat(line)
                                            .contains("state.backend.lsm.memtable-sise")
                                            .contains(
                                                    "did you mean"
                                                            + " state.backend.lsm.memtable-size?"));
        }
    }

    /** Flink puts no cause into what its page of checkpoints shows; its log has it. */
    @Test
    void aCheckpointStorageThatTakesNoFile(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        Configuration config = configuration("io.flinklsm.statebackend.LsmStateBackendFactory");
        config.set(CheckpointingOptions.FS_SMALL_FILE_THRESHOLD, MemorySize.ZERO);
        // Else the failed checkpoint fails the job, sooner or later than it is cancelled.
        config.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, 10);
        JobClient job = start(config);
        try (LogLines log = LogLines.of(CheckpointCoordinator.class);
                LogLines attempts = LogLines.of(CheckpointFailureManager.class)) {
            CommonTestUtils.waitForAllTaskRunning(cluster, job.getJobID(), false);
            cluster.triggerCheckpoint(job.getJobID()).get();
            Path shared = root.resolve("c").resolve(job.getJobID().toString()).resolve("shared");
            FileUtils.deleteDirectory(shared.toFile());
            Files.writeString(shared, "a file");
            Throwable refused =
                    catchThrowable(() -> cluster.triggerCheckpoint(job.getJobID()).get());

            assertThat(refused).isNotNull();
            // Who asked for the checkpoint is answered before the log and the page have it.
            CommonTestUtils.waitUntilCondition(() -> !attempts.warnings().isEmpty());
            CommonTestUtils.waitUntilCondition(() -> latestFailed(cluster, job) != null);
            List<String> failures = new ArrayList<>(log.failures());
            failures.addAll(attempts.failures());
            assertThat(failures)
                    .as("%s %s %s", log.infos(), attempts.infos(), refused)
                    .anySatisfy(
                            failure ->
                                    assertThat(failure)
                                            .contains(
                                                    "the file could not be put on the checkpoint"
                                                            + " storage")
                                            .contains(shared.toString())
                                            .contains(
                                                    "see that execution.checkpointing.dir has room"
                                                            + " and can be written."));
            assertThat(Objects.requireNonNull(latestFailed(cluster, job)).getFailureMessage())
                    .isEqualTo(CheckpointFailureReason.CHECKPOINT_ASYNC_EXCEPTION.message());
        } finally {
            job.cancel().get();
            awaitEnd(cluster, job.getJobID());
        }
    }

    private static @Nullable FailedCheckpointStats latestFailed(MiniCluster cluster, JobClient job)
            throws Exception {
        return cluster.getExecutionGraph(job.getJobID())
                .get()
                .getCheckpointStatsSnapshot()
                .getHistory()
                .getLatestFailedCheckpoint();
    }

    private Path checkpointOfRocksDb(MiniCluster cluster) throws Exception {
        Configuration config = configuration("rocksdb");
        JobClient job = start(config);
        CommonTestUtils.waitForAllTaskRunning(cluster, job.getJobID(), false);
        String path = cluster.triggerCheckpoint(job.getJobID()).get();
        job.cancel().get();
        awaitEnd(cluster, job.getJobID());
        return Path.of(URI.create(path));
    }

    /** What the page of exceptions shows: the failure with all its causes. */
    private String exceptionOf(MiniCluster cluster, Consumer<Configuration> changes)
            throws Exception {
        Configuration config = configuration("io.flinklsm.statebackend.LsmStateBackendFactory");
        changes.accept(config);
        JobClient job = start(config);
        Throwable failure = catchThrowable(() -> job.getJobExecutionResult().get());
        assertThat(failure).isNotNull();
        AccessExecutionGraph graph = cluster.getExecutionGraph(job.getJobID()).get();
        ErrorInfo info = graph.getFailureInfo();
        assertThat(info).isNotNull();
        return info.getExceptionAsString();
    }

    private Configuration configuration(String backend) {
        Configuration config = new Configuration();
        config.set(StateBackendOptions.STATE_BACKEND, backend);
        config.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        config.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY, root.resolve("c").toUri().toString());
        config.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        config.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
        return config;
    }

    private static JobClient start(Configuration config) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(config);
        env.setParallelism(1);
        env.fromSequence(0, Long.MAX_VALUE)
                .uid("numbers")
                .keyBy(number -> number % 1000)
                .reduce(Long::sum)
                .uid("sums")
                .sinkTo(new DiscardingSink<>())
                .uid("nowhere");
        return env.executeAsync();
    }

    private static void awaitEnd(MiniCluster cluster, JobID job) throws Exception {
        cluster.requestJobResult(job).get();
    }
}
