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
import io.flinklsm.cluster.testing.FileSystems;
import io.flinklsm.cluster.testing.FlinkCluster;
import io.flinklsm.cluster.testing.HdfsPlace;
import io.flinklsm.cluster.testing.Place;
import io.flinklsm.cluster.testing.S3Place;
import io.flinklsm.cluster.testing.Waiting;
import io.flinklsm.inspect.gc.Audit;
import io.flinklsm.inspect.gc.AuditOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code kill -9} of TaskManagers at random moments, and rescales between 1, 2 and 4: each element
 * is checked against each state of its key, and after each the files of the checkpoints are
 * audited.
 *
 * <p>How long it is: {@code -Dflinklsm.kills=50 -Dflinklsm.rescales=10
 * -Dflinklsm.places=disk,hdfs,s3}; without these, the short form.
 */
@Timeout(value = 3, unit = TimeUnit.HOURS)
final class KilledTaskManagersIT {

    private static final int KILLS = Integer.getInteger("flinklsm.kills", 2);
    private static final int RESCALES = Integer.getInteger("flinklsm.rescales", 1);
    private static final long SEED = Long.getLong("flinklsm.seed", System.nanoTime());

    /**
     * One: of two, the older shares files with the one that the next job claims, and lacks them
     * once that job has deleted what it does not need.
     */
    private static final int RETAINED = 1;

    private static final Path PLUGINS = FileSystems.plugins("hadoop");

    /** In a failure of the job: the backend has found wrong what it should have. */
    private static final List<String> FAULTS =
            List.of(
                    "StoreFailedException",
                    "CorruptionException",
                    "AssertionError",
                    "FileNotFoundException",
                    "is gone from remote storage",
                    "NullPointerException");

    /**
     * From the last complete checkpoint before a kill, or before the job is cancelled, until the
     * job has recovered, or has ended. What was uploaded meanwhile for a checkpoint that never was
     * complete is nobody's: by a process that was killed, or acknowledged to a job manager that
     * would have deleted it with the next complete checkpoint.
     */
    private record Window(long fromMillis, long toMillis) {}

    @TempDir Path root;

    private final Random random = new Random(SEED);
    private final List<Window> windows = new ArrayList<>();
    private Place place;
    private Path reports;
    private Path jar;
    private FlinkCluster cluster;
    private JobID job;

    private int kills;
    private int killsInRecovery;
    private int rescales;
    private int filesInWindows;

    static Stream<String> places() {
        return Arrays.stream(System.getProperty("flinklsm.places", "disk").split(","));
    }

