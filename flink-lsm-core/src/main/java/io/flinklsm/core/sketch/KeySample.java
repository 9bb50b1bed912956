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
package io.flinklsm.core.sketch;

import io.flinklsm.core.check.Invariants;
import java.util.Arrays;

/**
 * A sample from which the number of different keys is told: the hashes below a threshold. Samples
 * of several files make one, whatever keys they share: the lowest threshold counts, and a hash that
 * is in two of them counts once. (Bar-Yossef et al., "Counting distinct elements in a data stream",
 * 2002; the form with a threshold is that of theta sketches, Dasgupta et al., 2016.) Immutable.
 *
 * <p>With <em>c</em> hashes in the sample, the standard error of the estimate is 1 ÷ √<em>c</em>. A
 * sample whose threshold is {@link #ALL} has every key, and then the number is exact.
 */
public final class KeySample {

    /** Bits of a key's hash that are kept. */
    static final int HASH_BITS = 40;

    /** The threshold of a sample that leaves no key out. */
    static final long ALL = 1L << HASH_BITS;

    private final long threshold;

    /** Ascending, below the threshold. */
    private final long[] hashes;

    /**
     * @param hashes ascending, none twice, all below the threshold; not copied
     */
    KeySample(long threshold, long[] hashes) {
        Invariants.check(
                threshold >= 0 && threshold <= ALL,
                "no sample has this threshold",
                "threshold",
                threshold);
        if (Invariants.ENABLED) {
            for (int i = 0; i < hashes.length; i++) {
                Invariants.check(
                        hashes[i] < threshold && (i == 0 || hashes[i] > hashes[i - 1]),
                        "the hashes of a sample do not ascend below its threshold",
                        "index",
                        i,
                        "hash",
                        hashes[i]);
            }
        }
        this.threshold = threshold;
        this.hashes = hashes;
    }

    /** The sample of no keys at all. */
    public static KeySample none() {
        return new KeySample(ALL, new long[0]);
    }

    /** What is kept of a key's hash. */
    static long kept(long hash) {
        return hash >>> (Long.SIZE - HASH_BITS);
    }

    long threshold() {
        return threshold;
    }

    int size() {
        return hashes.length;
    }

    long hash(int index) {
        return hashes[index];
    }

    /** Whether no key was left out, so that {@link #estimate} is the number itself. */
    public boolean isComplete() {
        return threshold == ALL;
    }

    /** How many different keys there are. */
    public long estimate() {
        return isComplete()
                ? hashes.length
                : Math.round((double) hashes.length * ALL / Math.max(1, threshold));
    }

    /** Standard error of the estimate, as a share of it; 0 if it is exact. */
    public double relativeError() {
        return isComplete() ? 0 : 1 / Math.sqrt(Math.max(1, hashes.length));
    }

    /** With at most so many hashes. */
    public KeySample cutTo(int size) {
        if (size < 0) {
            throw new IllegalArgumentException("a sample has fewer hashes than none: size=" + size);
        }
        return hashes.length <= size
                ? this
                : new KeySample(hashes[size], Arrays.copyOf(hashes, size));
    }

    /** The sample of the keys of both. */
    public KeySample union(KeySample other) {
        long lowest = Math.min(threshold, other.threshold);
        long[] all = new long[hashes.length + other.hashes.length];
        int count = 0;
        int left = 0;
        int right = 0;
        while (left < hashes.length || right < other.hashes.length) {
            long ours = left < hashes.length ? hashes[left] : ALL;
            long theirs = right < other.hashes.length ? other.hashes[right] : ALL;
            long next = Math.min(ours, theirs);
            if (next >= lowest) {
                break;
            }
            all[count++] = next;
            left += ours == next ? 1 : 0;
            right += theirs == next ? 1 : 0;
        }
        return new KeySample(lowest, Arrays.copyOf(all, count));
    }
}
