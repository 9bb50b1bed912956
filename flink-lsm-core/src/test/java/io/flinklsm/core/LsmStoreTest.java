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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.checkpoint.CheckpointPins;
import io.flinklsm.core.checkpoint.PendingCheckpoint;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.TreeOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LsmStoreTest {

    private final InMemoryStorage disk = new InMemoryStorage();
    private final HostileStorage storage = new HostileStorage(disk);
    private final KeyBuffer key = new KeyBuffer();
    private final ValueBuffer value = new ValueBuffer();

    private StoreResources resources;
    private LsmStore store;

    @BeforeEach
    void open() {
        resources = StoreResources.create("test", 8 << 20, 1, Clock.system());
        store =
                LsmStore.create(
                        storage, StoreFixture.tinyOptions(CompactionStyle.LEVELED), resources);
    }

    @AfterEach
    void nothingLeaks() throws IOException {
        store.close();
        resources.close();
        storage.assertNoOpenHandles();
    }

    @Test
    void aCheckpointHoldsWhatWasWrittenBeforeItBegan() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        put(tree, 1, "old");
        try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
            put(tree, 1, "new");
            put(tree, 2, "new");
            tree.flush();
            tree.compactAll();

            String manifest = store.writeManifest(pending.complete());

            try (LsmStore restored =
                    LsmStore.open(
                            storage,
                            StoreFixture.tinyOptions(CompactionStyle.LEVELED),
                            resources,
                            manifest)) {
                LsmTree copy = restored.openTree("counts", TreeOptions.DEFAULTS);
                assertThat(get(copy, 1)).isEqualTo("old");
                assertThat(get(copy, 2)).isNull();
            }
        }
    }

    /** A checkpoint may be restored by many, each with its part of the keys. */
    @Test
    void aRestoredStoreCompactsOnlyOnceItIsWrittenToOrCheckpointed() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        put(tree, 1, "old");
        tree.flush();
        store.awaitIdle();
        put(tree, 1, "new");
        try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
            // Two runs are due for a compaction, which this store does and its checkpoint has not.
            String manifest = store.writeManifest(pending.complete());
            store.awaitIdle();
            assertThat(tree.stats().levels().get(0).sstables()).isZero();

            assertThat(level0RunsAfter(manifest, (restored, copy) -> {})).isEqualTo(2);
            assertThat(level0RunsAfter(manifest, (restored, copy) -> put(copy, 2, "active")))
                    .isEqualTo(2);
            assertThat(
                            level0RunsAfter(
                                    manifest,
                                    (restored, copy) -> {
                                        put(copy, 2, "flushed");
                                        copy.flush();
                                    }))
                    .isZero();
            assertThat(
                            level0RunsAfter(
                                    manifest,
                                    (restored, copy) -> restored.beginCheckpoint(2).close()))
                    .isZero();
        }
    }

    private interface Doing {
        void with(LsmStore restored, LsmTree copy) throws Exception;
    }

    private int level0RunsAfter(String manifest, Doing doing) throws Exception {
        try (LsmStore restored =
                LsmStore.open(
                        storage,
                        StoreFixture.tinyOptions(CompactionStyle.LEVELED),
                        resources,
                        manifest)) {
            LsmTree copy = restored.openTree("counts", TreeOptions.DEFAULTS);
            doing.with(restored, copy);
            restored.awaitIdle();
            assertThat(get(copy, 1)).isEqualTo("new");
            return copy.stats().levels().get(0).sstables();
        }
    }

    /** State that a job does not register any more: nobody knows its serializers. */
    @Test
    void aTreeThatNobodyDescribesKeepsItsColumnsInCompactions() throws Exception {
        EntryColumns columns =
                new EntryColumns(
                        StateKind.VALUE,
                        0,
                        false,
                        ColumnTypes.int32(),
                        ColumnTypes.nothing(),
                        null,
                        ColumnTypes.string());
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS.withColumns(columns));
        for (int i = 0; i < 20; i++) {
            put(tree, i, "\u0004abc");
            tree.flush();
        }
        String manifest;
        try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
            manifest = store.writeManifest(pending.complete());
            try (LsmStore restored =
                    LsmStore.open(
                            storage,
                            StoreFixture.tinyOptions(CompactionStyle.LEVELED),
                            resources,
                            manifest)) {
                LsmTree copy = restored.openTree("counts", TreeOptions.DEFAULTS);
                copy.compactAll();
                try (PendingCheckpoint after = restored.beginCheckpoint(2)) {
                    List<SstableMeta> files = sstables(after.complete());

                    assertThat(files).hasSize(1);
                    assertThat(typedRows(files.get(0))).isEqualTo(20);
                    assertThat(columnsOf(files.get(0))).isEqualTo(columns);
                }
            }
        }
    }

    private EntryColumns columnsOf(SstableMeta meta) throws IOException {
        try (MemoryBudget budget = MemoryBudget.root("reader", 1 << 20);
                BlockCache cache = new BlockCache(budget);
                OpenSstables open = new OpenSstables(storage, budget, cache, 1)) {
            return open.of(meta).describedColumns();
        }
    }

    /** How many of the file's values stand in typed columns. */
    private int typedRows(SstableMeta meta) throws IOException {
        int typed = 0;
        try (MemoryBudget budget = MemoryBudget.root("reader", 1 << 20);
                BlockCache cache = new BlockCache(budget);
                OpenSstables open = new OpenSstables(storage, budget, cache, 1);
                EntryCursor cursor = open.of(meta).cursor(KeyRange.ALL, false)) {
            while (cursor.next()) {
                typed += cursor.typedValue() == null ? 0 : 1;
            }
        }
        return typed;
    }

    @Test
    void aFlushNeverCrossesACheckpoint() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        put(tree, 1, "old");
        try (PendingCheckpoint first = store.beginCheckpoint(1)) {
            put(tree, 1, "new");
            try (PendingCheckpoint second = store.beginCheckpoint(2)) {
                CheckpointImage newer = second.complete();
                CheckpointImage older = first.complete();

                assertThat(sstables(older)).hasSize(1);
                assertThat(sstables(newer)).hasSize(2).containsAll(sstables(older));
            }
        }
    }

    @Test
    void filesOfATreeAreHandedOutWhenItIsFlushed() throws Exception {
        LsmTree unchanged = store.openTree("unchanged", TreeOptions.DEFAULTS);
        put(unchanged, 1, "zero");
        unchanged.flush();
        put(store.openTree("counts", TreeOptions.DEFAULTS), 1, "one");
        put(store.openTree("names", TreeOptions.DEFAULTS), 1, "two");
        List<String> handedOut = new ArrayList<>();
        List<Integer> onDisk = new ArrayList<>();

        try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
            List<SstableMeta> pinned = pending.pinned();
            CheckpointImage image =
                    pending.complete(
                            flushed -> {
                                assertThat(flushed).hasSize(1);
                                handedOut.addAll(names(flushed));
                                onDisk.add(disk.list().size());
                            });

            assertThat(onDisk).containsExactly(2, 3);
            assertThat(handedOut).doesNotContainAnyElementsOf(names(pinned));
            handedOut.addAll(names(pinned));
            assertThat(handedOut)
                    .containsExactlyInAnyOrderElementsOf(names(CheckpointPins.filesOf(image)));
        }
    }

    @Test
    void twoCheckpointsShareTheirFiles() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        put(tree, 1, "one");
        try (PendingCheckpoint first = store.beginCheckpoint(1)) {
            CheckpointImage older = first.complete();
            try (PendingCheckpoint second = store.beginCheckpoint(2)) {
                assertThat(sstables(second.complete())).isEqualTo(sstables(older));
            }
        }
    }

    @Test
    void obsoleteFilesGoWhenTheirPinIsReleased() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        for (int i = 0; i < 10; i++) {
            put(tree, i, "value");
            // Files that overlap: others would be moved to the next level as they are.
            put(tree, 100, "value " + i);
            tree.flush();
        }
        PendingCheckpoint pending = store.beginCheckpoint(1);
        List<SstableMeta> pinned = sstables(pending.complete());
        tree.compactAll();
        store.awaitIdle();
        assertThat(disk.list()).containsAll(names(pinned));

        pending.close();
        store.awaitIdle();

        assertThat(disk.list()).hasSize(1).doesNotContainAnyElementsOf(names(pinned));
    }

    @Test
    void anOpenScanKeepsItsFiles() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        for (int i = 0; i < 300; i++) {
            put(tree, i, "value-" + i);
        }
        tree.flush();
        try (EntryCursor cursor = tree.scan(KeyRange.ALL)) {
            for (int i = 0; i < 300; i++) {
                delete(tree, i);
            }
            tree.compactAll();
            store.awaitIdle();
            int seen = 0;
            while (cursor.next()) {
                assertThat(text(cursor.value())).isEqualTo("value-" + seen);
                seen++;
            }
            assertThat(seen).isEqualTo(300);
        }
        assertThat(StoreFixture.count(tree)).isZero();
        store.awaitIdle();
        assertThat(disk.list()).isEmpty();
    }

    @Test
    void compactionAppliesTheFilterOfNow() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        put(tree, 1, "expired");
        put(tree, 2, "kept");
        EntryFilter filter =
                (k, v, replacement) ->
                        text(v).equals("expired")
                                ? EntryFilter.Decision.DROP
                                : EntryFilter.Decision.KEEP;

        tree.configure(new TreeOptions(MemtableKind.ENTRIES, null, filter));
        tree.compactAll();
        // What is in memory is shown as it was until it is evicted.
        resources.slot().tierMemory().reclaim(Long.MAX_VALUE);

        assertThat(get(tree, 1)).isNull();
        assertThat(get(tree, 2)).isEqualTo("kept");
        assertThat(tree.stats().levels().stream().mapToLong(TreeStats.LevelStats::entries).sum())
                .isEqualTo(1);
    }

    @Test
    void aTreeOfMapsWithAMergeOperatorIsRefused() {
        assertThatThrownBy(() -> new TreeOptions(MemtableKind.MAPS, new AppendOperator(','), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("memtableKind=MAPS")
                .hasMessageContaining("AppendOperator");
    }

    @Test
    void anotherKindOfTierSeesWhatIsThere() throws Exception {
        LsmTree tree = store.openTree("timers", TreeOptions.DEFAULTS);
        put(tree, 1, "one");

        store.openTree("timers", new TreeOptions(MemtableKind.MAPS, null, null));
        byte[] two = "two".getBytes(StandardCharsets.UTF_8);
        tree.put(new KeyBuffer().set(StoreFixture.key(2).toBytes(), 0, 4, 2), two, 0, two.length);

        try (EntryCursor cursor = tree.scanPrefix(new KeyBuffer().set(new byte[2], 0, 2))) {
            assertThat(cursor.next()).isTrue();
            assertThat(text(cursor.value())).isEqualTo("one");
            assertThat(cursor.next()).isTrue();
            assertThat(text(cursor.value())).isEqualTo("two");
            assertThat(cursor.next()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(CompactionStyle.class)
    void overwritingForLongKeepsTheNumberOfFilesBounded(CompactionStyle style) throws Exception {
        List<LsmEvent> events = new CopyOnWriteArrayList<>();
        LsmStoreOptions options = StoreFixture.tinyOptions(style);
        try (LsmStore other = LsmStore.create(storage, options, resources)) {
            other.setListener(events::add);
            LsmTree tree = other.openTree("counts", TreeOptions.DEFAULTS);
            for (int i = 0; i < 60_000; i++) {
                put(tree, i % 997, "value-" + i);
            }
            tree.flush();
            other.awaitIdle();

            assertThat(tree.stats().levels().get(0).sstables())
                    .isLessThan(options.writeLimits().level0Stop());
            assertThat(events).hasAtLeastOneElementOfType(LsmEvent.FlushEnd.class);
            assertThat(events).hasAtLeastOneElementOfType(LsmEvent.CompactionEnd.class);
            for (int i = 59_003; i < 60_000; i++) {
                assertThat(get(tree, i % 997)).isEqualTo("value-" + i);
            }
        }
    }

    @Test
    void anEntryThatTheFilterCannotReadStaysAndStopsNothing() throws Exception {
        List<LsmEvent> events = new CopyOnWriteArrayList<>();
        store.setListener(events::add);
        LsmTree tree =
                store.openTree(
                        "counts",
                        new TreeOptions(
                                MemtableKind.ENTRIES,
                                null,
                                (filteredKey, filteredValue, replacement) -> {
                                    if (text(filteredValue).startsWith("odd")) {
                                        replacement.append((byte) 'x');
                                        throw new IllegalStateException("cannot be read");
                                    }
                                    return EntryFilter.Decision.DROP;
                                }));
        for (int i = 0; i < 100; i++) {
            put(tree, i, i % 2 == 0 ? "even" : "odd-" + i);
        }

        tree.compactAll();
        // What is in memory is shown as it was until it is evicted.
        resources.slot().tierMemory().reclaim(Long.MAX_VALUE);

        for (int i = 0; i < 100; i++) {
            assertThat(get(tree, i)).isEqualTo(i % 2 == 0 ? null : "odd-" + i);
        }
        assertThat(tree.stats().filterFailures()).isEqualTo(50);
        assertThat(events.stream().filter(LsmEvent.FilterFailed.class::isInstance))
                .singleElement()
                .satisfies(
                        event -> {
                            LsmEvent.FilterFailed failed = (LsmEvent.FilterFailed) event;
                            assertThat(failed.treeName()).isEqualTo("counts");
                            assertThat(failed.keyBytes()).isEqualTo(4);
                            assertThat(failed.cause()).hasMessage("cannot be read");
                        });
    }

    /** In the background there is no entry to write in its place: see MergeOperator. */
    @Test
    void operandsThatDoNotFoldAreAFailureOfWhoWritesOrReadsThem() throws Exception {
        MergeOperator odd =
                (older, newer, out) -> {
                    if (text(newer).equals("odd")) {
                        throw new IllegalStateException("does not fold");
                    }
                    out.append(older).append(newer);
                };
        LsmTree tree = store.openTree("sums", new TreeOptions(MemtableKind.ENTRIES, odd, null));
        put(tree, 1, "a");
        assertThatThrownBy(() -> merge(tree, 1, "odd")).hasMessage("does not fold");
        merge(tree, 1, "b");
        put(tree, 2, "c");
        tree.flush();
        merge(tree, 2, "odd");
        merge(tree, 1, "d");

        assertThatThrownBy(() -> get(tree, 2)).hasMessage("does not fold");
        assertThat(get(tree, 1)).isEqualTo("abd");
        put(tree, 2, "e");
        assertThat(get(tree, 2)).isEqualTo("e");
        tree.compactAll();
        assertThat(get(tree, 1)).isEqualTo("abd");
        assertThat(get(tree, 2)).isEqualTo("e");
    }

    @Test
    void aDroppedTreeLeavesNoFile() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        put(tree, 1, "one");
        tree.flush();

        store.dropTree("counts");
        store.awaitIdle();

        assertThat(disk.list()).isEmpty();
        assertThat(store.treeNames()).isEmpty();
        assertThatThrownBy(() -> get(tree, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aClosedStoreRefusesEverything() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        put(tree, 1, "one");
        store.close();

        assertThatThrownBy(() -> get(tree, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> put(tree, 1, "x")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> tree.scan(KeyRange.ALL)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> store.beginCheckpoint(1))
                .isInstanceOf(IllegalStateException.class);
        store.close();
    }

    @Test
    void anEntryThatFitsIntoNoMemtableIsWrittenPastThem() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        String large = "x".repeat(16 << 20);

        put(tree, 1, large);
        put(tree, 2, "two");

        assertThat(get(tree, 1)).isEqualTo(large);
        assertThat(get(tree, 2)).isEqualTo("two");
        assertThat(tree.stats().levels().get(0).sstables()).isEqualTo(1);
    }

    @Test
    void anEntryLargerThanAWritersMemoryIsFlushedAndRead() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        String large = "x".repeat(2 << 20);

        put(tree, 1, large);
        tree.flush();
        put(tree, 2, large);
        tree.compactAll();

        assertThat(get(tree, 1)).isEqualTo(large);
        assertThat(get(tree, 2)).isEqualTo(large);
    }

    @Test
    void mergeNeedsAnOperator() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        key.set(StoreFixture.key(1));

        assertThatThrownBy(() -> tree.merge(key, new byte[1], 0, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("counts")
                .hasMessageContaining("merge operator");
    }

    @Test
    void readersOnOtherThreadsSeeWholeValues() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread reader =
                new Thread(
                        () -> {
                            KeyBuffer readerKey = new KeyBuffer();
                            ValueBuffer readerValue = new ValueBuffer();
                            try {
                                for (int i = 0; i < 200_000; i++) {
                                    if (i % 1000 == 0) {
                                        resources.slot().tierMemory().reclaim(1);
                                    }
                                    readerKey.set(StoreFixture.key(i % 100));
                                    if (tree.get(readerKey, readerValue)) {
                                        checkWhole(readerValue.toBytes());
                                    }
                                }
                            } catch (Throwable t) {
                                failure.set(t);
                            }
                        });
        reader.start();
        int round = 0;
        while (reader.isAlive()) {
            put(tree, round % 100, String.valueOf((char) ('a' + round % 26)).repeat(round % 300));
            round++;
        }
        reader.join();
        assertThat(failure.get()).isNull();
        assertThat(round).isPositive();
    }

    private static void checkWhole(byte[] bytes) {
        for (byte b : bytes) {
            if (b != bytes[0]) {
                throw new AssertionError(
                        "a torn value: " + new String(bytes, StandardCharsets.UTF_8));
            }
        }
    }

    private static List<SstableMeta> sstables(CheckpointImage image) {
        return image.trees().get(0).sstables();
    }

    private static List<String> names(List<SstableMeta> metas) {
        return metas.stream().map(SstableMeta::fileName).toList();
    }

    private void put(LsmTree tree, int number, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        key.set(StoreFixture.key(number));
        tree.put(key, bytes, 0, bytes.length);
    }

    private void merge(LsmTree tree, int number, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        key.set(StoreFixture.key(number));
        tree.merge(key, bytes, 0, bytes.length);
    }

    private void delete(LsmTree tree, int number) throws IOException {
        key.set(StoreFixture.key(number));
        tree.delete(key);
    }

    private String get(LsmTree tree, int number) throws IOException {
        key.set(StoreFixture.key(number));
        return tree.get(key, value) ? new String(value.toBytes(), StandardCharsets.UTF_8) : null;
    }

    private static String text(Slice slice) {
        return new String(slice.toBytes(), StandardCharsets.UTF_8);
    }
}
