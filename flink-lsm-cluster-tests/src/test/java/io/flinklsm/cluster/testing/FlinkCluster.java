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

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.client.deployment.StandaloneClusterId;
import org.apache.flink.client.program.rest.RestClusterClient;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.jobgraph.JobGraph;

/**
 * One job manager and some TaskManagers, each a process, with or without flink-lsm's runtime jar on
 * their class path, as one in {@code lib/} is. Not for several threads.
 */
public final class FlinkCluster implements AutoCloseable {

    /** Above any restart on a busy machine. */
    public static final Duration LONG = Duration.ofMinutes(15);

    private static final List<String> OPENS =
            Stream.of(
                            "java.lang",
                            "java.util",
                            "java.util.concurrent",
                            "java.util.concurrent.atomic",
                            "java.util.concurrent.locks",
                            "java.net",
                            "java.io",
                            "java.nio",
                            "sun.nio.ch",
                            "java.lang.reflect",
                            "java.text",
                            "java.time")
                    .map(name -> "--add-opens=java.base/" + name + "=ALL-UNNAMED")
                    .toList();

    /** Pekko gives itself ten seconds to start, and Flink's option does not change that. */
    private static final String TOO_SLOW = "Futures timed out after [10000 milliseconds]";

    private static final int STARTED_AGAIN_MAX = 20;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;
    private final Path plugins;
    private final String classPath;
    private final boolean isSteady;
    private final int restPort;
    private final HttpClient http = HttpClient.newHttpClient();
    private final ServerProcess jobManager;
    private final Map<String, ServerProcess> taskManagers = new LinkedHashMap<>();
    private final RestClusterClient<StandaloneClusterId> client;
    private int started;
    private int startedAgain;
    private int commands;

    /**
     * With the runtime jar in {@code lib/}.
     *
     * @param directory for configuration, logs and local files
     * @param plugins Flink's directory of plugins; may be one that is not there
     * @param settings of Flink, beside what makes the cluster
     */
    public FlinkCluster(Path directory, Path plugins, Map<String, String> settings)
            throws Exception {
        this(directory, plugins, settings, true, false);
    }

    /**
     * @param directory for configuration, logs and local files
     * @param plugins Flink's directory of plugins; may be one that is not there
     * @param settings of Flink, beside what makes the cluster
     * @param isInLib whether the runtime jar is in {@code lib/}
     * @param isSteady whether processes take the memory of their heap when they start, and give
     *     memory that was freed back to the system: what they take later is in use
     */
    public FlinkCluster(
            Path directory,
            Path plugins,
            Map<String, String> settings,
            boolean isInLib,
            boolean isSteady)
            throws Exception {
        this.directory = directory;
        this.plugins = plugins;
        this.isSteady = isSteady;
        restPort = ServerProcess.freePort();
        classPath = classPath(isInLib);
        Map<String, String> all = new TreeMap<>(settings);
        all.put("jobmanager.rpc.address", "127.0.0.1");
        all.put("jobmanager.bind-host", "127.0.0.1");
        all.put("jobmanager.rpc.port", String.valueOf(ServerProcess.freePort()));
        all.put("rest.address", "127.0.0.1");
        all.put("rest.bind-address", "127.0.0.1");
        all.put("rest.port", String.valueOf(restPort));
        all.put("blob.server.port", "0");
        all.put("io.tmp.dirs", Files.createDirectories(directory.resolve("tmp")).toString());
        all.put("taskmanager.host", "127.0.0.1");
        all.put("taskmanager.bind-host", "127.0.0.1");
        all.put("taskmanager.numberOfTaskSlots", "4");
        all.put("taskmanager.load-balance.mode", "SLOTS");
        all.put("taskmanager.cpu.cores", "1");
        all.put("taskmanager.memory.task.heap.size", "192mb");
        all.put("taskmanager.memory.task.off-heap.size", "64mb");
        all.put("taskmanager.memory.framework.heap.size", "64mb");
        all.put("taskmanager.memory.framework.off-heap.size", "64mb");
        all.put("taskmanager.memory.jvm-metaspace.size", "128mb");
        all.put("taskmanager.memory.jvm-overhead.min", "64mb");
        all.put("taskmanager.memory.jvm-overhead.max", "64mb");
        all.put("taskmanager.memory.network.min", "32mb");
        all.put("taskmanager.memory.network.max", "32mb");
        all.put("taskmanager.memory.managed.size", "64mb");
        // A lost process is noticed by the connections that it had.
        all.put("heartbeat.interval", "500ms");
        all.put("heartbeat.timeout", "60s");
        all.put("heartbeat.rpc-failure-threshold", "2");
        all.put("cluster.io-pool.size", "4");
        // Answers of now, not those of some seconds ago.
        all.put("web.refresh-interval", "1");
        // A busy machine is no failure.
        all.put("pekko.ask.timeout", "120s");
        all.put("web.timeout", "120000");
        all.put("taskmanager.registration.timeout", "10min");
        Path conf = Files.createDirectories(directory.resolve("conf"));
        Files.writeString(
                conf.resolve("config.yaml"),
                all.entrySet().stream()
                        .map(entry -> entry.getKey() + ": \"" + entry.getValue() + "\"\n")
                        .collect(Collectors.joining()));
        Files.writeString(
                conf.resolve("log4j.properties"),
                """
                rootLogger.level = INFO
                rootLogger.appenderRef.out.ref = out
                appender.out.name = out
                appender.out.type = CONSOLE
                appender.out.layout.type = PatternLayout
                appender.out.layout.pattern = %d{HH:mm:ss,SSS} %-5p %c{1} - %m%n%xEx
                """);
        jobManager =
                start(
                        "job-manager",
                        "256m",
                        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
                        List.of("--executionMode", "cluster"));
        Configuration configuration = new Configuration();
        configuration.setString("jobmanager.rpc.address", "127.0.0.1");
        configuration.setString("rest.address", "127.0.0.1");
        configuration.setString("rest.port", String.valueOf(restPort));
        client = new RestClusterClient<>(configuration, StandaloneClusterId.getInstance());
    }

