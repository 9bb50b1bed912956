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

import io.flinklsm.core.memory.MemoryBlock;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The cached blocks of one open SSTable: a slot per block, so that a hit costs one array access.
 * Safe for any thread.
 *
 * <p>A slot is empty, or marked as missed once, or holds a block. The mark makes that a block is
 * worth building only when it is missed the second time.
 */
public final class FileBlocks {

    private static final CachedBlock MISSED_ONCE = new CachedBlock(null, -1, null);

    private final BlockCache cache;
    private final AtomicReferenceArray<@Nullable CachedBlock> slots;

    /** Written by {@link #drop}, under the cache's lock. */
    private volatile boolean dropped;

    FileBlocks(BlockCache cache, int blockCount) {
        this.cache = cache;
        this.slots = new AtomicReferenceArray<>(blockCount);
    }

    /** The block, to be released by the caller; null if it is not in the cache. */
    public @Nullable CachedBlock get(int index) {
        CachedBlock block = slots.get(index);
        if (block == null || block == MISSED_ONCE || !block.tryRetain()) {
            cache.countMiss();
            return null;
        }
        if (!block.recentlyRead) {
            block.recentlyRead = true;
        }
        cache.countHit();
        return block;
    }

    /**
     * To be asked after a miss: whether it was the second one, so that the block should be built.
     */
    public boolean isWorthBuilding(int index) {
        return slots.get(index) != null || !slots.compareAndSet(index, null, MISSED_ONCE);
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
        CachedBlock block = new CachedBlock(this, index, memory);
        block.tryRetain();
        cache.account(memory.sizeBytes());
        CachedBlock seen = slots.get(index);
        while (seen == null || seen == MISSED_ONCE) {
            if (slots.compareAndSet(index, seen, block)) {
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
        return slots.compareAndSet(block.index, block, null);
    }

    int slotCount() {
        return slots.length();
    }

    @Nullable CachedBlock takeOut(int index) {
        CachedBlock block = slots.getAndSet(index, null);
        return block == MISSED_ONCE ? null : block;
    }
}
