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
import io.flinklsm.core.checkpoint.PendingCheckpoint;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.slot.WorkTurn;
import io.flinklsm.core.storage.FileName;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageOutput;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.testing.ManualClock;
import io.flinklsm.core.tree.TreeOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several compactions of one tree at a time. */
@Timeout(120)
class ParallelCompactionsTest {

    private static final int KEYS = 3000;
    private static final int OPERATIONS = 200_000;

    @Test
    void newRunsAreMergedWhileACompactionToLevel1StillWrites() throws Exception {
        CountDownLatch mergedWithinLevel0 = new CountDownLatch(1);
        BlockingStorage storage = new BlockingStorage(new InMemoryStorage(), 1, mergedWithinLevel0);
        try (StoreResources resources =
                        StoreResources.create("parallel", 8 << 20, 2, Clock.system());
                LsmStore store =
                        LsmStore.create(
                                storage,
                                StoreFixture.tinyOptions(CompactionStyle.LEVELED),
                                resources)) {
            store.setListener(
                    event -> {
                        if (event instanceof LsmEvent.CompactionEnd end && end.outputLevel() == 0) {
                            mergedWithinLevel0.countDown();
                        }
                    });
            LsmTree tree =
                    store.openTree("counts", new TreeOptions(MemtableKind.ENTRIES, null, null));

            // Two runs start the compaction, which waits until later ones have been merged: they
            // are when they are six, three times the trigger.
            for (int run = 0; run < 8; run++) {
                for (int i = 0; i < 20; i++) {
                    put(tree, i, run);
                }
                tree.flush();
                if (run == 1) {
                    storage.reached.await();
                }
            }
            store.awaitIdle();

            assertThat(mergedWithinLevel0.getCount()).isZero();
            for (int i = 0; i < 20; i++) {
                assertThat(get(tree, i)).isEqualTo(7);
            }
        }
    }

    /** While the clock stands still, nobody loses the turn who does not give it back. */
    @Test
    void whereProcessorsAreFewACompactionWaitsForItsTurnAndGivesItBack() throws Exception {
        try (StoreResources resources =
                        StoreResources.create("turns", 8 << 20, 2, new ManualClock());
                LsmStore store =
                        LsmStore.create(
                                new InMemoryStorage(),
                                StoreFixture.tinyOptions(CompactionStyle.LEVELED),
                                resources)) {
            LsmTree tree =
                    store.openTree("counts", new TreeOptions(MemtableKind.ENTRIES, null, null));
            for (int i = 0; i < 1000; i++) {
                put(tree, i, 1);
            }
            tree.flush();
            store.awaitIdle();
            WorkTurn turn = resources.slot().compactionTurn();
            Object other = new Object();
            assertThat(turn.isOf(other)).isTrue();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread compaction =
                    new Thread(
                            () -> {
                                try {
                                    tree.compactAll();
                                } catch (Throwable e) {
                                    failure.set(e);
                                }
                            },
                            "compaction");

            compaction.start();
            boolean hasRested = false;
            while (!hasRested && compaction.isAlive()) {
                hasRested = compaction.getState() == Thread.State.TIMED_WAITING;
                Thread.onSpinWait();
            }

            assertThat(hasRested).isEqualTo(Runtime.getRuntime().availableProcessors() < 4);
            turn.end(other);
            compaction.join();
            assertThat(failure).hasValue(null);
            assertThat(turn.isOf(other)).isTrue();
        }
    }

    @Test
    void readersNeverSeeAnOlderWordAndCheckpointsAreExactWhileThreeCompactionsRun()
            throws Exception {
        for (CompactionStyle style : CompactionStyle.values()) {
            long seed = Long.getLong("flinklsm.seed", System.nanoTime());
            try {
                new Stress(seed, style).run();
            } catch (Throwable failure) {
                throw new AssertionError(
                        "failed: style=" + style + ", -Dflinklsm.seed=" + seed, failure);
            }
        }
    }

    private static void put(LsmTree tree, int key, long word) throws IOException {
        byte[] value = ByteBuffer.allocate(40).putLong(word).array();
        tree.put(new KeyBuffer().set(StoreFixture.key(key)), value, 0, value.length);
    }

    /** The key's word; -1 if it has none. */
    private static long get(LsmTree tree, int key) throws IOException {
        ValueBuffer out = new ValueBuffer();
        return tree.get(new KeyBuffer().set(StoreFixture.key(key)), out)
                ? ByteBuffer.wrap(out.toBytes()).getLong()
                : -1;
    }

    /**
     * One writer, whose words ascend; readers who know of each even key, which is never deleted, a
     * word that was written before they ask.
     */
    private static final class Stress {
        private final Random random;
        private final CompactionStyle style;
        private final Storage storage = new InMemoryStorage();
        private final TreeMap<OwnedSlice, Long> model = new TreeMap<>();
        private final AtomicLongArray written = new AtomicLongArray(KEYS);
        private final AtomicBoolean done = new AtomicBoolean();

        Stress(long seed, CompactionStyle style) {
            this.random = new Random(seed);
            this.style = style;
        }

