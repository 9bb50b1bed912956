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

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.check.Clock;
import java.util.concurrent.TimeUnit;

/**
 * Says when waits have come to a second within ten, and then not again for a minute. Safe for any
 * thread.
 */
final class StallAlarm {

    private static final long ALARM_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Clock clock;

    @GuardedBy("this")
    private long windowBeganNanos;

    @GuardedBy("this")
    private long waitedNanos;

    @GuardedBy("this")
    private long quietUntilNanos;

    StallAlarm(Clock clock) {
        this.clock = clock;
        long now = clock.nanoTime();
        this.windowBeganNanos = now;
        this.quietUntilNanos = now;
    }

    /**
     * A wait has ended, or a part of it.
     *
     * @return how long the waits of the last seconds were, if that is to be told now; else 0
     */
    synchronized long add(long nanos) {
        long now = clock.nanoTime();
        if (now - windowBeganNanos > WINDOW_NANOS) {
            windowBeganNanos = now;
            waitedNanos = 0;
        }
        waitedNanos += nanos;
        if (waitedNanos < ALARM_NANOS || now - quietUntilNanos < 0) {
            return 0;
        }
        long told = waitedNanos;
        waitedNanos = 0;
        quietUntilNanos = now + PAUSE_NANOS;
        return told;
    }
}
