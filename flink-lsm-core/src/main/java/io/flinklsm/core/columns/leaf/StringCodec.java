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

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Invariants;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Strings as Flink writes them: the number of UTF-16 units plus one (0 is null), then the units,
 * all of them as integers of seven bits a byte, lowest first. Flink's own StringValue has the
 * number as it is, and no null. The column is UTF-8, so a string with half a surrogate pair is not
 * typed.
 */
public final class StringCodec implements ScalarCodec {

    private static final int HIGH_BIT = 0x80;
    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    /** What is added to the number of units; 0 or 1. */
    private final int offset;

    public StringCodec(boolean isNullable) {
        offset = isNullable ? 1 : 0;
    }

    @Override
    public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
        int units = readInteger(in) - offset;
        if (units == -1 && offset == 1) {
            return false;
        }
        // A unit takes a byte at least.
        in.check(units >= 0 && units <= in.remaining());
        int ascii = asciiPrefix(in.array(), in.position(), units);
        if (ascii == units) {
            out.putBytes(in.array(), in.skip(units), units);
            return true;
        }
        // Three bytes of UTF-8 are the most that a unit becomes.
        int room = Math.multiplyExact(units, 3);
        byte[] target = out.ensure(room);
        int start = out.dataLength();
        System.arraycopy(in.array(), in.skip(ascii), target, start, ascii);
        int at = start + ascii;
        for (int i = ascii; i < units; i++) {
            int c = readInteger(in);
            if (c < HIGH_BIT) {
                target[at++] = (byte) c;
            } else if (c < 0x800) {
                target[at++] = (byte) (0xC0 | c >> 6);
                target[at++] = (byte) (0x80 | c & 0x3F);
            } else if (c < 0xD800 || (c > 0xDFFF && c <= 0xFFFF)) {
                target[at++] = (byte) (0xE0 | c >> 12);
                target[at++] = (byte) (0x80 | c >> 6 & 0x3F);
                target[at++] = (byte) (0x80 | c & 0x3F);
            } else {
                in.check(c <= 0xDBFF && ++i < units);
                int low = readInteger(in);
                in.check(low >= 0xDC00 && low <= 0xDFFF);
                int point = Character.toCodePoint((char) c, (char) low);
                target[at++] = (byte) (0xF0 | point >> 18);
                target[at++] = (byte) (0x80 | point >> 12 & 0x3F);
                target[at++] = (byte) (0x80 | point >> 6 & 0x3F);
                target[at++] = (byte) (0x80 | point & 0x3F);
            }
        }
        out.endBytes(at - start);
        return true;
    }

    @Override
    public void assemble(LeafCursor in, ValueBuffer out) {
        byte[] utf8 = in.bytes();
        int from = in.bytesFrom();
        int to = from + in.bytesLength();
        if (asciiPrefix(utf8, from, to - from) == to - from) {
            writeInteger(to - from + offset, out);
            out.append(utf8, from, to - from);
            return;
        }
        int units = 0;
        for (int at = from; at < to; at++) {
            int b = utf8[at] & 0xFF;
            units += (b & 0xC0) == 0x80 ? 0 : b >= 0xF0 ? 2 : 1;
        }
        writeInteger(units + offset, out);
        int at = from;
        while (at < to) {
            int b = utf8[at++] & 0xFF;
            if (b < HIGH_BIT) {
                out.append((byte) b);
            } else if (b < 0xE0) {
                writeInteger((b & 0x1F) << 6 | utf8[at++] & 0x3F, out);
            } else if (b < 0xF0) {
                writeInteger((b & 0x0F) << 12 | (utf8[at++] & 0x3F) << 6 | utf8[at++] & 0x3F, out);
            } else {
                int point =
                        (b & 0x07) << 18
                                | (utf8[at++] & 0x3F) << 12
                                | (utf8[at++] & 0x3F) << 6
                                | utf8[at++] & 0x3F;
                writeInteger(Character.highSurrogate(point), out);
                writeInteger(Character.lowSurrogate(point), out);
            }
        }
    }

    @Override
    public void assembleNull(ValueBuffer out) {
        out.append((byte) 0);
    }

    /** How many bytes, from the first on, are ASCII. */
    private static int asciiPrefix(byte[] bytes, int from, int byteCount) {
        int i = 0;
        while (i <= byteCount - Long.BYTES && ((long) LONG.get(bytes, from + i) & HIGH_BITS) == 0) {
            i += Long.BYTES;
        }
        while (i < byteCount && bytes[from + i] >= 0) {
            i++;
        }
        return i;
    }

    /** Seven bits a byte, the lowest first. Refuses integers with more bytes than they need. */
    public static int readInteger(WireReader in) throws NotTypedException {
        int b = in.readByte();
        int value = b & 0x7F;
        for (int shift = 7; b >= HIGH_BIT; shift += 7) {
            b = in.readByte();
            in.check(b != 0 && (shift < 28 || b <= 0x07));
            value |= (b & 0x7F) << shift;
        }
        return value;
    }

    public static void writeInteger(int value, ValueBuffer out) {
        Invariants.check(value >= 0, "a length is negative", "value", value);
        int rest = value;
        while (rest >= HIGH_BIT) {
            out.append((byte) (rest | HIGH_BIT));
            rest >>>= 7;
        }
        out.append((byte) rest);
    }
}
