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
package io.flinklsm.core.compaction;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memory.WriterBudgets;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.core.merge.GuardedFilter;
import io.flinklsm.core.slot.Slot;
import io.flinklsm.core.slot.WorkTurn;
import io.flinklsm.core.tree.FlushMeter;
import io.flinklsm.core.tree.StoreFiles;
import io.flinklsm.core.tree.StoreLock;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.tree.TreeState;
import io.flinklsm.core.tree.Upkeep;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionEdit;
import io.flinklsm.core.view.ReadView;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The compactions of one store: when they start, and the installing of what they made.
 *
 * <p>A tree that has something due puts one task into the queue of the slot. What it does is picked
 * when it gets a thread, so that a plan is never stale; then the next task is queued, as long as
 * the tree has another plan that may run beside those that run ({@link CompactionSlots}).
 *
 * <p>One compaction at a time is enough as long as it keeps up, and leaves the other cores to the
 * tasks: one of a tree, and where processors are few one of the slot ({@link RestBehindOthers}).
 * Once level 0 or the debt is half way to where writes are slowed down, all threads may work on one
 * tree.
 *
 * <p>Why several may run at once: each sees the Version of its start, but its edit names its inputs
 * and outputs only, and is applied to the Version of its end. Plans that run together share no
 * input, so each finds its inputs there; and by the rules of the slots the outputs of one neither
 * overlap those of another in a level nor pass anything of it in age. What was older than an input
 * at the start is still older, or gone, at the end: files only move down, and new ones are newer.
 */
@SuppressWarnings("GuardedBy") // It follows no lock into a method: checkHeld() and LayoutTest do.
public final class Compactions {

    /** How near a tree is to where writes are slowed down. */
    @FunctionalInterface
    public interface Pressure {

        /**
         * @return 0 if nothing is due; from 1 on writes are slowed down
         */
        double of(int level0Runs, long debtBytes);
    }

    /** What compactions know of one tree. */
    private static final class Work {
        final CompactionSlots slots = new CompactionSlots();

        /** Whether a task waits for its thread. */
        boolean queued;

        /** As long as there are any, no compaction starts by itself. */
        int pauses;
    }

    /**
     * Pressure from which a tree's compactions take more than one thread, and do not wait after a
     * restore.
     */
    private static final double PARALLEL_PRESSURE = 0.5;

    // Immutable.
    private final Upkeep upkeep;
    private final StoreLock lock;
    private final Slot slot;
    private final Clock clock;
    private final StoreFiles files;
    private final Function<String, CompactionPicker> pickers;
    private final Pressure pressure;
    private final FlushMeter meter;
    private final long targetFileBytes;

    /** Of the trees that had something to compact, or were asked; none that was dropped. */
    @GuardedBy("lock")
    private final Map<TreeState, Work> works = new IdentityHashMap<>();

    /**
     * @param pickers the picker of a tree, by the tree's name; cheap
     * @param meter knows whether a flush runs
     * @param targetFileBytes a new output file is started at this size
     */
    public Compactions(
            Upkeep upkeep,
            Slot slot,
            StoreFiles files,
            Function<String, CompactionPicker> pickers,
            Pressure pressure,
            FlushMeter meter,
            long targetFileBytes) {
        if (targetFileBytes < 1) {
            throw new IllegalArgumentException(
                    "an output has room: targetFileBytes=" + targetFileBytes);
        }
        this.upkeep = upkeep;
        this.lock = upkeep.lock();
        this.slot = slot;
        this.clock = slot.clock();
        this.files = files;
        this.pickers = pickers;
        this.pressure = pressure;
        this.meter = meter;
        this.targetFileBytes = targetFileBytes;
    }

    private Work work(TreeState tree) {
        lock.checkHeld();
        return works.computeIfAbsent(tree, each -> new Work());
    }

    /** Whether no compaction of the tree runs. Needs the lock. */
    public boolean isIdle(TreeState tree) {
        return running(tree) == 0;
    }

