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
package io.flinklsm.inspect.testing;

import io.flinklsm.inspect.FlinkLsm;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * One run of the program in a process of its own, started by a shell: for what only a process has,
 * such as redirections, limits and pipes.
 *
 * @param exitCode of the shell
 */
public record Child(int exitCode, String out, String err) {

    private static final int LIMIT_SECONDS = 180;

    /**
     * @param shell a command of bash, in which {@code "$@"} is the program with its arguments
     * @param directory working directory, and of temporary files
     */
    public static Child of(Path directory, String shell, List<String> arguments)
            throws IOException, InterruptedException {
        Path out = Files.createTempFile(directory, "child", ".out");
        Path err = Files.createTempFile(directory, "child", ".err");
        List<String> command = new ArrayList<>(List.of("bash", "-c", shell, "bash"));
        command.addAll(java(directory));
        command.addAll(arguments);
        Process process =
                new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start();
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the program does not end: " + arguments);
            }
            return new Child(process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            Files.delete(out);
            Files.delete(err);
        }
    }

    private static List<String> java(Path directory) {
        String all =
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"));
        // The program has one logger, and the tests have a second one, which would complain.
        String classPath =
                Arrays.stream(all.split(File.pathSeparator))
                        .filter(entry -> !entry.contains("log4j-slf4j-impl"))
                        .collect(Collectors.joining(File.pathSeparator));
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + directory,
                "-cp",
                classPath,
                FlinkLsm.class.getName());
    }

    /** Whether a shell can do this, such as making a file system of its own. */
    public static boolean canRun(String shell) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder("bash", "-c", shell)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        return process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
    }
}
