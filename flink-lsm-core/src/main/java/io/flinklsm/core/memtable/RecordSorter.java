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
package io.flinklsm.core.memtable;

import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.memory.MemoryBudget;
import org.jspecify.annotations.Nullable;

/**
 * Sorts refs of entries by key, in unsigned byte order: a three-way quicksort over windows of eight
 * key bytes (multikey quicksort). The windows stand in an array beside the refs while they are
 * compared, so that a comparison touches no entry; a run of equal windows is sorted by the next
 * eight bytes.
 *
 * <p>The array of windows is accounted to the budget for as long as it lives; if there is no room
 * for it, windows are read from the entries each time, which is slower and still ends.
 */
final class RecordSorter {

    private static final int WINDOW_BYTES = Long.BYTES;
    private static final int INSERTION_SORT_MAX = 12;
    private static final int NINTHER_MIN = 128;

    private final Segments segments;
    private final MemoryBudget budget;

    private int[] refs = new int[0];
    private long @Nullable [] windows;

    /** Index in {@link #refs} of the first window. */
    private int windowsFrom;

    RecordSorter(Segments segments) {
        this.segments = segments;
        this.budget = segments.budget();
    }

    /** Sorts the refs; those of equal keys stand in any order. */
    void sort(int[] array) {
        int from = 0;
        int to = array.length;
        int count = to - from;
        if (count < 2) {
            return;
        }
        refs = array;
        windowsFrom = from;
        long bytes = (long) count * Long.BYTES;
        boolean reserved = budget.tryReserveFree(bytes);
        try {
            windows = reserved ? new long[count] : null;
            load(from, to, 0);
            if (!isAscending(from, to)) {
                sortRange(from, to, 0);
            }
        } finally {
            windows = null;
            if (reserved) {
                budget.unreserve(bytes);
            }
        }
    }

    /** Whether the first windows alone say so: counters and times often come in order. */
    private boolean isAscending(int from, int to) {
        for (int i = from + 1; i < to; i++) {
            if (window(i - 1, 0) >= window(i, 0)) {
                return false;
            }
        }
        return true;
    }

    /** Sorts {@code [from, to)}, whose keys agree in {@code depth} bytes; windows are loaded. */
    private void sortRange(int from, int to, int depth) {
        int low = from;
        int high = to;
        int at = depth;
        // The largest of three parts is done by this loop, so the stack stays shallow.
        while (high - low > INSERTION_SORT_MAX) {
            long pivot = pivot(low, high, at);
            int less = low;
            int greater = high;
            int i = low;
            while (i < greater) {
                long window = window(i, at);
                if (window < pivot) {
                    swap(less++, i++);
                } else if (window > pivot) {
                    swap(i, --greater);
                } else {
                    i++;
                }
            }
            int longer = shortKeysFirst(less, greater, at);
            int lessCount = less - low;
            int equalCount = greater - longer;
            int greaterCount = high - greater;
            if (equalCount >= lessCount && equalCount >= greaterCount) {
                sortRange(low, less, at);
                sortRange(greater, high, at);
                low = longer;
                high = greater;
                at += WINDOW_BYTES;
                load(low, high, at);
            } else {
                load(longer, greater, at + WINDOW_BYTES);
                sortRange(longer, greater, at + WINDOW_BYTES);
                if (lessCount >= greaterCount) {
                    sortRange(greater, high, at);
                    high = less;
                } else {
                    sortRange(low, less, at);
                    low = greater;
                }
            }
        }
        insertionSort(low, high, at);
    }

    /**
     * Of keys with equal windows, puts those that end inside the window to the front, by length:
     * each is a prefix of the next, since the windows are padded with zeros. Returns where the
     * others begin.
     */
    private int shortKeysFirst(int from, int to, int depth) {
        int end = from;
        for (int i = from; i < to; i++) {
            if (keyLength(refs[i]) <= depth + WINDOW_BYTES) {
                swap(end, i);
                int at = end;
                while (at > from && keyLength(refs[at]) < keyLength(refs[at - 1])) {
                    swap(at, at - 1);
                    at--;
                }
                end++;
            }
        }
        return end;
    }

    private void insertionSort(int from, int to, int depth) {
        for (int i = from + 1; i < to; i++) {
            for (int j = i; j > from && isBefore(j, j - 1, depth); j--) {
                swap(j, j - 1);
            }
        }
    }

    private boolean isBefore(int left, int right, int depth) {
        long leftWindow = window(left, depth);
        long rightWindow = window(right, depth);
        return leftWindow != rightWindow
                ? leftWindow < rightWindow
                : compareKeys(refs[left], refs[right], depth) < 0;
    }

    private long pivot(int from, int to, int depth) {
        int middle = (from + to) >>> 1;
        if (to - from < NINTHER_MIN) {
            return median(window(from, depth), window(middle, depth), window(to - 1, depth));
        }
        int step = (to - from) / 8;
        return median(
                median(
                        window(from, depth),
                        window(from + step, depth),
                        window(from + 2 * step, depth)),
                median(
                        window(middle - step, depth),
                        window(middle, depth),
                        window(middle + step, depth)),
                median(
                        window(to - 1 - 2 * step, depth),
                        window(to - 1 - step, depth),
                        window(to - 1, depth)));
    }

    private static long median(long a, long b, long c) {
        return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    }

    private void swap(int left, int right) {
        int ref = refs[left];
        refs[left] = refs[right];
        refs[right] = ref;
        long[] w = windows;
        if (w != null) {
            long window = w[left - windowsFrom];
            w[left - windowsFrom] = w[right - windowsFrom];
            w[right - windowsFrom] = window;
        }
    }

    private void load(int from, int to, int depth) {
        long[] w = windows;
        if (w != null) {
            for (int i = from; i < to; i++) {
                w[i - windowsFrom] = readWindow(refs[i], depth);
            }
        }
    }

    private long window(int index, int depth) {
        long[] w = windows;
        return w != null ? w[index - windowsFrom] : readWindow(refs[index], depth);
    }

    /** The key's bytes from {@code depth} on, padded with zeros, as a number of the same order. */
    private long readWindow(int ref, int depth) {
        long address = segments.address(ref);
        int length = Records.keyLength(address);
        int rest = length - depth;
        long key = Records.keyAddress(address);
        long window;
        if (rest >= WINDOW_BYTES) {
            window = RawMemory.getLongBigEndian(null, key + depth);
        } else if (rest <= 0) {
            window = 0;
        } else {
            // The eight bytes that end with the key: a record has 8 bytes or more in front of its
            // key.
            window =
                    RawMemory.getLongBigEndian(null, key + length - WINDOW_BYTES)
                            << (Byte.SIZE * (WINDOW_BYTES - rest));
        }
        return window ^ Long.MIN_VALUE;
    }

    private int keyLength(int ref) {
        return Records.keyLength(segments.address(ref));
    }

    private int compareKeys(int left, int right, int depth) {
        long leftAddress = segments.address(left);
        long rightAddress = segments.address(right);
        int leftLength = Records.keyLength(leftAddress);
        int rightLength = Records.keyLength(rightAddress);
        int skip = Math.min(depth, Math.min(leftLength, rightLength));
        return RawMemory.compare(
                null,
                Records.keyAddress(leftAddress) + skip,
                leftLength - skip,
                null,
                Records.keyAddress(rightAddress) + skip,
                rightLength - skip);
    }
}
