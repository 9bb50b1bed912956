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
package io.flinklsm.core.flush;

import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memory.WriterBudgets;
import io.flinklsm.core.sstable.SstableMeta;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * One flush as jobs for disjoint ranges of the keys. The thread that runs it does all of them, but
 * for those that a helper takes off it: a helper that comes late, or finds no memory, is not waited
 * for. Either all jobs have written their files in the end or no file is left.
 *
 * <pre>
 * memtable   a ......... m ......... z
 * this thread  job a-l │ files of the run, in key order
 * helper                 job m-z │
 * </pre>
 */
public final class SharedFlush {

    /** What one job does; the fields are those of the thread that does it, until all have ended. */
    private static final class Part {
        final KeyRange range;
        @Nullable FlushJob job;
        List<SstableMeta> written = List.of();

        Part(KeyRange range) {
            this.range = range;
        }
    }

    private final WriterBudgets budgets;
    private final List<Part> parts;
    private final BiFunction<KeyRange, MemoryBudget, FlushJob> newJob;

    // Guarded by this.
    private int begun;
    private boolean helping;
    private boolean over;
    private @Nullable Throwable failure;

    /**
     * @param ranges what the jobs write, in key order; together all keys
     * @param newJob makes the job of a range, with the memory that it may use; any thread
     */
    public SharedFlush(
            WriterBudgets budgets,
            List<KeyRange> ranges,
            BiFunction<KeyRange, MemoryBudget, FlushJob> newJob) {
        this.budgets = budgets;
        this.parts = ranges.stream().map(Part::new).toList();
        this.newJob = newJob;
    }

    /**
     * Runs the jobs; once.
     *
     * @param helper may run one job after another beside this thread, now or never
     * @return metas of the new SSTables, in key order
     * @throws IOException the first failure, later ones suppressed; no file is left
     */
    public List<SstableMeta> run(Executor helper) throws IOException {
        if (parts.size() > 1) {
            try {
                helper.execute(this::help);
            } catch (RejectedExecutionException e) {
                // The slot's threads have ended: this thread does it alone.
            }
        }
        try {
            MemoryBudget budget = budgets.beginFlush();
            try {
                work(budget);
            } finally {
                budgets.endFlush(budget);
            }
        } catch (Throwable e) {
            fail(e);
        }
        return finish();
    }

    private void help() {
        MemoryBudget budget = budgets.tryBeginFlush();
        if (budget == null) {
            return;
        }
        try {
            if (!beginHelp()) {
                return;
            }
            try {
                work(budget);
            } catch (Throwable e) {
                fail(e);
            } finally {
                endHelp();
            }
        } finally {
            budgets.endFlush(budget);
        }
    }

    private synchronized boolean beginHelp() {
        helping = !over;
        return helping;
    }

    private synchronized void endHelp() {
        helping = false;
        notifyAll();
    }

    private void work(MemoryBudget budget) throws IOException {
        Part part = takePart();
        while (part != null) {
            part.job = newJob.apply(part.range, budget);
            part.written = part.job.run();
            part = takePart();
        }
    }

    private synchronized @Nullable Part takePart() {
        return failure != null || begun == parts.size() ? null : parts.get(begun++);
    }

    private synchronized void fail(Throwable e) {
        if (failure == null) {
            failure = e;
        } else if (failure != e) {
            failure.addSuppressed(e);
        }
    }

    /** Every job has begun or never will: waits for those of the helper. */
    private synchronized List<SstableMeta> finish() throws IOException {
        over = true;
        boolean interrupted = false;
        while (helping) {
            try {
                wait();
            } catch (InterruptedException e) {
                // A job ends soon, and its memtables must not go before.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            for (Part part : parts) {
                if (part.job != null) {
                    part.job.discard(failure);
                }
            }
            if (failure instanceof IOException io) {
                throw io;
            } else if (failure instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) failure;
        }
        List<SstableMeta> metas = new ArrayList<>();
        parts.forEach(part -> metas.addAll(part.written));
        return metas;
    }
}