    /** How many compactions of the tree run. Needs the lock. */
    public int running(TreeState tree) {
        lock.checkHeld();
        Work work = works.get(tree);
        return work == null ? 0 : work.slots.running();
    }

    /** Whether a compaction of the tree waits for its thread. Needs the lock. */
    public boolean isPending(TreeState tree) {
        lock.checkHeld();
        Work work = works.get(tree);
        return work != null && work.queued;
    }

    /** The tree was dropped, and no compaction of it runs. Needs the lock. */
    public void forget(TreeState tree) {
        lock.checkHeld();
        Invariants.check(
                isIdle(tree), "a tree is forgotten while it is compacted", "trees", works.size());
        works.remove(tree);
    }

    /** Bytes that compactions of the tree must read until nothing is due. Any thread. */
    public long debtBytes(TreeState tree) {
        return debtBytes(tree, tree.version());
    }

    /** Bytes that compactions of the tree in this Version must read until nothing is due. */
    public long debtBytes(TreeState tree, Version version) {
        return pickers.apply(tree.name()).debtBytes(version);
    }

    /** Queues a task for the tree if something is due that may start. Needs the lock. */
    public void schedule(TreeState tree) {
        if (tree.isDropped()) {
            return;
        }
        Work work = work(tree);
        if (!work.queued && pick(tree, work) != null) {
            work.queued = upkeep.begin(slot.background()::compaction, () -> run(tree));
        }
    }

    /**
     * A restored store first serves: what compactions the checkpoint left due were due for the
     * store that took it, which may have done them since, and with a rescaling every part would do
     * them again. They wait for the tree's first flush or checkpoint, unless there are many.
     *
     * <p>Needs the lock.
     */
    private @Nullable CompactionPlan pick(TreeState tree, Work work) {
        if (!tree.isOpened()
                || work.pauses > 0
                || work.slots.running() >= threadsFor(tree)
                || (tree.isUntouched() && pressure(tree) < PARALLEL_PRESSURE)
                || upkeep.isStopped()
                || upkeep.hasFailed()) {
            return null;
        }
        CompactionPlan plan = pickers.apply(tree.name()).pick(tree.version(), work.slots);
        return plan == null || (plan.needsOperator() && tree.operator() == null) ? null : plan;
    }

    private int threadsFor(TreeState tree) {
        return pressure(tree) < PARALLEL_PRESSURE ? 1 : slot.compactionThreads();
    }

    private boolean isUrgent(TreeState tree) {
        return upkeep.isStopped() || tree.isDropped() || pressure(tree) >= PARALLEL_PRESSURE;
    }

    private double pressure(TreeState tree) {
        return pressure.of(tree.version().level0Runs(), debtBytes(tree));
    }

    private void run(TreeState tree) {
        CompactionPlan plan = null;
        try {
            plan = take(tree);
            if (plan != null) {
                compact(tree, plan);
            }
        } catch (IOException | RuntimeException | Error e) {
            upkeep.fail(e);
        } finally {
            end(tree, plan);
        }
    }

    private @Nullable CompactionPlan take(TreeState tree) {
        lock.lock();
        try {
            if (tree.isDropped()) {
                return null;
            }
            Work work = work(tree);
            work.queued = false;
            CompactionPlan plan = pick(tree, work);
            if (plan != null) {
                work.slots.begin(plan);
                schedule(tree);
            }
            return plan;
        } finally {
            lock.unlock();
        }
    }

    private void end(TreeState tree, @Nullable CompactionPlan plan) {
        lock.lock();
        try {
            if (plan != null) {
                work(tree).slots.end(plan);
            }
            schedule(tree);
        } finally {
            upkeep.end();
            lock.unlock();
        }
    }

