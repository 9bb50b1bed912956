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

import io.flinklsm.core.bytes.KeyHash;
import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;

/**
 * The layout of a record, the one class that knows it. A record is an entry in memory, a {@link
 * MapBlock block} of entries, or a {@link MapDirectory directory}; records stand in a segment one
 * behind the other, so that a segment can be walked.
 *
 * <pre>
 *        narrow                                        wide
 *  0     size in units of 4 bytes (12 bits)            0
 *        key length (11 bits)                          0
 *        kind (2 bits), flags (7 bits)                 kind, flags
 *  4     value length (20 bits), prefix length (12)    0
 *  8     -                                             size in units of 4 bytes
 * 12     -                                             key length
 * 16     -                                             value length
 * 20     -                                             prefix length
 *
 *  then  link, if the record has room for one: ref of the older record of the key, or 0
 *        key, value, room for the value to grow
 * </pre>
 *
 * <p>Nearly all records are narrow and have no link: 8 bytes beside key and value, and 3 at most to
 * the next multiple of 4. Only an operand has a link. A record keeps its form for life.
 *
 * <p>Key, value and kind of a record do not change once its generation is frozen; flags and link
 * do, under the tier's lock, and a reader of a frozen generation does not look at them, but for
 * {@link #DEAD}, which is only set before.
 */
final class Records {

    /** Longest key and longest value. */
    static final int BYTES_MAX = 1 << 28;

    /** Bytes in front of every key, at least. */
    static final int KEY_OFFSET_MIN = 8;

    /** Replaced by another record of its own generation: not to be flushed. */
    static final int DEAD = 1 << 25;

    /** Replaced by a record of a newer generation, or dropped: nothing finds it any more. */
    static final int OLD = 1 << 26;

    /** A newer operand links to this record. */
    static final int LINKED = 1 << 27;

    /** Read since the last eviction came by. */
    static final int READ = 1 << 28;

    /** When it was written, no source had anything older of its key. */
    static final int FIRST = 1 << 29;

    private static final int LINKABLE = 1 << 30;
    private static final int WIDE = 1 << 31;

    private static final int UNIT_BYTES = 4;
    private static final int UNITS_MASK = (1 << 12) - 1;
    private static final int KEY_SHIFT = 12;
    private static final int KEY_MASK = (1 << 11) - 1;
    private static final int KIND_SHIFT = 23;
    private static final int KIND_MASK = 3;
    private static final int VALUE_MASK = (1 << 20) - 1;
    private static final int PREFIX_SHIFT = 20;

    private static final int LENGTHS_OFFSET = 4;
    private static final int WIDE_SIZE_OFFSET = 8;
    private static final int WIDE_KEY_OFFSET = 12;
    private static final int WIDE_VALUE_OFFSET = 16;
    private static final int WIDE_PREFIX_OFFSET = 20;
    private static final int WIDE_HEADER_BYTES = 24;
    private static final int LINK_BYTES = 4;

    /** Kind code of a directory; entries have those of {@link EntryKind}, blocks that of PUT. */
    static final int DIRECTORY = 3;

    static final int PUT = EntryKind.PUT.code();
    static final int DELETE = EntryKind.DELETE.code();
    static final int MERGE = EntryKind.MERGE.code();

    private Records() {}

    /** Bytes of a record of this kind for key and value of these lengths. */
    static long sizeBytes(int kind, int keyLength, long valueCapacity) {
        long beside = kind == MERGE ? LINK_BYTES : 0;
        long narrow = align(KEY_OFFSET_MIN + beside + keyLength + valueCapacity);
        return isNarrow(narrow, keyLength)
                ? narrow
                : align(WIDE_HEADER_BYTES + beside + keyLength + valueCapacity);
    }

    private static long align(long bytes) {
        return (bytes + UNIT_BYTES - 1) & -UNIT_BYTES;
    }

    private static boolean isNarrow(long sizeBytes, int keyLength) {
        return sizeBytes / UNIT_BYTES <= UNITS_MASK && keyLength <= KEY_MASK;
    }

