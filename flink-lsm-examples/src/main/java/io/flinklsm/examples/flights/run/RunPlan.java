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
package io.flinklsm.examples.flights.run;

import io.flinklsm.examples.flights.input.FlightInput;
import io.flinklsm.examples.flights.input.LogSummary;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What to run.
 *
 * @param backend that holds the job's state
 * @param parallelism subtasks of each operator, and slots of the cluster
 * @param flightsPerSecond of the replay at most, 0 for no limit
 * @param fail whether the job fails once in the middle, behind a completed checkpoint
 * @param options of Flink, laid over those that this plan makes
 */
public record RunPlan(
        Log log,
        Backend backend,
        int parallelism,
        long flightsPerSecond,
        boolean fail,
        Directories directories,
        Map<String, String> options) {

    public RunPlan {
        options = Map.copyOf(options);
    }

    /** Flights, and what is known of them. */
    public record Log(FlightInput input, LogSummary summary) {}

    /**
     * Where the run writes.
     *
     * @param checkpoints directory for checkpoints
     * @param work directory for result files and the cluster's working files
     * @param sstableCopies empty directory for copies of the latest checkpoint's SSTables, or null
     *     for none
     */
    public record Directories(Path checkpoints, Path work, @Nullable Path sstableCopies) {}
}
