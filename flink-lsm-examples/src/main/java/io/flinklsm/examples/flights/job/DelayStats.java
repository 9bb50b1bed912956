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
import org.apache.flink.api.common.functions.AggregateFunction;

/**
 * Delays of some flights. Whole numbers only, so that the order of additions cannot show.
 *
 * @param flights count
 * @param totalMinutes sum of the delays, early arrivals subtract
 * @param maxMinutes largest delay; {@code Integer.MIN_VALUE} without flights
 * @param lateFlights count of flights {@value #LATE_MINUTES} minutes late or more
 */
public record DelayStats(long flights, long totalMinutes, int maxMinutes, long lateFlights) {

    /** From here on the U.S. Department of Transportation calls a flight late. */
    public static final int LATE_MINUTES = 15;

    /** Of no flight. */
    public static final DelayStats NONE = new DelayStats(0, 0, Integer.MIN_VALUE, 0);

    public DelayStats plus(int delayMinutes) {
        return plus(new DelayStats(1, delayMinutes, delayMinutes, isLate(delayMinutes) ? 1 : 0));
    }

    public DelayStats plus(DelayStats other) {
        return new DelayStats(
                flights + other.flights,
                totalMinutes + other.totalMinutes,
                Math.max(maxMinutes, other.maxMinutes),
                lateFlights + other.lateFlights);
    }

    /** Mean delay in minutes, 0 without flights. */
    public double meanMinutes() {
        return flights == 0 ? 0 : (double) totalMinutes / flights;
    }

    /** From 0 to 100, 0 without flights. */
    public double latePercent() {
        return flights == 0 ? 0 : 100.0 * lateFlights / flights;
    }

    private static boolean isLate(int delayMinutes) {
        return delayMinutes >= LATE_MINUTES;
    }

    /** The fold of an {@code AggregatingState} whose accumulator and result are the statistics. */
    static final class Aggregate implements AggregateFunction<Flight, DelayStats, DelayStats> {

        private static final long serialVersionUID = 1L;

        @Override
        public DelayStats createAccumulator() {
            return NONE;
        }

        @Override
        public DelayStats add(Flight flight, DelayStats stats) {
            return stats.plus(flight.delayMinutes());
        }

        @Override
        public DelayStats getResult(DelayStats stats) {
            return stats;
        }

        @Override
        public DelayStats merge(DelayStats a, DelayStats b) {
            return a.plus(b);
        }
    }
}
