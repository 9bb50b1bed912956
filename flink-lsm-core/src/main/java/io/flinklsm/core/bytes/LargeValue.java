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
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * A value that need not be in memory as a whole: its bytes are read from the first to the last, as
 * often as they are asked for. A value that is larger than the memory there is goes from file to
 * file like this, and only the reader who wants it makes one array of it.
 *
 * <p>Borrowed like a {@link Slice}: it is good until its owner moves on. Confined to one thread.
 */
public interface LargeValue {

    /** No array can be longer. */
    int ARRAY_BYTES_MAX = Integer.MAX_VALUE - Long.BYTES;

    long length();

    /** The bytes from the first on; one stream is read at a time, and closed by the caller. */
    InputStream open() throws IOException;

    /** The bytes of a slice, which stays borrowed from its owner. */
    static LargeValue of(Slice slice) {
        return new SliceValue(new Slice().setSlice(slice));
    }

    /** Several values, one after another, with one byte between two of them. */
    static LargeValue joined(List<LargeValue> parts, byte separator) {
        return new JoinedValue(parts, separator);
    }

    /** Appends all of it; the buffer grows to the size that it needs and not beyond. */
    default void appendTo(ValueBuffer out) throws IOException {
        int byteCount = checkedLength(out.length());
        out.reserve(byteCount);
        try (InputStream in = open()) {
            out.append(in, byteCount);
        }
    }

    /**
     * All of it in one array.
     *
     * @throws IOException also if no array can be so long
     */
    default byte[] toBytes() throws IOException {
        byte[] bytes = new byte[checkedLength(0)];
        try (InputStream in = open()) {
            ValueBuffer.readFully(in, bytes, 0, bytes.length);
        }
        return bytes;
    }

    private int checkedLength(int before) throws IOException {
        long byteCount = length();
        Invariants.check(
                byteCount >= 0, "a value has fewer bytes than none", "byteCount", byteCount);
        if (before + byteCount > ARRAY_BYTES_MAX) {
            throw new IOException(
                    "a value does not fit into an array: valueBytes="
                            + byteCount
                            + ", maximum="
                            + ARRAY_BYTES_MAX
                            + "; keep less in one state entry, as a map instead of a list");
        }
        return (int) byteCount;
    }
}
