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

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The process that measures one group of cases on one backend and prints what it saw; {@link
 * StateBenchmark} starts it.
 */
final class MeasuringJvm {

    private static final String RESIDENT = "RESIDENT";

    private MeasuringJvm() {}

    /** Takes peer, group, scale, managed megabytes and a directory that it may fill and empties. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 5) {
            throw new IllegalArgumentException(
                    "[measuring JVM] wrong call: arguments="
                            + List.of(arguments)
                            + "; start StateBenchmark instead");
        }
        List<Sample> samples =
                measure(
                        Peer.ofLabel(arguments[0]),
                        CaseGroup.ofLabel(arguments[1]),
                        Scale.ofName(arguments[2]),
                        Long.parseLong(arguments[3]) << 20,
                        Path.of(arguments[4]));
        PrintStream out = System.out;
        samples.forEach(sample -> out.println(sample.toLine()));
        out.println(RESIDENT + "\t" + Meter.peakResidentBytes());
        out.flush();
        // A backend that leaves a thread behind must not hold up the run.
        System.exit(0);
    }

    /**
     * Runs one group of cases in this JVM.
     *
     * @param managedBytes managed memory given to the backend
     * @param directory is made, used and deleted
     */
    static List<Sample> measure(
            Peer peer, CaseGroup group, Scale scale, long managedBytes, Path directory)
            throws Exception {
        Files.createDirectories(directory);
        Meter meter = new Meter();
        try (BenchmarkedBackend backend = BenchmarkedBackend.open(peer, directory, managedBytes)) {
            group.cases().run(backend, scale, meter);
        } finally {
            deleteTree(directory);
        }
        return meter.samples();
    }

    /** Bytes of a line that tells the peak of resident memory, or −1 for any other line. */
    static long residentBytesOf(String line) {
        return line.startsWith(RESIDENT + "\t")
                ? Long.parseLong(line.substring(RESIDENT.length() + 1))
                : -1;
    }

    private static void deleteTree(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            paths.sorted(Comparator.reverseOrder())
                    .forEach(
                            path -> {
                                try {
                                    Files.deleteIfExists(path);
                                } catch (IOException failure) {
                                    throw new UncheckedIOException(failure);
                                }
                            });
        }
    }
}
