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

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.MergeOperator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Entries in memory, at most one a key, updated in place. One thread writes; any thread reads, also
 * while it is written. They are in key order at every moment, for trees whose ranges are read while
 * they are written (queues of timers); other trees have a {@link HotTier}.
 *
 * <p>Reference counted: created with one reference; memory is given back when the last one is
 * released. An empty memtable holds no memory.
 *
 * <p>What a key's entry becomes (older entry across, write down):
 *
 * <pre>
 *             none     PUT a      DELETE   MERGE a
 *  put b      PUT b    PUT b      PUT b    PUT b
 *  delete     DELETE   DELETE     DELETE   DELETE
 *  merge b    MERGE b  PUT a⊕b    PUT b    MERGE a⊕b
 * </pre>
 */
public final class Memtable implements Flushable {

    /** Told of operands before they are folded in; may refuse them. */
    public interface OperandGuard {

        /**
         * A MERGE entry is new, or about to grow beyond a power of two.
         *
         * @param operandBytes of the entry here, with what is added to it
         * @param addedBytes what is added
         */
        void check(KeyBuffer key, long operandBytes, long addedBytes) throws IOException;
    }

    /** Of an appended value: one that is longer is gone on with in the next memtable. */
    private static final int APPENDED_BYTES_MAX = 32 << 20;

    private static final OperandGuard NO_GUARD = (key, operandBytes, addedBytes) -> {};
    private static final byte[] NO_BYTES = new byte[0];
    private static final int NOT_APPENDING = MergeOperator.NOT_APPENDING;

    // Immutable.
    private final long generation;
    private final @Nullable MergeOperator operator;
    private final int separator;
    private final long minWriteTimeMillis;
    private final Arena arena;
    private final Entries entries;
    private final BTreeIndex index;

    // Written by the writer only; others may see them a little late.
    private int entryCount;
    private long dataBytes;
    private boolean isValueFull;

    /** Where the writer looks at values and folds them. */
    private final Slice older = new Slice();

    private final Slice newer = new Slice();
    private final ValueBuffer folded = new ValueBuffer();

    // Any thread.
    private final AtomicInteger references = new AtomicInteger(1);
    private final AtomicReference<@Nullable ValueCopy> spareCopy = new AtomicReference<>();
    private volatile long maxWriteTimeMillis;
    private volatile boolean frozen;

    /**
     * @param generation age of this source: newer wins
     * @param nowMillis start of its entries' write time
     */
    public Memtable(
            long generation,
            MemoryBudget budget,
            @Nullable MergeOperator operator,
            long nowMillis) {
        this.generation = generation;
        this.operator = operator;
        this.separator = operator == null ? NOT_APPENDING : operator.separator();
        this.minWriteTimeMillis = nowMillis;
        this.maxWriteTimeMillis = nowMillis;
        this.arena = new Arena(budget);
        this.entries = new Entries(arena);
        this.index = new BTreeIndex(arena);
    }

    /**
     * @return false if the budget has no room now, and then nothing has changed; so for all three
     *     writes
     * @throws IllegalArgumentException if key or value is longer than 256 MiB
     */
    public boolean put(KeyBuffer key, byte[] value, int from, int byteCount) {
        checkWrite(key, value, from, byteCount);
        int entry = index.findForWrite(key);
        return entry == Arena.NO_REF
                ? add(key, EntryKind.PUT, value, from, byteCount)
                : replace(entry, EntryKind.PUT, value, from, byteCount);
    }

    public boolean delete(KeyBuffer key) {
        checkWrite(key, NO_BYTES, 0, 0);
        int entry = index.findForWrite(key);
        if (entry == Arena.NO_REF) {
            return add(key, EntryKind.DELETE, NO_BYTES, 0, 0);
        }
        dataBytes -= entries.valueLength(entry);
        entries.delete(entry);
        return true;
    }

