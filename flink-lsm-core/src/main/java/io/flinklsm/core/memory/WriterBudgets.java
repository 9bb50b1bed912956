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
package io.flinklsm.core.memory;

import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Invariants;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Memory for those who write SSTables: a fixed set of budgets, some for flushes and some for
 * compactions, one a writer at a time. Each is set aside, so that a writer that has one always
 * ends, whatever tiers, cache and other writers hold; a caller that finds none waits for a writer
 * to end. Safe for any thread.
 *
 * <p>A budget may grow into what the pool has free: an entry that is larger than the set-aside part
 * needs it.
 */
public final class WriterBudgets implements AutoCloseable {

    private static final int FLUSHES = 2;

    private final List<MemoryBudget> all = new ArrayList<>();
    private final BlockingQueue<MemoryBudget> flushes = new ArrayBlockingQueue<>(FLUSHES);
    private final BlockingQueue<MemoryBudget> compactions;
    private final long bytesEach;

    /**
     * @param reservedBytes of all writers together
     */
    public WriterBudgets(MemoryBudget pool, long reservedBytes, int compactionThreads) {
        if (reservedBytes < 0 || compactionThreads < 1) {
            throw new IllegalArgumentException(
                    "writers have memory and a thread: reservedBytes="
                            + reservedBytes
                            + ", compactionThreads="
                            + compactionThreads);
        }
        compactions = new ArrayBlockingQueue<>(compactionThreads);
        bytesEach = reservedBytes / (FLUSHES + compactionThreads);
        for (int i = 0; i < FLUSHES; i++) {
            flushes.add(newBudget(pool, "flush-" + i));
        }
        for (int i = 0; i < compactionThreads; i++) {
            compactions.add(newBudget(pool, "compaction-" + i));
        }
    }

    private MemoryBudget newBudget(MemoryBudget pool, String name) {
        MemoryBudget budget = pool.child(name, bytesEach, pool.limitBytes());
        all.add(budget);
        return budget;
    }

    /** What each writer has for itself. */
    public long bytesEach() {
        return bytesEach;
    }

    /** What all writers use now. */
    public long usedBytes() {
        return all.stream().mapToLong(MemoryBudget::usedBytes).sum();
    }

    /** Waits for a budget; give it back with {@link #endFlush}. */
    public MemoryBudget beginFlush() throws IOException {
        return take(flushes);
    }

    public void endFlush(MemoryBudget budget) {
        checkGivenBack(budget);
        Invariants.check(
                !Invariants.ENABLED || !flushes.contains(budget),
                "a flush gives its memory back twice",
                "free",
                flushes.size());
        flushes.add(budget);
    }

    /** Waits for a budget; give it back with {@link #endCompaction}. */
    public MemoryBudget beginCompaction() throws IOException {
        return take(compactions);
    }

    public void endCompaction(MemoryBudget budget) {
        checkGivenBack(budget);
        Invariants.check(
                !Invariants.ENABLED || !compactions.contains(budget),
                "a compaction gives its memory back twice",
                "free",
                compactions.size());
        compactions.add(budget);
    }

    private void checkGivenBack(MemoryBudget budget) {
        Invariants.check(all.contains(budget), "a budget comes back that was not given");
        Invariants.check(
                budget.usedBytes() == 0,
                "a writer has ended and keeps memory",
                "usedBytes",
                budget.usedBytes());
    }

    private static MemoryBudget take(BlockingQueue<MemoryBudget> free) throws IOException {
        try {
            return free.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException)
                    new InterruptedIOException(
                                    "[store] interrupted while waiting for another writer to end;"
                                        + " the task is being stopped, so there is nothing to do")
                            .initCause(e);
        }
    }

    @Override
    public void close() {
        Cleanup.runAll(
                all.stream().<Runnable>map(budget -> budget::close).toArray(Runnable[]::new));
    }
}
