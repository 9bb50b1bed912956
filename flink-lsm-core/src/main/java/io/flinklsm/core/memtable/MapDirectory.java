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

import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.check.Invariants;
import org.jspecify.annotations.Nullable;

/**
 * The layout of a directory, the one class that knows it: the blocks of a map that has more than
 * one, in the order of their first entries. A directory is the value of a {@link Records record} of
 * kind {@link Records#DIRECTORY} whose key is the prefix. No flush wants it, so it changes in
 * place.
 *
 * <p>A change moves everything that stands behind it. So the directory of a map with more than
 * {@link #BLOCKS_MAX} blocks has parts, which are directories themselves, and so one part is all
 * that a new block moves, in a map of millions of entries too.
 *
 * <pre>
 * value  0  int  count of blocks, or of parts
 *        4  int  COMPLETE and READ, as in a block; PARTED
 *        8  windows of the first suffixes, 8 bytes each, one for each place there is
 *           refs of the blocks or parts, 4 bytes each
 * </pre>
 */
final class MapDirectory {

    /** More blocks than that stand in several parts. */
    static final int BLOCKS_MAX = 256;

    private static final int COMPLETE = 1;
    private static final int READ = 1 << 1;
    private static final int PARTED = 1 << 2;

    private static final int FLAGS_OFFSET = 4;
    private static final int WINDOWS_OFFSET = 8;
    private static final int BLOCK_BYTES = Long.BYTES + Integer.BYTES;

    private MapDirectory() {}

    /** Bytes of the value with places for so many blocks. */
    static int valueBytes(int capacity) {
        return WINDOWS_OFFSET + capacity * BLOCK_BYTES;
    }

    static void init(long record, boolean isComplete, boolean isRead, boolean isParted) {
        RawMemory.putInt(null, Records.valueAddress(record), 0);
        RawMemory.putInt(null, flagsAddress(record), isParted ? PARTED : 0);
        setFlags(record, isComplete, isRead);
    }

    static int capacity(long record) {
        return (Records.valueCapacity(record) - WINDOWS_OFFSET) / BLOCK_BYTES;
    }

    static int count(long record) {
        return RawMemory.getInt(null, Records.valueAddress(record));
    }

    static boolean isFull(long record) {
        return count(record) == capacity(record);
    }

    private static void checkIndex(int at, int limit) {
        Invariants.check(
                at >= 0 && at < limit, "an index outside of a directory", "at", at, "limit", limit);
    }

    private static void setCount(long record, int count) {
        RawMemory.putInt(null, Records.valueAddress(record), count);
    }

    static boolean isComplete(long record) {
        return (flags(record) & COMPLETE) != 0;
    }

    static boolean isRead(long record) {
        return (flags(record) & READ) != 0;
    }

    /** Whether its places are those of parts. */
    static boolean isParted(long record) {
        return (flags(record) & PARTED) != 0;
    }

    private static long flagsAddress(long record) {
        return Records.valueAddress(record) + FLAGS_OFFSET;
    }

    private static int flags(long record) {
        return RawMemory.getInt(null, flagsAddress(record));
    }

    static void setFlags(long record, boolean isComplete, boolean isRead) {
        int flags = (flags(record) & PARTED) | (isComplete ? COMPLETE : 0) | (isRead ? READ : 0);
        RawMemory.putInt(null, flagsAddress(record), flags);
    }

    private static long windowAddress(long record, int at) {
        return Records.valueAddress(record) + WINDOWS_OFFSET + (long) at * Long.BYTES;
    }

    private static long refAddress(long record, int at) {
        return Records.valueAddress(record)
                + WINDOWS_OFFSET
                + (long) capacity(record) * Long.BYTES
                + (long) at * Integer.BYTES;
    }

    static int ref(long record, int at) {
        return RawMemory.getInt(null, refAddress(record, at));
    }

    static void setRef(long record, int at, int ref) {
        RawMemory.putInt(null, refAddress(record, at), ref);
    }

