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
package io.flinklsm.core.memtable;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A lock that one thread takes at every access and other threads take now and then for a short
 * while: taking it is one compare-and-set, giving it back is one store. A thread that finds it
 * taken spins and then sleeps for microseconds, since the lock is never held over I/O or while its
 * holder waits for anything. Not reentrant; not fair.
 */
final class AccessLock {

    private static final int SPINS = 200;
    private static final long PARK_NANOS = 20_000;

    private final AtomicInteger held = new AtomicInteger();

    void lock() {
        if (!held.weakCompareAndSetAcquire(0, 1)) {
            lockSlowly();
        }
    }

    void unlock() {
        held.setRelease(0);
    }

    /** Whether some thread holds it now. */
    boolean isHeld() {
        return held.getOpaque() != 0;
    }

    private void lockSlowly() {
        int spins = SPINS;
        while (!held.weakCompareAndSetAcquire(0, 1)) {
            if (spins > 0) {
                spins--;
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(PARK_NANOS);
            }
        }
    }
}
