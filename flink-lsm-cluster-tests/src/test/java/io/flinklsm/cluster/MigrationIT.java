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

import io.flinklsm.cluster.testing.CheckedJob;
import io.flinklsm.cluster.testing.FlinkCluster;
import io.flinklsm.cluster.testing.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.api.common.JobID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A job goes from RocksDB to this backend and back, with the commands that docs/operations.md
 * tells, as they stand there.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class MigrationIT {

    private static final Path PAGE = Path.of("../docs/operations.md");
    private static final String SECTION = "## Changing backend";
    private static final String COMMAND = "    flink ";

    @TempDir Path root;

    private Path reports;
    private Path jar;
    private FlinkCluster cluster;

    @Test
    void commandsOfThePageTakeAJobFromRocksDbHereAndBack() throws Exception {
        List<String> commands = commandsOfThePage();
        assertThat(commands).hasSize(3);
        String stop = commands.get(0);
        String startHere = commands.get(1);
        String startThere = commands.get(2);
        reports = Files.createDirectories(root.resolve("reports"));
        jar = CheckedJob.jar(root.resolve("job.jar"));
        Map<String, String> settings =
                Map.of(
                        "execution.checkpointing.dir",
                        root.resolve("checkpoints").toUri().toString(),
                        "execution.checkpointing.interval",
                        "500ms");
        try (FlinkCluster started =
                new FlinkCluster(root.resolve("flink"), root.resolve("no-plugins"), settings)) {
            cluster = started;
            cluster.startTaskManager();
            cluster.awaitTaskManagers(1);

            JobID job = start(startThere.replace(" --fromSavepoint <savepoint>", ""), "");
            awaitProgress(job, "RocksDB");
            job = start(startHere, stop(stop, job));
            awaitProgress(job, "LsmStateBackend");
            job = start(startThere, stop(stop, job));
            awaitProgress(job, "RocksDB");
            cluster.cancel(job);
        }
    }

    /** Those of the section, without what is said behind them. */
    private static List<String> commandsOfThePage() throws IOException {
        return Files.readAllLines(PAGE).stream()
                .dropWhile(line -> !line.startsWith(SECTION))
                .filter(line -> line.startsWith(COMMAND))
                .map(line -> line.substring(COMMAND.length()).replaceAll(" +#.*", ""))
                .toList();
    }

    private JobID start(String command, String savepoint) throws Exception {
        String output =
                cluster.cli(
                        command.replace("<savepoint>", savepoint)
                                .replace(
                                        "<jar>",
                                        "--parallelism 2 --class "
                                                + CheckedJob.class.getName()
                                                + " "
                                                + jar
                                                + " "
                                                + reports)
                                .split(" "));
        return JobID.fromHexString(found("JobID ([0-9a-f]{32})", output));
    }

    /** Returns where the savepoint is. */
    private String stop(String command, JobID job) throws Exception {
        String output =
                cluster.cli(
                        command.replace("<dir>", root.resolve("savepoints").toUri().toString())
                                .replace("<job>", job.toHexString())
                                .split(" "));
        return found("Savepoint completed. Path: (\\S+)", output);
    }

    private static String found(String pattern, String output) {
        Matcher matcher = Pattern.compile(pattern).matcher(output);
        assertThat(matcher.find()).as(output).isTrue();
        return matcher.group(1);
    }

    /** Every key was seen, and its timers have fired, since the state was restored. */
    private void awaitProgress(JobID job, String backend) throws Exception {
        Waiting.until(
                "a running job",
                FlinkCluster.LONG,
                () -> cluster.isRunning(job),
                () -> "job=" + job);
        long before = CheckedJob.progress(reports);
        Waiting.until(
                "progress",
                FlinkCluster.LONG,
                () -> {
                    assertThat(CheckedJob.violations(reports)).isEmpty();
                    assertThat(cluster.failures(job)).isEmpty();
                    return CheckedJob.progress(reports) >= before + 5L * CheckedJob.KEYS;
                },
                () -> "job=" + job);
        assertThat(cluster.stateBackend(job)).contains(backend);
    }
}
