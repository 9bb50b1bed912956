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

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What the command line says to groups of cases in their JVMs.
 *
 * @param overwriteSeconds how long the overwrite group runs; 0 for what the scale says
 * @param seed of everything that is drawn: the same for all backends of a round
 * @param hotCases which cases of the hot groups run: those whose whole name matches
 * @param stateByMemory the size of the state, in parts of the managed memory, for groups that
 *     measure several
 * @param storageGigabytes sizes of the state on remote storage; none for what the scale says
 */
public record CaseOptions(
        int overwriteSeconds,
        long seed,
        Pattern hotCases,
        double stateByMemory,
        List<Double> storageGigabytes) {

    /** What holds when the command line says nothing. */
    public static final CaseOptions DEFAULT =
            new CaseOptions(0, 1, Pattern.compile(".*"), 0.5, List.of());

    public CaseOptions {
        storageGigabytes = List.copyOf(storageGigabytes);
    }

    /** The same for a round, counted from 1. */
    public CaseOptions ofRound(int round) {
        return new CaseOptions(
                overwriteSeconds, seed + round - 1, hotCases, stateByMemory, storageGigabytes);
    }

    /** The same for a state of another size. */
    public CaseOptions ofState(double byMemory) {
        return new CaseOptions(overwriteSeconds, seed, hotCases, byMemory, storageGigabytes);
    }

    public List<String> toArguments() {
        return List.of(
                Integer.toString(overwriteSeconds),
                Long.toString(seed),
                hotCases.pattern(),
                Double.toString(stateByMemory),
                storageGigabytes.stream().map(String::valueOf).collect(Collectors.joining(",")));
    }

    /** Reads what {@link #toArguments} wrote. */
    public static CaseOptions ofArguments(List<String> arguments) {
        return new CaseOptions(
                Integer.parseInt(arguments.get(0)),
                Long.parseLong(arguments.get(1)),
                Pattern.compile(arguments.get(2)),
                Double.parseDouble(arguments.get(3)),
                arguments.get(4).isEmpty()
                        ? List.of()
                        : Arrays.stream(arguments.get(4).split(",")).map(Double::valueOf).toList());
    }
}