    /** The runtime jar, as Maven has made it. */
    public static Path runtimeJar() {
        return Path.of(property("flinklsm.runtimeJar"));
    }

    /** Flink, Hadoop's client and loggers of this test's class path. */
    private static String classPath(boolean isInLib) {
        List<String> parts = new ArrayList<>();
        if (isInLib) {
            parts.add(runtimeJar().toString());
        }
        for (String part : System.getProperty("java.class.path").split(File.pathSeparator)) {
            String name = Path.of(part).getFileName().toString();
            boolean ours = name.startsWith("flink-lsm") || !name.endsWith(".jar");
            boolean test =
                    name.endsWith("-tests.jar")
                            || name.contains("minicluster")
                            || name.startsWith("junit")
                            || name.contains("test-utils")
                            || name.startsWith("arrow-")
                            || name.startsWith("duckdb")
                            || name.startsWith("org-netbeans")
                            || name.startsWith("slf4j-nop");
            if (!ours && !test) {
                parts.add(part);
            }
        }
        return String.join(File.pathSeparator, parts);
    }

    private static String property(String name) {
        String value = System.getProperty(name);
        if (value == null) {
            throw new IllegalStateException(
                    "[" + name + "] is not set: run this test through Maven, which knows it");
        }
        return value;
    }

    private ServerProcess start(String name, String heap, String mainClass, List<String> more)
            throws IOException {
        List<String> args = new ArrayList<>(List.of("-Xmx" + heap, "-XX:+UseSerialGC"));
        if (isSteady) {
            // Without the gaps that a collection may leave, which count as objects.
            args.addAll(List.of("-Xms" + heap, "-XX:+AlwaysPreTouch", "-XX:MarkSweepDeadRatio=0"));
        }
        args.add("-XX:TieredStopAtLevel=1");
        args.addAll(OPENS);
        args.add("-Dlog4j2.configurationFile=" + directory.resolve("conf/log4j.properties"));
        args.add("-cp");
        args.add(classPath);
        args.add(mainClass);
        args.add("--configDir");
        args.add(directory.resolve("conf").toString());
        args.addAll(more);
        return ServerProcess.start(
                name,
                directory.resolve("log").resolve(name + ".log"),
                args,
                isSteady
                        ? Map.of("FLINK_PLUGINS_DIR", plugins.toString(), "MALLOC_ARENA_MAX", "1")
                        : Map.of("FLINK_PLUGINS_DIR", plugins.toString()));
    }

    /** Starts one more; returns its id, at once. */
    public String startTaskManager() throws IOException {
        String id = "tm" + ++started;
        taskManagers.put(
                id,
                start(
                        id,
                        "320m",
                        "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
                        List.of("-Dtaskmanager.resource-id=" + id)));
        return id;
    }

    /** Of the job manager's process. */
    public long jobManagerPid() {
        return jobManager.pid();
    }

    /** Of the TaskManager's process. */
    public long taskManagerPid(String id) {
        return Objects.requireNonNull(taskManagers.get(id)).pid();
    }

    /** What the TaskManager has logged so far. */
    public String taskManagerLog(String id) throws IOException {
        return Objects.requireNonNull(taskManagers.get(id)).output();
    }

    /** Where processes have their local files. */
    public Path localDirectory() {
        return directory.resolve("tmp");
    }

    public List<String> taskManagers() {
        return List.copyOf(taskManagers.keySet());
    }

    /** As {@code kill -9} does; another is started at once in its place. */
    public void killTaskManager(String id) throws Exception {
        ServerProcess victim = taskManagers.remove(id);
        victim.kill();
        victim.close();
        startTaskManager();
    }

    /** Waits until so many have come to the job manager, or fails if a process has died. */
    public void awaitTaskManagers(int count) throws Exception {
        Waiting.until(
                count + " TaskManagers",
                LONG,
                () -> {
                    checkProcesses();
                    Set<String> known = new HashSet<>();
                    JsonNode answer = get("/taskmanagers");
                    if (answer != null) {
                        answer.path("taskmanagers")
                                .forEach(tm -> known.add(tm.path("id").asText()));
                    }
                    known.retainAll(taskManagers.keySet());
                    return known.size() >= count;
                },
                taskManagers::toString);
    }

