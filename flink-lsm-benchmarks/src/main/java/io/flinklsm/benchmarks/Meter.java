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
package io.flinklsm.benchmarks;

import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the operations of a case on the calling thread and keeps what they cost. Confined to the
 * task thread.
 */
final class Meter {

    /** Clock reads cost about 25 ns: one for so many operations disappears in them. */
    private static final int OPERATIONS_PER_CLOCK_READ = 64;

    private final com.sun.management.ThreadMXBean threads =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final com.sun.management.OperatingSystemMXBean process =
            (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final List<Sample> samples = new ArrayList<>();

    /** Sums what the operations return, so that none of them can be optimised away. */
    private long sink;

    /** One operation of a case; {@code index} counts up from 0. */
    @FunctionalInterface
    interface Operation {
        /** Returns something that depends on the state's answer. */
        long run(long index) throws Exception;
    }

    /** Runs without measuring, so that the compiler has seen the code. */
    void unmeasured(long operations, Operation operation) throws Exception {
        for (long i = 0; i < operations; i++) {
            sink += operation.run(i);
        }
    }

    /**
     * Runs {@code operation} exactly {@code operations} times on the clock: for cases that change
     * the state's size.
     */
    void counted(String caseName, String unit, long operations, Operation operation)
            throws Exception {
        Reading start = start();
        for (long i = 0; i < operations; i++) {
            sink += operation.run(i);
        }
        stop(caseName, unit, operations, start);
    }

    /**
     * Runs {@code operation} for a time: first off the clock, then on it.
     *
     * @param unitsPerOperation how many units one call is worth, for example entries of a map
     */
    void timed(
            String caseName, String unit, int unitsPerOperation, Scale scale, Operation operation)
            throws Exception {
        long index = runFor(scale.warmupMillis() * 1_000_000L, 0, operation);
        Reading start = start();
        long end = runFor(scale.measureMillis() * 1_000_000L, index, operation);
        stop(caseName, unit, (end - index) * unitsPerOperation, start);
    }

    /** What was measured so far, in the order of the cases. */
    List<Sample> samples() {
        return List.copyOf(samples);
    }

    /** The sum of all answers. */
    long checksum() {
        return sink;
    }

    /**
     * The most memory this process ever had resident, in bytes; 0 where the system does not say.
     */
    static long peakResidentBytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) {
            return 0;
        }
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        return 0;
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
        return read();
    }

    private void stop(String caseName, String unit, long operations, Reading start) {
        Reading end = read();
        samples.add(
                new Sample(
                        caseName,
                        unit,
                        operations,
                        end.wallNanos - start.wallNanos,
                        end.taskCpuNanos - start.taskCpuNanos,
                        end.processCpuNanos - start.processCpuNanos,
                        end.allocatedBytes - start.allocatedBytes,
                        end.gcMillis - start.gcMillis));
    }

    private Reading read() {
        long gcMillis = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            gcMillis += Math.max(0, collector.getCollectionTime());
        }
        return new Reading(
                System.nanoTime(),
                threads.getCurrentThreadCpuTime(),
                process.getProcessCpuTime(),
                threads.getCurrentThreadAllocatedBytes(),
                gcMillis);
    }

    private record Reading(
            long wallNanos,
            long taskCpuNanos,
            long processCpuNanos,
            long allocatedBytes,
            long gcMillis) {}
}
