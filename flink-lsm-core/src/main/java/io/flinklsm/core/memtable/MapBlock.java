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
import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The layout of a block, the one class that knows it: entries of one map beside each other, in the
 * unsigned order of what follows the prefix in their keys. A block is the value of a {@link Records
 * record} whose key is the prefix.
 *
 * <pre>
 * value  0  byte  COMPLETE and READ, of a map that has one block
 *        1  byte  count of entries
 *        2  entries: head (1), length of the suffix and of the value, suffix, value
 *
 * head   bit 0 DELETE   bit 1 DIRTY   bit 2 FIRST   bit 3 LONG
 * </pre>
 *
 * <p>The two lengths are bytes, or ints in a LONG entry: 3 bytes beside suffix and value, or 9.
 * DIRTY and FIRST speak of the generation that the block belongs to: the entry was written in it,
 * and no source had a live entry of the key then. In a block that is copied to another generation
 * both are clear.
 *
 * <p>A frozen generation's block does not change. All methods take the address of the record or of
 * an entry; lengths are in bytes.
 */
final class MapBlock {

    /** More entries than that are two blocks: a search looks at half of them. */
    static final int ENTRIES_MAX = 32;

    /** Longer entries than that, all together, are two blocks, if they are two. */
    static final int BYTES_MAX = 1024;

    static final int DELETE = 1;
    static final int DIRTY = 1 << 1;
    static final int FIRST = 1 << 2;
    private static final int LONG = 1 << 3;

    private static final int COMPLETE = 1;
    private static final int READ = 1 << 1;

    private static final int COUNT_OFFSET = 1;
    static final int HEADER_BYTES = 2;

    private static final int LENGTHS_OFFSET = 1;
    private static final int SHORT_BYTES = 3;
    private static final int LONG_BYTES = 9;
    private static final int SHORT_LENGTH_MAX = 0xFF;

    private static final int INSERTION_SORT_MAX = 8;
    private static final int WINDOW_BYTES = Long.BYTES;

    private MapBlock() {}

    // ------------------------------------------------------------------------------------- entries

    /** Size of an entry with suffix and value of these lengths. */
    static int entryBytes(int suffixLength, int valueLength) {
        boolean isShort = suffixLength <= SHORT_LENGTH_MAX && valueLength <= SHORT_LENGTH_MAX;
        return (isShort ? SHORT_BYTES : LONG_BYTES) + suffixLength + valueLength;
    }

    static int head(long entry) {
        return RawMemory.getByte(null, entry);
    }

    static boolean isDelete(long entry) {
        return (head(entry) & DELETE) != 0;
    }

    static void setHead(long entry, int head) {
        RawMemory.putByte(null, entry, (byte) head);
    }

    private static boolean isLong(long entry) {
        return (head(entry) & LONG) != 0;
    }

    static int suffixLength(long entry) {
        return isLong(entry)
                ? RawMemory.getInt(null, entry + LENGTHS_OFFSET)
                : RawMemory.getByte(null, entry + LENGTHS_OFFSET) & 0xFF;
    }

    static int valueLength(long entry) {
        return isLong(entry)
                ? RawMemory.getInt(null, entry + LENGTHS_OFFSET + Integer.BYTES)
                : RawMemory.getByte(null, entry + LENGTHS_OFFSET + 1) & 0xFF;
    }

    static long suffixAddress(long entry) {
        return entry + (isLong(entry) ? LONG_BYTES : SHORT_BYTES);
    }

    static long valueAddress(long entry) {
        return suffixAddress(entry) + suffixLength(entry);
    }

    static int sizeBytes(long entry) {
        return isLong(entry)
                ? LONG_BYTES + suffixLength(entry) + valueLength(entry)
                : SHORT_BYTES + suffixLength(entry) + valueLength(entry);
    }

    static long next(long entry) {
        return entry + sizeBytes(entry);
    }

    static Slice viewValue(long entry, Slice slice) {
        return slice.setAddress(valueAddress(entry), valueLength(entry));
    }

