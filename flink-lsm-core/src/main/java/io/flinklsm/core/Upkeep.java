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

import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.errors.StoreFailedException;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.events.LsmEventListener;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.memtable.Generation;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.version.ObsoleteFiles;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.view.FrozenSource;
import io.flinklsm.core.view.ReadView;
import io.flinklsm.core.view.ScanView;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What keeps the trees of one store in shape: {@link Flushes}, {@link Compactions} and {@link
 * Deletions}, and what they share: the lock, the views, who waits for whom, and the first failure,
 * which stops the store. The lock here is the store's only one; it is never held over I/O.
 */
final class Upkeep {

    // Immutable.
    final ReentrantLock lock = new ReentrantLock();
    final Storage storage;
    final OpenSstables openSstables;
    private final Condition progress = lock.newCondition();
    final StoreResources resources;
    final SstableOptions sstableOptions;
    private final ObsoleteFiles obsoleteFiles;
    private final Flushes flushes;
    private final Compactions compactions;
    private final Deletions deletions;

    // Guarded by lock.
    private final Set<PendingCheckpoint> pendingCheckpoints =
            Collections.newSetFromMap(new IdentityHashMap<>());
    private int running;

    // Written under lock, read by any thread.
    private volatile @Nullable Throwable failure;
    private volatile boolean stopped;
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
        this.sstableOptions = options.sstable().fittedTo(resources.writerBudgets().bytesEach());
        this.flushes = new Flushes(this, options.memtableBytes());
        this.compactions = new Compactions(this, options, resources.compactionThreads());
        this.deletions = new Deletions(this, obsoleteFiles);
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
        tree.setView(newView(tree));
        return old;
    }

    /**
     * Like {@link #installView}, for a Version that has what these generations had, which are not
     * among the frozen ones any more: their memory may be used for others from now on.
     */
    @Nullable ReadView installFlushed(LsmTree tree, List<FrozenGeneration> flushed) {
        List<Generation> generations = flushed.stream().map(FrozenGeneration::generation).toList();
        resources.tierMemory().addDirty(-usedBytes(flushed));
        ReadView old = tree.view();
        tree.tier().becomeClean(generations, () -> tree.setView(newView(tree)));
        return old;
    }

    private static long usedBytes(List<FrozenGeneration> frozen) {
        return frozen.stream().mapToLong(each -> each.generation().usedBytes()).sum();
    }

    /**
     * A view of the tree's files with a reference for the caller; what its tier has is asked for
     * beside it. Needs the lock.
     */
    private ReadView newView(LsmTree tree) {
        Version version = tree.versions.pinCurrent();
        try {
            return new ReadView(version, () -> unpin(tree, version));
        } catch (Throwable failure) {
            Cleanup.undo(failure, () -> tree.versions.unpin(version));
            throw failure;
        }
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

    /**
     * A view of the tree for scans with a reference for the caller, without the open generation.
     * Needs the lock.
     */
    ScanView newScanView(LsmTree tree) {
        List<FrozenSource> sources = tree.openViews.sources(tree, tree.flushing);
        Version version = null;
        try {
            version = tree.versions.pinCurrent();
            ScanView view = new ScanView(sources, version, closed -> close(tree, closed));
            tree.openViews.add(view);
            return view;
        } catch (Throwable failure) {
            sources.forEach(source -> Cleanup.undo(failure, source::release));
            Version pinned = version;
            if (pinned != null) {
                Cleanup.undo(failure, () -> tree.versions.unpin(pinned));
            }
            throw failure;
        }
    }

    private void close(LsmTree tree, ScanView view) {
        lock.lock();
        try {
            obsoleteFiles.unpin(tree.openViews.remove(view));
            tree.versions.unpin(view.version());
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

    // ------------------------------------------------------------------------- background work

    /** Flushes the tree's queue in the background. Needs the lock. */
    void scheduleFlush(LsmTree tree) {
        flushes.schedule(tree);
    }

    /** Starts the tree's next compaction if one is due. Needs the lock. */
    void scheduleCompaction(LsmTree tree) {
        compactions.schedule(tree);
    }

    /** Deletes, in the background, the files that nobody needs. Needs the lock. */
    void scheduleDeletion() {
        deletions.schedule();
    }

    Flushes flushes() {
        return flushes;
    }

    Compactions compactions() {
        return compactions;
    }

    /**
     * Hands a task to the background, where it calls {@link #end} when it is over; close waits for
     * it. Needs the lock.
     *
     * @return false if no thread takes it: that is a failure of the store
     */
    boolean begin(Executor background, Runnable task) {
        begin();
        try {
            background.execute(task);
            return true;
        } catch (RuntimeException | Error e) {
            end();
            fail(e);
            return false;
        }
    }

    /** A task begins on a caller's thread: close waits for it. Needs the lock. */
    void begin() {
        running++;
    }

    /** The task is over. Needs the lock. */
    void end() {
        running--;
        progress.signalAll();
    }

    /** Something that others may wait for has happened. Needs the lock. */
    void signalProgress() {
        progress.signalAll();
    }

    /** Waits for the next progress; the caller asks again what it waits for. Needs the lock. */
    @SuppressWarnings("WaitNotInLoop")
    void awaitProgress() throws InterruptedException {
        progress.await();
    }

    /** Whether {@link #stop} was called. Any thread. */
    boolean isStopped() {
        return stopped;
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
        if (next != null && !stopped && failure == null) {
            obsoleteFiles.pin(List.of(next));
            if (!begin(resources.background()::compaction, () -> verify(next, restored))) {
                obsoleteFiles.unpin(List.of(next));
            }
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
                obsoleteFiles.unpin(List.of(sstable));
                scheduleDeletion();
                scheduleVerification(rest);
            } finally {
                end();
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
    Set<PendingCheckpoint> pendingCheckpoints() {
        return pendingCheckpoints;
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
     *
     * @return what is left of the time; 0 or less if it is over
     */
    @SuppressWarnings("WaitNotInLoop")
    long awaitProgress(long nanosMax) throws IOException {
        try {
            return progress.awaitNanos(nanosMax);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException)
                    new InterruptedIOException(
                                    "[store] interrupted while writes were stalled; the task is"
                                            + " being stopped, so there is nothing to do")
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
                    // Not even a task may have begun, for want of a thread.
                    checkHealthy();
                    return;
                }
                progress.await();
            }
        } finally {
            lock.unlock();
        }
    }

    void fail(Throwable cause) {
        lock.lock();
        try {
            if (failure == null && !stopped) {
                failure = cause;
            }
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Stops what runs and waits for it; nothing is scheduled any more. */
    void stop() {
        lock.lock();
        try {
            stopped = true;
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
        lock.lock();
        try {
            old = tree.view();
            tree.setView(null);
            long frozenBytes = usedBytes(tree.frozenOldestFirst);
            resources.tierMemory().addDirty(-tree.accountedBytes() - frozenBytes);
            tree.frozenOldestFirst.clear();
        } finally {
            lock.unlock();
        }
        Cleanup.runAll(() -> releaseOld(old), tree.tier()::close);
    }

    /** Waits until neither a flush nor a compaction of the tree runs. */
    void awaitQuiet(LsmTree tree) {
        lock.lock();
        try {
            while (tree.flushing != null || tree.flushScheduled || tree.compactions.running() > 0) {
                progress.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }
}
