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
package io.flinklsm.examples.flights.input;

import io.flinklsm.examples.flights.Flight;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Parses one line of a CSV file. Remembers the last date, which most lines repeat. One thread. */
final class FlightLine {

    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm", Locale.ROOT);
    private static final int COLUMNS = 5;

    private final String file;

    private String lastDate = "";
    private long lastDateMillis;

    FlightLine(String file) {
        this.file = file;
    }

    /**
     * @param position of the flight in the log
     * @throws FlightInputException if a value is missing or malformed; names row and column
     */
    Flight parse(String line, long position) throws FlightInputException {
        String[] values = line.split(",", -1);
        if (values.length != COLUMNS) {
            throw wrong(position, "line", line, COLUMNS + " values");
        }
        return new Flight(
                position,
                dateMillis(values[0], position),
                integer(values[1], position, "delay"),
                integer(values[2], position, "distance"),
                airport(values[3], position, "origin"),
                airport(values[4], position, "destination"));
    }

    private long dateMillis(String text, long position) throws FlightInputException {
        if (!text.equals(lastDate)) {
            try {
                lastDateMillis =
                        LocalDateTime.parse(text, DATE).toInstant(ZoneOffset.UTC).toEpochMilli();
            } catch (DateTimeException e) {
                throw wrong(position, "date", text, "a date such as 2001-01-31 23:59");
            }
            lastDate = text;
        }
        return lastDateMillis;
    }

    private int integer(String text, long position, String column) throws FlightInputException {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw wrong(position, column, text, "a whole number");
        }
    }

    private String airport(String text, long position, String column) throws FlightInputException {
        if (text.isEmpty() || text.indexOf('-') >= 0 || text.indexOf('|') >= 0) {
            throw wrong(position, column, text, "an airport code such as ATL");
        }
        return text;
    }

    private FlightInputException wrong(long position, String column, String found, String needed) {
        return new FlightInputException(
                file,
                "has a malformed row: row="
                        + (position + 1)
                        + ", column="
                        + column
                        + ", found="
                        + (found.length() <= 60 ? found : found.substring(0, 60) + "...")
                        + ", needed="
                        + needed,
                "correct or remove this row");
    }
}
