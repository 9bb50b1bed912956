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

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A log of flights that can be read again and again from any position. Immutable and serialisable:
 * it travels to the source's readers, each of which opens its own cursor.
 */
public interface FlightInput extends Serializable {

    /** What messages and reports call this input. */
    String name();

    /**
     * Opens the log. The caller closes the cursor.
     *
     * @param firstPosition position of the first flight that the cursor shall return, from 0
     * @throws FlightInputException if the input is missing or not a log of flights
     */
    FlightCursor open(long firstPosition) throws IOException;

    /**
     * Reads the whole log once and checks it.
     *
     * @throws FlightInputException if the input is missing, damaged, unordered or empty
     */
    LogSummary summarise() throws IOException;

    /** The two weeks that ship with this module. */
    static FlightInput embedded() {
        return CsvFlights.embedded();
    }

    /**
     * A file of the user, by the end of its name.
     *
     * @throws FlightInputException if there is no such file, or its name ends in something else
     */
    static FlightInput file(Path path) throws FlightInputException {
        if (!Files.isRegularFile(path)) {
            throw new FlightInputException(
                    path.toString(),
                    "not found: path=" + path.toAbsolutePath(),
                    "name an existing .parquet, .csv or .csv.gz file");
        }
        var name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".parquet")) {
            return ParquetFlights.file(path);
        }
        if (name.endsWith(".csv") || name.endsWith(".csv.gz")) {
            return CsvFlights.file(path);
        }
        throw new FlightInputException(
                path.toString(),
                "of unknown kind: name=" + path.getFileName(),
                "name a .parquet, .csv or .csv.gz file");
    }
}