        void run() throws Exception {
            ExecutorService readers = Executors.newFixedThreadPool(2);
            try (StoreResources resources =
                            StoreResources.create("stress", 8 << 20, 3, Clock.system());
                    LsmStore store =
                            LsmStore.create(storage, StoreFixture.tinyOptions(style), resources)) {
                LsmTree tree =
                        store.openTree("counts", new TreeOptions(MemtableKind.ENTRIES, null, null));
                List<Future<?>> reading = new ArrayList<>();
                for (int reader = 0; reader < 2; reader++) {
                    long seed = random.nextLong();
                    reading.add(
                            readers.submit(
                                    () -> {
                                        read(tree, new Random(seed));
                                        return null;
                                    }));
                }
                try {
                    write(store, tree);
                } finally {
                    done.set(true);
                    for (Future<?> each : reading) {
                        each.get();
                    }
                }
                store.awaitIdle();
                compare(tree, model);
            } finally {
                readers.shutdown();
            }
        }

        private void write(LsmStore store, LsmTree tree) throws Exception {
            for (int i = 1; i <= OPERATIONS; i++) {
                int key = random.nextInt(KEYS);
                if (key % 2 == 1 && random.nextInt(3) == 0) {
                    tree.delete(new KeyBuffer().set(StoreFixture.key(key)));
                    model.remove(StoreFixture.key(key));
                } else {
                    put(tree, key, i);
                    model.put(StoreFixture.key(key), (long) i);
                    written.set(key, i);
                }
                if (i % (OPERATIONS / 8) == 0) {
                    checkpoint(store, i);
                }
            }
        }

        private void checkpoint(LsmStore store, int id) throws Exception {
            Map<OwnedSlice, Long> expected = new TreeMap<>(model);
            LsmTree tree =
                    store.openTree("counts", new TreeOptions(MemtableKind.ENTRIES, null, null));
            String manifest;
            try (PendingCheckpoint pending = store.beginCheckpoint(id)) {
                for (int i = 0; i < 2000; i++) {
                    // Not in the image; odd, for the readers' sake.
                    int key = 2 * random.nextInt(KEYS / 2) + 1;
                    tree.delete(new KeyBuffer().set(StoreFixture.key(key)));
                    model.remove(StoreFixture.key(key));
                }
                CheckpointImage image = pending.complete();
                manifest = store.writeManifest(image);
            }
            try (StoreResources resources =
                            StoreResources.create("reader", 8 << 20, 1, Clock.system());
                    LsmStore opened =
                            LsmStore.open(
                                    storage,
                                    StoreFixture.tinyOptions(style),
                                    resources,
                                    manifest)) {
                compare(
                        opened.openTree(
                                "counts", new TreeOptions(MemtableKind.ENTRIES, null, null)),
                        expected);
            }
            store.deleteManifest(manifest);
        }

        private void read(LsmTree tree, Random numbers) throws IOException {
            while (!done.get()) {
                int key = 2 * numbers.nextInt(KEYS / 2);
                long atLeast = written.get(key);
                long found = get(tree, key);
                assertThat(atLeast == 0 || found >= atLeast)
                        .as("key=%s, found=%s, written before=%s", key, found, atLeast)
                        .isTrue();
            }
        }

        private static void compare(LsmTree tree, Map<OwnedSlice, Long> expected)
                throws IOException {
            try (EntryCursor cursor = tree.scan(KeyRange.ALL)) {
                for (Map.Entry<OwnedSlice, Long> entry : expected.entrySet()) {
                    assertThat(cursor.next()).as("an entry for %s", entry.getKey()).isTrue();
                    assertThat(cursor.key().toOwned()).isEqualTo(entry.getKey());
                    assertThat(ByteBuffer.wrap(cursor.value().toBytes()).getLong())
                            .as("word of %s", entry.getKey())
                            .isEqualTo(entry.getValue());
                }
                assertThat(cursor.next()).isFalse();
            }
        }
    }

    /** Files of one level are created only once the latch is open. */
    private static final class BlockingStorage implements Storage {
        private final Storage delegate;
        private final int level;
        private final CountDownLatch open;

        /** Open once somebody waits for the other. */
        private final CountDownLatch reached = new CountDownLatch(1);

        BlockingStorage(Storage delegate, int level, CountDownLatch open) {
            this.delegate = delegate;
            this.level = level;
            this.open = open;
        }

        @Override
        public StorageOutput create(String name) throws IOException {
            if (FileName.parse(name).level() == level) {
                reached.countDown();
                try {
                    open.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
            return delegate.create(name);
        }

        @Override
        public StorageInput open(String name) throws IOException {
            return delegate.open(name);
        }

        @Override
        public long size(String name) throws IOException {
            return delegate.size(name);
        }

        @Override
        public boolean exists(String name) throws IOException {
            return delegate.exists(name);
        }

        @Override
        public void delete(String name) throws IOException {
            delegate.delete(name);
        }

        @Override
        public List<String> list() throws IOException {
            return delegate.list();
        }

        @Override
        public String describe(String name) {
            return delegate.describe(name);
        }
    }
}
