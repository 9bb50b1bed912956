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
package io.flinklsm.core.write;

import io.flinklsm.core.check.Clock;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.events.LsmEvent.StallCause;
import io.flinklsm.core.slot.Slot;
import io.flinklsm.core.tree.StoreLock;
import io.flinklsm.core.tree.TreeState;
import io.flinklsm.core.tree.Upkeep;
import java.io.IOException;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The rests of a store's writer: what {@link StallRule} asks for is owed at first and paid in small
 * parts before the next writes, and so is what {@link FlushPace} asks for, so that a slow writer
 * still moves all the time. Writer thread only.
 */
final class Stalls {

    /** A writer that waits for the background looks up this often. */
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** One write rests so long: below that, a thread cannot rest exactly. */
    private static final long PART_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Or this part of what is owed, if that is more: large values owe much, and are few. */
    private static final int PARTS = 32;

    /** A wait that goes on is told of after so long. */
    private static final long REPORT_NANOS = TimeUnit.SECONDS.toNanos(1);

    // Immutable.
    private final Upkeep upkeep;
    private final StoreLock lock;
    private final Slot slot;
    private final Clock clock;
    private final StallRule rule;
    private final FlushPace flushPace;

    // The writer's.
    private long owedNanos;
    private long paidNanos;
    private boolean isAheadOfFlush;
    private @Nullable TreeState slowest;
    private StallCause slowCause = StallCause.FLUSH;

    Stalls(Upkeep upkeep, Slot slot, StallRule rule, FlushPace flushPace) {
        this.upkeep = upkeep;
        this.lock = upkeep.lock();
        this.slot = slot;
        this.clock = slot.clock();
        this.rule = rule;
        this.flushPace = flushPace;
    }

    /** The tree has taken so many bytes: the more its background lags, the longer the rest. */
    void owe(TreeState tree, long writtenBytes) {
        long delayNanos =
                rule.delayNanos(
                        tree.version().level0Runs(),
                        upkeep.compactionDebtBytes(tree),
                        writtenBytes);
        isAheadOfFlush = flushPace.isWriterAhead();
        if (delayNanos > 0 || isAheadOfFlush) {
            owedNanos += delayNanos;
            slowest = tree;
            slowCause = delayNanos > 0 ? StallCause.COMPACTION : StallCause.FLUSH;
        }
    }

    boolean isOwing() {
        return owedNanos > 0 || isAheadOfFlush;
    }

    /** Rests a little of what is owed. */
    void pay() {
        Invariants.check(isOwing(), "nothing is owed", "owedNanos", owedNanos);
        long startNanos = clock.nanoTime();
        long partNanos = Math.max(PART_NANOS, owedNanos / PARTS);
        if (!isAheadOfFlush) {
            partNanos = Math.min(partNanos, owedNanos);
        }
        LockSupport.parkNanos(partNanos);
        // It may have slept longer than it wanted to, or not at all: an interrupt ends every rest.
        long sleptNanos = clock.nanoTime() - startNanos;
        paidNanos += sleptNanos;
        owedNanos = Math.max(0, owedNanos - sleptNanos);
        isAheadOfFlush = isAheadOfFlush && flushPace.isWriterAhead();
        TreeState tree = slowest;
        boolean isOver = !isOwing();
        if (tree != null && (isOver || paidNanos >= REPORT_NANOS)) {
            upkeep.report(new LsmEvent.Stall(tree.name(), slowCause, false, paidNanos));
            paidNanos = 0;
            slowest = isOver ? null : tree;
        }
    }

    /** Waits while too many frozen generations or level-0 runs wait behind the tree. */
    void awaitRoomBehind(TreeState tree) throws IOException {
        LsmEvent.Stall stall;
        do {
            stall = awaitRoomForAWhile(tree);
            if (stall != null) {
                upkeep.report(stall);
            }
        } while (stall != null);
    }

    /**
     * @return what was waited, by then or until there was room; null if there was room at once
     */
    private LsmEvent.@Nullable Stall awaitRoomForAWhile(TreeState tree) throws IOException {
        lock.lock();
        try {
            if (!mustStop(tree)) {
                return null;
            }
            StallCause cause =
                    rule.isLevel0Full(tree.version().level0Runs())
                            ? StallCause.COMPACTION
                            : StallCause.FLUSH;
            long startNanos = clock.nanoTime();
            do {
                upkeep.checkHealthy();
                if (upkeep.isStopped()) {
                    throw new IllegalStateException(
                            "[tree " + tree.name() + "] is closed; open its store again");
                }
                upkeep.scheduleFlush(tree);
                upkeep.scheduleCompaction(tree);
                lock.awaitProgress(POLL_NANOS);
            } while (mustStop(tree) && clock.nanoTime() - startNanos < REPORT_NANOS);
            return new LsmEvent.Stall(tree.name(), cause, true, clock.nanoTime() - startNanos);
        } finally {
            lock.unlock();
        }
    }

    private boolean mustStop(TreeState tree) {
        return rule.mustStop(tree.version().level0Runs(), tree.frozenCount());
    }

    /**
     * Waits a while for memory that a flush gives back; the caller tries again. Progress that gave
     * no memory back does not end it.
     *
     * @param wantedBytes returns at once if what is dirty has them by now; 0 if it is not their own
     *     part of the memory that is short
     */
    void awaitMemory(TreeState tree, Collection<TreeState> trees, long wantedBytes)
            throws IOException {
        Invariants.check(
                wantedBytes >= 0, "a wait for less than nothing", "wantedBytes", wantedBytes);
        long startNanos = clock.nanoTime();
        long releases = slot.memory().releaseCount();
        lock.lock();
        try {
            trees.forEach(upkeep::scheduleFlush);
            long leftNanos = POLL_NANOS;
            while (leftNanos > 0
                    && releases == slot.memory().releaseCount()
                    && (wantedBytes == 0 || !slot.tierMemory().hasDirtyRoom(wantedBytes))
                    && !upkeep.hasFailed()
                    && !upkeep.isStopped()) {
                leftNanos = lock.awaitProgress(leftNanos);
            }
        } finally {
            lock.unlock();
        }
        upkeep.report(
                new LsmEvent.Stall(
                        tree.name(), StallCause.MEMORY, true, clock.nanoTime() - startNanos));
    }
}
