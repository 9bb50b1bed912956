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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.checkpoint.PendingCheckpoint;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.tree.TreeOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entries that are larger than all memory of memtables, or than the whole pool. */
final class LargeEntriesTest {

    private static final long MEMORY_BYTES = 8 << 20;
    private static final int LARGE = 10 << 20;
    private static final int SEPARATOR = ',';
    private static final TreeOptions LISTS =
            new TreeOptions(MemtableKind.ENTRIES, new AppendOperator(SEPARATOR), null);

    @TempDir Path directory;

    private final KeyBuffer key = new KeyBuffer();
    private final ValueBuffer out = new ValueBuffer();
    private StoreResources resources;
    private LsmStore store;

    @BeforeEach
    void open() throws Exception {
        resources = StoreResources.create("large", MEMORY_BYTES, 1, Clock.system());
        store =
                LsmStore.create(
                        new LocalStorage(directory.resolve("store"), false),
                        LsmStoreOptions.DEFAULTS,
                        resources);
    }

    @AfterEach
    void close() throws Exception {
        store.close();
        assertThat(resources.memory().peakBytes()).isLessThanOrEqualTo(MEMORY_BYTES);
        resources.close();
    }

    @Test
    void newestValueIsReadWhicheverSideOfTheLimitItIsOn() throws Exception {
        LsmTree tree = store.openTree("values", TreeOptions.DEFAULTS);
        put(tree, "a", bytes(1, 10));
        put(tree, "b", bytes(2, 10));

        put(tree, "a", bytes(3, LARGE));
        assertThat(get(tree, "a")).isEqualTo(bytes(3, LARGE));
        assertThat(get(tree, "b")).isEqualTo(bytes(2, 10));

        put(tree, "a", bytes(4, 10));
        assertThat(get(tree, "a")).isEqualTo(bytes(4, 10));

        put(tree, "a", bytes(5, LARGE));
        tree.compactAll();
        assertThat(get(tree, "a")).isEqualTo(bytes(5, LARGE));
        assertThat(get(tree, "b")).isEqualTo(bytes(2, 10));

        tree.delete(key("a"));
        assertThat(tree.contains(key("a"))).isFalse();
        tree.compactAll();
        assertThat(tree.get(key("a"), out)).isFalse();
        assertThat(tree.contains(key("b"))).isTrue();
    }

    @Test
    void largeOperandsAreFoldedInTheOrderTheyCameIn() throws Exception {
        LsmTree tree = store.openTree("lists", LISTS);
        ValueBuffer expected = new ValueBuffer();
        Random random = new Random(1);
        for (int i = 0; i < 24; i++) {
            byte[] operand = bytes(i, i % 5 == 4 ? LARGE / 4 : random.nextInt(100_000));
            tree.merge(key("a"), operand, 0, operand.length);
            if (i > 0) {
                expected.append((byte) SEPARATOR);
            }
            expected.append(operand, 0, operand.length);
            if (i % 7 == 6) {
                put(tree, "other-" + i, bytes(i, 100));
                tree.flush();
            }
        }

        assertThat(get(tree, "a")).isEqualTo(expected.toBytes());
        assertThat(scanned(tree, "a")).isEqualTo(expected.toBytes());
        tree.compactAll();
        assertThat(get(tree, "a")).isEqualTo(expected.toBytes());
        tree.merge(key("a"), new byte[] {7}, 0, 1);
        expected.append((byte) SEPARATOR).append((byte) 7);
        assertThat(get(tree, "a")).isEqualTo(expected.toBytes());
        assertThat(scanned(tree, "a")).isEqualTo(expected.toBytes());
    }

