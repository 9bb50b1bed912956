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
package io.flinklsm.cluster.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program in a JVM of its own, whose output goes to a file. It is killed when it is closed, and
 * when this JVM ends.
 */
public final class ServerProcess implements AutoCloseable {

    private final String name;
    private final Path log;
    private final Process process;
    private final Thread hook;

    private ServerProcess(String name, Path log, Process process) {
        this.name = name;
        this.log = log;
        this.process = process;
        hook = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * @param log where its output goes
     * @param jvmArgs options, class path and main class
     */
    public static ServerProcess start(String name, Path log, List<String> jvmArgs)
            throws IOException {
        return start(name, log, jvmArgs, Map.of());
    }

    /**
     * @param environment variables beside those of this process
     */
    static ServerProcess start(
            String name, Path log, List<String> jvmArgs, Map<String, String> environment)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmArgs);
        Files.createDirectories(log.toAbsolutePath().getParent());
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.redirectErrorStream(true).redirectOutput(log.toFile());
        // A server takes its settings from this test alone.
        builder.environment().keySet().removeIf(key -> key.startsWith("FLINK_"));
        builder.environment().putAll(environment);
        return new ServerProcess(name, log, builder.start());
    }

    /** A port of the loopback interface that nothing uses now. */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    public String name() {
        return name;
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    /** Of a process that has ended. */
    int exitCode() {
        return process.exitValue();
    }

    /** What it has written so far. */
    public String output() throws IOException {
        return Files.exists(log) ? Files.readString(log) : "";
    }

    /**
     * @throws IllegalStateException if the process has ended
     */
    public void checkAlive() throws IOException {
        if (!process.isAlive()) {
            String output = output();
            throw new IllegalStateException(
                    "["
                            + name
                            + "] has ended: exitCode="
                            + process.exitValue()
                            + ", output="
                            + output.substring(Math.max(0, output.length() - 4_000)));
        }
    }

    /** As {@code kill -9} does. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("[" + name + "] does not die: pid=" + process.pid());
        }
    }

    @Override
    public void close() {
        try {
            kill();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // This JVM is going down: the hook has run.
            return;
        }
    }
}
