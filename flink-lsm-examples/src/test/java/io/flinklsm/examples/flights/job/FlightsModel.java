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
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The job's result computed from the whole log at once, without streams, state or timers. */
public final class FlightsModel {

    private FlightsModel() {}

    /** The lines that the job must write for these flights, sorted. */
    public static List<String> lines(List<Flight> flights) {
        var lines = new ArrayList<String>();
        LocalDate end = day(flights.get(flights.size() - 1));
        grouped(flights, Flight::route)
                .forEach((route, ofRoute) -> addRoute(lines, route, ofRoute, end));
        grouped(flights, Flight::origin)
                .forEach((airport, ofAirport) -> lines.add(airport(airport, ofAirport).toLine()));
        return lines.stream().sorted().toList();
    }

    private static Map<String, List<Flight>> grouped(
            List<Flight> flights, Function<Flight, String> key) {
        return flights.stream().collect(Collectors.groupingBy(key));
    }

    private static void addRoute(
            List<String> lines, String route, List<Flight> flights, LocalDate end) {
        var byDay = new TreeMap<LocalDate, Integer>();
        DelayStats delays = DelayStats.NONE;
        for (Flight flight : flights) {
            byDay.merge(day(flight), 1, Integer::sum);
            delays = delays.plus(flight.delayMinutes());
        }
        int quiet = 0;
        for (LocalDate day : byDay.keySet()) {
            LocalDate next = byDay.higherKey(day);
            LocalDate until = next == null ? end : next;
            if (until.isAfter(day.plusDays(1))) {
                quiet++;
                lines.add(new QuietRoute(route, day).toLine());
            }
        }
        int most = byDay.values().stream().max(Comparator.naturalOrder()).orElseThrow();
        LocalDate busiest =
                byDay.keySet().stream().filter(day -> byDay.get(day) == most).findFirst().get();
        lines.add(new RouteSummary(route, delays, byDay.size(), busiest, most, quiet).toLine());
    }

    private static AirportSummary airport(String airport, List<Flight> flights) {
        return new AirportSummary(
                airport,
                flights.size(),
                flights.subList(Math.max(0, flights.size() - 5), flights.size()).stream()
                        .map(
                                flight ->
                                        new AirportSummary.Departure(
                                                flight.departureMillis(),
                                                flight.destination(),
                                                flight.delayMinutes()))
                        .toList());
    }

    private static LocalDate day(Flight flight) {
        return Instant.ofEpochMilli(flight.departureMillis()).atZone(ZoneOffset.UTC).toLocalDate();
    }
}
