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
package io.flinklsm.core.testing;

import io.flinklsm.core.check.Clock;
import io.flinklsm.core.check.Invariants;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A clock that a test moves: nothing else makes time pass. As on a real machine, the time of day
 * may be set back while the monotonic time only advances. It counts how often it was asked, so that
 * a test can tell when a thread that waits has looked at it again. Safe for any thread.
 */
public final class ManualClock implements Clock {

    private final AtomicLong nanos = new AtomicLong();
    private final AtomicLong setBackMillis = new AtomicLong();
    private final AtomicLong askedCount = new AtomicLong();

    /** Lets time pass: both the time of day and the monotonic time. */
    public void advanceMillis(long millis) {
        Invariants.check(millis >= 0, "monotonic time does not go back", "millis", millis);
        nanos.addAndGet(millis * 1_000_000);
    }

    /** Sets the time of day back, as an operator or a time server does; no time passes. */
    public void setBackMillis(long millis) {
        setBackMillis.addAndGet(millis);
    }

    /** How often a caller has asked for the monotonic time. */
    public long askedCount() {
        return askedCount.get();
    }

    @Override
    public long currentTimeMillis() {
        return nanos.get() / 1_000_000 - setBackMillis.get();
    }

    @Override
    public long nanoTime() {
        askedCount.incrementAndGet();
        return nanos.get();
    }
}
