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

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Which one of several jobs may work where there is a processor for one. The job that has the turn
 * keeps it until it ends, as long as it goes on asking; one that has not asked for a while rests or
 * waits for a disk, and the next one that asks takes over. Safe for any thread.
 */
public final class WorkTurn {

    /** Several times as long as a job takes from one question to the next. */
    static final long LAPSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final LongSupplier nanoTime;

    @GuardedBy("this")
    private @Nullable Object owner;

    @GuardedBy("this")
    private long askedNanos;

    public WorkTurn(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * Whether the job may work on; it asks again soon.
     *
     * @param job the same object for every question of a job
     */
    public synchronized boolean isOf(Object job) {
        long now = nanoTime.getAsLong();
        if (owner != job && owner != null && now - askedNanos < LAPSE_NANOS) {
            return false;
        }
        owner = job;
        askedNanos = now;
        return true;
    }

    /** The job is over: the turn is free, if it was the job's. */
    public synchronized void end(Object job) {
        if (owner == job) {
            owner = null;
        }
    }
}
