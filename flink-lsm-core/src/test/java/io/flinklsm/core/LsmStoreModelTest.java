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
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.checkpoint.PendingCheckpoint;
import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import io.flinklsm.core.compaction.CompactionOptions;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.read.BatchGet;
import io.flinklsm.core.sstable.SstableCodec;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.sstable.SstableOptions.LevelCodecs;
import io.flinklsm.core.sstable.ValueColumns;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.tiered.EvictingStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.write.WriteLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random operations on trees with random options against a {@link TreeMap}: at least a million
 * operations a run, with flushes, both compaction styles, checkpoints and reopening from a
 * manifest. A failure names the seed; run it again with {@code -Dflinklsm.seed=...}.
 */
class LsmStoreModelTest {

    private static final int OPERATIONS_PER_ROUND = 45_000;
    private static final int ROUNDS = 24;
    private static final int MAX_LONG_VIEWS = 4;

    @TempDir Path directory;

    @Test
    void aTreeIsATreeMapOnLocalStorage() throws Exception {
        runRounds(
                "local",
                round -> new LocalStorage(directory.resolve("round-" + round), false),
                ROUNDS / 2);
    }

    @Test
    void aTreeIsATreeMapOnInMemoryStorage() throws Exception {
        runRounds("in-memory", round -> new InMemoryStorage(), ROUNDS / 2);
    }

    @Test
    void aTreeIsATreeMapOnStorageThatEvicts() throws Exception {
        List<EvictingStorage> storages = new ArrayList<>();
        runRounds(
                "evicting",
                round -> {
                    EvictingStorage storage =
                            new EvictingStorage(directory.resolve("tiered-" + round), round);
                    storages.add(storage);
                    return storage;
                },
                ROUNDS / 4);
        long evictions = storages.stream().mapToLong(each -> each.stats().evictions()).sum();
        long requests = storages.stream().mapToLong(each -> each.stats().requests().count()).sum();
        assertThat(evictions).isGreaterThan(ROUNDS);
        assertThat(requests).isGreaterThan(ROUNDS);
    }

    private interface StorageOfRound {
        Storage open(int round) throws IOException;
    }

    private static void runRounds(String name, StorageOfRound storages, int rounds)
            throws Exception {
        long firstSeed = Long.getLong("flinklsm.seed", System.nanoTime());
        long operations = 0;
        for (int i = 0; i < rounds; i++) {
            long seed = firstSeed + i;
            try {
                Round round = new Round(seed, storages.open(i));
                operations += round.run(OPERATIONS_PER_ROUND);
            } catch (Throwable failure) {
                throw new AssertionError(
                        "model test failed: storage=" + name + ", -Dflinklsm.seed=" + seed,
                        failure);
            }
        }
        assertThat(operations).isGreaterThanOrEqualTo((long) OPERATIONS_PER_ROUND * rounds);
    }

    /**
     * One store with its options and its model, from birth to close, through several reopenings.
     */
    private static final class Round {

        private final Random random;
        private final Storage storage;
        private final LsmStoreOptions options;
        private final long memoryBytes;
        private final MemtableKind kind;
        private final @Nullable MergeOperator operator;
        private final int keys;
        private final int mapBits;
        private final int maxValueBytes;
        private final NavigableMap<OwnedSlice, byte[]> model = new TreeMap<>();
        private final KeyBuffer key = new KeyBuffer();
        private final KeyBuffer other = new KeyBuffer();
        private final ValueBuffer value = new ValueBuffer();

        private final List<LongView> longViews = new ArrayList<>();

        private StoreResources resources;
        private LsmStore store;
        private LsmTree tree;
        private long checkpointId;

        Round(long seed, Storage storage) {
            this.random = new Random(seed);
            this.storage = storage;
            // The first bits of neighbouring seeds are the same.
            this.kind = MemtableKind.values()[Math.floorMod(seed, 2)];
            this.operator = kind == MemtableKind.MAPS ? null : new AppendOperator(',');
            this.keys = 1 << (4 + random.nextInt(12));
            this.mapBits = random.nextInt(4) == 0 ? 15 : 3;
            this.maxValueBytes = 1 << random.nextInt(10);
            this.memoryBytes = (4L << 20) << random.nextInt(4);
            this.options = randomOptions();
            open(null);
        }

