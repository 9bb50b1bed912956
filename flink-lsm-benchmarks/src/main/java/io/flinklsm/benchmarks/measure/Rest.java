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

import io.flinklsm.benchmarks.workload.Scale;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits until a backend's own threads have come to rest. All backends are let come to rest by the
 * same rule, whatever they do meanwhile, and the time is part of the results.
 */
public final class Rest {

    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** A process is at rest if it used less than this part of one core for half a second. */
    private static final double REST_SHARE = 0.05;

    private static final int QUIET_SLICES = 5;
    private static final long LIMIT_MILLIS = 60_000;

    private Rest() {}

    /** How long a backend may take to come to rest; no time where nothing is measured. */
    public static long limitMillis(Scale scale) {
        return scale.choose(2 * LIMIT_MILLIS, LIMIT_MILLIS, 0L);
    }

    /**
     * Waits, at most so long.
     *
     * @return milliseconds until the process came to rest, or {@code limitMillis} if it did not
     */
    public static long await(long limitMillis) {
        com.sun.management.OperatingSystemMXBean process =
                (com.sun.management.OperatingSystemMXBean)
                        ManagementFactory.getOperatingSystemMXBean();
        long start = System.nanoTime();
        long restSince = start;
        int quiet = 0;
        while (quiet < QUIET_SLICES && limitMillis > 0) {
            long cpu = process.getProcessCpuTime();
            long from = System.nanoTime();
            LockSupport.parkNanos(SLICE_NANOS);
            long now = System.nanoTime();
            if (process.getProcessCpuTime() - cpu < REST_SHARE * (now - from)) {
                quiet++;
            } else {
                quiet = 0;
                restSince = now;
            }
            if (now - start > TimeUnit.MILLISECONDS.toNanos(limitMillis)) {
                return limitMillis;
            }
        }
        return TimeUnit.NANOSECONDS.toMillis(restSince - start);
    }
}
