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
package io.flinklsm.benchmarks.workload;

import java.util.SplittableRandom;

/** The keys 0 to {@code count} − 1 in one fixed random order, the same in every run. Immutable. */
public final class KeyOrder {

    private static final long SEED = 20_260_101L;

    private final int[] keys;

    /** An order of {@code count} keys; {@code count} ≥ 1. */
    public KeyOrder(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("[keys] need at least one: count=" + count);
        }
        keys = new int[count];
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < count; i++) {
            int at = random.nextInt(i + 1);
            keys[i] = keys[at];
            keys[at] = i;
        }
    }

    public int count() {
        return keys.length;
    }

    /** The key at a place of the order; after the last key it begins again. */
    public long at(long index) {
        return keys[(int) (index % keys.length)];
    }
}
