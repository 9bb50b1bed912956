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
package io.flinklsm.inspect.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class HeavyHittersTest {

    private record Thing(String name, long weight) {}

    /** Many light things, and some heavy ones among them. */
    private static List<Thing> things(Random random, int count) {
        List<Thing> things = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean isHeavy = random.nextInt(20) == 0;
            int number = isHeavy ? random.nextInt(5) : random.nextInt(count);
            things.add(new Thing((isHeavy ? "heavy" : "light") + number, 1 + random.nextInt(10)));
        }
        return things;
    }

    private static Map<String, Long> weights(List<Thing> things) {
        Map<String, Long> weights = new HashMap<>();
        things.forEach(thing -> weights.merge(thing.name(), thing.weight(), Long::sum));
        return weights;
    }

    private static void add(List<Thing> things, HeavyHitters<String> hitters) {
        things.forEach(thing -> hitters.add(thing.name(), thing.weight(), 2 * thing.weight()));
    }

    @Test
    void withRoomForAllItCountsInOnePass() {
        List<Thing> things = things(new Random(1), 1000);
        Map<String, Long> weights = weights(things);
        HeavyHitters<String> hitters = new HeavyHitters<>(weights.size());

        add(things, hitters);

        assertThat(hitters.missedAtMost()).isZero();
        assertThat(hitters.size()).isEqualTo(weights.size());
        for (Map.Entry<String, HeavyHitters.Count> one : hitters.heaviest(Integer.MAX_VALUE)) {
            assertThat(one.getValue().weight).isEqualTo(weights.get(one.getKey()));
            assertThat(one.getValue().bytes).isEqualTo(2 * weights.get(one.getKey()));
        }
    }

    @Test
    void withLittleRoomASecondPassMakesWeightsExactAndBoundsWhatWent() {
        for (long seed = 0; seed < 30; seed++) {
            Random random = new Random(seed);
            List<Thing> things = things(random, 20_000);
            Map<String, Long> weights = weights(things);
            HeavyHitters<String> hitters = new HeavyHitters<>(500 + random.nextInt(500));

            add(things, hitters);
            assertThat(hitters.missedAtMost()).isPositive();
            hitters.recount();
            add(things, hitters);

            // Half of the things lose the median each time, so what has more than 2 in 500 of the
            // weight stays.
            Map<String, Long> others = new HashMap<>(weights);
            for (Map.Entry<String, HeavyHitters.Count> one : hitters.heaviest(Integer.MAX_VALUE)) {
                assertThat(one.getValue().weight)
                        .as("seed %d", seed)
                        .isEqualTo(others.remove(one.getKey()));
            }
            assertThat(others.values()).allMatch(weight -> weight <= hitters.missedAtMost());
            List<String> expected =
                    weights.entrySet().stream()
                            .sorted(
                                    Map.Entry.<String, Long>comparingByValue(
                                                    Comparator.reverseOrder())
                                            .thenComparing(Map.Entry.comparingByKey()))
                            .limit(5)
                            .map(Map.Entry::getKey)
                            .toList();
            assertThat(hitters.heaviest(5).stream().map(Map.Entry::getKey))
                    .as("seed %d", seed)
                    .containsExactlyElementsOf(expected);
        }
    }
}
