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
package io.flinklsm.statebackend.directory;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.JobID;

/** A process of its own that has a working directory, as another TaskManager of the machine. */
final class OtherTaskManager implements AutoCloseable {

    private final Process process;
    private final Path directory;

    private OtherTaskManager(Process process, Path directory) {
        this.process = process;
        this.directory = directory;
    }

    /** Returns once the process has its directory and a file in it. */
    static OtherTaskManager start(Path workingDirectory) throws IOException {
        Process process = process(workingDirectory, "hold");
        String line =
                new BufferedReader(
                                new InputStreamReader(
                                        process.getInputStream(), StandardCharsets.UTF_8))
                        .readLine();
        if (line == null) {
            throw new IOException("the process ended: " + process);
        }
        return new OtherTaskManager(process, Path.of(line));
    }

    /**
     * @param what "hold" to keep one directory until the end of the standard input, or how many to
     *     make and delete
     */
    static Process process(Path workingDirectory, String what) throws IOException {
        return start(command(workingDirectory, what));
    }

    /** Like {@link #process}, but no file that it writes may have a byte. */
    static Process processWithoutRoom(Path workingDirectory, String what) throws IOException {
        List<String> command = new ArrayList<>();
        command.addAll(List.of("sh", "-c", "ulimit -f 0 && exec \"$@\"", "sh"));
        command.addAll(command(workingDirectory, what));
        return start(command);
    }

    private static List<String> command(Path workingDirectory, String what) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classPath =
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"));
        return List.of(
                java,
                "-Xmx64m",
                "-XX:-UsePerfData",
                "-cp",
                classPath,
                OtherTaskManager.class.getName(),
                workingDirectory.toString(),
                what);
    }

    private static Process start(List<String> command) throws IOException {
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    Path directory() {
        return directory;
    }

    /** At once, without any shutdown. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }

    public static void main(String[] arguments) throws IOException {
        LocalDirectories directories =
                LocalDirectories.ofTaskManager(Path.of(arguments[0]), List.of());
        if (arguments[1].equals("hold")) {
            WorkingDirectory held = directories.create(0, new JobID(), "other");
            Files.writeString(held.path().resolve("sstable"), "content");
            System.out.println(held.path());
            if (System.in.read() < 0) {
                held.close();
            }
            return;
        }
        for (int i = Integer.parseInt(arguments[1]); i > 0; i--) {
            try (WorkingDirectory directory = directories.create(i, new JobID(), "other")) {
                Path file = Files.writeString(directory.path().resolve("sstable"), "content");
                if (!Files.readString(file).equals("content")) {
                    throw new IOException("not what was written: " + file);
                }
            }
        }
    }
}
