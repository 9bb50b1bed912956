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
import io.flinklsm.inspect.testing.FailingFileSystem;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import io.flinklsm.statebackend.LsmStateBackend;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiffCommandTest {

    private static final MapStateDescriptor<String, String> SEEN =
            new MapStateDescriptor<>("seen", Types.STRING, Types.STRING);

    @TempDir Path root;

    /** Puts a value, or removes it if it is null. */
    private static void put(SampleCheckpoint sample, String key, String mapKey, String value)
            throws Exception {
        sample.with(
                key,
                backend -> {
                    MapState<String, String> seen = SampleCheckpoint.state(backend, SEEN);
                    if (value == null) {
                        seen.remove(mapKey);
                    } else {
                        seen.put(mapKey, value);
                    }
                });
    }

    private static JsonNode json(String... arguments) throws IOException {
        Run run = Run.of(arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return new ObjectMapper().readTree(run.out());
    }

    private SampleCheckpoint incremental() throws Exception {
        return new SampleCheckpoint(root, new LsmStateBackend(true));
    }

    @Test
    void eachStateTellsWhatWasAddedRemovedAndChanged() throws Exception {
        try (SampleCheckpoint sample = SampleCheckpoint.ofTwoRounds(root)) {
            String first = sample.jobDirectory() + "/chk-1";

            Run run = Run.of("diff", first, sample.last().toString());
            Run back = Run.of("diff", "--state", "count", sample.last().toString(), first);

            // In round 1 five of ten keys are written again, and the count of one is cleared.
            assertThat(run.golden(root))
                    .isEqualTo(
                            """
                            operator  state  added  removed  changed  live data  stored entries  tombstones  files  shared
                            remember  timers  5  0  0  +SIZE  +5  +0  +SIZE  SIZE
                            remember  count  0  1  4  -SIZE  +5  +1  +SIZE  SIZE
                            remember  visits  0  0  5  +SIZE  +5  +0  +SIZE  SIZE
                            remember  tags  5  0  5  +SIZE  +10  +0  +SIZE  SIZE
                            """);
            assertThat(back.golden(root))
                    .contains("remember  count  1  0  4  +SIZE  -5  -1  -SIZE  SIZE");
            assertThat(run.exitCode()).isZero();
        }
    }

    @Test
    void theExitCodeTellsADifferenceIfAskedTo() throws Exception {
        try (SampleCheckpoint sample = SampleCheckpoint.ofTwoRounds(root)) {
            String first = sample.jobDirectory() + "/chk-1";

            assertThat(Run.of("diff", "--exit-code", first, sample.last().toString()).exitCode())
                    .isEqualTo(1);
            assertThat(Run.of("diff", "--exit-code", first, first).exitCode()).isZero();
        }
    }

    @Test
    void ofSmallFilesNoMoreIsReadThanThereIs() throws Exception {
        try (SampleCheckpoint sample = incremental()) {
            sample.write(10, 0).take(1);
            sample.write(10, 1).take(2);
            String first = sample.jobDirectory() + "/chk-1";
            long bytes = 0;
            for (String checkpoint : List.of(first, sample.last().toString())) {
                for (JsonNode file : json("files", "--json", checkpoint).path("files")) {
                    bytes += file.path("bytes").asLong();
                }
            }

            JsonNode diff = json("diff", "--json", first, sample.last().toString());

            // The last eight bytes of a file say where its footer begins, and are read again.
            assertThat(diff.path("read_bytes").asLong()).isPositive().isLessThan(bytes * 11 / 10);
        }
    }

    @Test
    void ofTwoNeighboursThatShareTheirFilesLittleIsRead() throws Exception {
        try (SampleCheckpoint sample = incremental()) {
            Random random = new Random(1);
            for (int i = 0; i < 40_000; i++) {
                put(sample, "user-" + i, "k", Long.toHexString(random.nextLong()));
            }
            sample.take(1);
            sample.confirm(1);
            for (int i = 0; i < 10; i++) {
                put(sample, "user-" + i * 4000, "k", "changed");
            }
            put(sample, "user-7", "k", null);
            put(sample, "user-8", "other", "x");
            sample.take(2);

            JsonNode diff =
                    json(
                            "diff",
                            "--json",
                            "--state",
                            "seen",
                            sample.jobDirectory() + "/chk-1",
                            sample.last().toString());

            JsonNode state = diff.path("states").path(0);
            assertThat(state.path("changed").asInt()).isEqualTo(10);
            assertThat(state.path("added").asInt()).isEqualTo(1);
            assertThat(state.path("removed").asInt()).isEqualTo(1);
            long shared = state.path("shared_file_bytes").asLong();
            assertThat(shared).isGreaterThan(500_000);
            assertThat(diff.path("read_bytes").asLong()).isLessThan(2 * shared / 5);
        }
    }

    /** Counted by the file system, whatever the program itself says. */
    @Test
    void ofTensOfMegabytesLessThanATenthIsRead() throws Exception {
        try (SampleCheckpoint sample = incremental()) {
            Random random = new Random(15);
            byte[] bytes = new byte[60];
            for (int i = 0; i < 300_000; i++) {
                random.nextBytes(bytes);
                put(sample, "user-" + i, "k", Base64.getEncoder().encodeToString(bytes));
            }
            sample.take(1);
            sample.confirm(1);
            for (int i = 0; i < 50; i++) {
                put(sample, "user-" + i * 6000, "k", "changed");
                put(sample, "user-" + i * 6000, "new", "x");
                put(sample, "user-" + (i * 6000 + 1), "k", i < 20 ? null : "changed, too");
            }
            sample.take(2);

            FailingFileSystem.reset();
            JsonNode diff =
                    json(
                            "diff",
                            "--json",
                            "--state",
                            "seen",
                            "fails:" + sample.jobDirectory() + "/chk-1",
                            "fails:" + sample.last());
            long read = FailingFileSystem.bytesRead();

            JsonNode state = diff.path("states").path(0);
            assertThat(state.path("changed").asInt()).isEqualTo(80);
            assertThat(state.path("added").asInt()).isEqualTo(50);
            assertThat(state.path("removed").asInt()).isEqualTo(20);
            assertThat(state.path("shared_file_bytes").asLong()).isGreaterThan(20_000_000);
            assertThat(read).isLessThan(state.path("shared_file_bytes").asLong() / 10);
            // It counts what it reads of SSTables; metadata and manifests come to it.
            assertThat(diff.path("read_bytes").asLong()).isBetween(read / 2, read);
        }
    }

    @Test
    void whatItCountsIsWhatHappenedHoweverFilesAreShared() throws Exception {
        try (SampleCheckpoint sample = incremental()) {
            Random random = new Random(7);
            Map<String, String> before = new HashMap<>();
            Map<String, String> now = new HashMap<>();
            for (int id = 1; id <= 12; id++) {
                // Many, then few: both ways to compare are gone.
                int writes = id % 3 == 0 ? 2000 : 15;
                for (int i = 0; i < writes; i++) {
                    String key = "user-" + random.nextInt(300);
                    String mapKey = "k" + random.nextInt(5);
                    String value = random.nextInt(4) == 0 ? null : "v" + random.nextInt(3);
                    put(sample, key, mapKey, value);
                    if (value == null) {
                        now.remove(key + "/" + mapKey);
                    } else {
                        now.put(key + "/" + mapKey, value);
                    }
                }
                sample.take(id);
                sample.confirm(id);
                if (id > 1) {
                    check(sample, id, before, now);
                }
                before = new HashMap<>(now);
            }
        }
    }

    private static void check(
            SampleCheckpoint sample, int id, Map<String, String> before, Map<String, String> now)
            throws IOException {
        long added = now.keySet().stream().filter(key -> !before.containsKey(key)).count();
        long removed = before.keySet().stream().filter(key -> !now.containsKey(key)).count();
        long changed =
                now.entrySet().stream()
                        .filter(entry -> before.containsKey(entry.getKey()))
                        .filter(entry -> !before.get(entry.getKey()).equals(entry.getValue()))
                        .count();
        JsonNode state =
                json(
                                "diff",
                                "--json",
                                "--state",
                                "seen",
                                sample.jobDirectory() + "/chk-" + (id - 1),
                                sample.last().toString())
                        .path("states")
                        .path(0);

        assertThat(state.path("added").asLong()).as("checkpoint %d", id).isEqualTo(added);
        assertThat(state.path("removed").asLong()).as("checkpoint %d", id).isEqualTo(removed);
        assertThat(state.path("changed").asLong()).as("checkpoint %d", id).isEqualTo(changed);
    }

    @Test
    void aMapThatGrowsUnderOneKeyIsTheFirstExplanation() throws Exception {
        try (SampleCheckpoint sample = incremental()) {
            for (int i = 0; i < 500; i++) {
                put(sample, "user-" + i, "k", "x".repeat(30));
            }
            sample.take(1);
            sample.confirm(1);
            for (int i = 0; i < 2000; i++) {
                put(sample, "the-hot-one", "event-" + i, "x".repeat(30));
            }
            put(sample, "user-1", "once", "x");
            sample.take(2);

            Run run =
                    Run.of(
                            "diff",
                            "--explain",
                            sample.jobDirectory() + "/chk-1",
                            sample.last().toString());

            assertThat(run.out())
                    .contains("remember / seen: +")
                    .contains("  - there are +2,001 entries, ")
                    .contains("  - key the-hot-one alone has 100 % of it: +2,000 entries, ");
        }
    }

    @Test
    void largerValuesTombstonesAndOverwrittenEntriesAreTold() throws Exception {
        try (SampleCheckpoint sample = incremental()) {
            for (int i = 0; i < 500; i++) {
                put(sample, "user-" + i, "k", "x");
            }
            sample.take(1);
            sample.confirm(1);
            for (int i = 0; i < 500; i++) {
                put(sample, "user-" + i, "k", i < 100 ? null : "x".repeat(100));
            }
            sample.take(2);

            Run run =
                    Run.of(
                            "diff",
                            "--explain",
                            sample.jobDirectory() + "/chk-1",
                            sample.last().toString());

            assertThat(run.out())
                    .contains("  - 400 entries have other values, +")
                    .contains("  - 100 entries were removed, 0 added: -")
                    .contains("  - +100 tombstones are stored that are not merged away yet.")
                    .contains("  - +500 overwritten or deleted entries are stored; level 0 has");

            Run back =
                    Run.of(
                            "diff",
                            "--explain",
                            sample.last().toString(),
                            sample.jobDirectory() + "/chk-1");

            assertThat(back.out())
                    .contains("  - 100 tombstones are gone, merged away.")
                    .contains("  - 500 overwritten or deleted entries are gone, merged away; level")
                    .doesNotContain("  - -");
        }
    }

    @Test
    void aStateThatOneCheckpointAloneHasIsNewOrGone() throws Exception {
        try (SampleCheckpoint sample = new SampleCheckpoint(root)) {
            String first = sample.write(3, 0).take(1).toString();
            put(sample, "user", "k", "x");
            String second = sample.take(2).toString();

            assertThat(Run.of("diff", "--state", "seen", first, second).golden(root))
                    .contains("remember  seen (new)  1  0  0  +SIZE  +1  +0  +SIZE  SIZE");
            assertThat(Run.of("diff", "--state", "seen", second, first).golden(root))
                    .contains("remember  seen (gone)  0  1  0  -SIZE  -1  +0  -SIZE  SIZE");
        }
    }

    @Test
    void whatCannotBeComparedIsAnError() throws Exception {
        try (SampleCheckpoint sample = new SampleCheckpoint(root)) {
            String checkpoint = sample.write(3, 0).take(1).toString();

            Run state = Run.of("diff", "--state", "nothing", checkpoint, checkpoint);
            Run keys = Run.of("diff", "--keys", "-1", checkpoint, checkpoint);
            Run missing = Run.of("diff", checkpoint, root.resolve("nowhere").toString());

            assertThat(state.err()).contains("state=nothing", "remember / kv/count");
            assertThat(state.exitCode()).isEqualTo(2);
            assertThat(keys.err()).contains("--keys takes a number from 0 to 1000: given=-1");
            assertThat(keys.exitCode()).isEqualTo(2);
            assertThat(missing.exitCode()).isEqualTo(3);
        }
    }

    @Test
    void namesThatMeanHarmComeAsEscapes() throws Exception {
        try (SampleCheckpoint sample = new SampleCheckpoint(root)) {
            sample.operatorName("\u001b[31mevil");
            String first = sample.write(3, 0).take(1).toString();
            for (int i = 0; i < 500; i++) {
                put(sample, "\u202eevil", "event-" + i, "x".repeat(30));
            }
            put(sample, "user", "k", "x");
            sample.take(2);

            Run run = Run.of("diff", "--explain", first, sample.last().toString());

            assertThat(run.out()).contains("\\u001b[31mevil / seen", "key \\u202eevil alone");
            assertThat(run.out()).doesNotContain("\u001b", "\u202e");
        }
    }
}
