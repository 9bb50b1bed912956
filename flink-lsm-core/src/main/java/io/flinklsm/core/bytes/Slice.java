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
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A borrowed view of bytes on the heap or in native memory. The owner of the memory says how long
 * the view is valid (a cursor's until its next move); a caller that needs the bytes longer copies
 * them.
 *
 * <p>Mutable and reusable, so that the data path allocates nothing; confined to one thread. Order
 * is unsigned byte order.
 */
public final class Slice implements Comparable<Slice> {

    private static final byte[] NO_BYTES = new byte[0];

    private @Nullable Object base = NO_BYTES;
    private long offset = RawMemory.BYTE_ARRAY_OFFSET;
    private int length;

    public Slice() {}

    public Slice(byte[] bytes) {
        setBytes(bytes, 0, bytes.length);
    }

    /** Views a part of a heap array. */
    public Slice setBytes(byte[] bytes, int from, int byteCount) {
        Objects.checkFromIndexSize(from, byteCount, bytes.length);
        base = bytes;
        offset = RawMemory.BYTE_ARRAY_OFFSET + from;
        length = byteCount;
        return this;
    }

    /** Views native memory; the caller vouches for the address and the life of it. */
    public Slice setAddress(long address, int byteCount) {
        Invariants.check(byteCount >= 0, "negative slice length", "byteCount", byteCount);
        Invariants.check(
                address != 0 || byteCount == 0,
                "native memory has no address",
                "byteCount",
                byteCount);
        base = null;
        offset = address;
        length = byteCount;
        return this;
    }

    /** Views memory in {@link RawMemory}'s addressing form. */
    public Slice setRaw(@Nullable Object rawBase, long rawOffset, int byteCount) {
        Invariants.check(byteCount >= 0, "negative slice length", "byteCount", byteCount);
        if (Invariants.ENABLED && rawBase instanceof byte[] bytes) {
            long from = rawOffset - RawMemory.BYTE_ARRAY_OFFSET;
            Invariants.check(
                    from >= 0 && byteCount <= bytes.length - from,
                    "a slice lies outside its array",
                    "from",
                    from,
                    "byteCount",
                    byteCount);
        }
        base = rawBase;
        offset = rawOffset;
        length = byteCount;
        return this;
    }

    /** Views what the other slice views. */
    public Slice setSlice(Slice other) {
        base = other.base;
        offset = other.offset;
        length = other.length;
        return this;
    }

    public Slice setOwned(OwnedSlice owned) {
        byte[] bytes = owned.bytesUnsafe();
        return setBytes(bytes, 0, bytes.length);
    }

    public Slice clear() {
        return setBytes(NO_BYTES, 0, 0);
    }

    /**
     * Base of the view in {@link RawMemory}'s addressing form: a heap array, or null for native
     * memory.
     */
    public @Nullable Object rawBase() {
        return base;
    }

    /** Offset of the view in {@link RawMemory}'s addressing form. */
    public long rawOffset() {
        return offset;
    }

    public int length() {
        return length;
    }

    public boolean isEmpty() {
        return length == 0;
    }

    public byte byteAt(int index) {
        Objects.checkIndex(index, length);
        return RawMemory.getByte(base, offset + index);
    }

    public boolean startsWith(Slice prefix) {
        return prefix.length <= length
                && RawMemory.contentEquals(base, offset, prefix.base, prefix.offset, prefix.length);
    }

    /** How many bytes the two begin with in common. */
    public int commonPrefixLength(Slice other) {
        int common = Math.min(length(), other.length());
        int i = 0;
        while (i < common && byteAt(i) == other.byteAt(i)) {
            i++;
        }
        return i;
    }

    public boolean contentEquals(Slice other) {
        return length == other.length
                && RawMemory.contentEquals(base, offset, other.base, other.offset, length);
    }

    @Override
    public int compareTo(Slice other) {
        return RawMemory.compare(base, offset, length, other.base, other.offset, other.length);
    }

    /** Compares in unsigned byte order with an owned slice, without making a view of it. */
    public int compareTo(OwnedSlice other) {
        byte[] bytes = other.bytesUnsafe();
        return RawMemory.compare(
                base, offset, length, bytes, RawMemory.BYTE_ARRAY_OFFSET, bytes.length);
    }

    public void copyTo(byte[] target, int at) {
        Objects.checkFromIndexSize(at, length, target.length);
        RawMemory.copy(base, offset, target, RawMemory.BYTE_ARRAY_OFFSET + at, length);
    }

    /** Copies to native memory; the caller vouches for the room there. */
    public void copyToAddress(long address) {
        RawMemory.copy(base, offset, null, address, length);
    }

    /** A fresh array with the bytes, owned by the caller. */
    public byte[] toBytes() {
        byte[] bytes = new byte[length];
        copyTo(bytes, 0);
        return bytes;
    }

    /** An immutable copy. */
    public OwnedSlice toOwned() {
        return OwnedSlice.wrap(toBytes());
    }

    /** xxHash64 with seed 0 of the bytes, see {@link KeyHash}. */
    public long hash64() {
        return KeyHash.hash(base, offset, length);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Slice slice && contentEquals(slice);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(hash64());
    }

    /** The bytes as text where they are printable ASCII, else in hex; for messages and pictures. */
    @Override
    public String toString() {
        byte[] bytes = toBytes();
        for (byte b : bytes) {
            if (b < 0x20 || b > 0x7e) {
                return "0x" + HexFormat.of().formatHex(bytes);
            }
        }
        return new String(bytes, StandardCharsets.US_ASCII);
    }
}
