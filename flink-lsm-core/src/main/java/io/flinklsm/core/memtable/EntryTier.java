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
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.Generation.Condition;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.MergeOperator;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A tier of entries that are found by their whole key: a record each.
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
 */
public final class EntryTier extends HotTier {

    private static final int NOT_APPENDING = MergeOperator.NOT_APPENDING;

    /** So many operands are read one by one; a further one folds them. */
    private static final int CHAIN_MAX = 16;

    /** But not if the value is longer. */
    private static final int FOLDED_BYTES_MAX = 1 << 20;

    /** Of an appended value: one that is longer is gone on with in the next generation. */
    private static final int APPENDED_BYTES_MAX = 32 << 20;

    // Guarded by access.
    private @Nullable MergeOperator operator;
    private final Slice older = new Slice();
    private final Slice newer = new Slice();
    private ValueBuffer folded = new ValueBuffer();
    private final Lookup folding = new Lookup();
    private boolean isValueFull;

    /**
     * @param generation age of what is written first
     * @param complete whether the tree has no other sources
     */
    public EntryTier(
            TierMemory memory,
            long generation,
            @Nullable MergeOperator operator,
            boolean complete,
            long nowMillis) {
        super(memory, false, generation, complete, nowMillis);
        this.operator = operator;
    }

    /** What is folded with from now on; after a freeze; writer only. */
    public void setOperator(@Nullable MergeOperator newOperator) {
        access.lock();
        operator = newOperator;
        access.unlock();
    }

    @Override
    public boolean put(KeyBuffer key, byte[] value, int from, int byteCount) {
        checkLengths(key, byteCount);
        access.lock();
        try {
            prepareWrite();
            return write(find(key), key, Records.PUT, value, from, byteCount);
        } finally {
            access.unlock();
        }
    }

    @Override
    public boolean delete(KeyBuffer key) {
        checkLengths(key, 0);
        access.lock();
        try {
            prepareWrite();
            long slot = find(key);
            if (slot == 0) {
                return isAbsent(key.hash()) || write(0, key, Records.DELETE, NO_BYTES, 0, 0);
            }
            int ref = RecordIndex.ref(slot);
            long record = segments.address(ref);
            if (Records.has(record, Records.FIRST) && isOpen(ref)) {
                index.remove(slot);
                becomeGarbage(ref, Records.DEAD);
                open.removeEntry();
                return true;
            }
            return write(slot, key, Records.DELETE, NO_BYTES, 0, 0);
        } finally {
            access.unlock();
        }
    }

