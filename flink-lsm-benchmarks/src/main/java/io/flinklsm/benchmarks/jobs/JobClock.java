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

import io.flinklsm.benchmarks.Rest;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The clock of the job that runs in this JVM. A source starts it when it has given out the events
 * that are not measured: until then the cluster starts and the compiler sees the code for the first
 * time. What that leaves to do, most of all to the compiler, whose queue is some ten seconds long
 * by then, is waited for: for every backend by the same rule. Any thread.
 */
final class JobClock {

    /** Of Linux, whatever the kernel's own tick is. */
    private static final long NANOS_PER_TICK = 10_000_000L;

    // One job runs in a JVM at a time; Flink makes the sources, so that they can only meet here.
    private static final AtomicReference<@Nullable Reading> STARTED = new AtomicReference<>();

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
     */
    record Reading(long wallNanos, long cpuNanos, long compilerCpuNanos, long gcMillis) {

        Reading minus(Reading earlier) {
            return new Reading(
                    wallNanos - earlier.wallNanos,
                    cpuNanos - earlier.cpuNanos,
                    // A compiler thread that has ended took its count with it.
                    Math.max(0, compilerCpuNanos - earlier.compilerCpuNanos),
                    gcMillis - earlier.gcMillis);
        }
    }

    /**
     * Forgets an earlier job's start.
     *
     * @param longestRestMillis how long the next start may wait for the process to come to rest
     */
    static void reset(long longestRestMillis) {
        STARTED.set(null);
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

    private static Reading read() {
        long gcMillis = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            gcMillis += Math.max(0, collector.getCollectionTime());
        }
        com.sun.management.OperatingSystemMXBean process =
                (com.sun.management.OperatingSystemMXBean)
                        ManagementFactory.getOperatingSystemMXBean();
        return new Reading(
                System.nanoTime(), process.getProcessCpuTime(), compilerCpuNanos(), gcMillis);
    }

    /** No management bean tells of the compiler's threads; the system does. */
    private static long compilerCpuNanos() {
        Path threads = Path.of("/proc/self/task");
        if (!Files.isDirectory(threads)) {
            return 0;
        }
        long ticks = 0;
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(threads)) {
            for (Path thread : directories) {
                ticks += ticksOfCompiler(thread.resolve("stat"));
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new IllegalStateException("[job] the threads could not be listed", e);
        }
        return ticks * NANOS_PER_TICK;
    }

    /** A thread that ends before or while it is read counts as nothing. */
    private static long ticksOfCompiler(Path stat) {
        String line;
        try {
            line = Files.readString(stat, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // Ended before the file was opened: no such file. Ended before it was read: ESRCH.
            return 0;
        }
        int endOfName = line.lastIndexOf(')');
        String name = line.substring(line.indexOf('(') + 1, endOfName);
        if (!name.startsWith("C1 Compiler") && !name.startsWith("C2 Compiler")) {
            return 0;
        }
        // Behind the name: state is field 3, user time 14, system time 15 (proc(5)).
        String[] fields = line.substring(endOfName + 2).split(" ", -1);
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }
}
