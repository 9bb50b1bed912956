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
package io.flinklsm.benchmarks.cases;

import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.run.ProcessCounters;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Watches the resident memory of this process beside what runs. Open it, do the work, close it,
 * then ask.
 *
 * <p>The JVM needs memory of its own beside its heap: classes, compiled code, the collector's
 * tables, stacks. That part is taken from the <em>baseline</em>: a JVM whose whole heap is resident
 * and that has run the same code on a small state, which is closed again. What is above the
 * baseline is the backend's: it may be as much as the managed memory. Mapped files are counted
 * apart: the system may drop their pages at any time, and charges them to a container as
 * reclaimable cache.
 */
final class MemoryWatch implements AutoCloseable {

    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Thread thread;
    private volatile boolean closed;

    // Written by the watching thread only, read after it ended.
    private long peakAnonymous;
    private long peakFile;
    private long peakTotal;

    private MemoryWatch() {
        thread = new Thread(this::watch, "memory-watch");
        thread.setDaemon(true);
    }

    static MemoryWatch start() {
        MemoryWatch watch = new MemoryWatch();
        watch.thread.start();
        return watch;
    }

    /**
     * Anonymous resident bytes of the process now: to be asked when the code is warm and no backend
     * is open. The heap is in them whole, because the JVM touched it all at its start.
     */
    static long baselineBytes() {
        System.gc();
        return ProcessCounters.resident().anonymous();
    }

    /**
     * What was seen.
     *
     * @param baselineBytes of {@link #baselineBytes}
     * @param managedBytes managed memory of all slots together
     */
    List<Figure> figures(long baselineBytes, long managedBytes) {
        double heap = CheckpointCases.megabytes(Runtime.getRuntime().maxMemory());
        double managed = CheckpointCases.megabytes(managedBytes);
        double own = CheckpointCases.megabytes(baselineBytes) - heap;
        double over =
                CheckpointCases.megabytes(Math.max(0, peakAnonymous - baselineBytes)) - managed;
        return List.of(
                new Figure("heap MB", heap),
                new Figure("managed MB", managed),
                new Figure("JVM's own MB", own),
                new Figure("peak RSS MB", CheckpointCases.megabytes(peakTotal)),
                new Figure("peak anonymous MB", CheckpointCases.megabytes(peakAnonymous)),
                new Figure("peak mapped files MB", CheckpointCases.megabytes(peakFile)),
                new Figure("over budget MB", over),
                new Figure("over budget %", 100 * over / (heap + managed)));
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        LockSupport.unpark(thread);
        thread.join();
    }

    private void watch() {
        do {
            look();
            LockSupport.parkNanos(INTERVAL_NANOS);
        } while (!closed);
        look();
    }

    private void look() {
        ProcessCounters.Resident now = ProcessCounters.resident();
        peakAnonymous = Math.max(peakAnonymous, now.anonymous());
        peakFile = Math.max(peakFile, now.file());
        peakTotal = Math.max(peakTotal, now.total());
    }
}
