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

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.util.FileUtils;

/** A headless Chromium with one page, spoken to by its debugging protocol. */
public final class Browser implements AutoCloseable {

    private static final String PROGRAM = "/usr/bin/chromium";
    private static final long SECONDS = 60;

    private final ObjectMapper mapper = new ObjectMapper();
    private final Process process;
    private final Path profile;
    private final WebSocket socket;
    private final AtomicInteger lastId = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final List<String> problems = new CopyOnWriteArrayList<>();
    private final BlockingQueue<String> loaded = new LinkedBlockingQueue<>();

    private Browser(Process process, Path profile, URI page) {
        this.process = process;
        this.profile = profile;
        socket =
                HttpClient.newHttpClient()
                        .newWebSocketBuilder()
                        .buildAsync(page, new Listener())
                        .join();
    }

    public static boolean isInstalled() {
        return Files.isExecutable(Path.of(PROGRAM));
    }

    /** Starts it, with a new directory for its files. */
    public static Browser start() throws Exception {
        Path profile = Files.createTempDirectory("browser-");
        Process process =
                new ProcessBuilder(
                                PROGRAM,
                                "--headless",
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-dev-shm-usage",
                                "--no-first-run",
                                "--window-size=1200,1000",
                                "--remote-debugging-port=0",
                                "--user-data-dir=" + profile,
                                "about:blank")
                        .redirectErrorStream(true)
                        .start();
        try (var lines = process.inputReader()) {
            // It says where it listens, and nothing of interest afterwards.
            String line = lines.readLine();
            while (line != null && !line.startsWith("DevTools listening on ")) {
                line = lines.readLine();
            }
            if (line == null) {
                throw new IOException("the browser does not start");
            }
            URI browser = URI.create(line.substring("DevTools listening on ".length()));
            String list =
                    new String(
                            URI.create("http://127.0.0.1:" + browser.getPort() + "/json/list")
                                    .toURL()
                                    .openStream()
                                    .readAllBytes(),
                            StandardCharsets.UTF_8);
            for (JsonNode target : new ObjectMapper().readTree(list)) {
                if (target.path("type").asText().equals("page")) {
                    return new Browser(
                            process,
                            profile,
                            URI.create(target.path("webSocketDebuggerUrl").asText()));
                }
            }
            throw new IOException("the browser has no page");
        } catch (Exception e) {
            end(process, profile);
            throw e;
        }
    }

    /** Opens a page and waits until it is loaded. */
    public void open(Path page) throws Exception {
        call("Log.enable", Map.of());
        call("Runtime.enable", Map.of());
        call("Page.enable", Map.of());
        loaded.clear();
        call("Page.navigate", Map.of("url", page.toUri().toString()));
        if (loaded.poll(SECONDS, TimeUnit.SECONDS) == null) {
            throw new IOException("the page is not loaded after " + SECONDS + " s");
        }
    }

    /** The value of an expression in the page, as text. */
    public String evaluate(String expression) throws Exception {
        JsonNode answer =
                call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true));
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(expression + ": " + answer.path("exceptionDetails"));
        }
        return answer.path("result").path("value").asText();
    }

    /** What the page complained about: errors, and what its policy forbade. */
    public List<String> problems() {
        return List.copyOf(problems);
    }

    private JsonNode call(String method, Map<String, ?> parameters) throws Exception {
        int id = lastId.incrementAndGet();
        ObjectNode message = mapper.createObjectNode().put("id", id).put("method", method);
        message.set("params", mapper.valueToTree(parameters));
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        socket.sendText(message.toString(), true).join();
        return answer.get(SECONDS, TimeUnit.SECONDS);
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                try {
                    accept(mapper.readTree(text.toString()));
                } catch (IOException e) {
                    problems.add(e.toString());
                }
                text.setLength(0);
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }

        private void accept(JsonNode message) {
            CompletableFuture<JsonNode> answer = answers.remove(message.path("id").asInt());
            if (answer != null) {
                answer.complete(message.path("result"));
            }
            switch (message.path("method").asText()) {
                case "Page.loadEventFired" -> loaded.add("loaded");
                case "Runtime.exceptionThrown", "Log.entryAdded" ->
                        problems.add(message.path("params").toString());
                default -> {}
            }
        }
    }

    @Override
    public void close() throws Exception {
        socket.abort();
        end(process, profile);
    }

    /** Its children outlive it for a moment, and write into the directory until they end. */
    private static void end(Process process, Path profile) throws Exception {
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle one : all) {
            one.onExit().get(SECONDS, TimeUnit.SECONDS);
        }
        // A child that was born meanwhile may still add a file: what is left is no fault of a test.
        FileUtils.deleteDirectoryQuietly(profile.toFile());
    }
}
