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
package io.flinklsm.core.bytes;

import io.flinklsm.core.check.Invariants;
import java.lang.reflect.Field;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import org.jspecify.annotations.Nullable;
import sun.misc.Unsafe;

/**
 * Unchecked access to heap arrays and native memory through one addressing form: a base object and
 * an offset. A null base means that the offset is an absolute native address; a {@code byte[]} base
 * means that the offset counts from the object's start, so index 0 is {@link #BYTE_ARRAY_OFFSET}.
 *
 * <p>Nothing here checks bounds or life: callers ({@link Slice}, the tiers' records, the block
 * cache) own both. Multi-byte accessors use the machine's byte order unless their name says
 * otherwise.
 */
public final class RawMemory {

    private static final Unsafe UNSAFE = unsafe();

    /** Offset of index 0 of a {@code byte[]}. */
    public static final long BYTE_ARRAY_OFFSET = Unsafe.ARRAY_BYTE_BASE_OFFSET;

    private static final int SMALL_COPY_BYTES_MAX = 64;

    private static final boolean BIG_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN;

    private RawMemory() {}

    /**
     * The range lies inside its array; what is native has an address. Behind {@link
     * Invariants#ENABLED}: not even the call stands in the way of inlining what is hot.
     */
    private static void checkRange(@Nullable Object base, long offset, long length) {
        Invariants.check(length >= 0, "memory has no negative length", "length", length);
        if (base instanceof byte[] array) {
            Invariants.check(
                    offset >= BYTE_ARRAY_OFFSET
                            && length <= array.length - (offset - BYTE_ARRAY_OFFSET),
                    "a range of memory lies outside its array",
                    "offset",
                    offset - BYTE_ARRAY_OFFSET,
                    "length",
                    length);
        } else if (base == null) {
            Invariants.check(
                    offset != 0 || length == 0, "native memory has no address", "length", length);
        }
    }

