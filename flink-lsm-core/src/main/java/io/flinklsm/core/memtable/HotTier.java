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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.Generation.Condition;
import io.flinklsm.core.memtable.Segments.Segment;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.MergeOperator;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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
 * <p>What a key's newest record becomes (older record across, write down); a record of an older
 * generation is replaced by one of the open generation, never changed:
 *
 * <pre>
 *             none           PUT a            DELETE   MERGE a
 *  put b      PUT b          PUT b            PUT b    PUT b
 *  delete     DELETE         DELETE           DELETE   DELETE
 *  merge b    MERGE b        PUT a⊕b          PUT b    MERGE a⊕b      in the open generation
 *                            MERGE b → a      PUT b    MERGE b → a    a is of an older one
 * </pre>
 *
 * <p>The tier is <em>complete</em> while every live entry of the tree is in memory: from birth, if
 * there are no files, until the first eviction of a value. Then a key that is not here has no
 * value, an operand without an older record is the value, and a key that is deleted in the
 * generation that first put it leaves nothing behind.
 *
 * <p>One thread writes; any thread reads, and gives memory back for others ({@link #evict}). All of
 * it happens under one {@link AccessLock}, which is never held over I/O or while memory is waited
 * for; no lock that is taken under it, as that of the budget, is ever held by a thread that waits
 * for it.
 */
public final class HotTier {

    /** The key has no value. */
    public static final int ABSENT = 0;

    /** The value was copied. */
    public static final int FOUND = 1;

    /** Nothing is known here: the files have it, or do not. */
    public static final int UNKNOWN = 2;

    /** Operands that no file has yet were offered to the lookup; what is older is in the files. */
    public static final int OPERANDS = 3;

    private static final byte[] NO_BYTES = new byte[0];
    private static final int NO_REF = Segments.NO_REF;
    private static final int NOT_APPENDING = MergeOperator.NOT_APPENDING;

    /** So many operands are read one by one; a further one folds them. */
    private static final int CHAIN_MAX = 16;

    /** But not if the value is longer. */
    private static final int FOLDED_BYTES_MAX = 1 << 20;

    /** Of an appended value: one that is longer is gone on with in the next generation. */
    private static final int APPENDED_BYTES_MAX = 32 << 20;

    /** A value that files have is not kept above this part of the smallest segments' size. */
    private static final int KEPT_BYTES_MAX = 32 << 10;

    /** Clean memory is put together again before anything is evicted, if this part is garbage. */
    private static final double GARBAGE_SHARE = 0.3;

    private static final int GHOSTS_MIN = 1 << 10;
    private static final int GHOSTS_MAX = 1 << 16;

    private final AccessLock access = new AccessLock();
    private final TierMemory memory;
    private final Segments segments;
    private final RecordIndex index;
    private final @Nullable PrefixGroups groups;

    // Guarded by access.
    private final Generation resident;
    private final Generation heads;
    private Generation open;
    private @Nullable MergeOperator operator;
    private boolean complete;
    private boolean closed;
    private Segment[] clean = new Segment[16];
    private int cleanCount;
    private long cleanBytes;
    private long garbageBytes;
    private int[] ghosts = new int[0];
    private final Slice older = new Slice();
    private final Slice newer = new Slice();
    private ValueBuffer folded = new ValueBuffer();
    private final Lookup folding = new Lookup();
    private boolean isValueFull;

    // Written under access, read without.
    private volatile long oldestStamp = Long.MAX_VALUE;
    private volatile boolean isWorthCompacting;

    /**
     * @param grouped whether keys are grouped by prefix, so that one prefix can be iterated
     * @param generation age of what is written first
     * @param complete whether the tree has no other sources
     */
    public HotTier(
            TierMemory memory,
            boolean grouped,
            long generation,
            @Nullable MergeOperator operator,
            boolean complete,
            long nowMillis) {
        this.memory = memory;
        this.segments = new Segments(memory.budget());
        this.index = new RecordIndex(segments);
        this.groups = grouped ? new PrefixGroups(this, segments) : null;
        this.operator = operator;
        this.complete = complete;
        this.resident = new Generation(segments, -1, Condition.CLEAN, nowMillis);
        this.heads = new Generation(segments, -2, Condition.CLEAN, nowMillis);
        this.open = new Generation(segments, generation, Condition.OPEN, nowMillis);
        memory.add(this);
    }

    public boolean isGrouped() {
        return groups != null;
    }

    // ------------------------------------------------------------------------------------ write

    /**
     * Writer only, as all writes.
     *
     * @return false if the budget has no room now, and then nothing has changed; so for all three
     *     writes
     * @throws IllegalArgumentException if key or value is longer than 256 MiB
     */
    public boolean put(KeyBuffer key, byte[] value, int from, int byteCount) {
        checkLengths(key, byteCount);
        access.lock();
        try {
            return write(find(key), key, Records.PUT, value, from, byteCount);
        } finally {
            access.unlock();
        }
    }

    public boolean delete(KeyBuffer key) {
        checkLengths(key, 0);
        access.lock();
        try {
            long slot = find(key);
            if (slot == 0) {
                return isNothingOlder(key) || add(key, Records.DELETE, NO_BYTES, 0, 0);
            }
            int ref = RecordIndex.ref(slot);
            long record = segments.address(ref);
            if (Records.has(record, Records.FIRST) && isOpen(ref)) {
                index.remove(slot);
                if (groups != null) {
                    groups.remove(record, ref, true);
                }
                becomeGarbage(ref, Records.DEAD);
                open.entryCount--;
                return true;
            }
            return write(slot, key, Records.DELETE, NO_BYTES, 0, 0);
        } finally {
            access.unlock();
        }
    }

    /** Folds the operand into the key's value, or leaves it for reads to be folded. */
    public boolean merge(KeyBuffer key, byte[] operand, int from, int byteCount) {
        checkLengths(key, byteCount);
        access.lock();
        try {
            isValueFull = false;
            MergeOperator fold = operator;
            if (fold == null) {
                throw new IllegalStateException(
                        "[memtable] a merge operand came, but the tree has no merge operator: key="
                                + key
                                + "; set one in TreeOptions");
            }
            long slot = find(key);
            if (slot == 0) {
                int kind = isNothingOlder(key) ? Records.PUT : Records.MERGE;
                return add(key, kind, operand, from, byteCount);
            }
            int ref = RecordIndex.ref(slot);
            long record = segments.address(ref);
            if (Records.kind(record) == Records.DELETE) {
                return write(slot, key, Records.PUT, operand, from, byteCount);
            }
            if (!isOpen(ref)) {
                return link(slot, key, ref, operand, from, byteCount);
            }
            if (fold.separator() != NOT_APPENDING) {
                return append(slot, key, ref, fold.separator(), operand, from, byteCount);
            }
            Records.viewValue(record, older);
            newer.setBytes(operand, from, byteCount);
            fold.fold(older, newer, folded.clear());
            return write(slot, key, Records.kind(record), folded.array(), 0, folded.length());
        } finally {
            access.unlock();
        }
    }

    /** Gives the key this newest record; the slot is the key's, or 0 if it has none. */
    private boolean write(
            long slot, KeyBuffer key, int kind, byte[] value, int from, int byteCount) {
        if (slot == 0) {
            return add(key, kind, value, from, byteCount);
        }
        checkLengths(key, byteCount);
        int ref = RecordIndex.ref(slot);
        long record = segments.address(ref);
        if (!isOpen(ref)) {
            return replace(slot, key, ref, kind, NO_REF, value, from, byteCount, byteCount) != 0;
        }
        if (byteCount <= Records.valueCapacity(record)) {
            if (kind != Records.MERGE) {
                dropLinked(record);
            }
            Records.fillValue(record, 0, value, from, byteCount);
            setKind(ref, record, kind, byteCount);
            return true;
        }
        // A quarter in reserve: a value that keeps growing a little moves seldom.
        int capacity = (int) Math.min(Records.BYTES_MAX, byteCount * 5L / 4);
        int link = kind == Records.MERGE ? Records.link(record) : NO_REF;
        return replace(slot, key, ref, kind, link, value, from, byteCount, capacity) != 0;
    }

    /** The first record of a key that is not in the index. */
    private boolean add(KeyBuffer key, int kind, byte[] value, int from, int byteCount) {
        checkOpen();
        long sizeBytes = Records.sizeBytes(kind, key.length(), byteCount);
        if (!open.reserveOrder()
                || !index.prepare(key.hash())
                || (groups != null && !groups.prepare(key))) {
            return false;
        }
        int ref = segments.allocate(open, Math.toIntExact(sizeBytes));
        if (ref == NO_REF) {
            return false;
        }
        long record = segments.address(ref);
        init(record, (int) sizeBytes, key, kind, value, from, byteCount);
        if (kind == Records.PUT && isNothingOlder(key)) {
            Records.set(record, Records.FIRST);
        }
        if (kind == Records.DELETE) {
            segments.of(ref).liveBytes -= (int) sizeBytes;
        }
        insert(key, ref);
        open.entryCount++;
        return true;
    }

    /**
     * A record of the open generation becomes of this kind; a tombstone is not worth its memory.
     */
    private void setKind(int ref, long record, int kind, int byteCount) {
        boolean wasTombstone = Records.kind(record) == Records.DELETE;
        Records.setValue(record, kind, byteCount);
        if (wasTombstone != (kind == Records.DELETE)) {
            int sizeBytes = Records.sizeBytes(record);
            segments.of(ref).liveBytes += wasTombstone ? sizeBytes : -sizeBytes;
        }
    }

    private void insert(KeyBuffer key, int ref) {
        index.insert(key.hash(), ref);
        if (groups != null) {
            groups.add(key, ref);
        }
    }

    private static void init(
            long record,
            int sizeBytes,
            KeyBuffer key,
            int kind,
            byte[] value,
            int from,
            int byteCount) {
        Records.init(
                record, sizeBytes, key.array(), key.length(), key.prefixLength(), kind, byteCount);
        Records.fillValue(record, 0, value, from, byteCount);
    }

    /**
     * A new record of the open generation takes the key over.
     *
     * @param link what the new record, an operand, belongs to
     * @return its address, or 0 if there is no room, and then nothing has changed
     */
    private long replace(
            long slot,
            KeyBuffer key,
            int ref,
            int kind,
            int link,
            byte[] value,
            int from,
            int byteCount,
            int capacity) {
        checkOpen();
        boolean isSameGeneration = isOpen(ref);
        if (!isSameGeneration && !open.reserveOrder()) {
            return 0;
        }
        int sizeBytes = Math.toIntExact(Records.sizeBytes(kind, key.length(), capacity));
        int newRef = segments.allocate(open, sizeBytes);
        if (newRef == NO_REF) {
            return 0;
        }
        long record = segments.address(newRef);
        init(record, sizeBytes, key, kind, value, from, byteCount);
        if (kind == Records.MERGE) {
            Records.setLink(record, link);
        }
        if (kind == Records.DELETE) {
            segments.of(newRef).liveBytes -= sizeBytes;
        }
        long old = segments.address(ref);
        if (isSameGeneration) {
            Records.set(record, Records.has(old, Records.FIRST) ? Records.FIRST : 0);
            if (link != Records.link(old)) {
                dropLinked(old);
            }
            becomeGarbage(ref, Records.DEAD);
        } else {
            open.entryCount++;
            if (link == ref) {
                Records.set(old, Records.LINKED);
            } else {
                dropLinked(old);
                becomeGarbage(ref, Records.OLD);
            }
        }
        RecordIndex.setRef(slot, newRef);
        if (groups != null) {
            groups.replace(record, ref, newRef);
        }
        return record;
    }

    /** Appends to the value of the open generation's record; its room doubles when it is full. */
    private boolean append(
            long slot,
            KeyBuffer key,
            int ref,
            int separator,
            byte[] operand,
            int from,
            int byteCount) {
        long record = segments.address(ref);
        int length = Records.valueLength(record);
        long longer = length + 1L + byteCount;
        isValueFull = longer > APPENDED_BYTES_MAX;
        if (isValueFull) {
            return false;
        }
        int kind = Records.kind(record);
        if (longer > Records.valueCapacity(record)) {
            int capacity = (int) Math.min(Records.BYTES_MAX, longer * 2);
            int link = kind == Records.MERGE ? Records.link(record) : NO_REF;
            long moved = replace(slot, key, ref, kind, link, NO_BYTES, 0, 0, capacity);
            if (moved == 0) {
                return false;
            }
            Records.copyValue(record, moved, length);
            record = moved;
        }
        Records.putSeparator(record, length, separator);
        Records.fillValue(record, length + 1, operand, from, byteCount);
        Records.setValue(record, kind, (int) longer);
        return true;
    }

    /**
     * Whether the latest merge was refused because the key's value in the open generation is long
     * enough: what is added goes into the next generation.
     */
    public boolean isValueFull() {
        return isValueFull;
    }

    /** A record of an older generation, a value or an operand, gets an operand on top. */
    private boolean link(
            long slot, KeyBuffer key, int ref, byte[] operand, int from, int byteCount) {
        if (isWorthFolding(ref)) {
            folded = emptied(folded);
            folding.start(operator, folded);
            folding.offer(EntryKind.MERGE, newer.setBytes(operand, from, byteCount));
            offerChain(ref, folding, false);
            folding.finish();
            return write(slot, key, Records.PUT, folded.array(), 0, folded.length());
        }
        // What files have already and what does not end in memory is read from the files.
        boolean isUseless =
                segments.of(ref).owner.condition == Condition.CLEAN && !endsInMemory(ref);
        int link = isUseless ? NO_REF : ref;
        return replace(slot, key, ref, Records.MERGE, link, operand, from, byteCount, byteCount)
                != 0;
    }

    private static ValueBuffer emptied(ValueBuffer buffer) {
        return buffer.array().length > 1 << 20 ? new ValueBuffer() : buffer.clear();
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
    public int find(KeyBuffer key, ValueBuffer out, Lookup lookup) {
        long slot = index.find(key.array(), key.length(), key.hash());
        if (slot == 0) {
            return isNothingOlder(key) ? ABSENT : UNKNOWN;
        }
        int ref = RecordIndex.ref(slot);
        long record = segments.address(ref);
        int kind = Records.kind(record);
        if (!Records.has(record, Records.READ)) {
            Records.set(record, Records.READ);
        }
        if (kind == Records.PUT) {
            out.setAddress(Records.valueAddress(record), Records.valueLength(record));
            return FOUND;
        }
        if (kind == Records.DELETE) {
            return ABSENT;
        }
        lookup.start(operator, out);
        if (endsInMemory(ref)) {
            offerChain(ref, lookup, false);
            return lookup.finish() ? FOUND : ABSENT;
        }
        offerChain(ref, lookup, true);
        return OPERANDS;
    }

    /**
     * Offers what is in memory of the key to a lookup that was started, without folding it; needs
     * the lock.
     *
     * @return whether the files are asked next, those of a Version that is pinned before the lock
     *     is given back
     */
    public boolean gather(KeyBuffer key, Lookup lookup) {
        long slot = index.find(key.array(), key.length(), key.hash());
        if (slot == 0) {
            return !isNothingOlder(key);
        }
        int ref = RecordIndex.ref(slot);
        boolean endsHere = endsInMemory(ref);
        offerChain(ref, lookup, !endsHere);
        return !endsHere;
    }

    /** Like {@link #find} with the lock taken, without copying a value; writer only. */
    public int contains(KeyBuffer key) {
        access.lock();
        try {
            long slot = index.find(key.array(), key.length(), key.hash());
            if (slot == 0) {
                return isNothingOlder(key) ? ABSENT : UNKNOWN;
            }
            long record = segments.address(RecordIndex.ref(slot));
            Records.set(record, Records.READ);
            // With an operand there is a value, whatever it is folded into.
            return Records.kind(record) == Records.DELETE ? ABSENT : FOUND;
        } finally {
            access.unlock();
        }
    }

    /** Whether the chain of operands ends with a value or tombstone in memory. */
    private boolean endsInMemory(int ref) {
        int at = ref;
        while (at != NO_REF) {
            long record = segments.address(at);
            if (Records.kind(record) != Records.MERGE) {
                return true;
            }
            at = Records.link(record);
        }
        return false;
    }

    private boolean isWorthFolding(int ref) {
        int length = 0;
        long bytes = 0;
        for (int at = ref; at != NO_REF; at = Records.link(segments.address(at))) {
            length++;
            bytes += Records.valueLength(segments.address(at));
        }
        return length >= CHAIN_MAX && bytes <= FOLDED_BYTES_MAX && endsInMemory(ref);
    }

    /** Offers the records of one key, newest first; or only those that no file has. */
    private void offerChain(int ref, Lookup lookup, boolean dirtyOnly) {
        int at = ref;
        while (at != NO_REF) {
            if (dirtyOnly && segments.of(at).owner.condition == Condition.CLEAN) {
                return;
            }
            long record = segments.address(at);
            if (!Records.has(record, Records.READ)) {
                Records.set(record, Records.READ);
            }
            if (lookup.offer(
                    EntryKind.ofCode(Records.kind(record)), Records.viewValue(record, older))) {
                return;
            }
            at = Records.link(record);
        }
    }

    /**
     * Keeps a value that was just read from files, for the next read; writer only. A key whose
     * value is asked for the first time is only remembered when there is no free memory.
     *
     * @return false if memory should be evicted for it, and the call repeated
     */
    public boolean keep(KeyBuffer key, ValueBuffer value) {
        long sizeBytes = Records.sizeBytes(Records.PUT, key.length(), value.length());
        if (sizeBytes > KEPT_BYTES_MAX) {
            return true;
        }
        access.lock();
        try {
            if (closed || find(key) != 0) {
                return true;
            }
            if (!index.prepare(key.hash()) || (groups != null && !groups.prepare(key))) {
                return isFirstMiss(key.hash());
            }
            int ref = allocateResident((int) sizeBytes);
            if (ref == NO_REF) {
                return isFirstMiss(key.hash());
            }
            long record = segments.address(ref);
            int size = (int) sizeBytes;
            init(record, size, key, Records.PUT, value.array(), 0, value.length());
            insert(key, ref);
            return true;
        } finally {
            access.unlock();
        }
    }

    /** Whether the key was not missed lately; it is remembered as missed. */
    private boolean isFirstMiss(long hash) {
        int wanted = (int) Math.min(GHOSTS_MAX, Long.highestOneBit(index.count() | 1));
        if (ghosts.length < Math.max(GHOSTS_MIN, wanted)) {
            ghosts = new int[Math.max(GHOSTS_MIN, wanted)];
        }
        int at = (int) hash & (ghosts.length - 1);
        int tag = (int) (hash >>> Integer.SIZE) | 1;
        boolean isFirst = ghosts[at] != tag;
        ghosts[at] = isFirst ? tag : 0;
        return isFirst;
    }

    // ----------------------------------------------------------------------------------- prefixes

    /**
     * Copies the live entries with the prefix, or those with keys above {@code after}, to the
     * buffer, in key order, each as the bytes of what follows the prefix in its key (4,
     * big-endian), those of its value (4), and both. Any thread.
     *
     * @param entriesMax the page ends with so many entries, at least 1
     * @param bytesMax or when it has so many bytes
     * @return {@link #UNKNOWN} if there may be entries in files alone; {@link #ABSENT} if no
     *     entries are left behind the page, {@link #FOUND} if some may be
     */
    public int readPage(
            KeyBuffer prefix,
            @Nullable KeyBuffer after,
            int entriesMax,
            int bytesMax,
            ValueBuffer out) {
        PrefixGroups maps = groupsOrFail();
        access.lock();
        try {
            long group = maps.find(prefix);
            if (group == 0) {
                out.clear();
                return complete ? ABSENT : UNKNOWN;
            }
            if (!PrefixGroups.isComplete(group) || !PrefixGroups.hasList(group)) {
                return UNKNOWN;
            }
            out.clear();
            maps.sort(group);
            int at = after == null ? 0 : maps.firstAbove(group, after.slice());
            int entries = 0;
            for (; at < PrefixGroups.recordCount(group); at++) {
                int ref = PrefixGroups.refAt(group, at);
                long record = segments.address(ref);
                int kind = Records.kind(record);
                if (kind == Records.DELETE) {
                    continue;
                }
                if (entries >= entriesMax || out.length() >= bytesMax) {
                    return FOUND;
                }
                entries++;
                if (!Records.has(record, Records.READ)) {
                    Records.set(record, Records.READ);
                }
                appendToPage(ref, record, kind, prefix.length(), out);
            }
            pruneTombstones(maps, prefix);
            return ABSENT;
        } finally {
            access.unlock();
        }
    }

    /** A complete prefix needs no tombstones that files have: an iteration should not meet them. */
    private void pruneTombstones(PrefixGroups maps, KeyBuffer prefix) {
        long group = maps.find(prefix);
        for (int at = PrefixGroups.recordCount(group) - 1; at >= 0; at--) {
            int ref = PrefixGroups.refAt(group, at);
            long record = segments.address(ref);
            if (Records.kind(record) == Records.DELETE
                    && segments.of(ref).owner.condition == Condition.CLEAN) {
                index.remove(slotOf(record));
                maps.remove(record, ref, true);
                becomeGarbage(ref, Records.OLD);
            }
        }
    }

    private void appendToPage(int ref, long record, int kind, int prefixLength, ValueBuffer out) {
        int suffixLength = Records.keyLength(record) - prefixLength;
        long suffix = Records.keyAddress(record) + prefixLength;
        if (kind == Records.PUT) {
            int valueLength = Records.valueLength(record);
            out.appendInt(suffixLength).appendInt(valueLength);
            // The value stands right behind the key.
            out.appendAddress(suffix, suffixLength + valueLength);
            return;
        }
        folded = emptied(folded);
        folding.start(operator, folded);
        offerChain(ref, folding, false);
        folding.finish();
        out.appendInt(suffixLength).appendInt(folded.length());
        out.appendAddress(suffix, suffixLength).append(folded);
    }

    /** Whether there are live entries with the prefix: FOUND, ABSENT or UNKNOWN. Any thread. */
    public int hasPrefix(KeyBuffer prefix) {
        PrefixGroups maps = groupsOrFail();
        access.lock();
        try {
            long group = maps.find(prefix);
            if (group == 0) {
                return complete ? ABSENT : UNKNOWN;
            }
            if (PrefixGroups.hasList(group)) {
                int count = PrefixGroups.recordCount(group);
                for (int i = 0; i < count; i++) {
                    long record = segments.address(PrefixGroups.refAt(group, i));
                    if (Records.kind(record) != Records.DELETE) {
                        return FOUND;
                    }
                }
                if (PrefixGroups.isComplete(group)) {
                    return ABSENT;
                }
            }
            return UNKNOWN;
        } finally {
            access.unlock();
        }
    }

    /**
     * The entries with the prefix, above {@code after} if it is not null, that are in memory, as
     * one source that is newer than all files: in key order, each once, operands that no file has
     * folded together. Needs the lock; what is returned is a copy.
     *
     * @return null if the prefix has so many entries that they are not listed
     */
    public @Nullable PrefixCopy copyPrefix(KeyBuffer prefix, @Nullable KeyBuffer after) {
        PrefixGroups maps = groupsOrFail();
        PrefixCopy copy = new PrefixCopy();
        long group = maps.find(prefix);
        if (group == 0) {
            return copy;
        }
        if (!PrefixGroups.hasList(group)) {
            return null;
        }
        maps.sort(group);
        int at = after == null ? 0 : maps.firstAbove(group, after.slice());
        for (; at < PrefixGroups.recordCount(group); at++) {
            addToCopy(PrefixGroups.refAt(group, at), copy);
        }
        return copy;
    }

    private void addToCopy(int ref, PrefixCopy copy) {
        long record = segments.address(ref);
        int kind = Records.kind(record);
        if (kind != Records.MERGE) {
            copy.add(record, EntryKind.ofCode(kind), Records.viewValue(record, older));
            return;
        }
        boolean endsHere = endsInMemory(ref);
        folded = emptied(folded);
        folding.start(operator, folded);
        offerChain(ref, folding, !endsHere);
        if (folding.finish()) {
            copy.add(record, endsHere ? EntryKind.PUT : EntryKind.MERGE, folded.view(older));
        }
    }

    /**
     * Like {@link #copyPrefix} without a bound of entries, by looking at all that is in memory and
     * in no file; for a thread that is not the writer. Needs the lock.
     */
    public PrefixCopy searchPrefix(KeyBuffer prefix, @Nullable KeyBuffer after) {
        if (closed) {
            return new PrefixCopy();
        }
        int[] refs = new int[16];
        int count = 0;
        Slice view = new Slice();
        Slice wanted = prefix.slice();
        for (Segment segment : segments.all()) {
            if (segment.owner.condition == Condition.CLEAN) {
                continue;
            }
            int at = 0;
            while (at < segment.usedBytes) {
                long record = segment.address + at;
                boolean isNewest =
                        !Records.has(record, Records.DEAD | Records.OLD | Records.LINKED);
                if (isNewest
                        && Records.viewKey(record, view).startsWith(wanted)
                        && (after == null || view.compareTo(after.slice()) > 0)) {
                    if (count == refs.length) {
                        refs = Arrays.copyOf(refs, count * 2);
                    }
                    refs[count++] = Segments.refAt(segment, at);
                }
                at += Records.sizeBytes(record);
            }
        }
        new RecordSorter(segments).sort(refs, 0, count, 0);
        PrefixCopy copy = new PrefixCopy();
        for (int i = 0; i < count; i++) {
            addToCopy(refs[i], copy);
        }
        return copy;
    }

    /**
     * Keeps all live entries of a prefix that were just read, if none is in memory but as a value
     * or tombstone; writer only.
     *
     * @param page as {@link #readPage} gives it
     */
    public void keepAll(KeyBuffer prefix, ValueBuffer page, KeyBuffer scratch) {
        PrefixGroups maps = groupsOrFail();
        access.lock();
        try {
            if (closed || page.length() > KEPT_BYTES_MAX || !maps.prepare(prefix)) {
                return;
            }
            long group = maps.find(prefix);
            if (PrefixGroups.isComplete(group) || hasOperands(group)) {
                return;
            }
            scratch.set(prefix.array(), 0, prefix.length(), prefix.length());
            int at = 0;
            while (at < page.length()) {
                int suffixLength = page.getInt(at);
                int valueLength = page.getInt(at + Integer.BYTES);
                at += 2 * Integer.BYTES;
                scratch.setSuffix(page.array(), at, suffixLength);
                at += suffixLength;
                if (!keepOne(maps, scratch, page, at, valueLength)) {
                    return;
                }
                at += valueLength;
            }
            maps.becomeComplete(prefix);
        } finally {
            access.unlock();
        }
    }

    private boolean hasOperands(long group) {
        if (!PrefixGroups.hasList(group)) {
            return true;
        }
        for (int i = 0; i < PrefixGroups.recordCount(group); i++) {
            long record = segments.address(PrefixGroups.refAt(group, i));
            if (Records.kind(record) == Records.MERGE) {
                return true;
            }
        }
        return false;
    }

    private boolean keepOne(
            PrefixGroups maps, KeyBuffer key, ValueBuffer page, int from, int byteCount) {
        if (find(key) != 0) {
            return true;
        }
        if (!index.prepare(key.hash()) || !maps.prepare(key)) {
            return false;
        }
        int sizeBytes = (int) Records.sizeBytes(Records.PUT, key.length(), byteCount);
        int ref = allocateResident(sizeBytes);
        if (ref == NO_REF) {
            return false;
        }
        long record = segments.address(ref);
        init(record, sizeBytes, key, Records.PUT, page.array(), from, byteCount);
        insert(key, ref);
        return true;
    }

    private PrefixGroups groupsOrFail() {
        PrefixGroups maps = groups;
        if (maps == null) {
            throw new IllegalStateException("[memtable] keys are not grouped by prefix here");
        }
        return maps;
    }

    // ------------------------------------------------------------------------------------- freeze

    /**
     * Ends the open generation and opens the next; writer only.
     *
     * @return null if nothing was written that must go to a file
     */
    public @Nullable Flushable freeze(long nextGeneration, long nowMillis) {
        access.lock();
        try {
            Generation frozen = open;
            if (frozen.entryCount == 0) {
                // What was written was deleted again.
                List.copyOf(frozen.segments).forEach(segment -> drop(frozen, segment));
                return null;
            }
            frozen.freeze(nowMillis);
            open = new Generation(segments, nextGeneration, Condition.OPEN, nowMillis);
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
            Invariants.check(open.entryCount == 0, "a generation is left out with entries in it");
            Generation skipped = open;
            List.copyOf(skipped.segments).forEach(segment -> drop(skipped, segment));
            skipped.abandon();
            open = new Generation(segments, nextGeneration, Condition.OPEN, nowMillis);
            complete = false;
            long slot = find(key);
            if (slot != 0) {
                int ref = RecordIndex.ref(slot);
                long record = segments.address(ref);
                dropLinked(record);
                index.remove(slot);
                if (groups != null) {
                    groups.remove(record, ref, false);
                }
                becomeGarbage(ref, Records.OLD);
            } else if (groups != null) {
                groups.becomeIncomplete(key);
            }
            publish();
        } finally {
            access.unlock();
        }
    }

    /** Entries that were written since the last freeze, tombstones included; writer only. */
    public int openEntryCount() {
        return open.entryCount;
    }

    /** Memory that they hold; exact for the writer. */
    public long openBytes() {
        return open.usedBytes();
    }

    /** What is folded with from now on; after a freeze; writer only. */
    public void setOperator(@Nullable MergeOperator newOperator) {
        access.lock();
        operator = newOperator;
        access.unlock();
    }

    /**
     * SSTables have the generations' entries from now on.
     *
     * @param install makes the SSTables visible to readers, under the tier's lock
     */
    public void becomeClean(List<? extends Flushable> flushed, Runnable install) {
        access.lock();
        try {
            install.run();
            for (Flushable source : flushed) {
                if (source instanceof Generation generation && !closed) {
                    generation.becomeClean();
                    for (Segment segment : generation.segments) {
                        addClean(segment);
                    }
                }
            }
            publish();
        } finally {
            access.unlock();
        }
    }

    // ------------------------------------------------------------------------------------ eviction

    /** When the oldest clean segment became clean; the largest value if there is none. */
    long oldestStamp() {
        return oldestStamp;
    }

    /** Memory of clean segments. */
    long cleanBytes() {
        access.lock();
        try {
            return cleanBytes;
        } finally {
            access.unlock();
        }
    }

    /** Whether putting clean memory together frees a good part of it, with nothing lost. */
    boolean isWorthCompacting() {
        return isWorthCompacting;
    }

    /**
     * Gives the memory of one clean segment back, or of none if what it holds is spared; any
     * thread.
     *
     * @return bytes given back; negative if there is no clean segment
     */
    long evict() {
        access.lock();
        try {
            Segment victim = isWorthCompacting ? emptiest() : null;
            boolean sparesAll = victim != null;
            if (victim == null) {
                victim = oldest();
            }
            if (victim == null) {
                oldestStamp = Long.MAX_VALUE;
                isWorthCompacting = false;
                return -1;
            }
            long freed = empty(victim, sparesAll);
            publish();
            return freed;
        } finally {
            access.unlock();
        }
    }

    private @Nullable Segment oldest() {
        Segment oldest = null;
        for (int i = 0; i < cleanCount; i++) {
            Segment segment = clean[i];
            // Groups go with their records: alone, they would free nothing.
            if ((oldest == null || segment.stamp < oldest.stamp)
                    && segment.owner != heads
                    && segment.owner.isUnread()) {
                oldest = segment;
            }
        }
        return oldest;
    }

    private @Nullable Segment emptiest() {
        Segment emptiest = null;
        double least = 0.75;
        for (int i = 0; i < cleanCount; i++) {
            Segment segment = clean[i];
            double live = (double) segment.liveBytes / segment.sizeBytes();
            if (live < least
                    && segment != resident.current
                    && segment != heads.current
                    && segment.owner.isUnread()) {
                emptiest = segment;
                least = live;
            }
        }
        return emptiest;
    }

    /** Moves what is spared elsewhere, drops the rest, and gives the segment back if it can. */
    private long empty(Segment victim, boolean sparesAll) {
        removeClean(victim);
        Generation from = victim.owner;
        Generation into = from == heads ? heads : resident;
        if (into.current == victim) {
            into.current = null;
        }
        // At most half of what is there is spared, so that every other segment becomes free.
        int leftToSpare = sparesAll ? Integer.MAX_VALUE : victim.usedBytes / 2;
        int end = victim.usedBytes;
        int slid = 0;
        int at = 0;
        while (at < end) {
            long record = victim.address + at;
            int ref = Segments.refAt(victim, at);
            int sizeBytes = Records.sizeBytes(record);
            if (!Records.has(record, Records.DEAD | Records.OLD)) {
                int kind = Records.kind(record);
                boolean isGroup = kind == Records.GROUP;
                boolean isSpared =
                        isGroup
                                ? !PrefixGroups.isEmpty(record)
                                : kind != Records.DELETE
                                        && (sparesAll
                                                || (Records.has(record, Records.READ)
                                                        && leftToSpare >= sizeBytes));
                if (!isSpared) {
                    forget(record, ref, isGroup);
                    // Tombstones and empty groups did not count.
                    victim.liveBytes -= kind == Records.DELETE || isGroup ? 0 : sizeBytes;
                } else {
                    leftToSpare -= sizeBytes;
                    if (!sparesAll) {
                        Records.clear(record, Records.READ);
                    }
                    int target = sparePlace(into, victim, sizeBytes);
                    if (target == NO_REF) {
                        target = Segments.refAt(victim, slid);
                        slid += sizeBytes;
                    } else {
                        victim.liveBytes -= sizeBytes;
                    }
                    move(record, ref, target, sizeBytes, isGroup);
                }
            }
            at += sizeBytes;
        }
        if (slid == 0) {
            long freed = victim.sizeBytes();
            drop(from, victim);
            return freed;
        }
        victim.usedBytes = slid;
        if (from != into) {
            from.remove(victim);
            releaseIfEmpty(from);
            victim.owner = into;
            into.add(victim);
        }
        into.current = victim;
        addClean(victim);
        return 0;
    }

    /** Room in the segment that takes what is spared; no ref if that is full. */
    private int sparePlace(Generation into, Segment victim, int sizeBytes) {
        Segment target = into.current;
        if (target == null || target == victim) {
            return NO_REF;
        }
        if (sizeBytes > target.sizeBytes() - target.usedBytes) {
            return NO_REF;
        }
        garbageBytes -= sizeBytes;
        return segments.allocate(into, sizeBytes);
    }

    private void move(long record, int ref, int target, int sizeBytes, boolean isGroup) {
        if (ref == target) {
            return;
        }
        // Who points here must be found before the bytes go.
        long slot = isGroup ? groupSlot(record) : slotOf(record);
        int newest = RecordIndex.ref(slot);
        long newer = newest == ref ? 0 : linkingTo(newest, ref);
        if (newer == 0 && !isGroup && groups != null) {
            // Before the bytes go: a list may be searched by key.
            groups.replace(record, ref, target);
        }
        Records.move(record, segments.address(target), sizeBytes);
        if (newer != 0) {
            Records.setLink(newer, target);
        } else {
            RecordIndex.setRef(slot, target);
        }
    }

    /** Address of the record, in the chain of a newest one, that links to the ref. */
    private long linkingTo(int newest, int ref) {
        long record = segments.address(newest);
        while (Records.link(record) != ref) {
            int link = Records.link(record);
            if (link == NO_REF) {
                throw new AssertionError("a record that nothing links to: ref=" + ref);
            }
            record = segments.address(link);
        }
        return record;
    }

    private long slotOf(long record) {
        int length = Records.keyLength(record);
        long slot =
                index.findAt(Records.keyAddress(record), length, Records.keyHash(record, length));
        if (slot == 0) {
            throw new AssertionError("a record that the index does not have");
        }
        return slot;
    }

    private long groupSlot(long record) {
        int length = Records.keyLength(record);
        long slot =
                groupsOrFail()
                        .index()
                        .findAt(
                                Records.keyAddress(record),
                                length,
                                Records.keyHash(record, length));
        if (slot == 0) {
            throw new AssertionError("a group that the index does not have");
        }
        return slot;
    }

    /** Nothing finds the clean record any more. */
    private void forget(long record, int ref, boolean isGroup) {
        if (isGroup) {
            groupsOrFail().index().remove(groupSlot(record));
            return;
        }
        long slot = slotOf(record);
        int newest = RecordIndex.ref(slot);
        boolean isTombstone = Records.kind(record) == Records.DELETE;
        dropLinked(record);
        if (newest == ref) {
            index.remove(slot);
            if (groups != null) {
                groups.remove(record, ref, isTombstone);
            }
            complete = complete && isTombstone;
        } else {
            Records.setLink(linkingTo(newest, ref), NO_REF);
            complete = false;
            if (groups != null) {
                groups.becomeIncomplete(record);
            }
        }
    }

    /** What the record links to is not needed any more. */
    private void dropLinked(long record) {
        int ref = Records.link(record);
        if (ref == NO_REF) {
            return;
        }
        Records.setLink(record, NO_REF);
        while (ref != NO_REF) {
            long linked = segments.address(ref);
            int next = Records.link(linked);
            becomeGarbage(ref, Records.OLD);
            ref = next;
        }
    }

    /** Nothing finds the record from now on; a flush may still want it. */
    void becomeGarbage(int ref, int flag) {
        long record = segments.address(ref);
        Records.clear(record, Records.LINKED);
        Records.set(record, flag);
        if (Records.kind(record) == Records.DELETE) {
            return;
        }
        int sizeBytes = Records.sizeBytes(record);
        Segment segment = segments.of(ref);
        segment.liveBytes -= sizeBytes;
        if (segment.cleanIndex >= 0) {
            garbageBytes += sizeBytes;
        }
    }

    /** A place for a record that no flush wants; {@link Segments#NO_REF} if there is no room. */
    private int allocateResident(int sizeBytes) {
        return allocateClean(resident, sizeBytes);
    }

    /** A place for a group; {@link Segments#NO_REF} if there is no room. */
    int allocateGroup(int sizeBytes) {
        return allocateClean(heads, sizeBytes);
    }

    /** The group has got its first record, or has lost its last one and is worth nothing. */
    void countGroup(int ref, boolean isLive) {
        Segment segment = segments.of(ref);
        int sizeBytes = Records.sizeBytes(segments.address(ref));
        segment.liveBytes += isLive ? sizeBytes : -sizeBytes;
        if (segment.cleanIndex >= 0) {
            garbageBytes += isLive ? -sizeBytes : sizeBytes;
        }
    }

    private int allocateClean(Generation generation, int sizeBytes) {
        Segment before = generation.current;
        int ref = segments.allocate(generation, sizeBytes);
        if (ref != NO_REF) {
            Segment segment = segments.of(ref);
            if (segment.cleanIndex >= 0) {
                garbageBytes -= sizeBytes;
            } else {
                addClean(segment);
                if (before == null) {
                    publish();
                }
            }
        }
        return ref;
    }

    /** Whether every live entry is in memory; needs the lock. */
    boolean isCompleteLocked() {
        return complete;
    }

    private void addClean(Segment segment) {
        if (cleanCount == clean.length) {
            clean = Arrays.copyOf(clean, cleanCount * 2);
        }
        segment.cleanIndex = cleanCount;
        segment.stamp = memory.nextStamp();
        clean[cleanCount++] = segment;
        cleanBytes += segment.sizeBytes();
        garbageBytes += segment.sizeBytes() - segment.liveBytes;
    }

    private void removeClean(Segment segment) {
        int at = segment.cleanIndex;
        Segment last = clean[--cleanCount];
        clean[at] = last;
        last.cleanIndex = at;
        segment.cleanIndex = -1;
        cleanBytes -= segment.sizeBytes();
        garbageBytes -= segment.sizeBytes() - segment.liveBytes;
    }

    private void drop(Generation owner, Segment segment) {
        owner.remove(segment);
        segments.release(segment);
        releaseIfEmpty(owner);
    }

    private void releaseIfEmpty(Generation generation) {
        if (generation.condition == Condition.CLEAN
                && generation != resident
                && generation != heads
                && generation.segments.isEmpty()) {
            generation.release();
        }
    }

    /** Plans evictions anew if readers have let go of something that they pinned. */
    void noticeUnpinned() {
        if (segments.hasUnpinned) {
            access.lock();
            try {
                publish();
            } finally {
                access.unlock();
            }
        }
    }

    private void publish() {
        segments.hasUnpinned = false;
        long oldest = Long.MAX_VALUE;
        for (int i = 0; i < cleanCount; i++) {
            if (clean[i].owner != heads && clean[i].owner.isUnread()) {
                oldest = Math.min(oldest, clean[i].stamp);
            }
        }
        oldestStamp = oldest;
        isWorthCompacting = cleanCount > 2 && garbageBytes > cleanBytes * GARBAGE_SHARE;
    }

    // --------------------------------------------------------------------------------------- close

    /** Gives all memory back, but for generations that cursors still read. */
    public void close() {
        memory.remove(this);
        access.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            complete = false;
            cleanCount = 0;
            cleanBytes = 0;
            oldestStamp = Long.MAX_VALUE;
            isWorthCompacting = false;
            index.release();
            if (groups != null) {
                groups.index().release();
            }
            Set<Generation> all = new LinkedHashSet<>(List.of(open, resident, heads));
            segments.all().forEach(segment -> all.add(segment.owner));
            all.forEach(Generation::abandon);
        } finally {
            access.unlock();
        }
    }

    // ------------------------------------------------------------------------------------- helpers

    private long find(KeyBuffer key) {
        return index.find(key.array(), key.length(), key.hash());
    }

    private boolean isOpen(int ref) {
        return segments.of(ref).owner == open;
    }

    /** For a key that is not in the index: whether no source has a live entry of it. */
    private boolean isNothingOlder(KeyBuffer key) {
        if (complete || groups == null) {
            return complete;
        }
        long group = groups.find(key);
        return group != 0 && PrefixGroups.isComplete(group);
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("[memtable] is closed: no write may follow");
        }
    }

    private static void checkLengths(KeyBuffer key, long valueBytes) {
        if (key.length() > Records.BYTES_MAX) {
            checkLength(key.length());
        }
        checkLength(valueBytes);
    }

    private static void checkLength(long byteCount) {
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
