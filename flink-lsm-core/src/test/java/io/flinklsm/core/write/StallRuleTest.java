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
package io.flinklsm.core.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class StallRuleTest {

    private final StallRule rule = new StallRule(20, 36, 4, 1000, 5000);

    @Test
    void nobodyWaitsBelowTheTriggers() {
        assertThat(rule.delayNanos(19, 0, 1 << 20)).isZero();
        assertThat(rule.mustStop(35, 3)).isFalse();
    }

    @Test
    void delayGrowsWithEveryRunUpToOneSecondAMebibyte() {
        long last = 0;
        for (int runs = 20; runs < 36; runs++) {
            long delay = rule.delayNanos(runs, 0, 1 << 20);

            assertThat(delay).isGreaterThan(last);
            last = delay;
        }
        assertThat(rule.delayNanos(20, 0, 1 << 20)).isLessThan(25_000_000);
        assertThat(last).isBetween(999_000_000L, 1_001_000_000L);
        assertThat(rule.delayNanos(99, 0, 1 << 20)).isEqualTo(last);
    }

    @Test
    void debtSlowsDownAsRunsDo() {
        assertThat(rule.delayNanos(0, 999, 1 << 20)).isZero();
        assertThat(rule.delayNanos(0, 1000, 1 << 20)).isBetween(15_000_000L, 16_000_000L);
        assertThat(rule.delayNanos(0, 3000, 1 << 20)).isBetween(124_000_000L, 126_000_000L);
        assertThat(rule.delayNanos(0, 99_999, 1 << 20)).isEqualTo(rule.delayNanos(99, 0, 1 << 20));
        assertThat(rule.delayNanos(27, 3000, 1 << 20)).isEqualTo(rule.delayNanos(27, 0, 1 << 20));
    }

    @Test
    void pressureIsOneWhereWritesBeginToBeSlowedDown() {
        assertThat(rule.pressure(0, 0)).isZero();
        assertThat(rule.pressure(10, 100)).isEqualTo(0.5);
        assertThat(rule.pressure(1, 1000)).isEqualTo(1.0);
    }

    @Test
    void delayIsProportionalToWhatWasWritten() {
        assertThat(rule.delayNanos(30, 0, 2000))
                .isBetween(
                        2 * rule.delayNanos(30, 0, 1000) - 1, 2 * rule.delayNanos(30, 0, 1000) + 1);
        assertThat(rule.delayNanos(30, 0, 0)).isZero();
    }

    @Test
    void writesStopAtEitherLimit() {
        assertThat(rule.mustStop(36, 0)).isTrue();
        assertThat(rule.mustStop(0, 4)).isTrue();
    }

    @Test
    void stoppingBeforeSlowingDownIsRefused() {
        assertThatThrownBy(() -> new StallRule(20, 20, 4, 1000, 5000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("level0Stop=20");
        assertThatThrownBy(() -> new StallRule(20, 36, 4, 1000, 1000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("debtFullBytes=1000");
    }
}
