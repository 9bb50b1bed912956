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
 * Draws keys with Zipf's law: the key of rank r with a weight of 1 / r^0.99. Ranks are dealt to
 * keys at random, so that frequent keys are not neighbours. Confined to one thread.
 *
 * <p>The method of Gray et al., "Quickly generating billion-record synthetic databases" (1994): one
 * power a draw.
 */
public final class ZipfKeys {

    private static final double SKEW = 0.99;

    /** A prime: neighbours in rank are not neighbours in the order of loading either. */
    private static final long STRIDE = 7_919;

    private final KeyOrder ranks;
    private final SplittableRandom random;
    private final double zeta;
    private final double alpha = 1 / (1 - SKEW);
    private final double eta;

    /** Draws from the keys of {@code ranks}. */
    public ZipfKeys(KeyOrder ranks, long seed) {
        this.ranks = ranks;
        random = new SplittableRandom(seed);
        double sum = 0;
        for (int rank = 1; rank <= ranks.count(); rank++) {
            sum += Math.pow(rank, -SKEW);
        }
        zeta = sum;
        double zetaOfTwo = 1 + Math.pow(2, -SKEW);
        eta = (1 - Math.pow(2.0 / ranks.count(), 1 - SKEW)) / (1 - zetaOfTwo / zeta);
    }

    /** The next key. */
    public long next() {
        double uniform = random.nextDouble();
        double scaled = uniform * zeta;
        if (scaled < 1) {
            return keyOf(0);
        }
        if (scaled < 1 + Math.pow(0.5, SKEW)) {
            return keyOf(1);
        }
        long rank = (long) (ranks.count() * Math.pow(eta * uniform - eta + 1, alpha));
        return keyOf(rank);
    }

    private long keyOf(long rank) {
        return ranks.at(rank * STRIDE);
    }
}
