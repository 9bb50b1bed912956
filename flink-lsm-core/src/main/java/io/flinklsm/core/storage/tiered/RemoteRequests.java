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
package io.flinklsm.core.storage.tiered;

import io.flinklsm.core.check.Clock;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.storage.RetryPolicy;
import io.flinklsm.core.storage.StorageStoppedException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/**
 * What requests to remote storage have in common: when they are made again, which memory their
 * bytes take, what is counted of them, and that none is made once the storage is stopped. Safe for
 * any thread.
 */
final class RemoteRequests {

    private final RetryPolicy retry;
    private final Clock clock;
    private final RandomGenerator random;
    private final FetchMemory memory;
    private final TieredCounters counters = new TieredCounters();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition stop = lock.newCondition();
    private volatile boolean stopped;

    /**
     * @param random spreads retries
     * @param memory for what comes from remote storage
     */
    RemoteRequests(RetryPolicy retry, Clock clock, RandomGenerator random, FetchMemory memory) {
        this.retry = retry;
        this.clock = clock;
        this.random = random;
        this.memory = memory;
    }

    RetryPolicy retry() {
        return retry;
    }

    Clock clock() {
        return clock;
    }

    RandomGenerator random() {
        return random;
    }

    FetchMemory memory() {
        return memory;
    }

    TieredCounters counters() {
        return counters;
    }

    boolean isStopped() {
        return stopped;
    }

    /** From now on no request is made; a thread that waits for the next try is told. Idempotent. */
    void stop() {
        lock.lock();
        try {
            stopped = true;
            stop.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void checkRunning(String name) throws StorageStoppedException {
        if (stopped) {
            throw new StorageStoppedException(
                    "["
                            + name
                            + "] remote storage is not read any more: the store is being closed, so"
                            + " there is nothing to do");
        }
    }

    /** Waits before a request is made again. */
    void pause(String name, long nanos) throws IOException {
        Invariants.check(nanos >= 0, "a request waits for less than no time", "nanos", nanos);
        lock.lock();
        try {
            long left = nanos;
            while (left > 0 && !stopped) {
                left = stop.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException)
                    new InterruptedIOException(
                                    "["
                                            + name
                                            + "] interrupted while waiting for remote storage; the"
                                            + " task is being stopped, so there is nothing to do")
                            .initCause(e);
        } finally {
            lock.unlock();
        }
        checkRunning(name);
    }
}
