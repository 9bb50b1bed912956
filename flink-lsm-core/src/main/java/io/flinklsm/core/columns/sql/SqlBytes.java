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
package io.flinklsm.core.columns.sql;

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.leaf.NotTypedException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Little-endian access and the rules of the binary format that all its types share. */
final class SqlBytes {

    private static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private SqlBytes() {}

    static int getInt(byte[] bytes, int at) {
        return (int) INT.get(bytes, at);
    }

    static void setInt(byte[] bytes, int at, int value) {
        INT.set(bytes, at, value);
    }

    static long getLong(byte[] bytes, int at) {
        return (long) LONG.get(bytes, at);
    }

    static void setLong(byte[] bytes, int at, long value) {
        LONG.set(bytes, at, value);
    }

    /** Reads 1, 2, 4 or 8 bytes, with their sign. */
    static long get(byte[] bytes, int at, int width) {
        return switch (width) {
            case 1 -> bytes[at];
            case 2 -> (short) SHORT.get(bytes, at);
            case 4 -> (int) INT.get(bytes, at);
            default -> (long) LONG.get(bytes, at);
        };
    }

    /** Writes the low 1, 2, 4 or 8 bytes. */
    static void set(byte[] bytes, int at, int width, long value) {
        switch (width) {
            case 1 -> bytes[at] = (byte) value;
            case 2 -> SHORT.set(bytes, at, (short) value);
            case 4 -> INT.set(bytes, at, (int) value);
            default -> LONG.set(bytes, at, value);
        }
    }

    /** Rounds up to whole words of eight bytes; not above {@link Integer#MAX_VALUE} - 7. */
    static int padded(int byteCount) {
        Invariants.check(
                byteCount >= 0, "a part has fewer bytes than none", "byteCount", byteCount);
        return (byteCount + 7) & ~7;
    }

    /** Whether a bit of a bit set is set. */
    static boolean isSet(byte[] bytes, int from, int bit) {
        return (bytes[from + (bit >> 3)] >> (bit & 7) & 1) != 0;
    }

    static void set(byte[] bytes, int from, int bit) {
        bytes[from + (bit >> 3)] |= (byte) (1 << (bit & 7));
    }

    static void check(boolean condition) throws NotTypedException {
        if (!condition) {
            throw NotTypedException.INSTANCE;
        }
    }

    static void checkZeros(byte[] bytes, int from, int to) throws NotTypedException {
        for (int i = from; i < to; i++) {
            check(bytes[i] == 0);
        }
    }

    /**
     * Reads the end of a part behind the places, whose offset and size stand in a place.
     *
     * @param place what stands in the place
     * @param behind where the part must begin
     * @return the part's size, which ends before {@code end} with its padding, which is zeros
     */
    static int partSize(byte[] bytes, long place, int base, int behind, int end)
            throws NotTypedException {
        int size = (int) place;
        check(
                (int) (place >>> Integer.SIZE) == behind - base
                        && size >= 0
                        && size <= end - behind
                        && padded(size) <= end - behind);
        int rest = size & 7;
        // The padding is the high bytes of the last word.
        check(rest == 0 || getLong(bytes, behind + size - rest) >>> (Byte.SIZE * rest) == 0);
        return size;
    }

    /** What stands in the place of a part behind the places. */
    static long place(int offset, int size) {
        Invariants.check(
                offset >= 0 && size >= 0, "a part has no place", "offset", offset, "size", size);
        return (long) offset << Integer.SIZE | size;
    }
}
