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
package io.flinklsm.inspect.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.inspect.FlinkLsm;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Command;

/**
 * What every command prints, for people and as JSON, is what stands in {@code golden/}. After a
 * change that is meant, {@code -Dflinklsm.golden.update=true} writes the files anew.
 */
final class GoldenOutputsTest {

    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final boolean UPDATE = Boolean.getBoolean("flinklsm.golden.update");

    @TempDir static Path root;

    private static SampleCheckpoint sample;

    /** What to run, by the name of the file. */
    private static final Map<String, String> RUNS = new TreeMap<>();

    static {
        Map<String, String> both =
                Map.ofEntries(
                        Map.entry("ls", "ls ROOT"),
                        Map.entry("show", "show CKPT"),
                        Map.entry("files", "files CKPT"),
                        Map.entry("verify", "verify CKPT"),
                        Map.entry("top", "top -n 2 CKPT"),
                        Map.entry("top-exact", "top --exact --of map-keys -n 2 CKPT"),
                        Map.entry("health", "health --min-bytes 1 CKPT"),
                        Map.entry("diff", "diff BEFORE CKPT"),
                        Map.entry("diff-explain", "diff --explain BEFORE CKPT"),
                        Map.entry("get", "get --state visits --key k4 CKPT"),
                        Map.entry("scan", "scan --state tags -n 3 CKPT"),
                        Map.entry("scan-timers", "scan --state timers -n 3 CKPT"),
                        Map.entry("scan-operator", "scan --state lines CKPT"),
                        Map.entry("sql", "sql CKPT from_count_order_by_key_limit_2"),
                        Map.entry("gc", "gc ROOT"),
                        Map.entry("watch", "watch --count 2 ROOT"),
                        Map.entry("compact", "compact CKPT --into OUT"),
                        Map.entry("fit", "fit --timeout 600 CKPT JAR"),
                        Map.entry("report", "report CKPT -o OUT"));
        both.forEach(
                (name, line) -> {
                    RUNS.put(name + ".txt", line);
                    RUNS.put(name + ".json", line + " --json");
                });
        RUNS.put("export.csv", "export CKPT --state count --format csv");
        RUNS.put("export.jsonl", "export CKPT --state tags --format json");
        RUNS.put("help.txt", "--help");
        RUNS.put("completion.txt", "completion bash");
        RUNS.put("man.txt", "man scan");
    }

    @BeforeAll
    static void takeCheckpoints() throws Exception {
        sample = new SampleCheckpoint(root);
        sample.withOperatorState(
                0,
                false,
                backend ->
                        backend.getListState(
                                        new ListStateDescriptor<>(
                                                "lines", StringSerializer.INSTANCE))
                                .update(List.of("first", "second")));
        sample.write(10, 0).take(1);
        sample.write(10, 1).timer("k3", Long.MAX_VALUE).take(2);
        // A job that has no classes of its own in its state: Flink's serializers are enough.
        try (var jar = new JarOutputStream(Files.newOutputStream(root.resolve("job.jar")))) {
            jar.putNextEntry(new JarEntry("nothing"));
        }
    }

    @AfterAll
    static void close() throws Exception {
        sample.close();
    }

    static Stream<String> runs() {
        return RUNS.keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("runs")
    void everyCommandPrintsWhatItDid(String name) throws IOException {
        Run run = Run.of(arguments(name, RUNS.get(name)));
        String out =
                run.golden(root)
                        .replaceAll("\"(at|[a-z_]*_times)\" : [0-9.]+", "\"$1\" : FIGURE")
                        // Objects of a line each have no spaces.
                        .replaceAll("\"(created|[a-z_]*bytes)\":[0-9]+", "\"$1\":FIGURE");

        assertThat(run.exitCode()).as(run.err()).isIn(0, 1);
        Path file = GOLDEN.resolve(name);
        if (UPDATE) {
            Files.createDirectories(GOLDEN);
            Files.writeString(file, out);
        }
        assertThat(out).isEqualTo(Files.readString(file));
    }

    private static String[] arguments(String name, String line) {
        List<String> arguments = new ArrayList<>();
        for (String word : line.split(" ")) {
            arguments.add(
                    switch (word) {
                        case "ROOT" -> sample.jobDirectory().toString();
                        case "BEFORE" -> sample.jobDirectory().resolve("chk-1").toString();
                        case "CKPT" -> sample.last().toString();
                        case "OUT" -> root.resolve("out-" + name).toString();
                        case "JAR" -> root.resolve("job.jar").toString();
                        default -> word.replace('_', ' ');
                    });
        }
        return arguments.toArray(String[]::new);
    }

    @Test
    void noCommandIsLeftOut() {
        List<String> all =
                Arrays.stream(FlinkLsm.class.getAnnotation(Command.class).subcommands())
                        .map(type -> type.getAnnotation(Command.class).name())
                        .toList();

        assertThat(RUNS.values().stream().map(line -> line.split(" ")[0])).containsAll(all);
    }
}
