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

import io.flinklsm.core.compaction.CompactionJob;
import io.flinklsm.core.compaction.CompactionPace;
import io.flinklsm.core.compaction.CompactionPicker;
import io.flinklsm.core.compaction.CompactionPlan;
import io.flinklsm.core.compaction.CompactionTools;
import io.flinklsm.core.errors.StoreFailedException;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.events.LsmEventListener;
import io.flinklsm.core.flush.FlushJob;
import io.flinklsm.core.flush.FlushPlan;
import io.flinklsm.core.flush.FlushTools;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.FrozenMemtable;
import io.flinklsm.core.memtable.Memtable;
import io.flinklsm.core.read.ReadView;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.version.ObsoleteFiles;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionEdit;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What keeps the trees of one store in shape: schedules flushes, compactions and deletions, and
 * installs their results. The lock here is the store's only one; it is never held over I/O.
 *
 * <p>Order of things: a tree flushes one group of memtables at a time, oldest first, so that level
 * 0 grows in the order of generations; it runs one compaction at a time, which sees an older
 * Version and edits the current one. The first failure of background work stops the store; a flush
 * that a checkpoint runs itself fails only the checkpoint.
 */
final class Upkeep {

    // Immutable.
    final ReentrantLock lock = new ReentrantLock();
    final Storage storage;
    final OpenSstables openSstables;
    private final Condition progress = lock.newCondition();
    private final StoreResources resources;
    private final SstableOptions sstableOptions;
    private final CompactionPicker picker;
    private final long targetFileBytes;
    private final ObsoleteFiles obsoleteFiles;
    private final AtomicBoolean cancelled = new AtomicBoolean();

    // Guarded by lock.
    private final Set<PendingCheckpoint> pendingCheckpoints =
            Collections.newSetFromMap(new IdentityHashMap<>());
    private int running;
    private boolean deletionScheduled;

    // Written under lock, read by any thread.
    private volatile @Nullable Throwable failure;
    private volatile LsmEventListener listener = event -> {};

    Upkeep(
            Storage storage,
            OpenSstables openSstables,
            LsmStoreOptions options,
            StoreResources resources,
            ObsoleteFiles obsoleteFiles) {
        this.storage = storage;
        this.openSstables = openSstables;
        this.resources = resources;
        this.obsoleteFiles = obsoleteFiles;
        this.picker = options.compactionPicker();
        this.sstableOptions = options.sstable().fittedTo(resources.writerBudgets().bytesEach());
        this.targetFileBytes = options.targetFileBytes();
    }

    void setListener(LsmEventListener newListener) {
        listener = newListener;
    }

    void report(LsmEvent event) {
        listener.onEvent(event);
    }

    boolean hasFailed() {
        return failure != null;
    }

    void checkHealthy() throws StoreFailedException {
        Throwable cause = failure;
        if (cause != null) {
            throw new StoreFailedException(
                    "[store] earlier work in the background failed: "
                            + cause.getMessage()
                            + "; restore from the last checkpoint",
                    cause);
        }
    }

    // ------------------------------------------------------------------------------------ views

    /**
     * Makes the tree's sources of now its current view. Needs the lock; release the returned one
     * without it.
     */
    @Nullable ReadView installView(LsmTree tree) {
        ReadView old = tree.view();
        tree.setView(newView(tree, true));
        return old;
    }

    /**
     * A view of the tree with a reference for the caller, without the active memtable. Needs the
     * lock.
     */
    ReadView newView(LsmTree tree, boolean withActive) {
        List<Memtable> frozen = new ArrayList<>(tree.frozenOldestFirst.size());
        for (FrozenMemtable memtable : tree.frozenOldestFirst) {
            frozen.add(0, memtable.memtable());
        }
        Version version = tree.versions.pinCurrent();
        return new ReadView(
                withActive ? tree.active() : null, frozen, version, () -> unpin(tree, version));
    }

    private void unpin(LsmTree tree, Version version) {
        lock.lock();
        try {
            tree.versions.unpin(version);
            scheduleDeletion();
        } finally {
            lock.unlock();
        }
    }

