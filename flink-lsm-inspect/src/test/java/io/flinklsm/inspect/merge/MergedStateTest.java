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
package io.flinklsm.inspect.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.StateView;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MergedStateTest {

    @TempDir static Path root;

    private static SampleCheckpoint sample;
    private static Checkpoint checkpoint;

    @BeforeAll
    static void takeCheckpointWithTwoLayers() throws Exception {
        sample = SampleCheckpoint.ofTwoRounds(root);
        checkpoint = Checkpoint.open(sample.last().toString());
    }

    @AfterAll
    static void close() throws Exception {
        sample.close();
    }

    @Test
    void newestEntryWinsAndTombstonesHide() throws Exception {
        Map<String, String> entries = entries("kv/count", KeyRange.ALL);

        // k0 was cleared in round 1; even keys have 10 * I + 1 then, odd ones 10 * I as before.
        assertThat(entries).hasSize(9);
        assertThat(entries).containsEntry("03" + "6b32" + "00", String.format("%016x", 21));
        assertThat(entries).containsEntry("03" + "6b33" + "00", String.format("%016x", 30));
    }

    @Test
    void operandsOfListsAreFoldedOldestFirst() throws Exception {
        Map<String, String> entries = entries("kv/visits", KeyRange.ALL);

        String comma = "2c";
        assertThat(entries)
                .containsEntry(
                        "03" + "6b34" + "00",
                        String.join(
                                comma,
                                String.format("%016x", 4),
                                String.format("%016x", 0),
                                String.format("%016x", 4),
                                String.format("%016x", 1)));
    }

    @Test
    void rangeOfOneKeyGroupReadsThatOne() throws Exception {
        Map<String, String> all = entries("kv/tags", KeyRange.ALL);
        int sum = 0;
        for (int keyGroup = 0; keyGroup < SampleCheckpoint.MAX_PARALLELISM; keyGroup++) {
            OwnedSlice prefix = OwnedSlice.wrap(new byte[] {(byte) keyGroup});
            sum += entries("kv/tags", KeyRange.ofPrefix(prefix)).size();
        }

        assertThat(sum).isEqualTo(all.size()).isEqualTo(25);
    }

    @Test
    void keysAloneAreThoseOfTheEntries() throws Exception {
        for (StateView view : checkpoint.states()) {
            List<String> keys = new ArrayList<>();
            List<String> expected = new ArrayList<>();
            long bytes;
            try (MergedState state = MergedState.open(reopened(view));
                    EntryCursor alone = state.keys(KeyRange.ALL)) {
                long before = state.bytesRead();
                while (alone.next()) {
                    keys.add(HexFormat.of().formatHex(alone.key().toBytes()));
                    assertThat(alone.typedValue()).isNull();
                }
                bytes = state.bytesRead() - before;
            }
            try (MergedState state = MergedState.open(reopened(view));
                    EntryCursor whole = state.cursor(KeyRange.ALL)) {
                long before = state.bytesRead();
                while (whole.next()) {
                    expected.add(HexFormat.of().formatHex(whole.key().toBytes()));
                }
                assertThat(bytes).isPositive().isLessThanOrEqualTo(state.bytesRead() - before);
            }
            assertThat(keys).isNotEmpty().isEqualTo(expected);
        }
    }

    /** With storages that have read nothing yet, since they remember the end of a file. */
    private static StateView reopened(StateView view) throws IOException {
        return Checkpoint.open(checkpoint.location()).states().stream()
                .filter(state -> state.treeName().equals(view.treeName()))
                .findFirst()
                .orElseThrow();
    }

    /** Keys without their key group, and values, in hexadecimal digits. */
    private static Map<String, String> entries(String tree, KeyRange range) throws Exception {
        StateView view =
                checkpoint.states().stream()
                        .filter(state -> state.treeName().equals(tree))
                        .findFirst()
                        .orElseThrow();
        Map<String, String> entries = new TreeMap<>();
        try (MergedState state = MergedState.open(view);
                EntryCursor cursor = state.cursor(range)) {
            byte[] last = new byte[0];
            while (cursor.next()) {
                byte[] key = cursor.key().toBytes();
                assertThat(java.util.Arrays.compareUnsigned(last, key)).isNegative();
                last = key;
                entries.put(
                        HexFormat.of().formatHex(key, 1, key.length),
                        HexFormat.of().formatHex(cursor.value().toBytes()));
            }
        }
        return entries;
    }
}
