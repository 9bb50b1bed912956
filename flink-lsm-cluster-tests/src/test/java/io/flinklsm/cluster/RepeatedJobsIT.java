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
package io.flinklsm.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flinklsm.cluster.testing.CheckedJob;
import io.flinklsm.cluster.testing.FlinkCluster;
import io.flinklsm.cluster.testing.HeapDump;
import io.flinklsm.cluster.testing.ProcessFigures;
import io.flinklsm.cluster.testing.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A job is submitted and cancelled again and again on one cluster, each time from the checkpoint of
 * the one before: what its processes take is the same at the end as after the first third, and no
 * class loader of an ended job is held.
 *
 * <p>{@code -Dflinklsm.submits=30} is the long form.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class RepeatedJobsIT {

    /** A third of them warm the processes up. */
    private static final int SUBMITS = Integer.getInteger("flinklsm.submits", 6);

    private static final int PARALLELISM = 2;

    /** Flink's own: jars of jobs, kept for an hour, and what its web page tells of ended jobs. */
    private static final Pattern KEPT_BY_FLINK =
            Pattern.compile("/blobStorage/|/archived[A-Za-z]*Store-");

    /** What a JVM compiles, and its allocator keeps, between the first third and the end. */
    private static final long GROWTH_KB_MAX = 40 << 10;

    /** Flink's pools start their threads as they need them: {@code cluster.io-pool.size}. */
    private static final int POOL_THREADS = 4;

    /** What tells threads of one kind apart: numbers, and ids of jobs and operators. */
    private static final Pattern COUNTED = Pattern.compile("[0-9a-f]{8,}|\\d+");

    private static final Pattern OF_A_TASK =
            Pattern.compile(
                    "io\\.flinklsm\\.("
                            + "core\\.(LsmStore|LsmTree|StoreResources|sstable\\.SstableReader)"
                            + "|statebackend\\.LsmKeyedStateBackend)( |$)");

    /** Where the backend is, and where its files are. */
    private enum Form {
        LIB(true, "local"),
        USER_JAR(false, "local"),
        LIB_REMOTE(true, "remote"),
        USER_JAR_REMOTE(false, "remote");

        private final boolean isInLib;
        private final String placement;

        Form(boolean isInLib, String placement) {
            this.isInLib = isInLib;
            this.placement = placement;
        }
    }

    @TempDir Path root;

    private Path reports;
    private FlinkCluster cluster;

    @ParameterizedTest
    @EnumSource
    void processesTakeNoMoreAfterManyJobs(Form form) throws Exception {
        reports = Files.createDirectories(root.resolve("reports"));
        Path jar = CheckedJob.jar(root.resolve("job.jar"));
        try (FlinkCluster started =
                new FlinkCluster(
                        root.resolve("flink"),
                        root.resolve("no-plugins"),
                        Map.of(),
                        form.isInLib,
                        true)) {
            cluster = started;
            cluster.startTaskManager();
            cluster.awaitTaskManagers(1);
            String checkpoint = null;
            Figures afterFirst = null;
            for (int i = 1; i <= SUBMITS; i++) {
                JobGraph graph =
                        CheckedJob.graph(settings(form), reports, jar, PARALLELISM, checkpoint);
                if (!form.isInLib) {
                    graph.addJar(
                            new org.apache.flink.core.fs.Path(FlinkCluster.runtimeJar().toUri()));
                }
                checkpoint = runAndCancel(graph);
                if (i == SUBMITS / 3) {
                    afterFirst = figures();
                }
            }
            Figures atEnd = figures();

            System.out.println(
                    "RepeatedJobsIT: form="
                            + form
                            + ", submits="
                            + SUBMITS
                            + ", after a third="
                            + afterFirst
                            + ", at the end="
                            + atEnd);
            assertFlat(afterFirst, atEnd);
            assertThat(atEnd.loaders()).as("class loaders of ended jobs").isEmpty();
        }
    }

    private Configuration settings(Form form) {
        Map<String, String> values = new HashMap<>();
        values.put("state.backend.type", "io.flinklsm.statebackend.LsmStateBackendFactory");
        values.put("state.backend.lsm.placement", form.placement);
        values.put("execution.checkpointing.incremental", "true");
        values.put("execution.checkpointing.dir", root.resolve("checkpoints").toUri().toString());
        values.put("execution.checkpointing.interval", "200ms");
        values.put("execution.checkpointing.data-inline-threshold", "0b");
        values.put(
                "execution.checkpointing.externalized-checkpoint-retention",
                "RETAIN_ON_CANCELLATION");
        values.put("restart-strategy.type", "none");
        return Configuration.fromMap(values);
    }

    /** Returns the last checkpoint. */
    private String runAndCancel(JobGraph graph) throws Exception {
        JobID job = cluster.submit(graph);
        Waiting.until(
                "a running job",
                FlinkCluster.LONG,
                () -> cluster.isRunning(job),
                () -> "job=" + job);
        long before = CheckedJob.progress(reports);
        Waiting.until(
                "progress and checkpoints",
                FlinkCluster.LONG,
                () -> {
                    assertThat(CheckedJob.violations(reports)).isEmpty();
                    assertThat(cluster.failures(job)).isEmpty();
                    return CheckedJob.progress(reports) >= before + 2L * CheckedJob.KEYS
                            && cluster.completedCheckpoints(job) >= 2;
                },
                () -> "job=" + job);
        assertThat(cluster.stateBackend(job)).contains("LsmStateBackend");
        cluster.cancel(job);
        JsonNode latest = cluster.checkpoints(job).path("latest").path("completed");
        return latest.path("external_path").asText();
    }

    /**
     * @param loaders what holds class loaders of jobs, in both processes
     * @param objects of classes that a task has and nothing else, in the TaskManager
     * @param threads of the TaskManager by their names without what counts them
     * @param localPlaces files and directories of both processes, but for those that Flink keeps
     */
    private record Figures(
            ProcessFigures taskManager,
            ProcessFigures jobManager,
            List<String> loaders,
            List<String> objects,
            Map<String, Integer> threads,
            int localPlaces) {}

    private Figures figures() throws Exception {
        long taskManager = cluster.taskManagerPid(cluster.taskManagers().get(0));
        long jobManager = cluster.jobManagerPid();
        // A job has ended before its last threads have.
        Waiting.until(
                "the end of the backend's threads",
                FlinkCluster.LONG,
                () -> backendThreads(taskManager).isEmpty(),
                () -> "taskManager=" + taskManager);
        Waiting.until(
                "the end of the jobs' local files",
                FlinkCluster.LONG,
                () -> localPlaces(".parquet").isEmpty(),
                () -> "taskManager=" + taskManager);
        return new Figures(
                ProcessFigures.of(taskManager),
                ProcessFigures.of(jobManager),
                Stream.of(loaderHolders(taskManager), loaderHolders(jobManager))
                        .flatMap(List::stream)
                        .toList(),
                objects(taskManager),
                threads(taskManager),
                localPlaces("").size());
    }

    private List<String> loaderHolders(long pid) throws Exception {
        return HeapDump.holdersOf(pid, "org.apache.flink.util.ChildFirstClassLoader", root);
    }

    private static List<String> backendThreads(long pid) throws Exception {
        return ProcessFigures.threadNames(pid).stream()
                .filter(name -> name.contains("lsm"))
                .toList();
    }

    private static Map<String, Integer> threads(long pid) throws Exception {
        Map<String, Integer> counts = new TreeMap<>();
        for (String name : ProcessFigures.threadNames(pid)) {
            counts.merge(COUNTED.matcher(name).replaceAll("#"), 1, Integer::sum);
        }
        return counts;
    }

    /** Lines of the histogram of what a task has, and an ended one has not. */
    private static List<String> objects(long pid) throws Exception {
        return ProcessFigures.objects(pid).stream().filter(OF_A_TASK.asPredicate()).toList();
    }

    private List<Path> localPlaces(String end) throws IOException {
        while (true) {
            try (Stream<Path> places = Files.walk(cluster.localDirectory())) {
                return places.filter(
                                place ->
                                        place.toString().endsWith(end)
                                                && !KEPT_BY_FLINK.matcher(place.toString()).find())
                        .toList();
            } catch (java.io.UncheckedIOException e) {
                // A directory went away while it was listed: once more.
                continue;
            }
        }
    }

    private static void assertFlat(Figures before, Figures after) {
        assertFlat(before.taskManager(), after.taskManager());
        assertFlat(before.jobManager(), after.jobManager());
        assertThat(after.objects()).as("objects of ended tasks").isEmpty();
        assertThat(after.threads())
                .as("threads by name, before: %s", before.threads())
                .allSatisfy(
                        (name, count) ->
                                assertThat(count)
                                        .as(name)
                                        .isLessThanOrEqualTo(
                                                before.threads().getOrDefault(name, 0)
                                                        + POOL_THREADS));
        assertThat(after.localPlaces()).isLessThanOrEqualTo(before.localPlaces() + 4);
    }

    private static void assertFlat(ProcessFigures before, ProcessFigures after) {
        String facts = before + " -> " + after;
        assertThat(after.residentAnonymousKb())
                .as(facts)
                .isLessThan(before.residentAnonymousKb() + GROWTH_KB_MAX);
        assertThat(after.metaspaceKb()).as(facts).isLessThan(before.metaspaceKb() + (2 << 10));
        assertThat(after.heapKb()).as(facts).isLessThan(before.heapKb() + (3 << 10));
        assertThat(after.threads())
                .as(facts)
                .isLessThanOrEqualTo(before.threads() + 3 * POOL_THREADS);
        assertThat(after.descriptors()).as(facts).isLessThanOrEqualTo(before.descriptors() + 8);
        assertThat(after.mappings()).as(facts).isLessThanOrEqualTo(before.mappings() + 8);
    }
}
