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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import java.util.Arrays;

/**
 * A growable, reused heap buffer that page headers, encodings and indexes are written to: bytes and
 * the variable-length integers that Parquet's encodings and Thrift's compact protocol share.
 * Confined to one thread.
 */
public final class ByteSink {

    /** Types of Thrift's compact protocol, as they stand in field and list headers. */
    public static final int TYPE_TRUE = 1;

    public static final int TYPE_FALSE = 2;
    public static final int TYPE_I32 = 5;
    public static final int TYPE_I64 = 6;
    public static final int TYPE_BINARY = 8;
    public static final int TYPE_LIST = 9;
    public static final int TYPE_STRUCT = 12;

    private byte[] bytes;
    private int length;

    public ByteSink(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("a sink has room: capacity=" + capacity);
        }
        bytes = new byte[capacity];
    }

    /** The content is {@code [0, length)}; the array is replaced when it grows. */
    public byte[] array() {
        return bytes;
    }

    public int length() {
        return length;
    }

    public int capacity() {
        return bytes.length;
    }

    public ByteSink clear() {
        length = 0;
        return this;
    }

    public byte[] toBytes() {
        return Arrays.copyOf(bytes, length);
    }

    /** Makes room for more bytes and leaves the content as it is. */
    public byte[] ensure(int more) {
        Invariants.check(more >= 0, "room for fewer bytes than none", "more", more);
        int needed = Math.addExact(length, more);
        if (needed > bytes.length) {
            bytes =
                    Arrays.copyOf(
                            bytes, Math.max(needed, (int) Math.min(2L * bytes.length, 1 << 30)));
        }
        return bytes;
    }

    /** Counts bytes as content that were written to the array behind it. */
    public void advance(int byteCount) {
        Invariants.check(
                byteCount >= 0 && byteCount <= bytes.length - length,
                "the bytes stand in the array");
        length += byteCount;
    }

    public ByteSink put(int value) {
        ensure(1);
        bytes[length++] = (byte) value;
        return this;
    }

    public ByteSink put(byte[] source, int from, int byteCount) {
        ensure(byteCount);
        System.arraycopy(source, from, bytes, length, byteCount);
        length += byteCount;
        return this;
    }

    public ByteSink put(Slice slice) {
        ensure(slice.length());
        slice.copyTo(bytes, length);
        length += slice.length();
        return this;
    }

    public ByteSink putIntLittleEndian(int value) {
        return put(value).put(value >>> 8).put(value >>> 16).put(value >>> 24);
    }

    /** Unsigned, seven bits a byte, lowest first. */
    public ByteSink putVarint(long value) {
        ensure(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[length++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[length++] = (byte) rest;
        return this;
    }

    /** Signed: small magnitudes are short. */
    public ByteSink putZigZag(int value) {
        return putVarint(((value << 1) ^ (value >> 31)) & 0xFFFF_FFFFL);
    }

    public ByteSink putZigZag(long value) {
        return putVarint((value << 1) ^ (value >> 63));
    }

    /** Header of a Thrift field; {@code idDelta} is its distance to the field before, 1 to 15. */
    public ByteSink putField(int idDelta, int type) {
        Invariants.check(idDelta > 0 && idDelta < 16, "the distance of two fields takes four bits");
        return put(idDelta << 4 | type);
    }

    public ByteSink putI32Field(int idDelta, int value) {
        return putField(idDelta, TYPE_I32).putZigZag(value);
    }

    /** Header of a Thrift list. */
    public ByteSink putList(int type, int size) {
        Invariants.check(size >= 0, "a list has no negative size");
        if (size < 15) {
            return put(size << 4 | type);
        }
        return put(0xF0 | type).putVarint(size);
    }

    public ByteSink putBinary(byte[] source, int from, int byteCount) {
        return putVarint(byteCount).put(source, from, byteCount);
    }
}
