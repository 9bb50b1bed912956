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

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RecentMissesTest {

    private final RecentMisses misses = new RecentMisses();

    @Test
    void keyIsFirstOnceAndForgottenWhenItComesAgain() {
        assertThat(misses.isFirst(42, 0)).isTrue();
        assertThat(misses.isFirst(42, 0)).isFalse();
        assertThat(misses.isFirst(42, 0)).isTrue();

        misses.remember(7, 0);
        assertThat(misses.isFirst(7, 0)).isFalse();
    }

    @Test
    void keyIsRememberedThatMakesTheTableOrLetsItGrow() {
        for (long keys : new long[] {0, 5_000, Long.MAX_VALUE}) {
            misses.remember(0x123_4567_89AB_CDEFL, keys);
            assertThat(misses.isFirst(0x123_4567_89AB_CDEFL, keys)).as("keys %d", keys).isFalse();
        }
    }

    @Test
    void asManyKeysAreRememberedAsTheTierHas() {
        for (int keys : new int[] {1_000, 100_000, 400_000}) {
            assertThat(remembered(keys, keys / 2)).as("of %d", keys).isGreaterThan(keys / 4);
        }
        assertThat(remembered(1_000, 400_000)).as("of a small tier").isLessThan(20_000);
    }

    @Test
    void otherKeysAreSeldomTakenForThem() {
        int keys = 100_000;
        SplittableRandom random = new SplittableRandom(3);
        int mistaken = 0;
        for (int i = 0; i < keys; i++) {
            mistaken += misses.isFirst(random.nextLong(), keys) ? 0 : 1;
        }

        assertThat(mistaken).isLessThan(keys / 200);
    }

    /** How many of so many misses are known when they come again, in the same order. */
    private static int remembered(int keys, int missed) {
        RecentMisses misses = new RecentMisses();
        SplittableRandom first = new SplittableRandom(5);
        for (int i = 0; i < missed; i++) {
            misses.isFirst(first.nextLong(), keys);
        }
        SplittableRandom again = new SplittableRandom(5);
        int remembered = 0;
        for (int i = 0; i < missed; i++) {
            remembered += misses.isFirst(again.nextLong(), keys) ? 0 : 1;
        }
        return remembered;
    }
}
