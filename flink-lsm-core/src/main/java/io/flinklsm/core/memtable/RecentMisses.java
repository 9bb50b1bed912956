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

/**
 * Which keys were asked for lately and were not in memory, as hashes: of what is asked for once and
 * never again nothing needs to be kept. Grows with the tier, up to {@link #COUNT_MAX} keys; a newer
 * key takes the place of an older one. Guarded by the tier's lock.
 */
final class RecentMisses {

    private static final int COUNT_MIN = 1 << 10;
    private static final int COUNT_MAX = 1 << 16;

    private int[] tags = new int[0];

    /**
     * Whether the key was not missed lately; it is remembered as missed then, and forgotten else.
     *
     * @param keys so many keys the tier has
     */
    boolean isFirst(long hash, long keys) {
        int at = place(hash, keys);
        int tag = tagOf(hash);
        boolean isFirst = tags[at] != tag;
        tags[at] = isFirst ? tag : 0;
        return isFirst;
    }

    /** The key was missed; {@code keys} as for {@link #isFirst}. */
    void remember(long hash, long keys) {
        int at = place(hash, keys);
        tags[at] = tagOf(hash);
    }

    private int place(long hash, long keys) {
        int wanted = (int) Math.min(COUNT_MAX, Long.highestOneBit(keys | 1));
        if (tags.length < Math.max(COUNT_MIN, wanted)) {
            tags = new int[Math.max(COUNT_MIN, wanted)];
        }
        return (int) hash & (tags.length - 1);
    }

    private static int tagOf(long hash) {
        return (int) (hash >>> Integer.SIZE) | 1;
    }
}
