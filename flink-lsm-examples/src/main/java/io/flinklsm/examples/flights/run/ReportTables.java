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

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import io.flinklsm.examples.flights.job.AirportSummary;
import io.flinklsm.examples.flights.job.FlightResults;
import io.flinklsm.examples.flights.job.RouteSummary;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What a run found and wrote, as tables of text. */
public final class ReportTables {

    private static final int TOP_ROUTES = 10;
    private static final int TOP_AIRPORTS = 5;
    private static final int TOP_QUIET_ROUTES = 5;

    /** So few flights a day, in the mean, do not make a ranking. */
    private static final double FLIGHTS_A_DAY = 2;

    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

    private ReportTables() {}

    /** The routes with the highest mean delay among those that are flown often. */
    public static String latestRoutes(FlightResults results) {
        List<RouteSummary> top =
                results.routes().stream()
                        .filter(
                                route ->
                                        route.delays().flights()
                                                >= FLIGHTS_A_DAY * route.daysFlown())
                        .sorted(
                                Comparator.comparingDouble(
                                                (RouteSummary route) ->
                                                        -route.delays().meanMinutes())
                                        .thenComparing(RouteSummary::route))
                        .limit(TOP_ROUTES)
                        .toList();
        return table(
                top,
                text("route", RouteSummary::route),
                number("flights", route -> count(route.delays().flights())),
                number("mean delay", route -> minutes(route.delays().meanMinutes())),
                number("max delay", route -> route.delays().maxMinutes() + " min"),
                number("late", route -> percent(route.delays().latePercent())),
                number("days flown", route -> count(route.daysFlown())),
                text(
                        "busiest day",
                        route -> route.busiestDay() + " (" + route.busiestDayFlights() + ")"));
    }

    /** The airports with the most departures, and the last of them. */
    public static String busiestAirports(FlightResults results) {
        List<AirportSummary> top =
                results.airports().stream()
                        .sorted(
                                Comparator.comparingLong(
                                                (AirportSummary airport) -> -airport.departures())
                                        .thenComparing(AirportSummary::airport))
                        .limit(TOP_AIRPORTS)
                        .toList();
        return table(
                top,
                text("airport", AirportSummary::airport),
                number("departures", airport -> count(airport.departures())),
                text("last flights (minutes late)", ReportTables::lastFlights));
    }

    private static String lastFlights(AirportSummary airport) {
        return airport.lastFlights().stream()
                .skip(Math.max(0, airport.lastFlights().size() - 3))
                .map(
                        flight ->
                                MINUTE.format(Instant.ofEpochMilli(flight.millis()))
                                        + " "
                                        + flight.destination()
                                        + String.format(
                                                Locale.ROOT, " (%+d)", flight.delayMinutes()))
                .collect(Collectors.joining("   "));
    }

    /** The routes that timers closed most often. */
    public static String quietRoutes(FlightResults results) {
        List<RouteSummary> top =
                results.routes().stream()
                        .filter(route -> route.quietTimes() > 0)
                        .sorted(
                                Comparator.comparingInt((RouteSummary route) -> -route.quietTimes())
                                        .thenComparing(RouteSummary::route))
                        .limit(TOP_QUIET_ROUTES)
                        .toList();
        return table(
                top,
                text("route", RouteSummary::route),
                number("closed", route -> route.quietTimes() + " times"),
                number("days flown", route -> count(route.daysFlown())),
                number("flights", route -> count(route.delays().flights())));
    }

    /** The files of a checkpoint, a line for each state that has any. */
    public static String contents(CheckpointContents contents) {
        return table(
                contents.states().stream().filter(state -> state.sstables() > 0).toList(),
                text("state", CheckpointContents.StateFiles::state),
                number("SSTables", state -> count(state.sstables())),
                number("entries", state -> count(state.entries())),
                number("bytes", state -> count(state.sizeBytes())),
                text("level: SSTables", ReportTables::levels));
    }

    private static String levels(CheckpointContents.StateFiles state) {
        return state.levels().stream()
                .map(level -> "L" + level.level() + ": " + level.sstables())
                .collect(Collectors.joining("  "));
    }

    /** Bytes in the unit that suits them, such as {@code 1.4 MB}. */
    public static String bytes(long bytes) {
        if (bytes < 1_000) {
            return bytes + " B";
        }
        return bytes < 1_000_000
                ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
                : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }

    /** With thousands separated. */
    public static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    private static String minutes(double minutes) {
        return String.format(Locale.ROOT, "%.1f min", minutes);
    }

    private static String percent(double percent) {
        return String.format(Locale.ROOT, "%.0f %%", percent);
    }

    @SafeVarargs
    @SuppressWarnings("varargs") // The array goes no further than List.of.
    private static <T> String table(List<T> rows, ColumnData<T>... columns) {
        if (rows.isEmpty()) {
            return "  (none)";
        }
        return AsciiTable.builder()
                .border(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS_NO_OUTSIDE_BORDER)
                .data(rows, List.of(columns))
                .asString()
                .lines()
                .map(line -> " " + line.stripTrailing())
                .collect(Collectors.joining("\n"));
    }

    private static <T> ColumnData<T> text(String header, Function<T, String> value) {
        return new Column().header(header).dataAlign(HorizontalAlign.LEFT).with(value);
    }

    private static <T> ColumnData<T> number(String header, Function<T, String> value) {
        return new Column().header(header).dataAlign(HorizontalAlign.RIGHT).with(value);
    }

    /**
     * What tells the ten routes with the largest mean delay, with nothing but DuckDB: of each key
     * the newest entry counts, which is on the lowest level and has the highest generation.
     *
     * @param sstables where the copies of the last checkpoint are
     */
    public static String worstRoutes(Path sstables) {
        return "SELECT key AS route, value.totalMinutes / value.flights AS mean_delay"
                + " FROM read_parquet('"
                + sstables.resolve("routes").resolve("route-delays")
                + "/**/*.parquet') QUALIFY row_number() OVER (PARTITION BY _key ORDER BY level,"
                + " generation DESC) = 1 AND _op = 0 ORDER BY mean_delay DESC, route LIMIT 10;";
    }
}
