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

import io.flinklsm.core.entry.KeyBuffer;

/**
 * Puts the entries of one block after another together, in the order of their keys: begin, append
 * and copy, end. What the record of a block has room for, the caller has seen to.
 */
final class BlockWriter {

    private long block;
    private long end;
    private int count;

    /** Begins a block in a record that was initiated, without entries. */
    void begin(long record, boolean isComplete, boolean isRead) {
        block = record;
        MapBlock.init(record, isComplete, isRead);
        end = MapBlock.first(record);
        count = 0;
    }

    /**
     * Writes an entry.
     *
     * @param head its flags
     */
    void append(KeyBuffer key, int head, byte[] value, int from, int byteCount) {
        int prefixLength = key.prefixLength();
        end =
                MapBlock.writeEntry(
                        end,
                        head,
                        key.array(),
                        prefixLength,
                        key.length() - prefixLength,
                        value,
                        from,
                        byteCount);
        count++;
    }

    /**
     * Copies entries of another block of the map.
     *
     * @param keepsFlags whether they say of this block's generation, too, what they say of theirs
     * @param dropsTombstones whether tombstones are not needed any more
     */
    void copy(long from, long to, boolean keepsFlags, boolean dropsTombstones) {
        for (long entry = from; entry < to; ) {
            int bytes = MapBlock.sizeBytes(entry);
            int head = MapBlock.head(entry);
            if (!dropsTombstones || (head & MapBlock.DELETE) == 0) {
                MapBlock.copyEntry(entry, end, bytes);
                if (!keepsFlags) {
                    MapBlock.setHead(end, head & ~(MapBlock.DIRTY | MapBlock.FIRST));
                }
                end += bytes;
                count++;
            }
            entry += bytes;
        }
    }

    /** The block has all its entries. */
    void end() {
        MapBlock.setEntries(block, count, end);
    }
}
