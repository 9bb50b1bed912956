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
package io.flinklsm.core.parquet.encoding;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Parquet's DELTA_BINARY_PACKED for integers (Parquet format, Encodings.md): differences to the
 * smallest difference of a group, bit-packed. Arithmetic wraps around, as the format wants.
 *
 * <pre>
 * group size | parts per group | count | first value | groups ...
 * group: smallest difference | bit widths of the parts | parts, 32 values each
 * </pre>
 *
 * We write groups of 128 in four parts and read any shape.
 */
public final class DeltaBinaryPacked {

    /** Readable bytes that {@link #decode} wants behind the input, whatever is in them. */
    public static final int SLACK_BYTES = Long.BYTES;

    private static final int GROUP_VALUES = 128;
    private static final int PARTS = 4;
    private static final int PART_VALUES = GROUP_VALUES / PARTS;
    private static final int MAX_GROUP_VALUES = 1 << 16;

    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private DeltaBinaryPacked() {}

    public static void encode(int[] values, int count, ByteSink out) {
        Objects.checkFromIndexSize(0, count, values.length);
        out.putVarint(GROUP_VALUES).putVarint(PARTS).putVarint(count);
        out.putZigZag(count == 0 ? 0 : values[0]);
        for (int from = 1; from < count; from += GROUP_VALUES) {
            encodeGroup(values, from, Math.min(from + GROUP_VALUES, count), out);
        }
    }

    public static void encode(long[] values, int count, ByteSink out) {
        Objects.checkFromIndexSize(0, count, values.length);
        out.putVarint(GROUP_VALUES).putVarint(PARTS).putVarint(count);
        out.putZigZag(count == 0 ? 0L : values[0]);
        for (int from = 1; from < count; from += GROUP_VALUES) {
            encodeGroup(values, from, Math.min(from + GROUP_VALUES, count), out);
        }
    }

    private static void encodeGroup(long[] values, int from, int to, ByteSink out) {
        long min = Long.MAX_VALUE;
        for (int i = from; i < to; i++) {
            min = Math.min(min, values[i] - values[i - 1]);
        }
        out.putZigZag(min);
        int widthsAt = out.length();
        out.ensure(PARTS);
        out.advance(PARTS);
        for (int part = 0; part < PARTS; part++) {
            int partFrom = from + part * PART_VALUES;
            int partTo = Math.min(partFrom + PART_VALUES, to);
            long bits = 0;
            for (int i = partFrom; i < partTo; i++) {
                bits |= values[i] - values[i - 1] - min;
            }
            int width = partFrom < to ? Long.SIZE - Long.numberOfLeadingZeros(bits) : 0;
            out.array()[widthsAt + part] = (byte) width;
            if (width > 0) {
                pack(values, partFrom, partTo, min, width, out);
            }
        }
    }

    private static void pack(long[] values, int from, int to, long min, int width, ByteSink out) {
        int byteCount = PART_VALUES / Byte.SIZE * width;
        // Written in words: what is behind the content is overwritten later.
        byte[] target = out.ensure(byteCount + Long.BYTES);
        int at = out.length();
        long pending = 0;
        int pendingBits = 0;
        for (int i = from; i < to; i++) {
            long packed = values[i] - values[i - 1] - min;
            pending |= packed << pendingBits;
            pendingBits += width;
            if (pendingBits >= Long.SIZE) {
                LONG.set(target, at, pending);
                at += Long.BYTES;
                pendingBits -= Long.SIZE;
                // All bits of it are out if none is left: a shift by 64 would be one by none.
                pending = pendingBits == 0 ? 0 : packed >>> (width - pendingBits);
            }
        }
        out.advance(byteCount);
        fill(target, at, out.length(), pending);
    }

    /** Writes what is left of a part, and zeros where values are missing. */
    private static void fill(byte[] target, int from, int to, long pending) {
        long rest = pending;
        for (int at = from; at < to; at++) {
            target[at] = (byte) rest;
            rest >>>= Byte.SIZE;
        }
    }

    private static void encodeGroup(int[] values, int from, int to, ByteSink out) {
        int min = Integer.MAX_VALUE;
        for (int i = from; i < to; i++) {
            min = Math.min(min, values[i] - values[i - 1]);
        }
        out.putZigZag(min);
        int widthsAt = out.length();
        out.ensure(PARTS);
        out.advance(PARTS);
        for (int part = 0; part < PARTS; part++) {
            int partFrom = from + part * PART_VALUES;
            int partTo = Math.min(partFrom + PART_VALUES, to);
            int bits = 0;
            for (int i = partFrom; i < partTo; i++) {
                bits |= values[i] - values[i - 1] - min;
            }
            int width = partFrom < to ? Integer.SIZE - Integer.numberOfLeadingZeros(bits) : 0;
            out.array()[widthsAt + part] = (byte) width;
            if (width > 0) {
                pack(values, partFrom, partTo, min, width, out);
            }
        }
    }