    static void releaseOld(@Nullable ReadView old) {
        if (old != null) {
            old.release();
        }
    }

    // ------------------------------------------------------------------------------------ flush

    /** Flushes the tree's queue in the background. Needs the lock. */
    void scheduleFlush(LsmTree tree) {
        if (!tree.flushScheduled && !tree.frozenOldestFirst.isEmpty() && !cancelled.get()) {
            tree.flushScheduled = true;
            running++;
            resources.background().flush(() -> flushQueue(tree));
        }
    }

    private void flushQueue(LsmTree tree) {
        try {
            while (flushOnce(tree)) {
                // One group after another.
            }
        } catch (IOException | RuntimeException | Error e) {
            fail(e);
        } finally {
            lock.lock();
            try {
                tree.flushScheduled = false;
                running--;
                // What was frozen while this ended has found flushScheduled set.
                scheduleFlush(tree);
                progress.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Flushes the oldest group, here; false if there is none, or somebody else is at it. */
    private boolean flushOnce(LsmTree tree) throws IOException {
        FlushPlan plan;
        lock.lock();
        try {
            if (tree.flushing || cancelled.get() || failure != null) {
                return false;
            }
            plan = FlushPlan.of(tree.frozenOldestFirst, isNothingOlder(tree));
            if (plan == null) {
                return false;
            }
            tree.flushing = true;
        } finally {
            lock.unlock();
        }
        long startNanos = resources.clock().nanoTime();
        List<SstableMeta> written = null;
        try {
            written = runFlush(tree, plan);
        } finally {
            finishFlush(tree, plan, written);
        }
        listener.onEvent(
                new LsmEvent.FlushEnd(
                        tree.name(), written, resources.clock().nanoTime() - startNanos));
        return true;
    }

    private List<SstableMeta> runFlush(LsmTree tree, FlushPlan plan) throws IOException {
        MemoryBudget budget = resources.writerBudgets().beginFlush();
        try {
            FlushTools tools =
                    new FlushTools(
                            storage, sstableOptions, budget, resources.clock(), resources.random());
            return new FlushJob(plan, tree.name(), tree.operator(), tree.options().columns(), tools)
                    .run();
        } finally {
            resources.writerBudgets().endFlush(budget);
        }
    }

    /** Installing the SSTable and dropping the memtables is one swap. */
    private void finishFlush(LsmTree tree, FlushPlan plan, @Nullable List<SstableMeta> written) {
        ReadView old = null;
        lock.lock();
        try {
            tree.flushing = false;
            if (written != null) {
                obsoleteFiles.created(written);
                for (PendingCheckpoint pending : pendingCheckpoints) {
                    pending.flushed(tree, plan, written);
                }
                if (!tree.dropped) {
                    tree.versions.apply(new VersionEdit(List.of(), written));
                    tree.frozenOldestFirst.removeAll(plan.oldestFirst());
                    old = installView(tree);
                    plan.oldestFirst().forEach(frozen -> frozen.memtable().release());
                    scheduleCompaction(tree);
                }
                scheduleDeletion();
            }
            progress.signalAll();
        } finally {
            lock.unlock();
        }
        releaseOld(old);
    }

    /**
     * Whether a tombstone of the next flush could hide nothing. A pending checkpoint combines the
     * flush with the Version it pinned, which may still hold what the current one has lost.
     */
    private boolean isNothingOlder(LsmTree tree) {
        return tree.versions.current().isEmpty() && pendingCheckpoints.isEmpty();
    }

    /**
     * Waits until the memtables are flushed, and flushes itself what nobody else does. A failure is
     * the caller's: the memtables stay where they are.
     */
    void flushThrough(LsmTree tree, List<FrozenMemtable> wanted)
            throws IOException, InterruptedException {
        while (true) {
            lock.lockInterruptibly();
            try {
                while (true) {
                    checkHealthy();
                    if (Collections.disjoint(tree.frozenOldestFirst, wanted)) {
                        return;
                    }
                    if (cancelled.get() || tree.dropped) {
                        throw new IOException(
                                "[tree "
                                        + tree.name()
                                        + "] the store was closed before it was flushed");
                    }
                    if (!tree.flushing) {
                        break;
                    }
                    progress.await();
                }
            } finally {
                lock.unlock();
            }
            flushOnce(tree);
        }
    }

    // ------------------------------------------------------------------------------- compaction

    /** Starts the tree's next compaction if one is due. Needs the lock. */
    void scheduleCompaction(LsmTree tree) {
        if (!tree.opened || tree.compacting || tree.dropped || cancelled.get() || failure != null) {
            return;
        }
        CompactionPlan plan = picker.pick(tree.versions.current());
        if (plan != null && (tree.operator() != null || !plan.needsOperator())) {
            tree.compacting = true;
            running++;
            resources.background().compaction(() -> runCompaction(tree, plan));
        }
    }

    private void runCompaction(LsmTree tree, CompactionPlan plan) {
        try {
            compact(tree, plan);
        } catch (IOException | RuntimeException | Error e) {
            if (!cancelled.get()) {
                fail(e);
            }
        } finally {
            lock.lock();
            try {
                tree.compacting = false;
                running--;
                scheduleCompaction(tree);
                progress.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void compact(LsmTree tree, CompactionPlan plan) throws IOException {
        long startNanos = resources.clock().nanoTime();
        VersionEdit edit = runJob(tree, plan);
        if (edit.isEmpty()) {
            return;
        }
        ReadView old = null;
        lock.lock();
        try {
            obsoleteFiles.created(edit.added());
            if (!tree.dropped) {
                tree.versions.apply(edit);
                old = installView(tree);
            }
            scheduleDeletion();
            progress.signalAll();
        } finally {
            lock.unlock();
        }
        releaseOld(old);
        listener.onEvent(
                new LsmEvent.CompactionEnd(
                        tree.name(),
                        plan.inputMetas(),
                        edit.added(),
                        plan.outputLevel(),
                        resources.clock().nanoTime() - startNanos));
    }

    private VersionEdit runJob(LsmTree tree, CompactionPlan plan) throws IOException {
        TreeOptions treeOptions = tree.options();
        MemoryBudget budget = resources.writerBudgets().beginCompaction();
        try {
            CompactionTools tools =
                    new CompactionTools(
                            storage,
                            sstableOptions,
                            targetFileBytes,
                            budget,
                            resources.clock(),
                            resources.random(),
                            obsoleteFiles,
                            CompactionPace.UNLIMITED);
            return new CompactionJob(
                            plan,
                            tree.name(),
                            treeOptions.operator(),
                            treeOptions.filter(),
                            treeOptions.columns(),
                            tools,
                            () -> cancelled.get() || tree.dropped)
                    .run();
        } finally {
            resources.writerBudgets().endCompaction(budget);
        }
    }

    /** Merges all SSTables of the tree into one bottom run; waits for its turn, runs here. */
    void compactAll(LsmTree tree) throws IOException, InterruptedException {
        CompactionPlan plan;
        lock.lockInterruptibly();
        try {
            while (tree.compacting) {
                checkHealthy();
                progress.await();
            }
            checkHealthy();
            plan = picker.pickAll(tree.versions.current());
            if (plan == null) {
                return;
            }
            tree.compacting = true;
            running++;
        } finally {
            lock.unlock();
        }
        try {
            compact(tree, plan);
        } finally {
            lock.lock();
            try {
                tree.compacting = false;
                running--;
                scheduleCompaction(tree);
                progress.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    // --------------------------------------------------------------------------------- deletion

    /** Deletes, in the background, the files that nobody needs. Needs the lock. */
    void scheduleDeletion() {
        if (!deletionScheduled && obsoleteFiles.hasDeletable() && !cancelled.get()) {
            deletionScheduled = true;
            running++;
            resources.background().flush(this::deleteObsolete);
        }
    }

    private void deleteObsolete() {
        try {
            List<String> names;
            lock.lock();
            try {
                deletionScheduled = false;
                names = obsoleteFiles.takeDeletable();
            } finally {
                lock.unlock();
            }
            for (String name : names) {
                openSstables.forget(name);
                try {
                    storage.delete(name);
                } catch (IOException e) {
                    // The file is only garbage: it is tried again with the next ones.
                    lock.lock();
                    try {
                        obsoleteFiles.deleteFailed(name);
                    } finally {
                        lock.unlock();
                    }
                    listener.onEvent(new LsmEvent.FileDeleteFailed(storage.describe(name), e));
                }
            }
        } catch (RuntimeException | Error e) {
            fail(e);
        } finally {
            lock.lock();
            try {
                running--;
                progress.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    // --------------------------------------------------------------------------------- restore

    /**
     * Checks the tails of restored SSTables in the background, one after another, so that damage is
     * found soon and not when a key is first asked for. Needs the lock.
     */
    void scheduleVerification(Deque<SstableMeta> restored) {
        // Those that nobody lists any more a compaction has read.
        restored.removeIf(sstable -> !obsoleteFiles.isPinned(sstable.fileName()));
        SstableMeta next = restored.poll();
        if (next != null && !cancelled.get() && failure == null) {
            obsoleteFiles.pin(List.of(next));
            running++;
            resources.background().compaction(() -> verify(next, restored));
        }
    }

    private void verify(SstableMeta sstable, Deque<SstableMeta> rest) {
        try {
            openSstables.verifyUnlessOpen(sstable);
        } catch (IOException | RuntimeException | Error e) {
            fail(e);
        } finally {
            lock.lock();
            try {
                running--;
                obsoleteFiles.unpin(List.of(sstable));
                scheduleDeletion();
                scheduleVerification(rest);
                progress.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    // -------------------------------------------------------------------------------- checkpoint

    /** Needs the lock. */
    void addPending(PendingCheckpoint pending) {
        pendingCheckpoints.add(pending);
    }

    /** Needs the lock. */
    void removePending(PendingCheckpoint pending) {
        pendingCheckpoints.remove(pending);
    }

    ObsoleteFiles obsoleteFiles() {
        return obsoleteFiles;
    }

    // ------------------------------------------------------------------------------------ waiting

    /**
     * Waits for anything to happen: a flush or compaction to end, or a failure; or for nothing at
     * all (the callers ask again). Needs the lock.
     */
    @SuppressWarnings({"WaitNotInLoop", "ResultOfMethodCallIgnored"})
    void awaitProgress(long timeoutMillis) throws IOException {
        try {
            progress.await(timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException)
                    new InterruptedIOException("[store] interrupted while writes were stalled")
                            .initCause(e);
        }
    }

    void awaitIdle(Iterable<LsmTree> trees) throws IOException, InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                checkHealthy();
                for (LsmTree tree : trees) {
                    scheduleFlush(tree);
                    scheduleCompaction(tree);
                }
                if (running == 0) {
                    return;
                }
                progress.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private void fail(Throwable cause) {
        lock.lock();
        try {
            if (failure == null && !cancelled.get()) {
                failure = cause;
            }
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Stops what runs and waits for it; nothing is scheduled any more. */
    void stop() {
        cancelled.set(true);
        lock.lock();
        try {
            progress.signalAll();
            while (running > 0) {
                progress.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Releases the tree's sources. After {@link #stop}, or for a tree that was dropped and is idle.
     */
    void release(LsmTree tree) {
        ReadView old;
        List<FrozenMemtable> frozen;
        Memtable active;
        lock.lock();
        try {
            old = tree.view();
            tree.setView(null);
            frozen = List.copyOf(tree.frozenOldestFirst);
            tree.frozenOldestFirst.clear();
            active = tree.active();
        } finally {
            lock.unlock();
        }
        releaseOld(old);
        frozen.forEach(memtable -> memtable.memtable().release());
        active.release();
    }

    /** Waits until neither a flush nor a compaction of the tree runs. */
    void awaitQuiet(LsmTree tree) {
        lock.lock();
        try {
            while (tree.flushing || tree.flushScheduled || tree.compacting) {
                progress.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }
}
