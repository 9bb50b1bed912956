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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Entries of SSTables that were looked up one at a time, each by itself: where keys are hashed, the
 * few hot ones lie in as many blocks, and whole blocks would fill the memory with their cold
 * neighbours. Keyed by file and key, so that nothing in it can become wrong: files never change.
 * Safe for any thread.
 *
 * <p>Split into {@link EntryShard}s by hash. A reader that finds a shard taken by another thread
 * goes on without it; nobody waits to read.
 */
final class EntryCache {

    /** Entries above this would push out too many others. */
    static final int MAX_ENTRY_BYTES = EntryShard.SEGMENT_BYTES / 4;

    private static final int SHARDS = 8;

    /** A call that must free memory gives that many segments' entries a second chance at most. */
    private static final int MAX_SPARED_SEGMENTS = 8;

    private final BlockCache cache;
    private final EntryShard[] shards = new EntryShard[SHARDS];
    private final AtomicInteger lastFile = new AtomicInteger();
    private final AtomicInteger hand = new AtomicInteger();
    private final AtomicLong usedBytes = new AtomicLong();

    EntryCache(BlockCache cache) {
        this.cache = cache;
        for (int i = 0; i < SHARDS; i++) {
            shards[i] = new EntryShard();
        }
    }

    /** A number for a file that was opened, which no other has. */
    int newFile() {
        return lastFile.incrementAndGet();
    }

    long usedBytes() {
        return usedBytes.get();
    }

    /**
     * Looks for an entry; gives the code of its kind, or -1. If it is there, the value is borrowed
     * until {@link #end}, which the caller must call, soon.
     */
    int find(int file, long hash, Slice key, Slice value) {
        long mixed = mix(file, hash);
        EntryShard shard = shard(mixed);
        if (shard.isEmpty() || !shard.tryLock()) {
            return -1;
        }
        int kind = shard.find(mixed, file, key, value);
        if (kind < 0) {
            shard.unlock();
        }
        return kind;
    }

    /** Like {@link #find}, but an entry that is not found is not there: waits for the lock. */
    int findToChange(int file, long hash, Slice key, Slice value) {
        long mixed = mix(file, hash);
        EntryShard shard = shard(mixed);
        shard.lock();
        int kind = shard.find(mixed, file, key, value);
        if (kind < 0) {
            shard.unlock();
        }
        return kind;
    }

    void end(int file, long hash) {
        shard(mix(file, hash)).unlock();
    }

    /** Copies an entry, if there is memory for it or older ones give way. */
    void add(int file, long hash, Slice key, int kind, Slice value) {
        int sizeBytes = EntryShard.sizeBytes(key, value);
        if (sizeBytes > MAX_ENTRY_BYTES) {
            return;
        }
        long mixed = mix(file, hash);
        EntryShard shard = shard(mixed);
        // Memory is allocated without the lock: making room for it takes locks of other shards.
        for (int attempt = 0; attempt < 3; attempt++) {
            int tableBytes;
            if (!shard.tryLock()) {
                return;
            }
            try {
                tableBytes = shard.wantedTableBytes();
                if (tableBytes == 0 && !shard.wantsSegment(sizeBytes)) {
                    shard.add(mixed, file, key, kind, value, sizeBytes);
                    return;
                }
            } finally {
                shard.unlock();
            }
            MemoryBlock memory =
                    cache.allocate(tableBytes == 0 ? EntryShard.SEGMENT_BYTES : tableBytes);
            if (memory == null) {
                return;
            }
            usedBytes.addAndGet(memory.sizeBytes());
            release(give(shard, memory, tableBytes > 0));
        }
    }

    /** Gives what is not needed any more. */
    private @Nullable MemoryBlock give(EntryShard shard, MemoryBlock memory, boolean isTable) {
        shard.lock();
        try {
            if (cache.isClosed()) {
                return memory;
            }
            if (isTable) {
                return shard.giveTable(memory);
            }
            shard.giveSegment(memory);
            return null;
        } finally {
            shard.unlock();
        }
    }

    /** Frees at least so many bytes, if there are so many; gives how many. */
    long reclaim(long bytes) {
        long freed = 0;
        int spared = 0;
        int empty = 0;
        while (freed < bytes && empty < SHARDS) {
            EntryShard shard = shards[(hand.getAndIncrement() & Integer.MAX_VALUE) % SHARDS];
            MemoryBlock memory;
            shard.lock();
            try {
                if (shard.isEmpty()) {
                    empty++;
                    continue;
                }
                memory = shard.evict(spared < MAX_SPARED_SEGMENTS);
            } finally {
                shard.unlock();
            }
            empty = 0;
            if (memory == null) {
                spared++;
            } else {
                freed += release(memory);
            }
        }
        return freed;
    }

    /** Forgets everything. */
    void clear() {
        for (EntryShard shard : shards) {
            while (true) {
                MemoryBlock memory;
                shard.lock();
                try {
                    memory = shard.takeAny();
                } finally {
                    shard.unlock();
                }
                if (memory == null) {
                    break;
                }
                release(memory);
            }
        }
    }

    private long release(@Nullable MemoryBlock memory) {
        if (memory == null) {
            return 0;
        }
        int sizeBytes = memory.sizeBytes();
        usedBytes.addAndGet(-sizeBytes);
        memory.release();
        return sizeBytes;
    }

    private EntryShard shard(long mixed) {
        return shards[(int) mixed & SHARDS - 1];
    }

    /** Spreads also what two files have in common: the hash of the same key. */
    private static long mix(int file, long hash) {
        long mixed = (hash + file * 0x9E3779B97F4A7C15L) * 0xD6E8FEB86659FD93L;
        return mixed ^ mixed >>> 32;
    }
}
