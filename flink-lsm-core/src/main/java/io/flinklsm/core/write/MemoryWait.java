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

import io.flinklsm.core.check.Clock;
import java.util.concurrent.TimeUnit;

/**
 * A write that found no memory: for how long it has waited and what may be done about it by now.
 * Time is the clock's. A writer is woken by many things that free nothing, so how often it was
 * woken says nothing. Writer thread only.
 */
public final class MemoryWait {

    /** A writer that gets no memory for so long gives up. */
    public static final long LIMIT_MILLIS = 60_000;

    /** After so long, small SSTables are better than a writer that waits on. */
    public static final long PATIENCE_MILLIS = 10_000;

    /** Other stores are asked for memory again after so long. */
    public static final long ASK_AGAIN_MILLIS = 100;

    private final Clock clock;
    private final long startNanos;
    private long askedNanos;
    private boolean hasAsked;

    /** Begins now. */
    public MemoryWait(Clock clock) {
        this.clock = clock;
        this.startNanos = clock.nanoTime();
    }

    public long waitedMillis() {
        return TimeUnit.NANOSECONDS.toMillis(clock.nanoTime() - startNanos);
    }

    public boolean isOver() {
        return waitedMillis() >= LIMIT_MILLIS;
    }

    /** Whether generations are to be frozen however small they are. */
    public boolean isLong() {
        return waitedMillis() >= PATIENCE_MILLIS;
    }

    /** Whether the other stores are to be asked now; if so, the time until the next is counted. */
    public boolean isTimeToAsk() {
        long nowNanos = clock.nanoTime();
        if (hasAsked && nowNanos - askedNanos < TimeUnit.MILLISECONDS.toNanos(ASK_AGAIN_MILLIS)) {
            return false;
        }
        hasAsked = true;
        askedNanos = nowNanos;
        return true;
    }
}
