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
package io.flinklsm.core.write;

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.memtable.TierMemory;
import io.flinklsm.core.tree.FlushMeter;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the writers of a slot from running into the end of what may be dirty. What a flush holds
 * comes back all at once, at its end; a writer that is faster than the flush would use up the rest,
 * and then wait in one piece for as long as the flush takes. So the last quarter of the rest is
 * handed out as the flush goes on, and a little of it only at the end, while filters and footer are
 * written. Who is ahead of that takes small rests. The memory comes back no later by that, and the
 * writer has had as much of it; a burst that three quarters can hold is not slowed down.
 *
 * <pre>
 * room that was free when the flush began   |████████████████████████████████|
 * half of the entries are written           |▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒     |   writers may be here
 * </pre>
 *
 * <p>One flush sets the pace at a time; another one beside it (of a checkpoint) goes unheard. Safe
 * for any thread. A writer that is told to rest never waits for a flush that waits for the writer:
 * a flush needs no lock over its work, and the pace ends with it.
 */
public final class FlushPace implements FlushMeter {

    /** What part of the free room may be used before anything is written. */
    private static final double AT_START = 3.0 / 4;

    /** What part may be used once the last entry is written. */
    private static final double AT_LAST_ENTRY = 15.0 / 16;

    private final TierMemory memory;
    private final AtomicReference<@Nullable Flush> current = new AtomicReference<>();
    private final AtomicInteger runningCount = new AtomicInteger();

    public FlushPace(TierMemory memory) {
        this.memory = memory;
    }

    /** A flush that runs. Ends when it is closed, whatever became of it. */
    public final class Flush implements FlushMeter.Run {

        private final long entryCount;
        private final long roomBytes = freeBytes();
        private volatile long writtenCount;
        private boolean closed;

        private Flush(long entryCount) {
            this.entryCount = Math.max(1, entryCount);
        }

        @Override
        public void written(long entryCount) {
            Invariants.check(
                    entryCount >= writtenCount,
                    "the progress of a flush went back",
                    "before",
                    writtenCount,
                    "now",
                    entryCount);
            writtenCount = entryCount;
            if (!isWriterAhead()) {
                // A task that shares the processor goes on now, and not at the end of a time slice.
                Thread.yield();
            }
        }

        /** How much must be free now for writers to go on. */
        private double keptBytes() {
            double done = Math.min(1.0, (double) writtenCount / entryCount);
            return roomBytes * (1 - AT_START - (AT_LAST_ENTRY - AT_START) * done);
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                current.compareAndSet(this, null);
                int running = runningCount.decrementAndGet();
                Invariants.check(running >= 0, "more flushes ended than began", "running", running);
            }
        }
    }

    /** A flush begins that frees its generations when it ends; close what is returned then. */
    @Override
    public Flush begin(long entryCount) {
        if (entryCount < 0) {
            throw new IllegalArgumentException(
                    "a flush has fewer entries than none: entryCount=" + entryCount);
        }
        Flush flush = new Flush(entryCount);
        current.compareAndSet(null, flush);
        runningCount.incrementAndGet();
        return flush;
    }

    @Override
    public boolean isFlushing() {
        return runningCount.get() > 0;
    }

    /** Whether writers have used more room than they may, as far as the flush has come. */
    public boolean isWriterAhead() {
        Flush flush = current.get();
        return flush != null && freeBytes() < flush.keptBytes();
    }

    private long freeBytes() {
        return memory.dirtyLimitBytes() - memory.dirtyBytes();
    }
}
