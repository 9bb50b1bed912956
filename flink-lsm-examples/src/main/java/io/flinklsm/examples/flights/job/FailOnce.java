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
package io.flinklsm.examples.flights.job;

import io.flinklsm.examples.flights.Flight;
import org.apache.flink.api.common.accumulators.LongMaximum;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.CheckpointListener;

/**
 * Passes flights on and reports how far they have come; in the first attempt one subtask throws
 * behind a position, as soon as a checkpoint has completed and flights have come since.
 */
final class FailOnce extends RichMapFunction<Flight, Flight> implements CheckpointListener {

    private static final long serialVersionUID = 1L;

    /** So many flights of one subtask are lost with the failure, and replayed. */
    private static final int FLIGHTS_SINCE_CHECKPOINT = 50;

    private final long failAtPosition;
    private final LongMaximum position = new LongMaximum();

    // Used by the task thread only.
    private boolean armed;
    private boolean checkpointCompleted;
    private int flightsSinceCheckpoint;

    /**
     * @param failAtPosition in the log; a negative position never fails
     */
    FailOnce(long failAtPosition) {
        this.failAtPosition = failAtPosition;
    }

    @Override
    public void open(OpenContext openContext) {
        var task = getRuntimeContext().getTaskInfo();
        armed =
                failAtPosition >= 0
                        && task.getAttemptNumber() == 0
                        && task.getIndexOfThisSubtask() == 0;
        getRuntimeContext().addAccumulator(FlightsJob.POSITION, position);
    }

    @Override
    public Flight map(Flight flight) {
        position.add(flight.position());
        if (armed && checkpointCompleted && flight.position() >= failAtPosition) {
            flightsSinceCheckpoint++;
            if (flightsSinceCheckpoint > FLIGHTS_SINCE_CHECKPOINT) {
                throw new InjectedFailure(flight.position());
            }
        }
        return flight;
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) {
        checkpointCompleted = true;
        flightsSinceCheckpoint = 0;
    }
}
