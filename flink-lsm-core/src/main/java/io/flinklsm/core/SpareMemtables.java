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
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memtables of a slot's stores that were flushed and could go, and stay to be read for as long as
 * nobody wants their memory: what was written before the last checkpoint is as fast to read as what
 * was written after it. Whoever finds the memory budget full gets theirs, the oldest first, before
 * anything else gives way.
 *
 * <p>Safe for any thread; takes no lock of a store. Giving up a large memtable takes the system
 * some milliseconds, so nobody may hold a store's lock who asks for that.
 */
final class SpareMemtables implements MemoryReclaimer {

    /** Of runs that were merged: nobody finds them any more. With the trees. */
    @GuardedBy("this")
    private final Map<Memtable, LsmTree> unread = new LinkedHashMap<>();

    /** With the trees. */
    @GuardedBy("this")
    private final Map<Memtable, LsmTree> oldestFirst = new LinkedHashMap<>();

    private final AtomicLong usedBytes = new AtomicLong();

    /** Takes over a reference. */
    synchronized void add(LsmTree tree, Memtable memtable) {
        oldestFirst.put(memtable, tree);
        usedBytes.addAndGet(memtable.usedBytes());
    }

    /** Nobody will read it any more: it is the next to go. */
    synchronized void demote(Memtable memtable) {
        LsmTree tree = oldestFirst.remove(memtable);
        if (tree != null) {
            unread.put(memtable, tree);
        }
    }

    /** Those of a tree that is closed. */
    synchronized void removeAll(LsmTree tree) {
        removeAll(tree, unread);
        removeAll(tree, oldestFirst);
    }

    @GuardedBy("this")
    private void removeAll(LsmTree tree, Map<Memtable, LsmTree> memtables) {
        memtables
                .entrySet()
                .removeIf(
                        entry -> {
                            if (entry.getValue() != tree) {
                                return false;
                            }
                            release(entry.getKey());
                            return true;
                        });
    }

    @Override
    public synchronized long reclaim(long bytes) {
        long released = reclaim(bytes, unread);
        return released + reclaim(bytes - released, oldestFirst);
    }

    @GuardedBy("this")
    private long reclaim(long bytes, Map<Memtable, LsmTree> memtables) {
        long released = 0;
        Iterator<Memtable> next = memtables.keySet().iterator();
        while (released < bytes && next.hasNext()) {
            Memtable memtable = next.next();
            next.remove();
            released += release(memtable);
        }
        return released;
    }

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
