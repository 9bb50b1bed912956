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
package io.flinklsm.benchmarks.jobs;

import io.flinklsm.benchmarks.measure.Rest;
import io.flinklsm.benchmarks.run.ProcessCounters;
import io.flinklsm.benchmarks.run.ThreadCpu;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The clock of the job that runs in this JVM. A source starts it when it has given out the events
 * that are not measured: until then the cluster starts and the compiler sees the code for the first
 * time. What that leaves to do, most of all to the compiler, whose queue is some ten seconds long
 * by then, is waited for: for every backend by the same rule. Any thread.
 */
final class JobClock {

    // One job runs in a JVM at a time; Flink makes the sources, so that they can only meet here.
    private static final AtomicReference<@Nullable Reading> STARTED = new AtomicReference<>();

    private static final AtomicReference<@Nullable ThreadCpu> THREADS = new AtomicReference<>();

    private static volatile long restMillis;

    private JobClock() {}

    /**
     * What was used.
     *
     * @param wallNanos time
     * @param cpuNanos CPU time of the whole process, the compiler's included
     * @param compilerCpuNanos that of the just-in-time compiler alone; 0 where the system does not
     *     say
     * @param gcMillis time in garbage collections
     * @param writtenBytes handed to write calls: files of the backend and of checkpoints
     */
    record Reading(
            long wallNanos,
            long cpuNanos,
            long compilerCpuNanos,
            long gcMillis,
            long writtenBytes) {

        Reading minus(Reading earlier) {
            return new Reading(
                    wallNanos - earlier.wallNanos,
                    cpuNanos - earlier.cpuNanos,
                    // A compiler thread that has ended took its count with it.
                    Math.max(0, compilerCpuNanos - earlier.compilerCpuNanos),
                    gcMillis - earlier.gcMillis,
                    writtenBytes - earlier.writtenBytes);
        }
    }

    /**
     * Forgets an earlier job's start.
     *
     * @param longestRestMillis how long the next start may wait for the process to come to rest
     */
    static void reset(long longestRestMillis) {
        STARTED.set(null);
        ThreadCpu earlier = THREADS.getAndSet(null);
        if (earlier != null) {
            earlier.close();
        }
        restMillis = longestRestMillis;
    }

    /**
     * Starts the clock unless it runs. Sources that come while one waits for rest wait with it:
     * what they give out is measured.
     */
    static void start() {
        synchronized (STARTED) {
            if (STARTED.get() == null) {
                Rest.await(restMillis);
                THREADS.set(ThreadCpu.start());
                STARTED.set(read());
            }
        }
    }

    /** What was used since the start; the clock runs on. */
    static Reading sinceStart() {
        Reading started = STARTED.get();
        if (started == null) {
            throw new IllegalStateException(
                    "[job] the clock was never started; a source has fewer events than are to be"
                            + " left unmeasured");
        }
        return read().minus(started);
    }

    /** CPU time since the start by what threads are for. */
    static Map<ThreadCpu.Kind, Long> cpuByKind() {
        ThreadCpu threads = THREADS.get();
        return threads == null ? Map.of() : threads.nanosByKind();
    }

    /** The task of this thread is about to end: its CPU time is counted up to here. */
    static void taskEnds() {
        ThreadCpu threads = THREADS.get();
        if (threads != null) {
            threads.lookNow();
        }
    }

    private static Reading read() {
        long gcMillis = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            gcMillis += Math.max(0, collector.getCollectionTime());
        }
        com.sun.management.OperatingSystemMXBean process =
                (com.sun.management.OperatingSystemMXBean)
                        ManagementFactory.getOperatingSystemMXBean();
        return new Reading(
                System.nanoTime(),
                process.getProcessCpuTime(),
                ProcessCounters.compilerCpuNanos(),
                gcMillis,
                ProcessCounters.io().writtenBytes());
    }
}
