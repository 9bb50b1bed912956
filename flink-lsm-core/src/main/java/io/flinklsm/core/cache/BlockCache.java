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
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Decoded blocks of SSTables, bounded in bytes by a budget, shared by the stores of a slot; gives
 * memory back when the budget is full. Safe for any thread.
 *
 * <p>Hits go through {@link FileBlocks} and take no lock. Eviction is a clock: blocks stand in a
 * ring, and the hand passes over those that were read since it came by last. What is in a block is
 * the sstable package's business.
 */
public final class BlockCache implements MemoryReclaimer, AutoCloseable {

    /** An eviction for one new block frees a few, so that the next ones find room. */
    private static final int EVICTED_PER_BLOCK = 4;

    private final MemoryBudget budget;
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final LongAdder usedBytes = new LongAdder();
    private final Object lock = new Object();

    /** Every block that is in a slot, and for a while some that were dropped. */
    @GuardedBy("lock")
    private final ArrayDeque<CachedBlock> ring = new ArrayDeque<>();

    @GuardedBy("lock")
    private int droppedInRing;

    @GuardedBy("lock")
    private boolean closed;

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
        long freed = 0;
        while (freed < bytes) {
            CachedBlock victim = nextVictim();
            if (victim == null) {
                break;
            }
            freed += victim.sizeBytes();
            victim.release();
        }
        return freed;
    }

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
                ring.removeIf(block -> fileOf(block).isDropped());
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
                if (fileOf(block).isDropped()) {
                    continue;
                }
                if (block.recentlyRead && !closed) {
                    block.recentlyRead = false;
                    ring.addLast(block);
                } else if (fileOf(block).remove(block)) {
                    usedBytes.add(-block.sizeBytes());
                    return block;
                }
            }
            return null;
        }
    }

    private static FileBlocks fileOf(CachedBlock block) {
        FileBlocks file = block.file;
        if (file == null) {
            throw new IllegalStateException("a mark is never in the ring");
        }
        return file;
    }
}
