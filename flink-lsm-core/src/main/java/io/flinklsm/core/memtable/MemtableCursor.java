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
final class MemtableCursor implements EntryCursor {

    private final Memtable memtable;
    private final Entries entries;
    private final boolean liveOnly;
    private final BTreeIndex.Walk walk;
    private final @Nullable OwnedSlice end;
    private final Slice key = new Slice();
    private final Slice value = new Slice();
    private EntryKind kind = EntryKind.DELETE;
    private boolean done;
    private boolean closed;

    /**
     * Takes over one reference to the memtable.
     *
     * @param liveOnly whether to leave tombstones out and to show every other entry as a PUT
     * @param end bound of the keys, not shown itself; null for none
     */
    MemtableCursor(
            Memtable memtable,
            Entries entries,
            boolean liveOnly,
            BTreeIndex.Walk walk,
            @Nullable OwnedSlice end) {
        this.memtable = memtable;
        this.entries = entries;
        this.liveOnly = liveOnly;
        this.walk = walk;
        this.end = end;
    }

    @Override
    public boolean next() {
        while (!done) {
            int entry = walk.next();
            if (entry == Arena.NO_REF
                    || (end != null && entries.viewKey(entry, key).compareTo(end) >= 0)) {
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
    public Slice key() {
        return key;
    }

    @Override
    public EntryKind kind() {
        return kind;
    }

    @Override
    public Slice value() {
        return value;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            done = true;
            key.clear();
            value.clear();
            memtable.release();
        }
    }
}
