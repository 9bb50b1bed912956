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

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.tree.TreeOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stores whose state is far larger than their memory: slower, never wrong, never over it. */
final class MemoryPressureTest {

    private static final int VALUE_BYTES = 100;
    private static final int MAP_KEY_BYTES = 56;

    @TempDir Path directory;

    private final KeyBuffer key = new KeyBuffer();
    private final ValueBuffer out = new ValueBuffer();

    @Test
    void stateOfTenTimesTheMemoryIsReadAndOverwritten() throws Exception {
        int count = 200_000;
        try (StoreResources resources = resources(StoreResources.MIN_MEMORY_BYTES);
                LsmStore store = store("a", resources)) {
            LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
            int[] versions = new int[count];
            for (int i = 0; i < count; i++) {
                put(tree, (int) (i * 2_654_435_761L % count), 0);
            }
            Random random = new Random(1);
            for (int i = 0; i < 30_000; i++) {
                int number = random.nextInt(count);
                check(tree, number, versions[number]);
                put(tree, number, ++versions[number]);
            }
            for (int number = 0; number < count; number += 7) {
                check(tree, number, versions[number]);
            }
            assertThat(get(tree, count)).isFalse();

            assertThat(resources.memory().peakBytes())
                    .isLessThanOrEqualTo(StoreResources.MIN_MEMORY_BYTES);
        }
    }

    /** Blocks may fill what is free; entries that are read and written have the memory. */
    @Test
    void blocksDoNotTakeTheMemoryOfEntriesBitByBit() throws Exception {
        int count = 80_000;
        try (StoreResources resources = resources(8 << 20);
                LsmStore store = store("a", resources)) {
            LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
            int[] versions = new int[count];
            for (int number = 0; number < count; number++) {
                put(tree, number, 0);
            }
            Random random = new Random(1);
            for (int i = 0; i < 200_000; i++) {
                int number = random.nextInt(count);
                check(tree, number, versions[number]);
                if (i % 8 == 0) {
                    put(tree, number, ++versions[number]);
                }
            }

            long limitBytes = resources.slot().tierBudget().limitBytes();
            assertThat(resources.entryBytes()).isGreaterThan(limitBytes * 8 / 10);
            assertThat(resources.blockCache().usedBytes())
                    .isLessThan(resources.cacheLimitBytes() / 8);
        }
    }

    @Test
    void eightStoresShareAPoolThatIsTooSmallForEachOfThem() throws Exception {
        int count = 10_000;
        long memoryBytes = 4 << 20;
        try (StoreResources resources = resources(memoryBytes)) {
            List<LsmStore> stores = new ArrayList<>();
            List<LsmTree> trees = new ArrayList<>();
            try {
                for (int i = 0; i < 8; i++) {
                    LsmStore store = store("s" + i, resources);
                    stores.add(store);
                    trees.add(store.openTree("counts", TreeOptions.DEFAULTS));
                }
                for (int number = 0; number < count; number++) {
                    for (int i = 0; i < trees.size(); i++) {
                        put(trees.get(i), number, i);
                    }
                }
                for (int i = 0; i < trees.size(); i++) {
                    for (int number = 0; number < count; number++) {
                        check(trees.get(i), number, i);
                    }
                }
                assertThat(resources.memory().peakBytes()).isLessThanOrEqualTo(memoryBytes);
            } finally {
                for (LsmStore store : stores) {
                    store.close();
                }
            }
        }
    }

    @Test
    void fullSlotTakesNothingFromAnother() throws Exception {
        int count = 20_000;
        try (StoreResources busy = resources(StoreResources.MIN_MEMORY_BYTES);
                StoreResources quiet = resources(StoreResources.MIN_MEMORY_BYTES);
                LsmStore busyStore = store("busy", busy);
                LsmStore quietStore = store("quiet", quiet)) {
            LsmTree kept = quietStore.openTree("counts", TreeOptions.DEFAULTS);
            for (int number = 0; number < 1000; number++) {
                put(kept, number, 0);
            }
            long usedBytes = quiet.memory().usedBytes();

            LsmTree tree = busyStore.openTree("counts", TreeOptions.DEFAULTS);
            for (int number = 0; number < count; number++) {
                put(tree, number, 0);
            }

            assertThat(quiet.memory().usedBytes()).isEqualTo(usedBytes);
            assertThat(kept.stats().levels()).allMatch(level -> level.sstables() == 0);
        }
    }