    static long window(long record, int at) {
        return RawMemory.getLong(null, windowAddress(record, at));
    }

    /** What stands at the index begins with another entry. */
    static void setWindow(long record, int at, long firstWindow) {
        RawMemory.putLong(null, windowAddress(record, at), firstWindow);
    }

    /** The place at the index is another one's. */
    static void set(long record, int at, int ref, long firstWindow) {
        checkIndex(at, capacity(record));
        Invariants.check(ref != Segments.NO_REF, "a directory is given the ref of nothing");
        setRef(record, at, ref);
        setWindow(record, at, firstWindow);
    }

    /** Puts a block or part in front of the one at the index; there is a place for it. */
    static void insert(long record, int at, int ref, long firstWindow) {
        int count = count(record);
        checkIndex(at, count + 1);
        if (Invariants.ENABLED) {
            Invariants.check(
                    count < capacity(record), "a full directory is given a block", "blocks", count);
        }
        long behind = (long) count - at;
        RawMemory.move(
                windowAddress(record, at), windowAddress(record, at + 1), behind * Long.BYTES);
        RawMemory.move(refAddress(record, at), refAddress(record, at + 1), behind * Integer.BYTES);
        set(record, at, ref, firstWindow);
        setCount(record, count + 1);
    }

    static void remove(long record, int at) {
        int count = count(record);
        checkIndex(at, count);
        long behind = count - at - 1L;
        RawMemory.move(
                windowAddress(record, at + 1), windowAddress(record, at), behind * Long.BYTES);
        RawMemory.move(refAddress(record, at + 1), refAddress(record, at), behind * Integer.BYTES);
        setCount(record, count - 1);
    }

    /** Moves what one directory has, from an index on, to an empty one. */
    static void moveFrom(long record, int at, long to) {
        int moved = count(record) - at;
        checkIndex(at, count(record) + 1);
        if (Invariants.ENABLED) {
            Invariants.check(
                    moved <= capacity(to) && count(to) == 0,
                    "a directory is moved where it does not fit",
                    "blocks",
                    moved,
                    "capacity",
                    capacity(to));
        }
        RawMemory.copy(
                null,
                windowAddress(record, at),
                null,
                windowAddress(to, 0),
                (long) moved * Long.BYTES);
        RawMemory.copy(
                null,
                refAddress(record, at),
                null,
                refAddress(to, 0),
                (long) moved * Integer.BYTES);
        setCount(to, moved);
        setCount(record, at);
    }

    /**
     * Index of the block in which a suffix stands, or would, or of the part that has it: the last
     * that does not begin above.
     */
    static int find(Segments segments, long record, byte[] key, int from, int length) {
        long wanted = MapBlock.window(key, from, length);
        long offset = RawMemory.BYTE_ARRAY_OFFSET + from;
        return find(segments, record, wanted, key, offset, length);
    }

    /** Index of a block that the directory has, or of the part that has it. */
    static int indexOf(Segments segments, long record, long block) {
        long first = MapBlock.first(block);
        long address = MapBlock.suffixAddress(first);
        int length = MapBlock.suffixLength(first);
        return find(segments, record, MapBlock.firstWindow(block), null, address, length);
    }

    private static int find(
            Segments segments,
            long record,
            long wanted,
            byte @Nullable [] base,
            long offset,
            int length) {
        int low = 0;
        int high = count(record);
        while (low < high) {
            int middle = (low + high) >>> 1;
            int order = Long.compare(window(record, middle), wanted);
            if (order == 0) {
                long block = firstBlock(segments, record, middle);
                order = MapBlock.compareFirst(block, base, offset, length);
            }
            if (order <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return Math.max(0, low - 1);
    }

    /** The block at the index, or the first one of the part there. */
    private static long firstBlock(Segments segments, long record, int at) {
        long found = segments.address(ref(record, at));
        return isParted(record) ? segments.address(ref(found, 0)) : found;
    }
}
