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
import io.flinklsm.core.compaction.CompactionPicker;
import io.flinklsm.core.compaction.CompactionPlan;
import io.flinklsm.core.compaction.CompactionTools;
import io.flinklsm.core.compaction.RestBehindFlushes;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memory.WriterBudgets;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.core.merge.GuardedFilter;
import io.flinklsm.core.version.VersionEdit;
import io.flinklsm.core.view.ReadView;
import io.flinklsm.core.write.StallRule;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The compactions of one store: when they start, and the installing of what they made.
 *
 * <p>A tree that has something due puts one task into the queue of the slot. What it does is picked
 * when it gets a thread, so that a plan is never stale; then the next task is queued, as long as
 * the tree has another plan that may run beside those that run ({@link
 * io.flinklsm.core.compaction.CompactionSlots}).
 *
 * <p>One compaction at a time is enough as long as it keeps up, and leaves the other cores to the
 * tasks; once level 0 or the debt is half way to where writes are slowed down, all threads may work
 * on one tree.
 *
 * <p>Why several may run at once: each sees the Version of its start, but its edit names its inputs
 * and outputs only, and is applied to the Version of its end. Plans that run together share no
 * input, so each finds its inputs there; and by the rules of the slots the outputs of one neither
 * overlap those of another in a level nor pass anything of it in age. What was older than an input
 * at the start is still older, or gone, at the end: files only move down, and new ones are newer.
 */
final class Compactions {

    /**
     * Pressure from which a tree's compactions take more than one thread, and do not wait after a
     * restore.
     */
    private static final double PARALLEL_PRESSURE = 0.5;

    private final Upkeep upkeep;
    private final CompactionPicker picker;
    private final StallRule stallRule;
    private final long targetFileBytes;
    private final int threads;

    Compactions(Upkeep upkeep, LsmStoreOptions options, int threads) {
        this.upkeep = upkeep;
        this.picker = options.compactionPicker();
        this.stallRule = options.stallRule();
        this.targetFileBytes = options.targetFileBytes();
        this.threads = threads;
    }

    /** Bytes that compactions of the tree must read until nothing is due. Any thread. */
    long debtBytes(LsmTree tree) {
        return picker.debtBytes(tree.versions.current());
    }

    /** Queues a task for the tree if something is due that may start. Needs the lock. */
    void schedule(LsmTree tree) {
        if (!tree.compactionQueued && pick(tree) != null) {
            tree.compactionQueued =
                    upkeep.begin(upkeep.resources.background()::compaction, () -> run(tree));
        }
    }

    /**
     * A restored store first serves: what compactions the checkpoint left due were due for the
     * store that took it, which may have done them since, and with a rescaling every part would do
     * them again. They wait for the tree's first flush or checkpoint, unless there are many.
     *
     * <p>Needs the lock.
     */
    private @Nullable CompactionPlan pick(LsmTree tree) {
        if (!tree.opened
                || tree.dropped
                || tree.compactionPauses > 0
                || tree.compactions.running() >= threadsFor(tree)
                || (tree.untouched && pressure(tree) < PARALLEL_PRESSURE)
                || upkeep.isStopped()
                || upkeep.hasFailed()) {
            return null;
        }
        CompactionPlan plan = picker.pick(tree.versions.current(), tree.compactions);
        return plan == null || (plan.needsOperator() && tree.operator() == null) ? null : plan;
    }

    private int threadsFor(LsmTree tree) {
        return pressure(tree) < PARALLEL_PRESSURE ? 1 : threads;
    }

    private boolean isUrgent(LsmTree tree) {
        return upkeep.isStopped() || tree.dropped || pressure(tree) >= PARALLEL_PRESSURE;
    }

    private double pressure(LsmTree tree) {
        return stallRule.pressure(tree.versions.current().level0Runs(), debtBytes(tree));
    }

