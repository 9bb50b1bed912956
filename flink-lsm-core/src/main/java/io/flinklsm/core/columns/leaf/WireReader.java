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
package io.flinklsm.core.columns.leaf;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads the bytes of a key or a value as serializers wrote them, big-endian unless told otherwise.
 * Holds a copy, so the slice may be borrowed. Whatever is not there is {@link NotTypedException}.
 * Confined to one thread.
 */
public final class WireReader {

    private static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private byte[] bytes = new byte[256];
    private int position;
    private int limit;

    public WireReader set(Slice slice) {
        if (bytes.length < slice.length()) {
            bytes = new byte[slice.length() + (slice.length() >> 2)];
        }
        slice.copyTo(bytes, 0);
        position = 0;
        limit = slice.length();
        return this;
    }

    public byte[] array() {
        return bytes;
    }

    public int position() {
        return position;
    }

    public int remaining() {
        return limit - position;
    }

    /** Goes to a position, and makes the bytes end there or here; for parts that stand apart. */
    void setRange(int from, int to) {
        Invariants.check(
                from >= 0 && from <= to && to <= bytes.length,
                "a range lies outside the bytes",
                "from",
                from,
                "to",
                to);
        position = from;
        limit = to;
    }

    /** Passes over bytes; gives where in the array they begin. */
    public int skip(int byteCount) throws NotTypedException {
        if (byteCount < 0 || byteCount > limit - position) {
            throw NotTypedException.INSTANCE;
        }
        int from = position;
        position += byteCount;
        return from;
    }

    /** Unsigned. */
    public int readByte() throws NotTypedException {
        return bytes[skip(1)] & 0xFF;
    }

    /** A byte that is 0 or 1. */
    public boolean readBoolean() throws NotTypedException {
        int value = readByte();
        if (value > 1) {
            throw NotTypedException.INSTANCE;
        }
        return value == 1;
    }

    public short readShort() throws NotTypedException {
        return (short) SHORT.get(bytes, skip(Short.BYTES));
    }

    /** The next four bytes, which stay where they are. */
    public int peekInt() throws NotTypedException {
        int value = readInt();
        position -= Integer.BYTES;
        return value;
    }

    public int readInt() throws NotTypedException {
        return (int) INT.get(bytes, skip(Integer.BYTES));
    }

    public long readLong() throws NotTypedException {
        return (long) LONG.get(bytes, skip(Long.BYTES));
    }

    /** A count of elements of a byte at least, so that it is bounded by what is left. */
    public int readCount() throws NotTypedException {
        int count = readInt();
        if (count < 0 || count > limit - position) {
            throw NotTypedException.INSTANCE;
        }
        return count;
    }

    public void check(boolean condition) throws NotTypedException {
        if (!condition) {
            throw NotTypedException.INSTANCE;
        }
    }
}
