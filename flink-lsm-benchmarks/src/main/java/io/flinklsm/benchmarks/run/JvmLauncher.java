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
package io.flinklsm.benchmarks.run;

import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.Measured;
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

/** Starts the JVMs of {@link Step}s, one at a time. Confined to one thread. */
final class JvmLauncher {

    /** The same for every backend. */
    private static final List<String> FLAGS =
            List.of(
                    // Fixed, because the JVM's own choice depends on the machine.
                    "-XX:+UseG1GC",
                    // A compiler thread that ends would take the count of its time with it.
                    "-XX:-UseDynamicNumberOfCompilerThreads",
                    // What Flink's own start scripts open to it.
                    "--add-exports=java.base/sun.net.util=ALL-UNNAMED",
                    "--add-opens=java.base/java.lang=ALL-UNNAMED",
                    "--add-opens=java.base/java.net=ALL-UNNAMED",
                    "--add-opens=java.base/java.io=ALL-UNNAMED",
                    "--add-opens=java.base/java.nio=ALL-UNNAMED",
                    "--add-opens=java.base/java.util=ALL-UNNAMED",
                    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED");

    /** First JDK that warns of what this engine, Flink, Arrow and the native peers do. */
    private static final int WARNING_JDK = 24;

    private static final List<String> FLAGS_OF_NEWER_JDKS =
            List.of("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED");

    private static final int LOG_TAIL_LINES = 30;

    /** Twice the longest step there is. */
    private static final int TIMEOUT_MINUTES = 25;

    private final Path directory;
    private final @Nullable Path recordings;
    private int launches;

    /**
     * Starts nothing yet.
     *
     * @param directory for the backends' files and the processes' logs
     * @param recordings where each process leaves a flight recording, or null for none
     */
    JvmLauncher(Path directory, @Nullable Path recordings) {
        this.directory = directory;
        this.recordings = recordings;
    }

    /**
     * Starts the JVM of a step and waits for it. What it left in its directory is deleted.
     *
     * @throws IOException if it failed; the message ends with the last lines of its log
     */
    JvmRun run(Step step) throws IOException, InterruptedException {
        launches++;
        String name = step.peer().label() + "-" + step.group() + "-" + launches;
        Path log = directory.resolve(name + ".log");
        Path result = directory.resolve(name + ".json");
        Path work = directory.resolve(name);
        Process process =
                new ProcessBuilder(command(step, name, work, result))
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        // A program that is stopped from outside leaves no JVM behind that goes on measuring.
        Thread stopper = new Thread(process::destroyForcibly, "stop-" + name);
        Runtime.getRuntime().addShutdownHook(stopper);
        boolean ended;
        try {
            ended = process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES);
        } finally {
            process.destroyForcibly().waitFor();
            Runtime.getRuntime().removeShutdownHook(stopper);
            FileTrees.delete(work);
        }
        if (!ended || process.exitValue() != 0) {
            throw new IOException(
                    "["
                            + step
                            + "] the measuring JVM failed: "
                            + (ended
                                    ? "exit=" + process.exitValue()
                                    : "still running after minutes=" + TIMEOUT_MINUTES)
                            + ", log="
                            + log
                            + "\n"
                            + tail(log));
        }
        Measured measured = RunDirectory.readMeasured(result);
        return new JvmRun(
                step.peer().label(),
                step.group(),
                step.round(),
                step.memory().heapMegabytes(),
                step.memory().managedMegabytes(),
                measured.residentBytes(),
                measured.samples());
    }

    private List<String> command(Step step, String name, Path work, Path result)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
        command.addAll(FLAGS);
        if (Runtime.version().feature() >= WARNING_JDK) {
            command.addAll(FLAGS_OF_NEWER_JDKS);
        }
        command.add("-Xms" + step.memory().heapMegabytes() + "m");
        command.add("-Xmx" + step.memory().heapMegabytes() + "m");
        command.addAll(step.jvmFlags());
        if (recordings != null) {
            Path recording = Files.createDirectories(recordings).resolve(name + ".jfr");
            command.add(
                    "-XX:StartFlightRecording:settings=profile,filename="
                            + recording.toAbsolutePath());
        }
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(step.program().getName());
        command.add(work.toString());
        command.add(result.toString());
        command.addAll(step.arguments());
        return command;
    }

    private static String tail(Path log) throws IOException {
        // What native code prints need not be UTF-8.
        List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
        return String.join(
                "\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
    }
}
