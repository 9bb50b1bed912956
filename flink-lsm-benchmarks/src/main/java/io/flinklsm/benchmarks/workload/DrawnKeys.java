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
import java.util.function.IntSupplier;

/**
 * Keys that were drawn before the clock runs, over and over: a draw by Zipf's law takes a third of
 * a get from the heap. Confined to one thread.
 */
public final class DrawnKeys implements KeySource {

    private static final int DRAWS = 1 << 20;

    private final int[] drawn;
    private int position;

    private DrawnKeys(int draws, IntSupplier law) {
        drawn = new int[draws];
        for (int i = 0; i < drawn.length; i++) {
            drawn[i] = law.getAsInt();
        }
    }

    /** Every key as often as any other, with repetitions. */
    public static DrawnKeys uniform(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return new DrawnKeys(drawsFor(count), () -> random.nextInt(count));
    }

    /** By Zipf's law with the exponent 0.99; frequent keys are strewn over all keys. */
    public static DrawnKeys zipf(int count, long seed) {
        ZipfKeys zipf = new ZipfKeys(new KeyOrder(count), seed);
        return new DrawnKeys(drawsFor(count), () -> (int) zipf.next());
    }

    @Override
    public int next() {
        if (position == drawn.length) {
            position = 0;
        }
        return drawn[position++];
    }

    /** Small states are measured for a moment only: see {@link Scale#TINY}. */
    private static int drawsFor(int count) {
        return (int) Math.min(DRAWS, 64L * count);
    }
}
