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
package io.flinklsm.benchmarks.results;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The results of a run as files: {@code jvm-0007-value-lsm.json} for each measuring JVM, {@code
 * start-0001.json} for each start of the program. The numbers go on where an earlier run into the
 * same directory ended, so that the order of the names is the order of the measurements. Safe for
 * any thread of one process at a time.
 */
public final class RunDirectory {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectWriter WRITER = JSON.writer(SerializationFeature.INDENT_OUTPUT);
    private static final String JVM = "jvm-";
    private static final String START = "start-";

    private final Path directory;

    private RunDirectory(Path directory) {
        this.directory = directory;
    }

    /** Opens a directory, which is made if need be; files that are there stay. */
    public static RunDirectory open(Path directory) throws IOException {
        return new RunDirectory(Files.createDirectories(directory));
    }

    public Path path() {
        return directory;
    }

    /** Keeps what one JVM measured. */
    public Path add(JvmRun run) throws IOException {
        return write(JVM, "-" + run.group() + "-" + run.peer(), run);
    }

    /** Keeps under what conditions the program was started. */
    public Path add(RunConditions conditions) throws IOException {
        return write(START, "", conditions);
    }

    /** Writes the final word into a file of {@link #add(RunConditions)}. */
    public void replace(Path file, RunConditions conditions) throws IOException {
        Files.write(file, WRITER.writeValueAsBytes(conditions));
    }

    /** Deletes what earlier runs left, where {@code outdated} says so. */
    public void forget(Predicate<JvmRun> outdated) throws IOException {
        for (Path file : files(JVM)) {
            if (outdated.test(read(file, JvmRun.class))) {
                Files.delete(file);
            }
        }
    }

    /** All JVMs, in the order of measuring. */
    public List<JvmRun> jvmRuns() throws IOException {
        return readAll(JVM, JvmRun.class);
    }

    /** All starts of the program, oldest first. */
    public List<RunConditions> conditions() throws IOException {
        return readAll(START, RunConditions.class);
    }

    /**
     * Reads what a measuring JVM left.
     *
     * @throws IOException if it is missing or is not such a file; the message names it
     */
    public static Measured readMeasured(Path file) throws IOException {
        return read(file, Measured.class);
    }

    /** Writes what {@link #readMeasured} reads. */
    public static void writeMeasured(Path file, Measured measured) throws IOException {
        Files.write(file, WRITER.writeValueAsBytes(measured), StandardOpenOption.CREATE_NEW);
    }

    private Path write(String prefix, String suffix, Object content) throws IOException {
        byte[] bytes = (WRITER.writeValueAsString(content) + "\n").getBytes(StandardCharsets.UTF_8);
        for (int number = nextNumber(prefix); ; number++) {
            Path file =
                    directory.resolve(
                            String.format(Locale.ROOT, "%s%04d%s.json", prefix, number, suffix));
            try {
                return Files.write(file, bytes, StandardOpenOption.CREATE_NEW);
            } catch (FileAlreadyExistsException taken) {
                // Another program writes here too: the next number is free, or the one after it.
                continue;
            }
        }
    }

    private int nextNumber(String prefix) throws IOException {
        List<Path> files = files(prefix);
        if (files.isEmpty()) {
            return 1;
        }
        String last = files.get(files.size() - 1).getFileName().toString();
        return Integer.parseInt(last.substring(prefix.length(), prefix.length() + 4)) + 1;
    }

    private List<Path> files(String prefix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(
                            file ->
                                    file.getFileName()
                                            .toString()
                                            .matches(prefix + "\\d{4}.*\\.json"))
                    .sorted()
                    .toList();
        }
    }

    private <T> List<T> readAll(String prefix, Class<T> type) throws IOException {
        List<T> all = new ArrayList<>();
        for (Path file : files(prefix)) {
            all.add(read(file, type));
        }
        return all;
    }

    private static <T> T read(Path file, Class<T> type) throws IOException {
        try {
            return JSON.readValue(Files.readAllBytes(file), type);
        } catch (JsonProcessingException damaged) {
            throw new IOException(
                    "["
                            + file
                            + "] not a result of the benchmarks: kind="
                            + type.getSimpleName()
                            + ", problem="
                            + damaged.getOriginalMessage()
                            + "; delete the file and measure again",
                    damaged);
        }
    }
}
