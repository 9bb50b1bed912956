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
package io.flinklsm.statebackend.timers;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The least elements of one key group in their serialised form, sorted. Either it holds all
 * elements of the key group ({@code complete}), or every element that is not in it is above its
 * last one. Confined to the task thread.
 */
final class HeadCache {

    private static final int FIRST_ROOM = 8;

    private final int capacity;
    private byte[] @Nullable [] rows = new byte[FIRST_ROOM][];
    private int start;
    private int count;
    private boolean complete;

    /**
     * @param capacity elements held at most
     */
    HeadCache(int capacity, boolean complete) {
        this.capacity = capacity;
        this.complete = complete;
    }

    boolean isEmpty() {
        return count == 0;
    }

    boolean isComplete() {
        return complete;
    }

    void setComplete() {
        complete = true;
    }

    /** Whether the answer to "is it in the queue?" is known without the store. */
    boolean covers(byte[] row) {
        return complete || (count > 0 && Arrays.compareUnsigned(row, at(count - 1)) <= 0);
    }

    byte[] first() {
        return at(0);
    }

    /** Appends an element above all others; while it is filled from the store. */
    void append(byte[] row) {
        ensureRoomBehind();
        rows[start + count++] = row;
    }

    boolean isFull() {
        return count == capacity;
    }

    void removeFirst() {
        rows[start++] = null;
        if (--count == 0) {
            start = 0;
        }
    }

    /** Index of the element, or -(where it belongs) - 1. */
    int find(byte[] row) {
        int low = 0;
        int high = count - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = Arrays.compareUnsigned(at(middle), row);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -low - 1;
    }

    /**
     * Takes a new element in if it belongs to the least ones; an element that no longer fits
     * leaves.
     *
     * @param index where it belongs, from {@link #find}
     */
    void insert(int index, byte[] row) {
        if (index == count && (!complete || count == capacity)) {
            complete = false;
            return;
        }
        if (count == capacity) {
            rows[start + --count] = null;
            complete = false;
        }
        ensureRoomBehind();
        System.arraycopy(rows, start + index, rows, start + index + 1, count - index);
        rows[start + index] = row;
        count++;
    }

    void remove(int index) {
        if (index == 0) {
            removeFirst();
            return;
        }
        System.arraycopy(rows, start + index + 1, rows, start + index, count - index - 1);
        rows[start + --count] = null;
    }

    private byte[] at(int index) {
        return Objects.requireNonNull(rows[start + index]);
    }

    private void ensureRoomBehind() {
        if (start + count < rows.length) {
            return;
        }
        byte[] @Nullable [] target =
                count < rows.length ? rows : new byte[Math.min(2 * rows.length, capacity)][];
        System.arraycopy(rows, start, target, 0, count);
        if (target == rows) {
            Arrays.fill(rows, count, rows.length, null);
        }
        rows = target;
        start = 0;
    }
}
