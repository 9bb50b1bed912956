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

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flinklsm.inspect.testing.Child;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A line for each checkpoint as it completes. */
@Timeout(120)
final class WatchCommandTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir Path root;

    private SampleCheckpoint sample;

    @BeforeEach
    void open() throws Exception {
        sample = new SampleCheckpoint(root);
    }

    @AfterEach
    void close() throws Exception {
        sample.close();
    }

    @Test
    void whatIsThereComesFirst() throws Exception {
        sample.write(10, 0).take(1);
        sample.write(10, 1).take(2);

        Run run = Run.of("watch", "--count", "2", sample.jobDirectory().toString());

        assertThat(run.golden(root).replaceAll(" +", " "))
                .isEqualTo(
                        """
                        checkpoint id created size new shared files
                        chk-1 1 TIME SIZE SIZE SIZE 12
                        chk-2 2 TIME SIZE SIZE SIZE 16
                        """);
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void columnsStandBelowTheirNames() throws Exception {
        sample.write(10, 0).take(1);

        List<String> lines =
                Run.of("watch", "--count", "1", sample.jobDirectory().toString())
                        .out()
                        .lines()
                        .toList();

        assertThat(lines.get(1)).hasSameSizeAs(lines.get(0)).startsWith("chk-1  ");
    }

    /** Follows with a job that takes its checkpoints only when the one before was printed. */
    private Run follow(int count, String... options) throws Exception {
        Files.createDirectories(sample.jobDirectory());
        try (var out = new PipedOutputStream();
                var in =
                        new BufferedReader(
                                new InputStreamReader(
                                        new PipedInputStream(out), StandardCharsets.UTF_8))) {
            String[] arguments = new String[options.length + 6];
            arguments[0] = "watch";
            arguments[1] = "--interval";
            arguments[2] = "1";
            arguments[3] = "--count";
            arguments[4] = Integer.toString(count);
            System.arraycopy(options, 0, arguments, 5, options.length);
            arguments[options.length + 5] = sample.jobDirectory().toString();
            CompletableFuture<Run> run =
                    CompletableFuture.supplyAsync(() -> Run.to(out, arguments));
            StringBuilder lines = new StringBuilder();
            for (int id = 1; id <= count; id++) {
                sample.write(10, id - 1).take(id);
                String line = in.readLine();
                while (line != null && line.startsWith("checkpoint")) {
                    line = in.readLine();
                }
                lines.append(line).append('\n');
            }
            Run ended = run.get(60, TimeUnit.SECONDS);
            return new Run(ended.exitCode(), lines.toString(), ended.err());
        }
    }

    @Test
    void eachNewCheckpointIsALineAtOnce() throws Exception {
        Run run = follow(3);

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out().lines().map(line -> line.substring(0, 7).strip()))
                .containsExactly("chk-1", "chk-2", "chk-3");
    }

    @Test
    void withJsonEachLineIsAnObject() throws Exception {
        Run run = follow(2, "--json");

        List<String> lines = run.out().lines().toList();
        assertThat(lines).hasSize(2);
        JsonNode second = MAPPER.readTree(lines.get(1));
        assertThat(lines.get(1)).startsWith("{\"schema\":\"flink-lsm/watch/1\",\"name\":\"chk-2\"");
        assertThat(second.get("id").asInt()).isEqualTo(2);
        assertThat(second.get("type").asText()).isEqualTo("checkpoint");
        assertThat(second.get("bytes").asLong())
                .isEqualTo(second.get("new_bytes").asLong() + second.get("shared_bytes").asLong())
                .isPositive();
        assertThat(second.get("files").asInt()).isEqualTo(16);
    }

    @Test
    void whatDoesNotOpenIsToldOnceAndTriedAgain() throws Exception {
        Path first = sample.write(10, 0).take(1);
        byte[] metadata = Files.readAllBytes(first.resolve("_metadata"));
        Files.write(first.resolve("_metadata"), new byte[0]);
        Path mended = root.resolve("mended");
        Files.write(mended, metadata);

        // Mended when the complaint has come.
        Child child =
                Child.of(
                        root,
                        ": >watch.err; \"$@\" 2>watch.err & until grep -q skipped watch.err; do :;"
                                + " done; cp "
                                + mended
                                + " "
                                + first
                                + "/_metadata; wait $!; cat watch.err >&2",
                        List.of(
                                "watch",
                                "--interval",
                                "1",
                                "--count",
                                "1",
                                sample.jobDirectory().toString()));

        assertThat(child.exitCode()).as(child.err()).isZero();
        assertThat(child.out()).contains("chk-1");
        assertThat(child.err().lines()).hasSize(1);
    }

    @Test
    void theSignalOfCtrlCEndsIt() throws Exception {
        sample.write(10, 0).take(1);

        Child child =
                Child.of(
                        root,
                        ": >watch.out; \"$@\" >watch.out & pid=$!; until grep -q chk-1 watch.out;"
                                + " do :; done; kill -TERM $pid; wait $pid; code=$?; cat watch.out;"
                                + " exit $code",
                        List.of("watch", sample.jobDirectory().toString()));

        assertThat(child.exitCode()).isEqualTo(143);
        assertThat(child.out()).contains("chk-1");
        assertThat(child.err()).isEmpty();
    }

    @Test
    void aMissingDirectoryAndNumbersBelowOneAreErrors() throws IOException {
        Run missing = Run.of("watch", root.resolve("nowhere").toString());
        Run count = Run.of("watch", "--count", "0", root.toString());
        Run interval = Run.of("watch", "--interval", "0", root.toString());

        assertThat(missing.exitCode()).isEqualTo(3);
        assertThat(missing.err()).contains("there is no such directory");
        assertThat(List.of(count, interval)).allMatch(run -> run.exitCode() == 2);
        assertThat(count.err()).contains("take a number above 0: count=0");
    }
}
