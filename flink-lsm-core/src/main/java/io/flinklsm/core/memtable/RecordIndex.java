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
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import java.util.ArrayList;
import java.util.List;

/**
 * Hash of a key → ref of its newest record. Open addressing with linear probing in parts of one
 * size; a part that fills up is split in two by one more bit of the hash (extendible hashing), so
 * that growing never rewrites more than one part, and never needs the memory of the whole table
 * twice. A table of few entries is one small part that doubles.
 *
 * <pre>
 * slot   upper 32 bits of the hash | ref       8 bytes; 0 if free
 * </pre>
 *
 * <p>The high bits of the 32 choose the part and the low ones the slot, so a split reads no record.
 * A part is split when it is three quarters full, so a key takes 11 to 21 bytes, 14 on the mean.
 *
 * <p>Guarded by the tier's lock.
 */
final class RecordIndex {

    private static final int PART_SLOTS_MIN = 32;
    private static final int PART_SLOTS_MAX = 1 << 12;
    private static final int DIRECTORY_BITS_MAX = 18;
    private static final int SLOT_BYTES = 8;

    // A part: its count of entries, its depth (bits of the hash that its entries share), slots.
    private static final int COUNT_OFFSET = 0;
    private static final int DEPTH_OFFSET = 4;
    private static final int SLOTS_OFFSET = 8;

    private final Segments segments;
    private final MemoryBudget budget;
    private final List<MemoryBlock> blocks = new ArrayList<>();

    /** Address of the part for each value of the first {@link #bits} bits of a tag. */
    private long[] directory = new long[0];

    private int bits;
    private int slotMask;
    private long allocatedBytes;
    private long count;

    /** Address of a part that the directory does not name any more, or 0. */
    private long sparePart;

    RecordIndex(Segments segments) {
        this.segments = segments;
        this.budget = segments.budget();
    }

    /** The address of the key's slot; 0 if the key is not here. */
    long find(byte[] key, int keyLength, long hash) {
        if (directory.length == 0) {
            return 0;
        }
        int tag = tagOf(hash);
        int mask = slotMask;
        long slots = directory[indexOf(tag, bits)] + SLOTS_OFFSET;
        int index = tag & mask;
        while (true) {
            long address = slots + (long) index * SLOT_BYTES;
            long slot = RawMemory.getLong(null, address);
            if (slot == 0) {
                return 0;
            }
            // One branch for both, which goes either way often: see RawMemory.difference.
            long difference = (int) (slot >>> Integer.SIZE) ^ tag;
            if (difference == 0) {
                difference = Records.keyDifference(segments.address((int) slot), key, keyLength);
            }
            if (difference == 0) {
                return address;
            }
            index = (index + 1) & mask;
        }
    }

    /** Like {@link #find}, for a key in native memory. */
    long findAt(long key, int keyLength, long hash) {
        if (directory.length == 0) {
            return 0;
        }
        int tag = tagOf(hash);
        long slots = directory[indexOf(tag, bits)] + SLOTS_OFFSET;
        int index = tag & slotMask;
        while (true) {
            long address = slots + (long) index * SLOT_BYTES;
            long slot = RawMemory.getLong(null, address);
            if (slot == 0) {
                return 0;
            }
            // One branch for both, which goes either way often: see RawMemory.difference.
            long difference = (int) (slot >>> Integer.SIZE) ^ tag;
            if (difference == 0) {
                difference = Records.keyDifferenceAt(segments.address((int) slot), key, keyLength);
            }
            if (difference == 0) {
                return address;
            }
            index = (index + 1) & slotMask;
        }
    }

    static int ref(long slotAddress) {
        return (int) RawMemory.getLong(null, slotAddress);
    }

    static void setRef(long slotAddress, int ref) {
        long slot = RawMemory.getLong(null, slotAddress);
        RawMemory.putLong(null, slotAddress, slot >>> Integer.SIZE << Integer.SIZE | asLong(ref));
    }

