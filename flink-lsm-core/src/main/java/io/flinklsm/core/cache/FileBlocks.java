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

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.memory.MemoryBlock;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What is cached of one open SSTable: a slot per block, so that a hit costs one array access. Safe
 * for any thread.
 *
 * <p>A block is worth building when it is missed the second time within the cache's window.
 */
public final class FileBlocks {

    private final BlockCache cache;
    private final AtomicReferenceArray<@Nullable CachedBlock> slots;

    /** By block: when it was missed last, 0 for never. A race loses a hint at worst. */
    private final int[] missedAt;

    /** Written by {@link #drop}, under the cache's lock. */
    private volatile boolean dropped;

    FileBlocks(BlockCache cache, int blockCount) {
        if (blockCount < 0) {
            throw new IllegalArgumentException(
                    "a file has fewer blocks than none: blockCount=" + blockCount);
        }
        this.cache = cache;
        this.missedAt = new int[blockCount];
        this.slots = new AtomicReferenceArray<>(blockCount);
    }

    /** The block, to be released by the caller; null if it is not in the cache. */
    public @Nullable CachedBlock get(int index) {
        CachedBlock block = slots.get(index);
        if (block == null || !block.tryRetain()) {
            cache.countMiss();
            return null;
        }
        if (!block.recentlyRead) {
            block.recentlyRead = true;
        }
        cache.countHit();
        return block;
    }

    /** To be asked after a miss, once: whether the block should be built, missed so soon again. */
    public boolean isWorthBuilding(int index) {
        int now = cache.countBlockMiss();
        int last = missedAt[index];
        missedAt[index] = now;
        return last != 0 && cache.isSoon(last, now);
    }

    /**
     * Memory for a block, taken from older blocks if need be; null if the budget has no room for it
     * now.
     */
    public @Nullable MemoryBlock allocate(int sizeBytes) {
        return cache.allocate(sizeBytes);
    }

    /**
     * Puts a finished block into the cache, which owns the memory from now on.
     *
     * @return the block that is in the cache now, perhaps another thread's, held for the caller;
     *     null if the file was dropped meanwhile: the memory is released then
     */
    public @Nullable CachedBlock put(int index, MemoryBlock memory) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    index >= 0 && index < slots.length(),
                    "the file has no such block",
                    "index",
                    index,
                    "blocks",
                    slots.length());
        }
        CachedBlock block = new CachedBlock(this, index, memory);
        block.tryRetain();
        cache.account(memory.sizeBytes());
        CachedBlock seen = slots.get(index);
        while (seen == null) {
            if (slots.compareAndSet(index, null, block)) {
                if (cache.added(this, block)) {
                    return block;
                }
                block.release();
                return null;
            }
            seen = slots.get(index);
        }
        cache.account(-memory.sizeBytes());
        block.release();
        block.release();
        return seen.tryRetain() ? seen : null;
    }

    /** Forgets all blocks; readers that hold one keep it until they release it. */
    public void drop() {
        cache.drop(this);
    }

    boolean isDropped() {
        return dropped;
    }

    void setDropped() {
        dropped = true;
    }

    /** Takes the block out of its slot if it is still there; the caller then owns its count. */
    boolean remove(CachedBlock block) {
        Invariants.check(
                block.file == this, "a block is removed from another file", "index", block.index);
        return slots.compareAndSet(block.index, block, null);
    }

    int slotCount() {
        return slots.length();
    }

    @Nullable CachedBlock takeOut(int index) {
        return slots.getAndSet(index, null);
    }
}
