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
package io.flinklsm.benchmarks.run;

import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.Sample;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One measuring JVM that is to be started.
 *
 * @param group label of the group of results that it belongs to
 * @param peer the backend it measures
 * @param round counts from 1
 * @param jvmFlags over those that every JVM has
 * @param program takes a directory that it may fill, the file for what it measured, and then {@code
 *     arguments}
 * @param arguments of the program
 * @param cases names of the cases that it measures, where the group's JVMs share its cases out
 *     among them; empty where each measures all of them
 */
public record Step(
        String group,
        Peer peer,
        int round,
        Memory memory,
        List<String> jvmFlags,
        Class<?> program,
        List<String> arguments,
        List<String> cases) {

    /**
     * Memory of a JVM.
     *
     * @param heapMegabytes all of it from the start
     * @param managedMegabytes managed memory of the slot
     */
    public record Memory(int heapMegabytes, int managedMegabytes) {}

    public Step {
        jvmFlags = List.copyOf(jvmFlags);
        arguments = List.copyOf(arguments);
        cases = List.copyOf(cases);
    }

    /** Whether {@code run} measured cases of this step, in this round or another. */
    boolean measuresAsMuchAs(JvmRun run) {
        return run.group().equals(group)
                && run.peer().equals(peer.label())
                && (cases.isEmpty()
                        || run.samples().stream().map(Sample::caseName).anyMatch(cases::contains));
    }

    /** Whether {@code run} is what this step left. */
    boolean wasDoneBy(JvmRun run) {
        return run.round() == round
                && measuresAsMuchAs(run)
                && run.samples().stream()
                        .map(Sample::caseName)
                        .collect(Collectors.toSet())
                        .containsAll(cases);
    }

    @Override
    public String toString() {
        String what = cases.size() == 1 ? cases.get(0) : group;
        return "round " + round + ", " + what + " on " + peer;
    }
}
