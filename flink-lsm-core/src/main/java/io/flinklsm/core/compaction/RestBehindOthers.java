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
package io.flinklsm.core.compaction;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A compaction rests while a flush runs, which gives memory back that a writer may wait for, or
 * another compaction works: a merge can wait. With few processors two of them and the task would
 * share what is there, and the task is the one that is late.
 */
public final class RestBehindOthers implements CompactionPace {

    /** From so many on, a compaction takes no processor from a flush or a task. */
    static final int PROCESSORS_FOR_ALL = 4;

    private static final long PART_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final boolean isProcessorScarce;
    private final BooleanSupplier doOthersWork;
    private final BooleanSupplier isUrgent;

    /**
     * @param doOthersWork whether a flush runs in the slot, or another compaction has the turn
     * @param isUrgent whether the compaction is behind, or is to end: it rests no longer
     */
    public RestBehindOthers(
            int processors, BooleanSupplier doOthersWork, BooleanSupplier isUrgent) {
        if (processors < 1) {
            throw new IllegalArgumentException(
                    "a machine has a processor: processors=" + processors);
        }
        this.isProcessorScarce = processors < PROCESSORS_FOR_ALL;
        this.doOthersWork = doOthersWork;
        this.isUrgent = isUrgent;
    }

    @Override
    public void rest() {
        boolean isBehind = isUrgent.getAsBoolean();
        // An interrupt would end every part at once.
        while (isProcessorScarce
                && !isBehind
                && doOthersWork.getAsBoolean()
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(PART_NANOS);
            isBehind = isUrgent.getAsBoolean();
        }
        if (!isBehind) {
            // A task that shares the processor goes on now, and not at the end of a time slice.
            Thread.yield();
        }
    }
}
