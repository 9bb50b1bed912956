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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.examples.flights.Flight;
import io.flinklsm.examples.flights.FlightLogs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ParquetFlightsTest {

    private static final List<String> LINES = FlightLogs.random(7, 500).stream().sorted().toList();

    @TempDir private Path directory;
    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve("flights it's.parquet");
    }

    @Test
    void anUnsortedFileIsReadInEventTimeOrder() throws Exception {
        var shuffled = new ArrayList<>(LINES);
        Collections.shuffle(shuffled, new Random(1));
        writeParquet(shuffled, "*");

        List<Flight> flights = CsvFlightsTest.read(file, 0);

        assertThat(flights).hasSameSizeAs(LINES);
        assertThat(flights).extracting(Flight::departureMillis).isSorted();
        assertThat(flights)
                .extracting(Flight::position)
                .containsExactlyElementsOf(positions(0, LINES.size()));
        assertThat(FlightInput.file(file).summarise().flights()).isEqualTo(LINES.size());
    }

    @Test
    void readingGoesOnFromAPositionWithTheSameFlights() throws Exception {
        writeParquet(LINES, "*");

        assertThat(CsvFlightsTest.read(file, 123))
                .isEqualTo(CsvFlightsTest.read(file, 0).subList(123, LINES.size()));
    }

    @Test
    void otherColumnsAreRefused() throws Exception {
        writeParquet(LINES, "* EXCLUDE (delay)");

        assertThatThrownBy(() -> FlightInput.file(file).summarise())
                .isInstanceOf(FlightInputException.class)
                .hasMessageContaining("date,delay,distance,origin,destination")
                .hasMessageContaining("delay");
    }

    @Test
    void missingValuesAreRefused() throws Exception {
        writeParquet(LINES, "* REPLACE (nullif(origin, 'ATL') AS origin)");

        assertThatThrownBy(() -> FlightInput.file(file).summarise())
                .isInstanceOf(FlightInputException.class)
                .hasMessageContaining("has rows with missing values: rows=");
    }

    @Test
    void aFileThatIsNotParquetIsRefused() throws Exception {
        Files.writeString(file, "not a Parquet file at all");

        assertThatThrownBy(() -> FlightInput.file(file).summarise())
                .isInstanceOf(FlightInputException.class)
                .hasMessageContaining("cannot be read as Parquet with the columns")
                .hasMessageContaining("name a Parquet file such as");
    }

    private static List<Long> positions(long from, long to) {
        var positions = new ArrayList<Long>();
        for (long position = from; position < to; position++) {
            positions.add(position);
        }
        return positions;
    }

    private void writeParquet(List<String> lines, String columns) throws Exception {
        Path csv = FlightLogs.write(directory.resolve("source.csv"), lines);
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement()) {
            statement.execute(
                    "COPY (SELECT %s FROM read_csv('%s', types={'date': 'TIMESTAMP'})) TO '%s'"
                            .formatted(columns, csv, file.toString().replace("'", "''")));
        }
    }
}
