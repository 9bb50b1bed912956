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

import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple1;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A state of which one subtask has values of an older schema: a job that registers it with its
 * first event migrates it where there is an event. As many bytes mean something else then.
 */
final class MixedSchemasTest {

    private static final TypeInformation<Tuple2<Integer, Integer>> BEFORE =
            Types.TUPLE(Types.INT, Types.INT);
    private static final TypeInformation<Tuple1<Long>> NOW = Types.TUPLE(Types.LONG);

    private static final String OLD_KEY = keyOf(0);
    private static final String NEW_KEY = keyOf(1);

    @TempDir static Path root;

    private static Path checkpoint;
    private static Path savepoint;

    @BeforeAll
    static void take() throws Exception {
        var since = new ValueStateDescriptor<>("seen", Types.LONG);
        since.enableTimeToLive(StateTtlConfig.newBuilder(Duration.ofDays(1)).build());
        try (var sample = new SampleCheckpoint(root)) {
            sample.with(
                    OLD_KEY,
                    backend -> {
                        SampleCheckpoint.state(backend, new ValueStateDescriptor<>("value", BEFORE))
                                .update(Tuple2.of(1, 2));
                        SampleCheckpoint.state(
                                        backend,
                                        new ValueStateDescriptor<>(
                                                "seen", Types.TUPLE(Types.LONG, Types.LONG)))
                                .update(Tuple2.of(7L, 8L));
                    });
            sample.take(1);
            // What is written later has another time.
            long before = System.currentTimeMillis();
            while (System.currentTimeMillis() == before) {
                Thread.onSpinWait();
            }
            sample.with(
                    NEW_KEY,
                    backend -> {
                        SampleCheckpoint.state(backend, new ValueStateDescriptor<>("value", NOW))
                                .update(Tuple1.of(3L));
                        SampleCheckpoint.state(backend, since).update(9L);
                    });
            checkpoint = sample.take(2);
            savepoint = sample.takeCanonicalSavepoint(3);
        }
    }

    private static String keyOf(int subtask) {
        return Stream.iterate(0, number -> number + 1)
                .map(number -> "k" + number)
                .filter(
                        key ->
                                KeyGroupRangeAssignment.assignKeyToParallelOperator(
                                                key, SampleCheckpoint.MAX_PARALLELISM, 2)
                                        == subtask)
                .findFirst()
                .orElseThrow();
    }

    private static Path source(boolean canonical) {
        return canonical ? savepoint : checkpoint;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void eachEntryIsToldByItsOwnSchema(boolean canonical) {
        Run value = Run.of("scan", "--state", "value", source(canonical).toString());
        Run json = Run.of("scan", "--json", "--state", "value", source(canonical).toString());
        Run seen = Run.of("scan", "--state", "seen", source(canonical).toString());

        assertThat(value.out())
                .containsPattern(OLD_KEY + " +\\{f0: 1, f1: 2}")
                .containsPattern(NEW_KEY + " +\\{f0: 3}");
        assertThat(json.out().replaceAll("\\s+", ""))
                .contains("\"value\":{\"f0\":1,\"f1\":2}", "\"value\":{\"f0\":3}");
        assertThat(seen.out())
                .contains("{f0: 7, f1: 8}")
                .containsPattern(NEW_KEY + " +9 +[0-9]{13}\n");
    }

    /** Rows of the newest schema and of the one before, or bytes where one cannot say the other. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sqlUnitesTheSchemas(boolean canonical) {
        String path = source(canonical).toString();
        Run value =
                Run.of("sql", "--csv", path, "select key, value, _value from value order by key");
        Run fields =
                Run.of(
                        "sql",
                        "--csv",
                        path,
                        "select key, value.f0 as f0, value.f1 as f1 from value order by key");
        Run count = Run.of("sql", "--csv", path, "select count(*) as n from value");
        Run twice =
                Run.of(
                        "sql",
                        "--csv",
                        path,
                        "select count(*) as n from value join value as other using (key)");

        assertThat(value.err() + fields.err() + count.err() + twice.err()).isEmpty();
        assertThat(fields.out()).isEqualTo("key,f0,f1\n" + OLD_KEY + ",1,2\n" + NEW_KEY + ",3,\n");
        assertThat(value.out())
                .contains(OLD_KEY + ",\"{f0: 1, f1: 2}\",\n")
                .contains(NEW_KEY + ",\"{f0: 3, f1: null}\",\n");
        assertThat(count.out()).isEqualTo("n\n2\n");
        assertThat(twice.out()).isEqualTo("n\n2\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatOneSchemaCannotSayStaysBytes(boolean canonical) {
        String path = source(canonical).toString();
        Run sql = Run.of("sql", "--csv", path, "select key, value, _value from seen order by key");
        Run export = Run.of("export", path, "--state", "seen", "--format", "json");

        assertThat(sql.err()).isEmpty();
        assertThat(sql.exitCode()).isZero();
        // In a savepoint, which has no times, the first subtask counts as the newest.
        if (canonical) {
            assertThat(sql.out())
                    .contains(OLD_KEY + ",\"{f0: 7, f1: 8}\",\n")
                    .containsPattern(NEW_KEY + ",,0x[0-9a-f]{16}0000000000000009\n");
        } else {
            assertThat(sql.out())
                    .contains(OLD_KEY + ",,0x00000000000000070000000000000008\n")
                    .contains(NEW_KEY + ",9,\n");
            assertThat(export.out()).contains("\"_value\":\"00000000000000070000000000000008\"");
        }
        assertThat(export.out().lines()).hasSize(2);
    }

    @Test
    void agesAreThoseOfEntriesWithATimeToLive() {
        Run ttl =
                Run.of(
                        "sql",
                        "--csv",
                        checkpoint.toString(),
                        "select state, sum(entries) as n from lsm_ttl group by state");

        assertThat(ttl.err()).isEmpty();
        assertThat(ttl.out()).isEqualTo("state,n\nseen,1\n");
    }
}
