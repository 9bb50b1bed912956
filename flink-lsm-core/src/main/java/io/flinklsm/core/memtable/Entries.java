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
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The entries themselves, in an {@link Arena}: a header, the key, which never changes, and the
 * value, which is overwritten in place while it fits and moves to a larger place when it does not.
 *
 * <pre>
 *  0  int   version    odd while the value's bytes are being overwritten
 *  4  int   key length
 *  8  long  state      ref of the value (32 bits), kind (2 bits), length of the value (30 bits)
 * 16  int   capacity   bytes at the value's ref; known to the writer only
 * 20  key, and at the next multiple of 8 usually the first place of the value
 * </pre>
 *
 * <p>One thread writes, any thread reads. The state is one aligned word, so a reader never sees the
 * place of one value with the length of another. A place that a value has left is not used again.
 * So the one thing that a reader must check is that nobody overwrote the bytes while it copied
 * them: the version was even before and is the same after. A reader that keeps losing that race
 * takes a lock that the writer then honours, so it comes to an end however hot the key is.
 */
final class Entries {

    static final int VALUE_BYTES_MAX = 1 << 28;
    static final int KEY_BYTES_MAX = 1 << 28;

    static final int KEY_LENGTH_OFFSET = 4;

    static final int KEY_OFFSET = 20;

    private static final int VERSION_OFFSET = 0;
    private static final int STATE_OFFSET = 8;
    private static final int CAPACITY_OFFSET = 16;

    private static final int KIND_SHIFT = 30;
    private static final int LENGTH_MASK = (1 << KIND_SHIFT) - 1;

    /** Above this, a value is not placed with its key. */
    private static final int INLINE_BYTES_MAX = 64 << 10;

    private static final int TRIES_WITHOUT_LOCK = 32;

    private final Arena arena;
    private final AtomicInteger impatientReaders = new AtomicInteger();
    private final Object patience = new Object();

    Entries(Arena arena) {
        this.arena = arena;
    }

    /**
     * A new entry that no index knows yet.
     *
     * @param headroomBytes room in front of the entry for the index's links, a multiple of 8
     * @return {@link Arena#NO_REF} if there is no room, and then nothing has changed
     */
    int create(
            KeyBuffer key,
            EntryKind kind,
            byte[] value,
            int from,
            int byteCount,
            int headroomBytes) {
        int keyBytes = Arena.align(KEY_OFFSET + key.length());
        int capacity = Arena.align(byteCount);
        boolean inline = headroomBytes + keyBytes + capacity <= INLINE_BYTES_MAX;
        int place = Arena.NO_REF;
        if (!inline && capacity > 0) {
            place = arena.allocate(capacity);
            if (place == Arena.NO_REF) {
                return Arena.NO_REF;
            }
        }
        int start = arena.allocate(headroomBytes + keyBytes + (inline ? capacity : 0));
        if (start == Arena.NO_REF) {
            if (place != Arena.NO_REF) {
                arena.undoAllocate(place, capacity);
            }
            return Arena.NO_REF;
        }
        int entry = Arena.plus(start, headroomBytes);
        if (inline && capacity > 0) {
            place = Arena.plus(entry, keyBytes);
        }
        long address = arena.address(entry);
        RawMemory.putInt(null, address + VERSION_OFFSET, 0);
        RawMemory.putInt(null, address + KEY_LENGTH_OFFSET, key.length());
        RawMemory.putLong(null, address + STATE_OFFSET, state(place, kind, byteCount));
        RawMemory.putInt(null, address + CAPACITY_OFFSET, capacity);
        copyIn(key.array(), 0, address + KEY_OFFSET, key.length());
        if (byteCount > 0) {
            copyIn(value, from, arena.address(place), byteCount);
        }
        return entry;
    }

    /** Replaces kind and value; false if there is no room, and then nothing has changed. */
    boolean replace(int entry, EntryKind kind, byte[] value, int from, int byteCount) {
        long address = arena.address(entry);
        int capacity = RawMemory.getInt(null, address + CAPACITY_OFFSET);
        if (byteCount > capacity) {
            // A quarter in reserve: a value that keeps growing a little moves seldom.
            int larger = Arena.align((int) Math.min(VALUE_BYTES_MAX, byteCount * 5L / 4));
            return move(address, 0, kind, larger, -1, value, from, byteCount);
        }
        int place = place(RawMemory.getLong(null, address + STATE_OFFSET));
        overwrite(address, place, 0, kind, -1, value, from, byteCount);
        return true;
    }

    /** Makes a tombstone of the entry; the value's place stays for the next value. */
    void delete(int entry) {
        long address = arena.address(entry);
        int place = place(RawMemory.getLong(null, address + STATE_OFFSET));
        RawMemory.putLongOrdered(null, address + STATE_OFFSET, state(place, EntryKind.DELETE, 0));
    }

    /**
     * Appends the separator and the bytes to the value. The place doubles when it is full, so
     * appending costs no more than what is appended, however long the value is.
     *
     * @return false if there is no room, and then nothing has changed
     */
    boolean append(int entry, int separator, byte[] bytes, int from, int byteCount) {
        long address = arena.address(entry);
        long state = RawMemory.getLong(null, address + STATE_OFFSET);
        int older = length(state);
        int longer = older + 1 + byteCount;
        int capacity = RawMemory.getInt(null, address + CAPACITY_OFFSET);
        if (longer > capacity) {
            int larger = Arena.align((int) Math.min(VALUE_BYTES_MAX, longer * 2L));
            return move(address, older, kind(state), larger, separator, bytes, from, byteCount);
        }
        overwrite(address, place(state), older, kind(state), separator, bytes, from, byteCount);
        return true;
    }

