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
package io.flinklsm.statebackend.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.testing.ManualClock;
import org.junit.jupiter.api.Test;

final class StallAlarmTest {

    private static final long MILLI = 1_000_000;

    private final ManualClock clock = new ManualClock();
    private final StallAlarm alarm = new StallAlarm(clock);

    @Test
    void aSecondOfWaitsWithinTenIsTold() {
        assertThat(alarm.add(400 * MILLI)).isZero();
        clock.advanceMillis(5_000);
        assertThat(alarm.add(600 * MILLI)).isEqualTo(1_000 * MILLI);
    }

    @Test
    void waitsThatAreFarApartAreNotTold() {
        for (int i = 0; i < 100; i++) {
            assertThat(alarm.add(900 * MILLI)).isZero();
            clock.advanceMillis(10_001);
        }
    }

    @Test
    void whatGoesOnIsToldAgainAfterAMinute() {
        assertThat(alarm.add(1_000 * MILLI)).isPositive();
        int told = 0;
        for (int second = 0; second < 120; second++) {
            clock.advanceMillis(1_000);
            told += alarm.add(1_000 * MILLI) > 0 ? 1 : 0;
        }
        assertThat(told).isEqualTo(2);
    }
}
