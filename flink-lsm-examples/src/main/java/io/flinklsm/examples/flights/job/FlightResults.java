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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The complete result of a run.
 *
 * @param lines all lines, sorted; duplicates stay, so that equal means exactly once
 * @param routes in the order of their names
 * @param airports in the order of their codes
 * @param quietRoutes in the order of name and day
 */
public record FlightResults(
        List<String> lines,
        List<RouteSummary> routes,
        List<AirportSummary> airports,
        List<QuietRoute> quietRoutes) {

    public FlightResults {
        lines = List.copyOf(lines);
        routes = List.copyOf(routes);
        airports = List.copyOf(airports);
        quietRoutes = List.copyOf(quietRoutes);
    }

    /** Reads the committed files that the job's sink left under {@code directory}. */
    public static FlightResults read(Path directory) throws IOException {
        var lines = new ArrayList<String>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(FlightResults::isCommitted).toList()) {
                lines.addAll(Files.readAllLines(file));
            }
        }
        return parse(lines);
    }

    /** In-progress and pending files of Flink's file sink have names that begin with a dot. */
    private static boolean isCommitted(Path file) {
        return Files.isRegularFile(file) && !file.getFileName().toString().startsWith(".");
    }

    static FlightResults parse(List<String> unsorted) {
        var routes = new ArrayList<RouteSummary>();
        var airports = new ArrayList<AirportSummary>();
        var quietRoutes = new ArrayList<QuietRoute>();
        List<String> lines = unsorted.stream().sorted().toList();
        for (String text : lines) {
            var line = new ResultLine(text);
            switch (line.kind()) {
                case RouteSummary.KIND -> routes.add(RouteSummary.parse(line));
                case AirportSummary.KIND -> airports.add(AirportSummary.parse(line));
                case QuietRoute.KIND -> quietRoutes.add(QuietRoute.parse(line));
                default ->
                        throw new IllegalArgumentException(
                                "[results] a line of unknown kind: line=" + text + ".");
            }
        }
        return new FlightResults(lines, routes, airports, quietRoutes);
    }
}
