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

import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.RunDirectory;
import io.flinklsm.benchmarks.results.Sample;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The process that measures one group of cases on one backend and writes down what it saw; {@link
 * StateBenchmark} starts it.
 */
final class MeasuringJvm {

    private MeasuringJvm() {}

    /**
     * Takes peer, group, scale, managed megabytes, a directory that it may fill and empties, the
     * file for its result, heap megabytes, round, and the seconds of the overwrite group or 0.
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 9) {
            throw new IllegalArgumentException(
                    "[measuring JVM] wrong call: arguments="
                            + List.of(arguments)
                            + "; start StateBenchmark instead");
        }
        Peer peer = Peer.ofLabel(arguments[0]);
        CaseGroup group = CaseGroup.ofLabel(arguments[1]);
        int managedMegabytes = Integer.parseInt(arguments[3]);
        List<Sample> samples =
                measure(
                        peer,
                        group,
                        Scale.ofName(arguments[2]),
                        (long) managedMegabytes << 20,
                        Path.of(arguments[4]),
                        Integer.parseInt(arguments[8]));
        RunDirectory.writeJvmRun(
                Path.of(arguments[5]),
                new JvmRun(
                        peer.label(),
                        group.label(),
                        Integer.parseInt(arguments[7]),
                        Integer.parseInt(arguments[6]),
                        managedMegabytes,
                        ProcessCounters.peakResidentBytes(),
                        samples));
        // A backend that leaves a thread behind must not hold up the run.
        System.exit(0);
    }

    /**
     * Runs one group of cases in this JVM.
     *
     * @param managedBytes managed memory given to the backend
     * @param directory is made, used and deleted
     * @param overwriteSeconds how long the overwrite group runs; 0 for what the scale says
     */
    static List<Sample> measure(
            Peer peer,
            CaseGroup group,
            Scale scale,
            long managedBytes,
            Path directory,
            int overwriteSeconds)
            throws Exception {
        Files.createDirectories(directory);
        Meter meter = new Meter();
        try {
            group.program()
                    .run(
                            new Workbench(peer, directory, managedBytes, overwriteSeconds),
                            scale,
                            meter);
        } finally {
            FileTrees.delete(directory);
        }
        return meter.samples();
    }
}
