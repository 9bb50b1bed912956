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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RandomPassesTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 64, 1_000, 65_537, 300_000})
    void everyPassHasEveryKeyOnce(int count) {
        RandomPasses passes = new RandomPasses(count, 42);

        for (int pass = 0; pass < 3; pass++) {
            int[] keys = pass(passes);
            Arrays.sort(keys);
            assertThat(keys).isEqualTo(IntStream.range(0, count).toArray());
        }
    }

    @Test
    void everyPassHasAnOrderOfItsOwn() {
        RandomPasses passes = new RandomPasses(10_000, 42);

        int[] first = pass(passes);
        int[] second = pass(passes);

        // Of two random orders, one key in expectation stands at the same place in both.
        assertThat(IntStream.range(0, 10_000).filter(i -> first[i] == second[i]).count())
                .isLessThan(20);
    }

    @Test
    void neighboursInTheOrderOfInsertionAreNoNeighboursInAPass() {
        int count = 100_000;
        for (int seed = 0; seed < 20; seed++) {
            int[] keys = pass(new RandomPasses(count, seed));

            double distance = 0;
            int[] places = new int[count];
            for (int i = 0; i < count; i++) {
                places[keys[i]] = i;
                distance += i == 0 ? 0 : Math.abs((double) keys[i] - keys[i - 1]) / count;
            }
            // Two keys that are drawn independently are a third of all keys apart.
            assertThat(distance / count).isBetween(0.25, 0.42);
            // In a random order about two keys in a hundred thousand follow on their predecessor.
            int followers = 0;
            for (int key = 1; key < count; key++) {
                followers += Math.abs(places[key] - places[key - 1]) == 1 ? 1 : 0;
            }
            assertThat(followers).isLessThan(count / 1_000);
        }
    }

    @Test
    void theSameSeedGivesTheSameOrders() {
        RandomPasses one = new RandomPasses(1_000, 7);
        RandomPasses same = new RandomPasses(1_000, 7);
        RandomPasses other = new RandomPasses(1_000, 8);

        int[] keys = pass(one);
        assertThat(pass(same)).isEqualTo(keys);
        assertThat(pass(other)).isNotEqualTo(keys);
    }

    @Test
    void noKeysHaveNoOrder() {
        assertThatThrownBy(() -> new RandomPasses(0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("count=0");
    }

    private static int[] pass(RandomPasses passes) {
        return IntStream.range(0, passes.count()).map(i -> passes.next()).toArray();
    }
}
