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

import com.fasterxml.jackson.databind.ObjectMapper;
import io.flinklsm.benchmarks.Peer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The process that runs jobs on one backend; {@link JobsBenchmark} starts it. */
final class JobJvm {

    private JobJvm() {}

    /**
     * Takes peer, events, unmeasured events, milliseconds between checkpoints, managed megabytes,
     * parallelism, a directory that it may fill and empties, the file for its results, and the
     * jobs.
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 9) {
            throw new IllegalArgumentException(
                    "[job JVM] wrong call: arguments="
                            + List.of(arguments)
                            + "; start JobsBenchmark instead");
        }
        JobScale scale =
                new JobScale(
                        Long.parseLong(arguments[1]),
                        Long.parseLong(arguments[2]),
                        Long.parseLong(arguments[3]),
                        List.of(),
                        1);
        List<JobResult> results = new ArrayList<>();
        try (JobRunner runner =
                JobRunner.open(
                        Peer.ofLabel(arguments[0]),
                        scale,
                        Integer.parseInt(arguments[4]),
                        Integer.parseInt(arguments[5]),
                        Path.of(arguments[6]))) {
            for (String label : List.of(arguments).subList(8, arguments.length)) {
                results.add(runner.run(JobCase.ofLabel(label)));
            }
        }
        new ObjectMapper()
                .writerWithDefaultPrettyPrinter()
                .writeValue(Path.of(arguments[7]).toFile(), results);
        // A backend that leaves a thread behind must not hold up the run.
        System.exit(0);
    }
}
