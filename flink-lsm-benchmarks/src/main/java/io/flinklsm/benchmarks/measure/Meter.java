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
package io.flinklsm.benchmarks.measure;

import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.results.Sample;
import io.flinklsm.benchmarks.results.Series;
import io.flinklsm.benchmarks.run.ProcessCounters;
import io.flinklsm.benchmarks.workload.Scale;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Runs the operations of a case on the calling thread and keeps what they cost. Confined to the
 * task thread.
 */
public final class Meter {

    /** Clock reads cost about 25 ns: one for so many operations disappears in them. */
    private static final int OPERATIONS_PER_CLOCK_READ = 64;

    private static final int SLICES_PER_WARM_UP = 4;
    private static final int MOST_WARM_UPS = 6;

    /** The compiler is through if it works less than this part of the time, */
    private static final double QUIET_SHARE = 0.05;

    /** for so many slices. */
    private static final int QUIET_SLICES = 3;

    private final com.sun.management.ThreadMXBean threads =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final com.sun.management.OperatingSystemMXBean process =
            (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final GcWatch collections = GcWatch.start();
    private final List<Sample> samples = new ArrayList<>();

    /** Sums what the operations return, so that none of them can be optimised away. */
    private long sink;

    /** One operation of a case; {@code index} counts up from 0. */
    @FunctionalInterface
    public interface Operation {
        /** Returns something that depends on the state's answer. */
        long run(long index) throws Exception;
    }

    /** Runs without measuring, so that the compiler has seen the code. */
    public void unmeasured(long operations, Operation operation) throws Exception {
        for (long i = 0; i < operations; i++) {
            sink += operation.run(i);
        }
    }

    /**
     * Runs {@code operation} exactly {@code operations} times on the clock: for cases that change
     * the state's size.
     */
    public void counted(String caseName, String unit, long operations, Operation operation)
            throws Exception {
        counted(caseName, unit, 1, operations, 0, operation);
    }

    /**
     * As {@link #counted(String, String, long, Operation)}.
     *
     * @param unitsPerOperation how many units one call is worth, for example elements of a list
     * @param userBytesPerOperation bytes of key and value that one call writes, for the write
     *     amplification; 0 if that means nothing here
     */
    public void counted(
            String caseName,
            String unit,
            int unitsPerOperation,
            long operations,
            long userBytesPerOperation,
            Operation operation)
            throws Exception {
        Reading start = start();
        for (long i = 0; i < operations; i++) {
            sink += operation.run(i);
        }
        stop(
                caseName,
                unit,
                operations * unitsPerOperation,
                operations * userBytesPerOperation,
                start);
    }

    /**
     * Runs {@code operation} for a time: first off the clock, at least for the warm-up and then
     * until the compiler is through with it or has had {@link #MOST_WARM_UPS} times as long, then
     * on it.
     *
     * @param unitsPerOperation how many units one call is worth, for example entries of a map
     */
    public void timed(
            String caseName, String unit, int unitsPerOperation, Scale scale, Operation operation)
            throws Exception {
        long index = warmUp(scale.warmupMillis() * 1_000_000L, operation);
        Reading start = start();
        long end = runFor(scale.measureMillis() * 1_000_000L, index, operation);
        stop(caseName, unit, (end - index) * unitsPerOperation, 0, start);
    }

    /**
     * Runs a case whose keys are drawn: first off the clock for a time that is the same for every
     * backend, however far the compiler is then, and then on it. The garbage of an earlier case is
     * left alone, as it is in a job. The state is as large afterwards as before.
     */
    public void drawn(DrawnCase drawn, long warmUpNanos, long measuredNanos) throws Exception {
        DrawnRun run = new DrawnRun(drawn);
        measure(run, warmUpNanos);
        collections.forgetLongestPause();
        Used used = measure(run, measuredNanos);
        add(
                drawn.name(),
                drawn.unit(),
                used.operations * drawn.unitsPerOperation(),
                0,
                used.reading);
        run.finish();
        sink += run.checksum();
    }

    /** What else is to be done on the clock, often. */
    @FunctionalInterface
    public interface Beside {
        void tick() throws Exception;
    }

    /**
     * Runs several cases in turns of {@code sliceNanos}, first off the clock and then on it, so
     * that what goes on beside them (checkpoints, compaction) meets all of them.
     *
     * @param warmUpNanos of each case
     * @param measuredNanos of each case
     * @param beside is called on the clock before every turn
     */
    public void inTurns(
            List<DrawnCase> cases,
            long warmUpNanos,
            long measuredNanos,
            long sliceNanos,
            Beside beside)
            throws Exception {
        List<DrawnRun> runs = cases.stream().map(DrawnRun::new).toList();
        inTurns(runs, warmUpNanos, sliceNanos, beside);
        collections.forgetLongestPause();
        List<Used> used = inTurns(runs, measuredNanos, sliceNanos, beside);
        for (int i = 0; i < cases.size(); i++) {
            DrawnCase each = cases.get(i);
            Used own = used.get(i);
            add(
                    each.name(),
                    each.unit(),
                    own.operations * each.unitsPerOperation(),
                    0,
                    own.reading);
            runs.get(i).finish();
            sink += runs.get(i).checksum();
        }
    }

    private List<Used> inTurns(
            List<DrawnRun> runs, long nanosOfEach, long sliceNanos, Beside beside)
            throws Exception {
        List<Used> used = new ArrayList<>(Collections.nCopies(runs.size(), Used.NOTHING));
        boolean goesOn = nanosOfEach > 0;
        while (goesOn) {
            goesOn = false;
            for (int i = 0; i < runs.size(); i++) {
                Used before = used.get(i);
                if (before.reading.wallNanos < nanosOfEach) {
                    Reading from = read();
                    beside.tick();
                    long operations = runs.get(i).runUntil(from.wallNanos + sliceNanos);
                    used.set(i, before.plus(operations, read().minus(from)));
                    runs.get(i).undoIfDue();
                    goesOn = true;
                }
            }
        }
        return used;
    }

    /** Adds a case that measured itself: sizes, latencies, whatever is no throughput. */
    public void figures(String caseName, Figure... figures) {
        samples.add(Sample.ofFigures(caseName, List.of(figures), List.of()));
    }

    /** Adds a case that measured a curve, with figures about it. */
    public void series(String caseName, List<Series> series, Figure... figures) {
        samples.add(Sample.ofFigures(caseName, List.of(figures), series));
    }

    /** Drops what was measured so far. */
    public void forget() {
        samples.clear();
    }

    /** What was measured so far, in the order of the cases. */
    public List<Sample> samples() {
        return List.copyOf(samples);
    }

    /** The sum of all answers. */
    long checksum() {
        return sink;
    }

    /**
     * Code that flushes and compacts beside the operation is seen late, and compiling it takes
     * seconds: on few processors those are the operation's.
     */
    private long warmUp(long nanos, Operation operation) throws Exception {
        long sliceNanos = nanos / SLICES_PER_WARM_UP;
        long compilerNanos = ProcessCounters.compilerCpuNanos();
        long index = 0;
        int quietSlices = 0;
        for (int slice = 0; slice < MOST_WARM_UPS * SLICES_PER_WARM_UP; slice++) {
            index = runFor(sliceNanos, index, operation);
            long before = compilerNanos;
            compilerNanos = ProcessCounters.compilerCpuNanos();
            quietSlices = compilerNanos - before < QUIET_SHARE * sliceNanos ? quietSlices + 1 : 0;
            if (slice >= SLICES_PER_WARM_UP && quietSlices >= QUIET_SLICES) {
                break;
            }
        }
        return index;
    }

    private long runFor(long nanos, long firstIndex, Operation operation) throws Exception {
        long end = System.nanoTime() + nanos;
        long index = firstIndex;
        do {
            for (int i = 0; i < OPERATIONS_PER_CLOCK_READ; i++) {
                sink += operation.run(index++);
            }
        } while (System.nanoTime() < end);
        return index;
    }

    private Reading start() {
        // The garbage of an earlier case is not this one's.
        System.gc();
        collections.forgetLongestPause();
        return read();
    }

    private void stop(
            String caseName, String unit, long operations, long userBytes, Reading start) {
        add(caseName, unit, operations, userBytes, read().minus(start));
    }

    private void add(String caseName, String unit, long operations, long userBytes, Reading used) {
        samples.add(
                new Sample(
                        caseName,
                        unit,
                        operations,
                        used.wallNanos,
                        used.taskCpuNanos,
                        used.processCpuNanos,
                        used.allocatedBytes,
                        used.gcMillis,
                        used.gcCount,
                        collections.longestPauseMillis(),
                        userBytes,
                        used.io.writtenBytes(),
                        used.io.deviceBytes(),
                        List.of(),
                        List.of(),
                        ""));
    }

    /** Runs for so long; while the case is undone, the clock stands still. */
    private Used measure(DrawnRun run, long nanos) throws Exception {
        Used used = Used.NOTHING;
        while (used.reading.wallNanos < nanos) {
            Reading from = read();
            long operations = run.runUntil(from.wallNanos + nanos - used.reading.wallNanos);
            used = used.plus(operations, read().minus(from));
            run.undoIfDue();
        }
        return used;
    }

    private Reading read() {
        return new Reading(
                System.nanoTime(),
                threads.getCurrentThreadCpuTime(),
                process.getProcessCpuTime(),
                threads.getCurrentThreadAllocatedBytes(),
                collections.millis(),
                collections.count(),
                ProcessCounters.io());
    }

    private record Reading(
            long wallNanos,
            long taskCpuNanos,
            long processCpuNanos,
            long allocatedBytes,
            long gcMillis,
            long gcCount,
            ProcessCounters.Io io) {

        static final Reading ZERO = new Reading(0, 0, 0, 0, 0, 0, new ProcessCounters.Io(0, 0));

        Reading plus(Reading other) {
            return new Reading(
                    wallNanos + other.wallNanos,
                    taskCpuNanos + other.taskCpuNanos,
                    processCpuNanos + other.processCpuNanos,
                    allocatedBytes + other.allocatedBytes,
                    gcMillis + other.gcMillis,
                    gcCount + other.gcCount,
                    io.plus(other.io));
        }

        Reading minus(Reading earlier) {
            return new Reading(
                    wallNanos - earlier.wallNanos,
                    taskCpuNanos - earlier.taskCpuNanos,
                    processCpuNanos - earlier.processCpuNanos,
                    allocatedBytes - earlier.allocatedBytes,
                    gcMillis - earlier.gcMillis,
                    gcCount - earlier.gcCount,
                    io.minus(earlier.io));
        }
    }

    /** Operations and what they cost. */
    private record Used(long operations, Reading reading) {

        static final Used NOTHING = new Used(0, Reading.ZERO);

        Used plus(long moreOperations, Reading more) {
            return new Used(operations + moreOperations, reading.plus(more));
        }
    }
}
