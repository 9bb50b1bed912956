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

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A half-open range of keys in unsigned byte order.
 *
 * @param start first key inside
 * @param end first key behind the range, or null if nothing bounds it
 */
public record KeyRange(OwnedSlice start, @Nullable OwnedSlice end) {

    /** Every key. */
    public static final KeyRange ALL = new KeyRange(OwnedSlice.EMPTY, null);

    public KeyRange {
        if (end != null && start.compareTo(end) > 0) {
            throw new IllegalArgumentException(
                    "a key range must not end before it starts: start=" + start + ", end=" + end);
        }
    }

    /** All keys that start with the given bytes. */
    public static KeyRange ofPrefix(OwnedSlice prefix) {
        return new KeyRange(prefix, successorOfPrefix(prefix));
    }

    /** The smallest key above every key with this prefix, or null if there is none. */
    public static @Nullable OwnedSlice successorOfPrefix(OwnedSlice prefix) {
        byte[] bytes = prefix.toBytes();
        int last = bytes.length - 1;
        while (last >= 0 && bytes[last] == (byte) 0xFF) {
            last--;
        }
        if (last < 0) {
            return null;
        }
        byte[] successor = Arrays.copyOf(bytes, last + 1);
        successor[last]++;
        return OwnedSlice.wrap(successor);
    }

    public boolean isEmpty() {
        return end != null && start.compareTo(end) >= 0;
    }

    public boolean contains(Slice key) {
        return key.compareTo(start) >= 0 && isBelowEnd(key);
    }

    public boolean contains(OwnedSlice key) {
        return key.compareTo(start) >= 0 && (end == null || key.compareTo(end) < 0);
    }

    /** Whether all keys with the prefix are below the range. */
    public boolean startsBehindPrefix(Slice prefix) {
        return prefix.compareTo(start) < 0 && !start.startsWith(prefix);
    }

    public boolean isBelowEnd(Slice key) {
        return end == null || key.compareTo(end) < 0;
    }

    /** Whether any key of the closed range {@code [minKey, maxKey]} is inside. */
    public boolean overlaps(OwnedSlice minKey, OwnedSlice maxKey) {
        return maxKey.compareTo(start) >= 0 && (end == null || minKey.compareTo(end) < 0);
    }

    /** The keys that are in both; an empty range if there are none. */
    public KeyRange intersect(KeyRange other) {
        OwnedSlice from = start.compareTo(other.start) >= 0 ? start : other.start;
        OwnedSlice to = end;
        if (to == null || (other.end != null && other.end.compareTo(to) < 0)) {
            to = other.end;
        }
        return to != null && from.compareTo(to) > 0
                ? new KeyRange(from, from)
                : new KeyRange(from, to);
    }
}
