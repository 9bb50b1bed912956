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
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.OperatorStateBackend;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists, unions and broadcast state of operators, with their contents. */
final class OperatorStatesTest {

    @TempDir static Path root;

    private static final Map<Boolean, SampleCheckpoint> SAMPLES = new HashMap<>();
    private static final Map<Boolean, Path> CHECKPOINTS = new HashMap<>();

    @BeforeAll
    static void takeCheckpoints() throws Exception {
        for (boolean isCompressed : List.of(false, true)) {
            var sample = new SampleCheckpoint(root.resolve(isCompressed ? "compressed" : "plain"));
            SAMPLES.put(isCompressed, sample);
            sample.write(4, 0);
            for (int subtask = 0; subtask < 2; subtask++) {
                int of = subtask;
                sample.withOperatorState(subtask, isCompressed, backend -> fill(backend, of));
            }
            CHECKPOINTS.put(isCompressed, sample.take(1));
        }
    }

    @AfterAll
    static void close() throws Exception {
        for (SampleCheckpoint sample : SAMPLES.values()) {
            sample.close();
        }
    }

    private static void fill(OperatorStateBackend backend, int subtask) throws Exception {
        backend.getListState(new ListStateDescriptor<>("lines", StringSerializer.INSTANCE))
                .update(List.of("first of " + subtask, "second of " + subtask));
        backend.getListState(new ListStateDescriptor<>("empty", LongSerializer.INSTANCE));
        backend.getUnionListState(
                        new ListStateDescriptor<>("offsets", Types.TUPLE(Types.STRING, Types.LONG)))
                .update(List.of(Tuple2.of("partition-" + subtask, 100L + subtask)));
        backend.getListState(new ListStateDescriptor<>("objects", Types.GENERIC(Object.class)))
                .update(List.of("of Kryo"));
        backend.getBroadcastState(
                        new MapStateDescriptor<>(
                                "rules", StringSerializer.INSTANCE, LongSerializer.INSTANCE))
                .put("limit", 7L);
        // One has the name of a keyed state.
        backend.getListState(new ListStateDescriptor<>("count", LongSerializer.INSTANCE))
                .update(List.of(42L));
    }

    private static Run run(boolean isCompressed, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add(1, CHECKPOINTS.get(isCompressed).toString());
        return Run.of(all.toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void elementsOfListsAreScannedSubtaskBySubtask(boolean isCompressed) {
        Run run = run(isCompressed, "scan", "--state", "lines");

        assertThat(run.golden(root))
                .isEqualTo(
                        """
                        key group  key  value
                                -  0  first of 0
                                -  0  second of 0
                                -  1  first of 1
                                -  1  second of 1
                        """);
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void unionsAndBroadcastStateHaveColumns(boolean isCompressed) {
        Run union = run(isCompressed, "scan", "--state", "offsets");
        Run broadcast = run(isCompressed, "scan", "--state", "rules", "--json");

        assertThat(union.out()).contains("{f0: partition-0, f1: 100}", "partition-1");
        assertThat(broadcast.out().replaceAll("\\s", ""))
                .contains("\"value\":[{\"key\":\"limit\",\"value\":7}]");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theyAreAskedInSqlAndExported(boolean isCompressed) {
        Run sql =
                run(
                        isCompressed,
                        "sql",
                        "select key as subtask, value.f1 from offsets order by subtask",
                        "--csv");
        Run unnested =
                run(isCompressed, "sql", "select unnest(value).value as v from rules", "--csv");
        Run export = run(isCompressed, "export", "--state", "lines", "--format", "json");

        assertThat(sql.out()).isEqualTo("subtask,f1\n0,100\n1,101\n");
        assertThat(unnested.out()).isEqualTo("v\n7\n7\n");
        assertThat(export.out()).contains("\"value\":\"second of 1\"").hasLineCount(4);
    }

    @Test
    void oneSubtaskIsAsked() {
        Run run = run(false, "get", "--state", "lines", "--key", "1");

        assertThat(run.out()).contains("first of 1").doesNotContain("of 0");
    }

    @Test
    void whatItsSerializerAloneUnderstandsIsBytes() {
        Run run = run(false, "scan", "--state", "objects");

        assertThat(run.out()).contains("value (bytes)", "0x");
        assertThat(run.err()).contains("shown as bytes");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void anEmptyListHasNoElements() {
        assertThat(run(false, "scan", "--state", "empty", "--count").out()).isEqualTo("0\n");
    }

    @Test
    void aKeyedStateOfThatNameComesFirst() {
        Run keyed = run(false, "scan", "--state", "count", "--count");
        Run operator = run(false, "scan", "--state", "op/count");
        Run sql = run(false, "sql", "select value from \"remember.op/count\"", "--csv");

        assertThat(keyed.out()).isEqualTo("4\n");
        assertThat(operator.out()).contains("42");
        assertThat(sql.out()).isEqualTo("value\n42\n42\n");
    }

    @Test
    void commandsAboutKeysSayWhichOnesReadIt() {
        Run run = run(false, "top", "--state", "rules");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("That is operator state: scan, get, sql and export read it");
    }

    @Test
    void aMistypedNameIsGuessed() {
        Run run = run(false, "scan", "--state", "rulez");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("did you mean \"rules\"?", "remember / op/rules");
    }

    /** Whatever byte of a file changes, the answer is elements or a sentence. */
    @Test
    void damageIsTold() throws IOException {
        Random random = new Random(15);
        for (boolean isCompressed : List.of(false, true)) {
            for (Path victim : operatorFiles(CHECKPOINTS.get(isCompressed))) {
                byte[] original = Files.readAllBytes(victim);
                for (int i = 0; i < 60; i++) {
                    byte[] changed = original.clone();
                    changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
                    if (i % 6 == 0) {
                        changed = Arrays.copyOf(original, random.nextInt(original.length));
                    }
                    Files.write(victim, changed);
                    Run run = run(isCompressed, "scan", "--state", "offsets");
                    Files.write(victim, original);

                    assertThat(run.exitCode()).as(run.err()).isIn(0, 3, 4);
                    assertThat(run.err()).doesNotContain("this is a bug", "more memory");
                }
            }
        }
    }

    private static List<Path> operatorFiles(Path checkpoint) throws IOException {
        try (Stream<Path> files = Files.list(checkpoint)) {
            List<Path> found = new ArrayList<>();
            for (Path file : files.toList()) {
                String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                if (!file.endsWith("_metadata")
                        && text.contains("OPERATOR_STATE_DISTRIBUTION_MODE")) {
                    found.add(file);
                }
            }
            assertThat(found).hasSize(2);
            return found;
        }
    }
}
