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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.examples.flights.FlightLogs;
import io.flinklsm.examples.flights.input.FlightInput;
import io.flinklsm.examples.flights.job.FlightsModel;
import io.flinklsm.examples.flights.job.RouteSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the job on real, embedded clusters and compares all rows with the model's. */
final class EmbeddedRunIT {

    private static final long SEED = 20010101;
    private static final List<String> LINES = FlightLogs.random(SEED, 4_000);

    /** So small that memtables are flushed and files compacted within this log. */
    private static final Map<String, String> TINY =
            Map.of(
                    "state.backend.lsm.memtable-size", "64 kb",
                    "state.backend.lsm.compaction.level0-trigger", "2");

    @TempDir private Path directory;
    private FlightInput input;
    private List<String> expected;

    @BeforeEach
    void writeLog() throws Exception {
        input = FlightInput.file(FlightLogs.write(directory.resolve("flights.csv"), LINES));
        expected = FlightsModel.lines(FlightLogs.parse(LINES));
        assertThat(expected).anyMatch(line -> line.startsWith("quiet|"));
    }

    @Test
    void onHashMapTheRowsAreThoseOfTheModel() throws Exception {
        RunReport report = run(Backend.HASHMAP, 1, false);

        assertThat(report.results().lines()).isEqualTo(expected);
        assertThat(report.restarts()).isZero();
    }

    @Test
    void onHashMapTheRowsAreTheSameAfterAFailure() throws Exception {
        assertRecovered(run(Backend.HASHMAP, 3, true));
    }

    @Test
    void onLsmTheRowsAreTheSameAfterAFailure() throws Exception {
        assertRecovered(run(Backend.LSM, 2, true));
    }

    @Test
    void onLsmWithTinyMemtablesTheRowsAreTheSameAfterAFailure() throws Exception {
        assertRecovered(new EmbeddedRun(plan(Backend.LSM, 3, true, TINY), progress -> {}).run());
    }

    @Test
    void theCheckpointsOfLsmTellTheFilesOfEachState() throws Exception {
        RunReport report = run(Backend.LSM, 2, true);

        CheckpointContents contents = report.lastContents();
        assertThat(contents).isNotNull();
        assertThat(contents.states())
                .extracting(CheckpointContents.StateFiles::state)
                .contains(
                        "route-delays",
                        "route-days",
                        "route-last-day",
                        "route-quiet-times",
                        "airport-last-flights",
                        "airport-departures")
                .anyMatch(state -> state.startsWith("_timer_state"));
        assertThat(contents.sstables()).isPositive();
    }

    @Test
    void duckDbReadsTheCopiedSstables() throws Exception {
        CheckpointContents contents = run(Backend.LSM, 2, true).lastContents();

        assertThat(contents).isNotNull();
        for (CheckpointContents.StateFiles state : contents.states()) {
            if (state.sstables() == 0) {
                continue;
            }
            assertThat(entriesInParquet(state.state()))
                    .as(state.state())
                    .isEqualTo(state.entries());
        }
    }

    @Test
    void duckDbTellsTheWorstRoutesAsTheJobDoes() throws Exception {
        RunReport report = new EmbeddedRun(plan(Backend.LSM, 2, true, TINY), progress -> {}).run();

        List<String> worst = routesByDelay(report).subList(0, 10);
        assertThat(worstInParquet()).isEqualTo(worst);
    }

    /** The statements of docs/format.md, which know of tombstones and clips, say the same. */
    @Test
    void theStatementsOfTheFormatReadWhatTheDemoLeaves() throws Exception {
        RunReport report = new EmbeddedRun(plan(Backend.LSM, 2, true, TINY), progress -> {}).run();
        Path sstables = directory.resolve("sstables");

        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement()) {
            statement.execute("SET VARIABLE tree = 'kv/route-delays'");
            statement.execute("SET VARIABLE checkpoint = '" + sstables + "/manifests/*'");
            statement.execute("SET VARIABLE sstables = '" + sstables + "/**/*.parquet'");
            for (String block : List.of("listed", "sources", "ranked", "current")) {
                statement.execute(statementsOf(block));
            }
            List<String> routes = new ArrayList<>();
            try (var rows =
                    statement.executeQuery(
                            "SELECT key AS route, value.totalMinutes / value.flights AS mean_delay"
                                    + " FROM current_rows ORDER BY mean_delay DESC, route")) {
                while (rows.next()) {
                    routes.add(rows.getString("route") + " " + rows.getDouble("mean_delay"));
                }
            }
            assertThat(routes).isEqualTo(routesByDelay(report));
            // Two operators have timers of one name.
            statement.execute("SET VARIABLE tree = 'pq/_timer_state/event_user-timers'");
            assertThatThrownBy(() -> statement.execute(statementsOf("sources")))
                    .hasMessageContaining("several operators have it");
        }
    }

    private static String statementsOf(String block) throws IOException {
        String page = Files.readString(Path.of("..", "docs", "format.md"));
        String start = "<!-- " + block + " -->\n```sql\n";
        int from = page.indexOf(start);
        assertThat(from).as("the block %s of docs/format.md", block).isNotNegative();
        return page.substring(from + start.length(), page.indexOf("```", from + start.length()));
    }

    private static List<String> routesByDelay(RunReport report) {
        return report.results().routes().stream()
                .sorted(
                        Comparator.comparing((RouteSummary route) -> -route.delays().meanMinutes())
                                .thenComparing(RouteSummary::route))
                .map(route -> route.route() + " " + route.delays().meanMinutes())
                .toList();
    }

    private List<String> worstInParquet() throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement();
                var rows =
                        statement.executeQuery(
                                ReportTables.worstRoutes(directory.resolve("sstables")))) {
            List<String> worst = new ArrayList<>();
            while (rows.next()) {
                worst.add(rows.getString("route") + " " + rows.getDouble("mean_delay"));
            }
            return worst;
        }
    }

    private long entriesInParquet(String state) throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement();
                var rows =
                        statement.executeQuery(
                                "SELECT count(*) FROM read_parquet('"
                                        + directory.resolve("sstables")
                                        + "/*/"
                                        + SstableCopies.directoryName(state)
                                        + "/**/*.parquet')")) {
            rows.next();
            return rows.getLong(1);
        }
    }

    @Test
    void aWrongOptionFailsTheRunWithTheOptionsName() throws Exception {
        RunPlan plan =
                plan(
                        Backend.HASHMAP,
                        1,
                        false,
                        Map.of("execution.checkpointing.interval", "often"));

        assertThatThrownBy(() -> new EmbeddedRun(plan, progress -> {}).run())
                .hasStackTraceContaining("often");
    }

    private void assertRecovered(RunReport report) {
        assertThat(report.results().lines()).isEqualTo(expected);
        assertThat(report.restarts()).isEqualTo(1);
        assertThat(report.restoredCheckpointId()).isNotNull();
        assertThat(report.checkpoints().completed()).isPositive();
        assertThat(report.checkpoints().writtenBytes()).isPositive();
    }

    private RunReport run(Backend backend, int parallelism, boolean fail) throws Exception {
        return new EmbeddedRun(plan(backend, parallelism, fail, Map.of()), progress -> {}).run();
    }

    private RunPlan plan(
            Backend backend, int parallelism, boolean fail, Map<String, String> options)
            throws IOException {
        return new RunPlan(
                new RunPlan.Log(input, input.summarise()),
                backend,
                parallelism,
                0,
                fail,
                new RunPlan.Directories(
                        directory.resolve("checkpoints"),
                        directory.resolve("work"),
                        directory.resolve("sstables")),
                options);
    }
}
