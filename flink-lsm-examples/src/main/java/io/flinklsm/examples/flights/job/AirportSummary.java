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

import java.util.List;

/**
 * An airport at the end of the log.
 *
 * @param airport IATA code
 * @param departures count
 * @param lastFlights the last departures, oldest first
 */
public record AirportSummary(String airport, long departures, List<Departure> lastFlights) {

    static final String KIND = "airport";

    public AirportSummary {
        lastFlights = List.copyOf(lastFlights);
    }

    /**
     * A flight as its airport remembers it.
     *
     * @param millis event time
     * @param destination IATA code
     * @param delayMinutes negative when early
     */
    public record Departure(long millis, String destination, int delayMinutes) {}

    String toLine() {
        var flights = new StringBuilder();
        for (Departure flight : lastFlights) {
            flights.append(flights.length() == 0 ? "" : ";")
                    .append(flight.millis())
                    .append(',')
                    .append(flight.destination())
                    .append(',')
                    .append(flight.delayMinutes());
        }
        return ResultLine.join(KIND, airport, departures, flights);
    }

    static AirportSummary parse(ResultLine line) {
        List<Departure> flights =
                List.of(line.text(3).split(";")).stream()
                        .map(flight -> flight.split(","))
                        .map(
                                parts ->
                                        new Departure(
                                                Long.parseLong(parts[0]),
                                                parts[1],
                                                Integer.parseInt(parts[2])))
                        .toList();
        return new AirportSummary(line.text(1), line.number(2), flights);
    }
}