    /** The kind, as the writer or the reader of a frozen memtable sees it. */
    EntryKind kind(int entry) {
        return kind(RawMemory.getLong(null, arena.address(entry) + STATE_OFFSET));
    }

    int keyLength(int entry) {
        return RawMemory.getInt(null, arena.address(entry) + KEY_LENGTH_OFFSET);
    }

    int valueLength(int entry) {
        return length(RawMemory.getLong(null, arena.address(entry) + STATE_OFFSET));
    }

    /** Points the slice at the key, which never changes. */
    Slice viewKey(int entry, Slice slice) {
        long address = arena.address(entry);
        return slice.setAddress(
                address + KEY_OFFSET, RawMemory.getInt(null, address + KEY_LENGTH_OFFSET));
    }

    /** Points the slice at the value in its place: for the writer, and once frozen for all. */
    EntryKind viewValue(int entry, Slice slice) {
        long state = RawMemory.getLong(null, arena.address(entry) + STATE_OFFSET);
        if (length(state) == 0) {
            slice.clear();
        } else {
            slice.setAddress(arena.address(place(state)), length(state));
        }
        return kind(state);
    }

    /** Copies kind and value as they were at one moment; any thread, while the writer writes. */
    EntryKind copyValue(int entry, ValueCopy copy) {
        long address = arena.address(entry);
        for (int i = 0; i < TRIES_WITHOUT_LOCK; i++) {
            if (tryCopyValue(address, copy)) {
                return copy.kind();
            }
        }
        impatientReaders.incrementAndGet();
        try {
            synchronized (patience) {
                // At most the write that began before the writer could see us is still in the way.
                while (!tryCopyValue(address, copy)) {}
                return copy.kind();
            }
        } finally {
            impatientReaders.decrementAndGet();
        }
    }

    private boolean tryCopyValue(long address, ValueCopy copy) {
        int version = RawMemory.getIntVolatile(null, address + VERSION_OFFSET);
        if ((version & 1) != 0) {
            return false;
        }
        long state = RawMemory.getLongVolatile(null, address + STATE_OFFSET);
        int length = length(state);
        copy.prepare(kind(state), length);
        if (length == 0) {
            return true;
        }
        RawMemory.copy(
                null,
                arena.address(place(state)),
                copy.array(),
                RawMemory.BYTE_ARRAY_OFFSET,
                length);
        RawMemory.loadFence();
        return RawMemory.getIntVolatile(null, address + VERSION_OFFSET) == version;
    }

    /** Writes the value, its first {@code kept} bytes taken over, to a new place and goes there. */
    private boolean move(
            long address,
            int kept,
            EntryKind kind,
            int capacity,
            int separator,
            byte[] bytes,
            int from,
            int byteCount) {
        int place = arena.allocate(capacity);
        if (place == Arena.NO_REF) {
            return false;
        }
        long target = arena.address(place);
        if (kept > 0) {
            int old = place(RawMemory.getLong(null, address + STATE_OFFSET));
            RawMemory.copy(null, arena.address(old), null, target, kept);
        }
        int length = fill(target, kept, separator, bytes, from, byteCount);
        RawMemory.putInt(null, address + CAPACITY_OFFSET, capacity);
        RawMemory.putLongOrdered(null, address + STATE_OFFSET, state(place, kind, length));
        return true;
    }

    private void overwrite(
            long address,
            int place,
            int kept,
            EntryKind kind,
            int separator,
            byte[] bytes,
            int from,
            int byteCount) {
        if (impatientReaders.get() == 0) {
            overwriteNow(address, place, kept, kind, separator, bytes, from, byteCount);
        } else {
            synchronized (patience) {
                overwriteNow(address, place, kept, kind, separator, bytes, from, byteCount);
            }
        }
    }

    private void overwriteNow(
            long address,
            int place,
            int kept,
            EntryKind kind,
            int separator,
            byte[] bytes,
            int from,
            int byteCount) {
        int version = RawMemory.getInt(null, address + VERSION_OFFSET);
        RawMemory.putInt(null, address + VERSION_OFFSET, version + 1);
        RawMemory.storeFence();
        int length = 0;
        if (place != Arena.NO_REF) {
            length = fill(arena.address(place), kept, separator, bytes, from, byteCount);
        }
        RawMemory.putLong(null, address + STATE_OFFSET, state(place, kind, length));
        RawMemory.putIntOrdered(null, address + VERSION_OFFSET, version + 2);
    }

    /** Writes separator (unless negative) and bytes behind what is kept; returns the new length. */
    private static int fill(
            long target, int kept, int separator, byte[] bytes, int from, int byteCount) {
        int length = kept;
        if (separator >= 0) {
            RawMemory.putByte(null, target + length, (byte) separator);
            length++;
        }
        copyIn(bytes, from, target + length, byteCount);
        return length + byteCount;
    }

    private static void copyIn(byte[] bytes, int from, long target, int byteCount) {
        RawMemory.copy(bytes, RawMemory.BYTE_ARRAY_OFFSET + from, null, target, byteCount);
    }

    private static long state(int place, EntryKind kind, int length) {
        return ((long) place << Integer.SIZE) | ((long) kind.code() << KIND_SHIFT) | length;
    }

    private static int place(long state) {
        return (int) (state >>> Integer.SIZE);
    }

    private static EntryKind kind(long state) {
        return EntryKind.ofCode((int) (state >>> KIND_SHIFT) & 3);
    }

    private static int length(long state) {
        return (int) state & LENGTH_MASK;
    }
}
