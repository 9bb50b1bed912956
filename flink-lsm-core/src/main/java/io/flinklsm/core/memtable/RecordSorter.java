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
import io.flinklsm.core.check.Invariants;
import org.jspecify.annotations.Nullable;

/**
 * Sorts refs of entries by key, in unsigned byte order, by windows of eight key bytes. The windows
 * stand in an array beside the refs while they are compared, so that a comparison touches no entry;
 * a run of equal windows is sorted by the next eight bytes.
 *
 * <p>Bytes that are the same in all keys decide nothing. Of those that the first windows would
 * hold, the longest run is passed over, so that more of what follows is in the windows: a number
 * behind a key group is mostly zeros, and its last byte would be in the second window. To what
 * sorts, keys without that run are the keys: a depth and the length of a key do not count it.
 *
 * <p>A large range is parted by the first byte in which its windows differ (American flag sort:
 * McIlroy, Bostic, McIlroy, "Engineering Radix Sort", 1993), which moves every entry once where a
 * quicksort would do so up to eight times; a small one by a three-way quicksort (Bentley,
 * Sedgewick, "Fast Algorithms for Sorting and Searching Strings", 1997).
 *
 * <p>The array of windows takes {@link #windowBytes} for as long as it sorts; a caller that has no
 * room for it lets windows be read from the entries each time, which is slower and still ends.
 */
final class RecordSorter {

    private static final int WINDOW_BYTES = Long.BYTES;
    private static final int INSERTION_SORT_MAX = 12;
    private static final int NINTHER_MIN = 128;

    /** From so many on, counting the values of a byte costs less than it saves. */
    private static final int RADIX_MIN = 1024;

    private static final int BYTE_VALUES = 256;

    /** So many keys say which bytes may be the same in all. */
    private static final int SAMPLED_KEYS = 64;

    private final Segments segments;

    private int[] refs = new int[0];
    private long @Nullable [] windows;

    // The run of bytes that all keys have in common and that is passed over.
    private int skipFrom;
    private int skipBytes;

    RecordSorter(Segments segments) {
        this.segments = segments;
    }

    /** Memory for the windows of so many refs. */
    static long windowBytes(int count) {
        return (long) count * Long.BYTES;
    }

    /**
     * Sorts the refs; those of equal keys stand in any order.
     *
     * @param hasRoomForWindows whether the caller has reserved {@link #windowBytes} of them
     */
    void sort(int[] array, boolean hasRoomForWindows) {
        int count = array.length;
        if (count < 2) {
            return;
        }
        refs = array;
        skipFrom = 0;
        skipBytes = 0;
        windows = hasRoomForWindows ? new long[count] : null;
        try {
            if (windows != null) {
                loadFirst(windows, count);
            }
            if (!isAscending(0, count)) {
                sortRange(0, count, 0);
            }
            checkSorted(0, count);
        } finally {
            windows = null;
        }
    }

    /**
     * Loads the first windows without the run that is passed over. It is found in a few keys, and
     * while the windows are loaded it turns out whether all keys have it. A key that ends within a
     * run of zeros may be there: it is padded with zeros, here as everywhere, and its length, even
     * if that is negative, tells it from the others.
     */
    private void loadFirst(long[] first, int count) {
        findCommonRun(count);
        if (skipBytes > 0) {
            long run = -1L << Long.SIZE - Byte.SIZE * skipBytes >>> Byte.SIZE * skipFrom;
            long bytes = firstBytes(refs[0]);
            long differing = 0;
            for (int i = 0; i < count; i++) {
                differing |= firstBytes(refs[i]) ^ bytes;
                first[i] = readWindow(refs[i], 0);
            }
            if ((differing & run) == 0) {
                return;
            }
            skipBytes = 0;
        }
        load(0, count, 0);
    }

    /** The longest run of bytes within a window that some of the keys have in common. */
    private void findCommonRun(int count) {
        long first = firstBytes(refs[0]);
        long differing = 0;
        int longest = 0;
        int step = Math.max(1, count / SAMPLED_KEYS);
        for (int i = 0; i < count; i += step) {
            differing |= firstBytes(refs[i]) ^ first;
            longest = Math.max(longest, keyLength(refs[i]));
        }
        if (longest <= WINDOW_BYTES) {
            // The windows have all of these keys as they are.
            return;
        }
        int runFrom = 0;
        for (int at = 0; at < WINDOW_BYTES; at++) {
            if ((differing << Byte.SIZE * at >>> Long.SIZE - Byte.SIZE) != 0) {
                runFrom = at + 1;
            } else if (at + 1 - runFrom > skipBytes) {
                skipFrom = runFrom;
                skipBytes = at + 1 - runFrom;
            }
        }
    }

