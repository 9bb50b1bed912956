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

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.errors.StoreFailedException;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.events.LsmEventListener;
import io.flinklsm.core.sstable.SstableMeta;
import java.io.IOException;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the paths of one store share: the lock, the tasks that run, who hears of flushes, and the
 * first failure, which stops the store. One path asks another for something through here ({@link
 * Paths}).
 */
@SuppressWarnings("GuardedBy") // It follows no lock into a method: checkHeld() and LayoutTest do.
public final class Upkeep {

    // Immutable.
    private final StoreLock lock = new StoreLock();

    @GuardedBy("lock")
    private final Set<FlushListener> flushListeners =
            Collections.newSetFromMap(new IdentityHashMap<>());

    @GuardedBy("lock")
    private int running;

    /** Null until {@link #connect}, which the store calls before it has any tree. */
    private @Nullable Paths paths;

    // Written under lock, read by any thread.
    private volatile @Nullable Throwable failure;
    private volatile boolean stopped;
    private volatile LsmEventListener listener = event -> {};

    /** The lock of the store. */
    public StoreLock lock() {
        return lock;
    }

    public void setListener(LsmEventListener newListener) {
        listener = newListener;
    }

    /** Tells the store's listener; without locks held. */
    public void report(LsmEvent event) {
        listener.onEvent(event);
    }

    // ------------------------------------------------------------------------------------ health

    public boolean hasFailed() {
        return failure != null;
    }

    public void checkHealthy() throws StoreFailedException {
        Throwable cause = failure;
        if (cause != null) {
            throw new StoreFailedException(
                    "[store] earlier work in the background failed: "
                            + cause.getMessage()
                            + "; restore from the last checkpoint",
                    cause);
        }
    }

    /** Throws if background work has failed, or the store is closed. */
    public void checkOpen() throws StoreFailedException {
        checkHealthy();
        if (stopped) {
            throw new IllegalStateException("[store] is closed; open another");
        }
    }

    /** The first failure stops the store; later ones follow from it. Any thread. */
    public void fail(Throwable cause) {
        lock.lock();
        try {
            if (failure == null && !stopped) {
                failure = cause;
            }
            lock.signalProgress();
        } finally {
            lock.unlock();
        }
    }

    /** Whether {@link #stop} was called. Any thread. */
    public boolean isStopped() {
        return stopped;
    }

    /** Stops what runs and waits for it; nothing is scheduled any more. */
    public void stop() {
        lock.lock();
        try {
            stopped = true;
            lock.signalProgress();
            while (isAnyRunning()) {
                lock.awaitProgressUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    // ------------------------------------------------------------------------------------- paths

    /** Makes the paths known to each other. Once, before the first tree. */
    public void connect(Paths newPaths) {
        if (paths != null) {
            throw new IllegalStateException("[store] its paths are connected already");
        }
        paths = newPaths;
    }

    private Paths paths() {
        return Objects.requireNonNull(paths, "the paths of the store are not connected");
    }

    /** {@link Paths#scheduleFlush}. */
    public void scheduleFlush(TreeState tree) {
        lock.checkHeld();
        paths().scheduleFlush(tree);
    }

    /** {@link Paths#scheduleCompaction}. */
    public void scheduleCompaction(TreeState tree) {
        lock.checkHeld();
        paths().scheduleCompaction(tree);
    }

    /** {@link Paths#scheduleDeletion}. */
    public void scheduleDeletion() {
        lock.checkHeld();
        paths().scheduleDeletion();
    }

    /** {@link Paths#compactionDebtBytes}. */
    public long compactionDebtBytes(TreeState tree) {
        return paths().compactionDebtBytes(tree);
    }

    /** {@link Paths#flushThrough}. */
    public void flushThrough(TreeState tree, BooleanSupplier isFlushed)
            throws IOException, InterruptedException {
        paths().flushThrough(tree, isFlushed);
    }

    /** {@link Paths#writeLarge}. */
    public void writeLarge(
            TreeState tree, long generation, Slice key, EntryKind kind, LargeValue value)
            throws IOException {
        paths().writeLarge(tree, generation, key, kind, value);
    }

    // ------------------------------------------------------------------------- background work

    /**
     * Hands a task to the background, where it calls {@link #end} when it is over; close waits for
     * it. Needs the lock.
     *
     * @return false if no thread takes it: that is a failure of the store
     */
    public boolean begin(Executor background, Runnable task) {
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
    public void begin() {
        lock.checkHeld();
        running++;
    }

    /** The task is over. Needs the lock. */
    public void end() {
        lock.checkHeld();
        running--;
        Invariants.check(running >= 0, "more tasks ended than began", "running", running);
        lock.signalProgress();
    }

    private boolean isAnyRunning() {
        lock.checkHeld();
        return running > 0;
    }

    /** Starts what is due of the trees, and waits until nothing is due or runs. */
    public void awaitIdle(Collection<TreeState> trees) throws IOException, InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                checkHealthy();
                for (TreeState tree : trees) {
                    scheduleFlush(tree);
                    scheduleCompaction(tree);
                }
                if (!isAnyRunning()) {
                    // Not even a task may have begun, for want of a thread.
                    checkHealthy();
                    return;
                }
                lock.awaitProgress();
            }
        } finally {
            lock.unlock();
        }
    }

    // ----------------------------------------------------------------------------------- flushes

    /** Needs the lock. */
    public void addFlushListener(FlushListener added) {
        lock.checkHeld();
        boolean isNew = flushListeners.add(added);
        Invariants.check(isNew, "a flush listener was added twice", "count", flushListeners.size());
    }

    /** Needs the lock. */
    public void removeFlushListener(FlushListener removed) {
        lock.checkHeld();
        boolean wasThere = flushListeners.remove(removed);
        Invariants.check(
                wasThere,
                "a flush listener was removed that does not listen",
                "count",
                flushListeners.size());
    }

    /** Needs the lock. */
    public boolean hasFlushListeners() {
        lock.checkHeld();
        return !flushListeners.isEmpty();
    }

    /** Tells those who listen of a flush that has ended. Needs the lock. */
    public void flushed(TreeState tree, FlushPlan plan, List<SstableMeta> written) {
        lock.checkHeld();
        flushListeners.forEach(each -> each.flushed(tree, plan, written));
    }
}
