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
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.testing.InMemoryStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Maps of no, few and thousands of entries are read page by page, again and again, against {@link
 * TreeMap}s: pages that are kept must show every write, whichever way the entries go meanwhile. A
 * failure names the seed.
 */
final class PrefixPagesModelTest {

    private static final int MAPS = 60;
    private static final int STEPS = 12_000;

    private final NavigableMap<Integer, NavigableMap<OwnedSlice, byte[]>> model = new TreeMap<>();
    private final KeyBuffer key = new KeyBuffer();
    private final KeyBuffer after = new KeyBuffer();
    private final ValueBuffer page = new ValueBuffer();
    private Random random = new Random();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void pagesShowEveryWriteWhereverTheEntriesAre(int run) throws Exception {
        long seed = Long.getLong("flinklsm.seed", System.nanoTime()) + run;
        try {
            random = new Random(seed);
            try (StoreResources resources =
                            StoreResources.create("pages", 6L << 20, 2, Clock.system());
                    LsmStore store =
                            LsmStore.create(
                                    new InMemoryStorage(),
                                    StoreFixture.tinyOptions(CompactionStyle.LEVELED),
                                    resources)) {
                LsmTree tree = openTree(store);
                for (int step = 0; step < STEPS; step++) {
                    step(store, tree);
                }
            }
        } catch (Throwable failure) {
            throw new AssertionError("-Dflinklsm.seed=" + seed, failure);
        }
    }

    /** Readers of other maps evict, and move within the cache, what the writer changes. */
    @Test
    void pagesAreTrueWhileOthersTakeTheirMemoryAway() throws Exception {
        long seed = Long.getLong("flinklsm.seed", System.nanoTime());
        random = new Random(seed);
        AtomicBoolean stop = new AtomicBoolean();
        List<Throwable> failures = new ArrayList<>();
        try (StoreResources resources =
                        StoreResources.create("pages", 6L << 20, 2, Clock.system());
                LsmStore store =
                        LsmStore.create(
                                new InMemoryStorage(),
                                StoreFixture.tinyOptions(CompactionStyle.SIZE_TIERED),
                                resources)) {
            LsmTree tree = openTree(store);
            Thread evictor =
                    new Thread(
                            () -> {
                                Random sizes = new Random(seed + 1);
                                KeyBuffer other = new KeyBuffer();
                                ValueBuffer value = new ValueBuffer();
                                try {
                                    while (!stop.get()) {
                                        resources.blockCache().reclaim(sizes.nextInt(256 << 10));
                                        resources.spareMemtables().reclaim(1);
                                        for (int i = 0; i < 200; i++) {
                                            setKey(other, sizes.nextInt(MAPS), sizes.nextInt(20));
                                            tree.get(other, value);
                                        }
                                    }
                                } catch (Throwable e) {
                                    failures.add(e);
                                }
                            });
            evictor.start();
            try {
                for (int step = 0; step < 2 * STEPS; step++) {
                    step(store, tree);
                }
            } finally {
                stop.set(true);
                evictor.join();
            }
        } catch (Throwable failure) {
            throw new AssertionError("-Dflinklsm.seed=" + seed, failure);
        }
        assertThat(failures).as("seed %s", seed).isEmpty();
    }

    @Test
    void memoryOfPagesGoesWithTheirTree() throws Exception {
        try (StoreResources resources =
                        StoreResources.create("pages", 6L << 20, 1, Clock.system());
                LsmStore store =
                        LsmStore.create(
                                new InMemoryStorage(),
                                StoreFixture.tinyOptions(CompactionStyle.LEVELED),
                                resources)) {
            long usedBefore = resources.memory().usedBytes();
            LsmTree tree = openTree(store);
            for (int i = 0; i < 100; i++) {
                setKey(key, i % 3, i);
                tree.put(key, new byte[8], 0, 8);
            }
            for (int i = 0; i < 3; i++) {
                readMap(tree, 0);
            }
            assertThat(resources.blockCache().hitCount()).isPositive();

            store.dropTree("maps");

            assertThat(resources.memory().usedBytes()).isEqualTo(usedBefore);
        }
    }

    private static LsmTree openTree(LsmStore store) throws IOException {
        return store.openTree(
                "maps", new TreeOptions(MemtableKind.PREFIX_HASH, new AppendOperator(','), null));
    }

    private void step(LsmStore store, LsmTree tree) throws Exception {
        int map = randomMap();
        int dice = random.nextInt(1000);
        if (dice < 430) {
            write(tree, map);
        } else if (dice < 440) {
            for (int i = random.nextInt(400); i > 0; i--) {
                write(tree, map);
            }
        } else if (dice < 442) {
            clear(tree, map);
        } else if (dice < 448) {
            tree.flush();
        } else if (dice < 449) {
            tree.compactAll();
        } else if (dice < 452) {
            checkpoint(store, tree, map);
        } else {
            compare(tree, map, random.nextInt(3) == 0);
        }
    }

    /** Maps differ in size and in how often they are used: a third of the steps meet three. */
    private int randomMap() {
        return random.nextInt(3) == 0 ? random.nextInt(3) : random.nextInt(MAPS);
    }