    @BeforeEach
    void write() throws Exception {
        reports = Files.createDirectories(root.resolve("reports"));
        jar = CheckedJob.jar(root.resolve("job.jar"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("places")
    void nothingIsLostOrDoubledAndNoFileIsMissingOrLeft(String where) throws Exception {
        try (Place opened = open(where)) {
            place = opened;
            // The audit reads the same storage.
            FileSystems.initialize(place.settings(), PLUGINS);
            try (FlinkCluster started = new FlinkCluster(root.resolve("flink"), PLUGINS, flink())) {
                cluster = started;
                run(where);
            }
        }
    }

    private void run(String where) throws Exception {
        cluster.startTaskManager();
        cluster.startTaskManager();
        cluster.awaitTaskManagers(2);
        int parallelism = 2;
        submit(parallelism, where, null);
        awaitProgress();
        for (int step = 0; kills < KILLS || rescales < RESCALES; step++) {
            boolean rescale =
                    kills >= KILLS
                            || (rescales < RESCALES
                                    && step % ((KILLS + RESCALES) / Math.max(1, RESCALES)) == 1);
            if (rescale) {
                int before = parallelism;
                while (parallelism == before) {
                    parallelism = 1 << random.nextInt(3);
                }
                rescale(parallelism, where);
            } else {
                kill();
            }
            if (KILLS > 3) {
                System.out.println(
                        "KilledTaskManagersIT: kills=" + kills + ", rescales=" + rescales);
            }
        }
        awaitProgress();
        long checked = CheckedJob.progress(reports);
        cancel();
        auditOfEndedJobs();
        checkFailures();
        System.out.println(
                "KilledTaskManagersIT: place="
                        + where
                        + ", kills="
                        + kills
                        + " (inRecovery="
                        + killsInRecovery
                        + "), rescales="
                        + rescales
                        + ", numbersChecked="
                        + checked
                        + ", filesThatFlinkLeaves="
                        + filesInWindows
                        + ", orphans=0, missing=0, seed="
                        + SEED);
    }

    private Place open(String where) throws Exception {
        return switch (where) {
            case "disk" -> Place.disk(root.resolve("checkpoints"));
            case "hdfs" -> new HdfsPlace(root.resolve("hdfs"));
            case "s3" -> new S3Place(root.resolve("s3"));
            default -> throw new IllegalArgumentException(where);
        };
    }

    private Map<String, String> flink() {
        Map<String, String> settings = new HashMap<>(place.settings());
        settings.put("execution.checkpointing.num-retained", String.valueOf(RETAINED));
        return settings;
    }

    private void submit(int parallelism, String where, String restoreFrom) throws Exception {
        Configuration settings = new Configuration();
        Map<String, String> values = new HashMap<>();
        values.put("state.backend.type", "io.flinklsm.statebackend.LsmStateBackendFactory");
        values.put("execution.checkpointing.incremental", "true");
        values.put("execution.checkpointing.dir", place.checkpoints());
        values.put("execution.checkpointing.interval", "200ms");
        values.put("execution.checkpointing.min-pause", "50ms");
        values.put("execution.checkpointing.data-inline-threshold", "0b");
        values.put(
                "execution.checkpointing.externalized-checkpoint-retention",
                "RETAIN_ON_CANCELLATION");
        values.put("execution.checkpointing.tolerable-failed-checkpoints", "1000");
        values.put("restart-strategy.type", "fixed-delay");
        values.put("restart-strategy.fixed-delay.attempts", "100000");
        values.put("restart-strategy.fixed-delay.delay", "100ms");
        values.put("state.backend.lsm.memtable-size", "128kb");
        values.put("state.backend.lsm.compaction.level0-trigger", "2");
        if (!where.equals("disk")) {
            values.put("state.backend.lsm.placement", "remote");
            values.put("state.backend.lsm.local-cache.size", "8mb");
        }
        values.forEach(settings::setString);
        job = cluster.submit(CheckedJob.graph(settings, reports, jar, parallelism, restoreFrom));
    }

    // ------------------------------------------------------------------------------------- steps

    /** One of: some time after a checkpoint, or twice, the second time in the recovery. */
    private void kill() throws Exception {
        awaitCheckpoint(1);
        Waiting.pause(random.nextLong(TimeUnit.MILLISECONDS.toNanos(700)));
        long from = lastCompleteMillis();
        killOne();
        if (kills < KILLS && random.nextInt(3) == 0) {
            Waiting.pause(random.nextLong(TimeUnit.SECONDS.toNanos(3)));
            killOne();
            killsInRecovery++;
        }
        awaitCheckpoint(1);
        windows.add(new Window(from, System.currentTimeMillis()));
        auditWhileTheJobRuns();
    }

    private void cancel() throws Exception {
        cluster.cancel(job);
        windows.add(new Window(lastCompleteMillis(), System.currentTimeMillis()));
    }

    private void killOne() throws Exception {
        List<String> victims = cluster.hosts(job);
        if (victims.isEmpty()) {
            victims = cluster.taskManagers();
        }
        cluster.killTaskManager(victims.get(random.nextInt(victims.size())));
        kills++;
    }

    private void rescale(int parallelism, String where) throws Exception {
        awaitCheckpoint(1);
        Waiting.pause(random.nextLong(TimeUnit.MILLISECONDS.toNanos(300)));
        cancel();
        checkFailures();
        JsonNode latest = cluster.checkpoints(job).path("latest").path("completed");
        String path = latest.path("external_path").asText();
        assertThat(path).as("the retained checkpoint of %s", job).isNotEmpty();
        auditOfEndedJobs();
        submit(parallelism, where, path);
        rescales++;
        awaitCheckpoint(1);
        auditWhileTheJobRuns();
    }

    // ----------------------------------------------------------------------------------- waiting

    private long lastCompleteMillis() throws Exception {
        JsonNode latest = cluster.checkpoints(job).path("latest").path("completed");
        return latest.path("trigger_timestamp").asLong();
    }

    /** All tasks run, and from now on so many checkpoints were completed. */
    private void awaitCheckpoint(int count) throws Exception {
        Waiting.until(
                "a running job",
                FlinkCluster.LONG,
                () -> {
                    checkViolations();
                    return cluster.isRunning(job);
                },
                this::facts);
        long before = cluster.completedCheckpoints(job);
        Waiting.until(
                "a checkpoint",
                FlinkCluster.LONG,
                () -> {
                    checkViolations();
                    return cluster.completedCheckpoints(job) >= before + count;
                },
                this::facts);
    }

    /** Every key was seen, and its timers have fired, since the state was restored last. */
    private void awaitProgress() throws Exception {
        awaitCheckpoint(1);
        long before = CheckedJob.progress(reports);
        Waiting.until(
                "progress",
                FlinkCluster.LONG,
                () -> {
                    checkViolations();
                    return CheckedJob.progress(reports) >= before + 5L * CheckedJob.KEYS;
                },
                this::facts);
    }

    private String facts() {
        try {
            return "seed="
                    + SEED
                    + ", kills="
                    + kills
                    + ", taskManagers="
                    + cluster.taskManagers()
                    + ", failures="
                    + cluster.failures(job);
        } catch (Exception e) {
            return "seed=" + SEED + ", kills=" + kills + ", " + e;
        }
    }

    // ------------------------------------------------------------------------------------ checks

    private void checkViolations() throws Exception {
        assertThat(CheckedJob.violations(reports)).as("seed=%s", SEED).isEmpty();
    }

    private void checkFailures() throws Exception {
        checkViolations();
        for (String failure : cluster.failures(job)) {
            assertThat(FAULTS)
                    .as("seed=%s, kills=%s: %s", SEED, kills, failure)
                    .noneMatch(failure::contains);
        }
    }

    private void auditWhileTheJobRuns() throws Exception {
        checkFailures();
        AuditOptions careful =
                new AuditOptions(
                        Duration.ofDays(1),
                        System.currentTimeMillis(),
                        false,
                        false,
                        false,
                        List.of(),
                        Duration.ofMinutes(2));
        assertThat(Audit.of(place.checkpoints(), careful).missing())
                .as("seed=%s, kills=%s", SEED, kills)
                .isEmpty();
    }

    /** The directories of the newest checkpoints that are complete. */
    private List<String> retained() throws Exception {
        List<Long> ids = new ArrayList<>();
        for (JsonNode checkpoint : cluster.checkpoints(job).path("history")) {
            if (checkpoint.path("status").asText().equals("COMPLETED")) {
                ids.add(checkpoint.path("id").asLong());
            }
        }
        ids.sort(Comparator.reverseOrder());
        assertThat(ids).isNotEmpty();
        return ids.stream().limit(RETAINED).map(id -> job + "/chk-" + id).toList();
    }

    /** Every file is needed, or is what Flink leaves: see {@link Window}. */
    private void auditOfEndedJobs() throws Exception {
        List<String> retained = retained();
        // The job manager may still delete what was subsumed just before the job ended.
        Waiting.until(
                "the deletion of subsumed checkpoints",
                FlinkCluster.LONG,
                () ->
                        Audit.of(
                                                place.checkpoints(),
                                                AuditOptions.ofEndedJobs(
                                                        System.currentTimeMillis()))
                                        .checkpoints()
                                        .stream()
                                        .map(Audit.Retained::location)
                                        .filter(location -> location.contains(job + "/chk-"))
                                        .filter(
                                                location ->
                                                        retained.stream()
                                                                .noneMatch(location::endsWith))
                                        .count()
                                == 0,
                () -> "retained=" + retained);
        Audit audit =
                Audit.of(place.checkpoints(), AuditOptions.ofEndedJobs(System.currentTimeMillis()));
        assertThat(audit.checkpoints()).isNotEmpty();
        assertThat(audit.missing()).as("seed=%s, retained=%s", SEED, retained).isEmpty();
        List<Audit.Unneeded> unexplained = new ArrayList<>();
        filesInWindows = 0;
        for (Audit.Unneeded file : audit.unneeded()) {
            if (windows.stream().anyMatch(window -> isIn(window, file.modifiedMillis()))) {
                filesInWindows++;
            } else {
                unexplained.add(file);
            }
        }
        assertThat(unexplained).as("seed=%s, windows=%s", SEED, windows).isEmpty();
    }

    private boolean isIn(Window window, long millis) {
        return millis >= window.fromMillis() - place.clockMillis()
                && millis <= window.toMillis() + place.clockMillis();
    }
}
