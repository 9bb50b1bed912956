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
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each way for a job to leak is named, and named first. */
final class HealthCommandTest {

    private static final int KEYS = 2000;

    @TempDir Path root;

    private SampleCheckpoint sample() throws Exception {
        return new SampleCheckpoint(root);
    }

    /** A value for each of many keys, so that others stand out. */
    private static void writeEvenly(SampleCheckpoint sample) throws Exception {
        for (int i = 0; i < KEYS; i++) {
            putInMap(sample, "user-" + i, "once", "x".repeat(30));
        }
    }

    private static void putInMap(SampleCheckpoint sample, String key, String mapKey, String value)
            throws Exception {
        sample.with(
                key,
                backend -> {
                    MapState<String, String> seen =
                            SampleCheckpoint.state(
                                    backend,
                                    new MapStateDescriptor<>("seen", Types.STRING, Types.STRING));
                    seen.put(mapKey, value);
                });
    }

    /** Looks at states of any size. */
    private static Run health(Object checkpoint, String... more) {
        List<String> arguments = new ArrayList<>(List.of("health", "--min-bytes", "1"));
        arguments.addAll(List.of(more));
        arguments.add(checkpoint.toString());
        return Run.of(arguments.toArray(String[]::new));
    }

    private static JsonNode findings(Run run) throws IOException {
        return new ObjectMapper().readTree(run.out()).path("findings");
    }

    private static JsonNode first(Run run) throws IOException {
        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        return findings(run).path(0);
    }

    @Test
    void aCheckpointThatIsWellHasNoFindings() throws Exception {
        try (SampleCheckpoint sample = sample()) {
            writeEvenly(sample);
            sample.take(1);

            Run run = health(sample.last());

            assertThat(run.golden(root))
                    .isEqualTo(
                            """
                            no findings

                            operator  state  size  largest group  largest subtask  tombstones  overwritten  L0 runs  clipped  expired  last access
                            remember  timers  SIZE  -  0.0x  0 %  -  0  SIZE  -  -
                            remember  seen  SIZE  1.1x  1.0x  0 %  -  1  SIZE  -  -
                            """);
            assertThat(run.exitCode()).isZero();
        }
    }

    @Test
    void aMapThatGrowsUnderOneKeyIsNamed() throws Exception {
        try (SampleCheckpoint sample = sample()) {
            writeEvenly(sample);
            for (int i = 0; i < 3000; i++) {
                putInMap(sample, "the-hot-one", "event-" + i, "x".repeat(30));
            }
            sample.take(1);

            JsonNode finding = first(health(sample.last(), "--json"));

            assertThat(finding.path("code").asText()).isEqualTo("large_key");
            assertThat(finding.path("text").asText())
                    .contains("key the-hot-one has ", "in 3,000 entries, of about 2,");
            assertThat(finding.path("value").asDouble()).isBetween(0.5, 0.7);
        }
    }

    @Test
    void manyKeysOfOneKeyGroupAreSkew() throws Exception {
        try (SampleCheckpoint sample = sample()) {
            int written = 0;
            for (int i = 0; written < KEYS; i++) {
                String key = "user-" + i;
                int group =
                        KeyGroupRangeAssignment.assignToKeyGroup(
                                key, SampleCheckpoint.MAX_PARALLELISM);
                if (group == 3 || i % 20 == 0) {
                    putInMap(sample, key, "once", "x".repeat(100));
                    written++;
                }
            }
            sample.take(1);

            Run run = health(sample.last());

            assertThat(run.out())
                    .contains("remember / seen: key group 3 has ")
                    .contains("flink-lsm scan --key-group 3");
            assertThat(run.exitCode()).isEqualTo(1);
        }
    }

    @Test
    void entriesThatOutlivedTheirTimeAreReclaimable() throws Exception {
        try (SampleCheckpoint sample = sample()) {
            var descriptor = new ValueStateDescriptor<>("last", Types.STRING);
            descriptor.enableTimeToLive(StateTtlConfig.newBuilder(Duration.ofDays(1)).build());
            for (int i = 0; i < 100; i++) {
                String value = "visit-" + i;
                sample.with(
                        "user-" + i,
                        backend -> {
                            ValueState<String> last = SampleCheckpoint.state(backend, descriptor);
                            last.update(value);
                        });
            }
            String checkpoint = sample.take(1).toString();

            Run unknown = Run.of("health", checkpoint);
            Run young = Run.of("health", "--ttl", "1d", checkpoint);
            Run expired =
                    Run.of(
                            "health",
                            "--json",
                            "--ttl",
                            "last=1d",
                            "--at",
                            "2100-01-01",
                            checkpoint);

            assertThat(unknown.exitCode()).isZero();
            assertThat(unknown.err()).contains("give --ttl DURATION");
            assertThat(young.exitCode()).isZero();
            JsonNode finding = first(expired);
            assertThat(finding.path("code").asText()).isEqualTo("expired");
            assertThat(finding.path("text").asText())
                    .startsWith("100 of 100 entries are expired: ");
        }
    }

