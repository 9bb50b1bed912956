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
package io.flinklsm.core.flush;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memory.WriterBudgets;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.slot.Slot;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.tree.FlushMeter;
import io.flinklsm.core.tree.FlushPlan;
import io.flinklsm.core.tree.FlushProgress;
import io.flinklsm.core.tree.StoreFiles;
import io.flinklsm.core.tree.StoreLock;
import io.flinklsm.core.tree.TreeState;
import io.flinklsm.core.tree.Upkeep;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.VersionEdit;
import io.flinklsm.core.view.FrozenSource;
import io.flinklsm.core.view.ReadView;
import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The flushes of one store. A tree flushes one group of generations at a time, oldest first, so
 * that level 0 grows in the order of generations. A failure stops the store; a flush that a
 * checkpoint runs itself fails only the checkpoint.
 */
public final class Flushes {

    /** Generations of this part of the store's memory are flushed alone. */
    private static final int GENERATIONS_IN_SHARE = 3;

    private final Upkeep upkeep;
    private final StoreLock lock;
    private final Slot slot;
    private final Clock clock;
    private final StoreFiles files;
    private final FlushMeter meter;
    private final long memtableBytes;

    /**
     * @param meter hears of each flush
     * @param memtableBytes limit of one generation; small ones are flushed together up to this size
     */
    public Flushes(
            Upkeep upkeep, Slot slot, StoreFiles files, FlushMeter meter, long memtableBytes) {
        if (memtableBytes < 1) {
            throw new IllegalArgumentException(
                    "a generation has room: memtableBytes=" + memtableBytes);
        }
        this.upkeep = upkeep;
        this.lock = upkeep.lock();
        this.slot = slot;
        this.clock = slot.clock();
        this.files = files;
        this.meter = meter;
        this.memtableBytes = memtableBytes;
    }

    /** Flushes the tree's queue in the background. Needs the lock. */
    public void schedule(TreeState tree) {
        if (tree.needsFlushTask() && !upkeep.isStopped() && !upkeep.hasFailed()) {
            // Before the task can run: it waits for the lock that we hold.
            tree.setFlushScheduled(upkeep.begin(slot.background()::flush, () -> flushQueue(tree)));
        } else if (tree.isFlushing()) {
            tree.wantFlushTask();
        }
    }

    private void flushQueue(TreeState tree) {
        try {
            while (flushOnce(tree)) {
                // One group after another.
            }
        } catch (IOException | RuntimeException | Error e) {
            upkeep.fail(e);
        } finally {
            lock.lock();
            try {
                tree.setFlushScheduled(false);
                // What was frozen while this ended has found flushScheduled set.
                schedule(tree);
            } finally {
                upkeep.end();
                lock.unlock();
            }
        }
    }

    /** Flushes the oldest group, here; false if there is none, or another thread is at it. */
    private boolean flushOnce(TreeState tree) throws IOException {
        FlushPlan plan;
        lock.lock();
        try {
            if (tree.isFlushing() || upkeep.isStopped() || upkeep.hasFailed()) {
                return false;
            }
            plan = tree.beginFlush(isNothingOlder(tree), groupBytes());
            if (plan == null) {
                return false;
            }
            // On a checkpoint's thread nothing else tells close that the generations are in use.
            upkeep.begin();
        } finally {
            lock.unlock();
        }
        long startNanos = clock.nanoTime();
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
        upkeep.report(new LsmEvent.FlushEnd(tree.name(), written, clock.nanoTime() - startNanos));
        return true;
    }

    private List<SstableMeta> runFlush(TreeState tree, FlushPlan plan) throws IOException {
        WriterBudgets budgets = slot.writerBudgets();
        MemoryBudget budget = budgets.beginFlush();
        try (FlushMeter.Run run = meter.begin(entryCount(plan))) {
            return new FlushJob(
                            plan,
                            tree.name(),
                            tree.operator(),
                            tree.options().columns(),
                            newTools(tree, budget, run))
                    .run();
        } finally {
            budgets.endFlush(budget);
        }
    }

    private FlushTools newTools(TreeState tree, MemoryBudget budget, FlushProgress progress) {
        return new FlushTools(
                files.storage(),
                files.sstableOptions(tree),
                budget,
                clock,
                slot.random(),
                progress);
    }

    private static long entryCount(FlushPlan plan) {
        long count = 0;
        for (FrozenGeneration frozen : plan.oldestFirst()) {
            count += frozen.generation().entryCount();
        }
        Invariants.check(count >= 0, "a flush has fewer entries than none", "entries", count);
        return count;
    }

