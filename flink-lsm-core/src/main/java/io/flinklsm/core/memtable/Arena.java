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
package io.flinklsm.core.memtable;

import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Native memory that only grows: pieces cut one behind the other from chunks, named by 32-bit refs.
 * The first chunk is small and each next one twice as large, so that many idle trees cost little; a
 * large piece gets a chunk of its own.
 *
 * <p>One thread allocates. Any thread may turn a ref into an address, if it got the ref through an
 * ordered store or later; the address stays good until {@link #release}.
 */
final class Arena {

    /** The ref of nothing. */
    static final int NO_REF = 0;

    static final int ALIGNMENT = 8;

    private static final int CHUNK_BYTES_MIN = 4 << 10;
    private static final int CHUNK_BYTES_MAX = 1 << 20;

    /** A larger piece gets its own chunk, so that at most this much is lost at a chunk's end. */
    private static final int SHARED_PIECE_BYTES_MAX = CHUNK_BYTES_MAX / 8;

    /** Low bits of a ref: where in its chunk, in units of the alignment. */
    private static final int UNIT_BITS = 17;

    private static final int UNIT_MASK = (1 << UNIT_BITS) - 1;
    private static final int CHUNK_COUNT_MAX = 1 << (Integer.SIZE - UNIT_BITS);
    private static final long[] NO_CHUNKS = new long[0];

    private final MemoryBudget budget;

    // Written by the writer only.
    private @Nullable MemoryBlock[] blocks = new MemoryBlock[8];
    private int chunkCount;
    private int currentChunk;
    private int currentUsed;
    private int currentSize;
    private int nextChunkBytes = CHUNK_BYTES_MIN;
    private long allocatedBytes;

    /** Address of each chunk. */
    private volatile long[] addresses = NO_CHUNKS;

    Arena(MemoryBudget budget) {
        this.budget = budget;
    }

    static int align(int byteCount) {
        return (byteCount + ALIGNMENT - 1) & -ALIGNMENT;
    }

    /**
     * The ref of what lies this many bytes behind in one piece: a multiple of the alignment, less
     * than 1 MiB.
     */
    static int plus(int ref, int byteCount) {
        return ref + byteCount / ALIGNMENT;
    }

    /** A new piece, not cleared; {@link #NO_REF} if the budget has no room now. */
    int allocate(int byteCount) {
        int size = align(byteCount);
        if (size > currentSize - currentUsed) {
            // Unit 0 of chunk 0 belongs to the ref of nothing, so chunk 0 is always a shared one.
            if (size > SHARED_PIECE_BYTES_MAX && (chunkCount > 0 || startChunk(ALIGNMENT))) {
                int chunk = addChunk(size, size);
                return chunk < 0 ? NO_REF : chunk << UNIT_BITS;
            }
            if (size > SHARED_PIECE_BYTES_MAX || !startChunk(size)) {
                return NO_REF;
            }
        }
        int ref = (currentChunk << UNIT_BITS) | (currentUsed / ALIGNMENT);
        currentUsed += size;
        return ref;
    }

    /** Gives back the latest piece, which nobody has seen yet. */
    void undoAllocate(int ref, int byteCount) {
        int chunk = ref >>> UNIT_BITS;
        if (chunk == currentChunk) {
            currentUsed -= align(byteCount);
            return;
        }
        chunkCount--;
        MemoryBlock block = blocks[chunkCount];
        blocks[chunkCount] = null;
        if (block != null) {
            allocatedBytes -= block.sizeBytes();
            block.release();
        }
    }

    long address(int ref) {
        return addresses[ref >>> UNIT_BITS] + (long) (ref & UNIT_MASK) * ALIGNMENT;
    }

    /** Bytes of all chunks. */
    long allocatedBytes() {
        return allocatedBytes;
    }

    /** Gives all memory back; every ref and address is void. */
    void release() {
        addresses = NO_CHUNKS;
        for (int i = 0; i < chunkCount; i++) {
            MemoryBlock block = blocks[i];
            if (block != null) {
                block.release();
            }
        }
        Arrays.fill(blocks, null);
        chunkCount = 0;
        currentUsed = 0;
        currentSize = 0;
        allocatedBytes = 0;
    }

    private boolean startChunk(int sizeMin) {
        int skipped = chunkCount == 0 ? ALIGNMENT : 0;
        int wanted = nextChunkBytes;
        while (wanted < sizeMin + skipped) {
            wanted *= 2;
        }
        int chunk = addChunk(wanted, sizeMin + skipped);
        if (chunk < 0) {
            return false;
        }
        MemoryBlock block = blocks[chunk];
        currentChunk = chunk;
        currentUsed = skipped;
        currentSize = block == null ? 0 : block.sizeBytes();
        nextChunkBytes = Math.min(CHUNK_BYTES_MAX, wanted * 2);
        return true;
    }

    /** A chunk of the wanted size, or smaller if the budget is nearly full; -1 if it is full. */
    private int addChunk(int wantedBytes, int bytesMin) {
        if (chunkCount == CHUNK_COUNT_MAX) {
            return -1;
        }
        // Heap first: without it, the native memory would belong to no one.
        int chunk = chunkCount;
        if (chunk == blocks.length) {
            blocks = Arrays.copyOf(blocks, chunk * 2);
        }
        long[] grown = addresses;
        if (chunk >= grown.length) {
            grown = Arrays.copyOf(grown, blocks.length);
        }
        int size = wantedBytes;
        MemoryBlock block = budget.tryAllocate(size);
        while (block == null && size > Math.max(bytesMin, CHUNK_BYTES_MIN)) {
            size = Math.max(bytesMin, size / 2);
            block = budget.tryAllocate(align(size));
        }
        if (block == null) {
            return -1;
        }
        blocks[chunk] = block;
        grown[chunk] = block.address();
        // The volatile store publishes the element also where the array is the old one.
        addresses = grown;
        chunkCount++;
        allocatedBytes += block.sizeBytes();
        return chunk;
    }
}
