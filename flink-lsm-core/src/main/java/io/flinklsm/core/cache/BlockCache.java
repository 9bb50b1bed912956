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
package io.flinklsm.core.cache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memory.MemoryReclaimer;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Decoded blocks of SSTables, bounded in bytes by a budget, shared by the stores of a slot; gives
 * memory back when the budget is full. Safe for any thread.
 *
 * <p>Hits go through {@link FileBlocks} and take no lock. Eviction is a clock: blocks stand in a
 * ring, and the hand passes over those that were read since it came by last. What is in a block is
 * the sstable package's business.
 *
 * <p>Blocks are for scans and for what is cold: single entries that were read are kept by the
 * tree's tier ({@link io.flinklsm.core.memtable.HotTier}), and only a block that is missed again
 * soon is kept here. Blocks take memory from entries only up to a small part of it; what they have
 * beyond it was free, and goes back when entries want it.
 */
public final class BlockCache implements MemoryReclaimer, AutoCloseable {

    /** An eviction for one new block frees a few, so that the next ones find room. */
    private static final int EVICTED_PER_BLOCK = 4;

    /**
     * A block is kept whole if it is missed twice while a quarter of the cache would be filled by
     * blocks of this size: what comes back later would be gone again before it is used.
     */
    private static final int TYPICAL_BLOCK_BYTES = 8 << 10;

    private static final int MIN_WINDOW_MISSES = 64;

    /** Blocks may push entries out of memory until they have this part of it. */
    private static final int LEAST_PART = 16;

    private final MemoryBudget budget;
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final LongAdder usedBytes = new LongAdder();

    /** The clock of the window. */
    private final AtomicInteger blockMisses = new AtomicInteger();

    // A hint: a race loses one at worst. 0 before the first eviction.
    private volatile int missesAtEviction;

    private final Object lock = new Object();

    /** Every block that is in a slot, and for a while some that were dropped. */
    @GuardedBy("lock")
    private final ArrayDeque<CachedBlock> ring = new ArrayDeque<>();

    @GuardedBy("lock")
    private int droppedInRing;

    // Written under the lock.
    private volatile boolean closed;

    /**
     * @param budget pays for the blocks; asks the cache for memory when it is full
     */
    public BlockCache(MemoryBudget budget) {
        this.budget = budget;
        budget.addReclaimer(this);
    }

    /** Room for the blocks of a file that was opened; dropped when it is closed. */
    public FileBlocks open(int blockCount) {
        return new FileBlocks(this, blockCount);
    }

    @Override
    public long reclaim(long bytes) {
        Invariants.check(bytes >= 0, "less than nothing is reclaimed", "bytes", bytes);
        missesAtEviction = Math.max(1, blockMisses.get());
        long freed = 0;
        while (freed < bytes) {
            long part = evictBlock();
            if (part == 0) {
                break;
            }
            freed += part;
        }
        return freed;
    }

    /** Like {@link #reclaim}, of what blocks have beyond the part that is theirs. */
    public long reclaimBorrowed(long bytes) {
        long borrowedBytes = usedBytes.sum() - leastBytes();
        return borrowedBytes <= 0 ? 0 : reclaim(Math.min(bytes, borrowedBytes));
    }

    /** So much blocks may take from entries, and keep. */
    private long leastBytes() {
        return budget.limitBytes() / LEAST_PART;
    }

    private long evictBlock() {
        CachedBlock victim = nextVictim();
        if (victim == null) {
            return 0;
        }
        long sizeBytes = victim.sizeBytes();
        Invariants.check(sizeBytes > 0, "a block without bytes is cached", "index", victim.index);
        victim.release();
        return sizeBytes;
    }

    /** Of all blocks. */
    public long usedBytes() {
        return usedBytes.sum();
    }

    public long hitCount() {
        return hits.sum();
    }

    public long missCount() {
        return misses.sum();
    }

    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
        }
        budget.removeReclaimer(this);
        reclaim(Long.MAX_VALUE);
        if (Invariants.ENABLED) {
            synchronized (lock) {
                Invariants.check(
                        ring.isEmpty(), "a closed cache holds blocks", "blocks", ring.size());
            }
        }
    }

    /** Counts a block that was wanted and is not here; gives the time in such misses, from 1. */
    int countBlockMiss() {
        return blockMisses.incrementAndGet();
    }

    /** Whether a block that was missed at the one time and again at the other is to be kept. */
    boolean isSoon(int lastMiss, int now) {
        int evictedAt = missesAtEviction;
        int window = windowMisses();
        boolean hasRoom = evictedAt == 0 || now - evictedAt > window;
        return hasRoom || now - lastMiss <= window;
    }

    /** A quarter of what blocks have, and not of what entries have meanwhile. */
    private int windowMisses() {
        long sharedBytes = Math.max(leastBytes(), usedBytes.sum());
        return (int) Math.max(MIN_WINDOW_MISSES, sharedBytes / 4 / TYPICAL_BLOCK_BYTES);
    }

    void countHit() {
        hits.increment();
    }

    void countMiss() {
        misses.increment();
    }

    @Nullable MemoryBlock allocate(int sizeBytes) {
        boolean mayTakeFromEntries = usedBytes.sum() < leastBytes();
        MemoryBlock block =
                mayTakeFromEntries
                        ? budget.tryAllocate(sizeBytes)
                        : budget.tryAllocateFree(sizeBytes);
        if (block == null && reclaim((long) sizeBytes * EVICTED_PER_BLOCK) > 0) {
            block = budget.tryAllocateFree(sizeBytes);
        }
        return block;
    }

    void account(long bytes) {
        usedBytes.add(bytes);
    }

    /**
     * Takes a block that was just put into its slot; false if it went out again at once, because
     * file or cache are closed.
     */
    boolean added(FileBlocks file, CachedBlock block) {
        Invariants.check(
                block.file == file, "a block is added to another file", "index", block.index);
        synchronized (lock) {
            if (!closed && !file.isDropped()) {
                ring.addLast(block);
                return true;
            }
        }
        if (file.remove(block)) {
            account(-block.sizeBytes());
            block.release();
        }
        return false;
    }

    void drop(FileBlocks file) {
        synchronized (lock) {
            if (file.isDropped()) {
                return;
            }
            file.setDropped();
        }
        int dropped = 0;
        for (int i = 0; i < file.slotCount(); i++) {
            CachedBlock block = file.takeOut(i);
            if (block != null) {
                usedBytes.add(-block.sizeBytes());
                block.release();
                dropped++;
            }
        }
        synchronized (lock) {
            droppedInRing += dropped;
            if (droppedInRing > ring.size() / 2) {
                ring.removeIf(block -> block.file.isDropped());
                droppedInRing = 0;
            }
        }
    }

    /** Takes a block out of ring and slot; null if there is none. The caller releases it. */
    private @Nullable CachedBlock nextVictim() {
        synchronized (lock) {
            // Two rounds: the first takes all marks away.
            for (long steps = 2L * ring.size(); steps > 0; steps--) {
                CachedBlock block = ring.pollFirst();
                if (block == null) {
                    return null;
                }
                if (block.file.isDropped()) {
                    continue;
                }
                if (block.recentlyRead && !closed) {
                    block.recentlyRead = false;
                    ring.addLast(block);
                } else if (block.file.remove(block)) {
                    usedBytes.add(-block.sizeBytes());
                    return block;
                }
            }
            return null;
        }
    }
}