    @Test
    void littleThatAFilterLeavesOfALargeValueIsWritten() throws Exception {
        EntryFilter lastBytes =
                new EntryFilter() {
                    @Override
                    public Decision filter(Slice entryKey, Slice value, ValueBuffer replacement) {
                        return Decision.KEEP;
                    }

                    @Override
                    public LargeValue filterLarge(Slice entryKey, LargeValue value)
                            throws IOException {
                        byte[] all = value.toBytes();
                        return LargeValue.of(new Slice().setBytes(all, all.length - 10, 10));
                    }
                };
        LsmTree tree =
                store.openTree(
                        "lists",
                        new TreeOptions(
                                MemtableKind.ENTRIES, new AppendOperator(SEPARATOR), lastBytes));
        put(tree, "a", bytes(1, LARGE));
        put(tree, "b", bytes(2, 5));
        tree.flush();
        for (int i = 0; i < 3; i++) {
            tree.merge(key("b"), bytes(3 + i, 5), 0, 5);
            tree.flush();
        }
        put(tree, "c", bytes(6, LARGE));

        tree.compactAll();

        assertThat(get(tree, "a")).isEqualTo(lastTen(bytes(1, LARGE)));
        assertThat(get(tree, "b")).hasSize(4 * 5 + 3);
        assertThat(get(tree, "c")).isEqualTo(lastTen(bytes(6, LARGE)));
    }

    private static byte[] lastTen(byte[] value) {
        return Arrays.copyOfRange(value, value.length - 10, value.length);
    }

    @Test
    void largeBaseIsAppendedTo() throws Exception {
        LsmTree tree = store.openTree("lists", LISTS);
        put(tree, "a", bytes(1, LARGE));
        tree.merge(key("a"), bytes(2, 5), 0, 5);

        ValueBuffer expected = new ValueBuffer();
        expected.append(bytes(1, LARGE), 0, LARGE).append((byte) SEPARATOR);
        expected.append(bytes(2, 5), 0, 5);
        assertThat(get(tree, "a")).isEqualTo(expected.toBytes());
        tree.compactAll();
        assertThat(get(tree, "a")).isEqualTo(expected.toBytes());
    }

    @Test
    void largeValueMovesBehindAnotherKey() throws Exception {
        LsmTree tree = store.openTree("lists", LISTS);
        put(tree, "from", bytes(1, LARGE));
        tree.merge(key("from"), bytes(2, 5), 0, 5);
        tree.merge(key("to"), bytes(3, 7), 0, 7);

        tree.moveBehind(
                key("to"), new KeyBuffer().set("from".getBytes(StandardCharsets.UTF_8), 0, 4));
        tree.moveBehind(
                key("to"), new KeyBuffer().set("none".getBytes(StandardCharsets.UTF_8), 0, 4));

        ValueBuffer expected = new ValueBuffer();
        expected.append(bytes(3, 7), 0, 7).append((byte) SEPARATOR);
        expected.append(bytes(1, LARGE), 0, LARGE).append((byte) SEPARATOR);
        expected.append(bytes(2, 5), 0, 5);
        assertThat(get(tree, "to")).isEqualTo(expected.toBytes());
        assertThat(tree.contains(key("from"))).isFalse();
        assertThat(tree.contains(key("none"))).isFalse();
    }

    @Test
    void checkpointHasWhatWasWrittenBeforeItAndNothingElse() throws Exception {
        LsmTree tree = store.openTree("values", TreeOptions.DEFAULTS);
        put(tree, "a", bytes(1, LARGE));
        put(tree, "b", bytes(2, 10));
        String manifest;
        try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
            put(tree, "a", bytes(3, LARGE + 1));
            put(tree, "b", bytes(4, LARGE + 2));
            manifest = store.writeManifest(pending.complete());
        }
        assertThat(get(tree, "b")).isEqualTo(bytes(4, LARGE + 2));

