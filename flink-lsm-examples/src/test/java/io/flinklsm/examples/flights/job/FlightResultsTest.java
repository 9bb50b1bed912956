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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FlightResultsTest {

    private static final RouteSummary ROUTE =
            new RouteSummary(
                    "ATL-SAV", new DelayStats(7, -12, 3, 0), 4, LocalDate.of(2001, 1, 2), 3, 1);
    private static final AirportSummary AIRPORT =
            new AirportSummary(
                    "ATL",
                    7,
                    List.of(
                            new AirportSummary.Departure(1_000, "SAV", -4),
                            new AirportSummary.Departure(2_000, "SAV", 3)));
    private static final QuietRoute QUIET = new QuietRoute("ATL-SAV", LocalDate.of(2001, 1, 1));

    @TempDir private Path directory;

    @Test
    void eachKindOfRowComesBackFromItsLine() {
        FlightResults results =
                FlightResults.parse(List.of(ROUTE.toLine(), AIRPORT.toLine(), QUIET.toLine()));

        assertThat(results.routes()).containsExactly(ROUTE);
        assertThat(results.airports()).containsExactly(AIRPORT);
        assertThat(results.quietRoutes()).containsExactly(QUIET);
    }

    @Test
    void duplicatesStaySoThatTheyShow() {
        assertThat(FlightResults.parse(List.of(QUIET.toLine(), QUIET.toLine())).lines()).hasSize(2);
    }

    @Test
    void filesThatNoCheckpointCommittedDoNotCount() throws Exception {
        Files.writeString(directory.resolve("part-1"), QUIET.toLine() + "\n");
        Files.writeString(directory.resolve(".part-2.inprogress"), ROUTE.toLine() + "\n");

        assertThat(FlightResults.read(directory).lines()).containsExactly(QUIET.toLine());
    }

    @Test
    void aLineOfUnknownKindIsRefused() {
        assertThatThrownBy(() -> FlightResults.parse(List.of("train|x")))
                .hasMessageContaining("unknown kind: line=train|x");
    }
}
