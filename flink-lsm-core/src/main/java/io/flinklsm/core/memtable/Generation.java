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

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.check.ReferenceCount;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memtable.Segments.Segment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link HotTier} was given between two freezes, and the segments that hold it: the unit of
 * flush. Open while it is written, frozen until its SSTable is in the Version, clean from then on.
 *
 * <p>A frozen generation is read by any thread that holds a reference; the order of its keys is
 * found once, by the thread that first asks for it. Everything else is guarded by the tier's lock.
 */
public final class Generation {

    enum Condition {
        /** Being written. */
        OPEN,
        /** No write follows; no SSTable has it yet. */
        FROZEN,
        /** SSTables have it, or it never had anything of its own: its records may be evicted. */
        CLEAN
    }

    /** Steps in which memory for the sorted order is set aside, in entries. */
    private static final int ORDER_STEP_MIN = 64;

    private static final int ORDER_STEP_MAX = 1 << 16;

    // Immutable.
    private final Segments space;
    private final boolean ofBlocks;
    private final long number;
    private final long minWriteTimeMillis;

    // Guarded by the tier's lock until frozen.
    private volatile Condition condition;
    private final List<Segment> segments = new ArrayList<>();
    private @Nullable Segment current;
    private int lastSegmentBytes;
    private int entryCount;
    private int recordCount;
    private long deadBytes;
    private long usedBytes;
    private int orderedCapacity;
    private long maxWriteTimeMillis;

    // Any thread.
    private final ReferenceCount references = new ReferenceCount();
    private final Object sortLock = new Object();

    @GuardedBy("sortLock")
    private int @Nullable [] sorted;

    /**
     * @param ofBlocks whether its records are {@link MapBlock blocks}
     */
    Generation(Segments space, boolean ofBlocks, long number, Condition condition, long nowMillis) {
        this.space = space;
        this.ofBlocks = ofBlocks;
        this.number = number;
        this.condition = condition;
        this.minWriteTimeMillis = nowMillis;
        this.maxWriteTimeMillis = nowMillis;
    }

    // ---------------------------------------------------------------------- for the tier, locked

    Condition condition() {
        return condition;
    }

    boolean isEmpty() {
        return segments.isEmpty();
    }

    /** Its segments, as they are now. */
    List<Segment> segments() {
        return List.copyOf(segments);
    }

    void add(Segment segment) {
        segments.add(segment);
        usedBytes += segment.sizeBytes();
        deadBytes += segment.deadBytes();
    }

    /** The segment that the next record goes into, if there is room in it. */
    @Nullable Segment current() {
        return current;
    }