    /**
     * Writes an entry.
     *
     * @return its end
     */
    static long writeEntry(
            long entry,
            int flags,
            byte[] suffix,
            int suffixFrom,
            int suffixLength,
            byte[] value,
            int valueFrom,
            int valueLength) {
        Invariants.check(
                (flags & (DELETE | FIRST)) != (DELETE | FIRST) || (flags & DIRTY) != 0,
                "a clean entry is the first of its key and deleted",
                "flags",
                flags);
        long at;
        if (suffixLength <= SHORT_LENGTH_MAX && valueLength <= SHORT_LENGTH_MAX) {
            setHead(entry, flags & ~LONG);
            RawMemory.putByte(null, entry + LENGTHS_OFFSET, (byte) suffixLength);
            RawMemory.putByte(null, entry + LENGTHS_OFFSET + 1, (byte) valueLength);
            at = entry + SHORT_BYTES;
        } else {
            setHead(entry, flags | LONG);
            RawMemory.putInt(null, entry + LENGTHS_OFFSET, suffixLength);
            RawMemory.putInt(null, entry + LENGTHS_OFFSET + Integer.BYTES, valueLength);
            at = entry + LONG_BYTES;
        }
        long base = RawMemory.BYTE_ARRAY_OFFSET;
        RawMemory.copy(suffix, base + suffixFrom, null, at, suffixLength);
        RawMemory.copy(value, base + valueFrom, null, at + suffixLength, valueLength);
        return at + suffixLength + valueLength;
    }

    static void copyEntry(long from, long to, int bytes) {
        RawMemory.copy(null, from, null, to, bytes);
    }

    // --------------------------------------------------------------------------------------- block

    /** Makes an empty block of the value of a record. */
    static void init(long record, boolean isComplete, boolean isRead) {
        setFlags(record, isComplete, isRead);
        RawMemory.putByte(null, Records.valueAddress(record) + COUNT_OFFSET, (byte) 0);
        Records.setValue(record, Records.PUT, HEADER_BYTES);
    }

    /** Whether all live entries of the map are in memory. */
    static boolean isComplete(long record) {
        return (RawMemory.getByte(null, Records.valueAddress(record)) & COMPLETE) != 0;
    }

    /** Whether all that was read of the map since its first page is in memory. */
    static boolean isRead(long record) {
        return (RawMemory.getByte(null, Records.valueAddress(record)) & READ) != 0;
    }

    static void setFlags(long record, boolean isComplete, boolean isRead) {
        int flags = (isComplete ? COMPLETE : 0) | (isRead ? READ : 0);
        RawMemory.putByte(null, Records.valueAddress(record), (byte) flags);
    }

    static int count(long record) {
        return RawMemory.getByte(null, Records.valueAddress(record) + COUNT_OFFSET) & 0xFF;
    }

    /** Says which entries there are: so many, up to this address. */
    static void setEntries(long record, int count, long end) {
        long value = Records.valueAddress(record);
        Invariants.check(
                count >= 0 && count <= 0xFF,
                "a block has more entries than its byte can count",
                "entries",
                count);
        if (Invariants.ENABLED) {
            Invariants.check(
                    end - value >= HEADER_BYTES && end - value <= Records.valueCapacity(record),
                    "the entries of a block end outside of it",
                    "end",
                    end - value,
                    "capacity",
                    Records.valueCapacity(record));
        }
        RawMemory.putByte(null, value + COUNT_OFFSET, (byte) count);
        Records.setValue(record, Records.PUT, (int) (end - value));
    }

    static long first(long record) {
        return Records.valueAddress(record) + HEADER_BYTES;
    }

    static long end(long record) {
        return Records.valueAddress(record) + Records.valueLength(record);
    }

    /** The suffix's entry, or the complement ({@code ~}) of the address where it would stand. */
    static long search(long record, byte[] key, int from, int length) {
        long end = end(record);
        long offset = RawMemory.BYTE_ARRAY_OFFSET + from;
        for (long entry = first(record); entry < end; entry = next(entry)) {
            int order =
                    RawMemory.compare(
                            null, suffixAddress(entry), suffixLength(entry), key, offset, length);
            if (order >= 0) {
                return order == 0 ? entry : ~entry;
            }
        }
        return ~end;
    }

    /** Whether there is a live entry. */
    static boolean hasLive(long record) {
        long end = end(record);
        for (long entry = first(record); entry < end; entry = next(entry)) {
            if (!isDelete(entry)) {
                return true;
            }
        }
        return false;
    }

    static int dirtyCount(long record) {
        int count = 0;
        long end = end(record);
        for (long entry = first(record); entry < end; entry = next(entry)) {
            count += (head(entry) & DIRTY) != 0 ? 1 : 0;
        }
        return count;
    }

