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
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The native memory of one tier, in segments: 32-bit refs name places in them. A ref is the number
 * of a segment and an offset in units of 4 bytes; numbers of released segments are used again.
 * Segments begin small and double, so that many idle trees cost little; a large record has a
 * segment of its own.
 *
 * <p>Changed under the tier's lock. A ref of a frozen generation may be turned into an address by
 * any thread, as long as it holds the generation.
 */
final class Segments {

    /** What the processor fetches from memory at once. */
    private static final int LINE_BYTES = 64;

    /** Of a longer record, the processor sees by itself that the rest is wanted. */
    private static final int TOUCHED_BYTES_MAX = 512;

    /** The ref of nothing: segment 0 is never there. */
    static final int NO_REF = 0;

    private static final int UNIT_BYTES = 4;

    /** Low bits of a ref: where in its segment. */
    private static final int OFFSET_BITS = 17;

    private static final int OFFSET_MASK = (1 << OFFSET_BITS) - 1;
    private static final int COUNT_MAX = 1 << Integer.SIZE - OFFSET_BITS;

    private static final int SMALLEST_BYTES = 2 << 10;

    /** Evicting one is a small step, of some hundred records. */
    private static final int LARGEST_BYTES = 64 << 10;

    /** The largest that the offset of a ref can reach into. */
    private static final int LARGEST_OF_ALL_BYTES = 512 << 10;

    /** One segment, and what is counted of its records. */
    static final class Segment {
        private final MemoryBlock block;
        private final int number;
        private final long address;

        private Generation owner;
        private int usedBytes;
        private int liveBytes;
        private int deadBytes;
        private long stamp;
        private int cleanIndex = -1;

        private Segment(MemoryBlock block, int number, Generation owner) {
            this.block = block;
            this.number = number;
            this.address = block.address();
            this.owner = owner;
        }

        int number() {
            return number;
        }

        long address() {
            return address;
        }

        int sizeBytes() {
            return block.sizeBytes();
        }

        Generation owner() {
            return owner;
        }

        /** End of the last record. */
        int usedBytes() {
            return usedBytes;
        }

        /** Bytes of records that something still finds. */
        int liveBytes() {
            return liveBytes;
        }

        /** Bytes of records that were replaced in their own generation. */
        int deadBytes() {
            return deadBytes;
        }

        /** So many bytes more, or less if it is negative, are found. */
        void addLive(int bytes) {
            liveBytes += bytes;
            Invariants.check(
                    liveBytes >= 0 && liveBytes <= usedBytes,
                    "a segment has less than nothing in use, or more than it holds",
                    "live",
                    liveBytes,
                    "used",
                    usedBytes);
        }

        /** A record of so many bytes was replaced in its own generation. */
        void addDead(int bytes) {
            deadBytes += bytes;
            Invariants.check(
                    bytes > 0 && deadBytes <= usedBytes,
                    "a segment has more that is dead than it holds",
                    "dead",
                    deadBytes,
                    "used",
                    usedBytes);
        }

        /** Nothing stands behind the first bytes any more; what is found is in front of there. */
        void cut(int bytes) {
            Invariants.check(
                    bytes <= usedBytes && liveBytes <= bytes,
                    "a segment is cut within what is in use",
                    "live",
                    liveBytes,
                    "left",
                    bytes);
            usedBytes = bytes;
        }

        /** Has another owner from now on. */
        void give(Generation to) {
            owner.remove(this);
            owner = to;
            to.add(this);
        }

        /** When it became clean, or was last spared; orders evictions. */
        long stamp() {
            return stamp;
        }

        /** Whether it stands in the list of clean segments. */
        boolean isListed() {
            return cleanIndex >= 0;
        }

        /** Index in the list of clean segments, or -1. */
        int listIndex() {
            return cleanIndex;
        }

        /** Stands in the list of clean segments from now on. */
        void list(int index, long newStamp) {
            Invariants.check(cleanIndex < 0, "a segment is clean twice", "number", number);
            cleanIndex = index;
            stamp = newStamp;
        }

        /** Stands at another index of the list. */
        void relist(int index) {
            Invariants.check(
                    cleanIndex >= 0, "a segment that is not listed is moved", "number", number);
            cleanIndex = index;
        }

        /** Does not stand in the list any more. */
        void unlist() {
            cleanIndex = -1;
        }

        /** Its owner is let go of by the last reader, after the tier has closed. */
        void releaseBlock() {
            block.release();
        }

        private int firstRef() {
            return number << OFFSET_BITS;
        }
    }

    private final MemoryBudget budget;
    private final int largestBytes;

    // Replaced by larger ones as segments come; read by flush threads.
    private volatile long[] addresses = new long[8];
    private @Nullable Segment[] byNumber = new Segment[8];

    private volatile boolean hasUnpinned;

    // Numbers that are free below nextNumber.
    private int[] freeNumbers = new int[8];
    private int freeCount;
    private int nextNumber = 1;

    Segments(MemoryBudget budget) {
        this.budget = budget;
        this.largestBytes = largestBytes(budget.limitBytes());
    }

    /** How large a segment of many records gets where tiers may take so many bytes. */
    static int largestBytes(long limitBytes) {
        // A small pool is handed out in small parts; a large one has numbers enough for one tree.
        long part = Long.highestOneBit(Math.max(1, limitBytes / 64));
        long least = Long.highestOneBit(limitBytes / (COUNT_MAX / 4));
        return (int)
                Math.min(
                        LARGEST_OF_ALL_BYTES,
                        Math.max(
                                2 * SMALLEST_BYTES,
                                Math.max(least, Math.min(LARGEST_BYTES, part))));
    }

