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

import io.flinklsm.core.entry.EntryKind;

/**
 * The entries of a frozen generation of single entries. Nothing is copied: keys and values stay as
 * they are until the cursor is closed.
 */
final class GenerationCursor extends RecordCursor {

    private final int to;
    private int at;

    /** Takes over one reference; shows refs {@code [from, to)}, which are in key order. */
    GenerationCursor(Generation generation, Segments segments, int[] refs, int from, int to) {
        super(generation, segments, refs);
        this.at = from;
        this.to = to;
    }

    @Override
    public boolean next() {
        if (closed || at >= to) {
            return end();
        }
        long record = record(at++);
        Records.viewKey(record, key);
        Records.viewValue(record, value);
        kind = EntryKind.ofCode(Records.kind(record));
        return true;
    }
}