    /** Folds the operand into the key's entry here, or adds a MERGE entry. */
    public boolean merge(KeyBuffer key, byte[] operand, int from, int byteCount) {
        try {
            return merge(key, operand, from, byteCount, NO_GUARD);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Like {@link #merge(KeyBuffer, byte[], int, int)}, with a guard that may refuse. */
    public boolean merge(KeyBuffer key, byte[] operand, int from, int byteCount, OperandGuard guard)
            throws IOException {
        checkWrite(key, operand, from, byteCount);
        MergeOperator fold = operator;
        if (fold == null) {
            throw new IllegalStateException(
                    "[memtable] a merge operand came, but the tree has no merge operator: key="
                            + key
                            + "; set one in TreeOptions");
        }
        isValueFull = false;
        int entry = index.findForWrite(key);
        if (entry == Arena.NO_REF) {
            guard.check(key, byteCount, byteCount);
            return add(key, EntryKind.MERGE, operand, from, byteCount);
        }
        EntryKind olderKind = entries.kind(entry);
        if (olderKind == EntryKind.DELETE) {
            return replace(entry, EntryKind.PUT, operand, from, byteCount);
        }
        if (separator != NOT_APPENDING) {
            int olderBytes = entries.valueLength(entry);
            long longer = olderBytes + 1L + byteCount;
            isValueFull = longer > APPENDED_BYTES_MAX;
            if (isValueFull) {
                return false;
            }
            if (olderKind == EntryKind.MERGE
                    && Long.highestOneBit(longer) > Integer.highestOneBit(olderBytes)) {
                guard.check(key, longer, byteCount);
            }
            if (!entries.append(entry, separator, operand, from, byteCount)) {
                return false;
            }
            dataBytes += 1L + byteCount;
            return true;
        }
        entries.viewValue(entry, older);
        newer.setBytes(operand, from, byteCount);
        fold.fold(older, newer, folded.clear());
        checkValueLength(folded.length());
        return replace(entry, olderKind, folded.array(), 0, folded.length());
    }

    /**
     * Whether the latest merge found no room because the key's value here is long enough: what is
     * added goes into the next memtable.
     */
    public boolean isValueFull() {
        return isValueFull;
    }

    /** Offers this source's entry for the key, if any; true if the lookup is done. */
    public boolean get(KeyBuffer key, Lookup lookup) {
        checkAlive();
        int entry = index.find(key);
        if (entry == Arena.NO_REF) {
            return false;
        }
        ValueCopy copy = spareCopy.getAndSet(null);
        if (copy == null) {
            copy = new ValueCopy();
        }
        boolean done;
        if (frozen) {
            EntryKind entryKind = entries.viewValue(entry, copy.view());
            done = lookup.offer(entryKind, copy.view());
        } else {
            EntryKind entryKind = entries.copyValue(entry, copy);
            done = lookup.offer(entryKind, copy.value());
        }
        if (copy.isWorthKeeping()) {
            spareCopy.set(copy);
        }
        return done;
    }

    /**
     * The kind of this source's entry for the key, its value copied to the buffer; null if there is
     * none, and then the buffer is as it was. Writer only: nobody can change the value meanwhile.
     */
    public @Nullable EntryKind getAsWriter(KeyBuffer key, ValueBuffer out) {
        checkAlive();
        int entry = index.find(key);
        if (entry == Arena.NO_REF) {
            return null;
        }
        EntryKind entryKind = entries.viewValue(entry, older);
        out.set(older);
        return entryKind;
    }

    /** The kind of this source's entry for the key, or null. Writer only. */
    public @Nullable EntryKind kindAsWriter(KeyBuffer key) {
        checkAlive();
        int entry = index.find(key);
        return entry == Arena.NO_REF ? null : entries.kind(entry);
    }

    /**
     * The entries in the range, in key order. Retains the memtable until it is closed. Of a
     * memtable that is still written, the cursor shows what it finds on its way: later writes may
     * or may not show and never break it, but a value is borrowed only until the next move or
     * write; by the writer only, until it is frozen.
     */
    @Override
    public EntryCursor cursor(KeyRange range) {
        return cursor(range, false);
    }

    /**
     * Like {@link #cursor(KeyRange)}, as one sees it who has no other source: PUTs only. A
     * tombstone is left out, an operand is the value.
     */
    public EntryCursor liveCursor(KeyRange range) {
        return cursor(range, true);
    }

    private EntryCursor cursor(KeyRange range, boolean liveOnly) {
        checkAlive();
        BTreeIndex.Walk walk = index.walk(range.start());
        return new MemtableCursor(retained(), entries, liveOnly, walk, range.end());
    }

    /** No write follows. Called once by the writer; returns at once (sorting comes later). */
    public void freeze(long nowMillis) {
        checkAlive();
        if (frozen) {
            throw new IllegalStateException("[memtable] frozen twice: generation=" + generation);
        }
        maxWriteTimeMillis = nowMillis;
        frozen = true;
    }

    @Override
    public @Nullable OwnedSlice middleKey() {
        if (!frozen) {
            throw new IllegalStateException(
                    "[memtable] is still written: generation=" + generation);
        }
        BTreeIndex.Walk walk = index.walk(OwnedSlice.EMPTY);
        int middle = Arena.NO_REF;
        for (int i = 0; i <= entryCount / 2; i++) {
            int next = walk.next();
            middle = next == Arena.NO_REF ? middle : next;
        }
        return middle == Arena.NO_REF ? null : entries.viewKey(middle, new Slice()).toOwned();
    }

    public boolean isFrozen() {
        return frozen;
    }

    @Override
    public long generation() {
        return generation;
    }

    @Override
    public long minWriteTimeMillis() {
        return minWriteTimeMillis;
    }

    /** Time of the freeze; before it, that of the start. */
    @Override
    public long maxWriteTimeMillis() {
        return maxWriteTimeMillis;
    }

    /** Entries, tombstones included; exact for the writer, and for all once frozen. */
    @Override
    public int entryCount() {
        return entryCount;
    }

    /** Memory held, index included; exact as {@link #entryCount} is. */
    @Override
    public long usedBytes() {
        return arena.allocatedBytes();
    }

    /** Bytes of keys and values of live entries; exact as {@link #entryCount} is. */
    public long dataBytes() {
        return dataBytes;
    }

    /**
     * @return false if the last reference was released already
     */
    @Override
    public boolean tryRetain() {
        int count = references.get();
        while (count > 0) {
            if (references.compareAndSet(count, count + 1)) {
                return true;
            }
            count = references.get();
        }
        return false;
    }

    /**
     * @throws IllegalStateException if no reference is left to release
     */
    @Override
    public void release() {
        int left = references.decrementAndGet();
        if (left < 0) {
            references.incrementAndGet();
            throw new IllegalStateException(
                    "[memtable] released more often than retained: generation=" + generation);
        }
        if (left == 0) {
            arena.release();
        }
    }

    private boolean add(KeyBuffer key, EntryKind entryKind, byte[] value, int from, int byteCount) {
        if (!index.prepare(key)) {
            return false;
        }
        int entry = entries.create(key, entryKind, value, from, byteCount, index.headroomBytes());
        if (entry == Arena.NO_REF) {
            return false;
        }
        index.insert(key, entry);
        entryCount++;
        dataBytes += key.length() + byteCount;
        return true;
    }

    private boolean replace(int entry, EntryKind entryKind, byte[] value, int from, int byteCount) {
        int olderLength = entries.valueLength(entry);
        if (!entries.replace(entry, entryKind, value, from, byteCount)) {
            return false;
        }
        dataBytes += byteCount - olderLength;
        return true;
    }

    private Memtable retained() {
        if (!tryRetain()) {
            throw released();
        }
        return this;
    }

    private void checkWrite(KeyBuffer key, byte[] value, int from, int byteCount) {
        checkAlive();
        if (frozen) {
            throw new IllegalStateException(
                    "[memtable] written after the freeze: generation=" + generation);
        }
        Objects.checkFromIndexSize(from, byteCount, value.length);
        if (key.length() > Entries.KEY_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "[memtable] a key is too long: keyBytes="
                            + key.length()
                            + " limitBytes="
                            + Entries.KEY_BYTES_MAX);
        }
        checkValueLength(byteCount);
    }

    private static void checkValueLength(long byteCount) {
        if (byteCount > Entries.VALUE_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "[memtable] a value is too long: valueBytes="
                            + byteCount
                            + " limitBytes="
                            + Entries.VALUE_BYTES_MAX
                            + "; keep less in one state entry, as a map instead of a list");
        }
    }

    private void checkAlive() {
        if (references.get() <= 0) {
            throw released();
        }
    }

    private IllegalStateException released() {
        return new IllegalStateException(
                "[memtable] used after its last reference was released: generation=" + generation);
    }
}
