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
 * <p>Beside the blocks stand single entries ({@link EntryCache}): a lookup that misses both is
 * answered from the file and leaves its entry here, and only a block that is missed again soon is
 * kept whole. Both take from one budget; who has had fewer hits a byte lately gives way.
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

    /** After so many evictions what was before counts half. */
    private static final int EVICTIONS_PER_AGE = 64;

    private static final int LEAST_PART = 16;

    private final MemoryBudget budget;
    private final LongAdder hits = new LongAdder();
    private final LongAdder entryHits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final LongAdder usedBytes = new LongAdder();
    private final EntryCache entries = new EntryCache(this);
    private final int windowMisses;

    /** The clock of the window. */
    private final AtomicInteger blockMisses = new AtomicInteger();

    // A hint: a race loses one at worst. 0 before the first eviction.
    private volatile int missesAtEviction;

    /** Files that are open. */
    private final AtomicInteger files = new AtomicInteger();

    private final Object lock = new Object();

    /** Every block that is in a slot, and for a while some that were dropped. */
    @GuardedBy("lock")
    private final ArrayDeque<CachedBlock> ring = new ArrayDeque<>();

    @GuardedBy("lock")
    private int droppedInRing;

    // Whose hits were how many, the older ones counting less and less.
    @GuardedBy("lock")
    private long seenBlockHits;

    @GuardedBy("lock")
    private long seenEntryHits;

    @GuardedBy("lock")
    private int evictions;

    // Written under the lock.
    private volatile boolean closed;

    /**
     * @param budget pays for the blocks; asks the cache for memory when it is full
     */
    public BlockCache(MemoryBudget budget) {
        this.budget = budget;
        this.windowMisses =
                (int)
                        Math.min(
                                Integer.MAX_VALUE / 2,
                                Math.max(
                                        MIN_WINDOW_MISSES,
                                        budget.limitBytes() / 4 / TYPICAL_BLOCK_BYTES));
        budget.addReclaimer(this);
    }

    /** Room for the blocks of a file that was opened; dropped when it is closed. */
    public FileBlocks open(int blockCount) {
        files.incrementAndGet();
        return new FileBlocks(this, blockCount);
    }

    /**
     * For the prefixes of one tree, closed by the caller; null if there is no memory for them now.
     */
    public @Nullable PrefixPages openPrefixPages() {
        return closed ? null : PrefixPages.open(this, budget.limitBytes());
    }

    @Override
    public long reclaim(long bytes) {
        missesAtEviction = Math.max(1, blockMisses.get());
        long freed = 0;
        while (freed < bytes) {
            boolean isEntriesTurn = isEntriesTurn();
            long part = isEntriesTurn ? entries.reclaim(1) : evictBlock();
            if (part == 0) {
                part = isEntriesTurn ? evictBlock() : entries.reclaim(1);
            }
            if (part == 0) {
                break;
            }
            freed += part;
        }
        return freed;
    }

    private long evictBlock() {
        CachedBlock victim = nextVictim();
        if (victim == null) {
            return 0;
        }
        long sizeBytes = victim.sizeBytes();
        victim.release();
        return sizeBytes;
    }

    /** Whether single entries are to give way, not blocks: they had fewer hits a byte lately. */
    private boolean isEntriesTurn() {
        long entryBytes = entries.usedBytes();
        long blockBytes = usedBytes.sum();
        // Each keeps a part, without which nobody would know whether it deserves more.
        long leastBytes = (entryBytes + blockBytes) / LEAST_PART;
        if (entryBytes <= leastBytes || blockBytes <= leastBytes) {
            return entryBytes > leastBytes;
        }
        synchronized (lock) {
            long recentBlockHits = hits.sum() - seenBlockHits;
            long recentEntryHits = entryHits.sum() - seenEntryHits;
            if (++evictions % EVICTIONS_PER_AGE == 0) {
                seenBlockHits += recentBlockHits / 2;
                seenEntryHits += recentEntryHits / 2;
            }
            return (double) recentEntryHits * blockBytes < (double) recentBlockHits * entryBytes;
        }
    }

    /** Of blocks and single entries. */
    public long usedBytes() {
        return usedBytes.sum() + entries.usedBytes();
    }

    public long hitCount() {
        return hits.sum() + entryHits.sum();
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
        entries.clear();
    }

    EntryCache entries() {
        return entries;
    }

    boolean isClosed() {
        return closed;
    }

    void countEntryHit() {
        entryHits.increment();
    }

    /** Counts a block that was wanted and is not here; gives the time in such misses, from 1. */
    int countBlockMiss() {
        return blockMisses.incrementAndGet();
    }

    /** Whether a block that was missed at the one time and again at the other is to be kept. */
    boolean isSoon(int lastMiss, int now) {
        int evictedAt = missesAtEviction;
        boolean hasRoom = evictedAt == 0 || now - evictedAt > windowMisses;
        return hasRoom || now - lastMiss <= windowMisses;
    }

    void countHit() {
        hits.increment();
    }

    void countMiss() {
        misses.increment();
    }

    @Nullable MemoryBlock allocate(int sizeBytes) {
        MemoryBlock block = budget.tryAllocate(sizeBytes);
        if (block == null && reclaim((long) sizeBytes * EVICTED_PER_BLOCK) > 0) {
            block = budget.tryAllocate(sizeBytes);
        }
        return block;
    }

    boolean tryReserve(long bytes) {
        return budget.tryReserve(bytes);
    }

    void unreserve(long bytes) {
        budget.unreserve(bytes);
    }

    void account(long bytes) {
        usedBytes.add(bytes);
    }

    /**
     * Takes a block that was just put into its slot; false if it went out again at once, because
     * file or cache are closed.
     */
    boolean added(FileBlocks file, CachedBlock block) {
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
        if (files.decrementAndGet() == 0) {
            // Those of one file go as they age; without files nobody would come to age them.
            entries.clear();
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
