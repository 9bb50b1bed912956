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
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.TreeOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Views that stay open: they show their moment, and their memtables leave the memory. */
@Timeout(120)
final class LongViewTest {

    /** So much that a scan does not have them flushed: the tests say when. */
    private static final long MEMTABLE_BYTES = 1 << 20;

    private static final TreeOptions APPENDING =
            new TreeOptions(MemtableKind.ENTRIES, new AppendOperator(','), null);

    private final StoreResources resources =
            StoreResources.create("views", StoreResources.MIN_MEMORY_BYTES, 1, Clock.system());
    private final InMemoryStorage storage = new InMemoryStorage();
    private final LsmStore store =
            LsmStore.create(
                    storage,
                    StoreFixture.tinyOptions(CompactionStyle.LEVELED, MEMTABLE_BYTES),
                    resources);
    private final Map<OwnedSlice, String> model = new TreeMap<>();

    @AfterEach
    void close() throws IOException {
        store.close();
        resources.close();
    }

    /** Where the reader stands when the memtable goes. */
    private enum Position {
        NOT_BEGUN,
        FIRST,
        MIDDLE,
        LAST,
        END
    }

    @ParameterizedTest
    @EnumSource(Position.class)
    void cursorGoesOnInTheFile(Position position) throws Exception {
        LsmTree tree = store.openTree("counts", APPENDING);
        for (int i = 0; i < 60; i += 2) {
            put(tree, i, "old");
        }
        tree.flush();
        for (int i = 0; i < 60; i += 3) {
            put(tree, i, "new-" + i);
            delete(tree, i + 1);
            merge(tree, i + 2, "more");
        }
        int before =
                switch (position) {
                    case NOT_BEGUN -> 0;
                    case FIRST -> 1;
                    case MIDDLE -> model.size() / 2;
                    case LAST -> model.size();
                    case END -> model.size() + 1;
                };

        try (EntryCursor cursor = tree.scan(KeyRange.ALL)) {
            List<Map.Entry<OwnedSlice, String>> expected = entries();
            for (int i = 0; i < Math.min(before, expected.size()); i++) {
                assertThat(cursor.next()).isTrue();
            }
            if (position == Position.END) {
                assertThat(cursor.next()).isFalse();
            }
            put(tree, 59, "later");
            delete(tree, 0);
            tree.flush();
            assertNoMemtableIsHeld();

            if (before > 0 && before <= expected.size()) {
                assertStandsOn(cursor, expected.get(before - 1));
            }
            for (int i = before; i < expected.size(); i++) {
                assertThat(cursor.next()).isTrue();
                assertStandsOn(cursor, expected.get(i));
            }
            assertThat(cursor.next()).isFalse();
            assertThat(cursor.next()).isFalse();
        }
    }

    @Test
    void valueThatWasReadStaysAsItIs() throws Exception {
        LsmTree tree = store.openTree("counts", APPENDING);
        put(tree, 1, "one");

        try (EntryCursor cursor = tree.scan(KeyRange.ALL)) {
            cursor.next();
            Slice key = cursor.key();
            Slice value = cursor.value();
            tree.flush();
            assertNoMemtableIsHeld();
            put(tree, 2, "two");

            assertThat(key.toOwned()).isEqualTo(StoreFixture.key(1));
            assertThat(text(value)).isEqualTo("one");
            assertThat(text(cursor.value())).isEqualTo("one");
        }
    }

    @Test
    void viewOpensScansOfWhatItsMemtablesBecame() throws Exception {
        LsmTree tree = store.openTree("counts", APPENDING);
        put(tree, 1, "one");
        put(tree, 2, "two");

        try (StoreView view = store.view()) {
            Map<OwnedSlice, String> expected = new TreeMap<>(model);
            put(tree, 1, "later");
            tree.flush();
            tree.compactAll();
            assertNoMemtableIsHeld();

            try (EntryCursor cursor = view.scan("counts", KeyRange.ALL)) {
                assertShows(cursor, expected);
            }
            try (EntryCursor cursor =
                    view.scan("counts", new KeyRange(StoreFixture.key(2), StoreFixture.key(3)))) {
                assertThat(cursor.next()).isTrue();
                assertThat(text(cursor.value())).isEqualTo("two");
                assertThat(cursor.next()).isFalse();
            }
        }
        store.awaitIdle();
        assertThat(storage.list()).hasSize(1);
    }

    @Test
    void youngerMemtableIsNotFlushedIntoTheViewsFile() throws Exception {
        LsmTree tree = store.openTree("counts", APPENDING);
        put(tree, 1, "one");
        try (StoreView view = store.view()) {
            Map<OwnedSlice, String> expected = new TreeMap<>(model);
            put(tree, 1, "later");
            put(tree, 2, "later");

            tree.flush();
            assertNoMemtableIsHeld();

            try (EntryCursor cursor = view.scan("counts", KeyRange.ALL)) {
                assertShows(cursor, expected);
            }
        }
        assertThat(get(tree, 1)).isEqualTo("later");
    }