    /** A place for a record; {@link #NO_REF} if the budget has no room now. */
    int allocate(Generation generation, int sizeBytes) {
        Segment current = generation.current();
        if (current == null || sizeBytes > current.sizeBytes() - current.usedBytes) {
            boolean isLarge = sizeBytes > largestBytes / 4;
            Segment added = add(generation, isLarge ? sizeBytes : nextBytes(generation, sizeBytes));
            if (added == null) {
                return NO_REF;
            }
            if (!isLarge) {
                generation.fillNew(added);
            }
            current = added;
        }
        Invariants.check(
                sizeBytes > 0 && sizeBytes % UNIT_BYTES == 0,
                "a record does not end where another may begin",
                "bytes",
                sizeBytes);
        Invariants.check(
                current.owner == generation,
                "a segment is not its owner's",
                "number",
                current.number);
        if (Invariants.ENABLED) {
            Invariants.check(
                    sizeBytes <= current.sizeBytes() - current.usedBytes,
                    "a record does not fit into its segment",
                    "bytes",
                    sizeBytes,
                    "used",
                    current.usedBytes);
        }
        int ref = current.firstRef() + current.usedBytes / UNIT_BYTES;
        current.usedBytes += sizeBytes;
        current.liveBytes += sizeBytes;
        return ref;
    }

    private int nextBytes(Generation generation, int recordBytes) {
        int bytes =
                Math.max(SMALLEST_BYTES, Math.min(generation.lastSegmentBytes() * 2, largestBytes));
        while (bytes < 4 * recordBytes && bytes < largestBytes) {
            bytes *= 2;
        }
        return Math.min(bytes, largestBytes);
    }

    private @Nullable Segment add(Generation generation, int sizeBytes) {
        if (freeCount == 0 && nextNumber == COUNT_MAX) {
            return null;
        }
        MemoryBlock block = budget.tryAllocateFree(sizeBytes);
        if (block == null) {
            return null;
        }
        int number = freeCount > 0 ? freeNumbers[--freeCount] : nextNumber++;
        if (number >= byNumber.length) {
            byNumber = Arrays.copyOf(byNumber, byNumber.length * 2);
            addresses = Arrays.copyOf(addresses, byNumber.length);
        }
        Invariants.check(
                number > NO_REF && number < COUNT_MAX && byNumber[number] == null,
                "a segment is given a number that is taken, or none",
                "number",
                number);
        Segment segment = new Segment(block, number, generation);
        byNumber[number] = segment;
        addresses[number] = segment.address;
        generation.add(segment);
        return segment;
    }

    /** Takes the segment from its owner and gives its memory back; nothing may name it any more. */
    void release(Segment segment) {
        segment.owner.remove(segment);
        Invariants.check(
                byNumber[segment.number] == segment,
                "a segment is released twice",
                "number",
                segment.number);
        byNumber[segment.number] = null;
        if (freeCount == freeNumbers.length) {
            freeNumbers = Arrays.copyOf(freeNumbers, freeCount * 2);
        }
        freeNumbers[freeCount++] = segment.number;
        segment.block.release();
    }

    long address(int ref) {
        return addresses[ref >>> OFFSET_BITS] + (long) (ref & OFFSET_MASK) * UNIT_BYTES;
    }

    /**
     * Reads from the records of some refs, which are to be looked at one after the other: like
     * this, the processor waits for the memory of all of them at the same time.
     *
     * @return a number without a meaning, for the caller to keep: reads that nobody needs are left
     *     out by the compiler
     */
    int touch(int[] refs, int from, int to) {
        int sum = 0;
        for (int i = from; i < to; i++) {
            sum += RawMemory.getInt(null, address(refs[i]));
        }
        for (int i = from; i < to; i++) {
            long record = address(refs[i]);
            int bytes = Math.min(Records.sizeBytes(record), TOUCHED_BYTES_MAX);
            for (int at = LINE_BYTES; at < bytes; at += LINE_BYTES) {
                sum += RawMemory.getByte(null, record + at);
            }
        }
        return sum;
    }

    /** The segment that the ref points into. */
    Segment of(int ref) {
        Segment segment = byNumber[ref >>> OFFSET_BITS];
        if (segment == null) {
            throw new AssertionError("a ref into a segment that was released: ref=" + ref);
        }
        return segment;
    }

    List<Segment> all() {
        List<Segment> all = new ArrayList<>();
        for (Segment segment : byNumber) {
            if (segment != null) {
                all.add(segment);
            }
        }
        return all;
    }

    /** A reader has let go of clean segments. */
    void noteUnpinned() {
        hasUnpinned = true;
    }

    /** Whether a reader has let go of clean segments since evictions were last planned. */
    boolean hasUnpinned() {
        return hasUnpinned;
    }

    /** Evictions are planned now. */
    void forgetUnpinned() {
        hasUnpinned = false;
    }

    /** The ref of what lies so many bytes behind the segment's begin. */
    static int refAt(Segment segment, int offsetBytes) {
        return segment.firstRef() + offsetBytes / UNIT_BYTES;
    }

    MemoryBudget budget() {
        return budget;
    }
}
