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
package io.flinklsm.core.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class WorkTurnTest {

    private static final Object FIRST = new Object();
    private static final Object SECOND = new Object();

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 100);
    private final WorkTurn turn = new WorkTurn(clock::get);

    @Test
    void turnIsOneJobsUntilThatEnds() {
        assertThat(turn.isOf(FIRST)).isTrue();
        assertThat(turn.isOf(SECOND)).isFalse();
        assertThat(turn.isOf(FIRST)).isTrue();

        turn.end(FIRST);

        assertThat(turn.isOf(SECOND)).isTrue();
        assertThat(turn.isOf(FIRST)).isFalse();
    }

    @Test
    void jobThatDoesNotAskLosesTheTurn() {
        turn.isOf(FIRST);
        clock.addAndGet(WorkTurn.LAPSE_NANOS - 1);
        assertThat(turn.isOf(SECOND)).isFalse();

        clock.addAndGet(1);

        assertThat(turn.isOf(SECOND)).isTrue();
        assertThat(turn.isOf(FIRST)).isFalse();
    }

    @Test
    void askingKeepsTheTurn() {
        turn.isOf(FIRST);
        clock.addAndGet(WorkTurn.LAPSE_NANOS - 1);
        turn.isOf(FIRST);
        clock.addAndGet(WorkTurn.LAPSE_NANOS - 1);

        assertThat(turn.isOf(SECOND)).isFalse();
    }

    @Test
    void endOfAJobWithoutTheTurnChangesNothing() {
        turn.isOf(FIRST);

        turn.end(SECOND);

        assertThat(turn.isOf(SECOND)).isFalse();
        assertThat(turn.isOf(FIRST)).isTrue();
    }
}