    /** Writes everything but the value's bytes. */
    static void init(
            long record,
            int sizeBytes,
            byte[] key,
            int keyLength,
            int prefixLength,
            int kind,
            int valueLength) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    kind >= PUT && kind <= DIRECTORY || kind == DELETE || kind == MERGE,
                    "a record of no kind",
                    "kind",
                    kind);
        }
        if (Invariants.ENABLED) {
            Invariants.check(
                    prefixLength >= 0 && prefixLength <= keyLength && keyLength <= BYTES_MAX,
                    "a record's prefix is not a part of its key",
                    "prefix",
                    prefixLength,
                    "key",
                    keyLength);
        }
        if (Invariants.ENABLED) {
            Invariants.check(
                    sizeBytes(kind, keyLength, valueLength) <= sizeBytes,
                    "a record is larger than its place",
                    "value",
                    valueLength,
                    "place",
                    sizeBytes);
        }
        int word = kind << KIND_SHIFT | (kind == MERGE ? LINKABLE : 0);
        if (isNarrow(sizeBytes, keyLength)) {
            word |= sizeBytes / UNIT_BYTES | keyLength << KEY_SHIFT;
            RawMemory.putInt(null, record, word);
            RawMemory.putInt(
                    null, record + LENGTHS_OFFSET, valueLength | prefixLength << PREFIX_SHIFT);
        } else {
            RawMemory.putInt(null, record, word | WIDE);
            RawMemory.putInt(null, record + LENGTHS_OFFSET, 0);
            RawMemory.putInt(null, record + WIDE_SIZE_OFFSET, sizeBytes / UNIT_BYTES);
            RawMemory.putInt(null, record + WIDE_KEY_OFFSET, keyLength);
            RawMemory.putInt(null, record + WIDE_VALUE_OFFSET, valueLength);
            RawMemory.putInt(null, record + WIDE_PREFIX_OFFSET, prefixLength);
        }
        if (kind == MERGE) {
            setLink(record, Segments.NO_REF);
        }
        RawMemory.copy(key, RawMemory.BYTE_ARRAY_OFFSET, null, keyAddress(record), keyLength);
    }

    /** Writes the record of a block or directory, which has the key's prefix, without a value. */
    static void initMap(long record, int sizeBytes, KeyBuffer key, int kind) {
        int prefixLength = key.prefixLength();
        init(record, sizeBytes, key.array(), prefixLength, prefixLength, kind, 0);
    }

    private static int word(long record) {
        return RawMemory.getInt(null, record);
    }

    static int sizeBytes(long record) {
        int word = word(record);
        return word >= 0
                ? (word & UNITS_MASK) * UNIT_BYTES
                : RawMemory.getInt(null, record + WIDE_SIZE_OFFSET) * UNIT_BYTES;
    }

    /** Bytes of the record without the room for its value to grow. */
    static int trimmedBytes(long record) {
        return (int) align(valueAddress(record) - record + valueLength(record));
    }

    /** Shortens the record. */
    static void setSize(long record, int sizeBytes) {
        Invariants.check(
                sizeBytes <= sizeBytes(record) && sizeBytes >= trimmedBytes(record),
                "a record is cut within its value, or becomes longer",
                "bytes",
                sizeBytes,
                "before",
                sizeBytes(record));
        int word = word(record);
        if (word >= 0) {
            RawMemory.putInt(null, record, word & ~UNITS_MASK | sizeBytes / UNIT_BYTES);
        } else {
            RawMemory.putInt(null, record + WIDE_SIZE_OFFSET, sizeBytes / UNIT_BYTES);
        }
    }

    static boolean has(long record, int flags) {
        return (word(record) & flags) != 0;
    }

    static void set(long record, int flags) {
        RawMemory.putInt(null, record, word(record) | flags);
    }

    static void clear(long record, int flags) {
        RawMemory.putInt(null, record, word(record) & ~flags);
    }

    private static long linkAddress(long record) {
        return record + (word(record) < 0 ? WIDE_HEADER_BYTES : KEY_OFFSET_MIN);
    }

    /** What an operand belongs to; {@link Segments#NO_REF} for all others. */
    static int link(long record) {
        return (word(record) & LINKABLE) == 0
                ? Segments.NO_REF
                : RawMemory.getInt(null, linkAddress(record));
    }

    /** Only a record that was made as an operand has room for a link. */
    static void setLink(long record, int ref) {
        Invariants.check(
                (word(record) & LINKABLE) != 0, "a record without room for it is given a link");
        RawMemory.putInt(null, linkAddress(record), ref);
    }

    static int keyLength(long record) {
        int word = word(record);
        return word >= 0
                ? word >>> KEY_SHIFT & KEY_MASK
                : RawMemory.getInt(null, record + WIDE_KEY_OFFSET);
    }

    static long keyAddress(long record) {
        int word = word(record);
        return record
                + (word < 0 ? WIDE_HEADER_BYTES : KEY_OFFSET_MIN)
                + (word >>> 30 & 1) * LINK_BYTES;
    }

    static int prefixLength(long record) {
        return word(record) >= 0
                ? RawMemory.getInt(null, record + LENGTHS_OFFSET) >>> PREFIX_SHIFT
                : RawMemory.getInt(null, record + WIDE_PREFIX_OFFSET);
    }

    static int kind(long record) {
        return word(record) >>> KIND_SHIFT & KIND_MASK;
    }

    static int valueLength(long record) {
        return word(record) >= 0
                ? RawMemory.getInt(null, record + LENGTHS_OFFSET) & VALUE_MASK
                : RawMemory.getInt(null, record + WIDE_VALUE_OFFSET);
    }

    static void setValue(long record, int kind, int valueLength) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    valueLength >= 0 && valueLength <= valueCapacity(record),
                    "a value is longer than its place",
                    "value",
                    valueLength,
                    "place",
                    valueCapacity(record));
        }
        int word = word(record) & ~(KIND_MASK << KIND_SHIFT) | kind << KIND_SHIFT;
        RawMemory.putInt(null, record, word);
        if (word >= 0) {
            int lengths = RawMemory.getInt(null, record + LENGTHS_OFFSET);
            RawMemory.putInt(null, record + LENGTHS_OFFSET, lengths & ~VALUE_MASK | valueLength);
        } else {
            RawMemory.putInt(null, record + WIDE_VALUE_OFFSET, valueLength);
        }
    }

    static long valueAddress(long record) {
        return keyAddress(record) + keyLength(record);
    }

    /** Bytes that the value may have without moving. */
    static int valueCapacity(long record) {
        return (int) (record + sizeBytes(record) - valueAddress(record));
    }

    static Slice viewKey(long record, Slice slice) {
        return slice.setAddress(keyAddress(record), keyLength(record));
    }

    static Slice viewValue(long record, Slice slice) {
        return slice.setAddress(valueAddress(record), valueLength(record));
    }

    /** 0 if the record has this key; see {@link RawMemory#difference}. */
    static long keyDifference(long record, byte[] key, int keyLength) {
        int length = keyLength(record);
        return RawMemory.difference(
                        null,
                        keyAddress(record),
                        key,
                        RawMemory.BYTE_ARRAY_OFFSET,
                        Math.min(length, keyLength))
                | (length ^ keyLength);
    }

    /** 0 if the record has the key that stands at this address. */
    static long keyDifferenceAt(long record, long key, int keyLength) {
        int length = keyLength(record);
        return RawMemory.difference(
                        null, keyAddress(record), null, key, Math.min(length, keyLength))
                | (length ^ keyLength);
    }

    /** Compares the keys of two records in unsigned byte order. */
    static int compareKeys(long left, long right) {
        return RawMemory.compare(
                null, keyAddress(left), keyLength(left), null, keyAddress(right), keyLength(right));
    }

    /** Hash of the first bytes of the key. */
    static long keyHash(long record, int keyLength) {
        return KeyHash.hash(null, keyAddress(record), keyLength);
    }

    /** Copies the first bytes of a value to another record. */
    static void copyValue(long from, long to, int byteCount) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    byteCount >= 0 && byteCount <= valueCapacity(to),
                    "a value is copied to where it does not fit",
                    "byteCount",
                    byteCount,
                    "place",
                    valueCapacity(to));
        }
        RawMemory.copy(null, valueAddress(from), null, valueAddress(to), byteCount);
    }

    static void putSeparator(long record, int at, int separator) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    at >= 0 && at < valueCapacity(record),
                    "a separator stands outside its value",
                    "at",
                    at,
                    "place",
                    valueCapacity(record));
        }
        RawMemory.putByte(null, valueAddress(record) + at, (byte) separator);
    }

    /** Moves a record's first bytes; the two places may overlap. */
    static void move(long from, long to, int byteCount) {
        RawMemory.move(from, to, byteCount);
    }

    /** Copies the value's bytes in, behind what is kept of the older value. */
    static void fillValue(long record, int at, byte[] bytes, int from, int byteCount) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    at >= 0 && byteCount >= 0 && byteCount <= valueCapacity(record) - at,
                    "bytes are put outside a record's value",
                    "at",
                    at,
                    "byteCount",
                    byteCount);
        }
        RawMemory.copy(
                bytes,
                RawMemory.BYTE_ARRAY_OFFSET + from,
                null,
                valueAddress(record) + at,
                byteCount);
    }
}
