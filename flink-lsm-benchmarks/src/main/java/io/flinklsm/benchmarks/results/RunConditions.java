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
import java.util.List;

/**
 * Where, when and how the program was started once; a directory holds one for each start.
 *
 * @param date day in UTC, ISO
 * @param scale {@code full}, {@code quick} or {@code tiny}
 * @param command what was typed
 * @param commit of the measured program, marked where the work tree differed; or {@code unknown}
 * @param versions of Java, Flink and the peers
 * @param machine processor, cores, memory and system
 * @param seconds how long it has measured, when the last JVM ended
 * @param loadAverage of the last minute then; negative where the system does not say
 * @param failures the JVMs that left no result, in words
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record RunConditions(
        String date,
        String scale,
        String command,
        String commit,
        String versions,
        String machine,
        long seconds,
        double loadAverage,
        List<String> failures) {

    @SuppressWarnings("NullAway") // Older files have none.
    public RunConditions {
        failures = failures == null ? List.of() : List.copyOf(failures);
    }

    /** The same, with what is known when another JVM has ended. */
    public RunConditions after(long seconds, double loadAverage, List<String> failures) {
        return new RunConditions(
                date, scale, command, commit, versions, machine, seconds, loadAverage, failures);
    }
}
