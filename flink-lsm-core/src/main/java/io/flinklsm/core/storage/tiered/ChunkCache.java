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
package io.flinklsm.core.storage.tiered;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.storage.FileReads;
import io.flinklsm.core.storage.StorageInput;
import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Chunks of many remote files in the slots of one local file of fixed length: when all slots are
 * taken, the next chunk takes the slot of one that was not read for long (a clock; chunks that were
 * read since the hand passed by get a second chance). Safe for any thread.
 *
 * <p>A reader holds its slot's lock for a copy in memory, so a slot is never overwritten under it.
 */
final class ChunkCache implements Closeable {

    private static final int MIN_SLOTS = 4;

    private static final int STRIPES = 64;

    private record Key(Slots file, int chunk) {}

    // Immutable.
    private final Path path;
    private final StorageInput input;
    private final ReentrantReadWriteLock[] stripes = new ReentrantReadWriteLock[STRIPES];

    // Safe for any thread; an owner is written while its slot's lock is held.
    private final Map<Key, Integer> slots = new ConcurrentHashMap<>();
    private final AtomicIntegerArray used;
    private final @Nullable Key[] owners;

    // Guarded by this.
    private final RandomAccessFile file;
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private final TieredCounters counters;
    private int fresh;
    private int hand;
    private boolean closed;

    private ChunkCache(
            Path path,
            int count,
            RandomAccessFile file,
            StorageInput input,
            TieredCounters counters) {
        this.path = path;
        this.file = file;
        this.input = input;
        this.counters = counters;
        this.used = new AtomicIntegerArray(count);
        this.owners = new Key[count];
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new ReentrantReadWriteLock();
        }
    }

    /**
     * An empty cache; a leftover of that name is lost.
     *
     * @param bytes room on the local disk; taken as it is needed
     */
    static ChunkCache create(Path path, long bytes, FileReads reads, TieredCounters counters)
            throws IOException {
        if (bytes < 0) {
            throw new IllegalArgumentException("not a size: bytes=" + bytes);
        }
        int count = (int) Math.max(MIN_SLOTS, Math.min(bytes >>> Chunks.SHIFT, 1 << 30));
        Files.deleteIfExists(path);
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
        try {
            file.setLength(Chunks.offset(count));
            return new ChunkCache(path, count, file, reads.open(path), counters);
        } catch (IOException | RuntimeException | Error e) {
            try {
                file.close();
                Files.deleteIfExists(path);
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /** A place for the chunks of one more file. */
    Chunks open(long sizeBytes) {
        return new Slots(sizeBytes);
    }

    private boolean read(Key key, long offset, byte[] target, int at, int byteCount)
            throws IOException {
        Invariants.check(
                offset >= 0 && byteCount >= 0 && offset + byteCount <= Chunks.BYTES,
                "a read leaves its chunk",
                "offset",
                offset,
                "byteCount",
                byteCount);
        Integer slot = slots.get(key);
        if (slot == null) {
            return false;
        }
        ReentrantReadWriteLock.ReadLock lock = stripes[slot % STRIPES].readLock();
        lock.lock();
        try {
            if (!key.equals(owners[slot])) {
                return false;
            }
            input.readFully(Chunks.offset(slot) + offset, target, at, byteCount);
            used.set(slot, 1);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private synchronized void put(Key key, byte[] bytes, int from, int byteCount)
            throws IOException {
        Invariants.check(
                byteCount > 0 && byteCount <= Chunks.BYTES,
                "a chunk has other bytes",
                "from",
                from,
                "byteCount",
                byteCount);
        if (closed || slots.containsKey(key)) {
            return;
        }
        int slot = takeSlot();
        ReentrantReadWriteLock.WriteLock lock = stripes[slot % STRIPES].writeLock();
        lock.lock();
        try {
            disown(slot);
            file.seek(Chunks.offset(slot));
            file.write(bytes, from, byteCount);
            owners[slot] = key;
        } finally {
            lock.unlock();
            if (owners[slot] == null) {
                free.push(slot);
            }
        }
        used.set(slot, 0);
        slots.put(key, slot);
        key.file().present.incrementAndGet();
    }

    /** The slot is in no reader's use when it is written to; it may have an owner still. */
    @GuardedBy("this")
    private int takeSlot() {
        Integer given = free.poll();
        if (given != null) {
            return given;
        }
        if (fresh < owners.length) {
            return fresh++;
        }
        while (used.getAndSet(hand, 0) != 0) {
            hand = (hand + 1) % owners.length;
        }
        int slot = hand;
        hand = (hand + 1) % owners.length;
        return slot;
    }

    @GuardedBy("this")
    private void disown(int slot) {
        Key owner = owners[slot];
        if (owner != null) {
            Integer known = slots.remove(owner);
            Invariants.check(
                    known != null && known == slot,
                    "a slot is owned by a chunk that stands elsewhere",
                    "slot",
                    slot);
            int left = owner.file().present.decrementAndGet();
            Invariants.check(left >= 0, "a file has fewer chunks than none", "left", left);
            owners[slot] = null;
            counters.evictions.increment();
        }
    }

    private synchronized void drop(Key key) {
        Integer slot = slots.remove(key);
        if (slot != null) {
            key.file().present.decrementAndGet();
            ReentrantReadWriteLock.WriteLock lock = stripes[slot % STRIPES].writeLock();
            lock.lock();
            try {
                owners[slot] = null;
            } finally {
                lock.unlock();
            }
            free.push(slot);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        slots.clear();
        try (file) {
            input.close();
        } finally {
            Files.deleteIfExists(path);
        }
    }

    /** The chunks of one file. */
    private final class Slots implements Chunks {

        private final int count;

        /** How many chunks are here, for statistics. */
        private final AtomicInteger present = new AtomicInteger();

        private volatile boolean dropped;

        Slots(long sizeBytes) {
            this.count = Chunks.count(sizeBytes);
        }

        @Override
        public boolean has(int chunk) {
            return slots.containsKey(new Key(this, chunk));
        }

        @Override
        public boolean read(long position, byte[] target, int at, int byteCount)
                throws IOException {
            int chunk = Chunks.at(position);
            return ChunkCache.this.read(
                    new Key(this, chunk), position - Chunks.offset(chunk), target, at, byteCount);
        }

        @Override
        public void put(int chunk, byte[] bytes, int from, int byteCount) throws IOException {
            if (!dropped) {
                ChunkCache.this.put(new Key(this, chunk), bytes, from, byteCount);
                if (dropped) {
                    drop(new Key(this, chunk));
                }
            }
        }

        @Override
        public long presentBytes() {
            return Chunks.offset(present.get());
        }

        @Override
        public void close() {
            dropped = true;
            for (int chunk = 0; chunk < count; chunk++) {
                drop(new Key(this, chunk));
            }
        }
    }
}
