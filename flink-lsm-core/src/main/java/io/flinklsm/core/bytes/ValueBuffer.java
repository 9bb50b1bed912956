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
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * A growable heap buffer that its owner reuses: what a lookup copies a value into, and what a merge
 * operator writes to. The bytes are {@code [0, length)} of {@link #array()}, which is replaced when
 * the buffer grows. Confined to one thread at a time.
 */
public final class ValueBuffer {

    private static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private static final int INITIAL_BYTES = 64;
    private static final byte[] NO_BYTES = new byte[0];

    private byte[] array;
    private int length;

    public ValueBuffer() {
        this(INITIAL_BYTES);
    }

    public ValueBuffer(int initialCapacity) {
        if (initialCapacity < 0) {
            throw new IllegalArgumentException(
                    "a buffer has fewer bytes than none: initialCapacity=" + initialCapacity);
        }
        array = new byte[initialCapacity];
    }

    /** The backing array, valid until the next append. */
    public byte[] array() {
        return array;
    }

    public int length() {
        return length;
    }

    public ValueBuffer clear() {
        length = 0;
        return this;
    }

    public ValueBuffer append(byte value) {
        ensure(1);
        array[length++] = value;
        return this;
    }

    /** Big-endian. */
    public ValueBuffer appendShort(int value) {
        ensure(Short.BYTES);
        SHORT.set(array, length, (short) value);
        length += Short.BYTES;
        return this;
    }

    /** Big-endian. */
    public ValueBuffer appendInt(int value) {
        ensure(Integer.BYTES);
        INT.set(array, length, value);
        length += Integer.BYTES;
        return this;
    }

    /** Big-endian. */
    public ValueBuffer appendLong(long value) {
        ensure(Long.BYTES);
        LONG.set(array, length, value);
        length += Long.BYTES;
        return this;
    }

    /** Overwrites four bytes that are there already, big-endian. */
    public void setInt(int at, int value) {
        Objects.checkFromIndexSize(at, Integer.BYTES, length);
        INT.set(array, at, value);
    }

    /** Appends that many zero bytes; gives where they begin. */
    public int appendZeros(int byteCount) {
        Invariants.check(
                byteCount >= 0, "fewer zeros than none are appended", "byteCount", byteCount);
        ensure(byteCount);
        Arrays.fill(array, length, length + byteCount, (byte) 0);
        length += byteCount;
        return length - byteCount;
    }

    public ValueBuffer append(byte[] bytes, int from, int byteCount) {
        Objects.checkFromIndexSize(from, byteCount, bytes.length);
        ensure(byteCount);
        System.arraycopy(bytes, from, array, length, byteCount);
        length += byteCount;
        return this;
    }

    public ValueBuffer append(Slice slice) {
        ensure(slice.length());
        slice.copyTo(array, length);
        length += slice.length();
        return this;
    }

    /**
     * Appends so many bytes of a stream.
     *
     * @throws EOFException if it ends before; then nothing was appended
     */
    public ValueBuffer append(InputStream in, int byteCount) throws IOException {
        ensure(byteCount);
        readFully(in, array, length, byteCount);
        length += byteCount;
        return this;
    }

    static void readFully(InputStream in, byte[] target, int at, int byteCount) throws IOException {
        int count = in.readNBytes(target, at, byteCount);
        // The stream checks what it has read when it is asked for more than there is.
        if (count < byteCount || in.read() >= 0) {
            throw new EOFException(
                    "a value has another length: read="
                            + count
                            + " of "
                            + byteCount
                            + "; restore the last checkpoint");
        }
    }

    public ValueBuffer append(ValueBuffer other) {
        return append(other.array, 0, other.length);
    }

    /** Appends bytes of native memory. */
    public ValueBuffer appendAddress(long address, int byteCount) {
        Invariants.check(
                byteCount >= 0, "fewer bytes than none are appended", "byteCount", byteCount);
        ensure(byteCount);
        RawMemory.copy(null, address, array, RawMemory.BYTE_ARRAY_OFFSET + length, byteCount);
        length += byteCount;
        return this;
    }

    /**
     * Appends two lengths, big-endian ints, and as many bytes of native memory as they say
     * together.
     */
    public ValueBuffer appendPair(int firstLength, int secondLength, long address) {
        int byteCount = firstLength + secondLength;
        ensure(Math.addExact(Long.BYTES, byteCount));
        LONG.set(array, length, (long) firstLength << Integer.SIZE | secondLength);
        length += Long.BYTES;
        RawMemory.copy(null, address, array, RawMemory.BYTE_ARRAY_OFFSET + length, byteCount);
        length += byteCount;
        return this;
    }

    /** Replaces the content by bytes of native memory. */
    public ValueBuffer setAddress(long address, int byteCount) {
        length = 0;
        return appendAddress(address, byteCount);
    }

    /** Four bytes of the content, big-endian. */
    public int getInt(int at) {
        Objects.checkFromIndexSize(at, Integer.BYTES, length);
        return (int) INT.get(array, at);
    }

    /** Replaces the content. */
    public ValueBuffer set(Slice slice) {
        length = 0;
        return append(slice);
    }

    /** Points the slice at the content; the view is valid until the next append. */
    public Slice view(Slice slice) {
        return slice.setBytes(array, 0, length);
    }

    public byte[] toBytes() {
        return Arrays.copyOf(array, length);
    }

    /** Makes room for exactly so many more bytes, for what is too large to leave room behind it. */
    public ValueBuffer reserve(int more) {
        Invariants.check(more >= 0, "room for fewer bytes than none", "more", more);
        int needed = Math.addExact(length, more);
        if (needed > array.length) {
            if (length == 0) {
                // The old array may go before the new one comes.
                array = NO_BYTES;
                array = new byte[needed];
            } else {
                array = Arrays.copyOf(array, needed);
            }
        }
        return this;
    }

    /** Empties the buffer, and gives its array up if that has grown beyond so many bytes. */
    public ValueBuffer clearAbove(int keptBytesMax) {
        Invariants.check(
                keptBytesMax >= 0, "fewer bytes than none are kept", "keptBytesMax", keptBytesMax);
        if (array.length > keptBytesMax) {
            array = new byte[Math.min(keptBytesMax, INITIAL_BYTES)];
        }
        return clear();
    }

    /** The content, and then the buffer is empty: without a copy if it fills the array. */
    public byte[] takeBytes() {
        if (length < array.length) {
            byte[] taken = toBytes();
            length = 0;
            return taken;
        }
        byte[] taken = array;
        array = new byte[INITIAL_BYTES];
        length = 0;
        return taken;
    }

    private void ensure(int more) {
        Invariants.check(more >= 0, "room for fewer bytes than none", "more", more);
        int needed = Math.addExact(length, more);
        if (needed > array.length) {
            array = Arrays.copyOf(array, Math.max(needed, array.length + (array.length >> 1) + 16));
        }
    }
}
