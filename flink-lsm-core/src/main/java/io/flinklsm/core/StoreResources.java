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

import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.slot.BackgroundWork;
import io.flinklsm.core.slot.Slot;
import io.flinklsm.core.write.FlushPace;

/**
 * What the stores of one slot share: the memory budget, the block cache and the background threads.
 * Safe for any thread. Close it after all its stores. How the memory is divided is told at {@link
 * Slot}.
 */
public final class StoreResources implements AutoCloseable {

    /** Smallest budget that a store works with: a few segments, one row group, some blocks. */
    public static final long MIN_MEMORY_BYTES = 2 << 20;

    private final Slot slot;
    private final FlushPace flushPace;

    private StoreResources(Slot slot) {
        this.slot = slot;
        this.flushPace = new FlushPace(slot.tierMemory());
    }

    /** With the default share of {@link Slot}, and threads of its own. */
    public static StoreResources create(
            String name, long memoryBytes, int backgroundThreads, Clock clock) {
        BackgroundWork background = new BackgroundWork(name, backgroundThreads);
        return create(name, memoryBytes, Slot.UNFLUSHED_SHARE, background, clock);
    }

    /**
     * @param name of the memory in messages
     * @param memoryBytes the budget's limit; at least {@link #MIN_MEMORY_BYTES}
     * @param unflushedShare part of it, but for what is set aside, for entries without an SSTable
     * @param background is closed with these resources
     */
    public static StoreResources create(
            String name,
            long memoryBytes,
            double unflushedShare,
            BackgroundWork background,
            Clock clock) {
        if (memoryBytes < MIN_MEMORY_BYTES) {
            throw new IllegalArgumentException(
                    "a store needs more memory: memoryBytes="
                            + memoryBytes
                            + ", minimum="
                            + MIN_MEMORY_BYTES
                            + "; raise the memory of the state backend");
        }
        return new StoreResources(new Slot(name, memoryBytes, unflushedShare, background, clock));
    }

    /** The whole pool. */
    public MemoryBudget memory() {
        return slot.memory();
    }

    public BlockCache blockCache() {
        return slot.blockCache();
    }

    /** Memory of entries, those that no SSTable has yet and those that are kept for reads. */
    public long entryBytes() {
        return slot.tierBudget().usedBytes();
    }

    /** What of the entries no SSTable has yet. */
    public long unflushedBytes() {
        return slot.tierMemory().dirtyBytes();
    }

    /** At so many {@link #unflushedBytes} writers wait. */
    public long unflushedLimitBytes() {
        return slot.tierMemory().dirtyLimitBytes();
    }

    /** What blocks, filters and indexes may take, if nothing else wants it. */
    public long cacheLimitBytes() {
        return slot.cacheBudget().limitBytes();
    }

    /** Memory of blocks, filters and indexes. */
    public long cacheBytes() {
        return slot.cacheBudget().usedBytes();
    }

    /** Memory of flushes and compactions at work. */
    public long writerBytes() {
        return slot.writerBudgets().usedBytes();
    }

    public Clock clock() {
        return slot.clock();
    }

    Slot slot() {
        return slot;
    }

    /** How fast writers may go while a flush works. */
    FlushPace flushPace() {
        return flushPace;
    }

    /**
     * @throws IllegalStateException if a store is still open or memory still allocated
     */
    @Override
    public void close() {
        slot.close();
    }
}
