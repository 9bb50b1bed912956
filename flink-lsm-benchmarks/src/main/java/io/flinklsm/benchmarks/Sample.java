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

/**
 * What one JVM measured for one case.
 *
 * @param caseName the case, as the table shows it
 * @param unit what one operation is, for example {@code ops} or {@code entries}
 * @param operations operations done on the clock
 * @param wallNanos time on the clock
 * @param taskCpuNanos CPU time of the task thread alone
 * @param processCpuNanos CPU time of all threads: collector, compiler, flush and compaction too
 * @param allocatedBytes heap bytes that the task thread allocated
 * @param gcMillis time spent in garbage collections
 */
record Sample(
        String caseName,
        String unit,
        long operations,
        long wallNanos,
        long taskCpuNanos,
        long processCpuNanos,
        long allocatedBytes,
        long gcMillis) {

    private static final String PREFIX = "SAMPLE";

    Sample {
        if (operations < 1 || wallNanos < 1) {
            throw new IllegalArgumentException(
                    "[case "
                            + caseName
                            + "] nothing was measured: operations="
                            + operations
                            + ", wallNanos="
                            + wallNanos);
        }
    }

    /** Operations in a millisecond of the task thread's wall time. */
    double operationsPerMilli() {
        return operations * 1e6 / wallNanos;
    }

    double taskCpuNanosPerOperation() {
        return (double) taskCpuNanos / operations;
    }

    double processCpuNanosPerOperation() {
        return (double) processCpuNanos / operations;
    }

    double allocatedBytesPerOperation() {
        return (double) allocatedBytes / operations;
    }

    /** One line that {@link #parse} reads back. */
    String toLine() {
        return String.join(
                "\t",
                PREFIX,
                caseName,
                unit,
                Long.toString(operations),
                Long.toString(wallNanos),
                Long.toString(taskCpuNanos),
                Long.toString(processCpuNanos),
                Long.toString(allocatedBytes),
                Long.toString(gcMillis));
    }

    /** Whether {@link #parse} will take this line. */
    static boolean isSample(String line) {
        return line.startsWith(PREFIX + "\t");
    }

    /**
     * Reads back a line of {@link #toLine}.
     *
     * @throws IllegalArgumentException if the line has another shape
     */
    static Sample parse(String line) {
        String[] parts = line.split("\t", -1);
        if (parts.length != 9 || !parts[0].equals(PREFIX)) {
            throw new IllegalArgumentException("[sample] not a sample: line=" + line);
        }
        return new Sample(
                parts[1],
                parts[2],
                Long.parseLong(parts[3]),
                Long.parseLong(parts[4]),
                Long.parseLong(parts[5]),
                Long.parseLong(parts[6]),
                Long.parseLong(parts[7]),
                Long.parseLong(parts[8]));
    }
}