    private void compact(TreeState tree, CompactionPlan plan) throws IOException {
        long startNanos = clock.nanoTime();
        VersionEdit edit = runJob(tree, plan);
        if (edit.isEmpty()) {
            return;
        }
        install(tree, edit);
        upkeep.report(
                new LsmEvent.CompactionEnd(
                        tree.name(),
                        plan.inputMetas(),
                        edit.added(),
                        plan.outputLevel(),
                        clock.nanoTime() - startNanos));
    }

    private void install(TreeState tree, VersionEdit edit) {
        ReadView old = null;
        lock.lock();
        try {
            files.obsoleteFiles().created(edit.added());
            if (!tree.isDropped()) {
                old = tree.install(edit);
            }
            upkeep.scheduleDeletion();
            lock.signalProgress();
        } finally {
            lock.unlock();
        }
        TreeState.release(old);
    }

    private VersionEdit runJob(TreeState tree, CompactionPlan plan) throws IOException {
        TreeOptions treeOptions = tree.options();
        WriterBudgets budgets = slot.writerBudgets();
        MemoryBudget budget = budgets.beginCompaction();
        WorkTurn turn = slot.compactionTurn();
        try {
            CompactionTools tools =
                    new CompactionTools(
                            files.storage(),
                            files.sstableOptions(tree),
                            targetFileBytes,
                            budget,
                            clock,
                            slot.random(),
                            files.obsoleteFiles(),
                            new RestBehindOthers(
                                    Runtime.getRuntime().availableProcessors(),
                                    () -> meter.isFlushing() || !turn.isOf(plan),
                                    () -> isUrgent(tree)));
            return new CompactionJob(
                            plan,
                            tree.name(),
                            treeOptions.operator(),
                            guarded(tree, treeOptions.filter()),
                            treeOptions.columns(),
                            tools,
                            () -> upkeep.isStopped() || tree.isDropped())
                    .run();
        } finally {
            turn.end(plan);
            budgets.endCompaction(budget);
        }
    }

    private @Nullable EntryFilter guarded(TreeState tree, @Nullable EntryFilter filter) {
        return filter == null
                ? null
                : new GuardedFilter(
                        filter, (keyBytes, cause) -> filterFailed(tree, keyBytes, cause));
    }

    private void filterFailed(TreeState tree, int keyBytes, Throwable cause) {
        if (tree.filterFailed()) {
            upkeep.report(new LsmEvent.FilterFailed(tree.name(), keyBytes, cause));
        }
    }

    /** Merges all SSTables of the tree into one bottom run; waits for its turn, runs here. */
    public void compactAll(TreeState tree) throws IOException, InterruptedException {
        CompactionPlan plan;
        pause(tree);
        lock.lock();
        try {
            Work work = work(tree);
            work.pauses--;
            Invariants.check(
                    work.pauses >= 0,
                    "a tree is resumed that was not paused",
                    "pauses",
                    work.pauses);
            plan = pickers.apply(tree.name()).pickAll(tree.version());
            if (plan == null) {
                return;
            }
            work.slots.begin(plan);
            upkeep.begin();
        } finally {
            lock.unlock();
        }
        try {
            compact(tree, plan);
        } finally {
            end(tree, plan);
        }
    }

    /** Waits until no compaction of the tree runs; none starts before {@link #resume}. */
    public void pause(TreeState tree) throws IOException, InterruptedException {
        lock.lockInterruptibly();
        Work work = work(tree);
        work.pauses++;
        boolean paused = false;
        try {
            while (work.slots.running() > 0) {
                upkeep.checkHealthy();
                lock.awaitProgress();
            }
            upkeep.checkHealthy();
            paused = true;
        } finally {
            if (!paused) {
                work.pauses--;
            }
            lock.unlock();
        }
    }

    /** The end of a {@link #pause}. */
    public void resume(TreeState tree) {
        lock.lock();
        try {
            Work work = work(tree);
            work.pauses--;
            Invariants.check(
                    work.pauses >= 0,
                    "a tree is resumed that was not paused",
                    "pauses",
                    work.pauses);
            schedule(tree);
        } finally {
            lock.unlock();
        }
    }
}
