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
package io.flinklsm.examples.flights.source;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * How the log is replayed.
 *
 * @param partitions into which the routes are spread, at least 1
 * @param flightsPerSecond of the whole log at most; 0 for as fast as they can be processed
 * @param holdAtPosition each reader waits here until a checkpoint has completed that has all that
 *     it read before, so that a later failure has a checkpoint with state to recover from; {@link
 *     #NO_HOLD} to read on
 * @param copiedCheckpoint a file that a watcher keeps the id of the last checkpoint in whose files
 *     they have copied: each reader waits at the end of the log until that is one that has all that
 *     it read, since Flink deletes the checkpoints of a job that ends; null not to wait
 */
public record Replay(
        int partitions,
        long flightsPerSecond,
        long holdAtPosition,
        @Nullable String copiedCheckpoint)
        implements Serializable {

    /** For {@link #holdAtPosition}. */
    public static final long NO_HOLD = -1;

    private static final long serialVersionUID = 1L;

    public Replay {
        if (partitions < 1 || flightsPerSecond < 0) {
            throw new IllegalArgumentException(
                    "not a replay: partitions="
                            + partitions
                            + ", flightsPerSecond="
                            + flightsPerSecond
                            + "; give at least 1 partition and a rate of 0 or more");
        }
    }

    /** All of the log through one or more partitions, without a pause. */
    public static Replay unlimited(int partitions) {
        return new Replay(partitions, 0, NO_HOLD, null);
    }

    /** The partition that holds a route; every reader computes the same. */
    int partitionOf(String route) {
        return Math.floorMod(route.hashCode(), partitions);
    }
}
