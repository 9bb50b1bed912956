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
import io.flinklsm.statebackend.LsmStateBackend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each way for a job to leak is what health, diff --explain and the report name first. */
final class LeakingJobsTest {

    private static final String VALUE = "x".repeat(40);
    private static final int EVEN_KEYS = 400;
    private static final int LEAKED = 2000;

    @TempDir Path root;

    /** What leaks, and what the commands call it. */
    enum Leak {
        MAP_UNDER_ONE_KEY("large_key", "one_key", "the-hot-one"),
        TIMERS_THAT_NEVER_FIRE("distant_timers", "distant_timers", "due in more than a year"),
        TTL_THAT_IS_NEVER_CLEANED("expired", "time_to_live", "entries"),
        SKEWED_KEYS("key_group_skew", "key_group", "key group 3 ");

        private final String finding;
        private final String cause;
        private final String words;

        Leak(String finding, String cause, String words) {
            this.finding = finding;
            this.cause = cause;
            this.words = words;
        }

        void into(SampleCheckpoint sample) throws Exception {
            switch (this) {
                case MAP_UNDER_ONE_KEY -> {
                    for (int i = 0; i < LEAKED; i++) {
                        put(sample, "the-hot-one", "event-" + i);
                    }
                }
                case TIMERS_THAT_NEVER_FIRE -> {
                    for (int i = 0; i < LEAKED; i++) {
                        sample.timer("user-" + i, Long.MAX_VALUE - 1);
                    }
                }
                case TTL_THAT_IS_NEVER_CLEANED -> {
                    for (int i = 0; i < LEAKED; i++) {
                        visit(sample, "user-" + i);
                    }
                }
                case SKEWED_KEYS -> {
                    int written = 0;
                    for (int i = 0; written < LEAKED; i++) {
                        String key = "tenant-7-" + i;
                        if (KeyGroupRangeAssignment.assignToKeyGroup(
                                        key, SampleCheckpoint.MAX_PARALLELISM)
                                == 3) {
                            put(sample, key, "once");
                            written++;
                        }
                    }
                }
            }
        }
    }

    private static void put(SampleCheckpoint sample, String key, String mapKey) throws Exception {
        sample.with(
                key,
                backend -> {
                    MapState<String, String> seen =
                            SampleCheckpoint.state(
                                    backend,
                                    new MapStateDescriptor<>("seen", Types.STRING, Types.STRING));
                    seen.put(mapKey, VALUE);
                });
    }

    private static void visit(SampleCheckpoint sample, String key) throws Exception {
        var descriptor = new ValueStateDescriptor<>("visited", Types.STRING);
        descriptor.enableTimeToLive(StateTtlConfig.newBuilder(Duration.ofDays(1)).build());
        sample.with(
                key,
                backend -> {
                    ValueState<String> visited = SampleCheckpoint.state(backend, descriptor);
                    visited.update(VALUE);
                });
    }

    @ParameterizedTest
    @EnumSource(Leak.class)
    void theLeakIsNamedFirst(Leak leak) throws Exception {
        try (var sample = new SampleCheckpoint(root, new LsmStateBackend(true))) {
            for (int i = 0; i < EVEN_KEYS; i++) {
                put(sample, "user-" + i, "once");
            }
            visit(sample, "user-1");
            Path before = sample.timer("user-1", 1_700_000_000_000L).take(1);
            sample.confirm(1);
            leak.into(sample);
            Path after = sample.take(2);

            assertNamedFirst(leak, findings(after), leak.finding);
            assertNamedFirst(leak, causes(before, after), leak.cause);
            assertNamedFirst(leak, reported(after), leak.finding);
        }
    }

    private static void assertNamedFirst(Leak leak, JsonNode named, String code) {
        assertThat(named.path(0).path("code").asText()).as(named.toString()).isEqualTo(code);
        assertThat(named.path(0).path("text").asText()).contains(leak.words);
    }

    private static String[] command(String name, String... more) {
        List<String> all =
                new ArrayList<>(
                        List.of(name, "--ttl", "1d", "--at", "2100-01-01", "--min-bytes", "50000"));
        Collections.addAll(all, more);
        return all.toArray(String[]::new);
    }

    private static JsonNode findings(Path checkpoint) throws IOException {
        Run run = Run.of(command("health", "--json", checkpoint.toString()));

        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        return new ObjectMapper().readTree(run.out()).path("findings");
    }

    /** The causes of the state that has grown most. */
    private static JsonNode causes(Path before, Path after) throws IOException {
        Run run = Run.of("diff", "--explain", "--json", before.toString(), after.toString());

        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode most = null;
        long mostBytes = -1;
        for (JsonNode state : new ObjectMapper().readTree(run.out()).path("states")) {
            long bytes = state.path("added_bytes").asLong();
            if (bytes > mostBytes) {
                most = state;
                mostBytes = bytes;
            }
        }
        assertThat(most).isNotNull();
        return most.path("causes");
    }

    private JsonNode reported(Path checkpoint) throws IOException {
        Path page = root.resolve("report.html");
        Run run = Run.of(command("report", "-o", page.toString(), checkpoint.toString()));

        assertThat(run.exitCode()).as(run.err()).isZero();
        String text = Files.readString(page);
        String start = "<script type=\"application/json\" id=\"data\">";
        int from = text.indexOf(start) + start.length();
        return new ObjectMapper()
                .readTree(text.substring(from, text.indexOf("</script>", from)))
                .path("findings");
    }
}
