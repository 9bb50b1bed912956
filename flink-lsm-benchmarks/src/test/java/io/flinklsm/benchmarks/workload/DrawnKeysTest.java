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

import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class DrawnKeysTest {

    private static final int COUNT = 10_000;
    private static final int DRAWS = 300_000;

    @Test
    void uniformDrawsGiveEveryKeyItsShare() {
        int[] hits = hits(DrawnKeys.uniform(COUNT, 1));

        assertThat(Arrays.stream(hits)).allMatch(hit -> hit > 0 && hit < 4 * DRAWS / COUNT);
    }

    @Test
    void zipfDrawsGiveTheMostFrequentKeyATenthAndSeldomOnesTheRest() {
        int[] hits = hits(DrawnKeys.zipf(COUNT, 1));

        int[] sorted = hits.clone();
        Arrays.sort(sorted);
        // 1 / (1 + 2^-0.99 + ... + 10,000^-0.99) is 0.098.
        assertThat(sorted[COUNT - 1] / (double) DRAWS).isBetween(0.09, 0.11);
        assertThat(Arrays.stream(hits).filter(hit -> hit > 0).count())
                .isGreaterThan(COUNT * 8 / 10);
    }

    private static int[] hits(DrawnKeys keys) {
        int[] hits = new int[COUNT];
        for (int i = 0; i < DRAWS; i++) {
            hits[keys.next()]++;
        }
        return hits;
    }
}
