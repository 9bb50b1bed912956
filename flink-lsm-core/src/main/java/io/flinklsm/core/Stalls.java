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

import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.write.FlushPace;
import io.flinklsm.core.write.StallRule;
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

    /** Whoever waits for the background looks up this often. */
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** One write rests so long: below that, a thread cannot rest exactly. */
    private static final long PART_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Or this part of what is owed, if that is more: large values owe much, and are few. */
    private static final int PARTS = 32;

    private final Upkeep upkeep;
    private final StallRule rule;
    private long owedNanos;
    private long paidNanos;
    private boolean isAheadOfFlush;
    private @Nullable LsmTree slowest;

    Stalls(Upkeep upkeep, StallRule rule) {
        this.upkeep = upkeep;
        this.rule = rule;
    }

    /** The tree has taken so many bytes: the more its background lags, the longer the rest. */
    void owe(LsmTree tree, long writtenBytes) {
        long delayNanos =
                rule.delayNanos(
                        tree.versions.current().level0Runs(),
                        upkeep.compactions().debtBytes(tree),
                        writtenBytes);
        isAheadOfFlush = upkeep.resources.flushPace().isWriterAhead();
        if (delayNanos > 0 || isAheadOfFlush) {
            owedNanos += delayNanos;
            slowest = tree;
        }
    }

    boolean isOwing() {
        return owedNanos > 0 || isAheadOfFlush;
    }

    /** Rests a little of what is owed. */
    void pay() {
        long startNanos = upkeep.resources.clock().nanoTime();
        long partNanos = Math.max(PART_NANOS, owedNanos / PARTS);
        if (!isAheadOfFlush) {
            partNanos = Math.min(partNanos, owedNanos);
        }
        LockSupport.parkNanos(partNanos);
        // It may have slept longer than it wanted to, or not at all: an interrupt ends every rest.
        long sleptNanos = upkeep.resources.clock().nanoTime() - startNanos;
        paidNanos += sleptNanos;
        owedNanos = Math.max(0, owedNanos - sleptNanos);
        isAheadOfFlush = isAheadOfFlush && upkeep.resources.flushPace().isWriterAhead();
        LsmTree tree = slowest;
        if (!isOwing() && tree != null) {
            upkeep.report(new LsmEvent.Stall(tree.name(), false, paidNanos));
            paidNanos = 0;
            slowest = null;
        }
    }

    /** Waits while too many memtables or level-0 runs wait behind the tree. */
    void awaitRoomBehind(LsmTree tree) throws IOException {
        long startNanos = 0;
        upkeep.lock.lock();
        try {
            while (rule.mustStop(
                    tree.versions.current().level0Runs(), tree.frozenOldestFirst.size())) {
                upkeep.checkHealthy();
                if (upkeep.isStopped()) {
                    throw new IllegalStateException(
                            "[tree " + tree.name() + "] is closed; open its store again");
                }
                if (startNanos == 0) {
                    startNanos = upkeep.resources.clock().nanoTime();
                }
                upkeep.scheduleFlush(tree);
                upkeep.scheduleCompaction(tree);
                upkeep.awaitProgress(POLL_NANOS);
            }
        } finally {
            upkeep.lock.unlock();
        }
        if (startNanos != 0) {
            long stoppedNanos = upkeep.resources.clock().nanoTime() - startNanos;
            upkeep.report(new LsmEvent.Stall(tree.name(), true, stoppedNanos));
        }
    }

    /**
     * Waits a while for memory that a flush gives back; the caller tries again. Progress that gave
     * no memory back does not end it.
     *
     * @param wantedBytes returns at once if memtables have them by now; 0 if it is not their own
     *     part of the memory that is short
     */
    void awaitMemory(LsmTree tree, Collection<LsmTree> trees, long wantedBytes) throws IOException {
        long startNanos = upkeep.resources.clock().nanoTime();
        long releases = upkeep.resources.memory().releaseCount();
        upkeep.lock.lock();
        try {
            trees.forEach(upkeep::scheduleFlush);
            long leftNanos = POLL_NANOS;
            while (leftNanos > 0
                    && releases == upkeep.resources.memory().releaseCount()
                    && (wantedBytes == 0
                            || !upkeep.resources.tierMemory().hasDirtyRoom(wantedBytes))
                    && !upkeep.hasFailed()
                    && !upkeep.isStopped()) {
                leftNanos = upkeep.awaitProgress(leftNanos);
            }
        } finally {
            upkeep.lock.unlock();
        }
        upkeep.report(
                new LsmEvent.Stall(
                        tree.name(), true, upkeep.resources.clock().nanoTime() - startNanos));
    }
}
