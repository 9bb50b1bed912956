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

import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.memory.MemoryBlock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A part of the {@link EntryCache}: a hash table over entries that stand one behind the other in
 * segments of native memory. Everything but {@link #isEmpty} needs its lock.
 *
 * <pre>
 * table:  8 bytes a bucket: upper half of the mixed hash | segment number, offset / 8; 0 if free
 * entry:  file 4 | tag 4 | key bytes 2 | kind 1 | found since 1 | value bytes 4 | key | value
 * </pre>
 *
 * Entries begin at multiples of 8. The oldest segment goes first; entries in it that were found
 * since they were written are copied together into a segment that counts as new. A segment's first
 * 8 bytes stay free, so that no bucket in use is 0.
 */
final class EntryShard {

    static final int SEGMENT_BYTES = 32 << 10;

    private static final int OFFSET_BITS = 12;
    private static final int OFFSET_MASK = (1 << OFFSET_BITS) - 1;
    private static final int MAX_SEGMENTS = 1 << Integer.SIZE - OFFSET_BITS - 1;
    private static final int FIRST_TABLE_BYTES = 4 << 10;

    private static final int TAG = 4;
    private static final int KEY_BYTES = 8;
    private static final int KIND = 10;
    private static final int FOUND = 11;
    private static final int VALUE_BYTES = 12;
    private static final int HEADER_BYTES = 16;

    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock.
    private final List<@Nullable Segment> segments = new ArrayList<>();
    private final ArrayDeque<Segment> oldestFirst = new ArrayDeque<>();
    private final Slice scratch = new Slice();

    /** Takes new entries. */
    private @Nullable Segment filling;

    /** Takes entries that were found. */
    private @Nullable Segment sparing;

    private @Nullable MemoryBlock table;
    private long tableAddress;
    private int mask = -1;
    private int entryCount;

    // Written under the lock, read by any thread.
    private volatile boolean empty = true;

    /** Entries in one segment. */
    private static final class Segment {
        final MemoryBlock memory;
        final int number;
        int used = Long.BYTES;

        Segment(MemoryBlock memory, int number) {
            this.memory = memory;
            this.number = number;
        }
    }

    static int sizeBytes(Slice key, Slice value) {
        long bytes = HEADER_BYTES + (long) key.length() + value.length();
        return (int) Math.min(Integer.MAX_VALUE, bytes + 7 & ~7L);
    }

    boolean tryLock() {
        return lock.tryLock();
    }

    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    boolean isEmpty() {
        return empty;
    }

    /** The code of the entry's kind; -1 if it is not here. */
    int find(long mixed, int file, Slice key, Slice value) {
        if (table == null) {
            return -1;
        }
        int tag = tag(mixed);
        int bucket = tag & mask;
        while (true) {
            long slot = slot(bucket);
            if (slot == 0) {
                return -1;
            }
            if ((int) (slot >>> 32) == tag) {
                long entry = address((int) slot);
                int keyBytes = RawMemory.getShort(null, entry + KEY_BYTES);
                if (RawMemory.getInt(null, entry) == file
                        && keyBytes == key.length()
                        && RawMemory.contentEquals(
                                null,
                                entry + HEADER_BYTES,
                                key.rawBase(),
                                key.rawOffset(),
                                keyBytes)) {
                    if (RawMemory.getByte(null, entry + FOUND) == 0) {
                        RawMemory.putByte(null, entry + FOUND, (byte) 1);
                    }
                    value.setAddress(
                            entry + HEADER_BYTES + keyBytes,
                            RawMemory.getInt(null, entry + VALUE_BYTES));
                    return RawMemory.getByte(null, entry + KIND);
                }
            }
            bucket = bucket + 1 & mask;
        }
    }

    /** Bytes of the table that is needed before one more entry; 0 if there is room in this one. */
    int wantedTableBytes() {
        MemoryBlock current = table;
        if (current == null) {
            return FIRST_TABLE_BYTES;
        }
        return 3L * (entryCount + 2) > 2L * (mask + 1) ? current.sizeBytes() * 2 : 0;
    }

    /** Whether {@link #giveSegment} must come before an entry of this size. */
    boolean wantsSegment(int entryBytes) {
        return filling == null || filling.used + entryBytes > SEGMENT_BYTES;
    }

    /** Moves the table to larger memory; gives what is not needed any more. */
    @Nullable MemoryBlock giveTable(MemoryBlock memory) {
        MemoryBlock old = table;
        if (old != null && old.sizeBytes() >= memory.sizeBytes()) {
            // Another thread was faster.
            return memory;
        }
        int oldMask = mask;
        table = memory;
        tableAddress = memory.address();
        mask = memory.sizeBytes() / Long.BYTES - 1;
        RawMemory.fill(null, memory.address(), memory.sizeBytes(), (byte) 0);
        for (int bucket = 0; bucket <= oldMask && old != null; bucket++) {
            long slot = RawMemory.getLong(null, old.address() + (long) bucket * Long.BYTES);
            if (slot != 0) {
                insert((int) (slot >>> 32), (int) slot);
            }
        }
        return old;
    }

    /** Takes memory of {@link #SEGMENT_BYTES} for the next entries. */
    void giveSegment(MemoryBlock memory) {
        Segment full = filling;
        if (full != null) {
            oldestFirst.addLast(full);
        }
        filling = newSegment(memory);
        empty = false;
    }

    private Segment newSegment(MemoryBlock memory) {
        int number = segments.indexOf(null);
        if (number < 0) {
            number = segments.size();
            Invariants.check(number < MAX_SEGMENTS, "too many segments of cached entries");
            segments.add(null);
        }
        Segment segment = new Segment(memory, number);
        segments.set(number, segment);
        return segment;
    }

    /** Adds an entry for which there is room, unless it is here already. */
    void add(long mixed, int file, Slice key, int kind, Slice value, int entryBytes) {
        Segment segment = filling;
        if (segment == null || find(mixed, file, key, scratch) >= 0) {
            return;
        }
        long entry = segment.memory.address() + segment.used;
        RawMemory.putInt(null, entry, file);
        RawMemory.putInt(null, entry + TAG, tag(mixed));
        RawMemory.putShort(null, entry + KEY_BYTES, (short) key.length());
        RawMemory.putByte(null, entry + KIND, (byte) kind);
        RawMemory.putByte(null, entry + FOUND, (byte) 0);
        RawMemory.putInt(null, entry + VALUE_BYTES, value.length());
        key.copyToAddress(entry + HEADER_BYTES);
        value.copyToAddress(entry + HEADER_BYTES + key.length());
        insert(tag(mixed), location(segment, segment.used));
        segment.used += entryBytes;
        entryCount++;
    }

    /**
     * Empties the oldest segment.
     *
     * @param spare whether entries that were found since are kept
     * @return its memory, to be released by the caller; null if the spared entries keep it
     */
    @Nullable MemoryBlock evict(boolean spare) {
        Segment victim = oldestFirst.pollFirst();
        if (victim == null) {
            return takeAny();
        }
        Segment target = sparing;
        long from = victim.memory.address();
        int used = victim.used;
        for (int at = Long.BYTES; at < used; ) {
            long entry = from + at;
            int bytes = entryBytes(entry);
            int bucket = bucketOf(RawMemory.getInt(null, entry + TAG), location(victim, at));
            if (spare && RawMemory.getByte(null, entry + FOUND) != 0) {
                if (target == null || target.used + bytes > SEGMENT_BYTES && target != victim) {
                    // Full: what is spared from here on moves to this segment's own beginning.
                    if (target != null) {
                        oldestFirst.addLast(target);
                    }
                    target = victim;
                    victim.used = Long.BYTES;
                }
                RawMemory.putByte(null, entry + FOUND, (byte) 0);
                move(entry, target.memory.address() + target.used, bytes);
                setLocation(bucket, location(target, target.used));
                target.used += bytes;
            } else {
                remove(bucket);
                entryCount--;
            }
            at += bytes;
        }
        sparing = target;
        if (target == victim) {
            return null;
        }
        segments.set(victim.number, null);
        return victim.memory;
    }

    /** Forgets everything and gives up one piece of memory after another; null at the end. */
    @Nullable MemoryBlock takeAny() {
        if (filling != null) {
            oldestFirst.addLast(filling);
            filling = null;
        }
        if (sparing != null) {
            oldestFirst.addLast(sparing);
            sparing = null;
        }
        if (!oldestFirst.isEmpty()) {
            return evict(false);
        }
        MemoryBlock last = table;
        table = null;
        mask = -1;
        segments.clear();
        empty = true;
        return last;
    }

    private void insert(int tag, int location) {
        int bucket = tag & mask;
        while (slot(bucket) != 0) {
            bucket = bucket + 1 & mask;
        }
        setSlot(bucket, (long) tag << 32 | location & 0xFFFF_FFFFL);
    }

    /** The bucket that holds the entry at this place, which is in the table. */
    private int bucketOf(int tag, int location) {
        int bucket = tag & mask;
        while ((int) slot(bucket) != location) {
            Invariants.check(slot(bucket) != 0, "a cached entry is not in the table");
            bucket = bucket + 1 & mask;
        }
        return bucket;
    }

    /** Frees a bucket and moves up those behind that would not be found any more. */
    private void remove(int bucket) {
        int free = bucket;
        for (int next = free + 1 & mask; slot(next) != 0; next = next + 1 & mask) {
            int home = (int) (slot(next) >>> 32) & mask;
            if ((next - home & mask) >= (next - free & mask)) {
                setSlot(free, slot(next));
                free = next;
            }
        }
        setSlot(free, 0);
    }

    private void setLocation(int bucket, int location) {
        setSlot(bucket, slot(bucket) >>> 32 << 32 | location & 0xFFFF_FFFFL);
    }

    /** Moves to a lower address of the same segment, or to another. */
    private static void move(long from, long to, int bytes) {
        for (int i = 0; i < bytes && from != to; i += Long.BYTES) {
            RawMemory.putLong(null, to + i, RawMemory.getLong(null, from + i));
        }
    }

    private static int entryBytes(long entry) {
        return HEADER_BYTES
                        + RawMemory.getShort(null, entry + KEY_BYTES)
                        + RawMemory.getInt(null, entry + VALUE_BYTES)
                        + 7
                & ~7;
    }

    private long slot(int bucket) {
        return RawMemory.getLong(null, tableAddress + (long) bucket * Long.BYTES);
    }

    private void setSlot(int bucket, long slot) {
        RawMemory.putLong(null, tableAddress + (long) bucket * Long.BYTES, slot);
    }

    private long address(int location) {
        Segment segment = segments.get(location >>> OFFSET_BITS);
        if (segment == null) {
            throw new IllegalStateException("a cached entry is in no segment");
        }
        return segment.memory.address() + ((long) (location & OFFSET_MASK) << 3);
    }

    private static int location(Segment segment, int offset) {
        return segment.number << OFFSET_BITS | offset >>> 3;
    }

    /** The lower half has chosen the shard. */
    private static int tag(long mixed) {
        return (int) (mixed >>> 32);
    }
}