    /**
     * Makes room for one more key with this hash; false if the budget has none. Addresses of slots
     * are void afterwards.
     */
    boolean prepare(long hash) {
        if (directory.length == 0) {
            long part = newPart(PART_SLOTS_MIN);
            if (part == 0) {
                return false;
            }
            clear(part, PART_SLOTS_MIN, 0);
            directory = new long[] {part};
            slotMask = PART_SLOTS_MIN - 1;
            return true;
        }
        int tag = tagOf(hash);
        while (isFull(directory[indexOf(tag, bits)])) {
            boolean grown = slotMask + 1 < PART_SLOTS_MAX ? grow() : split(tag);
            if (!grown) {
                return false;
            }
        }
        return true;
    }

    /** After {@link #prepare} for this hash, for a key that is not here. */
    void insert(long hash, int ref) {
        int tag = tagOf(hash);
        long part = directory[indexOf(tag, bits)];
        Invariants.check(ref != Segments.NO_REF, "a key is given the ref of nothing");
        if (Invariants.ENABLED) {
            Invariants.check(
                    RawMemory.getInt(null, part + COUNT_OFFSET) < slotMask,
                    "a part of the index has no free slot: nothing would end a search",
                    "slots",
                    slotMask + 1);
        }
        place(part, slotMask, (long) tag << Integer.SIZE | asLong(ref));
        addCount(part, 1);
        count++;
    }

    /** Frees the slot, and moves up those behind that would not be found any more. */
    void remove(long slotAddress) {
        int tag = (int) (RawMemory.getLong(null, slotAddress) >>> Integer.SIZE);
        long part = directory[indexOf(tag, bits)];
        long slots = part + SLOTS_OFFSET;
        int free = (int) ((slotAddress - slots) / SLOT_BYTES);
        Invariants.check(
                slotAddress >= slots && free <= slotMask,
                "a slot is not in the part of its tag",
                "slot",
                free,
                "slots",
                slotMask + 1);
        int next = (free + 1) & slotMask;
        while (true) {
            long slot = RawMemory.getLong(null, slots + (long) next * SLOT_BYTES);
            if (slot == 0) {
                break;
            }
            int home = (int) (slot >>> Integer.SIZE) & slotMask;
            if ((next - home & slotMask) >= (next - free & slotMask)) {
                RawMemory.putLong(null, slots + (long) free * SLOT_BYTES, slot);
                free = next;
            }
            next = (next + 1) & slotMask;
        }
        RawMemory.putLong(null, slots + (long) free * SLOT_BYTES, 0);
        addCount(part, -1);
        count--;
        Invariants.check(count >= 0, "the index has fewer than no keys", "keys", count);
    }

    /** Keys that are here. */
    long count() {
        return count;
    }

    long allocatedBytes() {
        return allocatedBytes;
    }

    /** Gives all memory back: nothing is here any more. */
    void release() {
        blocks.forEach(MemoryBlock::release);
        blocks.clear();
        directory = new long[0];
        bits = 0;
        slotMask = 0;
        sparePart = 0;
        allocatedBytes = 0;
        count = 0;
    }

    private boolean isFull(long part) {
        int slots = slotMask + 1;
        int used = RawMemory.getInt(null, part + COUNT_OFFSET);
        if (used < slots - slots / 4) {
            return false;
        }
        // Thousands of keys with the same 18 bits were made so on purpose; they fill their part.
        return RawMemory.getInt(null, part + DEPTH_OFFSET) < DIRECTORY_BITS_MAX
                || used >= slots - 1;
    }

    /** The one part of a small table gets twice the slots. */
    private boolean grow() {
        int slots = (slotMask + 1) * 2;
        long part = newPart(slots);
        if (part == 0) {
            return false;
        }
        clear(part, slots, 0);
        distribute(directory[0], slotMask, part, part, slots - 1, 0);
        MemoryBlock old = blocks.remove(0);
        allocatedBytes -= old.sizeBytes();
        old.release();
        directory = new long[] {part};
        slotMask = slots - 1;
        return true;
    }