    /**
     * Writes an entry past the tier and installs its SSTable as the newest of level 0, here.
     * Nothing older of the tree waits for its flush. A failure to write is the caller's; one behind
     * that stops the store, since the tree may have the entry or not.
     *
     * @param generation of the SSTable; no other entry has it
     */
    public void writeLarge(
            TreeState tree, long generation, Slice key, EntryKind kind, LargeValue value)
            throws IOException {
        long startNanos = clock.nanoTime();
        SstableMeta written;
        WriterBudgets budgets = slot.writerBudgets();
        MemoryBudget budget = budgets.beginFlush();
        try {
            written =
                    new LargeEntryFlush(
                                    tree.name(),
                                    generation,
                                    tree.options().columns(),
                                    newTools(tree, budget, entries -> {}))
                            .run(key, kind, value);
        } finally {
            budgets.endFlush(budget);
        }
        try {
            installLarge(tree, written);
            upkeep.report(
                    new LsmEvent.FlushEnd(
                            tree.name(), List.of(written), clock.nanoTime() - startNanos));
        } catch (Throwable failure) {
            // No other entry may get the generation that this one has.
            upkeep.fail(failure);
            throw failure;
        }
    }

    private void installLarge(TreeState tree, SstableMeta written) {
        Invariants.check(
                written.level() == 0 && written.entryCount() == 1,
                "a large entry stands in another SSTable than one of its own",
                "level",
                written.level(),
                "entries",
                written.entryCount());
        ReadView old;
        lock.lock();
        try {
            files.obsoleteFiles().created(List.of(written));
            tree.touch();
            old = tree.install(new VersionEdit(List.of(), List.of(written)));
            upkeep.scheduleCompaction(tree);
            lock.signalProgress();
        } finally {
            lock.unlock();
        }
        TreeState.release(old);
    }

    /** The SSTable is installed and its generations become clean in one swap. */
    private void finishFlush(TreeState tree, FlushPlan plan, @Nullable List<SstableMeta> written) {
        ReadView old = null;
        List<FrozenSource> viewed = List.of();
        SortedRun run = null;
        lock.lock();
        try {
            tree.endFlush();
            if (written != null) {
                files.obsoleteFiles().created(written);
                upkeep.flushed(tree, plan, written);
                viewed = tree.flushedSources(plan, written);
                run = viewed.isEmpty() ? null : run(written);
                if (!tree.isDropped()) {
                    old = tree.installFlushed(plan, written);
                    upkeep.scheduleCompaction(tree);
                }
                upkeep.scheduleDeletion();
            }
            // What was frozen while a checkpoint's thread flushed. If that failed, the checkpoint
            // fails alone: nothing is tried again that no writer has asked for.
            if (tree.takeFlushWanted()) {
                schedule(tree);
            }
        } finally {
            lock.unlock();
        }
        // A writer that waits for memory must find it: scans hold it until now.
        TreeState.release(old);
        for (FrozenSource source : viewed) {
            source.moveTo(run);
        }
    }

    private void endFlush() {
        lock.lock();
        try {
            upkeep.end();
        } finally {
            lock.unlock();
        }
    }

    private @Nullable SortedRun run(List<SstableMeta> written) {
        return written.isEmpty()
                ? null
                : new SortedRun(0, written.stream().map(files.openSstables()::of).toList());
    }

    /**
     * What makes a flush worth its file: more would only keep the memory longer that the writer may
     * wait for.
     */
    private long groupBytes() {
        return Math.min(memtableBytes, slot.memtableShareBytes() / GENERATIONS_IN_SHARE);
    }

    /**
     * Whether a tombstone of the next flush could hide nothing. A pending checkpoint combines the
     * flush with the Version it pinned, which may still hold what the current one has lost.
     */
    private boolean isNothingOlder(TreeState tree) {
        return tree.version().isEmpty() && !upkeep.hasFlushListeners();
    }

    /**
     * Waits until the generations are flushed, and flushes itself what no other thread does. A
     * failure is the caller's: the generations stay where they are. Any thread: the store's close
     * waits for a flush that runs here.
     *
     * @param isFlushed asked under the lock
     * @throws IOException also if the store is closed, or the tree dropped, before that
     */
    public void flushThrough(TreeState tree, BooleanSupplier isFlushed)
            throws IOException, InterruptedException {
        while (true) {
            lock.lockInterruptibly();
            try {
                while (true) {
                    upkeep.checkHealthy();
                    if (isFlushed.getAsBoolean()) {
                        return;
                    }
                    if (upkeep.isStopped() || tree.isDropped()) {
                        throw new IOException(
                                "[tree "
                                        + tree.name()
                                        + "] the store was closed before it was flushed; restore"
                                        + " from the last checkpoint");
                    }
                    if (!tree.isFlushing()) {
                        break;
                    }
                    lock.awaitProgress();
                }
            } finally {
                lock.unlock();
            }
            flushOnce(tree);
        }
    }
}
