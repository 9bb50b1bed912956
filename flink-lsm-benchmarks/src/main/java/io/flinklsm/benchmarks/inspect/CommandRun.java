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
package io.flinklsm.benchmarks.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One run of the inspection program, as a user starts it: with its script, its 256 MB of heap, and
 * the start of its JVM.
 *
 * @param wallSeconds from the script's start to its end
 * @param cpuSeconds of all its threads, those of the compiler and the kernel's work for it too
 * @param out what it printed
 */
record CommandRun(double wallSeconds, double cpuSeconds, String out) {

    private static final Path SCRIPT = Path.of("bin", "flink-lsm");
    private static final int TIMEOUT_MINUTES = 10;

    /** What bash tells of a command: seconds that passed, of the user's and the kernel's CPU. */
    private static final String TIMED = "TIMEFORMAT='%R %U %S'; time \"$@\" 2>\"$ERRORS\"";

    /**
     * Runs a command and waits for it.
     *
     * @param directory for what it prints
     * @throws IOException if it fails; the message ends with what it printed to stderr
     */
    static CommandRun of(Path directory, List<String> arguments)
            throws IOException, InterruptedException {
        Path out = directory.resolve("out.json");
        Path times = directory.resolve("times.txt");
        Path errors = directory.resolve("errors.txt");
        List<String> command =
                new ArrayList<>(List.of("bash", "-c", TIMED, "bash", SCRIPT.toString()));
        command.addAll(arguments);
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(times.toFile());
        builder.environment().put("ERRORS", errors.toString());
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        boolean ended;
        try {
            ended = process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
        if (!ended || process.exitValue() != 0) {
            throw new IOException(
                    "["
                            + String.join(" ", arguments)
                            + "] the command failed: "
                            + (ended
                                    ? "exit=" + process.exitValue()
                                    : "still running after minutes=" + TIMEOUT_MINUTES)
                            + "\n"
                            + Files.readString(errors, StandardCharsets.UTF_8));
        }
        String[] figures = Files.readString(times, StandardCharsets.UTF_8).trim().split(" ");
        return new CommandRun(
                Double.parseDouble(figures[0]),
                Double.parseDouble(figures[1]) + Double.parseDouble(figures[2]),
                Files.readString(out, StandardCharsets.UTF_8));
    }

    /** What it printed, if it was told to print JSON. */
    JsonNode json() throws IOException {
        return new ObjectMapper().readTree(out);
    }
}
