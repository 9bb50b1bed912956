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
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TopCommandTest {

    @TempDir static Path root;

    private static SampleCheckpoint small;
    private static SampleCheckpoint large;

    /** So many that files are large enough to have sketches. */
    private static final int LARGE_KEYS = 40_000;

    @BeforeAll
    static void takeCheckpoints() throws Exception {
        small = SampleCheckpoint.ofTwoRounds(root.resolve("small"));
        large = new SampleCheckpoint(root.resolve("large"));
        large.write(LARGE_KEYS, 0);
        for (int round = 1; round < 20; round++) {
            large.write("k7", 7, round);
        }
        large.write("a key that is much longer than those of the others", 1, 0).take(1);
        large.write(10, 1).take(2);
    }

    @AfterAll
    static void close() throws Exception {
        small.close();
        large.close();
    }

    @Test
    void keysAreRankedByWhatIsStoredAndToldByWhatIsLive() {
        Run run = Run.of("top", "--by", "entries", "-n", "3", small.last().toString());

        assertThat(run.golden(root))
                .isEqualTo(
                        """
                        operator  state  keys  stored entries  stored data
                        remember  timers  -  15  SIZE
                        remember  count  10  15  SIZE
                        remember  visits  10  15  SIZE
                        remember  tags  10  30  SIZE

                        operator  state  key group  key  stored entries  tombstones  stored data  live entries  live data
                        remember  tags  0  k8  4  0  SIZE  3  SIZE
                        remember  tags  1  k0  4  0  SIZE  3  SIZE
                        remember  tags  2  k2  4  0  SIZE  3  SIZE
                        """);
        assertThat(run.err())
                .contains("sketches of 0 SSTables; 12 without one were read")
                .contains("counted by key only with --exact: timers.");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void exactFiguresAreOfWhatIsLive() {
        Run run = Run.of("top", "--exact", "--state", "count", "-n", "2", small.last().toString());

        assertThat(run.golden(root))
                .isEqualTo(
                        """
                        operator  state  keys  live entries  live data
                        remember  count  9  9  SIZE

                        operator  state  key group  key  stored entries  tombstones  stored data  live entries  live data
                        remember  count  0  k8  2  0  SIZE  1  SIZE
                        remember  count  2  k2  2  0  SIZE  1  SIZE
                        """);
    }

    @Test
    void keysThatBeginAsOthersDoAreCountedApart(@TempDir Path own) throws Exception {
        var seen = new MapStateDescriptor<>("seen", Types.STRING, Types.STRING);
        List<String> keys = List.of("", "a", "ab", "abc", "a\0", "b".repeat(200));
        try (SampleCheckpoint sample = new SampleCheckpoint(own)) {
            for (String key : keys) {
                sample.write(key, 1, 0);
                for (int i = 0; i <= keys.indexOf(key); i++) {
                    String mapKey = "b".repeat(i);
                    sample.with(
                            key, backend -> SampleCheckpoint.state(backend, seen).put(mapKey, "x"));
                }
            }
            String checkpoint = sample.take(1).toString();

            JsonNode maps = exact(checkpoint, "seen");
            JsonNode values = exact(checkpoint, "count");

            assertThat(maps.path("states").path(0).path("count").asInt()).isEqualTo(6);
            assertThat(maps.path("states").path(0).path("live_entries").asInt()).isEqualTo(21);
            assertThat(maps.path("top"))
                    .extracting(one -> one.path("live_entries").asInt())
                    .containsExactly(6, 5, 4, 3, 2, 1);
            assertThat(maps.path("top"))
                    .allSatisfy(
                            one ->
                                    assertThat(one.path("stored_entries"))
                                            .isEqualTo(one.path("live_entries")));
            assertThat(values.path("states").path(0).path("count").asInt()).isEqualTo(6);
        }
    }

    private static JsonNode exact(String checkpoint, String state) throws IOException {
        Run run =
                Run.of("top", "--exact", "--json", "--by", "entries", "--state", state, checkpoint);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return new ObjectMapper().readTree(run.out());
    }

    @Test
    void keysOfTimersMapKeysAndKeyGroupsAreCounted() {
        String checkpoint = small.last().toString();

        Run mapKeys = Run.of("top", "--exact", "--of", "map-keys", "--by", "entries", checkpoint);
        Run timers =
                Run.of(
                        "top",
                        "--exact",
                        "--state",
                        "timers",
                        "--by",
                        "entries",
                        "-n",
                        "1",
                        checkpoint);
        Run groups = Run.of("top", "--of", "key-groups", "--state", "count", "-n", "1", checkpoint);

        assertThat(mapKeys.golden(root))
                .contains("remember  tags  3  25  SIZE\n")
                .contains("remember  tags  always  -  -  -  10  SIZE\n")
                .contains("remember  tags  round0  -  -  -  10  SIZE\n")
                .contains("remember  tags  round1  -  -  -  5  SIZE\n");
        assertThat(mapKeys.err()).contains("no map keys: timers, count, visits.");
        assertThat(timers.golden(root)).contains("remember  timers  -  k0  -  -  -  2  SIZE\n");
        assertThat(groups.golden(root)).contains("remember  count  2  4  -  SIZE  -  -\n");
    }

    @Test
    void sketchesFindTheLargestKeysAndBoundTheOthers() throws IOException {
        JsonNode sketched = json("top", "--json", "--state", "tags", large.last().toString());
        JsonNode exact =
                json("top", "--json", "--exact", "--state", "tags", large.last().toString());

        assertThat(sketched.path("schema").asText()).isEqualTo("flink-lsm/top/1");
        assertThat(sketched.path("sketched_files").asInt()).isGreaterThan(0);
        for (JsonNode top : new JsonNode[] {sketched, exact}) {
            JsonNode first = top.path("top").path(0);
            assertThat(first.path("name").asText()).isEqualTo("k7");
            assertThat(first.path("live_entries").asInt()).isEqualTo(21);
            assertThat(first.path("stored_entries").asInt()).isGreaterThanOrEqualTo(21);
        }
        long tenth = exact.path("top").path(9).path("live_bytes").asLong();
        assertThat(sketched.path("others_at_most").asLong()).isGreaterThanOrEqualTo(tenth);
        JsonNode state = sketched.path("states").path(0);
        double error = state.path("count_relative_error").asDouble();
        assertThat(error).isBetween(0.01, 0.2);
        assertThat(state.path("count").asDouble())
                .isBetween(LARGE_KEYS * (1 - 4 * error), LARGE_KEYS * (1 + 4 * error));
        assertThat(exact.path("states").path(0).path("count").asInt()).isEqualTo(LARGE_KEYS + 1);
    }

    @Test
    void sketchesReadLittleOfTheFiles() throws IOException {
        JsonNode top = json("top", "--json", "--state", "count", large.last().toString());
        JsonNode files = json("files", "--json", "--state", "count", large.last().toString());
        long bytes = 0;
        for (JsonNode file : files.path("files")) {
            bytes += file.path("bytes").asLong();
        }

        assertThat(top.path("read_bytes").asLong()).isLessThan(bytes / 20);
        assertThat(top.path("top").path(0).path("name").asText()).startsWith("a key that is much");
    }

    private static JsonNode json(String... arguments) throws IOException {
        Run run = Run.of(arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return new ObjectMapper().readTree(run.out());
    }

    @Test
    void whatSketchesDoNotKnowAndWhatIsNoChoiceIsToldBeforeAnythingIsRead() {
        String nowhere = root.resolve("nowhere").toString();

        Run mapKeys = Run.of("top", "--of", "map-keys", nowhere);
        Run of = Run.of("top", "--of", "values", nowhere);
        Run by = Run.of("top", "--by", "size", nowhere);
        Run limit = Run.of("top", "-n", "0", nowhere);

        assertThat(mapKeys.err()).contains("give --exact");
        assertThat(of.err()).contains("keys, key-groups, namespaces, map-keys: given=values");
        assertThat(by.err()).contains("bytes, entries: given=size");
        assertThat(limit.err()).contains("--limit takes a number from 1 to 1000: given=0");
        for (Run run : new Run[] {mapKeys, of, by, limit}) {
            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.out()).isEmpty();
        }
        assertThat(Run.of("top", nowhere).exitCode()).isEqualTo(3);
    }

    @Test
    void aKeyThatMeansHarmComesAsEscapes() throws Exception {
        try (SampleCheckpoint sample = new SampleCheckpoint(root.resolve("hostile"))) {
            sample.write("\u001b[2J\u202eevil", 1, 0).take(1);

            Run run = Run.of("top", sample.last().toString());

            assertThat(run.out())
                    .contains("\\u001b[2J\\u202eevil")
                    .doesNotContain("\u001b", "\u202e");
        }
    }
}
