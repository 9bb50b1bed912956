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

import io.flinklsm.examples.flights.job.FlightResults;
import org.jspecify.annotations.Nullable;

/**
 * What a finished run did.
 *
 * @param results all rows
 * @param millis from the job's submission to its end
 * @param restarts of the job
 * @param restoredCheckpointId that the last restart recovered from, or null without one
 * @param checkpoints what was checkpointed
 * @param lastContents files and entries of the last checkpoint seen while the job had its state, or
 *     null for a backend whose checkpoints cannot be looked into
 */
public record RunReport(
        FlightResults results,
        long millis,
        int restarts,
        @Nullable Long restoredCheckpointId,
        CheckpointTotals checkpoints,
        @Nullable CheckpointContents lastContents) {

    /**
     * Sums over the completed checkpoints of a run.
     *
     * @param completed count
     * @param interrupted count of those that began and did not complete, as by the job's failure
     * @param writtenBytes that the checkpoints added to the checkpoint directory
     * @param largestBytes full size of the largest checkpoint, reused files included
     * @param medianMillis from trigger to completion, 0 without a checkpoint
     */
    public record CheckpointTotals(
            long completed,
            long interrupted,
            long writtenBytes,
            long largestBytes,
            long medianMillis) {}
}