    /** Makes room of so many bytes, or takes it away, in front of what stands at the address. */
    static void shift(long record, long at, int bytes) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    at >= first(record) && at <= end(record),
                    "room is made outside of the entries",
                    "at",
                    at - first(record));
        }
        RawMemory.move(at, at + bytes, end(record) - at);
    }

    // --------------------------------------------------------------------------------- order of
    // keys

    /**
     * The first eight bytes of the first suffix, padded with zeros, as a number of the same order.
     */
    static long firstWindow(long record) {
        long entry = first(record);
        long suffix = suffixAddress(entry);
        int length = suffixLength(entry);
        long window = 0;
        if (length >= WINDOW_BYTES) {
            window = RawMemory.getLongBigEndian(null, suffix);
        } else if (length > 0) {
            // The eight bytes that end with the suffix: record and entry begin with more than
            // eight.
            window =
                    RawMemory.getLongBigEndian(null, suffix + length - WINDOW_BYTES)
                            << Byte.SIZE * (WINDOW_BYTES - length);
        }
        return window ^ Long.MIN_VALUE;
    }

    /** The same for a suffix in an array. */
    static long window(byte[] key, int from, int length) {
        long window = 0;
        if (length >= WINDOW_BYTES) {
            window = RawMemory.getLongBigEndian(key, RawMemory.BYTE_ARRAY_OFFSET + from);
        } else {
            for (int i = 0; i < length; i++) {
                window |= (key[from + i] & 0xFFL) << Byte.SIZE * (WINDOW_BYTES - 1 - i);
            }
        }
        return window ^ Long.MIN_VALUE;
    }

    /** Compares the first entry's suffix with one that stands in an array or in native memory. */
    static int compareFirst(long record, byte @Nullable [] base, long offset, int length) {
        long entry = first(record);
        return RawMemory.compare(
                null, suffixAddress(entry), suffixLength(entry), base, offset, length);
    }

    /** Compares the first entries of two blocks of one map. */
    static int compareFirst(long left, long right) {
        long entry = first(right);
        return compareFirst(left, null, suffixAddress(entry), suffixLength(entry));
    }

    /**
     * Brings blocks of the same map, which stand beside each other, into the order of their
     * entries.
     */
    static void sortWithinMaps(Segments segments, int[] refs) {
        int from = 0;
        while (from < refs.length) {
            int to = from + 1;
            long map = segments.address(refs[from]);
            while (to < refs.length && Records.compareKeys(map, segments.address(refs[to])) == 0) {
                to++;
            }
            if (to - from > 1) {
                sortBlocks(segments, refs, from, to);
            }
            from = to;
        }
    }

    private static void sortBlocks(Segments segments, int[] refs, int from, int to) {
        if (to - from <= INSERTION_SORT_MAX) {
            for (int i = from + 1; i < to; i++) {
                int moved = refs[i];
                int at = i;
                while (at > from && isBefore(segments, moved, refs[at - 1])) {
                    refs[at] = refs[at - 1];
                    at--;
                }
                refs[at] = moved;
            }
            return;
        }
        int middle = (from + to) >>> 1;
        sortBlocks(segments, refs, from, middle);
        sortBlocks(segments, refs, middle, to);
        int[] left = Arrays.copyOfRange(refs, from, middle);
        int l = 0;
        int r = middle;
        for (int i = from; l < left.length; i++) {
            boolean takesRight = r < to && isBefore(segments, refs[r], left[l]);
            refs[i] = takesRight ? refs[r++] : left[l++];
        }
    }

    private static boolean isBefore(Segments segments, int left, int right) {
        return compareFirst(segments.address(left), segments.address(right)) < 0;
    }

    /** Compares the whole key of the first entry. */
    static int compareFirstKey(long record, Slice key) {
        int prefixLength = Records.keyLength(record);
        int common = Math.min(prefixLength, key.length());
        int order =
                RawMemory.compare(
                        null,
                        Records.keyAddress(record),
                        prefixLength,
                        key.rawBase(),
                        key.rawOffset(),
                        common);
        if (order != 0) {
            return order;
        }
        long entry = first(record);
        return RawMemory.compare(
                null,
                suffixAddress(entry),
                suffixLength(entry),
                key.rawBase(),
                key.rawOffset() + common,
                key.length() - common);
    }

    /** The whole key of the first entry. */
    static OwnedSlice firstKey(long record) {
        byte[] key = new byte[Records.keyLength(record) + suffixLength(first(record))];
        copyKey(record, first(record), key);
        return OwnedSlice.copyOf(key, 0, key.length);
    }

    /** Copies prefix and suffix of an entry. */
    static void copyKey(long record, long entry, byte[] into) {
        int prefixLength = Records.keyLength(record);
        long base = RawMemory.BYTE_ARRAY_OFFSET;
        RawMemory.copy(null, Records.keyAddress(record), into, base, prefixLength);
        RawMemory.copy(null, suffixAddress(entry), into, base + prefixLength, suffixLength(entry));
    }
}
