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

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.flush.FlushJob;
import io.flinklsm.core.flush.FlushTools;
import io.flinklsm.core.flush.LargeEntryFlush;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memory.WriterBudgets;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.tree.FlushPlan;
import io.flinklsm.core.tree.FlushProgress;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.VersionEdit;
import io.flinklsm.core.view.FrozenSource;
import io.flinklsm.core.view.ReadView;
import io.flinklsm.core.write.FlushPace;
import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The flushes of one store. A tree flushes one group of memtables at a time, oldest first, so that
 * level 0 grows in the order of generations. A failure stops the store; a flush that a checkpoint
 * runs itself fails only the checkpoint.
 */
final class Flushes {

    /** Memtables of this part of the store's memory are flushed alone. */
    private static final int MEMTABLES_IN_SHARE = 3;

    private final Upkeep upkeep;
    private final long memtableBytes;

    /**
     * @param memtableBytes limit of one memtable; small ones are flushed together up to this size
     */
    Flushes(Upkeep upkeep, long memtableBytes) {
        this.upkeep = upkeep;
        this.memtableBytes = memtableBytes;
    }

    /** Flushes the tree's queue in the background. Needs the upkeep.lock. */
    void schedule(LsmTree tree) {
        if (!tree.flushScheduled && !tree.frozenOldestFirst.isEmpty() && !upkeep.isStopped()) {
            tree.flushScheduled =
                    upkeep.begin(upkeep.resources.background()::flush, () -> flushQueue(tree));
        }
    }

    private void flushQueue(LsmTree tree) {
        try {
            while (flushOnce(tree)) {
                // One group after another.
            }
        } catch (IOException | RuntimeException | Error e) {
            upkeep.fail(e);
        } finally {
            upkeep.lock.lock();
            try {
                tree.flushScheduled = false;
                // What was frozen while this ended has found flushScheduled set.
                schedule(tree);
            } finally {
                upkeep.end();
                upkeep.lock.unlock();
            }
        }
    }

    /** Flushes the oldest group, here; false if there is none, or somebody else is at it. */
    private boolean flushOnce(LsmTree tree) throws IOException {
        FlushPlan plan;
        upkeep.lock.lock();
        try {
            if (tree.flushing != null || upkeep.isStopped() || upkeep.hasFailed()) {
                return false;
            }
            plan = tree.openViews.plan(tree.frozenOldestFirst, isNothingOlder(tree), groupBytes());
            if (plan == null) {
                return false;
            }
            tree.flushing = plan;
            // On a checkpoint's thread nothing else tells close that the memtables are in use.
            upkeep.begin();
        } finally {
            upkeep.lock.unlock();
        }
        long startNanos = upkeep.resources.clock().nanoTime();
        List<SstableMeta> written = null;
        try {
            written = runFlush(tree, plan);
        } finally {
            try {
                finishFlush(tree, plan, written);
            } finally {
                endFlush();
            }
        }
        upkeep.report(
                new LsmEvent.FlushEnd(
                        tree.name(), written, upkeep.resources.clock().nanoTime() - startNanos));
        return true;
    }

    private List<SstableMeta> runFlush(LsmTree tree, FlushPlan plan) throws IOException {
        WriterBudgets budgets = upkeep.resources.writerBudgets();
        MemoryBudget budget = budgets.beginFlush();
        try (FlushPace.Flush pace = upkeep.resources.flushPace().begin(entryCount(plan))) {
            return new FlushJob(
                            plan,
                            tree.name(),
                            tree.operator(),
                            tree.options().columns(),
                            newTools(budget, pace))
                    .run();
        } finally {
            budgets.endFlush(budget);
        }
    }

    private FlushTools newTools(MemoryBudget budget, FlushProgress progress) {
        return new FlushTools(
                upkeep.storage,
                upkeep.sstableOptions,
                budget,
                upkeep.resources.clock(),
                upkeep.resources.random(),
                progress);
    }

    private static long entryCount(FlushPlan plan) {
        long count = 0;
        for (FrozenGeneration frozen : plan.oldestFirst()) {
            count += frozen.generation().entryCount();
        }
        return count;
    }

