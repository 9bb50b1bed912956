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

import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.MergeOperator;
import org.jspecify.annotations.Nullable;

/**
 * Entries in memory, at most one a key, updated in place. One thread writes; any thread reads, also
 * while it is written. After {@link #freeze} nobody writes; the entries are sorted once, by whoever
 * first asks for a range.
 *
 * <p>Reference counted: created with one reference; memory is given back when the last one is
 * released.
 */
public final class Memtable {

    /**
     * @param generation age of this source: newer wins
     * @param nowMillis start of its entries' write time
     */
    public Memtable(
            MemtableKind kind,
            long generation,
            MemoryBudget budget,
            @Nullable MergeOperator operator,
            long nowMillis) {
        throw new UnsupportedOperationException();
    }

    /**
     * @return false if the budget has no room now, and then nothing has changed; so for all three
     *     writes
     */
    public boolean put(KeyBuffer key, byte[] value, int from, int byteCount) {
        throw new UnsupportedOperationException();
    }

    public boolean delete(KeyBuffer key) {
        throw new UnsupportedOperationException();
    }

    /** Folds the operand into the key's entry here, or adds a MERGE entry. */
    public boolean merge(KeyBuffer key, byte[] operand, int from, int byteCount) {
        throw new UnsupportedOperationException();
    }

    /** Offers this source's entry for the key, if any; true if the lookup is done. */
    public boolean get(KeyBuffer key, Lookup lookup) {
        throw new UnsupportedOperationException();
    }

    /**
     * The entries whose prefix is the whole of {@code prefix} (its prefixLength is its length), as
     * they are now: later writes may or may not show in values, never break the cursor. PREFIX_HASH
     * and ORDERED only, or any kind once frozen. Retains the memtable until it is closed.
     */
    public EntryCursor prefixCursor(KeyBuffer prefix) {
        throw new UnsupportedOperationException();
    }

    /**
     * The entries in the range. ORDERED, or any kind once frozen. Retains the memtable until
     * closed.
     */
    public EntryCursor cursor(KeyRange range) {
        throw new UnsupportedOperationException();
    }

    /** No write follows. Called once by the writer; returns at once (sorting comes later). */
    public void freeze(long nowMillis) {
        throw new UnsupportedOperationException();
    }

    public MemtableKind kind() {
        throw new UnsupportedOperationException();
    }

    public boolean isFrozen() {
        throw new UnsupportedOperationException();
    }

    public long generation() {
        throw new UnsupportedOperationException();
    }

    public long minWriteTimeMillis() {
        throw new UnsupportedOperationException();
    }

    /** Time of the freeze. */
    public long maxWriteTimeMillis() {
        throw new UnsupportedOperationException();
    }

    public int entryCount() {
        throw new UnsupportedOperationException();
    }

    /** Native memory held, index included. */
    public long usedBytes() {
        throw new UnsupportedOperationException();
    }

    /** Bytes of keys and values of live entries. */
    public long dataBytes() {
        throw new UnsupportedOperationException();
    }

    /**
     * @return false if the last reference was released already
     */
    public boolean tryRetain() {
        throw new UnsupportedOperationException();
    }

    public void release() {
        throw new UnsupportedOperationException();
    }
}
