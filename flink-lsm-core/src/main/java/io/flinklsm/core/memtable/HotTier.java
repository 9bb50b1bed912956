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

import io.flinklsm.core.bytes.HashFilter;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.Generation.Condition;
import io.flinklsm.core.memtable.Segments.Segment;
import io.flinklsm.core.merge.Lookup;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Every entry of one tree that is in memory, of whatever generation, behind one index: a read in
 * memory is one probe. What is written goes to the open generation; freezing it opens the next one
 * and moves nothing; what an SSTable has stays as it is and is read on, until its memory is wanted.
 *
 * <pre>
 * index    a → ┐        b → ┐        c → ┐
 * open     [ a PUT 7 ]      │            │              changed in place
 * frozen   [ a PUT 3 ]  [ b MERGE x ]    │              waits for its flush
 * clean    [ b PUT w ] ← link of b       [ c PUT 1 ]    may be evicted: the files have it
 * </pre>
 *
 * <p>This class has what all tiers share: the lock, generations, and how memory is given back.
 * {@link EntryTier} holds entries one by one, {@link MapTier} those of a prefix together.
 *
 * <p>The tier is <em>complete</em> while every live entry of the tree is in memory: from birth, if
 * there are no files, until the first eviction of a value. A key that is not here has no value
 * then, an operand without an older record is the value, and a key that is deleted in the
 * generation that first put it leaves nothing behind. The same goes for keys that were never
 * evicted, until those that were are too many to be remembered.
 *
 * <p>One thread writes; any thread reads, and gives memory back for others ({@link #evict}). All of
 * it happens under one {@link AccessLock}, which is never held over I/O or while memory is waited
 * for; no lock that is taken under it, as that of the budget, is ever held by a thread that waits
 * for it.
 */
public abstract class HotTier {

    /** The key has no value. */
    public static final int ABSENT = 0;

    /** The value was copied. */
    public static final int FOUND = 1;

    /** Nothing is known here: the files have it, or do not. */
    public static final int UNKNOWN = 2;

    /** Operands that no file has yet were offered to the lookup; what is older is in the files. */
    public static final int OPERANDS = 3;

    /** What was just read from files is current. */
    public static final BooleanSupplier ALWAYS = () -> true;

    static final byte[] NO_BYTES = new byte[0];
    static final int NO_REF = Segments.NO_REF;

    /** So many evicted keys are remembered, a byte for each. */
    private static final int EVICTED_MAX = 1 << 20;

    /** A value that files have is not kept above this part of the smallest segments' size. */
    static final int KEPT_BYTES_MAX = 32 << 10;

    final AccessLock access = new AccessLock();
    final Segments segments;
    final RecordIndex index;
    private final TierMemory memory;

    // Guarded by access.
    private final CleanSegments clean;
    private final SegmentEmptier emptier;
    private final RecentMisses misses = new RecentMisses();
    Generation open;
    boolean complete;
    boolean closed;

    /** Keys that had a value when they were evicted, if the tier is complete but for these. */
    private @Nullable HashFilter evicted;

    /**
     * @param ofBlocks whether records are blocks of entries
     * @param generation age of what is written first
     * @param complete whether the tree has no other sources
     */
    HotTier(
            TierMemory memory,
            boolean ofBlocks,
            long generation,
            boolean complete,
            long nowMillis) {
        this.memory = memory;
        this.segments = new Segments(memory.budget());
        this.index = new RecordIndex(segments);
        this.complete = complete;
        this.clean = new CleanSegments(memory, segments, ofBlocks, nowMillis);
        this.emptier = new SegmentEmptier(this, segments, clean);
        this.open = new Generation(segments, ofBlocks, generation, Condition.OPEN, nowMillis);
        memory.add(this);
    }

    // ------------------------------------------------------------------------------------ write

    /**
     * Writer only, as all writes.
     *
     * @return false if the budget has no room now, and then nothing has changed; so for all three
     *     writes
     * @throws IllegalArgumentException if key or value is longer than 256 MiB
     */
    public abstract boolean put(KeyBuffer key, byte[] value, int from, int byteCount);

    public abstract boolean delete(KeyBuffer key);

    /**
     * Folds the operand into the key's value, or leaves it for reads to be folded.
     *
     * @throws IllegalStateException if the tier has no merge operator
     */
    public abstract boolean merge(KeyBuffer key, byte[] operand, int from, int byteCount);

    /**
     * Whether the latest merge was refused because the key's value in the open generation is long
     * enough: what is added goes into the next generation.
     */
    public boolean isValueFull() {
        return false;
    }

    // ------------------------------------------------------------------------------------- read

    /**
     * Takes the lock, for {@link #find(KeyBuffer, ValueBuffer, Lookup)} and what must fit to it.
     */
    public void lock() {
        access.lock();
    }

    public void unlock() {
        access.unlock();
    }

    /**
     * Looks the key up; needs the lock. If the answer is {@link #UNKNOWN} or {@link #OPERANDS}, the
     * files are asked next, those of a Version that is pinned before the lock is given back.
     *
     * @param out gets the value; else it is as it was
     * @param lookup started with {@code out} if there is something to fold
     * @return {@link #ABSENT}, {@link #FOUND}, {@link #UNKNOWN} or {@link #OPERANDS}
     */
    public abstract int find(KeyBuffer key, ValueBuffer out, Lookup lookup);

    /**
     * Offers what is in memory of the key to a lookup that was started, without folding it; needs
     * the lock.
     *
     * @return whether the files are asked next, those of a Version that is pinned before the lock
     *     is given back
     */
    public abstract boolean gather(KeyBuffer key, Lookup lookup);

    /** Like {@link #find} with the lock taken, without copying a value; writer only. */
    public abstract int contains(KeyBuffer key);

    /**
     * Keeps a value that was just read from files, for the next read; writer only. A key whose
     * value is asked for the first time is only remembered when there is no free memory.
     *
     * @return false if memory should be evicted for it, and the call repeated
     */
    public final boolean keep(KeyBuffer key, ValueBuffer value) {
        return keepIf(ALWAYS, key, value);
    }

    /**
     * Like {@link #keep}, of a value that was read some time ago: if the condition does not hold,
     * nothing is done.
     *
     * @param isCurrent asked with the lock taken: whether no file has got anything since the value
     *     was read
     */
    public abstract boolean keepIf(BooleanSupplier isCurrent, KeyBuffer key, ValueBuffer value);

    /**
     * Whether what was read from files of a key is kept: as long as memory is free, or if the key
     * was missed before, lately. If every miss took the place of another entry, then of a state
     * that is read in an order of its own and is little larger than memory nothing would ever be
     * found.
     */
    final boolean isWorthKeeping(long hash) {
        return !memory.isTight() || !misses.isFirst(hash, index.count());
    }

    /** For a key that is worth keeping there is no room: it is asked for once more. */
    final void noteNoRoom(long hash) {
        misses.remember(hash, index.count());
    }

    /** Whether a key of which nothing is found in memory has no value: ABSENT or UNKNOWN. */
    final int whenUnfound(long hash) {
        return isAbsent(hash) ? ABSENT : UNKNOWN;
    }

    /** Whether a key of which nothing is found in memory has no value in files either, for sure. */
    final boolean isAbsent(long hash) {
        return complete || (evicted != null && !evicted.mayContain(hash));
    }

    /** A value of the key leaves memory. Twice as many as there are keys are remembered. */
    final void noteEvicted(long hash) {
        if (complete) {
            evicted = new HashFilter((int) Math.min(EVICTED_MAX, 2 * index.count() + 1));
            complete = false;
        }
        if (evicted != null && !evicted.add(hash)) {
            evicted = null;
        }
    }

    private void endCompleteness() {
        complete = false;
        evicted = null;
    }

    // -------------------------------------------------------------------------------------- open

    /**
     * Begins a write: what is dead in the open generation is put to use again, before anything is
     * found there.
     */
    void prepareWrite() {
        if (closed) {
            throw new IllegalStateException("[memtable] is closed: no write may follow");
        }
        if (open.deadBytes() > SegmentEmptier.DEAD_BYTES_MIN
                && open.deadBytes() * 4 > open.segmentBytes()) {
            emptier.putTogether(open);
        }
    }

    // ------------------------------------------------------------------------------------- freeze

    /**
     * Ends the open generation and opens the next; writer only.
     *
     * @return null if nothing was written that must go to a file; what is returned may have no
     *     entries, but copies of older ones that are not evicted before these are in files
     */
    public @Nullable Generation freeze(long nextGeneration, long nowMillis) {
        access.lock();
        try {
            Generation frozen = open;
            Invariants.check(
                    nextGeneration > frozen.number(),
                    "a generation is not newer than the one before it",
                    "generation",
                    nextGeneration,
                    "before",
                    frozen.number());
            if (frozen.entryCount() == 0 && !frozen.hasLive()) {
                // What was written was deleted again.
                frozen.segments().forEach(clean::drop);
                open = frozen.next(frozen.number(), nowMillis);
                frozen.release();
                return null;
            }
            frozen.freeze(nowMillis);
            open = frozen.next(nextGeneration, nowMillis);
            return frozen;
        } finally {
            access.unlock();
        }
    }

    /**
     * The files have got something of the key that is newer than all that is in memory, none of
     * which is dirty; writer only.
     *
     * @param nextGeneration age of what is written from now on
     */
    public void skip(KeyBuffer key, long nextGeneration, long nowMillis) {
        access.lock();
        try {
            Invariants.check(
                    open.entryCount() == 0,
                    "a generation is left out with entries in it",
                    "entries",
                    open.entryCount());
            Generation skipped = open;
            open = skipped.next(nextGeneration, nowMillis);
            skipped.becomeClean();
            for (Segment segment : skipped.segments()) {
                if (segment.liveBytes() == 0) {
                    segments.release(segment);
                } else {
                    clean.add(segment);
                }
            }
            clean.releaseIfEmpty(skipped);
            endCompleteness();
            drop(key);
            clean.plan();
        } finally {
            access.unlock();
        }
    }

    /** Nothing in memory says anything about the key any more, and nothing is complete with it. */
    abstract void drop(KeyBuffer key);

    /** Entries that were written since the last freeze, tombstones included; writer only. */
    public int openEntryCount() {
        return open.entryCount();
    }

    /** Memory that they hold; exact for the writer. */
    public long openBytes() {
        return open.usedBytes();
    }

    /**
     * SSTables have the generations' entries from now on.
     *
     * @param install makes the SSTables visible to readers, under the tier's lock
     */
    public void becomeClean(List<Generation> flushed, Runnable install) {
        access.lock();
        try {
            install.run();
            for (Generation generation : flushed) {
                if (!closed) {
                    generation.becomeClean();
                    clean.addAll(generation);
                }
            }
            for (Segment segment : clean.unused()) {
                // A tombstone spares reads of files, if there may be something in them.
                if (complete || !SegmentEmptier.hasFound(segment)) {
                    emptier.empty(segment, true);
                }
            }
            clean.plan();
        } finally {
            access.unlock();
        }
    }

    /** When the oldest clean segment became clean; the largest value if there is none. */
    long oldestStamp() {
        return clean.oldestStamp();
    }

    /** Memory of clean segments. */
    long cleanBytes() {
        access.lock();
        try {
            return clean.bytes();
        } finally {
            access.unlock();
        }
    }

    /** See {@link CleanSegments#compactableBytes}. */
    long compactableBytes() {
        return clean.compactableBytes();
    }

    /** Empties one clean segment, and gives its memory back if not all of it is spared. */
    long evict() {
        access.lock();
        try {
            boolean hasGarbage = clean.compactableBytes() > 0;
            Segment victim = hasGarbage ? clean.emptiest() : clean.oldest();
            long freed = victim == null ? 0 : emptier.empty(victim, hasGarbage);
            clean.plan();
            return freed;
        } finally {
            access.unlock();
        }
    }

    /** Whether a record that is found has anything that a read could want. */
    abstract boolean isWorthSparing(long record);

    /** Size of the record without the room for its value to grow. */
    abstract int trimmedBytes(long record);

    /** Nothing finds the clean record any more. */
    abstract void forget(long record, int ref);

    /**
     * Copies the record's first bytes to another place, which may overlap, and has it found there.
     */
    abstract void move(long record, int ref, int target, int byteCount);

    /** Nothing finds the record from now on; a flush may still want it. */
    void becomeGarbage(int ref, int flag) {
        if (Invariants.ENABLED) {
            Invariants.check(access.isHeld(), "a record becomes garbage without the lock");
        }
        long record = segments.address(ref);
        if (Invariants.ENABLED) {
            Invariants.check(
                    !Records.has(record, Records.DEAD | Records.OLD),
                    "a record becomes garbage twice",
                    "ref",
                    ref);
        }
        Records.clear(record, Records.LINKED);
        Records.set(record, flag);
        int sizeBytes = Records.sizeBytes(record);
        Segment segment = segments.of(ref);
        if (flag == Records.DEAD) {
            segment.addDead(sizeBytes);
            open.removeRecord(sizeBytes);
        }
        if (Records.kind(record) == Records.DELETE) {
            return;
        }
        segment.addLive(-sizeBytes);
        clean.addGarbage(segment, sizeBytes);
    }

    /** A place for a record that no flush wants; {@link Segments#NO_REF} if there is no room. */
    int allocateResident(int sizeBytes) {
        return clean.allocateResident(sizeBytes);
    }

    /** A place for a directory; {@link Segments#NO_REF} if there is no room. */
    int allocateDirectory(int sizeBytes) {
        return clean.allocateDirectory(sizeBytes);
    }

    /** A place in the open generation; {@link Segments#NO_REF} if there is no room. */
    int allocateOpen(int sizeBytes) {
        if (Invariants.ENABLED) {
            Invariants.check(access.isHeld(), "a record is made without the lock");
        }
        if (!open.reserveOrder()) {
            return NO_REF;
        }
        int ref = segments.allocate(open, sizeBytes);
        if (ref != NO_REF) {
            open.addRecord();
        }
        return ref;
    }

    /** Plans evictions anew if readers have let go of something that they pinned. */
    void noticeUnpinned() {
        if (segments.hasUnpinned()) {
            access.lock();
            try {
                clean.plan();
            } finally {
                access.unlock();
            }
        }
    }

    /** Gives all memory back, but for generations that cursors still read. */
    public void close() {
        memory.remove(this);
        access.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            endCompleteness();
            clean.close();
            index.release();
            Set<Generation> all = new LinkedHashSet<>(clean.own());
            all.add(open);
            segments.all().forEach(segment -> all.add(segment.owner()));
            all.forEach(Generation::release);
        } finally {
            access.unlock();
        }
    }

    // ------------------------------------------------------------------------------------- helpers

    Generation.Condition conditionOf(int ref) {
        return segments.of(ref).owner().condition();
    }

    boolean isOpen(int ref) {
        return segments.of(ref).owner() == open;
    }

    static void checkLengths(KeyBuffer key, long valueBytes) {
        checkLength(key.length());
        checkLength(valueBytes);
    }

    static void checkLength(long byteCount) {
        if (byteCount > Records.BYTES_MAX) {
            throw new IllegalArgumentException(
                    "[memtable] a key or value is too long: bytes="
                            + byteCount
                            + ", maximum="
                            + Records.BYTES_MAX
                            + "; split it over several keys");
        }
    }
}
