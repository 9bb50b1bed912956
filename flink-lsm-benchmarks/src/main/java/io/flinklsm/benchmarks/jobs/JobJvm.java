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
package io.flinklsm.benchmarks.jobs;

import io.flinklsm.benchmarks.results.Measured;
import io.flinklsm.benchmarks.results.RunDirectory;
import io.flinklsm.benchmarks.results.Sample;
import io.flinklsm.benchmarks.run.Peer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The process that runs jobs on one backend; {@link JobSteps} has what starts it. */
final class JobJvm {

    private static final int ARGUMENTS_BEFORE_JOBS = 9;

    private JobJvm() {}

    /**
     * Takes a directory that it may fill and empties, the file for its results, peer, events,
     * unmeasured events, longest milliseconds of rest before the clock, milliseconds between
     * checkpoints, managed megabytes, parallelism, and the jobs.
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length <= ARGUMENTS_BEFORE_JOBS) {
            throw new IllegalArgumentException(
                    "[job JVM] wrong call: arguments="
                            + List.of(arguments)
                            + "; start JobsBenchmark instead");
        }
        JobScale scale =
                new JobScale(
                        Long.parseLong(arguments[3]),
                        Long.parseLong(arguments[4]),
                        Long.parseLong(arguments[5]),
                        Long.parseLong(arguments[6]),
                        false,
                        List.of());
        List<Sample> samples = new ArrayList<>();
        long residentBytes = 0;
        try (JobRunner runner =
                JobRunner.open(
                        Peer.ofLabel(arguments[2]),
                        scale,
                        Integer.parseInt(arguments[7]),
                        Integer.parseInt(arguments[8]),
                        Path.of(arguments[0]))) {
            for (String label :
                    List.of(arguments).subList(ARGUMENTS_BEFORE_JOBS, arguments.length)) {
                JobResult result = runner.run(JobCase.ofLabel(label));
                samples.add(result.toSample());
                residentBytes = Math.max(residentBytes, result.memory().residentBytes());
            }
        }
        RunDirectory.writeMeasured(Path.of(arguments[1]), new Measured(residentBytes, samples));
        // A backend that leaves a thread behind must not hold up the run.
        System.exit(0);
    }
}