        Path files = directory.resolve("store");
        try (LsmStore restored =
                LsmStore.open(
                        new LocalStorage(files, false),
                        LsmStoreOptions.DEFAULTS,
                        resources,
                        manifest)) {
            LsmTree restoredTree = restored.openTree("values", TreeOptions.DEFAULTS);
            assertThat(get(restoredTree, "a")).isEqualTo(bytes(1, LARGE));
            assertThat(get(restoredTree, "b")).isEqualTo(bytes(2, 10));
        }
    }

    @Test
    void openScanKeepsTheLargeValueThatItBeganWith() throws Exception {
        LsmTree tree = store.openTree("values", TreeOptions.DEFAULTS);
        put(tree, "a", bytes(1, LARGE));
        try (EntryCursor cursor = tree.scan(KeyRange.ALL)) {
            put(tree, "a", bytes(2, LARGE));
            tree.compactAll();

            assertThat(cursor.next()).isTrue();
            assertThat(cursor.value().toBytes()).isEqualTo(bytes(1, LARGE));
            LargeValue large = cursor.largeValue();
            assertThat(large == null ? cursor.value().length() : large.length()).isEqualTo(LARGE);
        }
    }

    /** A memtable of a larger pool holds what is large in a file. */
    @Test
    void scanThatBeganInMemoryReadsALargeValueInPartsOnceItIsInAFile() throws Exception {
        int largeInFiles = 5 << 20;
        LocalStorage storage = new LocalStorage(directory.resolve("scan"), false);
        try (StoreResources larger = StoreResources.create("scan", 64 << 20, 1, Clock.system());
                LsmStore scanned = LsmStore.create(storage, LsmStoreOptions.DEFAULTS, larger)) {
            LsmTree tree = scanned.openTree("values", TreeOptions.DEFAULTS);
            put(tree, "a", bytes(1, largeInFiles));
            put(tree, "b", bytes(2, largeInFiles));
            try (EntryCursor cursor = tree.scan(KeyRange.ALL)) {
                assertThat(cursor.next()).isTrue();
                tree.flush();

                assertThat(cursor.copyValue()).isEqualTo(bytes(1, largeInFiles));
                assertThat(cursor.next()).isTrue();
                LargeValue large = cursor.largeValue();
                assertThat(large).isNotNull();
                assertThat(large.toBytes()).isEqualTo(bytes(2, largeInFiles));
                assertThat(cursor.next()).isFalse();
            }
        }
    }

    @Test
    void largeValuesAreRewritten() throws Exception {
        LsmTree tree = store.openTree("values", LISTS);
        put(tree, "a", bytes(1, LARGE));
        put(tree, "b", bytes(2, 10));
        put(tree, "c", bytes(3, LARGE));
        tree.merge(key("c"), bytes(4, 5), 0, 5);

        tree.rewrite(
                TreeOptions.DEFAULTS,
                before -> {
                    while (before.next()) {
                        byte[] name = before.key().toBytes();
                        byte[] value = before.copyValue();
                        tree.put(key.set(name, 0, name.length), value, 1, value.length - 1);
                    }
                });

        tree.compactAll();
        ValueBuffer expected = new ValueBuffer();
        expected.append(bytes(3, LARGE), 1, LARGE - 1).append((byte) SEPARATOR);
        expected.append(bytes(4, 5), 0, 5);
        assertThat(get(tree, "a")).isEqualTo(Arrays.copyOfRange(bytes(1, LARGE), 1, LARGE));
        assertThat(get(tree, "b")).isEqualTo(Arrays.copyOfRange(bytes(2, 10), 1, 10));
        assertThat(get(tree, "c")).isEqualTo(expected.toBytes());
    }

    @Test
    void mapPageHasOneLargeValueOnly() throws Exception {
        LsmTree tree = store.openTree("maps", new TreeOptions(MemtableKind.MAPS, null, null));
        for (int i = 0; i < 3; i++) {
            byte[] entry = {'m', (byte) i};
            byte[] value = bytes(i, i == 1 ? LARGE : 10);
            tree.put(new KeyBuffer().set(entry, 0, 2, 1), value, 0, value.length);
        }
        KeyBuffer prefix = new KeyBuffer().set(new byte[] {'m'}, 0, 1);
        assertThat(tree.hasPrefix(prefix)).isTrue();

        assertThat(tree.readPage(prefix, null, 10, 1 << 20, out)).isFalse();
        assertThat(out.length()).isEqualTo(8 + 1 + 10);
        KeyBuffer after = new KeyBuffer().set(new byte[] {'m', 0}, 0, 2, 1);
        assertThat(tree.readPage(prefix, after, 10, 1 << 20, out)).isFalse();
        assertThat(out.length()).isEqualTo(8 + 1 + LARGE);
        assertThat(Arrays.copyOfRange(out.array(), 9, 9 + LARGE)).isEqualTo(bytes(1, LARGE));
        after.set(new byte[] {'m', 1}, 0, 2, 1);
        assertThat(tree.readPage(prefix, after, 10, 1 << 20, out)).isTrue();
        assertThat(out.length()).isEqualTo(8 + 1 + 10);
    }

    @Test
    void failedWriteOfALargeEntryLeavesTheStoreAsItWas() throws Exception {
        HostileStorage hostile =
                new HostileStorage(new LocalStorage(directory.resolve("hostile"), false));
        try (LsmStore failing = LsmStore.create(hostile, LsmStoreOptions.DEFAULTS, resources)) {
            LsmTree tree = failing.openTree("values", TreeOptions.DEFAULTS);
            put(tree, "a", bytes(1, 10));
            put(tree, "b", bytes(2, LARGE));
            int files = hostile.list().size();
            hostile.diskFullAfter(LARGE / 2);

            assertThatThrownBy(() -> put(tree, "a", bytes(3, LARGE)))
                    .isInstanceOf(IOException.class);

            hostile.diskFullAfter(Long.MAX_VALUE);
            assertThat(hostile.list()).hasSize(files);
            assertThat(get(tree, "a")).isEqualTo(bytes(1, 10));
            put(tree, "a", bytes(4, LARGE));
            assertThat(get(tree, "a")).isEqualTo(bytes(4, LARGE));
            assertThat(get(tree, "b")).isEqualTo(bytes(2, LARGE));
        }
        hostile.assertNoOpenHandles();
    }

    /** Keys stand in indexes, which are in memory: the pool is one that holds some of them. */
    @Test
    void longestKeysAreWrittenCompactedAndRestored() throws Exception {
        LocalStorage storage = new LocalStorage(directory.resolve("keys"), false);
        try (StoreResources larger = StoreResources.create("keys", 32 << 20, 1, Clock.system())) {
            String manifest;
            try (LsmStore keys = LsmStore.create(storage, LsmStoreOptions.DEFAULTS, larger)) {
                LsmTree tree = keys.openTree("values", TreeOptions.DEFAULTS);
                for (int i = 0; i < 6; i++) {
                    tree.put(longestKey(i), bytes(i, 10), 0, 10);
                }
                tree.compactAll();
                tree.put(longestKey(2), bytes(9, 10), 0, 10);
                try (PendingCheckpoint pending = keys.beginCheckpoint(1)) {
                    manifest = keys.writeManifest(pending.complete());
                }
            }

            try (LsmStore restored =
                    LsmStore.open(storage, LsmStoreOptions.DEFAULTS, larger, manifest)) {
                LsmTree tree = restored.openTree("values", TreeOptions.DEFAULTS);
                for (int i = 0; i < 6; i++) {
                    assertThat(tree.get(longestKey(i), out)).isTrue();
                    assertThat(out.toBytes()).isEqualTo(bytes(i == 2 ? 9 : i, 10));
                }
            }
        }
    }

    private static KeyBuffer longestKey(int number) {
        byte[] longest = bytes(number, LsmTree.KEY_BYTES_MAX);
        return new KeyBuffer().set(longest, 0, longest.length);
    }

    /** A list that takes no more is refused where it is added to, and not by who folds it. */
    @Test
    void whatIsTooLargeIsRefusedWhenItIsWritten() throws Exception {
        LsmTree tree = store.openTree("lists", LISTS);
        byte[] longKey = new byte[LsmTree.KEY_BYTES_MAX + 1];

        assertThatThrownBy(
                        () ->
                                tree.put(
                                        new KeyBuffer().set(longKey, 0, longKey.length),
                                        longKey,
                                        0,
                                        1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("keyBytes=1048577 of at most 1048576")
                .hasMessageContaining("tree lists");
    }

    private byte[] get(LsmTree tree, String name) throws IOException {
        assertThat(tree.getAsWriter(key(name), out)).isTrue();
        return out.toBytes();
    }

    private static byte[] scanned(LsmTree tree, String name) throws IOException {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        try (EntryCursor cursor = tree.scan(KeyRange.ALL)) {
            while (cursor.next()) {
                if (Arrays.equals(cursor.key().toBytes(), bytes)) {
                    return cursor.copyValue();
                }
            }
        }
        throw new AssertionError("no entry " + name);
    }

    private void put(LsmTree tree, String name, byte[] value) throws IOException {
        tree.put(key(name), value, 0, value.length);
    }

    private KeyBuffer key(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        return key.set(bytes, 0, bytes.length);
    }

    private static byte[] bytes(int seed, int count) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
