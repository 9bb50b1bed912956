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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.memory.MemoryBlock;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What is cached of one open SSTable: a slot per block, so that a hit costs one array access, and
 * single entries. Safe for any thread.
 *
 * <p>A block is worth building when it is missed the second time within the cache's window; until
 * then, entries are kept by themselves.
 */
public final class FileBlocks {

    private final BlockCache cache;
    private final EntryCache entries;
    private final int file;
    private final AtomicReferenceArray<@Nullable CachedBlock> slots;

    /** By block: when it was missed last, 0 for never. A race loses a hint at worst. */
    private final int[] missedAt;

    /** Written by {@link #drop}, under the cache's lock. */
    private volatile boolean dropped;

    FileBlocks(BlockCache cache, int blockCount) {
        this.cache = cache;
        this.entries = cache.entries();
        this.file = entries.newFile();
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
     * Looks for a single entry; gives the code of its kind, or -1. If it is there, the value is
     * borrowed until {@link #endEntry}, which the caller must call at once, from this thread.
     *
     * @param hash {@link io.flinklsm.core.bytes.KeyHash} of the key
     */
    public int findEntry(long hash, Slice key, Slice value) {
        int kind = entries.find(file, hash, key, value);
        if (kind >= 0) {
            cache.countEntryHit();
        }
        return kind;
    }

    /**
     * Like {@link #findEntry}, for who may change the value in its place: waits for a thread that
     * is at the same part of the cache, so an entry that is not found is not there.
     */
    int findEntryToChange(long hash, Slice key, Slice value) {
        return entries.findToChange(file, hash, key, value);
    }

    public void endEntry(long hash) {
        entries.end(file, hash);
    }

    /** Keeps a copy of a single entry of the file, if there is memory for it. */
    public void addEntry(long hash, Slice key, int kind, Slice value) {
        entries.add(file, hash, key, kind, value);
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
        return slots.compareAndSet(block.index, block, null);
    }

    int slotCount() {
        return slots.length();
    }

    @Nullable CachedBlock takeOut(int index) {
        return slots.getAndSet(index, null);
    }
}
