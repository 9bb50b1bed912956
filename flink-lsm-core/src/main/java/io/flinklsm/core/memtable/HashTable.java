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

import io.flinklsm.core.bytes.RawMemory;
import org.jspecify.annotations.Nullable;

/**
 * Hash of a key → ref of what starts like an entry (key length and key at the offsets of {@link
 * Entries}). Open addressing with linear probing in segments of one size; a segment that fills up
 * is split in two by one more bit of the hash (extendible hashing), so that growing never rewrites
 * more than one segment and never needs the memory of the whole table twice. A table of few entries
 * is one small segment that doubles.
 *
 * <p>A slot is one aligned word, 32 bits of the hash and the ref: the high bits of these 32 choose
 * the segment and the low ones the slot, so a split reads no entry. Per entry 11 to 21 bytes.
 *
 * <p>One thread inserts, any thread finds. A split writes to two segments that nobody sees, swaps
 * the directory, and keeps the old segment to write the next split's half to. A reader with an old
 * directory may therefore miss an entry, but never follow a wild ref: it takes a miss for true only
 * if the directory is still the same behind it.
 */
final class HashTable {

    static final int NO_REF = Arena.NO_REF;

    private static final int SEGMENT_SLOTS_MIN = 32;
    private static final int SEGMENT_SLOTS_MAX = 1 << 12;
    private static final int DIRECTORY_BITS_MAX = 18;
    private static final int SLOT_BYTES = 8;

    // A segment: its count of entries, its depth (bits of the hash that its entries share), slots.
    private static final int COUNT_OFFSET = 0;
    private static final int DEPTH_OFFSET = 4;
    private static final int SLOTS_OFFSET = 8;

    private final Arena arena;

    /** Null before the first insert: an empty table costs nothing. */
    private volatile @Nullable Directory directory;

    /** Address of a segment that no directory names any more, or 0. Writer only. */
    private long spareSegment;

    HashTable(Arena arena) {
        this.arena = arena;
    }

    /** What is found through one array access; immutable. The index has as many bits as given. */
    private static final class Directory {
        private final long[] segments;
        private final int bits;
        private final int slotMask;

        private Directory(long[] segments, int bits, int slotMask) {
            this.segments = segments;
            this.bits = bits;
            this.slotMask = slotMask;
        }

        private int indexOf(int tag) {
            // In two steps, because a shift by 32 would be none.
            return (tag >>> 1) >>> (Integer.SIZE - 1 - bits);
        }

        private long segmentOf(int tag) {
            return segments[indexOf(tag)];
        }
    }

    /** Any thread. */
    int find(byte[] key, int keyLength, long hash) {
        int tag = tagOf(hash);
        Directory seen = directory;
        while (seen != null) {
            int ref = probe(seen, tag, key, keyLength);
            if (ref != NO_REF) {
                return ref;
            }
            RawMemory.loadFence();
            Directory now = directory;
            if (sameDirectory(now, seen)) {
                return NO_REF;
            }
            seen = now;
        }
        return NO_REF;
    }

    /** Makes room for one more key with this hash; false if the budget has none. Writer only. */
    boolean prepare(long hash) {
        Directory dir = directory;
        if (dir == null) {
            long segment = newSegment(SEGMENT_SLOTS_MIN);
            if (segment == 0) {
                return false;
            }
            clear(segment, SEGMENT_SLOTS_MIN, 0);
            directory = new Directory(new long[] {segment}, 0, SEGMENT_SLOTS_MIN - 1);
            return true;
        }
        int tag = tagOf(hash);
        while (isFull(dir, dir.segmentOf(tag))) {
            Directory grown = dir.slotMask + 1 < SEGMENT_SLOTS_MAX ? doubled(dir) : split(dir, tag);
            if (grown == null) {
                return false;
            }
            directory = grown;
            dir = grown;
        }
        return true;
    }

    /** After {@link #prepare} for this hash, for a key that is not here. Writer only. */
    void insert(long hash, int ref) {
        Directory dir = directory;
        if (dir == null) {
            throw new AssertionError("insert without prepare");
        }
        long segment = dir.segmentOf(tagOf(hash));
        place(segment, dir.slotMask, slot(tagOf(hash), ref));
        RawMemory.putInt(
                null, segment + COUNT_OFFSET, RawMemory.getInt(null, segment + COUNT_OFFSET) + 1);
    }

    /** Writes all refs to the array; returns how many. While nobody inserts. */
    int collect(int[] refs) {
        Directory dir = directory;
        int count = 0;
        if (dir == null) {
            return count;
        }
        int i = 0;
        while (i < dir.segments.length) {
            long segment = dir.segments[i];
            for (int s = 0; s <= dir.slotMask; s++) {
                long slot = RawMemory.getLong(null, segment + SLOTS_OFFSET + (long) s * SLOT_BYTES);
                if (slot != 0) {
                    refs[count++] = (int) slot;
                }
            }
            // A segment of fewer bits than the directory's stands there several times in a row.
            i += 1 << (dir.bits - RawMemory.getInt(null, segment + DEPTH_OFFSET));
        }
        return count;
    }