    private static Unsafe unsafe() {
        try {
            Field field = Unsafe.class.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            return (Unsafe) field.get(null);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    public static byte getByte(@Nullable Object base, long offset) {
        return UNSAFE.getByte(base, offset);
    }

    public static void putByte(@Nullable Object base, long offset, byte value) {
        UNSAFE.putByte(base, offset, value);
    }

    public static short getShort(@Nullable Object base, long offset) {
        return UNSAFE.getShort(base, offset);
    }

    public static void putShort(@Nullable Object base, long offset, short value) {
        UNSAFE.putShort(base, offset, value);
    }

    public static int getInt(@Nullable Object base, long offset) {
        return UNSAFE.getInt(base, offset);
    }

    public static void putInt(@Nullable Object base, long offset, int value) {
        UNSAFE.putInt(base, offset, value);
    }

    public static long getLong(@Nullable Object base, long offset) {
        return UNSAFE.getLong(base, offset);
    }

    public static void putLong(@Nullable Object base, long offset, long value) {
        UNSAFE.putLong(base, offset, value);
    }

    /** Takes back the map at once; nothing may read from the buffer or its views afterwards. */
    public static void unmap(MappedByteBuffer buffer) {
        UNSAFE.invokeCleaner(buffer);
    }

    /** Copies {@code length} bytes; the ranges must not overlap. */
    public static void copy(
            @Nullable Object fromBase,
            long fromOffset,
            @Nullable Object toBase,
            long toOffset,
            long length) {
        if (Invariants.ENABLED) {
            checkRange(fromBase, fromOffset, length);
            checkRange(toBase, toOffset, length);
        }
        if (length > SMALL_COPY_BYTES_MAX) {
            UNSAFE.copyMemory(fromBase, fromOffset, toBase, toOffset, length);
        } else {
            copySmall(fromBase, fromOffset, toBase, toOffset, (int) length);
        }
    }

    /** A call of copyMemory costs more than moving these few words here. */
    private static void copySmall(
            @Nullable Object fromBase,
            long fromOffset,
            @Nullable Object toBase,
            long toOffset,
            int length) {
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            UNSAFE.putLong(toBase, toOffset + i, UNSAFE.getLong(fromBase, fromOffset + i));
        }
        if (i + Integer.BYTES <= length) {
            UNSAFE.putInt(toBase, toOffset + i, UNSAFE.getInt(fromBase, fromOffset + i));
            i += Integer.BYTES;
        }
        for (; i < length; i++) {
            UNSAFE.putByte(toBase, toOffset + i, UNSAFE.getByte(fromBase, fromOffset + i));
        }
    }

    /** Copies {@code length} bytes of native memory; the ranges may overlap. */
    public static void move(long fromAddress, long toAddress, long length) {
        if (Invariants.ENABLED) {
            checkRange(null, fromAddress, length);
            checkRange(null, toAddress, length);
        }
        UNSAFE.copyMemory(null, fromAddress, null, toAddress, length);
    }

    public static void fill(@Nullable Object base, long offset, long length, byte value) {
        if (Invariants.ENABLED) {
            checkRange(base, offset, length);
        }
        UNSAFE.setMemory(base, offset, length, value);
    }

    /**
     * Eight bytes as a big-endian number: comparing two as unsigned compares their bytes in order.
     */
    public static long getLongBigEndian(@Nullable Object base, long offset) {
        long value = UNSAFE.getLong(base, offset);
        return BIG_ENDIAN ? value : Long.reverseBytes(value);
    }

    public static int getIntLittleEndian(@Nullable Object base, long offset) {
        int value = UNSAFE.getInt(base, offset);
        return BIG_ENDIAN ? Integer.reverseBytes(value) : value;
    }

    public static void putIntLittleEndian(@Nullable Object base, long offset, int value) {
        UNSAFE.putInt(base, offset, BIG_ENDIAN ? Integer.reverseBytes(value) : value);
    }

    /** Compares in unsigned byte order; a proper prefix is smaller. */
    public static int compare(
            @Nullable Object leftBase,
            long leftOffset,
            int leftLength,
            @Nullable Object rightBase,
            long rightOffset,
            int rightLength) {
        if (Invariants.ENABLED) {
            checkRange(leftBase, leftOffset, leftLength);
            checkRange(rightBase, rightOffset, rightLength);
        }
        int common = Math.min(leftLength, rightLength);
        int i = 0;
        for (; i + Long.BYTES <= common; i += Long.BYTES) {
            long left = UNSAFE.getLong(leftBase, leftOffset + i);
            long right = UNSAFE.getLong(rightBase, rightOffset + i);
            if (left != right) {
                return BIG_ENDIAN
                        ? Long.compareUnsigned(left, right)
                        : Long.compareUnsigned(Long.reverseBytes(left), Long.reverseBytes(right));
            }
        }
        for (; i < common; i++) {
            int left = UNSAFE.getByte(leftBase, leftOffset + i) & 0xFF;
            int right = UNSAFE.getByte(rightBase, rightOffset + i) & 0xFF;
            if (left != right) {
                return left - right;
            }
        }
        return leftLength - rightLength;
    }

    /**
     * Some bits that are set if the bytes differ, 0 if they are equal: for bytes that nearly always
     * are. It has no branch that only rare differences take, for which the just-in-time compiler
     * would throw away the code of all callers at the first of them, and make it anew.
     */
    public static long difference(
            @Nullable Object leftBase,
            long leftOffset,
            @Nullable Object rightBase,
            long rightOffset,
            int length) {
        if (Invariants.ENABLED) {
            checkRange(leftBase, leftOffset, length);
            checkRange(rightBase, rightOffset, length);
        }
        long difference = 0;
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            difference |=
                    UNSAFE.getLong(leftBase, leftOffset + i)
                            ^ UNSAFE.getLong(rightBase, rightOffset + i);
        }
        for (; i < length; i++) {
            difference |=
                    UNSAFE.getByte(leftBase, leftOffset + i)
                            ^ UNSAFE.getByte(rightBase, rightOffset + i);
        }
        return difference;
    }

    public static boolean contentEquals(
            @Nullable Object leftBase,
            long leftOffset,
            @Nullable Object rightBase,
            long rightOffset,
            int length) {
        if (Invariants.ENABLED) {
            checkRange(leftBase, leftOffset, length);
            checkRange(rightBase, rightOffset, length);
        }
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            if (UNSAFE.getLong(leftBase, leftOffset + i)
                    != UNSAFE.getLong(rightBase, rightOffset + i)) {
                return false;
            }
        }
        for (; i < length; i++) {
            if (UNSAFE.getByte(leftBase, leftOffset + i)
                    != UNSAFE.getByte(rightBase, rightOffset + i)) {
                return false;
            }
        }
        return true;
    }
}
