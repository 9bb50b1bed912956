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

import io.flinklsm.benchmarks.cases.CaseGroup;
import io.flinklsm.benchmarks.cases.CaseOptions;
import io.flinklsm.benchmarks.cases.Workbench;
import io.flinklsm.benchmarks.measure.Meter;
import io.flinklsm.benchmarks.results.Measured;
import io.flinklsm.benchmarks.results.RunDirectory;
import io.flinklsm.benchmarks.results.Sample;
import io.flinklsm.benchmarks.run.FileTrees;
import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.run.ProcessCounters;
import io.flinklsm.benchmarks.run.Step;
import io.flinklsm.benchmarks.workload.Scale;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The process that measures one group of cases on one backend and writes down what it saw; {@link
 * StateBenchmark} starts it.
 */
final class MeasuringJvm {

    private MeasuringJvm() {}

    /**
     * The step that measures a group on a backend.
     *
     * @param cases names of its cases, where other JVMs measure other cases of the group
     */
    static Step step(
            CaseGroup group,
            Peer peer,
            int round,
            GroupSettings settings,
            Scale scale,
            CaseOptions options,
            List<String> cases) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                peer.label(),
                                group.label(),
                                scale.label(),
                                Integer.toString(settings.managedMegabytes())));
        arguments.addAll(options.toArguments());
        return new Step(
                group.label(),
                peer,
                round,
                new Step.Memory(settings.heapMegabytes(), settings.managedMegabytes()),
                // The heap is resident from the start: first touches are no backend's cost, and
                // what
                // the process grows by is not heap.
                List.of("-XX:+AlwaysPreTouch"),
                MeasuringJvm.class,
                arguments,
                cases);
    }

    /**
     * Takes a directory that it may fill and empties, the file for its result, peer, group, scale,
     * managed megabytes, and the {@link CaseOptions}.
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 6) {
            throw new IllegalArgumentException(
                    "[measuring JVM] wrong call: arguments="
                            + List.of(arguments)
                            + "; start StateBenchmark instead");
        }
        List<Sample> samples =
                measure(
                        Peer.ofLabel(arguments[2]),
                        CaseGroup.ofLabel(arguments[3]),
                        Scale.ofName(arguments[4]),
                        Long.parseLong(arguments[5]) << 20,
                        Path.of(arguments[0]),
                        CaseOptions.ofArguments(List.of(arguments).subList(6, arguments.length)));
        RunDirectory.writeMeasured(
                Path.of(arguments[1]), new Measured(ProcessCounters.peakResidentBytes(), samples));
        // A backend that leaves a thread behind must not hold up the run.
        System.exit(0);
    }

    /**
     * Runs one group of cases in this JVM.
     *
     * @param managedBytes managed memory given to the backend
     * @param directory is made, used and deleted
     * @param options of the command line
     */
    static List<Sample> measure(
            Peer peer,
            CaseGroup group,
            Scale scale,
            long managedBytes,
            Path directory,
            CaseOptions options)
            throws Exception {
        Files.createDirectories(directory);
        Meter meter = new Meter();
        try {
            group.program()
                    .run(new Workbench(peer, directory, managedBytes, options), scale, meter);
        } finally {
            FileTrees.delete(directory);
        }
        return meter.samples();
    }
}
