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

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.memtable.Generation.Condition;
import io.flinklsm.core.memtable.Segments.Segment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The segments of a tier that may be evicted, and which of them is emptied next. SSTables have what
 * is in them, or no flush ever wants it: beside the segments of clean generations these are the
 * <em>resident</em> ones, of what was read from files or spared, and those of directories.
 *
 * <p>Counts how much of them is garbage. As long as a segment has a good part of it, the one with
 * the least in use is emptied, which loses nothing; else the one that was written or spared longest
 * ago.
 *
 * <p>Guarded by the tier's lock, but for the garbage and what was planned last, which any thread
 * reads.
 */
final class CleanSegments {

    /**
     * A segment that has less than this part of its memory in use is emptied before anything is
     * evicted: to copy the rest costs less than to read it from files.
     */
    private static final double LIVE_SHARE = 0.8;

    private final TierMemory memory;
    private final Segments segments;
    private final Generation resident;
    private final Generation directories;

    // Guarded by the tier's lock.
    private Segment[] clean = new Segment[16];
    private int cleanCount;
    private long cleanBytes;

    // Written under the tier's lock, read without.
    private final AtomicLong garbageBytes = new AtomicLong();
    private volatile long oldestStamp = Long.MAX_VALUE;

    /** Garbage when no segment was worth emptying; more of it is a reason to look again. */
    private volatile long spreadBytes;

    CleanSegments(TierMemory memory, Segments segments, boolean ofBlocks, long nowMillis) {
        this.memory = memory;
        this.segments = segments;
        this.resident = new Generation(segments, ofBlocks, -1, Condition.CLEAN, nowMillis);
        this.directories = new Generation(segments, ofBlocks, -2, Condition.CLEAN, nowMillis);
    }

    /** The generations of what belongs to no flush. */
    List<Generation> own() {
        return List.of(resident, directories);
    }

    /** Memory of all. */
    long bytes() {
        return cleanBytes;
    }

    // ------------------------------------------------------------------------------------ the list

    /** All segments of a generation that became clean. */
    void addAll(Generation generation) {
        generation.segments().forEach(this::add);
    }

    /** The segment may be evicted from now on, as the youngest of all. */
    void add(Segment segment) {
        Invariants.check(
                segment.owner().condition() == Condition.CLEAN,
                "a segment may be evicted that no file has",
                "number",
                segment.number());
        if (cleanCount == clean.length) {
            clean = Arrays.copyOf(clean, cleanCount * 2);
        }
        segment.list(cleanCount, memory.nextStamp());
        clean[cleanCount++] = segment;
        cleanBytes += segment.sizeBytes();
        addGarbage(segment.sizeBytes() - segment.liveBytes());
    }

    /** The segment is emptied, or changes hands. */
    void remove(Segment segment) {
        int at = segment.listIndex();
        Invariants.check(
                at >= 0 && at < cleanCount && clean[at] == segment,
                "a segment is not where the list of clean ones has it",
                "number",
                segment.number(),
                "at",
                at);
        Segment last = clean[--cleanCount];
        clean[at] = last;
        last.relist(at);
        segment.unlist();
        cleanBytes -= segment.sizeBytes();
        addGarbage(segment.liveBytes() - segment.sizeBytes());
        Invariants.check(
                garbageBytes.getPlain() >= 0 && garbageBytes.getPlain() <= cleanBytes,
                "clean memory is not the sum of its segments",
                "clean",
                cleanBytes,
                "garbage",
                garbageBytes.getPlain());
    }

    /** So many bytes of the segment, if it is one of these, are not found any more. */
    void addGarbage(Segment segment, int byteCount) {
        if (segment.isListed()) {
            addGarbage(byteCount);
        }
    }

    private void addGarbage(long byteCount) {
        // A plain store: every write does this.
        garbageBytes.setRelease(garbageBytes.getPlain() + byteCount);
    }

    /** Gives a segment back, and its generation if it was the last one and no flush wants it. */
    void drop(Segment segment) {
        Invariants.check(
                !segment.isListed(), "a segment is dropped and stays clean", "n", segment.number());
        Generation owner = segment.owner();
        segments.release(segment);
        releaseIfEmpty(owner);
    }

    /** What a clean generation leaves behind goes when its last segment does. */
    void releaseIfEmpty(Generation generation) {
        if (generation.condition() == Condition.CLEAN
                && generation != resident
                && generation != directories
                && generation.isEmpty()) {
            generation.release();
        }
    }

