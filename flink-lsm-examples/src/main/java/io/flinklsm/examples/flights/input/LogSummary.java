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
import java.io.IOException;

/**
 * What a first reading of a log found.
 *
 * @param flights count, at least 1
 * @param firstMillis event time of the first flight
 * @param lastMillis event time of the last flight
 */
public record LogSummary(long flights, long firstMillis, long lastMillis) {

    public LogSummary {
        if (flights < 1 || lastMillis < firstMillis) {
            throw new IllegalArgumentException(
                    "not the summary of a log: flights="
                            + flights
                            + ", firstMillis="
                            + firstMillis
                            + ", lastMillis="
                            + lastMillis);
        }
    }

    /** Reads {@code input} from its beginning to its end. */
    static LogSummary read(FlightInput input) throws IOException {
        try (FlightCursor cursor = input.open(0)) {
            Flight first = cursor.next();
            if (first == null) {
                throw new FlightInputException(
                        input.name(), "holds no flight: rows=0", "name a file with flights");
            }
            Flight last = first;
            for (Flight next = cursor.next(); next != null; next = cursor.next()) {
                last = next;
            }
            return new LogSummary(
                    last.position() + 1, first.departureMillis(), last.departureMillis());
        }
    }
}
