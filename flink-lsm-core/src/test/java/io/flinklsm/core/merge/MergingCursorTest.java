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
package io.flinklsm.core.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.testing.ListCursor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MergingCursorTest {

    private static final int KEYS = 600;

    private final Random random = new Random(5);

    /**
     * Keys differ in their first eight bytes, in the next eight, or behind them; some are short.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 16})
    void keysAscendAndEachHasTheEntriesOfItsSourcesNewestFirst(int sourceCount) throws IOException {
        List<byte[]> keys = new ArrayList<>();
        for (int i = 0; i < KEYS; i++) {
            keys.add(key());
        }
        TreeMap<byte[], List<Integer>> expected = new TreeMap<>(Arrays::compareUnsigned);
        List<ListCursor> sources = new ArrayList<>();
        for (int source = 0; source < sourceCount; source++) {
            TreeMap<byte[], Integer> entries = new TreeMap<>(Arrays::compareUnsigned);
            for (byte[] key : keys) {
                if (random.nextInt(3) == 0) {
                    entries.put(key, source);
                }
            }
            for (byte[] key : entries.keySet()) {
                expected.computeIfAbsent(key, missing -> new ArrayList<>()).add(source);
            }
            sources.add(cursor(entries));
        }

        TreeMap<byte[], List<Integer>> merged = new TreeMap<>(Arrays::compareUnsigned);
        List<OwnedSlice> order = new ArrayList<>();
        try (MergingCursor merging = new MergingCursor(sources)) {
            while (merging.nextKey()) {
                List<Integer> found = new ArrayList<>();
                for (int i = 0; i < merging.entryCount(); i++) {
                    found.add(merging.source(i));
                    assertThat(merging.value(i).toOwned())
                            .isEqualTo(OwnedSlice.ofText("of " + merging.source(i)));
                }
                order.add(merging.key().toOwned());
                merged.put(merging.key().toBytes(), found);
            }
        }

        assertThat(order).isSorted();
        assertThat(merged).isEqualTo(expected);
    }

    private byte[] key() {
        byte[] key = new byte[random.nextInt(22)];
        for (int i = 0; i < key.length; i++) {
            // Mostly zeros, as the bytes of small numbers are, and never of one sign alone.
            key[i] = (byte) (random.nextInt(5) == 0 ? random.nextInt(256) : 0);
        }
        return key;
    }

    private static ListCursor cursor(TreeMap<byte[], Integer> entries) {
        List<ListCursor.Entry> list = new ArrayList<>();
        entries.forEach(
                (key, source) ->
                        list.add(
                                new ListCursor.Entry(
                                        OwnedSlice.wrap(key),
                                        EntryKind.PUT,
                                        OwnedSlice.ofText("of " + source))));
        return new ListCursor(list);
    }
}
