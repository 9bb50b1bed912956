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

import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.SharedThreads;
import java.util.concurrent.RejectedExecutionException;

/**
 * What works behind the stores of one slot: a thread for flushes, so that a long compaction never
 * keeps a writer waiting, and some for compactions. They are the slot's own, or lanes of threads
 * that it shares with others. Safe for any thread.
 *
 * <p>What waits is bounded by construction: a tree has at most one flush and one compaction that
 * wait, a store one deletion and one check of a restored file (see {@code Upkeep}).
 */
public final class BackgroundWork implements AutoCloseable {

    private final SharedThreads.Lane flushes;
    private final SharedThreads.Lane compactions;
    private final int compactionThreads;
    private final Runnable whenClosed;

    /** With threads of its own, which end when this is closed. */
    public BackgroundWork(String name, int compactionThreads) {
        SharedThreads ofFlushes = new SharedThreads(name + "-flush", 1);
        SharedThreads ofCompactions = new SharedThreads(name + "-compaction", compactionThreads);
        this.flushes = ofFlushes.lane(1);
        this.compactions = ofCompactions.lane(compactionThreads);
        this.compactionThreads = compactionThreads;
        this.whenClosed = () -> Cleanup.runAll(ofFlushes::close, ofCompactions::close);
    }

    /**
     * With a share in threads of others.
     *
     * @param compactionsMax how many compactions run at a time; fewer if there are fewer threads
     * @param whenClosed gives the share back
     */
    public BackgroundWork(
            SharedThreads ofFlushes,
            SharedThreads ofCompactions,
            int compactionsMax,
            Runnable whenClosed) {
        this.compactionThreads = Math.min(compactionsMax, ofCompactions.count());
        this.flushes = ofFlushes.lane(1);
        this.compactions = ofCompactions.lane(compactionThreads);
        this.whenClosed = whenClosed;
    }

    /** How many compactions run at a time, at most. */
    int compactionThreads() {
        return compactionThreads;
    }

    /**
     * Runs a flush or a part of one, or a deletion of obsolete files, soon.
     *
     * @throws RejectedExecutionException after {@link #close}
     */
    public void flush(Runnable task) {
        flushes.execute(task);
    }

    /**
     * Runs a compaction when a thread is free.
     *
     * @throws RejectedExecutionException after {@link #close}
     */
    public void compaction(Runnable task) {
        compactions.execute(task);
    }

    /** How many tasks of the flush thread have ended; for tests. */
    public long flushTasks() {
        return flushes.completed();
    }

    /** Waits for what runs; the stores have been closed, so that is the end of their last tasks. */
    @Override
    public void close() {
        Cleanup.runAll(flushes::close, compactions::close, whenClosed::run);
    }
}
