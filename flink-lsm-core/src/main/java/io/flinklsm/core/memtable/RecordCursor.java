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
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;

/**
 * The entries of a frozen generation in key order; holds a reference to it. What it shows stays as
 * it is until the next move, and is gone when it is closed.
 */
abstract class RecordCursor implements EntryCursor {

    /** Records that are fetched from memory together: they fit into the nearest cache. */
    private static final int TOUCHED = 16;

    final Segments segments;
    final int[] refs;
    final Slice key = new Slice();
    final Slice value = new Slice();
    EntryKind kind = EntryKind.DELETE;
    boolean closed;
    private final Generation generation;

    /** Index behind the refs that were touched, and what that gave. */
    private int touchedTo;

    int touched;

    /**
     * Takes over one reference.
     *
     * @param refs records in key order
     */
    RecordCursor(Generation generation, Segments segments, int[] refs) {
        this.generation = generation;
        this.segments = segments;
        this.refs = refs;
    }

    /** Address of the record with this index, which is not below one that was asked for before. */
    final long record(int index) {
        if (index >= touchedTo) {
            touchedTo = Math.min(index + TOUCHED, refs.length);
            touched += segments.touch(refs, index, touchedTo);
        }
        return segments.address(refs[index]);
    }

    /** There is no entry any more. */
    final boolean end() {
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
            end();
            generation.release();
        }
    }
}