    /** So many keys a map may have. */
    private static int keysOf(int map) {
        return switch (map % 4) {
            case 0 -> 3;
            case 1 -> 25;
            case 2 -> 400;
            default -> 3000;
        };
    }

    private static OwnedSlice setKey(KeyBuffer buffer, int map, int number) {
        // User keys of different lengths, the empty one among them.
        byte[] bytes = ByteBuffer.allocate(4 + 4).putInt(map * 0x01010101).putInt(number).array();
        int length = 4 + (number == 0 ? 0 : number % 5 == 0 ? 3 : 4);
        if (length == 7) {
            bytes[5] = bytes[6];
            bytes[6] = bytes[7];
        }
        buffer.set(bytes, 0, length, 4);
        return OwnedSlice.copyOf(bytes, 4, length - 4);
    }

    private void write(LsmTree tree, int map) throws IOException {
        OwnedSlice at = setKey(key, map, random.nextInt(keysOf(map)));
        NavigableMap<OwnedSlice, byte[]> entries = entriesOf(map);
        int dice = random.nextInt(100);
        if (dice < 35) {
            tree.delete(key);
            entries.remove(at);
        } else if (dice < 38 && map % 7 == 0) {
            byte[] operand = {(byte) random.nextInt()};
            tree.merge(key, operand, 0, 1);
            byte[] older = entries.get(at);
            entries.put(
                    at,
                    older == null
                            ? operand
                            : ByteBuffer.allocate(older.length + 2)
                                    .put(older)
                                    .put((byte) ',')
                                    .put(operand)
                                    .array());
        } else {
            byte[] value = new byte[random.nextInt(random.nextInt(40) == 0 ? 5000 : 30)];
            random.nextBytes(value);
            int from = Math.min(value.length, random.nextInt(3));
            tree.put(key, value, from, value.length - from);
            byte[] stored = new byte[value.length - from];
            System.arraycopy(value, from, stored, 0, stored.length);
            entries.put(at, stored);
        }
    }

    private void clear(LsmTree tree, int map) throws IOException {
        setKey(key, map, 0);
        KeyBuffer row = new KeyBuffer();
        try (EntryCursor cursor = tree.scanPrefix(key)) {
            while (cursor.next()) {
                tree.delete(row.set(cursor.key(), 4));
            }
        }
        entriesOf(map).clear();
    }

    private void checkpoint(LsmStore store, LsmTree tree, int map) throws Exception {
        try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
            write(tree, map);
            compare(tree, map, false);
            pending.complete();
        }
    }

    /** Reads the map whole, perhaps with writes between the pages to keys that were read. */
    private void compare(LsmTree tree, int map, boolean writing) throws IOException {
        NavigableMap<OwnedSlice, byte[]> entries = entriesOf(map);
        setKey(key, map, 0);
        assertThat(tree.hasPrefix(key)).as("map %s", map).isEqualTo(!entries.isEmpty());
        OwnedSlice prefix = OwnedSlice.copyOf(key.array(), 0, 4);
        @Nullable OwnedSlice last = null;
        boolean isLast = false;
        while (!isLast) {
            setKey(key, map, 0);
            isLast =
                    tree.readPage(
                            key,
                            last == null
                                    ? null
                                    : after.set(last.bytesUnsafe(), 0, last.length(), 4),
                            1 + random.nextInt(200),
                            8 << 10,
                            page);
            NavigableMap<OwnedSlice, byte[]> read = new TreeMap<>();
            OwnedSlice pageLast = PageEntries.of(prefix, page).addTo(read);
            assertThat(pageLast != null || isLast).isTrue();
            OwnedSlice end = isLast ? null : userKey(pageLast);
            NavigableMap<OwnedSlice, byte[]> expected =
                    last == null ? entries : entries.tailMap(userKey(last), false);
            if (end != null) {
                expected = expected.headMap(end, true);
            }
            assertSame(map, read, expected);
            last = pageLast;
            if (writing && random.nextBoolean()) {
                write(tree, map);
            }
        }
    }

    private void readMap(LsmTree tree, int map) throws IOException {
        setKey(key, map, 0);
        assertThat(tree.readPage(key, null, 1000, 1 << 20, page)).isTrue();
    }

    private static void assertSame(
            int map, Map<OwnedSlice, byte[]> read, Map<OwnedSlice, byte[]> expected) {
        assertThat(read.keySet().stream().map(PrefixPagesModelTest::userKey).toList())
                .as("keys of map %s", map)
                .isEqualTo(List.copyOf(expected.keySet()));
        read.forEach(
                (at, value) ->
                        assertThat(value)
                                .as("value of %s in map %s", at, map)
                                .isEqualTo(expected.get(userKey(at))));
    }

    private static OwnedSlice userKey(OwnedSlice whole) {
        return OwnedSlice.copyOf(whole.bytesUnsafe(), 4, whole.length() - 4);
    }

    private NavigableMap<OwnedSlice, byte[]> entriesOf(int map) {
        return model.computeIfAbsent(map, m -> new TreeMap<>());
    }
}
