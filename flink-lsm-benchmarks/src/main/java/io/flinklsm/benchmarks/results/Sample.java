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
package io.flinklsm.benchmarks.results;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What one JVM measured for one case: the cost of its operations, figures of its own, or both.
 *
 * @param caseName the case, as the tables show it
 * @param unit what one operation is, for example {@code ops} or {@code entries}
 * @param operations operations done on the clock; 0 if the case has only {@code figures}
 * @param wallNanos time on the clock
 * @param taskCpuNanos CPU time of the task thread alone
 * @param processCpuNanos CPU time of all threads: collector, compiler, flush and compaction too
 * @param allocatedBytes heap bytes that the task thread allocated
 * @param gcMillis time spent in garbage collections
 * @param gcCount garbage collections
 * @param gcMaxPauseMillis the longest of them
 * @param userBytes serialised bytes of keys and values that the operations wrote, as the case
 *     counts them; 0 where amplification means nothing
 * @param writtenBytes bytes that the process handed to {@code write} calls ({@code wchar} of {@code
 *     /proc/self/io}): flush, compaction and checkpoint, whether or not they reached the disk
 * @param deviceBytes bytes that the system sent or owes to a device ({@code write_bytes})
 * @param figures quantities that the case measured itself
 * @param series curves that the case measured
 * @param answer what the case came to, the same on every backend; empty if it has none
 */
@JsonInclude(JsonInclude.Include.NON_DEFAULT)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Sample(
        String caseName,
        String unit,
        long operations,
        long wallNanos,
        long taskCpuNanos,
        long processCpuNanos,
        long allocatedBytes,
        long gcMillis,
        long gcCount,
        long gcMaxPauseMillis,
        long userBytes,
        long writtenBytes,
        long deviceBytes,
        List<Figure> figures,
        List<Series> series,
        String answer) {

    /** The quantity that every case with operations has. */
    public static final String SPEED = "ops/ms";

    /** Bytes written for each byte of the user, where the case counts the user's bytes. */
    public static final String WRITE_AMPLIFICATION = "write amplification";

    @SuppressWarnings("NullAway") // Jackson leaves out what is empty.
    public Sample {
        figures = figures == null ? List.of() : List.copyOf(figures);
        series = series == null ? List.of() : List.copyOf(series);
        answer = answer == null ? "" : answer;
        if (operations < 0
                || (operations > 0 && wallNanos < 1)
                || (operations == 0 && figures.isEmpty() && series.isEmpty())) {
            throw new IllegalArgumentException(
                    "[case "
                            + caseName
                            + "] nothing was measured: operations="
                            + operations
                            + ", wallNanos="
                            + wallNanos
                            + ", figures="
                            + figures.size());
        }
    }

    /** A case that has figures and curves, but no operations on the clock. */
    public static Sample ofFigures(String caseName, List<Figure> figures, List<Series> series) {
        return new Sample(caseName, "", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, figures, series, "");
    }

    /** A case that has figures, and an answer to compare. */
    public static Sample ofAnswer(String caseName, List<Figure> figures, String answer) {
        return new Sample(
                caseName, "", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, figures, List.of(), answer);
    }

    /** Operations in a millisecond of the task thread's wall time. */
    public double operationsPerMilli() {
        return operations * 1e6 / wallNanos;
    }

    public double taskCpuNanosPerOperation() {
        return (double) taskCpuNanos / operations;
    }

    public double processCpuNanosPerOperation() {
        return (double) processCpuNanos / operations;
    }

    public double allocatedBytesPerOperation() {
        return (double) allocatedBytes / operations;
    }

    /**
     * The quantity of a name: a figure of the case, {@link #SPEED} or {@link #WRITE_AMPLIFICATION};
     * empty if the case did not measure it.
     */
    public OptionalDouble quantity(String name) {
        for (Figure figure : figures) {
            if (figure.name().equals(name)) {
                return OptionalDouble.of(figure.value());
            }
        }
        if (name.equals(SPEED) && operations > 0) {
            return OptionalDouble.of(operationsPerMilli());
        }
        if (name.equals(WRITE_AMPLIFICATION) && userBytes > 0) {
            return OptionalDouble.of((double) writtenBytes / userBytes);
        }
        return OptionalDouble.empty();
    }
}
