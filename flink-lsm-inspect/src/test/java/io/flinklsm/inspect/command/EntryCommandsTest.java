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
import java.util.List;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Golden output of the commands that decode keys and values. */
final class EntryCommandsTest {

    @TempDir static Path root;

    private static SampleCheckpoint sample;
    private static String checkpoint;

    @BeforeAll
    static void takeTwoCheckpoints() throws Exception {
        sample = SampleCheckpoint.ofTwoRounds(root);
        checkpoint = sample.last().toString();
    }

    @AfterAll
    static void close() throws Exception {
        sample.close();
    }

    @Test
    void showTellsOperatorsAndStatesWithTheirTypes() {
        Run run = Run.of("show", checkpoint);

        assertThat(run.golden(root))
                .isEqualTo(
                        """
                        ROOT/checkpoints/chk-2: checkpoint 2, TIME (AGE), SIZE in SSTables

                        operator  uid  uid hash  parallelism  max  subtasks  size
                        remember  remember-uid  00000000000011110000000000002222  2  16  2  SIZE

                        operator  state  kind  types  ttl  subtasks  entries  tombstones  size  levels
                        remember  timers  timers  timer(key: string, namespace: void)  no  2  15  0  SIZE  L0:3
                        remember  count  value  string → int64  no  2  15  1  SIZE  L0:3
                        remember  visits  list  string → list(int64)  no  2  15  0  SIZE  L0:3
                        remember  tags  map  string, string → nullable(string)  no  2  30  0  SIZE  L0:3
                        """);
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void showsJsonHasTheNamesOfFlinksOwnFunction() {
        Run run = Run.of("show", "--json", checkpoint);

        assertThat(run.golden(root))
                .startsWith(
                        """
                        {
                          "schema" : "flink-lsm/show/1",
                          "location" : "ROOT/checkpoints/chk-2",
                          "type" : "checkpoint",
                          "checkpoint-id" : 2,
                          "created" : TIME,
                          "bytes" : SIZE,
                          "new_bytes" : SIZE,
                          "operators" : [
                            {
                              "operator-name" : "remember",
                              "operator-uid" : "remember-uid",
                              "operator-uid-hash" : "00000000000011110000000000002222",
                              "operator-parallelism" : 2,
                              "operator-max-parallelism" : 16,
                              "operator-subtask-state-count" : 2,
                              "operator-coordinator-state-size-in-bytes" : SIZE,
                              "operator-total-size-in-bytes" : SIZE,
                              "other_states" : [ ]
                            }
                          ],
                        """)
                .contains("\"kind\" : \"list\"", "\\\"value\\\":delimited(int64)");
    }

    @Test
    void scanDecodesKeysAndValues() {
        Run run = Run.of("scan", "--state", "count", checkpoint);

        assertThat(run.out())
                .isEqualTo(
                        """
                        key group  key  value
                                0  k8   81
                                2  k2   21
                                2  k4   41
                                3  k1   10
                                3  k7   70
                                6  k9   90
                                7  k6   61
                                8  k5   50
                               10  k3   30
                        """);
        assertThat(run.err()).isEmpty();
    }

    @Test
    void scanStopsAtTheLimitAndSaysSo() {
        Run run = Run.of("scan", "--state", "visits", "-n", "2", checkpoint);

        assertThat(run.out())
                .isEqualTo(
                        """
                        key group  key  value
                                0  k8   [8, 0, 8, 1]
                                1  k0   [0, 0, 0, 1]
                        """);
        assertThat(run.err())
                .isEqualTo(
                        "flink-lsm: there are more; --limit 20 shows more of them, --limit 0"
                                + " all.\n");
    }

    @Test
    void scansJsonHasAFieldAColumn() {
        Run run = Run.of("scan", "--state", "tags", "-n", "2", "--json", checkpoint);

        assertThat(run.golden(root))
                .contains(
                        """
                          "entries" : [
                            {
                              "key_group" : 0,
                              "key" : "k8",
                              "map_key" : "always",
                              "key_hex" : "00036b380007616c77617973",
                              "value" : "1"
                            },
                            {
                              "key_group" : 0,
                              "key" : "k8",
                              "map_key" : "round0",
                              "key_hex" : "00036b380007726f756e6430",
                              "value" : "k8"
                            }
                          ],
                          "has_more" : true
                        }
                        """);
        assertThat(run.err()).isEmpty();
    }

    @Test
    void timersAreShownByTimeAndKey() {
        Run run = Run.of("scan", "--state", "timers", "--key-group", "0", "-q", checkpoint);

        assertThat(run.out())
                .isEqualTo(
                        """
                        key group  timestamp                 key
                                0  1970-01-01T00:00:08Z      k8
                                0  1970-01-01T00:00:08.001Z  k8
                        """);
    }

    @ParameterizedTest
    @CsvSource({
        "--key-group,8,1",
        "--key-group,2-3,4",
        "--key-group,11-15,0",
        "--prefix,k,9",
        "--prefix,k3,1",
        "--prefix-hex,00,1",
        "--prefix-hex,0x02036b,2"
    })
    void scanNarrowsByKeyGroupAndPrefix(String option, String argument, int count) {
        Run run = Run.of("scan", "--state", "count", "--count", option, argument, checkpoint);

        assertThat(run.out()).isEqualTo(count + "\n");
        assertThat(run.exitCode()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "--key-group,16-2",
        "--key-group,x",
        "--key-group,256",
        "--prefix-hex,xyz",
        "--limit,-1",
        "--limit,many"
    })
    void argumentsThatCannotBeAreErrorsOfUsage(String option, String argument) {
        Run run = Run.of("scan", "--state", "count", option + "=" + argument, checkpoint);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).startsWith("flink-lsm: ").contains(option);
    }

