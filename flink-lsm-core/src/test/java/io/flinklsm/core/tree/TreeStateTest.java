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
package io.flinklsm.core.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memtable.EntryTier;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.memtable.Generation;
import io.flinklsm.core.slot.Slot;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.testing.ManualClock;
import io.flinklsm.core.version.ObsoleteFiles;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionEdit;
import io.flinklsm.core.version.VersionSet;
import io.flinklsm.core.view.ReadView;
import io.flinklsm.core.view.ScanView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a tree is at a moment, changed by its verbs alone: no path runs here. */
final class TreeStateTest {

    private static final long GROUP_BYTES = 1 << 20;

    /** Nothing is done; how often something was asked for is counted. */
    private static final class Counting implements Paths {
        int deletions;

        @Override
        public void scheduleFlush(TreeState tree) {}

        @Override
        public void scheduleCompaction(TreeState tree) {}

        @Override
        public void scheduleDeletion() {
            deletions++;
        }

        @Override
        public long compactionDebtBytes(TreeState tree) {
            return 0;
        }

        @Override
        public void flushThrough(TreeState tree, BooleanSupplier isFlushed) {
            throw new AssertionError("no verb flushes");
        }

        @Override
        public void writeLarge(
                TreeState tree, long generation, Slice key, EntryKind kind, LargeValue value) {
            throw new AssertionError("no verb writes");
        }
    }

    private final Slot slot = new Slot("tree", 2 << 20, 1, new ManualClock());
    private final Upkeep upkeep = new Upkeep();
    private final StoreLock lock = upkeep.lock();
    private final Counting paths = new Counting();
    private final OpenSstables openSstables =
            new OpenSstables(new InMemoryStorage(), slot.cacheBudget(), slot.blockCache(), 10);
    private TreeState tree;
    private long nextGeneration = 2;

    @BeforeEach
    void open() {
        upkeep.connect(paths);
        ObsoleteFiles files = new ObsoleteFiles();
        lock.lock();
        try {
            tree =
                    new TreeState(
                            "counts",
                            TreeOptions.DEFAULTS,
                            new VersionSet("counts", openSstables, files, Version.EMPTY),
                            new EntryTier(slot.tierMemory(), 1, null, true, 0),
                            upkeep,
                            files,
                            slot.tierMemory(),
                            true);
        } finally {
            lock.unlock();
        }
    }

    @AfterEach
    void close() throws IOException {
        tree.close();
        assertThat(slot.tierMemory().dirtyBytes()).isZero();
        openSstables.close();
        slot.close();
    }

    @Test
    void nothingIsChangedWithoutTheLock() {
        assertNeedsLock(tree::open);
        assertNeedsLock(tree::touch);
        assertNeedsLock(tree::drop);
        assertNeedsLock(tree::clearVersion);
        assertNeedsLock(() -> tree.enqueue(null));
        assertNeedsLock(tree::frozen);
        assertNeedsLock(() -> tree.setFlushScheduled(true));
        assertNeedsLock(() -> tree.beginFlush(true, GROUP_BYTES));
        assertNeedsLock(tree::endFlush);
        assertNeedsLock(() -> tree.install(new VersionEdit(List.of(), List.of())));
        assertNeedsLock(tree::pinVersion);
        assertNeedsLock(() -> upkeep.scheduleFlush(tree));
        assertNeedsLock(upkeep::end);

        assertThat(tree.isDropped()).isFalse();
    }

    private static void assertNeedsLock(Runnable verb) {
        assertThatThrownBy(verb::run)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("the lock of the store is not held");
    }

    @Test
    void oneFlushRunsAtATime() {
        freeze("a");
        lock.lock();
        try {
            assertThat(tree.needsFlushTask()).isTrue();
            FlushPlan plan = Objects.requireNonNull(tree.beginFlush(true, GROUP_BYTES));
            assertThat(plan.oldestFirst()).isEqualTo(tree.frozen());
            assertThat(tree.isFlushing()).isTrue();
            assertThat(tree.isFlushIdle()).isFalse();

            assertThatThrownBy(() -> tree.beginFlush(true, GROUP_BYTES))
                    .isInstanceOf(AssertionError.class);

            tree.endFlush();
            assertThat(tree.isFlushing()).isFalse();
            assertThatThrownBy(tree::endFlush).isInstanceOf(AssertionError.class);
        } finally {
            lock.unlock();
        }
    }

