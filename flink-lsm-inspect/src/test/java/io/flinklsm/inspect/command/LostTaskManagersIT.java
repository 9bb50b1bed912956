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

import io.flinklsm.inspect.gc.Audit;
import io.flinklsm.inspect.gc.AuditOptions;
import io.flinklsm.inspect.testing.Run;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.testutils.CommonTestUtils;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.source.legacy.SourceFunction;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a job that lost its TaskManagers while it took checkpoints. */
@Timeout(240)
final class LostTaskManagersIT {

    private static final int LOSSES = 3;

    @TempDir Path root;

    @Test
    void nothingIsMissingAndWhatGcDeletesIsMissedByNothing() throws Exception {
        Path checkpoints = root.resolve("checkpoints");
        try (var cluster = cluster()) {
            cluster.start();
            JobID job = cluster.submitJob(job(checkpoints)).get(90, TimeUnit.SECONDS).getJobID();
            for (int loss = 0; loss < LOSSES; loss++) {
                CommonTestUtils.waitForAllTaskRunning(cluster, job, false);
                CommonTestUtils.waitForNewCheckpoint(job, cluster);
                // The job goes on: whatever it needs is there, and nothing may be judged yet.
                Audit running = Audit.of(checkpoints.toString(), careful());
                assertThat(running.deletable()).isEmpty();
                cluster.startTaskManager();
                cluster.terminateTaskManager(loss).get(90, TimeUnit.SECONDS);
            }
            CommonTestUtils.waitForAllTaskRunning(cluster, job, false);
            CommonTestUtils.waitForNewCheckpoint(job, cluster);
            cluster.cancelJob(job).get(90, TimeUnit.SECONDS);
            cluster.requestJobResult(job).get(90, TimeUnit.SECONDS);
        }
        AuditOptions ended = AuditOptions.ofEndedJobs(Run.NOW_MILLIS);
        Audit left = Audit.of(checkpoints.toString(), ended);
        assertThat(left.checkpoints()).isNotEmpty();
        assertThat(left.missing()).isEmpty();

        Run gc =
                Run.of(
                        "gc",
                        "--delete",
                        "--yes",
                        "--job-ended",
                        "--older-than",
                        "0s",
                        checkpoints.toString());

        assertThat(gc.exitCode()).as(gc.err()).isZero();
        Audit clean = Audit.of(checkpoints.toString(), ended);
        assertThat(clean.missing()).isEmpty();
        assertThat(clean.unneeded()).isEmpty();
        assertThat(clean.neededFiles()).isEqualTo(left.neededFiles());
        for (Audit.Retained checkpoint : clean.checkpoints()) {
            Run verify = Run.of("verify", checkpoint.location());
            assertThat(verify.exitCode()).as(verify.out()).isZero();
        }
    }

    private static AuditOptions careful() {
        return new AuditOptions(
                Duration.ofDays(1),
                System.currentTimeMillis(),
                false,
                false,
                false,
                List.of(),
                Duration.ofMinutes(1));
    }

    private static JobGraph job(Path checkpoints) {
        var configuration = new Configuration();
        configuration.set(
                StateBackendOptions.STATE_BACKEND,
                "io.flinklsm.statebackend.LsmStateBackendFactory");
        configuration.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoints.toUri().toString());
        // Every file is one that can be left behind.
        configuration.set(CheckpointingOptions.FS_SMALL_FILE_THRESHOLD, MemorySize.ZERO);
        configuration.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        configuration.set(
                RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, Integer.MAX_VALUE);
        configuration.set(
                RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(10));
        var environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        environment.setParallelism(2);
        environment.enableCheckpointing(20);
        environment
                .addSource(new Numbers(), "numbers", Types.LONG)
                .setParallelism(1)
                .keyBy(number -> number % 5_000, Types.LONG)
                .process(new Counts());
        return environment.getStreamGraph().getJobGraph();
    }

    /** Numbers without end. */
    private static final class Numbers implements SourceFunction<Long> {
        private static final long serialVersionUID = 1L;

        private volatile boolean cancelled;

        @Override
        public void run(SourceContext<Long> out) {
            for (long number = 0; !cancelled; number++) {
                synchronized (out.getCheckpointLock()) {
                    out.collect(number);
                }
                LockSupport.parkNanos(10_000);
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    private static final class Counts extends KeyedProcessFunction<Long, Long, Long> {
        private static final long serialVersionUID = 1L;

        private transient ValueState<Long> count;

        @Override
        public void open(OpenContext context) {
            count = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Types.LONG));
        }

        @Override
        public void processElement(Long number, Context context, Collector<Long> out)
                throws Exception {
            Long before = count.value();
            count.update(before == null ? 1 : before + 1);
        }
    }

    private static MiniCluster cluster() {
        var configuration = new Configuration();
        configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(64));
        configuration.set(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS, 2);
        configuration.set(RestOptions.BIND_PORT, "0");
        return new MiniCluster(
                new MiniClusterConfiguration.Builder()
                        .setConfiguration(configuration)
                        .setNumTaskManagers(1)
                        .setNumSlotsPerTaskManager(2)
                        .build());
    }
}
