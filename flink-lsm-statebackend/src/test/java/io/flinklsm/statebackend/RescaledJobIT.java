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

import io.flinklsm.statebackend.testing.FarFileSystem;
import io.flinklsm.statebackend.testing.NumberJob;
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
 * A job on a cluster that is stopped and goes on from checkpoints and savepoints, with another
 * parallelism each time and sometimes another state backend; keys and values go through Kryo.
 */
@Timeout(240)
class RescaledJobIT {

    private static final long STRETCH = 1500;

    @RegisterExtension
    private static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(
                    new MiniClusterResourceConfiguration.Builder()
                            .setNumberTaskManagers(1)
                            .setNumberSlotsPerTaskManager(3)
                            .setConfiguration(clusterConfiguration())
                            .build());

    @TempDir Path root;
    private boolean fileMerging;

    /** Whether checkpoints are on another machine, so that no file of them is linked. */
    private boolean far;

    private String restore = "lazy";
    private String placement = "local";

    private enum Stop {
        CHECKPOINT,
        NATIVE_SAVEPOINT,
        CANONICAL_SAVEPOINT,
        END
    }

    private record Stretch(String backend, int parallelism, RecoveryClaimMode claim, Stop stop) {}

    @Test
    void claimedCheckpointsRescaleUpAndDown(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        run(
                cluster,
                new Stretch("lsm", 2, RecoveryClaimMode.CLAIM, Stop.CHECKPOINT),
                new Stretch("lsm", 3, RecoveryClaimMode.CLAIM, Stop.CHECKPOINT),
                new Stretch("lsm", 1, RecoveryClaimMode.CLAIM, Stop.CHECKPOINT),
                new Stretch("lsm", 1, RecoveryClaimMode.CLAIM, Stop.CHECKPOINT),
                new Stretch("lsm", 3, RecoveryClaimMode.CLAIM, Stop.END));
    }

    @Test
    void unclaimedCheckpointsRescale(@InjectMiniCluster MiniCluster cluster) throws Exception {
        run(
                cluster,
                new Stretch("lsm", 2, RecoveryClaimMode.NO_CLAIM, Stop.CHECKPOINT),
                new Stretch("lsm", 2, RecoveryClaimMode.NO_CLAIM, Stop.CHECKPOINT),
                new Stretch("lsm", 1, RecoveryClaimMode.NO_CLAIM, Stop.END));
    }

    /** The files of a checkpoint are listed again by backends that have fetched none of them. */
    @Test
    void claimedCheckpointsOfAnotherMachineRescale(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        far = true;
        claimedCheckpointsRescaleUpAndDown(cluster);
    }

    @Test
    void unclaimedCheckpointsOfAnotherMachineRescale(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        far = true;
        unclaimedCheckpointsRescale(cluster);
    }

    @Test
    void eagerRestoresOfAnotherMachineRescale(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        far = true;
        restore = "eager";
        claimedCheckpointsRescaleUpAndDown(cluster);
    }

    @Test
    void stateThatStaysOnAnotherMachineRescales(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        far = true;
        placement = "remote";
        claimedCheckpointsRescaleUpAndDown(cluster);
        unclaimedCheckpointsRescale(cluster);
    }

    @Test
    void mergedFilesOfAnotherMachineRescale(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        far = true;
        checkpointsInMergedFilesRescale(cluster);
    }

    @Test
    void claimedNativeSavepointOfAnotherMachineIsFollowedByCheckpoints(
            @InjectMiniCluster MiniCluster cluster) throws Exception {
        far = true;
        claimedNativeSavepointIsFollowedByCheckpoints(cluster);
    }

    /** FLINK-35570: several SSTables share a file on the checkpoint storage. */
    @Test
    void checkpointsInMergedFilesRescale(@InjectMiniCluster MiniCluster cluster) throws Exception {
        fileMerging = true;
        run(
                cluster,
                new Stretch("lsm", 2, RecoveryClaimMode.CLAIM, Stop.CHECKPOINT),
                new Stretch("lsm", 2, RecoveryClaimMode.CLAIM, Stop.CHECKPOINT),
                new Stretch("lsm", 3, RecoveryClaimMode.NO_CLAIM, Stop.CHECKPOINT),
                new Stretch("lsm", 1, RecoveryClaimMode.CLAIM, Stop.END));
    }