    @Test
    void getFindsAKeyByItsText() {
        Run run = Run.of("get", "--state", "count", "--key", "k7", checkpoint);

        assertThat(run.out()).isEqualTo("key group  key  value\n        3  k7   70\n");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void getOfAMapShowsAllItsEntriesOrOne() {
        assertThat(Run.of("get", "--state", "tags", "--key", "k4", checkpoint).out())
                .isEqualTo(
                        """
                        key group  key  map_key  value
                                2  k4   always   1
                                2  k4   round0   k4
                                2  k4   round1   k4
                        """);
        assertThat(
                        Run.of(
                                        "get",
                                        "--state",
                                        "tags",
                                        "--key",
                                        "k4",
                                        "--map-key",
                                        "always",
                                        checkpoint)
                                .out())
                .endsWith("always   1\n");
    }

    @Test
    void getOfTimersFindsThoseOfTheKey() {
        Run run = Run.of("get", "--state", "timers", "--key", "k4", checkpoint);

        assertThat(run.out())
                .isEqualTo(
                        """
                        key group  timestamp                 key
                                2  1970-01-01T00:00:04Z      k4
                                2  1970-01-01T00:00:04.001Z  k4
                        """);
    }

    @Test
    void getOfBytesTakesThemAsTheyAreStored() {
        Run run = Run.of("get", "--state", "count", "--key-hex", "00036b38", checkpoint);

        assertThat(run.out()).isEqualTo("key group  key  value\n        0  k8   81\n");
    }

    @ParameterizedTest
    @CsvSource({"--key,k0", "--key,nobody", "--key,''", "--key-hex,77"})
    void getOfAKeyThatIsNotThereIsAFinding(String option, String key) {
        Run run = Run.of("get", "--state", "count", option, key, checkpoint);

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).isEqualTo("flink-lsm: [tree kv/count] holds nothing for this key.\n");
    }

    @Test
    void severalStatesAreAskedFor() {
        Run run = Run.of("scan", checkpoint);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err())
                .contains(
                        "say which state you mean", "remember / pq/timers", "remember / kv/count");
    }

    @Test
    void aStateWithoutEntriesSaysSo(@TempDir Path other) throws Exception {
        try (var sample = new SampleCheckpoint(other)) {
            var count = new ValueStateDescriptor<>("count", Types.LONG);
            sample.with("k", backend -> SampleCheckpoint.state(backend, count).clear());
            String path = sample.take(1).toString();

            Run scan = Run.of("scan", "--state", "count", path);
            Run get = Run.of("get", "--state", "count", "--key", "k", path);
            Run json = Run.of("scan", "--json", "--state", "count", path);

            assertThat(scan.exitCode()).isZero();
            assertThat(scan.out()).isEmpty();
            assertThat(scan.err())
                    .isEqualTo("flink-lsm: [tree kv/count] has no entries in this checkpoint.\n");
            assertThat(get.exitCode()).isEqualTo(1);
            assertThat(get.err()).contains("[tree kv/count] holds nothing for this key.");
            assertThat(json.out()).contains("\"entries\" : [ ]");
            assertThat(json.err()).isEmpty();
        }
    }

    @Test
    void aScanThatFindsNothingSaysSo() {
        Run group = Run.of("scan", "--state", "count", "--key-group", "15", checkpoint.toString());
        Run prefix = Run.of("scan", "--state", "count", "--prefix", "z", checkpoint.toString());
        Run beyond = Run.of("scan", "--state", "count", "--key-group", "16", checkpoint.toString());

        for (Run run : List.of(group, prefix)) {
            assertThat(run.exitCode()).isZero();
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).isEqualTo("flink-lsm: [tree kv/count] has no entry that fits.\n");
        }
        assertThat(beyond.exitCode()).isEqualTo(2);
        assertThat(beyond.err()).contains("--key-group is out of range: given=16, highest=15.");
    }
}
