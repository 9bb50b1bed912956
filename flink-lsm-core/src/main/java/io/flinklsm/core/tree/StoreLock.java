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
package io.flinklsm.core.tree;

import io.flinklsm.core.check.Invariants;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The lock of a store's state, and what its threads wait for: that something has happened in the
 * background. It is never held over I/O. The lock of a tier may be taken while this one is held,
 * never the other way round.
 */
public final class StoreLock {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition progress = lock.newCondition();

    public void lock() {
        lock.lock();
    }

    public void lockInterruptibly() throws InterruptedException {
        lock.lockInterruptibly();
    }

    public void unlock() {
        lock.unlock();
    }

    /**
     * Fails if the caller does not hold the lock: what is guarded by it must not be touched then.
     */
    public void checkHeld() {
        Invariants.check(lock.isHeldByCurrentThread(), "the lock of the store is not held");
    }

    /** Something that others may wait for has happened. Needs the lock. */
    public void signalProgress() {
        progress.signalAll();
    }

    /** Waits for the next progress; the caller asks again what it waits for. Needs the lock. */
    @SuppressWarnings("WaitNotInLoop")
    public void awaitProgress() throws InterruptedException {
        progress.await();
    }

    /** Like {@link #awaitProgress()}, for those who may not give up. Needs the lock. */
    @SuppressWarnings("WaitNotInLoop")
    public void awaitProgressUninterruptibly() {
        progress.awaitUninterruptibly();
    }

    /**
     * Waits for anything to happen: a flush or compaction to end, or a failure; or for nothing at
     * all (the callers ask again). Needs the lock.
     *
     * @return what is left of the time; 0 or less if it is over
     */
    @SuppressWarnings("WaitNotInLoop")
    public long awaitProgress(long nanosMax) throws IOException {
        Invariants.check(nanosMax > 0, "a wait for progress has no time", "nanosMax", nanosMax);
        try {
            return progress.awaitNanos(nanosMax);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException)
                    new InterruptedIOException(
                                    "[store] interrupted while writes were stalled; the task is"
                                            + " being stopped, so there is nothing to do")
                            .initCause(e);
        }
    }
}