    @Test
    void timersThatNeverFireAreNamedAndSoAreThoseThatShouldHave() throws Exception {
        try (SampleCheckpoint sample = sample()) {
            for (int i = 0; i < 90; i++) {
                sample.timer("user-" + i, i < 50 ? Long.MAX_VALUE - 1 : 1000L + i);
            }
            sample.take(1);

            Run run = health(sample.last(), "--json");

            assertThat(first(run).path("code").asText()).isEqualTo("distant_timers");
            assertThat(first(run).path("text").asText())
                    .isEqualTo("50 of 90 timers are due in more than a year, 50 of them never");
            assertThat(findings(run).path(1).path("text").asText())
                    .isEqualTo("40 of 90 timers were due more than an hour before");
            assertThat(health(sample.last(), "--quick").exitCode()).isZero();
        }
    }

    @Test
    void deletedAndOverwrittenEntriesThatAreStillStoredAreTold() throws Exception {
        try (SampleCheckpoint sample = sample()) {
            var descriptor = new ValueStateDescriptor<>("count", Types.LONG);
            for (int round = 1; round <= 3; round++) {
                boolean deletes = round == 3;
                for (int i = 0; i < 500; i++) {
                    sample.with(
                            "user-" + i,
                            backend -> {
                                ValueState<Long> count =
                                        SampleCheckpoint.state(backend, descriptor);
                                if (deletes) {
                                    count.clear();
                                } else {
                                    count.update(1L);
                                }
                            });
                }
                sample.take(round);
            }

            assertThat(Run.of("health", sample.last().toString()).exitCode()).isZero();
            JsonNode overwritten = first(health(sample.jobDirectory() + "/chk-2", "--json"));
            Run run = health(sample.last(), "--json");

            assertThat(overwritten.path("code").asText()).isEqualTo("overwritten");
            assertThat(first(run).path("code").asText()).isEqualTo("tombstones");
            assertThat(first(run).path("text").asText())
                    .isEqualTo("500 of 1,500 stored entries are tombstones");
        }
    }

    /** What Flink gives to Kryo. */
    public static final class Basket {
        public long id;
        public TreeSet<String> goods = new TreeSet<>();
    }

    @Test
    void aFieldThatStaysBytesIsNamed() throws Exception {
        try (SampleCheckpoint sample = sample()) {
            var descriptor = new ValueStateDescriptor<>("basket", Basket.class);
            sample.with(
                    "user",
                    backend -> {
                        ValueState<Basket> basket = SampleCheckpoint.state(backend, descriptor);
                        Basket of = new Basket();
                        of.id = 7;
                        of.goods.add("bread");
                        basket.update(of);
                    });
            sample.take(1);
            String last = sample.last().toString();

            assertThat(Run.of("show", last).out()).contains("goods: bytes-of");
            assertThat(
                            Run.of(
                                            "sql",
                                            last,
                                            "SELECT value.id, octet_length(value.goods) > 5 FROM"
                                                    + " basket")
                                    .out())
                    .containsPattern("7 .*true");

            JsonNode finding = first(Run.of("health", "--json", sample.last().toString()));

            assertThat(finding.path("code").asText()).isEqualTo("opaque");
            assertThat(finding.path("text").asText())
                    .startsWith("a field of its value stays bytes: goods: Kryo")
                    .contains("java.util.TreeSet", "KryoSerializer");
        }
    }

    @Test
    void filesAreSharedWithNeighbours() throws Exception {
        try (var sample = new SampleCheckpoint(root, new LsmStateBackend(true))) {
            writeEvenly(sample);
            sample.take(1);
            sample.confirm(1);
            putInMap(sample, "user-1", "twice", "x");
            sample.take(2);

            Run run = health(sample.last());

            assertThat(run.golden(root)).contains("shares with  SSTables  size\nchk-1  2  SIZE\n");
        }
    }

    @Test
    void timesAndDurationsThatAreNoneAreErrorsOfUsage() throws Exception {
        try (SampleCheckpoint sample = sample()) {
            String checkpoint = sample.write(3, 0).take(1).toString();

            Run at = Run.of("health", "--at", "yesterday", checkpoint);
            Run ttl = Run.of("health", "--ttl", "7 days", checkpoint);
            Run state = Run.of("health", "--ttl", "nothing=7d", checkpoint);

            assertThat(at.err()).contains("--at takes a time in UTC", "given=yesterday");
            assertThat(ttl.err()).contains("--ttl takes a number and", "given=7 days");
            assertThat(state.err()).contains("state=nothing", "remember / kv/count");
            for (Run run : new Run[] {at, ttl, state}) {
                assertThat(run.exitCode()).isEqualTo(2);
                assertThat(run.out()).isEmpty();
            }
        }
    }

    @Test
    void namesThatMeanHarmComeAsEscapes() throws Exception {
        try (SampleCheckpoint sample = sample()) {
            sample.operatorName("\u001b]0;evil\u0007");
            for (int i = 0; i < 3000; i++) {
                putInMap(sample, "\u202eevil", "event-" + i, "x".repeat(30));
            }
            writeEvenly(sample);
            sample.take(1);

            Run run = health(sample.last());

            assertThat(run.out()).contains("\\u001b]0;evil\\u0007 / seen: key \\u202eevil has");
            assertThat(run.out()).doesNotContain("\u001b", "\u202e", "\u0007");
        }
    }
}
