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
package io.flinklsm.core.entry;

import io.flinklsm.core.bytes.KeyHash;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import java.util.Arrays;
import java.util.Objects;

/**
 * The key of an operation: bytes, the length of the prefix that groups keys (key group, key and
 * namespace of a map state; the whole key elsewhere), and both hashes, computed once when first
 * asked.
 *
 * <p>Mutable and reused by its owner; confined to one thread at a time. The engine reads it during
 * a call and keeps nothing of it.
 */
public final class KeyBuffer {

    private byte[] bytes = new byte[64];
    private int length;
    private int prefixLength;
    private long hash;
    private long prefixHash;
    private boolean hashKnown;
    private boolean prefixHashKnown;
    private final Slice slice = new Slice();

    /** Replaces the key by a copy of the bytes; the prefix is the whole key. */
    public KeyBuffer set(byte[] source, int from, int byteCount) {
        return set(source, from, byteCount, byteCount);
    }

    /**
     * Replaces the key by a copy of the bytes, the first {@code prefixByteCount} of which group it.
     */
    public KeyBuffer set(byte[] source, int from, int byteCount, int prefixByteCount) {
        Objects.checkFromIndexSize(from, byteCount, source.length);
        Objects.checkIndex(prefixByteCount, byteCount + 1);
        ensure(byteCount);
        System.arraycopy(source, from, bytes, 0, byteCount);
        length = byteCount;
        prefixLength = prefixByteCount;
        hashKnown = false;
        prefixHashKnown = false;
        return this;
    }

    /**
     * Replaces the key by copies of the first bytes of two arrays, one behind the other; the prefix
     * is the whole key.
     */
    public KeyBuffer set(byte[] head, int headBytes, byte[] tail, int tailBytes) {
        Objects.checkFromIndexSize(0, headBytes, head.length);
        Objects.checkFromIndexSize(0, tailBytes, tail.length);
        int byteCount = Math.addExact(headBytes, tailBytes);
        ensure(byteCount);
        System.arraycopy(head, 0, bytes, 0, headBytes);
        System.arraycopy(tail, 0, bytes, headBytes, tailBytes);
        length = byteCount;
        prefixLength = byteCount;
        hashKnown = false;
        prefixHashKnown = false;
        return this;
    }

    public KeyBuffer set(Slice source, int prefixByteCount) {
        Objects.checkIndex(prefixByteCount, source.length() + 1);
        ensure(source.length());
        source.copyTo(bytes, 0);
        length = source.length();
        prefixLength = prefixByteCount;
        hashKnown = false;
        prefixHashKnown = false;
        return this;
    }

    public KeyBuffer set(OwnedSlice source) {
        return set(source.bytesUnsafe(), 0, source.length());
    }

    /**
     * Keeps the first {@link #prefixLength} bytes (and the prefix's hash) and replaces what
     * follows.
     */
    public KeyBuffer setSuffix(byte[] source, int from, int byteCount) {
        Objects.checkFromIndexSize(from, byteCount, source.length);
        length = prefixLength;
        ensure(prefixLength + byteCount);
        System.arraycopy(source, from, bytes, prefixLength, byteCount);
        length = prefixLength + byteCount;
        hashKnown = false;
        return this;
    }

    /**
     * The backing array; the key is {@code [0, length)}. Valid until the next set; must not be
     * changed.
     */
    public byte[] array() {
        return bytes;
    }

    public int length() {
        return length;
    }

    public int prefixLength() {
        return prefixLength;
    }

    /** A view of the whole key, borrowed until the next set. */
    public Slice slice() {
        return slice.setBytes(bytes, 0, length);
    }

    /** {@link KeyHash} of the whole key. */
    public long hash() {
        if (!hashKnown) {
            hash =
                    prefixLength == length && prefixHashKnown
                            ? prefixHash
                            : KeyHash.hash(bytes, 0, length);
            hashKnown = true;
        }
        if (Invariants.ENABLED) {
            Invariants.check(
                    hash == KeyHash.hash(bytes, 0, length),
                    "a key was changed after its hash was taken",
                    "keyBytes",
                    length);
        }
        return hash;
    }

    /** {@link KeyHash} of the prefix. */
    public long prefixHash() {
        if (!prefixHashKnown) {
            prefixHash =
                    prefixLength == length && hashKnown
                            ? hash
                            : KeyHash.hash(bytes, 0, prefixLength);
            prefixHashKnown = true;
        }
        if (Invariants.ENABLED) {
            Invariants.check(
                    prefixHash == KeyHash.hash(bytes, 0, prefixLength),
                    "a prefix was changed after its hash was taken",
                    "prefixBytes",
                    prefixLength);
        }
        return prefixHash;
    }

    public OwnedSlice toOwned() {
        return OwnedSlice.copyOf(bytes, 0, length);
    }

    @Override
    public String toString() {
        return slice().toString();
    }

    private void ensure(int byteCount) {
        if (byteCount > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(byteCount, bytes.length * 2));
        }
    }
}