    /** Records go into this segment from now on, which is its own. */
    void fill(Segment segment) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    segment.owner() == this, "a segment is not its owner's", "generation", number);
        }
        current = segment;
    }

    /** The same of a segment that was just made; the next one may be larger than it. */
    void fillNew(Segment segment) {
        fill(segment);
        lastSegmentBytes = segment.sizeBytes();
    }

    /** Nothing more goes into the segment that records went into. */
    void endCurrent() {
        current = null;
    }

    /** Size of the segment that was made last; 0 before the first one. */
    int lastSegmentBytes() {
        return lastSegmentBytes;
    }

    /** The segment with the largest part of dead records, but for the one that is being filled. */
    @Nullable Segment deadest() {
        Segment deadest = null;
        for (Segment segment : segments) {
            if (segment != current
                    && (deadest == null || deadShare(segment) > deadShare(deadest))) {
                deadest = segment;
            }
        }
        return deadest;
    }

    private static double deadShare(Segment segment) {
        return (double) segment.deadBytes() / segment.sizeBytes();
    }

    /** An entry was written that this generation did not have. */
    void addEntry() {
        Invariants.check(
                condition == Condition.OPEN,
                "an entry is written after the freeze",
                "generation",
                number);
        entryCount++;
    }

    /** An entry that was written here is gone without a trace. */
    void removeEntry() {
        entryCount--;
        Invariants.check(
                entryCount >= 0, "a generation has less than no entry", "entries", entryCount);
    }

    /** A record was made that a flush will look at. */
    void addRecord() {
        recordCount++;
    }

    /** A record of so many bytes was replaced in this generation. */
    void removeRecord(int sizeBytes) {
        recordCount--;
        Invariants.check(
                recordCount >= 0, "a generation has less than no record", "records", recordCount);
        addDead(sizeBytes);
    }

    /** Bytes of its segments hold nothing that a read or a flush could want. */
    void addDead(int bytes) {
        deadBytes += bytes;
    }

    long deadBytes() {
        return deadBytes;
    }

    void remove(Segment segment) {
        boolean isRemoved = segments.remove(segment);
        Invariants.check(isRemoved, "a segment is not its owner's", "generation", number);
        usedBytes -= segment.sizeBytes();
        deadBytes -= segment.deadBytes();
        Invariants.check(
                usedBytes >= 0 && deadBytes >= 0,
                "a generation holds less than nothing",
                "used",
                usedBytes,
                "dead",
                deadBytes);
        if (current == segment) {
            current = null;
        }
    }

    /** An open generation of the same kind. */
    Generation next(long nextNumber, long nowMillis) {
        return new Generation(space, ofBlocks, nextNumber, Condition.OPEN, nowMillis);
    }

    /** Memory of its segments. */
    long segmentBytes() {
        return usedBytes;
    }

    /** Whether any of its records is found. */
    boolean hasLive() {
        return segments.stream().anyMatch(segment -> segment.liveBytes() > 0);
    }

    /**
     * Sets memory aside for sorting one more record: a flush must never wait for memory, since it
     * is what frees it.
     */
    boolean reserveOrder() {
        if (recordCount < orderedCapacity) {
            return true;
        }
        int step = Math.max(ORDER_STEP_MIN, Math.min(ORDER_STEP_MAX, orderedCapacity));
        if (!space.budget().tryReserveFree((long) step * Integer.BYTES)) {
            return false;
        }
        orderedCapacity += step;
        return true;
    }

    void freeze(long nowMillis) {
        Invariants.check(
                condition == Condition.OPEN, "a generation is frozen twice", "generation", number);
        condition = Condition.FROZEN;
        // The machine's clock may have been set back since the generation began.
        maxWriteTimeMillis = Math.max(minWriteTimeMillis, nowMillis);
        current = null;
    }

    /** SSTables have its entries, so nothing sorts it any more. */
    void becomeClean() {
        condition = Condition.CLEAN;
        releaseOrder();
    }

    /** Whether only the tier holds it. */
    boolean isUnread() {
        return references.count() == 1;
    }

    private void releaseOrder() {
        synchronized (sortLock) {
            space.budget().unreserve((long) orderedCapacity * Integer.BYTES);
            orderedCapacity = 0;
            sorted = null;
        }
    }

    // ------------------------------------------------------------------------------- once frozen

    /** Age of this source: newer wins. */
    public long number() {
        return number;
    }

    /** Entries that were written in it, tombstones included; exact once frozen. */
    public int entryCount() {
        return entryCount;
    }

    /** Bytes of memory held. */
    public long usedBytes() {
        return usedBytes + (long) orderedCapacity * Integer.BYTES;
    }

    /** Start of its entries' write time. */
    public long minWriteTimeMillis() {
        return minWriteTimeMillis;
    }

    /** Time of the freeze. */
    public long maxWriteTimeMillis() {
        return maxWriteTimeMillis;
    }

    /**
     * The entries in the range, in key order. Retains this until it is closed; once frozen only.
     */
    public EntryCursor cursor(KeyRange range) {
        int[] refs = sorted();
        int from = lowerBound(refs, range.start());
        int to = Math.max(from, lowerBound(refs, range.end()));
        if (!tryRetain()) {
            throw new AssertionError("a cursor over a released generation: " + number);
        }
        return ofBlocks
                // The range may begin within the block before.
                ? new BlockCursor(this, space, refs, Math.max(0, from - 1), range)
                : new GenerationCursor(this, space, refs, from, to);
    }

    @Override
    public String toString() {
        return "generation " + number;
    }

    /** Takes a reference; false if the last one was released already. */
    public boolean tryRetain() {
        return references.tryRetain();
    }

    /** Gives a reference back. */
    public void release() {
        int left = references.release(this);
        if (left == 1 && condition == Condition.CLEAN) {
            space.noteUnpinned();
        }
        if (left == 0) {
            segments.forEach(Segment::releaseBlock);
            releaseOrder();
        }
    }

    /**
     * Sorts what is frozen, for the {@link #cursor} that comes next, with memory that clean entries
     * give up if none is free. For a caller that holds no lock.
     */
    public void sort() {
        long bytes = RecordSorter.windowBytes(recordCount);
        boolean hasRoom = space.budget().tryReserve(bytes);
        try {
            sorted(hasRoom);
        } finally {
            if (hasRoom) {
                space.budget().unreserve(bytes);
            }
        }
    }

    /** Without asking clean entries for memory: that takes locks, and the caller may hold some. */
    private int[] sorted() {
        long bytes = RecordSorter.windowBytes(recordCount);
        boolean hasRoom = space.budget().tryReserveFree(bytes);
        try {
            return sorted(hasRoom);
        } finally {
            if (hasRoom) {
                space.budget().unreserve(bytes);
            }
        }
    }

    private int[] sorted(boolean hasRoomForWindows) {
        synchronized (sortLock) {
            int[] refs = sorted;
            if (refs == null) {
                if (condition == Condition.OPEN) {
                    throw new IllegalStateException(
                            "[memtable] has no order before the freeze: generation=" + number);
                }
                refs = collect();
                new RecordSorter(space).sort(refs, hasRoomForWindows);
                if (ofBlocks) {
                    MapBlock.sortWithinMaps(space, refs);
                }
                checkOrder(refs);
                if (condition == Condition.FROZEN) {
                    sorted = refs;
                }
            }
            return refs;
        }
    }

    /** Refs of the records that a flush writes, or writes something of. */
    private int[] collect() {
        // No more than the records that are not dead.
        int[] refs = new int[recordCount];
        int count = 0;
        int entries = 0;
        for (Segment segment : segments) {
            int at = 0;
            while (at < segment.usedBytes()) {
                long record = segment.address() + at;
                if (!Records.has(record, Records.DEAD)) {
                    int written = ofBlocks ? MapBlock.dirtyCount(record) : 1;
                    entries += written;
                    checkCount(entries);
                    if (written > 0) {
                        refs[count++] = Segments.refAt(segment, at);
                    }
                }
                at += Records.sizeBytes(record);
            }
        }
        if (entries != entryCount) {
            checkCount(Integer.MAX_VALUE);
        }
        return Arrays.copyOf(refs, count);
    }

    /** Equal keys would be two records of one entry: one of them should be dead. */
    private void checkOrder(int[] refs) {
        if (Invariants.ENABLED) {
            for (int i = 1; i < refs.length; i++) {
                long left = space.address(refs[i - 1]);
                long right = space.address(refs[i]);
                int order = Records.compareKeys(left, right);
                if (Invariants.ENABLED) {
                    Invariants.check(
                            order < 0
                                    || (order == 0
                                            && ofBlocks
                                            && MapBlock.compareFirst(left, right) < 0),
                            "the keys of a generation do not ascend",
                            "generation",
                            number,
                            "at",
                            i);
                }
            }
        }
    }

    private void checkCount(int entries) {
        if (entries > entryCount) {
            throw new AssertionError(
                    "a generation has other entries than it counted: generation="
                            + number
                            + ", entries="
                            + entries
                            + ", counted="
                            + entryCount);
        }
    }

    /** Index of the first record that begins at or above the key; the count of them for null. */
    private int lowerBound(int[] refs, @Nullable OwnedSlice key) {
        if (key == null) {
            return refs.length;
        }
        Slice view = new Slice();
        int low = 0;
        int high = refs.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (compareFirstKey(space.address(refs[middle]), key, view) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private int compareFirstKey(long record, OwnedSlice key, Slice view) {
        return ofBlocks
                ? MapBlock.compareFirstKey(record, view.setOwned(key))
                : Records.viewKey(record, view).compareTo(key);
    }
}