    private void run(LsmTree tree) {
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

    private @Nullable CompactionPlan take(LsmTree tree) {
        upkeep.lock.lock();
        try {
            tree.compactionQueued = false;
            CompactionPlan plan = pick(tree);
            if (plan != null) {
                tree.compactions.begin(plan);
                schedule(tree);
            }
            return plan;
        } finally {
            upkeep.lock.unlock();
        }
    }

    private void end(LsmTree tree, @Nullable CompactionPlan plan) {
        upkeep.lock.lock();
        try {
            if (plan != null) {
                tree.compactions.end(plan);
            }
            schedule(tree);
        } finally {
            upkeep.end();
            upkeep.lock.unlock();
        }
    }

    private void compact(LsmTree tree, CompactionPlan plan) throws IOException {
        long startNanos = upkeep.resources.clock().nanoTime();
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
                        upkeep.resources.clock().nanoTime() - startNanos));
    }

    private void install(LsmTree tree, VersionEdit edit) {
        ReadView old = null;
        upkeep.lock.lock();
        try {
            upkeep.obsoleteFiles().created(edit.added());
            if (!tree.dropped) {
                tree.versions.apply(edit);
                old = upkeep.installView(tree);
            }
            upkeep.scheduleDeletion();
            upkeep.signalProgress();
        } finally {
            upkeep.lock.unlock();
        }
        Upkeep.releaseOld(old);
    }

    private VersionEdit runJob(LsmTree tree, CompactionPlan plan) throws IOException {
        TreeOptions treeOptions = tree.options();
        WriterBudgets budgets = upkeep.resources.writerBudgets();
        MemoryBudget budget = budgets.beginCompaction();
        try {
            CompactionTools tools =
                    new CompactionTools(
                            upkeep.storage,
                            upkeep.sstableOptions,
                            targetFileBytes,
                            budget,
                            upkeep.resources.clock(),
                            upkeep.resources.random(),
                            upkeep.obsoleteFiles(),
                            new RestBehindFlushes(
                                    Runtime.getRuntime().availableProcessors(),
                                    upkeep.resources.flushPace()::isFlushing,
                                    () -> isUrgent(tree)));
            return new CompactionJob(
                            plan,
                            tree.name(),
                            treeOptions.operator(),
                            guarded(tree, treeOptions.filter()),
                            treeOptions.columns(),
                            tools,
                            () -> upkeep.isStopped() || tree.dropped)
                    .run();
        } finally {
            budgets.endCompaction(budget);
        }
    }

    private @Nullable EntryFilter guarded(LsmTree tree, @Nullable EntryFilter filter) {
        return filter == null
                ? null
                : new GuardedFilter(
                        filter, (keyBytes, cause) -> filterFailed(tree, keyBytes, cause));
    }

    private void filterFailed(LsmTree tree, int keyBytes, Throwable cause) {
        if (tree.filterFailures.getAndIncrement() == 0) {
            upkeep.report(new LsmEvent.FilterFailed(tree.name(), keyBytes, cause));
        }
    }

    /** Merges all SSTables of the tree into one bottom run; waits for its turn, runs here. */
    void compactAll(LsmTree tree) throws IOException, InterruptedException {
        CompactionPlan plan;
        pause(tree);
        upkeep.lock.lock();
        try {
            tree.compactionPauses--;
            plan = picker.pickAll(tree.versions.current());
            if (plan == null) {
                return;
            }
            tree.compactions.begin(plan);
            upkeep.begin();
        } finally {
            upkeep.lock.unlock();
        }
        try {
            compact(tree, plan);
        } finally {
            end(tree, plan);
        }
    }

    /** Waits until no compaction of the tree runs; none starts before {@link #resume}. */
    void pause(LsmTree tree) throws IOException, InterruptedException {
        upkeep.lock.lockInterruptibly();
        tree.compactionPauses++;
        boolean paused = false;
        try {
            while (tree.compactions.running() > 0) {
                upkeep.checkHealthy();
                upkeep.awaitProgress();
            }
            upkeep.checkHealthy();
            paused = true;
        } finally {
            if (!paused) {
                tree.compactionPauses--;
            }
            upkeep.lock.unlock();
        }
    }

    /** The end of a {@link #pause}. */
    void resume(LsmTree tree) {
        upkeep.lock.lock();
        try {
            tree.compactionPauses--;
            schedule(tree);
        } finally {
            upkeep.lock.unlock();
        }
    }
}
