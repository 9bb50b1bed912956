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
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import org.jspecify.annotations.Nullable;

/**
 * Entries of a memtable one after another; holds a reference to the memtable. Nothing is copied:
 * keys stay as they are, a value is borrowed until the next move, and over an active memtable until
 * the next write.
 */
abstract class MemtableCursor implements EntryCursor {

    private final Memtable memtable;
    private final Entries entries;
    private final boolean liveOnly;
    private final Slice key = new Slice();
    private final Slice value = new Slice();
    private EntryKind kind = EntryKind.DELETE;
    private boolean done;
    private boolean closed;

    /**
     * Takes over one reference to the memtable.
     *
     * @param liveOnly whether to leave tombstones out and to show every other entry as a PUT
     */
    private MemtableCursor(Memtable memtable, Entries entries, boolean liveOnly) {
        this.memtable = memtable;
        this.entries = entries;
        this.liveOnly = liveOnly;
    }

    /** The next entry, or {@link Arena#NO_REF}. */
    abstract int nextEntry();

    @Override
    public final boolean next() {
        while (!done) {
            int entry = nextEntry();
            if (entry == Arena.NO_REF) {
                break;
            }
            EntryKind entryKind = entries.viewValue(entry, value);
            if (!liveOnly) {
                kind = entryKind;
            } else if (entryKind == EntryKind.DELETE) {
                continue;
            } else {
                kind = EntryKind.PUT;
            }
            entries.viewKey(entry, key);
            return true;
        }
        done = true;
        key.clear();
        value.clear();
        kind = EntryKind.DELETE;
        return false;
    }

    @Override
    public final Slice key() {
        return key;
    }

    @Override
    public final EntryKind kind() {
        return kind;
    }

    @Override
    public final Slice value() {
        return value;
    }

    @Override
    public final void close() {
        if (!closed) {
            closed = true;
            done = true;
            key.clear();
            value.clear();
            memtable.release();
        }
    }

    /** Over refs {@code [from, to)} of an array in key order. */
    static final class OfRefs extends MemtableCursor {

        private final int[] refs;
        private final int to;
        private int at;

        OfRefs(Memtable memtable, Entries entries, boolean liveOnly, int[] refs, int from, int to) {
            super(memtable, entries, liveOnly);
            this.refs = refs;
            this.at = from;
            this.to = to;
        }

        @Override
        int nextEntry() {
            return at < to ? refs[at++] : Arena.NO_REF;
        }
    }

    /** Over entries with one prefix. */
    static final class OfGroup extends MemtableCursor {

        private final PrefixHashIndex.Walk walk;

        OfGroup(Memtable memtable, Entries entries, boolean liveOnly, PrefixHashIndex.Walk walk) {
            super(memtable, entries, liveOnly);
            this.walk = walk;
        }

        @Override
        int nextEntry() {
            return walk.next();
        }
    }

    /** Over an ordered memtable from an entry on, up to a bound. */
    static final class OfTree extends MemtableCursor {

        private final Entries entries;
        private final BTreeIndex.Walk walk;
        private final @Nullable OwnedSlice end;
        private final Slice bounded = new Slice();

        OfTree(
                Memtable memtable,
                Entries entries,
                boolean liveOnly,
                BTreeIndex.Walk walk,
                @Nullable OwnedSlice end) {
            super(memtable, entries, liveOnly);
            this.entries = entries;
            this.walk = walk;
            this.end = end;
        }

        @Override
        int nextEntry() {
            int entry = walk.next();
            boolean beyond =
                    entry != Arena.NO_REF
                            && end != null
                            && entries.viewKey(entry, bounded).compareTo(end) >= 0;
            return beyond ? Arena.NO_REF : entry;
        }
    }
}
