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

import io.flinklsm.core.check.Invariants;
import java.io.IOException;
import java.io.InterruptedIOException;

/**
 * Memory for something that cannot go on without it: waits for the budget if need be, a bounded
 * time. Confined to one thread.
 */
public final class BudgetedMemory {

    /** A flush that frees memory takes less; longer than this, a thread is stuck. */
    public static final long TIMEOUT_MILLIS = 30_000;

    private final MemoryBudget budget;
    private final String user;

    /**
     * @param user what errors call the one who wants the memory
     */
    public BudgetedMemory(MemoryBudget budget, String user) {
        this.budget = budget;
        this.user = user;
    }

    /** As much as there is, halving the size down to the minimum; waits only for that. */
    public MemoryBlock allocateUpTo(int sizeBytes, int minBytes) throws IOException {
        if (minBytes < 1 || minBytes > sizeBytes) {
            throw new IllegalArgumentException(
                    "["
                            + user
                            + "] a block has a size: sizeBytes="
                            + sizeBytes
                            + ", minBytes="
                            + minBytes);
        }
        for (int size = sizeBytes; size > minBytes; size /= 2) {
            MemoryBlock block = budget.tryAllocate(size);
            if (block != null) {
                return block;
            }
        }
        return allocate(minBytes);
    }

    public MemoryBlock allocate(int sizeBytes) throws IOException {
        MemoryBlock block = budget.tryAllocate(sizeBytes);
        if (block != null) {
            return block;
        }
        try {
            return budget.allocate(sizeBytes, TIMEOUT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted =
                    new InterruptedIOException(
                            "["
                                    + user
                                    + "] interrupted while it waited for memory: sizeBytes="
                                    + sizeBytes
                                    + "; the task is being stopped, so there is nothing to do");
            interrupted.initCause(e);
            throw interrupted;
        }
    }

    /** Whether the budget would give so much now, without asking any holder to give way. */
    public boolean hasRoom(long bytes) {
        Invariants.check(bytes >= 0, "room for fewer bytes than none", "bytes", bytes);
        if (!budget.tryReserve(bytes)) {
            return false;
        }
        budget.unreserve(bytes);
        return true;
    }

    /** What is there whatever others use. */
    public long guaranteedBytes() {
        return budget.guaranteedBytes();
    }
}