    @Override
    public boolean merge(KeyBuffer key, byte[] operand, int from, int byteCount) {
        checkLengths(key, byteCount);
        access.lock();
        try {
            prepareWrite();
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
                int kind = isAbsent(key.hash()) ? Records.PUT : Records.MERGE;
                return write(0, key, kind, operand, from, byteCount);
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

    /**
     * Gives the key this newest record; the slot is the key's, or 0 if it has none. In one piece:
     * it is longer than what the just-in-time compiler copies into callers ({@code CodeSizesTest}).
     */
    private boolean write(
            long slot, KeyBuffer key, int kind, byte[] value, int from, int byteCount) {
        checkLengths(key, byteCount);
        if (slot == 0) {
            long sizeBytes = Records.sizeBytes(kind, key.length(), byteCount);
            if (!index.prepare(key.hash())) {
                return false;
            }
            int ref = allocateOpen(Math.toIntExact(sizeBytes));
            if (ref == NO_REF) {
                return false;
            }
            long record = segments.address(ref);
            init(record, (int) sizeBytes, key, kind, value, from, byteCount);
            if (kind == Records.PUT && isAbsent(key.hash())) {
                Records.set(record, Records.FIRST);
            }
            if (kind == Records.DELETE) {
                segments.of(ref).addLive(-(int) sizeBytes);
            }
            index.insert(key.hash(), ref);
            open.addEntry();
            return true;
        }
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
            boolean wasTombstone = Records.kind(record) == Records.DELETE;
            Records.setValue(record, kind, byteCount);
            if (wasTombstone != (kind == Records.DELETE)) {
                // A tombstone is not worth its memory.
                int sizeBytes = Records.sizeBytes(record);
                segments.of(ref).addLive(wasTombstone ? sizeBytes : -sizeBytes);
            }
            return true;
        }
        // A quarter in reserve: a value that keeps growing a little moves seldom.
        int capacity = (int) Math.min(Records.BYTES_MAX, byteCount * 5L / 4);
        int link = kind == Records.MERGE ? Records.link(record) : NO_REF;
        return replace(slot, key, ref, kind, link, value, from, byteCount, capacity) != 0;
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
        boolean isSameGeneration = isOpen(ref);
        int sizeBytes = Math.toIntExact(Records.sizeBytes(kind, key.length(), capacity));
        int newRef = allocateOpen(sizeBytes);
        if (newRef == NO_REF) {
            return 0;
        }
        long record = segments.address(newRef);
        init(record, sizeBytes, key, kind, value, from, byteCount);
        if (kind == Records.MERGE) {
            Records.setLink(record, link);
        }
        if (kind == Records.DELETE) {
            segments.of(newRef).addLive(-sizeBytes);
        }
        long old = segments.address(ref);
        if (isSameGeneration) {
            Records.set(record, Records.has(old, Records.FIRST) ? Records.FIRST : 0);
            if (link != Records.link(old)) {
                dropLinked(old);
            }
            becomeGarbage(ref, Records.DEAD);
        } else {
            open.addEntry();
            if (link == ref) {
                Records.set(old, Records.LINKED);
            } else {
                dropLinked(old);
                becomeGarbage(ref, Records.OLD);
            }
        }
        RecordIndex.setRef(slot, newRef);
        return record;
    }

    /**
     * Appends to the value of the open generation's record. When it is full, it gets room for as
     * much again, and for the separator between the two.
     */
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
            int capacity = (int) Math.min(Records.BYTES_MAX, longer * 2 + 1);
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

    @Override
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
        boolean isUseless = conditionOf(ref) == Condition.CLEAN && !endsInMemory(ref);
        int link = isUseless ? NO_REF : ref;
        return replace(slot, key, ref, Records.MERGE, link, operand, from, byteCount, byteCount)
                != 0;
    }

    private static ValueBuffer emptied(ValueBuffer buffer) {
        return buffer.array().length > 1 << 20 ? new ValueBuffer() : buffer.clear();
    }