    /** The tier is closed: there is nothing to evict. */
    void close() {
        cleanCount = 0;
        cleanBytes = 0;
        oldestStamp = Long.MAX_VALUE;
    }

    // ------------------------------------------------------------------------------------- places

    /** A place for a record that no flush wants; {@link Segments#NO_REF} if there is no room. */
    int allocateResident(int sizeBytes) {
        return allocate(resident, sizeBytes);
    }

    /** A place for a directory; {@link Segments#NO_REF} if there is no room. */
    int allocateDirectory(int sizeBytes) {
        return allocate(directories, sizeBytes);
    }

    private int allocate(Generation generation, int sizeBytes) {
        Segment before = generation.current();
        int ref = segments.allocate(generation, sizeBytes);
        if (ref != Segments.NO_REF) {
            Segment segment = segments.of(ref);
            if (segment.isListed()) {
                addGarbage(-sizeBytes);
            } else {
                add(segment);
                if (before == null) {
                    plan();
                }
            }
        }
        return ref;
    }

    /** The generation that takes what is spared of another one's segments. */
    Generation takerOf(Generation from) {
        return from == directories ? directories : resident;
    }

    /** Room in the segment that takes what is spared; no ref if that is full. */
    int allocateSpared(Generation taker, Segment victim, int sizeBytes) {
        Segment target = taker.current();
        if (target == null
                || target == victim
                || sizeBytes > target.sizeBytes() - target.usedBytes()) {
            return Segments.NO_REF;
        }
        addGarbage(-sizeBytes);
        return segments.allocate(taker, sizeBytes);
    }

    // ------------------------------------------------------------------------------------- choice

    /** When the oldest of them became clean; the largest value if there is none; any thread. */
    long oldestStamp() {
        return oldestStamp;
    }

    /**
     * Garbage that may be freed, with nothing lost, by emptying segments; 0 if it is known not to
     * be worth it; any thread.
     */
    long compactableBytes() {
        long garbage = garbageBytes.getOpaque();
        boolean isMore = garbage - spreadBytes >= memory.segmentBytes();
        return isMore && oldestStamp != Long.MAX_VALUE ? garbage : 0;
    }

    /** Finds out what is evicted next if there is no garbage. */
    void plan() {
        segments.forgetUnpinned();
        long oldest = Long.MAX_VALUE;
        for (int i = 0; i < cleanCount; i++) {
            Segment segment = clean[i];
            // Owners are asked last: they are many, and most of the list is younger.
            if (segment.stamp() < oldest
                    && segment.owner() != directories
                    && segment.owner().isUnread()) {
                oldest = segment.stamp();
            }
        }
        oldestStamp = oldest;
        spreadBytes = Math.min(spreadBytes, garbageBytes.getPlain());
    }

    /** The segment that was written or spared longest ago; null if readers hold them all. */
    @Nullable Segment oldest() {
        Segment oldest = null;
        for (int i = 0; i < cleanCount; i++) {
            Segment segment = clean[i];
            // Directories go with their blocks: alone, they would free nothing.
            if ((oldest == null || segment.stamp() < oldest.stamp())
                    && segment.owner() != directories
                    && segment.owner().isUnread()) {
                oldest = segment;
            }
        }
        return oldest;
    }

    /** The segment with the least in use, if emptying it is worth it. */
    @Nullable Segment emptiest() {
        Segment emptiest = null;
        double least = LIVE_SHARE;
        for (int i = 0; i < cleanCount; i++) {
            Segment segment = clean[i];
            double live = (double) segment.liveBytes() / segment.sizeBytes();
            if (live < least && isDone(segment)) {
                emptiest = segment;
                least = live;
            }
        }
        if (emptiest == null) {
            spreadBytes = garbageBytes.getPlain();
        }
        return emptiest;
    }

    /**
     * Those in which nothing is in use. Their memory may not be wanted for long, or ever; but what
     * keeps their generations takes heap that is not counted.
     */
    List<Segment> unused() {
        List<Segment> unused = new ArrayList<>();
        for (int i = 0; i < cleanCount; i++) {
            Segment segment = clean[i];
            if (segment.liveBytes() == 0 && isDone(segment)) {
                unused.add(segment);
            }
        }
        return unused;
    }

    /** Whether nobody reads the segment, and nothing is put into it any more. */
    private boolean isDone(Segment segment) {
        return segment != resident.current()
                && segment != directories.current()
                && segment.owner().isUnread();
    }
}
