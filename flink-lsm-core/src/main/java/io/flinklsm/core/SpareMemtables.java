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
package io.flinklsm.core;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.memory.MemoryReclaimer;
import io.flinklsm.core.memtable.Memtable;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memtables of a slot's stores that were flushed and could go, and stay to be read for as long as
 * nobody wants their memory: what was written before the last checkpoint is as fast to read as what
 * was written after it. Whoever finds the memory budget full gets theirs, the oldest first, before
 * anything else gives way.
 *
 * <p>Safe for any thread; takes no lock of a store.
 */
final class SpareMemtables implements MemoryReclaimer {

    @GuardedBy("this")
    private final Set<Memtable> oldestFirst = new LinkedHashSet<>();

    private final AtomicLong usedBytes = new AtomicLong();

    /** Takes over a reference. */
    synchronized void add(Memtable memtable) {
        oldestFirst.add(memtable);
        usedBytes.addAndGet(memtable.usedBytes());
    }

    /** Nobody will read it any more; released unless that was done. */
    synchronized void remove(Memtable memtable) {
        if (oldestFirst.remove(memtable)) {
            release(memtable);
        }
    }

    @Override
    public synchronized long reclaim(long bytes) {
        long released = 0;
        while (released < bytes && !oldestFirst.isEmpty()) {
            Memtable oldest = oldestFirst.iterator().next();
            oldestFirst.remove(oldest);
            released += release(oldest);
        }
        return released;
    }

    @GuardedBy("this")
    private long release(Memtable memtable) {
        long bytes = memtable.usedBytes();
        usedBytes.addAndGet(-bytes);
        memtable.release();
        return bytes;
    }

    /** Memory that is in use and free nevertheless. */
    long usedBytes() {
        return usedBytes.get();
    }
}