    @Override
    public int find(KeyBuffer key, ValueBuffer out, Lookup lookup) {
        long slot = index.find(key.array(), key.length(), key.hash());
        if (slot == 0) {
            return whenUnfound(key.hash());
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

    @Override
    public boolean gather(KeyBuffer key, Lookup lookup) {
        long slot = index.find(key.array(), key.length(), key.hash());
        if (slot == 0) {
            return !isAbsent(key.hash());
        }
        int ref = RecordIndex.ref(slot);
        boolean endsHere = endsInMemory(ref);
        offerChain(ref, lookup, !endsHere);
        return !endsHere;
    }

    @Override
    public int contains(KeyBuffer key) {
        access.lock();
        try {
            long slot = index.find(key.array(), key.length(), key.hash());
            if (slot == 0) {
                return whenUnfound(key.hash());
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
            if (dirtyOnly && conditionOf(at) == Condition.CLEAN) {
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

    @Override
    public boolean keepIf(BooleanSupplier isCurrent, KeyBuffer key, ValueBuffer value) {
        long sizeBytes = Records.sizeBytes(Records.PUT, key.length(), value.length());
        if (sizeBytes > KEPT_BYTES_MAX) {
            return true;
        }
        access.lock();
        try {
            if (closed || find(key) != 0 || !isCurrent.getAsBoolean()) {
                return true;
            }
            if (!isWorthKeeping(key.hash())) {
                return true;
            }
            int ref = index.prepare(key.hash()) ? allocateResident((int) sizeBytes) : NO_REF;
            if (ref == NO_REF) {
                noteNoRoom(key.hash());
                return false;
            }
            long record = segments.address(ref);
            int size = (int) sizeBytes;
            init(record, size, key, Records.PUT, value.array(), 0, value.length());
            index.insert(key.hash(), ref);
            return true;
        } finally {
            access.unlock();
        }
    }

    /**
     * Keeps what the files have of a key whose newest record is an operand, below its operands, so
     * that the next read ends in memory. For an operator that appends; writer only, and as {@link
     * #keep}.
     *
     * @param value of the key, all operands folded in
     */
    public boolean keepBelow(KeyBuffer key, ValueBuffer value) {
        access.lock();
        try {
            MergeOperator fold = operator;
            long slot = find(key);
            boolean isAppended = fold != null && fold.separator() != NOT_APPENDING;
            if (closed || slot == 0 || !isAppended || value.length() > KEPT_BYTES_MAX) {
                return true;
            }
            return endsInMemory(RecordIndex.ref(slot)) || keepBelow(slot, key, value);
        } finally {
            access.unlock();
        }
    }

    private boolean keepBelow(long slot, KeyBuffer key, ValueBuffer value) {
        int oldestDirty = NO_REF;
        int byteCount = value.length();
        int at = RecordIndex.ref(slot);
        while (at != NO_REF && conditionOf(at) != Condition.CLEAN) {
            long record = segments.address(at);
            // It stands at the end of the value, behind a separator.
            byteCount -= Records.valueLength(record) + 1;
            oldestDirty = at;
            at = Records.link(record);
        }
        if (byteCount < 0) {
            beginValue(oldestDirty);
            return true;
        }
        int sizeBytes = (int) Records.sizeBytes(Records.PUT, key.length(), byteCount);
        if (!isWorthKeeping(key.hash())) {
            return true;
        }
        int ref = allocateResident(sizeBytes);
        if (ref == NO_REF) {
            noteNoRoom(key.hash());
            return false;
        }
        long record = segments.address(ref);
        init(record, sizeBytes, key, Records.PUT, value.array(), 0, byteCount);
        if (oldestDirty == NO_REF) {
            int newest = RecordIndex.ref(slot);
            dropLinked(segments.address(newest));
            becomeGarbage(newest, Records.OLD);
            RecordIndex.setRef(slot, ref);
        } else {
            long dirty = segments.address(oldestDirty);
            dropLinked(dirty);
            Records.setLink(dirty, ref);
            Records.set(record, Records.LINKED);
        }
        return true;
    }

    /** There is nothing older than the operand anywhere: it is a value, and the first one. */
    private void beginValue(int ref) {
        if (isOpen(ref)) {
            long record = segments.address(ref);
            Records.setValue(record, Records.PUT, Records.valueLength(record));
            Records.set(record, Records.FIRST);
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

    // ------------------------------------------------------------------------------------ eviction

    @Override
    void drop(KeyBuffer key) {
        long slot = find(key);
        if (slot != 0) {
            int ref = RecordIndex.ref(slot);
            dropLinked(segments.address(ref));
            index.remove(slot);
            becomeGarbage(ref, Records.OLD);
        }
    }

    @Override
    boolean isWorthSparing(long record) {
        return Records.kind(record) != Records.DELETE;
    }

    @Override
    int trimmedBytes(long record) {
        return Records.trimmedBytes(record);
    }

    @Override
    void forget(long record, int ref) {
        long slot = slotOf(record);
        int newest = RecordIndex.ref(slot);
        if (newest != ref || Records.kind(record) != Records.DELETE) {
            noteEvicted(Records.keyHash(record, Records.keyLength(record)));
        }
        dropLinked(record);
        if (newest == ref) {
            index.remove(slot);
        } else {
            Records.setLink(linkingTo(newest, ref), NO_REF);
            dropUseless(slot);
        }
    }

    /** Operands that files have say nothing without what they belong to. */
    private void dropUseless(long slot) {
        int newest = RecordIndex.ref(slot);
        if (conditionOf(newest) == Condition.CLEAN) {
            dropLinked(segments.address(newest));
            becomeGarbage(newest, Records.OLD);
            index.remove(slot);
            return;
        }
        int dirty = newest;
        int next = Records.link(segments.address(dirty));
        while (next != NO_REF && conditionOf(next) != Condition.CLEAN) {
            dirty = next;
            next = Records.link(segments.address(dirty));
        }
        dropLinked(segments.address(dirty));
    }

    @Override
    void move(long record, int ref, int target, int byteCount) {
        // Who points here must be found before the bytes go.
        long slot = slotOf(record);
        int newest = RecordIndex.ref(slot);
        long newer = newest == ref ? 0 : linkingTo(newest, ref);
        Records.move(record, segments.address(target), byteCount);
        if (newer != 0) {
            Records.setLink(newer, target);
        } else {
            RecordIndex.setRef(slot, target);
        }
    }

    private long find(KeyBuffer key) {
        return index.find(key.array(), key.length(), key.hash());
    }
}
