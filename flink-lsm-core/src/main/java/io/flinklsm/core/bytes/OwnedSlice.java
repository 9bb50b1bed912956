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

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Immutable bytes on the heap with value equality and unsigned byte order: the form of keys in
 * metas, plans and images. Safe for any thread.
 */
public final class OwnedSlice implements Comparable<OwnedSlice> {

    public static final OwnedSlice EMPTY = new OwnedSlice(new byte[0]);

    private final byte[] bytes;

    private OwnedSlice(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Takes ownership of the array: the caller must not change it afterwards. */
    public static OwnedSlice wrap(byte[] bytes) {
        return bytes.length == 0 ? EMPTY : new OwnedSlice(bytes);
    }

    public static OwnedSlice copyOf(byte[] bytes, int from, int byteCount) {
        Objects.checkFromIndexSize(from, byteCount, bytes.length);
        return wrap(Arrays.copyOfRange(bytes, from, from + byteCount));
    }

    /** The bytes of ASCII text, for tests and names. */
    public static OwnedSlice ofText(String text) {
        return wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    public int length() {
        return bytes.length;
    }

    /** A copy of the bytes, owned by the caller. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    /** The array itself; must not be changed. For code of the engine that reads only. */
    public byte[] bytesUnsafe() {
        return bytes;
    }

    /** Whether these are its first bytes. */
    public boolean startsWith(Slice prefix) {
        return bytes.length >= prefix.length()
                && RawMemory.contentEquals(
                        bytes,
                        RawMemory.BYTE_ARRAY_OFFSET,
                        prefix.rawBase(),
                        prefix.rawOffset(),
                        prefix.length());
    }

    @Override
    public int compareTo(OwnedSlice other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof OwnedSlice slice && Arrays.equals(bytes, slice.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return new Slice(bytes).toString();
    }
}
