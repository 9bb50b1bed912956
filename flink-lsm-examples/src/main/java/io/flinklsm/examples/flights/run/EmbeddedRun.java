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
package io.flinklsm.examples.flights.run;

import io.flinklsm.examples.flights.job.FlightResults;
import io.flinklsm.examples.flights.job.FlightsJob;
import io.flinklsm.examples.flights.source.Replay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.executiongraph.ErrorInfo;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Runs the job once, on a cluster in this process that lives as long as the job. */
public final class EmbeddedRun {

    private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(1);
    private static final int RETAINED_CHECKPOINTS = 3;
    private static final long POLL_MILLIS = 200;

    private final RunPlan plan;
    private final RunProgress.Listener listener;

    public EmbeddedRun(RunPlan plan, RunProgress.Listener listener) {
        this.plan = plan;
        this.listener = listener;
    }

    /**
     * Runs the job to its end.
     *
     * @throws RunFailedException if the job fails for good
     */
    public RunReport run() throws Exception {
        Path results = Files.createDirectories(plan.directories().work().resolve("results"));
        Configuration configuration = configuration();
        var environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        FlightsJob.build(
                environment,
                plan.log().input(),
                plan.log().summary(),
                new Replay(
                        plan.parallelism(),
                        plan.flightsPerSecond(),
                        plan.fail() ? plan.log().summary().flights() / 3 : Replay.NO_HOLD,
                        plan.backend() == Backend.LSM && plan.directories().sstableCopies() != null
                                ? copiedCheckpoint(plan).toString()
                                : null),
                plan.fail() ? middle() : FlightsJob.NO_FAILURE,
                results);
        JobGraph graph = environment.getStreamGraph().getJobGraph();
        var cluster =
                new MiniCluster(
                        new MiniClusterConfiguration.Builder()
                                .setConfiguration(configuration)
                                .setNumTaskManagers(1)
                                .setNumSlotsPerTaskManager(plan.parallelism())
                                .build());
        try (cluster) {
            cluster.start();
            JobID job = cluster.submitJob(graph).get().getJobID();
            return watch(cluster, job, results);
        }
    }

    /** Where the watch tells which checkpoint it has copied. */
    static Path copiedCheckpoint(RunPlan plan) {
        return plan.directories().work().resolve("copied-checkpoint");
    }

    private RunReport watch(MiniCluster cluster, JobID job, Path results) throws Exception {
        var watch = new JobWatch(plan, System.nanoTime());
        while (true) {
            AccessExecutionGraph graph = cluster.getExecutionGraph(job).get();
            listener.onProgress(watch.observe(graph));
            if (graph.getState().isGloballyTerminalState()) {
                if (graph.getState() != JobStatus.FINISHED) {
                    throw new RunFailedException(plan.backend(), failure(graph));
                }
                return watch.report(graph, FlightResults.read(results));
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    private static Throwable failure(AccessExecutionGraph graph) {
        ErrorInfo failure = graph.getFailureInfo();
        return failure == null
                ? new IllegalStateException("the job ended as " + graph.getState())
                : failure.getException().deserializeError(EmbeddedRun.class.getClassLoader());
    }

    private long middle() {
        return plan.log().summary().flights() / 2;
    }

    private Configuration configuration() throws IOException {
        var configuration = new Configuration();
        configuration.set(StateBackendOptions.STATE_BACKEND, plan.backend().type());
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, CHECKPOINT_INTERVAL);
        configuration.set(
                CheckpointingOptions.INCREMENTAL_CHECKPOINTS, plan.backend().isIncremental());
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                Files.createDirectories(plan.directories().checkpoints()).toUri().toString());
        configuration.set(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS, RETAINED_CHECKPOINTS);
        configuration.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 2);
        configuration.set(
                RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(500));
        configuration.set(CoreOptions.DEFAULT_PARALLELISM, plan.parallelism());
        configuration.set(
                CoreOptions.TMP_DIRS,
                Files.createDirectories(plan.directories().work().resolve("tmp")).toString());
        configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(128));
        // No serializer falls back to Kryo unnoticed.
        configuration.set(PipelineOptions.GENERIC_TYPES, false);
        // Accumulators travel with heartbeats: this often the progress is news.
        configuration.set(HeartbeatManagerOptions.HEARTBEAT_INTERVAL, Duration.ofMillis(250));
        configuration.set(RestOptions.BIND_PORT, "0");
        plan.options().forEach(configuration::setString);
        return configuration;
    }
}
