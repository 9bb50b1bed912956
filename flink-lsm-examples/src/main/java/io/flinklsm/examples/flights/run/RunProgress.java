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

import org.jspecify.annotations.Nullable;

/**
 * A moment of a run.
 *
 * @param flights of the log that have entered the job; falls back when the job recovers
 * @param totalFlights of the log
 * @param millis since the job was submitted
 * @param flightsPerSecond over the last moments
 * @param checkpoints completed so far
 * @param restarts so far
 * @param failure what the job has failed with, between its failure and its restart; else null
 */
public record RunProgress(
        long flights,
        long totalFlights,
        long millis,
        long flightsPerSecond,
        long checkpoints,
        int restarts,
        @Nullable String failure) {

    /** Hears of a run's progress a few times a second, on the thread that runs it. */
    @FunctionalInterface
    public interface Listener {
        void onProgress(RunProgress progress);
    }
}
