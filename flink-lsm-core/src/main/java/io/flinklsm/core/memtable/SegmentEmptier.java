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
import org.jspecify.annotations.Nullable;

/**
 * Empties one segment of a tier at a time: moves the records that are worth it elsewhere and gives
 * the memory back. Clean segments are emptied when memory is wanted, a segment of the open
 * generation when most of what was written to it was written again.
 *
 * <pre>
 * before  victim [ a  -  b*  c  -  d* ]            target [ x  y       ]     * read lately
 * after   given back                               target [ x  y  b  d ]
 * </pre>
 *
 * <p>If the target has no room, what is spared slides to the front of its own segment, which takes
 * what is spared next. Works under the tier's lock.
 */
final class SegmentEmptier {

    /** Less is not worth to be put to use again before the flush. */
    static final long DEAD_BYTES_MIN = 64 << 10;

    private final HotTier tier;
    private final Segments segments;
    private final CleanSegments clean;

    // Where putting together was of no use, and at how many dead bytes: not to be tried each time.
    private @Nullable Generation tried;
    private long triedDeadBytes;

    SegmentEmptier(HotTier tier, Segments segments, CleanSegments clean) {
        this.tier = tier;
        this.segments = segments;
        this.clean = clean;
    }

    /**
     * Moves what is left in the open generation's segment with the most dead records to another
     * segment of it, and gives it back; if it has few, or there is no room, the segment stays.
     */
    void putTogether(Generation open) {
        if (open == tried && open.deadBytes() < triedDeadBytes + DEAD_BYTES_MIN) {
            return;
        }
        tried = open;
        triedDeadBytes = open.deadBytes();
        Segment victim = open.deadest();
        if (victim == null || 4L * victim.deadBytes() < victim.sizeBytes()) {
            return;
        }
        int at = 0;
        while (at < victim.usedBytes()) {
            long record = victim.address() + at;
            int sizeBytes = Records.sizeBytes(record);
            if (!Records.has(record, Records.DEAD)) {
                int target = segments.allocate(open, sizeBytes);
                if (target == Segments.NO_REF) {
                    return;
                }
                // It is in use in one of the two places; a tombstone counts in neither.
                boolean isLive = tier.isWorthSparing(record);
                (isLive ? victim : segments.of(target)).addLive(-sizeBytes);
                tier.move(record, Segments.refAt(victim, at), target, sizeBytes);
                // What follows may find no room: then the segment stays, without this record.
                Records.set(record, Records.DEAD);
                victim.addDead(sizeBytes);
                open.addDead(sizeBytes);
            }
            at += sizeBytes;
        }
        clean.drop(victim);
        tried = null;
    }

    /**
     * Moves what is spared of a clean segment elsewhere, drops the rest, and gives the segment back
     * if it can.
     *
     * @param sparesAll whether nothing is lost; else at most half of it is spared, and only what
     *     was read since the last time
     * @return bytes given back
     */
    long empty(Segment victim, boolean sparesAll) {
        clean.remove(victim);
        Generation from = victim.owner();
        Invariants.check(
                from.condition() == Condition.CLEAN && from.isUnread(),
                "a segment is emptied that is dirty or read",
                "generation",
                from.number());
        Generation taker = clean.takerOf(from);
        if (taker.current() == victim) {
            taker.endCurrent();
        }
        int slidBytes = spare(victim, taker, sparesAll);
        if (slidBytes == 0) {
            long freed = victim.sizeBytes();
            clean.drop(victim);
            return freed;
        }
        victim.cut(slidBytes);
        if (from != taker) {
            victim.give(taker);
            clean.releaseIfEmpty(from);
        }
        taker.fill(victim);
        clean.add(victim);
        return 0;
    }

    /** Whether any of its records is found, be it a tombstone. */
    static boolean hasFound(Segment segment) {
        for (int at = 0; at < segment.usedBytes(); ) {
            long record = segment.address() + at;
            if (!Records.has(record, Records.DEAD | Records.OLD)) {
                return true;
            }
            at += Records.sizeBytes(record);
        }
        return false;
    }

    /** Forgets or moves each record; what finds no other place slides to the segment's front. */
    private int spare(Segment victim, Generation taker, boolean sparesAll) {
        // At most half of what is there is spared, so that every other segment becomes free.
        int leftToSpare = sparesAll ? Integer.MAX_VALUE : victim.usedBytes() / 2;
        int end = victim.usedBytes();
        int slidBytes = 0;
        int at = 0;
        while (at < end) {
            long record = victim.address() + at;
            int ref = Segments.refAt(victim, at);
            int sizeBytes = Records.sizeBytes(record);
            if (!Records.has(record, Records.DEAD | Records.OLD)) {
                int liveBytes = tier.isWorthSparing(record) ? sizeBytes : 0;
                boolean isSpared =
                        liveBytes > 0
                                && (sparesAll
                                        || (Records.has(record, Records.READ)
                                                && leftToSpare >= sizeBytes));
                if (!isSpared) {
                    tier.forget(record, ref);
                    victim.addLive(-liveBytes);
                } else {
                    leftToSpare -= sizeBytes;
                    if (!sparesAll) {
                        Records.clear(record, Records.READ);
                    }
                    slidBytes += moveSpared(victim, taker, ref, slidBytes);
                }
            }
            at += sizeBytes;
        }
        return slidBytes;
    }

    /**
     * Moves a record, without its room to grow, to the segment that takes what is spared, or within
     * its own if there is no room.
     *
     * @return the bytes that it takes in its own segment
     */
    private int moveSpared(Segment victim, Generation taker, int ref, int slidBytes) {
        long record = segments.address(ref);
        int sizeBytes = Records.sizeBytes(record);
        int trimmedBytes = tier.trimmedBytes(record);
        int target = clean.allocateSpared(taker, victim, trimmedBytes);
        boolean slides = target == Segments.NO_REF;
        if (slides) {
            target = Segments.refAt(victim, slidBytes);
        }
        victim.addLive(slides ? trimmedBytes - sizeBytes : -sizeBytes);
        if (ref != target) {
            tier.move(record, ref, target, trimmedBytes);
        }
        Records.setSize(segments.address(target), trimmedBytes);
        return slides ? trimmedBytes : 0;
    }
}
