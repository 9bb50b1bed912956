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
package io.flinklsm.benchmarks;

import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.RunDirectory;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Starts {@link MeasuringJvm} in processes of their own, one at a time. */
final class JvmLauncher {

    /** What Flink's own start scripts open to it. */
    private static final List<String> FLINK_FLAGS =
            List.of(
                    "--add-exports=java.base/sun.net.util=ALL-UNNAMED",
                    "--add-opens=java.base/java.lang=ALL-UNNAMED",
                    "--add-opens=java.base/java.net=ALL-UNNAMED",
                    "--add-opens=java.base/java.io=ALL-UNNAMED",
                    "--add-opens=java.base/java.nio=ALL-UNNAMED",
                    "--add-opens=java.base/java.util=ALL-UNNAMED",
                    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED");

    private static final int LOG_TAIL_LINES = 25;
    private static final int TIMEOUT_MINUTES = 30;

    private final Settings settings;
    private int launches;

    /**
     * How the processes are started.
     *
     * @param scale passed on by name
     * @param overwriteSeconds how long the overwrite group runs; 0 for what the scale says
     * @param directory for the backends' files and the processes' logs
     * @param recordings where each process leaves a flight recording, or null for none
     */
    record Settings(Scale scale, int overwriteSeconds, Path directory, @Nullable Path recordings) {}

    JvmLauncher(Settings settings) {
        this.settings = settings;
    }

    /**
     * Runs one group on one backend and waits for it.
     *
     * @param memory heap and managed memory; its rounds and peers do not matter here
     * @param round counts from 1
     * @throws IOException if the process failed; the message ends with the last lines of its log
     */
    JvmRun run(Peer peer, CaseGroup group, GroupSettings memory, int round)
            throws IOException, InterruptedException {
        launches++;
        String name = peer.label() + "-" + group.label() + "-" + launches;
        Path out = settings.directory().resolve(name + ".out");
        Path log = settings.directory().resolve(name + ".err");
        Path result = settings.directory().resolve(name + ".json");
        List<String> command =
                command(peer, group, memory, settings.directory().resolve(name), result, round);
        if (settings.recordings() != null) {
            Files.createDirectories(settings.recordings());
            Path recording = settings.recordings().resolve(name + ".jfr");
            command.add(
                    1,
                    "-XX:StartFlightRecording:settings=profile,filename="
                            + recording.toAbsolutePath());
        }
        Process process =
                new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(log.toFile())
                        .start();
        try {
            if (!process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES)) {
                throw new IOException(
                        "[" + name + "] the measuring JVM did not end: minutes=" + TIMEOUT_MINUTES);
            }
        } finally {
            process.destroyForcibly();
        }
        if (process.exitValue() != 0) {
            throw new IOException(
                    "["
                            + name
                            + "] the measuring JVM failed: exit="
                            + process.exitValue()
                            + ", log="
                            + log
                            + "\n"
                            + tail(log));
        }
        return RunDirectory.readJvmRun(result);
    }

    private List<String> command(
            Peer peer, CaseGroup group, GroupSettings memory, Path work, Path result, int round) {
        List<String> command = new ArrayList<>();
        command.add(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
        // Fixed, because the JVM's own choice depends on the machine.
        command.add("-XX:+UseG1GC");
        command.add("-Xms" + memory.heapMegabytes() + "m");
        command.add("-Xmx" + memory.heapMegabytes() + "m");
        // The heap is resident from the start: first touches are nobody's cost, and what the
        // process grows by is not heap.
        command.add("-XX:+AlwaysPreTouch");
        command.addAll(FLINK_FLAGS);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(MeasuringJvm.class.getName());
        command.add(peer.label());
        command.add(group.label());
        command.add(settings.scale().label());
        command.add(Integer.toString(memory.managedMegabytes()));
        command.add(work.toString());
        command.add(result.toString());
        command.add(Integer.toString(memory.heapMegabytes()));
        command.add(Integer.toString(round));
        command.add(Integer.toString(settings.overwriteSeconds()));
        return command;
    }

    private static String tail(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
        return String.join(
                "\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
    }
}
