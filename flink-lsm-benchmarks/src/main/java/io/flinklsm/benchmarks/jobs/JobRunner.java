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
package io.flinklsm.benchmarks.jobs;

import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.run.ThreadCpu;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.runtime.checkpoint.AbstractCheckpointStats;
import org.apache.flink.runtime.checkpoint.CheckpointStatsSnapshot;
import org.apache.flink.runtime.checkpoint.CompletedCheckpointStats;
import org.apache.flink.runtime.checkpoint.TaskStateStats;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamStatementSet;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/**
 * Runs jobs in this JVM, one after another, on one backend and one embedded cluster. Confined to
 * one thread; the caller closes it, which deletes its directory.
 */
final class JobRunner implements AutoCloseable {

    /**
     * A watermark says that no earlier row nor one of its own time follows, and a session that a
     * row only touches is over by the watermark of the millisecond before. Ten rows have the same
     * millisecond, so the watermark stays two behind: else it would depend on the second in which
     * it comes which of the ten are late, or begin a new session.
     */
    private static final String TABLES =
            """
            CREATE TABLE person (
              id BIGINT, name STRING, email STRING, city STRING, state STRING,
              madeAt TIMESTAMP(3), extra STRING,
              WATERMARK FOR madeAt AS madeAt - INTERVAL '0.002' SECOND
            ) WITH (%1$s, 'table' = 'person');
            CREATE TABLE auction (
              id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT,
              madeAt TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT,
              WATERMARK FOR madeAt AS madeAt - INTERVAL '0.002' SECOND
            ) WITH (%1$s, 'table' = 'auction');
            CREATE TABLE bid (
              auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING,
              madeAt TIMESTAMP(3), extra STRING,
              WATERMARK FOR madeAt AS madeAt - INTERVAL '0.002' SECOND
            ) WITH (%1$s, 'table' = 'bid')\
            """;

    private final Peer peer;
    private final JobScale scale;
    private final int parallelism;
    private final Path directory;
    private final Configuration configuration;
    private final MiniCluster cluster;

    private JobRunner(
            Peer peer,
            JobScale scale,
            int parallelism,
            Path directory,
            Configuration configuration,
            MiniCluster cluster) {
        this.peer = peer;
        this.scale = scale;
        this.parallelism = parallelism;
        this.directory = directory;
        this.configuration = configuration;
        this.cluster = cluster;
    }

    /**
     * Starts the cluster.
     *
     * @param managedMegabytes managed memory of the task manager
     * @param parallelism of every operator
     * @param directory is made here, and deleted at the end
     */
    static JobRunner open(
            Peer peer, JobScale scale, int managedMegabytes, int parallelism, Path directory)
            throws Exception {
        Files.createDirectories(directory.resolve("tmp"));
        Configuration configuration =
                configuration(peer, scale, managedMegabytes, parallelism, directory);
        MiniCluster cluster =
                new MiniCluster(
                        new MiniClusterConfiguration.Builder()
                                .setConfiguration(configuration)
                                .setNumTaskManagers(1)
                                .setNumSlotsPerTaskManager(parallelism)
                                .build());
        cluster.start();
        return new JobRunner(peer, scale, parallelism, directory, configuration, cluster);
    }

    /** Runs a job to its end. */
    JobResult run(JobCase job) throws Exception {
        ResultDigest.reset();
        JobClock.reset(scale.restMillis());
        // The garbage of an earlier job is not this one's.
        System.gc();
        resetPeakOfResidentMemory();
        JobID id = cluster.submitJob(graph(job)).get(1, TimeUnit.MINUTES).getJobID();
        cluster.requestJobResult(id)
                .get(20, TimeUnit.MINUTES)
                .toJobExecutionResult(JobRunner.class.getClassLoader());
        JobClock.Reading used = JobClock.sinceStart();
        Map<ThreadCpu.Kind, Long> cpuByKind = JobClock.cpuByKind();
        return result(
                job,
                used,
                cpuByKind,
                cluster.getExecutionGraph(id)
                        .get(1, TimeUnit.MINUTES)
                        .getCheckpointStatsSnapshot());
    }

    @Override
    public void close() throws Exception {
        try {
            cluster.close();
        } finally {
            delete(directory);
        }
    }