    @Test
    void cleanEntriesGiveWayBeforeGenerationsAreCutIntoSmallFiles() throws Exception {
        int count = 200_000;
        List<LsmEvent> flushes = new CopyOnWriteArrayList<>();
        try (StoreResources resources = resources(8 << 20);
                LsmStore store = countingFlushes("maps", resources, flushes)) {
            LsmTree tree = openMaps(store);
            // Maps of ten entries each, in an order that comes back to a map late.
            for (int i = 0; i < count; i++) {
                int number = (int) (i * 2_654_435_761L % count);
                tree.getAsWriter(key.set(mapKey(number), 0, MAP_KEY_BYTES), out);
                putIntoMap(tree, number);
            }
            tree.flush();

            checkFlushes(flushes, count, resources);
        }
    }

    @Test
    void cachedBlocksGiveWayBeforeGenerationsAreCutIntoSmallFiles() throws Exception {
        int count = 100_000;
        List<LsmEvent> flushes = new CopyOnWriteArrayList<>();
        try (StoreResources resources = resources(8 << 20);
                LsmStore store = countingFlushes("maps", resources, flushes)) {
            LsmTree tree = openMaps(store);
            for (int number = 0; number < count; number++) {
                putIntoMap(tree, number);
            }
            tree.flush();
            tree.awaitIdle();
            flushes.clear();
            for (int i = 0; i < count; i++) {
                int number = count + i;
                // Other maps are scanned, which takes blocks of them.
                int scanned = (int) (i * 2_654_435_761L % count) / 10;
                if (i % 10 == 0) {
                    try (EntryCursor entries =
                            tree.scanPrefix(key.set(mapKey(scanned * 10), 0, Integer.BYTES))) {
                        while (entries.next()) {
                            out.set(entries.value());
                        }
                    }
                }
                putIntoMap(tree, number);
            }
            tree.flush();

            checkFlushes(flushes, count, resources);
        }
    }

    private LsmStore countingFlushes(String name, StoreResources resources, List<LsmEvent> flushes)
            throws IOException {
        LsmStore store = store(name, resources);
        store.setListener(
                event -> {
                    if (event instanceof LsmEvent.FlushEnd) {
                        flushes.add(event);
                    }
                });
        return store;
    }

    private static LsmTree openMaps(LsmStore store) throws IOException {
        return store.openTree("maps", new TreeOptions(MemtableKind.MAPS, null, null));
    }

    private void putIntoMap(LsmTree tree, int number) throws IOException {
        tree.put(key.set(mapKey(number), 0, MAP_KEY_BYTES), value(number, 0), 0, 8);
    }

    private static void checkFlushes(
            List<LsmEvent> flushes, int entries, StoreResources resources) {
        // Half of the share is frozen at a time; an entry takes 100 bytes there, at most.
        long worthBytes = resources.slot().memtableShareBytes() * 3 / 8;
        assertThat(flushes.size())
                .as("flushes")
                .isLessThanOrEqualTo((int) (entries * 100L / worthBytes));
    }

    private static byte[] mapKey(int number) {
        return ByteBuffer.allocate(MAP_KEY_BYTES)
                .putInt(number / 10)
                .putInt(MAP_KEY_BYTES - 4, number)
                .array();
    }

    private static StoreResources resources(long memoryBytes) {
        return StoreResources.create("pressure", memoryBytes, 1, Clock.system());
    }

    private LsmStore store(String name, StoreResources resources) throws IOException {
        return LsmStore.create(
                new LocalStorage(directory.resolve(name), false),
                LsmStoreOptions.DEFAULTS,
                resources);
    }

    private void put(LsmTree tree, int number, int version) throws IOException {
        tree.put(key.set(StoreFixture.key(number)), value(number, version), 0, VALUE_BYTES);
    }

    private boolean get(LsmTree tree, int number) throws IOException {
        return tree.get(key.set(StoreFixture.key(number)), out);
    }

    private void check(LsmTree tree, int number, int version) throws IOException {
        assertThat(get(tree, number)).as("key %d", number).isTrue();
        if (!Arrays.equals(out.array(), 0, out.length(), value(number, version), 0, VALUE_BYTES)) {
            assertThat(out.toBytes()).as("key %d", number).isEqualTo(value(number, version));
        }
    }

    private static byte[] value(int number, int version) {
        byte[] value = new byte[VALUE_BYTES];
        new Random(number * 31L + version).nextBytes(value);
        return value;
    }
}
