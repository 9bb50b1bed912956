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

import java.time.LocalDate;

/**
 * A route at the end of the log.
 *
 * @param route such as {@code ATL-SAV}
 * @param delays of all its flights
 * @param daysFlown count of days with a flight
 * @param busiestDay the earliest of the days with the most flights
 * @param busiestDayFlights count on that day
 * @param quietTimes how often it was closed after a day without a flight
 */
public record RouteSummary(
        String route,
        DelayStats delays,
        int daysFlown,
        LocalDate busiestDay,
        int busiestDayFlights,
        int quietTimes) {

    static final String KIND = "route";

    String toLine() {
        return ResultLine.join(
                KIND,
                route,
                delays.flights(),
                delays.totalMinutes(),
                delays.maxMinutes(),
                delays.lateFlights(),
                daysFlown,
                busiestDay,
                busiestDayFlights,
                quietTimes);
    }

    static RouteSummary parse(ResultLine line) {
        return new RouteSummary(
                line.text(1),
                new DelayStats(line.number(2), line.number(3), line.integer(4), line.number(5)),
                line.integer(6),
                LocalDate.parse(line.text(7)),
                line.integer(8),
                line.integer(9));
    }
}