    /** The first bytes of the key, padded with zeros, as a big-endian number. */
    private long firstBytes(int ref) {
        long record = segments.address(ref);
        return readWindow(Records.keyAddress(record), Records.keyLength(record), 0);
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
        // The largest part is done by this loop, so the stack stays shallow.
        while (high - low > INSERTION_SORT_MAX) {
            if (high - low >= RADIX_MIN) {
                long differing = differingBits(low, high, at);
                if (differing == 0) {
                    low = shortKeysFirst(low, high, at);
                    at += WINDOW_BYTES;
                    load(low, high, at);
                } else {
                    int[] ends = partByByte(low, high, at, shiftOfFirstByte(differing));
                    int largest = sortAllButLargest(low, ends, at);
                    low = largest == 0 ? low : ends[largest - 1];
                    high = ends[largest];
                }
                continue;
            }
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

    /** The bits in which not all windows of the range agree. */
    private long differingBits(int from, int to, int depth) {
        long first = window(from, depth);
        long differing = 0;
        for (int i = from + 1; i < to; i++) {
            differing |= window(i, depth) ^ first;
        }
        return differing;
    }

    /** How far a window is shifted for the byte that has the highest of the bits. */
    private static int shiftOfFirstByte(long bits) {
        int highestBit = Long.SIZE - 1 - Long.numberOfLeadingZeros(bits);
        return highestBit & -Byte.SIZE;
    }

    private int byteOfWindow(int index, int depth, int shift) {
        return (int) ((window(index, depth) ^ Long.MIN_VALUE) >>> shift) & (BYTE_VALUES - 1);
    }

    /** Orders the range by one byte of the windows; returns where each value's part ends. */
    private int[] partByByte(int from, int to, int depth, int shift) {
        int[] ends = new int[BYTE_VALUES];
        for (int i = from; i < to; i++) {
            ends[byteOfWindow(i, depth, shift)]++;
        }
        int[] next = new int[BYTE_VALUES];
        int end = from;
        for (int value = 0; value < BYTE_VALUES; value++) {
            next[value] = end;
            end += ends[value];
            ends[value] = end;
        }
        Invariants.check(
                end == to, "a part has other records than its range", "end", end, "to", to);
        for (int value = 0; value < BYTE_VALUES; value++) {
            while (next[value] < ends[value]) {
                int at = next[value];
                int target = byteOfWindow(at, depth, shift);
                if (target != value) {
                    swap(at, next[target]);
                }
                next[target]++;
            }
        }
        return ends;
    }

    /** Sorts every part but the largest; returns which one that is. */
    private int sortAllButLargest(int from, int[] ends, int depth) {
        int largest = 0;
        int largestCount = 0;
        int begin = from;
        for (int value = 0; value < BYTE_VALUES; value++) {
            if (ends[value] - begin > largestCount) {
                largest = value;
                largestCount = ends[value] - begin;
            }
            begin = ends[value];
        }
        begin = from;
        for (int value = 0; value < BYTE_VALUES; value++) {
            if (value != largest) {
                sortRange(begin, ends[value], depth);
            }
            begin = ends[value];
        }
        return largest;
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
            long window = w[left];
            w[left] = w[right];
            w[right] = window;
        }
    }

    private void load(int from, int to, int depth) {
        long[] w = windows;
        if (w != null) {
            for (int i = from; i < to; i++) {
                w[i] = readWindow(refs[i], depth);
            }
        }
    }

    private long window(int index, int depth) {
        long[] w = windows;
        return w != null ? w[index] : readWindow(refs[index], depth);
    }

    /** The key's bytes from {@code depth} on, padded with zeros, as a number of the same order. */
    private long readWindow(int ref, int depth) {
        long record = segments.address(ref);
        long key = Records.keyAddress(record);
        int length = Records.keyLength(record);
        if (skipBytes == 0) {
            return readWindow(key, length, depth) ^ Long.MIN_VALUE;
        }
        long behind = readWindow(key, length, Math.max(depth, skipFrom) + skipBytes);
        if (depth >= skipFrom) {
            return behind ^ Long.MIN_VALUE;
        }
        // The first window: what stands before the run, and then what stands behind it.
        long before = readWindow(key, length, 0) & ~(-1L >>> Byte.SIZE * skipFrom);
        return (before | behind >>> Byte.SIZE * skipFrom) ^ Long.MIN_VALUE;
    }

    private static long readWindow(long key, int length, int from) {
        int rest = length - from;
        if (rest >= WINDOW_BYTES) {
            return RawMemory.getLongBigEndian(null, key + from);
        }
        if (rest <= 0) {
            return 0;
        }
        // The eight bytes that end with the key: a record has 8 bytes or more in front of its key.
        return RawMemory.getLongBigEndian(null, key + length - WINDOW_BYTES)
                << (Byte.SIZE * (WINDOW_BYTES - rest));
    }

    private void checkSorted(int from, int to) {
        if (Invariants.ENABLED) {
            for (int i = from + 1; i < to; i++) {
                Invariants.check(
                        compareKeys(refs[i - 1], refs[i], 0) <= 0,
                        "sorted records do not ascend",
                        "index",
                        i,
                        "count",
                        to - from);
            }
        }
    }

    /** Without the bytes that are passed over. */
    private int keyLength(int ref) {
        return Records.keyLength(segments.address(ref)) - skipBytes;
    }

    private int compareKeys(int left, int right, int depth) {
        long leftAddress = segments.address(left);
        long rightAddress = segments.address(right);
        int leftLength = Records.keyLength(leftAddress);
        int rightLength = Records.keyLength(rightAddress);
        int agreed = depth >= skipFrom ? depth + skipBytes : depth;
        int skip = Math.min(agreed, Math.min(leftLength, rightLength));
        return RawMemory.compare(
                null,
                Records.keyAddress(leftAddress) + skip,
                leftLength - skip,
                null,
                Records.keyAddress(rightAddress) + skip,
                rightLength - skip);
    }
}
