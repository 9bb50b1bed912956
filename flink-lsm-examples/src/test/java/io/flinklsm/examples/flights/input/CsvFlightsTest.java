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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CsvFlightsTest {

    private static final List<String> THREE =
            List.of(
                    "2001-01-01 00:01,-13,2345,ANC,LAX",
                    "2001-01-01 00:01,1,75,RIC,ORF",
                    "2001-01-02 06:30,14,405,MCI,MDW");

    @TempDir private Path directory;
    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve("flights.csv");
    }

    @Test
    void aPlainFileIsReadInOrder() throws Exception {
        FlightLogs.write(file, THREE);

        assertThat(read(file, 0)).isEqualTo(FlightLogs.parse(THREE));
    }

    @Test
    void aGzippedFileIsReadWhateverItsNameSays() throws Exception {
        FlightLogs.writeGzip(file, THREE);

        assertThat(read(file, 0)).isEqualTo(FlightLogs.parse(THREE));
    }

    @Test
    void readingGoesOnFromAPosition() throws Exception {
        FlightLogs.write(file, THREE);

        assertThat(read(file, 2)).isEqualTo(FlightLogs.parse(THREE).subList(2, 3));
        assertThat(read(file, 7)).isEmpty();
    }

    @Test
    void theSummaryHasCountAndTimes() throws Exception {
        FlightLogs.write(file, THREE);

        List<Flight> flights = FlightLogs.parse(THREE);
        assertThat(FlightInput.file(file).summarise())
                .isEqualTo(
                        new LogSummary(
                                3,
                                flights.get(0).departureMillis(),
                                flights.get(2).departureMillis()));
    }

    @Test
    void theEmbeddedFlightsAreWhole() throws Exception {
        LogSummary summary = FlightInput.embedded().summarise();

        assertThat(summary.flights()).isEqualTo(228_738);
        assertThat(summary.firstMillis()).isEqualTo(978_307_260_000L); // 2001-01-01 00:01
        assertThat(summary.lastMillis()).isEqualTo(979_516_740_000L); // 2001-01-14 23:59
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> FlightInput.file(directory.resolve("none.csv")))
                .isInstanceOf(FlightInputException.class)
                .hasMessageContaining("none.csv] not found: path=")
                .hasMessageEndingWith("name an existing .parquet, .csv or .csv.gz file.");
    }

    @Test
    void aFileOfAnotherKindIsRefused() throws Exception {
        Path other = Files.writeString(directory.resolve("flights.xlsx"), "x");

        assertThatThrownBy(() -> FlightInput.file(other))
                .isInstanceOf(FlightInputException.class)
                .hasMessageContaining("of unknown kind: name=flights.xlsx; name a .parquet");
    }

    @Test
    void otherColumnsAreRefusedWithThoseNeeded() throws Exception {
        Files.writeString(file, "origin,destination\nATL,SAV\n");

        assertRefused("found=origin,destination, needed=date,delay,distance,origin,destination");
    }

    @Test
    void anEmptyFileIsRefused() throws Exception {
        Files.writeString(file, "");

        assertRefused("has other columns than flights need: found=nothing");
    }

    @Test
    void aFileWithoutFlightsIsRefused() throws Exception {
        FlightLogs.write(file, List.of());
        Files.writeString(file, FlightLogs.HEADER + "\n");

        assertRefused("holds no flight: rows=0");
    }

    @Test
    void aMalformedValueIsNamedWithRowAndColumn() throws Exception {
        FlightLogs.write(file, replaced(1, "2001-01-01 00:01,soon,75,RIC,ORF"));

        assertRefused("row=2, column=delay, found=soon, needed=a whole number; correct");
    }

    @Test
    void aMalformedDateIsNamed() throws Exception {
        FlightLogs.write(file, replaced(2, "2001-02-31,1,75,RIC,ORF"));

        assertRefused("row=3, column=date, found=2001-02-31, needed=a date such as");
    }

    @Test
    void aShortRowIsNamed() throws Exception {
        FlightLogs.write(file, replaced(0, "2001-01-01 00:01,1,75"));

        assertRefused("row=1, column=line, found=2001-01-01 00:01,1,75, needed=5 values");
    }

    @Test
    void flightsOutOfOrderAreRefused() throws Exception {
        FlightLogs.write(file, replaced(2, "2000-12-31 23:59,1,75,RIC,ORF"));

        assertRefused("is not in event-time order: row=3, line=2000-12-31 23:59");
    }

    @Test
    void aTruncatedGzipIsRefused() throws Exception {
        FlightLogs.writeGzip(file, FlightLogs.random(1, 1_000));
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));

        assertRefused("is damaged gzip: rowsRead=");
    }

    @Test
    void aFlippedBitInAGzipIsRefused() throws Exception {
        FlightLogs.writeGzip(file, FlightLogs.random(1, 1_000));
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 6] ^= 1; // In the checksum at the end: all rows still parse.
        Files.write(file, bytes);

        assertRefused("is damaged gzip: rowsRead=");
    }

    private void assertRefused(String message) {
        assertThatThrownBy(() -> FlightInput.file(file).summarise())
                .isInstanceOf(FlightInputException.class)
                .hasMessageStartingWith("[" + file + "] ")
                .hasMessageContaining(message);
    }

    private static List<String> replaced(int index, String line) {
        var lines = new ArrayList<>(THREE);
        lines.set(index, line);
        return lines;
    }

    static List<Flight> read(Path file, long position) throws Exception {
        var flights = new ArrayList<Flight>();
        try (FlightCursor cursor = FlightInput.file(file).open(position)) {
            for (Flight next = cursor.next(); next != null; next = cursor.next()) {
                flights.add(next);
            }
        }
        return flights;
    }
}