    private static Configuration configuration(
            Peer peer, JobScale scale, int managedMegabytes, int parallelism, Path directory) {
        Configuration configuration = peer.configuration();
        configuration.set(
                TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(managedMegabytes));
        configuration.set(CoreOptions.TMP_DIRS, directory.resolve("tmp").toString());
        configuration.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                directory.resolve("checkpoints").toUri().toString());
        configuration.set(
                CheckpointingOptions.CHECKPOINTING_INTERVAL,
                Duration.ofMillis(scale.checkpointMillis()));
        configuration.set(CoreOptions.DEFAULT_PARALLELISM, parallelism);
        configuration.set(WebOptions.CHECKPOINTS_HISTORY_SIZE, 1_000);
        return configuration;
    }

    private JobGraph graph(JobCase job) throws Exception {
        try (StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment(configuration)) {
            environment.setParallelism(parallelism);
            environment.setMaxParallelism(128);
            String query = job.query();
            if (query == null) {
                TimerJob.define(environment, scale.events(), scale.unmeasuredEvents());
            } else {
                defineQuery(environment, query);
            }
            return environment.getStreamGraph().getJobGraph();
        }
    }

    private void defineQuery(StreamExecutionEnvironment environment, String query) {
        StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
        String options =
                String.format(
                        Locale.ROOT,
                        "'connector' = '%s', 'events' = '%d', 'unmeasured' = '%d'",
                        AuctionTableFactory.IDENTIFIER,
                        scale.events(),
                        scale.unmeasuredEvents());
        for (String table : String.format(Locale.ROOT, TABLES, options).split(";", -1)) {
            tables.executeSql(table);
        }
        StreamStatementSet statements = tables.createStatementSet();
        statements.addInsert(
                org.apache.flink.table.api.TableDescriptor.forConnector(
                                DigestTableFactory.IDENTIFIER)
                        .build(),
                tables.sqlQuery(query));
        statements.attachAsDataStream();
    }

    private JobResult result(
            JobCase job,
            JobClock.Reading used,
            Map<ThreadCpu.Kind, Long> cpuByKind,
            CheckpointStatsSnapshot checkpoints)
            throws IOException {
        int completed = 0;
        long longestSyncMillis = 0;
        long longestAsyncMillis = 0;
        long stateBytes = 0;
        for (AbstractCheckpointStats stats : checkpoints.getHistory().getCheckpoints()) {
            if (stats instanceof CompletedCheckpointStats) {
                completed++;
                stateBytes = Math.max(stateBytes, stats.getStateSize());
                for (TaskStateStats task : stats.getAllTaskStateStats()) {
                    TaskStateStats.TaskStateStatsSummary summary = task.getSummaryStats();
                    longestSyncMillis =
                            Math.max(
                                    longestSyncMillis,
                                    summary.getSyncCheckpointDurationStats().getMaximum());
                    longestAsyncMillis =
                            Math.max(
                                    longestAsyncMillis,
                                    summary.getAsyncCheckpointDurationStats().getMaximum());
                }
            }
        }
        Map<String, Double> cpuMillis = new LinkedHashMap<>();
        cpuByKind.forEach((kind, nanos) -> cpuMillis.put(kind.label(), nanos / 1e6));
        ResultDigest digest = ResultDigest.current();
        return new JobResult(
                job.label(),
                peer.label(),
                scale.events() - scale.unmeasuredEvents(),
                new JobResult.Times(
                        used.wallNanos() / 1e6,
                        (used.cpuNanos() - used.compilerCpuNanos()) / 1e6,
                        used.compilerCpuNanos() / 1e6,
                        used.gcMillis(),
                        cpuMillis),
                new JobResult.Checkpoints(
                        completed, longestSyncMillis, longestAsyncMillis, stateBytes),
                new JobResult.Memory(
                        peakOfResidentMemory(),
                        configuration.get(TaskManagerOptions.MANAGED_MEMORY_SIZE).getBytes()),
                used.writtenBytes(),
                new JobResult.Answer(digest.rows(), Long.toHexString(digest.hash())));
    }

    /** Linux: writing 5 there makes the present size the new peak. */
    private static void resetPeakOfResidentMemory() throws IOException {
        Path peak = Path.of("/proc/self/clear_refs");
        if (Files.isWritable(peak)) {
            Files.write(peak, "5".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static long peakOfResidentMemory() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) {
            return 0;
        }
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        return 0;
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