    @Test
    void flushThatFailedLeavesItsGenerationsInTheQueue() {
        freeze("a");
        lock.lock();
        try {
            FlushPlan plan = Objects.requireNonNull(tree.beginFlush(true, GROUP_BYTES));
            tree.endFlush();

            assertThat(tree.frozen()).isEqualTo(plan.oldestFirst());
            assertThat(tree.isAnyFrozen(plan.oldestFirst())).isTrue();
            assertThat(tree.isUntouched()).isTrue();
        } finally {
            lock.unlock();
        }
    }

    @Test
    void whatWasFlushedIsNotDirtyAnyMore() throws IOException {
        freeze("a");
        assertThat(slot.tierMemory().dirtyBytes()).isPositive();
        ReadView before = tree.pinView();
        ReadView old;
        lock.lock();
        try {
            FlushPlan plan = Objects.requireNonNull(tree.beginFlush(true, GROUP_BYTES));
            tree.endFlush();
            // Nothing was left of the entries: no file takes the generation's place.
            old = tree.installFlushed(plan, List.of());

            assertThat(tree.frozenCount()).isZero();
            assertThat(tree.isAnyFrozen(plan.oldestFirst())).isFalse();
            assertThat(tree.isUntouched()).isFalse();
        } finally {
            lock.unlock();
        }
        TreeState.release(old);
        before.release();

        assertThat(slot.tierMemory().dirtyBytes()).isZero();
        assertThat(old).isSameAs(before);
        ReadView after = tree.pinView();
        assertThat(after).isNotSameAs(before);
        after.release();
    }

    @Test
    void scanViewKeepsItsGenerationsTogetherAndGivesThemBack() throws IOException {
        freeze("a");
        ScanView view = tree.scanView();
        freeze("b");
        lock.lock();
        try {
            FlushPlan plan = Objects.requireNonNull(tree.beginFlush(true, GROUP_BYTES));
            assertThat(plan.oldestFirst()).as("what the view has, and nothing else").hasSize(1);
            assertThat(tree.flushedSources(plan, List.of())).hasSize(1);
            tree.endFlush();
        } finally {
            lock.unlock();
        }

        assertThat(paths.deletions).isZero();
        assertThat(view.scan(KeyRange.ALL, null)).satisfies(cursor -> cursor.close());
        view.release();

        assertThat(paths.deletions).isEqualTo(1);
    }

    /** A view that is being closed says of its generations what it read, or nothing. */
    @Test
    void aFlushPlansForTheViewsThatStayOpenWhileAnotherIsClosed() throws Exception {
        freeze("a");
        ScanView open = tree.scanView();
        ExecutorService closer = Executors.newSingleThreadExecutor();
        try {
            freeze("b");
            for (int round = 0; round < 2_000; round++) {
                // The views that are closed are asked first or last, as their hashes want it.
                ScanView closed = tree.scanView();
                CountDownLatch begun = new CountDownLatch(1);
                Future<?> closing =
                        closer.submit(
                                () -> {
                                    begun.countDown();
                                    closed.release();
                                });
                begun.await();
                lock.lock();
                try {
                    FlushPlan plan = Objects.requireNonNull(tree.beginFlush(true, GROUP_BYTES));
                    tree.endFlush();
                    assertThat(plan.oldestFirst()).hasSize(1);
                } finally {
                    lock.unlock();
                }
                closing.get();
            }
        } finally {
            closer.shutdown();
            open.release();
        }
    }

    @Test
    void closedTreeSaysSo() {
        tree.close();

        assertThatThrownBy(tree::pinView)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("[tree counts] is closed or dropped; open it again");
    }

    @Test
    void firstFailureOfAFilterIsTold() {
        assertThat(tree.filterFailed()).isTrue();
        assertThat(tree.filterFailed()).isFalse();
        assertThat(tree.filterFailures()).isEqualTo(2);
    }

    private void freeze(String key) {
        byte[] value = {1};
        assertThat(tree.tier().put(key(key), value, 0, value.length)).isTrue();
        Generation frozen = tree.tier().freeze(nextGeneration++, 0);
        slot.tierMemory().addDirty(Objects.requireNonNull(frozen).usedBytes());
        lock.lock();
        try {
            tree.enqueue(new FrozenGeneration(frozen, 0));
        } finally {
            lock.unlock();
        }
    }

    private static KeyBuffer key(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new KeyBuffer().set(bytes, 0, bytes.length);
    }
}
