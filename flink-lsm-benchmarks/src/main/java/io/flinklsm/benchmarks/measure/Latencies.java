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
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * How long single operations take, one after another on the calling thread. Confined to one thread.
 *
 * <p>At full speed an operation begins when the last one ends. At a rate it is due at a moment of
 * its own, whatever happened to those before it, and its latency counts from then: an operation
 * that waits behind a slow one is slow too. A measurement that began the clock when the operation
 * begins would omit just these.
 */
public final class Latencies {

    /** Longer ones are recorded as this. */
    private static final long LONGEST_NANOS = 300_000_000_000L;

    private static final int DIGITS = 3;

    private final Histogram histogram = new Histogram(LONGEST_NANOS, DIGITS);
    private long nanos;

    /** What the time is, in nanoseconds: tests have one that they set. */
    @FunctionalInterface
    public interface Clock {
        long nanos();
    }

    /** One operation. */
    @FunctionalInterface
    public interface Operation {
        void run() throws Exception;
    }

    /** One operation after the other, for so long. */
    public static Latencies atFullSpeed(long nanos, Clock clock, Operation operation)
            throws Exception {
        Latencies latencies = new Latencies();
        long start = clock.nanos();
        long before = start;
        while (before - start < nanos) {
            operation.run();
            long after = clock.nanos();
            latencies.record(after - before);
            before = after;
        }
        latencies.nanos = before - start;
        return latencies;
    }

    /** One operation every {@code intervalNanos}, for so long; the calling thread never sleeps. */
    public static Latencies atRate(
            double intervalNanos, long nanos, Clock clock, Operation operation) throws Exception {
        Latencies latencies = new Latencies();
        long start = clock.nanos();
        long now = start;
        for (long i = 0; i * intervalNanos < nanos; i++) {
            long due = start + (long) (i * intervalNanos);
            while (now < due) {
                Thread.onSpinWait();
                now = clock.nanos();
            }
            operation.run();
            now = clock.nanos();
            latencies.record(now - due);
        }
        latencies.nanos = now - start;
        return latencies;
    }

    /** Operations in a nanosecond. */
    public double rate() {
        return histogram.getTotalCount() / (double) nanos;
    }

    /** Speed, percentiles and the longest. */
    public Figure[] figures() {
        return List.of(
                        new Figure("ops/ms", rate() * 1e6),
                        new Figure("p50 µs", percentileMicros(50)),
                        new Figure("p99 µs", percentileMicros(99)),
                        new Figure("p99.9 µs", percentileMicros(99.9)),
                        new Figure("longest ms", histogram.getMaxValue() / 1e6))
                .toArray(Figure[]::new);
    }

    /** The latency that so many percent of the operations do not exceed. */
    double percentileMicros(double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1e3;
    }

    private void record(long latencyNanos) {
        histogram.recordValue(Math.min(LONGEST_NANOS, latencyNanos));
    }
}
