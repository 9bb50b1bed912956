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

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HashFilterTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 1_000, 1 << 20})
    void whatWasAddedIsFoundUntilTheFilterIsFull(int capacity) {
        HashFilter filter = new HashFilter(capacity);
        SplittableRandom random = new SplittableRandom(capacity);
        int added = 0;
        long hash = random.nextLong();
        while (filter.add(hash)) {
            assertThat(filter.mayContain(hash)).isTrue();
            assertThat(filter.add(hash)).as("once more").isTrue();
            added++;
            hash = random.nextLong();
        }
        // Those that are taken for others take no place.
        assertThat(added).isBetween(capacity, capacity * 11 / 10 + 20);

        SplittableRandom same = new SplittableRandom(capacity);
        for (int i = 0; i < added; i++) {
            assertThat(filter.mayContain(same.nextLong())).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1_000, 1 << 20})
    void otherHashesAreSeldomFound(int capacity) {
        HashFilter filter = new HashFilter(capacity);
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < capacity; i++) {
            filter.add(random.nextLong());
        }
        int found = 0;
        for (int i = 0; i < 100_000; i++) {
            found += filter.mayContain(random.nextLong()) ? 1 : 0;
        }

        assertThat(found).isBetween(100, 100_000 / 25);
    }
}
