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
import io.flinklsm.core.entry.KeyRange;
import java.util.Arrays;

/**
 * The entries that were written in a frozen generation of blocks, in key order; holds a reference
 * to the generation. Values stay where they are until it is closed; a key is put together in an
 * array of the cursor's.
 */
final class BlockCursor implements EntryCursor {

    private final Generation generation;
    private final Segments segments;
    private final int[] refs;
    private final KeyRange range;
    private int nextBlock;
    private long record;
    private long entry;
    private long end;
    private boolean isInRange;
    private byte[] keyBytes = new byte[64];
    private final Slice key = new Slice();
    private final Slice value = new Slice();
    private EntryKind kind = EntryKind.DELETE;
    private boolean closed;

    /**
     * Takes over one reference.
     *
     * @param refs blocks in key order
     * @param from index of the first that may have an entry of the range
     */
    BlockCursor(Generation generation, Segments segments, int[] refs, int from, KeyRange range) {
        this.generation = generation;
        this.segments = segments;
        this.refs = refs;
        this.nextBlock = from;
        this.range = range;
    }

    @Override
    public boolean next() {
        while (!closed) {
            if (entry == end) {
                if (nextBlock == refs.length) {
                    break;
                }
                record = segments.address(refs[nextBlock++]);
                entry = MapBlock.first(record);
                end = MapBlock.end(record);
            }
            long at = entry;
            entry = MapBlock.next(at);
            if ((MapBlock.head(at) & MapBlock.DIRTY) != 0) {
                setKey(at);
                isInRange = isInRange || key.compareTo(range.start()) >= 0;
                if (isInRange) {
                    if (!range.isBelowEnd(key)) {
                        nextBlock = refs.length;
                        entry = end;
                        break;
                    }
                    MapBlock.viewValue(at, value);
                    kind = MapBlock.isDelete(at) ? EntryKind.DELETE : EntryKind.PUT;
                    return true;
                }
            }
        }
        clear();
        return false;
    }

    private void setKey(long at) {
        int length = Records.keyLength(record) + MapBlock.suffixLength(at);
        if (length > keyBytes.length) {
            keyBytes = Arrays.copyOf(keyBytes, Math.max(length, 2 * keyBytes.length));
        }
        MapBlock.copyKey(record, at, keyBytes);
        key.setBytes(keyBytes, 0, length);
    }

    private void clear() {
        key.clear();
        value.clear();
        kind = EntryKind.DELETE;
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
            clear();
            generation.release();
        }
    }
}
