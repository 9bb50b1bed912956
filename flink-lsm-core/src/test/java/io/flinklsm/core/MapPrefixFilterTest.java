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
package io.flinklsm.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import io.flinklsm.core.compaction.CompactionOptions;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.sstable.SstableCodec;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.write.WriteLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Maps of typed keys, whose files are left out of a scan by what their filters say of prefixes. */
final class MapPrefixFilterTest {

    private static final int MAPS = 300;
    private static final int MAP_KEYS = 40;

    /** Key group, key, namespace, map key. */
    private static final EntryColumns COLUMNS =
            new EntryColumns(
                    StateKind.MAP,
                    1,
                    false,
                    ColumnTypes.int32(),
                    ColumnTypes.nothing(),
                    ColumnTypes.int32(),
                    ColumnTypes.int32());

    private final KeyBuffer key = new KeyBuffer();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void everyMapIsWholeWhicheverFilesHaveIt(long seed) throws Exception {
        Random random = new Random(seed);
        // Small row groups: a map may begin in one and end in the next.
        SstableOptions sstable =
                new SstableOptions(
                        256, 8 + random.nextInt(30), 2 << 10, 10.6, SstableCodec.LZ4_RAW, 1);
        LsmStoreOptions options =
                new LsmStoreOptions(
                        1 << 20,
                        seed % 2 == 0 ? CompactionStyle.LEVELED : CompactionStyle.SIZE_TIERED,
                        new CompactionOptions(4, 4 << 10, 16 << 10, 4),
                        new WriteLimits(20, 36, 4),
                        100,
                        sstable);
        TreeMap<Integer, TreeMap<Integer, Integer>> model = new TreeMap<>();
        try (StoreResources resources = StoreResources.create("maps", 8 << 20, 1, Clock.system());
                LsmStore store = LsmStore.create(new InMemoryStorage(), options, resources)) {
            LsmTree tree =
                    store.openTree("maps", new TreeOptions(MemtableKind.MAPS, null, null, COLUMNS));
            for (int flush = 0; flush < 25; flush++) {
                for (int i = random.nextInt(400); i > 0; i--) {
                    int map = random.nextInt(MAPS);
                    int mapKey = random.nextInt(MAP_KEYS);
                    set(map, mapKey);
                    if (random.nextInt(4) == 0) {
                        tree.delete(key);
                        model.getOrDefault(map, new TreeMap<>()).remove(mapKey);
                    } else {
                        int value = random.nextInt();
                        tree.put(key, ByteBuffer.allocate(4).putInt(value).array(), 0, 4);
                        model.computeIfAbsent(map, m -> new TreeMap<>()).put(mapKey, value);
                    }
                }
                if (random.nextInt(5) > 0) {
                    tree.flush();
                    // What is all in memory is read without a look at the files.
                    resources.slot().tierMemory().reclaim(Long.MAX_VALUE);
                }
                for (int map = 0; map < MAPS + 20; map++) {
                    assertThat(scan(tree, map, null))
                            .as("seed %s, map %s", seed, map)
                            .isEqualTo(entries(model.get(map), -1));
                }
                int map = random.nextInt(MAPS);
                int after = random.nextInt(MAP_KEYS);
                assertThat(scan(tree, map, after))
                        .as("seed %s, map %s after %s", seed, map, after)
                        .isEqualTo(entries(model.get(map), after));
            }
            tree.compactAll();
            for (int map = 0; map < MAPS; map++) {
                assertThat(scan(tree, map, null)).isEqualTo(entries(model.get(map), -1));
            }
        }
    }

    private List<List<Integer>> scan(LsmTree tree, int map, @Nullable Integer after)
            throws IOException {
        KeyBuffer prefix = new KeyBuffer().set(row(map, 0), 0, 6);
        List<List<Integer>> found = new ArrayList<>();
        if (after != null) {
            ValueBuffer page = new ValueBuffer();
            tree.readPage(prefix, set(map, after), Integer.MAX_VALUE, Integer.MAX_VALUE, page);
            Map<OwnedSlice, byte[]> entries = new TreeMap<>();
            PageEntries.of(prefix.toOwned(), page).addTo(entries);
            entries.forEach((at, value) -> found.add(numbers(at.toBytes(), value)));
            return found;
        }
        try (EntryCursor cursor = tree.scanPrefix(prefix)) {
            while (cursor.next()) {
                found.add(numbers(cursor.key().toBytes(), cursor.value().toBytes()));
            }
        }
        return found;
    }

    private static List<Integer> numbers(byte[] row, byte[] value) {
        return List.of(ByteBuffer.wrap(row).getInt(6), ByteBuffer.wrap(value).getInt());
    }

    private static List<List<Integer>> entries(@Nullable TreeMap<Integer, Integer> map, int after) {
        List<List<Integer>> entries = new ArrayList<>();
        if (map != null) {
            map.tailMap(after, false)
                    .forEach((mapKey, value) -> entries.add(List.of(mapKey, value)));
        }
        return entries;
    }

    private KeyBuffer set(int map, int mapKey) {
        return key.set(row(map, mapKey), 0, 10, 6);
    }

    private static byte[] row(int map, int mapKey) {
        return ByteBuffer.allocate(10)
                .put((byte) (map % 7))
                .putInt(map)
                .put((byte) 0)
                .putInt(mapKey)
                .array();
    }
}