    @Test
    void viewThatOpensDuringAFlushOfSeveralMemtablesMovesToTheirFile() throws Exception {
        GatedOperator operator = new GatedOperator();
        LsmTree tree =
                store.openTree("counts", new TreeOptions(MemtableKind.ENTRIES, operator, null));
        merge(tree, 1, "a");
        put(tree, 2, "b");
        tree.scan(KeyRange.ALL).close();
        merge(tree, 1, "c");
        delete(tree, 2);
        put(tree, 3, "d");
        try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
            AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
            Thread flush =
                    new Thread(
                            () -> {
                                try {
                                    pending.complete();
                                } catch (Throwable e) {
                                    failure.set(e);
                                }
                            });
            operator.gatedThread = flush;
            flush.start();
            operator.reached.await();

            try (StoreView view = store.view();
                    EntryCursor begun = view.scan("counts", KeyRange.ALL)) {
                assertThat(begun.next()).isTrue();
                assertThat(text(begun.value())).isEqualTo("a,c");
                operator.mayGoOn.countDown();
                flush.join();
                assertThat(failure.get()).isNull();
                assertNoMemtableIsHeld();
                assertThat(tree.stats().levels().get(0).sstables()).isEqualTo(1);

                assertThat(text(begun.value())).isEqualTo("a,c");
                assertThat(begun.next()).isTrue();
                assertThat(text(begun.value())).isEqualTo("d");
                assertThat(begun.next()).isFalse();
                try (EntryCursor again = view.scan("counts", KeyRange.ALL)) {
                    assertShows(again, model);
                }
            }
        }
    }

    @Test
    void tombstoneStaysWhileAViewHasTheEntryThatItHides() throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch mayGoOn = new CountDownLatch(1);
        EntryFilter dropAll =
                (key, value, replacement) -> {
                    reached.countDown();
                    await(mayGoOn);
                    return EntryFilter.Decision.DROP;
                };
        CountDownLatch compacted = new CountDownLatch(1);
        store.setListener(
                event -> {
                    if (event instanceof LsmEvent.CompactionEnd) {
                        compacted.countDown();
                    }
                });
        LsmTree tree =
                store.openTree("counts", new TreeOptions(MemtableKind.ENTRIES, null, dropAll));
        put(tree, 1, "hidden");
        tree.flush();
        put(tree, 2, "shown");
        tree.flush();
        reached.await();
        delete(tree, 1);

        try (StoreView view = store.view()) {
            mayGoOn.countDown();
            compacted.await();
            // The flush thread may still be at the last flush, and then take the tombstone too.
            assertThat(tree.stats().levels())
                    .allMatch(level -> level.entries() == level.tombstones());
            tree.flush();
            assertNoMemtableIsHeld();

            try (EntryCursor cursor = view.scan("counts", KeyRange.ALL)) {
                assertShows(cursor, model);
            }
        }
    }

    @Test
    void flushThatLeavesNothingLeavesNothingToTheView() throws Exception {
        LsmTree tree = store.openTree("counts", APPENDING);
        delete(tree, 1);
        try (StoreView view = store.view();
                EntryCursor begun = view.scan("counts", KeyRange.ALL)) {
            tree.flush();
            assertNoMemtableIsHeld();
            assertThat(storage.list()).isEmpty();

            assertThat(begun.next()).isFalse();
            try (EntryCursor again = view.scan("counts", KeyRange.ALL)) {
                assertThat(again.next()).isFalse();
            }
        }
    }

    @Test
    void writerGoesOnFarBeyondTheMemoryWhileAReaderRests() throws Exception {
        LsmTree tree = store.openTree("counts", APPENDING);
        int keys = 2000;
        for (int i = 0; i < keys; i++) {
            put(tree, i, value(i, 0));
        }
        List<EntryCursor> cursors = new ArrayList<>();
        List<List<Map.Entry<OwnedSlice, String>>> expected = new ArrayList<>();
        try {
            for (int round = 1; round <= 6; round++) {
                for (int i = 0; i < keys; i += 3) {
                    put(tree, (i + round) % keys, value(i, round));
                    delete(tree, (i * 7 + round) % keys);
                }
                expected.add(entries());
                EntryCursor cursor = tree.scan(KeyRange.ALL);
                cursors.add(cursor);
                for (int i = 0; i < round * 200; i++) {
                    assertThat(cursor.next()).isTrue();
                }
            }
            for (int i = 0; i < 40 * keys; i++) {
                put(tree, i * 31 % keys, value(i, 7));
            }
            tree.flush();
            assertNoMemtableIsHeld();

            for (int round = 1; round <= cursors.size(); round++) {
                EntryCursor cursor = cursors.get(round - 1);
                List<Map.Entry<OwnedSlice, String>> entries = expected.get(round - 1);
                assertStandsOn(cursor, entries.get(round * 200 - 1));
                for (int i = round * 200; i < entries.size(); i++) {
                    assertThat(cursor.next()).isTrue();
                    assertStandsOn(cursor, entries.get(i));
                }
                assertThat(cursor.next()).isFalse();
            }
            assertThat(resources.memory().peakBytes())
                    .isLessThanOrEqualTo(StoreResources.MIN_MEMORY_BYTES);
        } finally {
            for (EntryCursor cursor : cursors) {
                cursor.close();
            }
        }
    }

    @Test
    void neighbourGetsTheMemoryThatAViewHeld() throws Exception {
        LsmTree tree = store.openTree("counts", APPENDING);
        for (int i = 0; resources.slot().tierMemory().hasDirtyRoom(64 << 10); i++) {
            put(tree, i, value(i, 0));
            if (i % 50 == 49) {
                // Freezes, and flushes nothing.
                store.beginCheckpoint(i).close();
            }
        }
        try (StoreView view = store.view();
                EntryCursor cursor = view.scan("counts", KeyRange.ALL);
                LsmStore neighbour =
                        LsmStore.create(
                                new InMemoryStorage(), LsmStoreOptions.DEFAULTS, resources)) {
            assertThat(cursor.next()).isTrue();
            LsmTree other = neighbour.openTree("counts", TreeOptions.DEFAULTS);
            KeyBuffer key = new KeyBuffer();
            byte[] bytes = value(0, 0).getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < 30_000; i++) {
                other.put(key.set(StoreFixture.key(i)), bytes, 0, bytes.length);
            }

            List<Map.Entry<OwnedSlice, String>> expected = entries();
            assertStandsOn(cursor, expected.get(0));
            for (Map.Entry<OwnedSlice, String> entry : expected.subList(1, expected.size())) {
                assertThat(cursor.next()).isTrue();
                assertStandsOn(cursor, entry);
            }
            assertThat(cursor.next()).isFalse();
        }
    }

    /** Folds as {@link AppendOperator} does; stops one thread at its first fold. */
    private static final class GatedOperator implements MergeOperator {

        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch mayGoOn = new CountDownLatch(1);
        private volatile @Nullable Thread gatedThread;

        @Override
        public void fold(Slice older, Slice newer, ValueBuffer out) {
            if (Thread.currentThread() == gatedThread) {
                reached.countDown();
                LongViewTest.await(mayGoOn);
            }
            out.append(older).append((byte) ',').append(newer);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private List<Map.Entry<OwnedSlice, String>> entries() {
        return List.copyOf(new TreeMap<>(model).entrySet());
    }

    /** All that is still in memory is clean, and no view holds it. */
    private void assertNoMemtableIsHeld() throws IOException, InterruptedException {
        store.awaitIdle();
        resources.slot().tierMemory().reclaim(Long.MAX_VALUE);
        assertThat(resources.slot().tierMemory().dirtyBytes()).isZero();
        assertThat(resources.slot().tierMemory().cleanBytes()).isZero();
    }

    private static void assertShows(EntryCursor cursor, Map<OwnedSlice, String> expected)
            throws IOException {
        for (Map.Entry<OwnedSlice, String> entry : expected.entrySet()) {
            assertThat(cursor.next()).isTrue();
            assertStandsOn(cursor, entry);
        }
        assertThat(cursor.next()).isFalse();
    }

    private static void assertStandsOn(EntryCursor cursor, Map.Entry<OwnedSlice, String> entry) {
        assertThat(cursor.key().toOwned()).isEqualTo(entry.getKey());
        assertThat(cursor.kind()).isEqualTo(EntryKind.PUT);
        assertThat(text(cursor.value())).isEqualTo(entry.getValue());
    }

    private static String text(Slice slice) {
        return new String(slice.toBytes(), StandardCharsets.UTF_8);
    }

    private static String value(int number, int round) {
        return "value-" + number + "-" + round + "-".repeat(80);
    }

    private void put(LsmTree tree, int number, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        tree.put(new KeyBuffer().set(StoreFixture.key(number)), bytes, 0, bytes.length);
        model.put(StoreFixture.key(number), text);
    }

    private void merge(LsmTree tree, int number, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        tree.merge(new KeyBuffer().set(StoreFixture.key(number)), bytes, 0, bytes.length);
        model.merge(StoreFixture.key(number), text, (older, newer) -> older + "," + newer);
    }

    private void delete(LsmTree tree, int number) throws IOException {
        tree.delete(new KeyBuffer().set(StoreFixture.key(number)));
        model.remove(StoreFixture.key(number));
    }

    private static @Nullable String get(LsmTree tree, int number) throws IOException {
        ValueBuffer out = new ValueBuffer();
        return tree.get(new KeyBuffer().set(StoreFixture.key(number)), out)
                ? new String(out.toBytes(), StandardCharsets.UTF_8)
                : null;
    }
}
