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

import io.flinklsm.core.check.ReferenceCount;
import io.flinklsm.core.memory.MemoryBlock;

/**
 * A block in the cache: native memory that lives as long as the cache or any reader holds it. The
 * caller of {@link FileBlocks} releases it, once. Safe for any thread.
 */
public final class CachedBlock {

    // Immutable.
    final FileBlocks file;
    final int index;
    private final MemoryBlock memory;

    /** The cache counts for one. At 0 the memory is gone, and stays gone. */
    private final ReferenceCount holders = new ReferenceCount();

    /** Whether it was read since the clock's hand passed by; a race loses a hint at worst. */
    volatile boolean recentlyRead;

    CachedBlock(FileBlocks file, int index, MemoryBlock memory) {
        this.file = file;
        this.index = index;
        this.memory = memory;
    }

    public long address() {
        return memory.address();
    }

    public int sizeBytes() {
        return memory.sizeBytes();
    }

    /** The reader is done; the address must not be used any more. */
    public void release() {
        if (holders.release(this) == 0) {
            memory.release();
        }
    }

    /** Holds the block unless it is gone already. */
    boolean tryRetain() {
        return holders.tryRetain();
    }

    @Override
    public String toString() {
        return "block " + index;
    }
}
