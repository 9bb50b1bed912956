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
 * Which keys were asked for lately and were not in memory, as many as the tier has: what comes back
 * later is asked for less often than what would give way to it. Guarded by the tier's lock.
 */
final class RecentMisses {

    private static final int COUNT_MIN = 1 << 10;
    private static final int COUNT_MAX = 1 << 20;

    /** Where one part of a key's hash says, a byte of another one; 0 for none. */
    private byte[] tags = new byte[0];

    /**
     * Whether the key was not missed lately; it is remembered as missed then, and forgotten else.
     *
     * @param keys so many keys the tier has
     */
    boolean isFirst(long hash, long keys) {
        int at = place(hash, keys);
        byte tag = tagOf(hash);
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
        int wanted = (int) Math.max(COUNT_MIN, Math.min(COUNT_MAX, keys));
        if (tags.length < wanted) {
            tags = new byte[Integer.highestOneBit(wanted - 1) * 2];
        }
        return (int) hash & (tags.length - 1);
    }

    private static byte tagOf(long hash) {
        return (byte) (1 + (hash >>> Integer.SIZE) % 255);
    }
}