    private void checkProcesses() throws IOException {
        jobManager.checkAlive();
        for (Map.Entry<String, ServerProcess> taskManager : List.copyOf(taskManagers.entrySet())) {
            if (!taskManager.getValue().isAlive()
                    && taskManager.getValue().output().contains(TOO_SLOW)
                    && startedAgain++ < STARTED_AGAIN_MAX) {
                taskManagers.remove(taskManager.getKey()).close();
                startTaskManager();
            } else {
                taskManager.getValue().checkAlive();
            }
        }
    }

    public JobID submit(JobGraph graph) throws Exception {
        return client.submitJob(graph).get();
    }

    public void cancel(JobID job) throws Exception {
        client.cancel(job).get();
        Waiting.until(
                "the end of the job",
                LONG,
                () -> client.getJobStatus(job).get().isGloballyTerminalState(),
                () -> "job=" + job);
    }

    /** Null while the server does not answer, or knows no such thing. */
    public JsonNode get(String path) throws Exception {
        try {
            HttpResponse<String> response =
                    http.send(
                            HttpRequest.newBuilder(
                                            URI.create("http://127.0.0.1:" + restPort + path))
                                    .timeout(Duration.ofSeconds(60))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            return response.statusCode() == 200 ? JSON.readTree(response.body()) : null;
        } catch (IOException e) {
            jobManager.checkAlive();
            return null;
        }
    }

    /** Whether every task of the job runs. */
    public boolean isRunning(JobID job) throws Exception {
        JsonNode answer = get("/jobs/" + job);
        if (answer != null && answer.path("state").asText().equals("FAILED")) {
            throw new IllegalStateException("the job has failed: " + failures(job));
        }
        if (answer == null || !answer.path("state").asText().equals("RUNNING")) {
            return false;
        }
        for (JsonNode vertex : answer.path("vertices")) {
            if (vertex.path("tasks").path("RUNNING").asInt()
                    != vertex.path("parallelism").asInt()) {
                return false;
            }
        }
        return true;
    }

    /** Ids of the TaskManagers that run a task of the job now. */
    public List<String> hosts(JobID job) throws Exception {
        Set<String> hosts = new HashSet<>();
        JsonNode answer = get("/jobs/" + job);
        if (answer != null) {
            for (JsonNode vertex : answer.path("vertices")) {
                JsonNode tasks = get("/jobs/" + job + "/vertices/" + vertex.path("id").asText());
                if (tasks != null) {
                    tasks.path("subtasks")
                            .forEach(task -> hosts.add(task.path("taskmanager-id").asText()));
                }
            }
        }
        hosts.retainAll(taskManagers.keySet());
        return hosts.stream().sorted().toList();
    }

    /** The state backend of a job, as the job manager calls it. */
    public String stateBackend(JobID job) throws Exception {
        JsonNode answer = get("/jobs/" + job + "/checkpoints/config");
        return answer == null ? "" : answer.path("state_backend").asText();
    }

    /**
     * Runs Flink's command line program, {@code flink}, and returns what it wrote.
     *
     * @throws IllegalStateException if it fails
     */
    public String cli(String... arguments) throws Exception {
        String name = "flink-" + arguments[0] + "-" + ++commands;
        List<String> args = new ArrayList<>(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1"));
        args.addAll(OPENS);
        args.addAll(List.of("-cp", classPath, "org.apache.flink.client.cli.CliFrontend"));
        args.addAll(List.of(arguments));
        try (ServerProcess program =
                ServerProcess.start(
                        name,
                        directory.resolve("log").resolve(name + ".log"),
                        args,
                        Map.of("FLINK_CONF_DIR", directory.resolve("conf").toString()))) {
            Waiting.until(
                    name,
                    LONG,
                    () -> {
                        jobManager.checkAlive();
                        return !program.isAlive();
                    },
                    () -> List.of(arguments).toString());
            if (program.exitCode() != 0) {
                throw new IllegalStateException(
                        "[" + name + "] has failed: output=" + program.output());
            }
            return program.output();
        }
    }

    /** What the job manager tells of the job's checkpoints. */
    public JsonNode checkpoints(JobID job) throws Exception {
        JsonNode answer = get("/jobs/" + job + "/checkpoints");
        return answer == null ? JSON.createObjectNode() : answer;
    }

    public long completedCheckpoints(JobID job) throws Exception {
        return checkpoints(job).path("counts").path("completed").asLong();
    }

    /** The job's failures so far, with their stack traces. */
    public List<String> failures(JobID job) throws Exception {
        JsonNode answer = get("/jobs/" + job + "/exceptions?maxExceptions=1000");
        List<String> failures = new ArrayList<>();
        if (answer != null) {
            answer.path("exceptionHistory")
                    .path("entries")
                    .forEach(entry -> failures.add(entry.path("stacktrace").asText()));
        }
        return failures;
    }

    @Override
    public void close() {
        client.close();
        taskManagers.values().forEach(ServerProcess::close);
        jobManager.close();
    }
}
