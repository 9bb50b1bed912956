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

/**
 * The keys 0 to {@code count} − 1, each of them once in a pass, in a new random order on every
 * pass. Confined to one thread.
 *
 * <p>An order is computed, not kept: a reader of a shuffled array would share the caches with the
 * state under measurement. The numbers 0, 1, 2 … are mixed by steps that are one-to-one on all
 * numbers of as many bits as {@code count} has (a multiplication by an odd number, an addition, and
 * an exclusive or with the upper half); those that are too large are left out. A key costs a few
 * nanoseconds, the same on every backend.
 */
public final class RandomPasses implements KeySource {

    private static final int ROUNDS = 3;

    private final int count;
    private final int bits;
    private final int mask;
    private final SplittableRandom random;
    private final int[] factors = new int[ROUNDS];
    private final int[] summands = new int[ROUNDS];

    private int position;
    private int leftInPass;

    /** Orders of {@code count} ≥ 1 keys; the same seed gives the same orders. */
    public RandomPasses(int count, long seed) {
        if (count < 1) {
            throw new IllegalArgumentException("[keys] need at least one: count=" + count);
        }
        this.count = count;
        bits = Math.max(2, Integer.SIZE - Integer.numberOfLeadingZeros(count - 1));
        mask = bits == Integer.SIZE ? -1 : (1 << bits) - 1;
        random = new SplittableRandom(seed);
    }

    public int count() {
        return count;
    }

    @Override
    public int next() {
        if (leftInPass == 0) {
            beginPass();
        }
        leftInPass--;
        int key;
        do {
            key = mixed(position++);
        } while (key >= count);
        return key;
    }

    private void beginPass() {
        position = 0;
        leftInPass = count;
        for (int round = 0; round < ROUNDS; round++) {
            factors[round] = random.nextInt() | 1;
            summands[round] = random.nextInt();
        }
    }

    private int mixed(int number) {
        int mixed = number;
        for (int round = 0; round < ROUNDS; round++) {
            mixed = (mixed * factors[round] + summands[round]) & mask;
            mixed ^= mixed >>> (bits / 2);
        }
        return mixed;
    }
}