    /** The tag's part becomes two; false if there is no room. */
    private boolean split(int tag) {
        long old = directory[indexOf(tag, bits)];
        int depth = RawMemory.getInt(null, old + DEPTH_OFFSET);
        if (depth == DIRECTORY_BITS_MAX) {
            return false;
        }
        long zeros = sparePart != 0 ? sparePart : newPart(PART_SLOTS_MAX);
        sparePart = zeros;
        long ones = zeros == 0 ? 0 : newPart(PART_SLOTS_MAX);
        if (ones == 0) {
            return false;
        }
        clear(zeros, PART_SLOTS_MAX, depth + 1);
        clear(ones, PART_SLOTS_MAX, depth + 1);
        distribute(old, slotMask, zeros, ones, slotMask, 1 << (Integer.SIZE - 1 - depth));
        sparePart = old;
        if (Invariants.ENABLED) {
            Invariants.check(
                    RawMemory.getInt(null, zeros + COUNT_OFFSET)
                                    + RawMemory.getInt(null, ones + COUNT_OFFSET)
                            == RawMemory.getInt(null, old + COUNT_OFFSET),
                    "a part of the index lost entries when it was split",
                    "depth",
                    depth);
        }
        Invariants.check(depth <= bits, "a part is deeper than the directory", "depth", depth);

        int first = indexOf(tag, bits) >>> (bits - depth) << (bits - depth);
        if (depth == bits) {
            long[] larger = new long[directory.length * 2];
            for (int i = 0; i < larger.length; i++) {
                larger[i] = directory[i >>> 1];
            }
            directory = larger;
            bits++;
            first <<= 1;
        }
        int half = 1 << (bits - depth - 1);
        for (int i = 0; i < half; i++) {
            directory[first + i] = zeros;
            directory[first + half + i] = ones;
        }
        return true;
    }

    /** Copies the slots to one of two cleared parts, by the bit of the tag. */
    private static void distribute(
            long from, int fromMask, long zeros, long ones, int toMask, int bit) {
        for (int i = 0; i <= fromMask; i++) {
            long slot = RawMemory.getLong(null, from + SLOTS_OFFSET + (long) i * SLOT_BYTES);
            if (slot != 0) {
                long part = ((int) (slot >>> Integer.SIZE) & bit) == 0 ? zeros : ones;
                place(part, toMask, slot);
                addCount(part, 1);
            }
        }
    }

    private static void place(long part, int mask, long slot) {
        long slots = part + SLOTS_OFFSET;
        int index = (int) (slot >>> Integer.SIZE) & mask;
        while (RawMemory.getLong(null, slots + (long) index * SLOT_BYTES) != 0) {
            index = (index + 1) & mask;
        }
        RawMemory.putLong(null, slots + (long) index * SLOT_BYTES, slot);
    }

    private static void addCount(long part, int change) {
        RawMemory.putInt(
                null, part + COUNT_OFFSET, RawMemory.getInt(null, part + COUNT_OFFSET) + change);
    }

    /** Address of a part, not cleared; 0 if there is no room. */
    private long newPart(int slots) {
        MemoryBlock block = budget.tryAllocateFree(SLOTS_OFFSET + slots * SLOT_BYTES);
        if (block == null) {
            return 0;
        }
        blocks.add(block);
        allocatedBytes += block.sizeBytes();
        return block.address();
    }

    private static void clear(long part, int slots, int depth) {
        RawMemory.fill(null, part + SLOTS_OFFSET, (long) slots * SLOT_BYTES, (byte) 0);
        RawMemory.putInt(null, part + COUNT_OFFSET, 0);
        RawMemory.putInt(null, part + DEPTH_OFFSET, depth);
    }

    private static int indexOf(int tag, int bits) {
        // In two steps, because a shift by 32 would be none.
        return (tag >>> 1) >>> (Integer.SIZE - 1 - bits);
    }

    private static int tagOf(long hash) {
        return (int) (hash >>> Integer.SIZE);
    }

    private static long asLong(int ref) {
        return ref & 0xFFFF_FFFFL;
    }
}