        private LsmStoreOptions randomOptions() {
            int trigger = 2 + random.nextInt(4);
            return new LsmStoreOptions(
                    1L << (14 + random.nextInt(6)),
                    random.nextBoolean() ? CompactionStyle.LEVELED : CompactionStyle.SIZE_TIERED,
                    new CompactionOptions(
                            trigger,
                            1L << (14 + random.nextInt(5)),
                            1L << (15 + random.nextInt(5)),
                            2 + random.nextInt(9)),
                    new WriteLimits(trigger + 4, trigger + 8, 2 + random.nextInt(4)),
                    8 + random.nextInt(50),
                    new SstableOptions(
                            1 << (8 + random.nextInt(6)),
                            1 + random.nextInt(300),
                            1 << (13 + random.nextInt(8)),
                            random.nextInt(4) == 0 ? 0 : 10.6,
                            randomCodecs(),
                            random.nextInt(3),
                            random.nextInt(3) == 0 ? ValueColumns.BINARY : ValueColumns.TYPED));
        }

        private LevelCodecs randomCodecs() {
            return new LevelCodecs(
                    List.of(randomCodec(), randomCodec()),
                    random.nextBoolean() ? randomCodec() : null);
        }

        private SstableCodec randomCodec() {
            return SstableCodec.values()[random.nextInt(SstableCodec.values().length)];
        }