    /**
     * Writes an entry past the memtables and installs its SSTable as the newest of level 0, here.
     * Nothing older of the tree waits for its flush. A failure to write is the caller's; one behind
     * that stops the store, since the tree may have the entry or not.
     *
     * @param generation of the active memtable, which is empty
     */
    void writeLarge(LsmTree tree, long generation, Slice key, EntryKind kind, LargeValue value)
            throws IOException {
        long startNanos = upkeep.resources.clock().nanoTime();
        SstableMeta written;
        WriterBudgets budgets = upkeep.resources.writerBudgets();
        MemoryBudget budget = budgets.beginFlush();
        try {
            written =
                    new LargeEntryFlush(
                                    tree.name(),
                                    generation,
                                    tree.options().columns(),
                                    newTools(budget, entries -> {}))
                            .run(key, kind, value);
        } finally {
            budgets.endFlush(budget);
        }
        try {
            installLarge(tree, written);
            upkeep.report(
                    new LsmEvent.FlushEnd(
                            tree.name(),
                            List.of(written),
                            upkeep.resources.clock().nanoTime() - startNanos));
        } catch (Throwable failure) {
            // No other entry may get the generation that this one has.
            upkeep.fail(failure);
            throw failure;
        }
    }

    private void installLarge(LsmTree tree, SstableMeta written) {
        ReadView old;
        upkeep.lock.lock();
        try {
            upkeep.obsoleteFiles().created(List.of(written));
            tree.untouched = false;
            tree.versions.apply(new VersionEdit(List.of(), List.of(written)));
            old = upkeep.installView(tree);
            upkeep.scheduleCompaction(tree);
            upkeep.signalProgress();
        } finally {
            upkeep.lock.unlock();
        }
        Upkeep.releaseOld(old);
    }

    /** Installing the SSTable and dropping the memtables is one swap. */
    private void finishFlush(LsmTree tree, FlushPlan plan, @Nullable List<SstableMeta> written) {
        ReadView old = null;
        List<FrozenSource> viewed = List.of();
        SortedRun run = null;
        upkeep.lock.lock();
        try {
            tree.flushing = null;
            if (written != null) {
                upkeep.obsoleteFiles().created(written);
                for (PendingCheckpoint pending : upkeep.pendingCheckpoints()) {
                    pending.flushed(tree, plan, written);
                }
                viewed = tree.openViews.flushed(plan, written);
                viewed.forEach(source -> upkeep.obsoleteFiles().pin(written));
                run = viewed.isEmpty() ? null : run(written);
                if (!tree.dropped) {
                    tree.untouched = false;
                    tree.versions.apply(new VersionEdit(List.of(), written));
                    tree.frozenOldestFirst.removeAll(plan.oldestFirst());
                    old = upkeep.installFlushed(tree, plan.oldestFirst());
                    upkeep.scheduleCompaction(tree);
                }
                upkeep.scheduleDeletion();
            }
        } finally {
            upkeep.lock.unlock();
        }
        // Who waits for memory must find it: the old view holds it until now, and so do scans.
        Upkeep.releaseOld(old);
        for (FrozenSource source : viewed) {
            source.moveTo(run);
        }
    }

    private void endFlush() {
        upkeep.lock.lock();
        try {
            upkeep.end();
        } finally {
            upkeep.lock.unlock();
        }
    }

    private @Nullable SortedRun run(List<SstableMeta> written) {
        return written.isEmpty()
                ? null
                : new SortedRun(0, written.stream().map(upkeep.openSstables::of).toList());
    }

    /**
     * What makes a flush worth its file: more would only keep the memory longer that the writer may
     * wait for.
     */
    private long groupBytes() {
        return Math.min(memtableBytes, upkeep.resources.memtableShareBytes() / MEMTABLES_IN_SHARE);
    }

    /**
     * Whether a tombstone of the next flush could hide nothing. A pending checkpoint combines the
     * flush with the Version it pinned, which may still hold what the current one has lost.
     */
    private boolean isNothingOlder(LsmTree tree) {
        return tree.versions.current().isEmpty() && upkeep.pendingCheckpoints().isEmpty();
    }

    /**
     * Waits until the memtables are flushed, and flushes itself what nobody else does. A failure is
     * the caller's: the memtables stay where they are. Any thread: the store's close waits for a
     * flush that runs here.
     *
     * @param isFlushed asked under the lock
     * @throws IOException also if the store is closed, or the tree dropped, before that
     */
    void flushThrough(LsmTree tree, BooleanSupplier isFlushed)
            throws IOException, InterruptedException {
        while (true) {
            upkeep.lock.lockInterruptibly();
            try {
                while (true) {
                    upkeep.checkHealthy();
                    if (isFlushed.getAsBoolean()) {
                        return;
                    }
                    if (upkeep.isStopped() || tree.dropped) {
                        throw new IOException(
                                "[tree "
                                        + tree.name()
                                        + "] the store was closed before it was flushed; restore"
                                        + " from the last checkpoint");
                    }
                    if (tree.flushing == null) {
                        break;
                    }
                    upkeep.awaitProgress();
                }
            } finally {
                upkeep.lock.unlock();
            }
            flushOnce(tree);
        }
    }
}