    /** FLINK-39964: the checkpoint after the claimed savepoint must not lean on its files. */
    @Test
    void claimedNativeSavepointIsFollowedByCheckpoints(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        run(
                cluster,
                new Stretch("lsm", 2, RecoveryClaimMode.NO_CLAIM, Stop.NATIVE_SAVEPOINT),
                new Stretch("lsm", 2, RecoveryClaimMode.CLAIM, Stop.CHECKPOINT),
                new Stretch("lsm", 2, RecoveryClaimMode.CLAIM, Stop.CHECKPOINT),
                new Stretch("lsm", 3, RecoveryClaimMode.NO_CLAIM, Stop.END));
    }

    @Test
    void canonicalSavepointsChangeTheBackend(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        run(
                cluster,
                new Stretch("hashmap", 2, RecoveryClaimMode.NO_CLAIM, Stop.CANONICAL_SAVEPOINT),
                new Stretch("lsm", 3, RecoveryClaimMode.NO_CLAIM, Stop.CANONICAL_SAVEPOINT),
                new Stretch("rocksdb", 1, RecoveryClaimMode.NO_CLAIM, Stop.CANONICAL_SAVEPOINT),
                new Stretch("lsm", 2, RecoveryClaimMode.NO_CLAIM, Stop.CANONICAL_SAVEPOINT),
                new Stretch("hashmap", 1, RecoveryClaimMode.NO_CLAIM, Stop.END));
    }

    private void run(MiniCluster cluster, Stretch... stretches) throws Exception {
        String run = UUID.randomUUID().toString();
        String snapshot = null;
        for (int i = 0; i < stretches.length; i++) {
            Stretch stretch = stretches[i];
            StreamExecutionEnvironment env =
                    StreamExecutionEnvironment.getExecutionEnvironment(
                            jobConfiguration(stretch, snapshot));
            env.setParallelism(stretch.parallelism());
            NumberJob.define(env, run, i * STRETCH, (i + 1) * STRETCH, stretch.stop() == Stop.END);
            JobClient job = env.executeAsync();
            snapshot = stop(cluster, job, run, stretch.stop());
        }
        assertThat(NumberJob.told(run)).isEqualTo(NumberJob.expected(stretches.length * STRETCH));
    }

    private String stop(MiniCluster cluster, JobClient job, String run, Stop stop)
            throws Exception {
        if (stop == Stop.END) {
            get(job.getJobExecutionResult());
            return null;
        }
        NumberJob.awaitProcessed(run);
        String savepoints = uri("savepoints");
        return switch (stop) {
            case NATIVE_SAVEPOINT ->
                    get(job.stopWithSavepoint(false, savepoints, SavepointFormatType.NATIVE));
            case CANONICAL_SAVEPOINT ->
                    get(job.stopWithSavepoint(false, savepoints, SavepointFormatType.CANONICAL));
            default -> {
                // Twice, so that the second one shares files with the first.
                get(cluster.triggerCheckpoint(job.getJobID()));
                String path = get(cluster.triggerCheckpoint(job.getJobID()));
                get(job.cancel());
                job.getJobExecutionResult().handle((result, failure) -> true).get();
                yield path;
            }
        };
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(90, TimeUnit.SECONDS);
    }

    private static Configuration clusterConfiguration() {
        Configuration config = new Configuration();
        config.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(192));
        return config;
    }

    private String uri(String directory) {
        Path path = root.resolve(directory);
        return far ? FarFileSystem.far(path).toString() : path.toUri().toString();
    }

    private Configuration jobConfiguration(Stretch stretch, String snapshot) {
        Configuration config = new Configuration();
        config.set(
                StateBackendOptions.STATE_BACKEND,
                stretch.backend().equals("lsm")
                        ? LsmStateBackendFactory.class.getName()
                        : stretch.backend());
        config.set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"));
        config.set(LsmBackendOptions.LEVEL0_TRIGGER, 2);
        config.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        config.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        config.set(CheckpointingOptions.FS_SMALL_FILE_THRESHOLD, MemorySize.ZERO);
        config.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, uri("checkpoints"));
        config.set(LsmBackendOptions.RESTORE, restore);
        config.set(LsmBackendOptions.PLACEMENT, placement);
        config.set(LsmBackendOptions.LOCAL_CACHE_SIZE, MemorySize.ofMebiBytes(8));
        config.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        config.set(CheckpointingOptions.FILE_MERGING_ENABLED, fileMerging);
        if (snapshot != null) {
            config.set(StateRecoveryOptions.SAVEPOINT_PATH, snapshot);
            config.set(StateRecoveryOptions.RESTORE_MODE, stretch.claim());
        }
        return config;
    }
}
