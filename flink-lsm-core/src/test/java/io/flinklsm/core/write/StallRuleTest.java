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

    private final StallRule rule = new StallRule(20, 36, 4);

    @Test
    void nobodyWaitsBelowTheTriggers() {
        assertThat(rule.delayNanos(19, 1 << 20)).isZero();
        assertThat(rule.mustStop(35, 3)).isFalse();
    }

    @Test
    void delayGrowsWithEveryRunUpToOneSecondAMebibyte() {
        long last = 0;
        for (int runs = 20; runs < 36; runs++) {
            long delay = rule.delayNanos(runs, 1 << 20);

            assertThat(delay).isGreaterThan(last);
            last = delay;
        }
        assertThat(rule.delayNanos(20, 1 << 20)).isLessThan(25_000_000);
        assertThat(last).isBetween(999_000_000L, 1_001_000_000L);
        assertThat(rule.delayNanos(99, 1 << 20)).isEqualTo(last);
    }

    @Test
    void delayIsProportionalToWhatWasWritten() {
        assertThat(rule.delayNanos(30, 2000))
                .isBetween(2 * rule.delayNanos(30, 1000) - 1, 2 * rule.delayNanos(30, 1000) + 1);
        assertThat(rule.delayNanos(30, 0)).isZero();
    }

    @Test
    void writesStopAtEitherLimit() {
        assertThat(rule.mustStop(36, 0)).isTrue();
        assertThat(rule.mustStop(0, 4)).isTrue();
    }

    @Test
    void stoppingBeforeSlowingDownIsRefused() {
        assertThatThrownBy(() -> new StallRule(20, 20, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("level0Stop=20");
    }
}