        private void open(String manifest) {
            resources =
                    StoreResources.create(
                            "model", memoryBytes, 1 + random.nextInt(3), Clock.system());
            try {
                store =
                        manifest == null
                                ? LsmStore.create(storage, options, resources)
                                : LsmStore.open(storage, options, resources, manifest);
                tree =
                        store.openTree(
                                "counts", new TreeOptions(kind, operator, null, randomColumns()));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        int run(int operations) throws Exception {
            try {
                for (int i = 0; i < operations; i++) {
                    step();
                }
                compareAll();
                tree.compactAll();
                compareAll();
                assertThat(entriesOnDisk()).isEqualTo(model.size());
            } finally {
                close();
            }
            return operations;
        }

        private void step() throws Exception {
            int dice = random.nextInt(10_000);
            if (dice < 3800) {
                put();
            } else if (dice < 5000) {
                delete();
            } else if (dice < 6200) {
                merge();
            } else if (dice < 9690) {
                get();
            } else if (dice < 9700) {
                getTogether();
            } else if (dice < 9900) {
                readPages();
            } else if (dice < 9945) {
                scanPrefix();
            } else if (dice < 9960) {
                readLongView();
            } else if (dice < 9982) {
                scanRange();
            } else if (dice < 9985) {
                openLongView();
            } else if (dice < 9987) {
                resources.slot().tierMemory().reclaim(1L << random.nextInt(20));
            } else if (dice < 9990) {
                tree.flush();
            } else if (dice < 9995) {
                checkpointAndForget();
            } else if (dice < 9997) {
                compareAll();
            } else if (dice < 9999) {
                checkpointAndReopen();
            } else if (random.nextInt(4) == 0) {
                tree.compactAll();
            }
        }

        private OwnedSlice randomKey(KeyBuffer into) {
            int number = random.nextInt(keys);
            // The first byte tells the length, so that no prefix is the beginning of another.
            byte[] bytes = new byte[3 + number % 4 + 2];
            bytes[0] = (byte) (number % 4);
            bytes[1] = (byte) (number >> mapBits);
            Arrays.fill(bytes, 2, bytes.length - 2, (byte) (number % 3 == 0 ? 0xFF : number % 3));
            bytes[bytes.length - 2] = (byte) (number >> 8);
            bytes[bytes.length - 1] = (byte) number;
            into.set(bytes, 0, bytes.length, bytes.length - 2);
            return OwnedSlice.wrap(bytes);
        }

        private byte[] randomValue() {
            byte[] bytes = new byte[random.nextInt(maxValueBytes + 1)];
            random.nextBytes(bytes);
            return random.nextInt(4) == 0 ? bytes : asStrings(bytes);
        }

        /** Strings as a serializer writes them, with commas between: what typed columns take. */
        private byte[] asStrings(byte[] content) {
            int length = Math.min(content.length, 100);
            byte[] strings = new byte[length + 1];
            strings[0] = (byte) (length + 1);
            for (int i = 0; i < length; i++) {
                strings[i + 1] = (byte) (content[i] & 0x7F);
            }
            return strings;
        }

        /** Files of several types, and of bytes, lie beside each other after a few openings. */
        private @Nullable EntryColumns randomColumns() {
            ColumnType value =
                    switch (random.nextInt(4)) {
                        case 0 -> ColumnTypes.string();
                        case 1 -> ColumnTypes.opaque("any", "bytes of a test");
                        default -> ColumnTypes.delimited(ColumnTypes.string());
                    };
            return random.nextInt(4) == 0
                    ? null
                    : new EntryColumns(
                            StateKind.LIST,
                            0,
                            false,
                            random.nextBoolean()
                                    ? ColumnTypes.opaque("any", "bytes of a test")
                                    : ColumnTypes.int32(),
                            ColumnTypes.nothing(),
                            null,
                            value);
        }

        private void put() throws IOException {
            OwnedSlice at = randomKey(key);
            byte[] bytes = randomValue();
            tree.put(key, bytes, 0, bytes.length);
            model.put(at, bytes);
        }

        private void delete() throws IOException {
            OwnedSlice at = randomKey(key);
            tree.delete(key);
            model.remove(at);
        }

        private void merge() throws IOException {
            if (kind == MemtableKind.MAPS) {
                put();
                return;
            }
            OwnedSlice at = randomKey(key);
            byte[] operand = new byte[random.nextInt(8)];
            random.nextBytes(operand);
            operand = random.nextInt(4) == 0 ? operand : asStrings(operand);
            tree.merge(key, operand, 0, operand.length);
            model.merge(
                    at,
                    operand,
                    (older, newer) -> {
                        byte[] folded = Arrays.copyOf(older, older.length + 1 + newer.length);
                        folded[older.length] = ',';
                        System.arraycopy(newer, 0, folded, older.length + 1, newer.length);
                        return folded;
                    });
        }

        private void get() throws IOException {
            OwnedSlice at = randomKey(key);
            boolean found =
                    random.nextBoolean() ? tree.get(key, value) : tree.getAsWriter(key, value);
            byte[] expected = model.get(at);
            assertThat(found).as("key %s", at).isEqualTo(expected != null);
            assertThat(tree.contains(key)).as("key %s", at).isEqualTo(expected != null);
            if (expected != null) {
                assertThat(value.toBytes()).as("key %s", at).isEqualTo(expected);
            }
        }

        /** A key that others read, and its value when it was asked for. */
        private record Wanted(OwnedSlice key, byte @Nullable [] expected) {}

        /** Keys that are asked for one by one, among writes, and then read together. */
        private void getTogether() throws Exception {
            BatchGet<Wanted> batch = new BatchGet<>(1 + random.nextInt(8));
            if (random.nextBoolean()) {
                resources.slot().tierMemory().reclaim(Long.MAX_VALUE);
            }
            for (int i = random.nextInt(300); i >= 0; i--) {
                OwnedSlice at = randomKey(key);
                Wanted wanted = new Wanted(at, model.get(at));
                BatchGet.Miss<Wanted> miss = tree.find(key, batch);
                if (miss == null) {
                    compare(wanted, batch.isFound(), batch.value());
                } else {
                    miss.waiters().add(wanted);
                }
                writeBehindAGet();
            }
            for (BatchGet.Part<Wanted> part :
                    batch.split(1 + random.nextInt(8), 1 + random.nextInt(4))) {
                part.read();
                for (BatchGet.Miss<Wanted> miss : part.misses()) {
                    miss.waiters().forEach(each -> compare(each, miss.isFound(), miss.value()));
                }
                part.release();
                for (BatchGet.Miss<Wanted> miss : part.misses()) {
                    tree.keep(miss);
                }
            }
        }

        private void writeBehindAGet() throws Exception {
            switch (random.nextInt(16)) {
                case 0 -> put();
                case 1 -> delete();
                case 2 -> merge();
                case 3 -> {
                    if (random.nextInt(20) == 0) {
                        tree.flush();
                    }
                }
                default -> {}
            }
        }

        private static void compare(Wanted wanted, boolean isFound, ValueBuffer value) {
            assertThat(isFound).as("key %s", wanted.key).isEqualTo(wanted.expected != null);
            if (wanted.expected != null) {
                assertThat(value.toBytes()).as("key %s", wanted.key).isEqualTo(wanted.expected);
            }
        }

        private void scanPrefix() throws IOException {
            randomKey(key);
            OwnedSlice prefix = OwnedSlice.copyOf(key.array(), 0, key.prefixLength());
            KeyRange range = KeyRange.ofPrefix(prefix);
            NavigableMap<OwnedSlice, byte[]> expected = submap(range);
            KeyBuffer prefixKey = new KeyBuffer().set(prefix);
            try (EntryCursor cursor = tree.scanPrefix(prefixKey)) {
                compare(cursor, expected);
            }
        }

        private void readPages() throws IOException {
            randomKey(key);
            KeyBuffer prefix = new KeyBuffer().set(key.array(), 0, key.prefixLength());
            OwnedSlice prefixBytes = prefix.toOwned();
            KeyRange range = KeyRange.ofPrefix(prefixBytes);
            Map<OwnedSlice, byte[]> expected = submap(range);
            assertThat(tree.hasPrefix(prefix)).isEqualTo(!expected.isEmpty());
            int pageEntries = 1 + random.nextInt(4 + expected.size() / 4);
            Map<OwnedSlice, byte[]> read = new TreeMap<>();
            KeyBuffer after = null;
            if (random.nextBoolean()) {
                OwnedSlice above = randomKey(other);
                if (range.contains(above)) {
                    expected = submap(range).tailMap(above, false);
                    after = other;
                }
            }
            boolean isLast = false;
            while (!isLast) {
                isLast = tree.readPage(prefix, after, pageEntries, 1 << 10, value);
                OwnedSlice last = PageEntries.of(prefixBytes, value).addTo(read);
                if (last != null) {
                    byte[] bytes = last.bytesUnsafe();
                    after = other.set(bytes, 0, bytes.length, prefix.length());
                }
            }
            assertThat(List.copyOf(read.keySet())).isEqualTo(List.copyOf(expected.keySet()));
            read.forEach((at, bytes) -> assertThat(bytes).as("%s", at).isEqualTo(model.get(at)));
        }

        private void scanRange() throws IOException {
            OwnedSlice a = randomKey(key);
            OwnedSlice b = randomKey(key);
            KeyRange range = a.compareTo(b) <= 0 ? new KeyRange(a, b) : new KeyRange(b, a);
            NavigableMap<OwnedSlice, byte[]> expected = new TreeMap<>(submap(range));
            try (EntryCursor cursor = tree.scan(range)) {
                // A stable view: what is written now must not show.
                for (int i = random.nextInt(20); i > 0; i--) {
                    put();
                    delete();
                }
                compare(cursor, expected);
            }
        }

        /** A view that stays open for thousands of operations, and a reader half way through it. */
        private record LongView(
                StoreView view,
                EntryCursor cursor,
                Map<OwnedSlice, byte[]> expected,
                Iterator<Map.Entry<OwnedSlice, byte[]>> rest) {}

        private void openLongView() throws IOException {
            if (longViews.size() == MAX_LONG_VIEWS) {
                closeLongView(random.nextInt(MAX_LONG_VIEWS));
            }
            Map<OwnedSlice, byte[]> expected = new TreeMap<>(model);
            StoreView view = store.view();
            longViews.add(
                    new LongView(
                            view,
                            view.scan("counts", KeyRange.ALL),
                            expected,
                            expected.entrySet().iterator()));
        }

        private void readLongView() throws IOException {
            if (!longViews.isEmpty()) {
                LongView view = longViews.get(random.nextInt(longViews.size()));
                for (int i = random.nextInt(200); i > 0 && view.rest.hasNext(); i--) {
                    compareNext(view.cursor, view.rest.next());
                }
            }
        }

        /** Reads the rest, and all of it once more. */
        private void closeLongView(int index) throws IOException {
            LongView view = longViews.remove(index);
            try (StoreView closing = view.view) {
                try (EntryCursor cursor = view.cursor) {
                    while (view.rest.hasNext()) {
                        compareNext(cursor, view.rest.next());
                    }
                    assertThat(cursor.next()).as("an entry behind the last").isFalse();
                }
                try (EntryCursor again = closing.scan("counts", KeyRange.ALL)) {
                    compare(again, view.expected);
                }
            }
        }

        private NavigableMap<OwnedSlice, byte[]> submap(KeyRange range) {
            return range.end() == null
                    ? model.tailMap(range.start(), true)
                    : model.subMap(range.start(), true, range.end(), false);
        }

        private void compareAll() throws IOException {
            try (StoreView view = store.view();
                    EntryCursor cursor = view.scan("counts", KeyRange.ALL)) {
                compare(cursor, model);
            }
        }

        private static void compare(EntryCursor cursor, Map<OwnedSlice, byte[]> expected)
                throws IOException {
            for (Map.Entry<OwnedSlice, byte[]> entry : expected.entrySet()) {
                compareNext(cursor, entry);
            }
            assertThat(cursor.next()).as("an entry behind the last").isFalse();
        }

        private static void compareNext(EntryCursor cursor, Map.Entry<OwnedSlice, byte[]> entry)
                throws IOException {
            assertThat(cursor.next()).as("an entry for %s", entry.getKey()).isTrue();
            assertThat(cursor.key().toOwned()).isEqualTo(entry.getKey());
            assertThat(cursor.kind()).isEqualTo(EntryKind.PUT);
            if (!cursor.value().contentEquals(new Slice(entry.getValue()))) {
                assertThat(cursor.value().toBytes())
                        .as("value of %s", entry.getKey())
                        .isEqualTo(entry.getValue());
            }
        }

        /**
         * Writes go on between the two parts of the checkpoint; then somebody else opens its
         * manifest.
         */
        private void checkpointAndForget() throws Exception {
            String manifest;
            Map<OwnedSlice, byte[]> expected = new TreeMap<>(model);
            try (PendingCheckpoint pending = store.beginCheckpoint(checkpointId++)) {
                for (int i = random.nextInt(200); i > 0; i--) {
                    put();
                    delete();
                    merge();
                }
                if (random.nextBoolean()) {
                    tree.flush();
                }
                CheckpointImage image = pending.complete();
                manifest = store.writeManifest(image);
            }
            for (int i = random.nextInt(2000); i > 0; i--) {
                put();
            }
            try (StoreResources otherResources =
                            StoreResources.create("other", memoryBytes, 1, Clock.system());
                    LsmStore reader = LsmStore.open(storage, options, otherResources, manifest)) {
                LsmTree restored = reader.openTree("counts", new TreeOptions(kind, operator, null));
                try (EntryCursor cursor = restored.scan(KeyRange.ALL)) {
                    compare(cursor, expected);
                }
            }
            store.deleteManifest(manifest);
        }

        private void checkpointAndReopen() throws Exception {
            String manifest;
            try (PendingCheckpoint pending = store.beginCheckpoint(checkpointId++)) {
                manifest = store.writeManifest(pending.complete());
            }
            close();
            open(manifest);
            compareAll();
            store.deleteManifest(manifest);
        }

        private long entriesOnDisk() {
            List<TreeStats.LevelStats> levels = tree.stats().levels();
            return levels.stream().mapToLong(TreeStats.LevelStats::entries).sum();
        }

        private void close() throws IOException {
            while (!longViews.isEmpty()) {
                closeLongView(0);
            }
            store.close();
            resources.close();
        }
    }
}