    private int probe(Directory dir, int tag, byte[] key, int keyLength) {
        long slots = dir.segmentOf(tag) + SLOTS_OFFSET;
        int index = tag & dir.slotMask;
        // The bound is for a reader whose segment is being rewritten under it.
        for (int i = 0; i <= dir.slotMask; i++) {
            long slot = RawMemory.getLongVolatile(null, slots + (long) index * SLOT_BYTES);
            if (slot == 0) {
                return NO_REF;
            }
            if ((int) (slot >>> Integer.SIZE) == tag && hasKey((int) slot, key, keyLength)) {
                return (int) slot;
            }
            index = (index + 1) & dir.slotMask;
        }
        return NO_REF;
    }

    private boolean hasKey(int ref, byte[] key, int keyLength) {
        long address = arena.address(ref);
        return RawMemory.getInt(null, address + Entries.KEY_LENGTH_OFFSET) == keyLength
                && RawMemory.contentEquals(
                        null,
                        address + Entries.KEY_OFFSET,
                        key,
                        RawMemory.BYTE_ARRAY_OFFSET,
                        keyLength);
    }

    private static boolean isFull(Directory dir, long segment) {
        int slots = dir.slotMask + 1;
        return RawMemory.getInt(null, segment + COUNT_OFFSET) >= slots - slots / 4;
    }

    /** The one segment of a small table, with twice the slots. */
    private @Nullable Directory doubled(Directory dir) {
        int slots = (dir.slotMask + 1) * 2;
        long segment = newSegment(slots);
        if (segment == 0) {
            return null;
        }
        clear(segment, slots, 0);
        distribute(dir.segments[0], dir.slotMask, segment, segment, slots - 1, 0);
        return new Directory(new long[] {segment}, 0, slots - 1);
    }

    /** The directory with the tag's segment in two; null if there is no room. */
    private @Nullable Directory split(Directory dir, int tag) {
        long old = dir.segmentOf(tag);
        int depth = RawMemory.getInt(null, old + DEPTH_OFFSET);
        if (depth == DIRECTORY_BITS_MAX) {
            // Thousands of keys with the same 18 bits: made so on purpose. The memtable is full.
            return null;
        }
        long zeros = spareSegment != 0 ? spareSegment : newSegment(SEGMENT_SLOTS_MAX);
        long ones = newSegment(SEGMENT_SLOTS_MAX);
        if (zeros == 0 || ones == 0) {
            spareSegment = zeros != 0 ? zeros : ones;
            return null;
        }
        clear(zeros, SEGMENT_SLOTS_MAX, depth + 1);
        clear(ones, SEGMENT_SLOTS_MAX, depth + 1);
        distribute(old, dir.slotMask, zeros, ones, dir.slotMask, 1 << (Integer.SIZE - 1 - depth));
        spareSegment = old;

        int bits = Math.max(dir.bits, depth + 1);
        long[] segments = new long[1 << bits];
        for (int i = 0; i < segments.length; i++) {
            segments[i] = dir.segments[i >>> (bits - dir.bits)];
        }
        int spanBits = bits - depth - 1;
        int first = (dir.indexOf(tag) << (bits - dir.bits)) >>> (spanBits + 1) << (spanBits + 1);
        for (int i = 0; i < 1 << spanBits; i++) {
            segments[first + i] = zeros;
            segments[first + (1 << spanBits) + i] = ones;
        }
        return new Directory(segments, bits, dir.slotMask);
    }

    /** Copies the slots to one of two cleared segments, by the bit of the tag. */
    private static void distribute(
            long from, int fromMask, long zeros, long ones, int toMask, int bit) {
        int zeroCount = 0;
        int oneCount = 0;
        for (int i = 0; i <= fromMask; i++) {
            long slot = RawMemory.getLong(null, from + SLOTS_OFFSET + (long) i * SLOT_BYTES);
            if (slot == 0) {
                continue;
            }
            if (((int) (slot >>> Integer.SIZE) & bit) == 0) {
                place(zeros, toMask, slot);
                zeroCount++;
            } else {
                place(ones, toMask, slot);
                oneCount++;
            }
        }
        RawMemory.putInt(null, ones + COUNT_OFFSET, oneCount);
        RawMemory.putInt(null, zeros + COUNT_OFFSET, zeroCount);
    }

    private static void place(long segment, int mask, long slot) {
        long slots = segment + SLOTS_OFFSET;
        int index = (int) (slot >>> Integer.SIZE) & mask;
        while (RawMemory.getLong(null, slots + (long) index * SLOT_BYTES) != 0) {
            index = (index + 1) & mask;
        }
        RawMemory.putLongOrdered(null, slots + (long) index * SLOT_BYTES, slot);
    }

    /** Address of a segment, not cleared; 0 if there is no room. */
    private long newSegment(int slots) {
        int ref = arena.allocate(SLOTS_OFFSET + slots * SLOT_BYTES);
        return ref == Arena.NO_REF ? 0 : arena.address(ref);
    }

    private static void clear(long segment, int slots, int depth) {
        RawMemory.fill(null, segment + SLOTS_OFFSET, (long) slots * SLOT_BYTES, (byte) 0);
        RawMemory.putInt(null, segment + COUNT_OFFSET, 0);
        RawMemory.putInt(null, segment + DEPTH_OFFSET, depth);
    }

    @SuppressWarnings("ReferenceEquality")
    private static boolean sameDirectory(@Nullable Directory left, Directory right) {
        return left == right;
    }

    private static int tagOf(long hash) {
        return (int) (hash >>> Integer.SIZE);
    }

    private static long slot(int tag, int ref) {
        return ((long) tag << Integer.SIZE) | (ref & 0xFFFF_FFFFL);
    }
}
