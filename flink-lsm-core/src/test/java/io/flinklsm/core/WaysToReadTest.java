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
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.read.BatchGet;
import io.flinklsm.core.read.PageRead;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.TreeOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * There are seven ways to read a key and five to read a map. Each gives what was written, whatever
 * of it is in memory, in files, in both, or was evicted half an instant ago; and none of them
 * leaves memory in a state in which the next one is wrong.
 */
final class WaysToReadTest {

    private static final int KEYS = 60;
    private static final int MAPS = 6;
    private static final int MAP_KEYS = 25;

    private final KeyBuffer key = new KeyBuffer();
    private final ValueBuffer out = new ValueBuffer();
    private StoreResources resources;
    private LsmTree tree;
    private Random random;
    private String where = "";

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void everyWayToReadAKeyGivesItsValue(long seed) throws Exception {
        random = new Random(seed);
        TreeMap<String, String> model = new TreeMap<>();
        try (StoreResources opened = StoreResources.create("ways", 4 << 20, 1, Clock.system());
                LsmStore store = LsmStore.create(new InMemoryStorage(), options(seed), opened)) {
            resources = opened;
            boolean folds = seed % 3 != 0;
            tree =
                    store.openTree(
                            "values",
                            new TreeOptions(
                                    MemtableKind.ENTRIES,
                                    folds ? new AppendOperator(',') : null,
                                    null));
            for (int step = 0; step < 1500; step++) {
                where = "seed " + seed + ", step " + step;
                String name = "key" + random.nextInt(KEYS);
                switch (random.nextInt(12)) {
                    case 0, 1 -> {
                        String value = value();
                        tree.put(key(name), bytes(value), 0, value.length());
                        model.put(name, value);
                    }
                    case 2 -> {
                        tree.delete(key(name));
                        model.remove(name);
                    }
                    case 3 -> {
                        if (folds) {
                            String value = value();
                            tree.merge(key(name), bytes(value), 0, value.length());
                            model.merge(name, value, (older, newer) -> older + "," + newer);
                            if (model.get(name).length() > 2000) {
                                tree.delete(key(name));
                                model.remove(name);
                            }
                        }
                    }
                    case 4 -> disturb();
                    default ->
                            assertThat(read(store, name, random.nextInt(7)))
                                    .as(where)
                                    .isEqualTo(model.get(name));
                }
            }
            for (int way = 0; way < 7; way++) {
                for (int i = 0; i < KEYS; i++) {
                    where = "seed " + seed + ", at the end by way " + way + " of " + i;
                    assertThat(read(store, "key" + i, way))
                            .as(where)
                            .isEqualTo(model.get("key" + i));
                }
            }
        }
    }

    private @Nullable String read(LsmStore store, String name, int way) throws IOException {
        switch (way) {
            case 0 -> {
                return tree.get(key(name), out) ? text(out) : null;
            }
            case 1 -> {
                return tree.getAsWriter(key(name), out) ? text(out) : null;
            }
            case 2 -> {
                boolean isThere = tree.contains(key(name));
                boolean isFound = tree.get(key(name), out);
                assertThat(isThere).as(where).isEqualTo(isFound);
                return isFound ? text(out) : null;
            }
            case 3 -> {
                return readInBatch(name);
            }
            case 4 -> {
                KeyBuffer above = key(name);
                KeyRange range = new KeyRange(above.toOwned(), OwnedSlice.wrap(bytes(name + "\0")));
                try (EntryCursor cursor = tree.scan(range)) {
                    return lone(cursor, name);
                }
            }
            case 5 -> {
                try (StoreView view = store.view()) {
                    try (EntryCursor cursor =
                            view.scan(
                                    "values",
                                    new KeyRange(
                                            key(name).toOwned(),
                                            OwnedSlice.wrap(bytes(name + "\0"))))) {
                        return lone(cursor, name);
                    }
                }
            }
            default -> {
                // A tree of entries has no maps: each key is a prefix of itself.
                tree.readPage(key(name), null, 1, Integer.MAX_VALUE, out);
                Map<OwnedSlice, byte[]> entries = new TreeMap<>();
                PageEntries.of(key(name).toOwned(), out).addTo(entries);
                byte[] value = entries.get(OwnedSlice.wrap(bytes(name)));
                return value == null ? null : new String(value, StandardCharsets.US_ASCII);
            }
        }
    }

