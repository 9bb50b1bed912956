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

import io.flinklsm.core.testing.ManualClock;
import org.junit.jupiter.api.Test;

/** When a generation is full, and how patient a writer is. */
final class RulesTest {

    private final ManualClock clock = new ManualClock();

    @Test
    void treeIsFullAtItsLimitAndNotBefore() {
        FreezeRule rule = new FreezeRule(1000);

        assertThat(rule.isTreeFull(999)).isFalse();
        assertThat(rule.isTreeFull(1000)).isTrue();
        assertThat(rule.isTreeFull(0)).isFalse();
    }

    @Test
    void storeIsFullAtHalfOfItsShare() {
        FreezeRule rule = new FreezeRule(1000);

        assertThat(rule.isStoreFull(499, 1000)).isFalse();
        assertThat(rule.isStoreFull(500, 1000)).isTrue();
        assertThat(rule.isStoreFull(0, 0)).isTrue();
    }

    @Test
    void ruleWithoutALimitAndNegativeSizesAreRefused() {
        assertThatThrownBy(() -> new FreezeRule(0)).isInstanceOf(IllegalArgumentException.class);
        FreezeRule rule = new FreezeRule(1);
        assertThatThrownBy(() -> rule.isTreeFull(-1)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> rule.isStoreFull(-1, 0)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> rule.isStoreFull(0, -1)).isInstanceOf(AssertionError.class);
    }

    @Test
    void waitIsLongAndThenOver() {
        clock.advanceMillis(12_345);
        MemoryWait wait = new MemoryWait(clock);

        clock.advanceMillis(MemoryWait.PATIENCE_MILLIS - 1);
        assertThat(wait.isLong()).isFalse();
        clock.advanceMillis(1);
        assertThat(wait.isLong()).isTrue();
        assertThat(wait.isOver()).isFalse();

        clock.advanceMillis(MemoryWait.LIMIT_MILLIS - MemoryWait.PATIENCE_MILLIS - 1);
        assertThat(wait.isOver()).isFalse();
        clock.advanceMillis(1);
        assertThat(wait.isOver()).isTrue();
        assertThat(wait.waitedMillis()).isEqualTo(MemoryWait.LIMIT_MILLIS);
    }

    @Test
    void othersAreAskedAtOnceAndThenNotTooOften() {
        MemoryWait wait = new MemoryWait(clock);

        assertThat(wait.isTimeToAsk()).isTrue();
        assertThat(wait.isTimeToAsk()).isFalse();
        clock.advanceMillis(MemoryWait.ASK_AGAIN_MILLIS - 1);
        assertThat(wait.isTimeToAsk()).isFalse();
        clock.advanceMillis(1);
        assertThat(wait.isTimeToAsk()).isTrue();
        assertThat(wait.isTimeToAsk()).as("counted anew").isFalse();
    }
}
