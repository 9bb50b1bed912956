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
import io.flinklsm.core.entry.KeyRange;
import java.util.Arrays;

/**
 * The entries that were written in a frozen generation of blocks. Values stay where they are until
 * the cursor is closed; a key is put together in an array of the cursor's.
 */
final class BlockCursor extends RecordCursor {

    private final KeyRange range;
    private int nextBlock;
    private long record;
    private long entry;
    private long blockEnd;
    private boolean isInRange;
    private byte[] keyBytes = new byte[64];

    /**
     * Takes over one reference.
     *
     * @param refs blocks in key order
     * @param from index of the first that may have an entry of the range
     */
    BlockCursor(Generation generation, Segments segments, int[] refs, int from, KeyRange range) {
        super(generation, segments, refs);
        this.nextBlock = from;
        this.range = range;
    }

    @Override
    public boolean next() {
        while (!closed) {
            if (entry == blockEnd) {
                if (nextBlock == refs.length) {
                    break;
                }
                record = record(nextBlock++);
                entry = MapBlock.first(record);
                blockEnd = MapBlock.end(record);
            }
            long at = entry;
            entry = MapBlock.next(at);
            if ((MapBlock.head(at) & MapBlock.DIRTY) != 0) {
                setKey(at);
                isInRange = isInRange || key.compareTo(range.start()) >= 0;
                if (isInRange) {
                    if (!range.isBelowEnd(key)) {
                        nextBlock = refs.length;
                        entry = blockEnd;
                        break;
                    }
                    MapBlock.viewValue(at, value);
                    kind = MapBlock.isDelete(at) ? EntryKind.DELETE : EntryKind.PUT;
                    return true;
                }
            }
        }
        return end();
    }

    private void setKey(long at) {
        int length = Records.keyLength(record) + MapBlock.suffixLength(at);
        if (length > keyBytes.length) {
            keyBytes = Arrays.copyOf(keyBytes, Math.max(length, 2 * keyBytes.length));
        }
        MapBlock.copyKey(record, at, keyBytes);
        key.setBytes(keyBytes, 0, length);
    }
}
