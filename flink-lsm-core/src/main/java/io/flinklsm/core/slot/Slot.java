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
package io.flinklsm.core.slot;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memory.WriterBudgets;
import io.flinklsm.core.memtable.TierMemory;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What the stores of one slot share: the memory budget, the block cache, the background threads,
 * the clock and chance. Safe for any thread. Closed after all its stores.
 *
 * <p>The budget is split so that no user of it can starve another: writers of SSTables have {@link
 * WriterBudgets} set aside, without which a full pool could not be flushed; nearly all of the rest
 * is for entries ({@link TierMemory}), half of it, or another share, for those that no SSTable has
 * yet; the cache takes what is left and gives it back on demand.
 */
public final class Slot implements AutoCloseable {

    /** Part of the shared memory that entries without an SSTable may take. */
    public static final double UNFLUSHED_SHARE = 0.5;

    private static final long LEAST_WRITE_RESERVE_BYTES = 8 << 20;
    private static final long MAX_WRITE_RESERVE_BYTES = 32 << 20;

    /** This part of the shared memory is the cache's, however much the tiers would take. */
    private static final int LEAST_CACHE_PART = 16;

    private final MemoryBudget memory;
    private final WriterBudgets writerBudgets;
    private final MemoryBudget tierBudget;
    private final TierMemory tierMemory;
    private final MemoryBudget cacheBudget;
    private final BlockCache blockCache;
    private final BackgroundWork background;
    private final WorkTurn compactionTurn;
    private final Clock clock;

    // Makes file names unique, also between machines; safe for any thread.
    private final RandomGenerator random = new SecureRandom();

    private final Object lock = new Object();

    @GuardedBy("lock")
    private final List<Neighbour> stores = new ArrayList<>();

    private volatile int storeCount;

    /** With the default share. */
    public Slot(String name, long memoryBytes, int backgroundThreads, Clock clock) {
        this(
                name,
                memoryBytes,
                UNFLUSHED_SHARE,
                new BackgroundWork(name, backgroundThreads),
                clock);
    }

    /**
     * @param unflushedShare part of the shared memory that entries without an SSTable may take;
     *     less than the entries have together
     * @param background is closed with the slot
     */
    public Slot(
            String name,
            long memoryBytes,
            double unflushedShare,
            BackgroundWork background,
            Clock clock) {
        if (memoryBytes < 1) {
            throw new IllegalArgumentException("a slot has memory: memoryBytes=" + memoryBytes);
        }
        if (!(unflushedShare > 0 && unflushedShare <= 1 - 1.0 / LEAST_CACHE_PART)) {
            throw new IllegalArgumentException(
                    "entries do not have such a share: unflushedShare=" + unflushedShare);
        }
        this.clock = clock;
        compactionTurn = new WorkTurn(clock::nanoTime);
        memory = MemoryBudget.root(name, memoryBytes, clock);
        long writeBytes =
                Math.min(
                        memoryBytes / 4,
                        Math.max(
                                LEAST_WRITE_RESERVE_BYTES,
                                Math.min(memoryBytes / 16, MAX_WRITE_RESERVE_BYTES)));
        long sharedBytes = memoryBytes - writeBytes;
        writerBudgets = new WriterBudgets(memory, writeBytes, background.compactionThreads());
        tierBudget = memory.child("tier", 0, sharedBytes - sharedBytes / LEAST_CACHE_PART);
        cacheBudget = memory.child("cache", 0, sharedBytes);
        blockCache = new BlockCache(cacheBudget);
        tierMemory =
                new TierMemory(
                        tierBudget,
                        (long) (sharedBytes * unflushedShare),
                        blockCache::reclaimBorrowed);
        memory.setSpare(tierMemory);
        memory.addReclaimer(blockCache);
        this.background = background;
    }

    /** The whole pool. */
    public MemoryBudget memory() {
        return memory;
    }

    public BlockCache blockCache() {
        return blockCache;
    }

    public Clock clock() {
        return clock;
    }

    public RandomGenerator random() {
        return random;
    }

    /** Pay for buffered pages and bloom filters of SSTables that are being written. */
    public WriterBudgets writerBudgets() {
        return writerBudgets;
    }

    /** What is in memory of all trees of the slot. */
    public TierMemory tierMemory() {
        return tierMemory;
    }

    public MemoryBudget tierBudget() {
        return tierBudget;
    }

    /** Pays for what open SSTables keep resident, next to the block cache. */
    public MemoryBudget cacheBudget() {
        return cacheBudget;
    }

    public BackgroundWork background() {
        return background;
    }

    public int compactionThreads() {
        return background.compactionThreads();
    }

    /** Which compaction works where there are processors for one. */
    public WorkTurn compactionTurn() {
        return compactionTurn;
    }

    /**
     * Memory that one store's generations may hold before the largest is frozen: an equal share.
     */
    public long memtableShareBytes() {
        return tierMemory.dirtyLimitBytes() / Math.max(1, storeCount);
    }

    public void register(Neighbour store) {
        synchronized (lock) {
            Invariants.check(
                    !stores.contains(store),
                    "a store is registered twice",
                    "stores",
                    stores.size());
            stores.add(store);
            storeCount = stores.size();
        }
    }

    public void unregister(Neighbour store) {
        synchronized (lock) {
            stores.remove(store);
            storeCount = stores.size();
        }
    }

    /**
     * Asks the other stores for memory: see {@link Neighbour#requestFlush}.
     *
     * @param fromBytes a store whose open generations hold less freezes none of them
     */
    public void askOthersToFlush(Neighbour asking, long fromBytes) {
        List<Neighbour> others;
        synchronized (lock) {
            others = new ArrayList<>(stores);
        }
        for (Neighbour store : others) {
            if (store != asking) {
                store.requestFlush(fromBytes);
            }
        }
    }

    /**
     * @throws IllegalStateException if a store is still open or memory still allocated
     */
    @Override
    public void close() {
        synchronized (lock) {
            if (!stores.isEmpty()) {
                throw new IllegalStateException(
                        "[store resources] stores are still open: count="
                                + stores.size()
                                + "; close them first");
            }
        }
        Cleanup.runAll(
                background::close,
                () -> memory.removeReclaimer(blockCache),
                blockCache::close,
                cacheBudget::close,
                tierBudget::close,
                writerBudgets::close,
                memory::close);
    }
}
