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

import com.fasterxml.jackson.databind.ObjectMapper;
import io.flinklsm.benchmarks.Peer;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Starts {@link JobJvm} in processes of their own, one at a time. */
final class JobLauncher {

    private static final int LOG_TAIL_LINES = 30;
    private static final int TIMEOUT_MINUTES = 60;

    private final Settings settings;
    private int launches;

    /**
     * How the processes are started.
     *
     * @param scale how long the jobs are; which jobs it names does not matter here
     * @param managedMegabytes managed memory of the task manager
     * @param heapMegabytes heap of each process, all of it from the start
     * @param parallelism of every operator
     * @param directory for the jobs' files and the processes' logs
     * @param recordings where each process leaves a flight recording, or null for none
     */
    record Settings(
            JobScale scale,
            int managedMegabytes,
            int heapMegabytes,
            int parallelism,
            Path directory,
            @Nullable Path recordings) {}

    JobLauncher(Settings settings) {
        this.settings = settings;
    }

    /**
     * Runs jobs on one backend, one after another in one process, and waits for it.
     *
     * @throws IOException if the process failed; the message ends with the last lines of its log
     */
    List<JobResult> run(Peer peer, List<JobCase> jobs) throws IOException, InterruptedException {
        launches++;
        String name = peer.label() + "-jobs-" + launches;
        Path log = settings.directory().resolve(name + ".log");
        Path results = settings.directory().resolve(name + ".json");
        List<String> command = new ArrayList<>();
        command.add(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
        command.add("-XX:+UseG1GC");
        // A compiler thread that ends would take the count of its time with it.
        command.add("-XX:-UseDynamicNumberOfCompilerThreads");
        command.add("-Xms" + settings.heapMegabytes() + "m");
        command.add("-Xmx" + settings.heapMegabytes() + "m");
        for (String opened : List.of("lang", "net", "io", "nio", "util", "util.concurrent")) {
            command.add("--add-opens=java.base/java." + opened + "=ALL-UNNAMED");
        }
        command.add("--add-exports=java.base/sun.net.util=ALL-UNNAMED");
        if (settings.recordings() != null) {
            Files.createDirectories(settings.recordings());
            Path recording = settings.recordings().resolve(name + ".jfr");
            command.add(
                    "-XX:StartFlightRecording:settings=profile,filename="
                            + recording.toAbsolutePath());
        }
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(JobJvm.class.getName());
        command.add(peer.label());
        command.add(Long.toString(settings.scale().events()));
        command.add(Long.toString(settings.scale().unmeasuredEvents()));
        command.add(Long.toString(settings.scale().checkpointMillis()));
        command.add(Integer.toString(settings.managedMegabytes()));
        command.add(Integer.toString(settings.parallelism()));
        command.add(settings.directory().resolve(name).toString());
        command.add(results.toString());
        jobs.forEach(job -> command.add(job.label()));
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        try {
            if (!process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES)) {
                throw new IOException(
                        "[" + name + "] the jobs did not end: minutes=" + TIMEOUT_MINUTES);
            }
        } finally {
            process.destroyForcibly();
        }
        if (process.exitValue() != 0) {
            throw new IOException(
                    "["
                            + name
                            + "] the jobs failed: exit="
                            + process.exitValue()
                            + ", log="
                            + log
                            + "\n"
                            + tail(log));
        }
        return List.of(new ObjectMapper().readValue(results.toFile(), JobResult[].class));
    }

    private static String tail(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
        return String.join(
                "\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
    }
}
