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
package io.flinklsm.statebackend.remote;

import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.storage.tiered.FetchMemory;

/**
 * What one backend's requests hold on the heap, charged to the slot's memory. A request that is
 * still under way when this is closed is not waited for: its bytes are given back then. Safe for
 * any thread.
 */
public final class FetchBudget implements FetchMemory, AutoCloseable {

    /** Of the slot's memory, the part that requests may take. */
    private static final int PART = 8;

    private final MemoryBudget budget;
    private final long limitBytes;

    // Guarded by this.
    private long reservedBytes;
    private boolean closed;

    public FetchBudget(MemoryBudget budget) {
        this.budget = budget;
        this.limitBytes = budget.limitBytes() / PART;
    }

    @Override
    public boolean tryReserve(long bytes) {
        synchronized (this) {
            if (closed || reservedBytes + bytes > limitBytes) {
                return false;
            }
            reservedBytes += bytes;
        }
        // Without the lock: the budget may ask others for memory.
        boolean taken = budget.tryReserve(bytes);
        synchronized (this) {
            if (taken && !closed) {
                return true;
            }
            reservedBytes -= closed ? 0 : bytes;
        }
        if (taken) {
            budget.unreserve(bytes);
        }
        return false;
    }

    @Override
    public void release(long bytes) {
        synchronized (this) {
            if (closed) {
                return;
            }
            reservedBytes -= bytes;
            budget.unreserve(bytes);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (!closed) {
                closed = true;
                budget.unreserve(reservedBytes);
                reservedBytes = 0;
            }
        }
    }
}
