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

/**
 * A bloom filter of hashes on the heap, a byte a hash: a hash chooses a word of 64 bits and sets
 * three bits in it. What was never added is found in 1 of 30 cases when the filter is full. For one
 * thread at a time.
 */
public final class HashFilter {

    private final long[] words;
    private long left;

    /**
     * @param capacity so many different hashes it takes, at least 1
     */
    public HashFilter(int capacity) {
        words = new long[(capacity + Long.BYTES - 1) / Long.BYTES];
        left = capacity;
    }

    /**
     * Adds a hash of 64 well mixed bits.
     *
     * @return false if the filter is full: then it may say of any hash that it was not added
     */
    public boolean add(long hash) {
        int at = place(hash);
        long bits = bits(hash);
        if ((words[at] & bits) != bits) {
            if (left == 0) {
                return false;
            }
            left--;
            words[at] |= bits;
        }
        return true;
    }

    /** False if the hash was never added. */
    public boolean mayContain(long hash) {
        long bits = bits(hash);
        return (words[place(hash)] & bits) == bits;
    }

    private int place(long hash) {
        return (int) ((hash >>> Integer.SIZE) * words.length >>> Integer.SIZE);
    }

    private static long bits(long hash) {
        return 1L << hash | 1L << (hash >>> 6) | 1L << (hash >>> 12);
    }
}