    private static void pack(int[] values, int from, int to, int min, int width, ByteSink out) {
        int byteCount = PART_VALUES / Byte.SIZE * width;
        byte[] target = out.ensure(byteCount + Long.BYTES);
        int at = out.length();
        long pending = 0;
        int pendingBits = 0;
        for (int i = from; i < to; i++) {
            long packed = (values[i] - values[i - 1] - min) & 0xFFFF_FFFFL;
            pending |= packed << pendingBits;
            pendingBits += width;
            if (pendingBits >= Long.SIZE) {
                LONG.set(target, at, pending);
                at += Long.BYTES;
                pendingBits -= Long.SIZE;
                pending = pendingBits == 0 ? 0 : packed >>> (width - pendingBits);
            }
        }
        out.advance(byteCount);
        fill(target, at, out.length(), pending);
    }

    /**
     * Decodes exactly {@code count} values. The array behind the source must have {@link
     * #SLACK_BYTES} more.
     */
    public static void decode(ByteSource in, byte[] bytes, int[] values, int count)
            throws MalformedPageException {
        Objects.checkFromIndexSize(0, count, values.length);
        int groupValues = in.getSize(MAX_GROUP_VALUES, "a delta group");
        int parts = in.getSize(MAX_GROUP_VALUES, "the parts of a delta group");
        checkHeader(in, groupValues, parts, count);
        int value = in.getZigZagInt();
        if (count == 0) {
            return;
        }
        int partValues = groupValues / parts;
        values[0] = value;
        int done = 1;
        while (done < count) {
            int min = in.getZigZagInt();
            int widthsAt = in.skip(parts);
            for (int part = 0; part < parts && done < count; part++) {
                int width = bytes[widthsAt + part];
                if (width < 0 || width > Integer.SIZE) {
                    throw new MalformedPageException("delta bit width is malformed: " + width);
                }
                int to = Math.min(done + partValues, count);
                if (width == 0) {
                    for (; done < to; done++) {
                        value += min;
                        values[done] = value;
                    }
                    continue;
                }
                int at = in.skip(partValues / Byte.SIZE * width);
                long mask = (1L << width) - 1;
                for (int bit = 0; done < to; done++, bit += width) {
                    long window = (long) LONG.get(bytes, at + (bit >>> 3));
                    value += min + (int) (window >>> (bit & 7) & mask);
                    values[done] = value;
                }
            }
        }
    }

    private static void checkHeader(ByteSource in, int groupValues, int parts, int count)
            throws MalformedPageException {
        int total = in.getSize(Integer.MAX_VALUE, "a delta count");
        if (groupValues == 0
                || groupValues % 128 != 0
                || parts == 0
                || groupValues % parts != 0
                || groupValues / parts % 32 != 0
                || total != count) {
            throw new MalformedPageException(
                    "delta header is malformed: groupValues="
                            + groupValues
                            + ", parts="
                            + parts
                            + ", count="
                            + total
                            + ", expected="
                            + count);
        }
    }

    /**
     * Decodes exactly {@code count} values to little-endian numbers from index 0 on. The array
     * behind the source must have {@link #SLACK_BYTES} more.
     *
     * @param byteWidth of a number: 4 or 8
     */
    public static void decode(ByteSource in, byte[] bytes, byte[] numbers, int byteWidth, int count)
            throws MalformedPageException {
        if (byteWidth != Integer.BYTES && byteWidth != Long.BYTES) {
            throw new IllegalArgumentException("no number is so wide: byteWidth=" + byteWidth);
        }
        Objects.checkFromIndexSize(0, count, numbers.length / byteWidth);
        int groupValues = in.getSize(MAX_GROUP_VALUES, "a delta group");
        int parts = in.getSize(MAX_GROUP_VALUES, "the parts of a delta group");
        checkHeader(in, groupValues, parts, count);
        long value = in.getZigZagLong();
        if (count == 0) {
            return;
        }
        int partValues = groupValues / parts;
        put(numbers, byteWidth, 0, value);
        int done = 1;
        while (done < count) {
            long min = in.getZigZagLong();
            int widthsAt = in.skip(parts);
            for (int part = 0; part < parts && done < count; part++) {
                int width = bytes[widthsAt + part];
                if (width < 0 || width > byteWidth * Byte.SIZE) {
                    throw new MalformedPageException("delta bit width is malformed: " + width);
                }
                int to = Math.min(done + partValues, count);
                int at = in.skip(partValues / Byte.SIZE * width);
                long mask = width == 0 ? 0 : -1L >>> (Long.SIZE - width);
                for (int bit = 0; done < to; done++, bit += width) {
                    int from = at + (bit >>> 3);
                    int shift = bit & 7;
                    long window = (long) LONG.get(bytes, from) >>> shift;
                    if (shift + width > Long.SIZE) {
                        window |= (long) bytes[from + Long.BYTES] << (Long.SIZE - shift);
                    }
                    value += min + (window & mask);
                    put(numbers, byteWidth, done, value);
                }
            }
        }
    }

    private static void put(byte[] numbers, int byteWidth, int index, long value) {
        if (byteWidth == Long.BYTES) {
            LONG.set(numbers, index * Long.BYTES, value);
        } else {
            INT.set(numbers, index * Integer.BYTES, (int) value);
        }
    }
}
