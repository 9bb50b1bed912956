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
package io.flinklsm.examples.flights;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** Small logs of flights for tests. */
public final class FlightLogs {

    public static final String HEADER = "date,delay,distance,origin,destination";

    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm");
    private static final String[] AIRPORTS = {"ATL", "BOS", "DFW", "JFK", "LAX", "ORD", "SEA"};

    private FlightLogs() {}

    /** Flights over days in which each route is flown seldom, so that many days are quiet. */
    public static List<String> random(long seed, int count) {
        var random = new Random(seed);
        var lines = new ArrayList<String>();
        var date = LocalDateTime.of(2001, 1, 1, 0, 1);
        for (int i = 0; i < count; i++) {
            date = date.plusMinutes(random.nextInt(30));
            int origin = random.nextInt(AIRPORTS.length);
            int other = (origin + 1 + random.nextInt(AIRPORTS.length - 1)) % AIRPORTS.length;
            lines.add(
                    "%s,%d,%d,%s,%s"
                            .formatted(
                                    DATE.format(date),
                                    random.nextInt(200) - 40,
                                    100 * (1 + Math.abs(origin - other)),
                                    AIRPORTS[origin],
                                    AIRPORTS[other]));
        }
        return lines;
    }

    public static Path write(Path file, List<String> flights) throws IOException {
        Files.writeString(file, HEADER + "\n" + String.join("\n", flights) + "\n");
        return file;
    }

    public static Path writeGzip(Path file, List<String> flights) throws IOException {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(
                    (HEADER + "\n" + String.join("\n", flights) + "\n")
                            .getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }

    /** What the reader of a file must return for these lines. */
    public static List<Flight> parse(List<String> lines) {
        var flights = new ArrayList<Flight>();
        for (String line : lines) {
            String[] values = line.split(",");
            flights.add(
                    new Flight(
                            flights.size(),
                            LocalDateTime.parse(values[0], DATE)
                                    .toInstant(ZoneOffset.UTC)
                                    .toEpochMilli(),
                            Integer.parseInt(values[1]),
                            Integer.parseInt(values[2]),
                            values[3],
                            values[4]));
        }
        return flights;
    }
}
