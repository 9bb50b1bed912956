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
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.apache.flink.streaming.api.operators.TimerSerializer;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** State and timers of windows: the window is the namespace, and stands in columns. */
final class WindowStateTest {

    private static final ValueStateDescriptor<Long> SUMS =
            new ValueStateDescriptor<>("sums", LongSerializer.INSTANCE);

    private static final TimeWindow FIRST = new TimeWindow(0, 60_000);
    private static final TimeWindow SECOND = new TimeWindow(60_000, 120_000);

    @TempDir static Path root;

    private static String checkpoint = "";

    @BeforeAll
    static void takeACheckpoint() throws Exception {
        try (SampleCheckpoint sample = new SampleCheckpoint(root)) {
            for (String key : List.of("a", "b", "c")) {
                add(sample, key, FIRST, key.length());
            }
            add(sample, "a", SECOND, 7);
            sample.with(
                    "a",
                    backend ->
                            backend.create(
                                            "closing",
                                            new TimerSerializer<>(
                                                    StringSerializer.INSTANCE,
                                                    new TimeWindow.Serializer()))
                                    .add(
                                            new TimerHeapInternalTimer<>(
                                                    SECOND.maxTimestamp(), "a", SECOND)));
            checkpoint = sample.take(1).toString();
        }
    }

    private static void add(SampleCheckpoint sample, String key, TimeWindow window, long value)
            throws Exception {
        sample.with(
                key,
                backend ->
                        backend.getPartitionedState(window, new TimeWindow.Serializer(), SUMS)
                                .update(value));
    }

    private static JsonNode json(String... arguments) throws IOException {
        Run run = Run.of(arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return new ObjectMapper().readTree(run.out());
    }

    @Test
    void theWindowOfAnEntryIsShown() throws IOException {
        JsonNode entries =
                json("get", "--json", "--state", "sums", "--key", "a", checkpoint).path("entries");

        assertThat(entries)
                .extracting(entry -> entry.path("namespace").toString() + entry.path("value"))
                .containsExactlyInAnyOrder(
                        "{\"start\":0,\"end\":60000}1", "{\"start\":60000,\"end\":120000}7");
    }

    @Test
    void windowsAreAskedInSql() {
        Run run =
                Run.of(
                        "sql",
                        "--csv",
                        checkpoint,
                        "select namespace.start as start, count(*) as entries, sum(value) as total"
                                + " from sums group by all order by start");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out().lines().skip(1)).containsExactly("0,3,3", "60000,1,7");
    }

    @Test
    void windowsAreRanked() throws IOException {
        JsonNode top =
                json(
                        "top",
                        "--json",
                        "--exact",
                        "--of",
                        "namespaces",
                        "--by",
                        "entries",
                        "--state",
                        "sums",
                        checkpoint);

        assertThat(top.path("states").path(0).path("count").asInt()).isEqualTo(2);
        assertThat(top.path("top").path(0).path("live_entries").asInt()).isEqualTo(3);
        assertThat(top.path("top").path(0).path("name").asText()).contains("end: 60000");
    }

    @Test
    void aTimerOfAWindowHasItsWindowAndTime() throws IOException {
        JsonNode timer =
                json("scan", "--json", "--state", "closing", checkpoint).path("entries").path(0);

        assertThat(timer.path("timestamp").asLong()).isEqualTo(SECOND.maxTimestamp());
        assertThat(timer.path("namespace").path("end").asLong()).isEqualTo(120_000);
    }
}