    private @Nullable String readInBatch(String name) throws IOException {
        BatchGet<String> batch = new BatchGet<>(1);
        BatchGet.Miss<String> miss = tree.find(key(name), batch);
        if (miss == null) {
            return batch.isFound() ? text(batch.value()) : null;
        }
        for (BatchGet.Part<String> part : batch.split(2, 2)) {
            try {
                part.read();
            } finally {
                part.release();
            }
        }
        if (random.nextBoolean()) {
            tree.keep(miss);
        }
        return miss.isFound() ? text(miss.value()) : null;
    }

    private @Nullable String lone(EntryCursor cursor, String name) throws IOException {
        if (!cursor.next()) {
            return null;
        }
        assertThat(cursor.key().toString()).as(where).isEqualTo(name);
        String value = new String(cursor.value().toBytes(), StandardCharsets.US_ASCII);
        assertThat(cursor.next()).as(where).isFalse();
        return value;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void everyWayToReadAMapGivesItsEntries(long seed) throws Exception {
        random = new Random(seed);
        TreeMap<String, String> model = new TreeMap<>();
        try (StoreResources opened = StoreResources.create("ways", 4 << 20, 1, Clock.system());
                LsmStore store = LsmStore.create(new InMemoryStorage(), options(seed), opened)) {
            resources = opened;
            tree = store.openTree("maps", new TreeOptions(MemtableKind.MAPS, null, null));
            for (int step = 0; step < 1500; step++) {
                where = "seed " + seed + ", step " + step;
                String map = "m" + random.nextInt(MAPS);
                String name = map + (char) ('a' + random.nextInt(MAP_KEYS));
                switch (random.nextInt(10)) {
                    case 0, 1, 2 -> {
                        String value = value();
                        tree.put(entry(name), bytes(value), 0, value.length());
                        model.put(name, value);
                    }
                    case 3 -> {
                        tree.delete(entry(name));
                        model.remove(name);
                    }
                    case 4 -> disturb();
                    case 5 -> {
                        boolean isFound = tree.getAsWriter(entry(name), out);
                        assertThat(isFound ? text(out) : null).as(where).isEqualTo(model.get(name));
                    }
                    case 6 -> {
                        // A whole map goes: what reads it next finds tombstones alone.
                        if (random.nextInt(10) == 0) {
                            for (String gone : Map.copyOf(ofMap(model, map)).keySet()) {
                                tree.delete(entry(gone));
                                model.remove(gone);
                            }
                        }
                    }
                    default ->
                            assertThat(readMap(map, random.nextInt(5)))
                                    .as(where)
                                    .isEqualTo(ofMap(model, map));
                }
            }
            for (int way = 0; way < 5; way++) {
                for (int i = 0; i <= MAPS; i++) {
                    where = "seed " + seed + ", at the end by way " + way + " of " + i;
                    assertThat(readMap("m" + i, way)).as(where).isEqualTo(ofMap(model, "m" + i));
                }
            }
        }
    }

    private Map<String, String> readMap(String map, int way) throws IOException {
        Map<String, String> found = new TreeMap<>();
        KeyBuffer prefix = new KeyBuffer().set(bytes(map), 0, map.length());
        switch (way) {
            case 0 -> {
                try (EntryCursor cursor = tree.scanPrefix(prefix)) {
                    while (cursor.next()) {
                        found.put(
                                cursor.key().toString(),
                                new String(cursor.value().toBytes(), StandardCharsets.US_ASCII));
                    }
                }
            }
            case 1, 2 -> readPages(map, prefix, found, way == 2);
            case 3 -> {
                boolean any = tree.hasPrefix(prefix);
                readPages(map, prefix, found, false);
                assertThat(any).as(where).isEqualTo(!found.isEmpty());
            }
            default -> {
                Boolean known = tree.findPrefix(prefix);
                readPages(map, prefix, found, true);
                assertThat(known == null || known == !found.isEmpty()).as(where).isTrue();
            }
        }
        return found;
    }

    /** Page by page, each of another size. */
    private void readPages(
            String map, KeyBuffer prefix, Map<String, String> found, boolean elsewhere)
            throws IOException {
        KeyBuffer after = null;
        boolean isLast = false;
        while (!isLast) {
            int entriesMax = 1 + random.nextInt(MAP_KEYS + 2);
            int bytesMax = random.nextBoolean() ? Integer.MAX_VALUE : 1 + random.nextInt(500);
            Map<OwnedSlice, byte[]> entries = new TreeMap<>();
            OwnedSlice last;
            if (elsewhere) {
                PageRead read = tree.findPage(prefix, after, entriesMax, bytesMax);
                byte[] cutBehind;
                try {
                    read.read();
                    isLast = read.isLast();
                    cutBehind = read.cutBehind();
                    last = PageEntries.of(prefix.toOwned(), read.page()).addTo(entries);
                } finally {
                    read.release();
                }
                if (random.nextBoolean()) {
                    tree.keep(read);
                }
                if (cutBehind != null) {
                    last =
                            OwnedSlice.wrap(
                                    bytes(map + new String(cutBehind, StandardCharsets.US_ASCII)));
                }
            } else {
                isLast = tree.readPage(prefix, after, entriesMax, bytesMax, out);
                last = PageEntries.of(prefix.toOwned(), out).addTo(entries);
                assertThat(entries.size()).as(where).isLessThanOrEqualTo(entriesMax);
                assertThat(isLast || !entries.isEmpty()).as(where).isTrue();
            }
            for (Map.Entry<OwnedSlice, byte[]> entry : entries.entrySet()) {
                String name = entry.getKey().toString();
                assertThat(found).as(where).doesNotContainKey(name);
                found.put(name, new String(entry.getValue(), StandardCharsets.US_ASCII));
            }
            if (!isLast) {
                after = entry(last.toString());
            }
        }
    }

    private static Map<String, String> ofMap(TreeMap<String, String> model, String map) {
        return model.subMap(map, map + (char) 0x7f);
    }

    /** What happens between two calls of a task: flushes, compactions, and memory that is short. */
    private void disturb() throws Exception {
        switch (random.nextInt(8)) {
            case 0 -> tree.flush();
            case 1 -> {
                if (random.nextInt(4) == 0) {
                    tree.compactAll();
                }
            }
            case 2 -> resources.slot().tierMemory().reclaim(Long.MAX_VALUE);
            case 3 -> resources.slot().tierMemory().reclaim(1);
            case 4 -> resources.blockCache().reclaim(Long.MAX_VALUE);
            case 5 -> {
                tree.flush();
                resources.slot().tierMemory().reclaim(Long.MAX_VALUE);
            }
            default -> {
                // Nothing happens most of the time.
            }
        }
    }

    private String value() {
        return "v".repeat(random.nextInt(40)) + random.nextInt(1000);
    }

    private static LsmStoreOptions options(long seed) {
        return StoreFixture.tinyOptions(
                seed % 2 == 0 ? CompactionStyle.LEVELED : CompactionStyle.SIZE_TIERED);
    }

    private KeyBuffer key(String name) {
        return key.set(bytes(name), 0, name.length());
    }

    /** The prefix is two bytes long. */
    private static KeyBuffer entry(String name) {
        return new KeyBuffer().set(bytes(name), 0, name.length(), 2);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String text(ValueBuffer value) {
        return new String(value.toBytes(), StandardCharsets.US_ASCII);
    }
}
