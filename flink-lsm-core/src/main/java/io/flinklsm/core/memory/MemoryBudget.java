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
package io.flinklsm.core.memory;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A hard limit on native memory, and the accounting of what is used: one root a slot, children for
 * memtables, cache and compaction, each with a limit of its own inside its parent's. Backed by an
 * Arrow allocator, so memory that was never released is reported by {@link #close()}. Safe for any
 * thread.
 */
public final class MemoryBudget implements AutoCloseable {

    /** A budget of its own, limited to this many bytes. */
    public static MemoryBudget root(String name, long limitBytes) {
        throw new UnsupportedOperationException();
    }

    /**
     * A part of this budget.
     *
     * @param reservedBytes set aside for the child alone from now on, at most {@code limitBytes}
     */
    public MemoryBudget child(String name, long reservedBytes, long limitBytes) {
        throw new UnsupportedOperationException();
    }

    /**
     * Memory of exactly this size, not cleared; null if the limit does not allow it now. Never
     * waits.
     */
    public @Nullable MemoryBlock tryAllocate(int sizeBytes) {
        throw new UnsupportedOperationException();
    }

    /**
     * Like {@link #tryAllocate}, but asks the reclaimers for memory and waits for it.
     *
     * @throws IOException if nothing was released for {@code timeoutMillis}: the message names the
     *     budget, its limit and its users
     */
    public MemoryBlock allocate(int sizeBytes, long timeoutMillis)
            throws IOException, InterruptedException {
        throw new UnsupportedOperationException();
    }

    /** Accounts for heap memory that the caller holds; false if the limit does not allow it now. */
    public boolean tryReserve(long bytes) {
        throw new UnsupportedOperationException();
    }

    /** Gives back what {@link #tryReserve} took. */
    public void unreserve(long bytes) {
        throw new UnsupportedOperationException();
    }

    /**
     * Adds someone who can give memory back when the budget is full; asked in the order of adding.
     */
    public void addReclaimer(MemoryReclaimer reclaimer) {
        throw new UnsupportedOperationException();
    }

    public void removeReclaimer(MemoryReclaimer reclaimer) {
        throw new UnsupportedOperationException();
    }

    public long usedBytes() {
        throw new UnsupportedOperationException();
    }

    public long peakBytes() {
        throw new UnsupportedOperationException();
    }

    public long limitBytes() {
        throw new UnsupportedOperationException();
    }

    /**
     * @throws IllegalStateException if memory is still allocated; names how much and by which child
     */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
