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
package io.flinklsm.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.benchmarks.results.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BenchmarkReportTest {

    private static final Path RUN = Path.of("src/test/resources/report/run");
    private static final Path GOLDEN = Path.of("src/test/resources/report/benchmarks.md");
    private static final String METHOD = "## How it is measured\n";

    @TempDir Path docs;

    /**
     * After a change that is meant: run with {@code -Dreport.rewrite=true} and look at the diff.
     */
    @Test
    void theReportOfFixedResultsIsTheOneInTheRepository() throws IOException {
        String report = Files.readString(BenchmarkReport.write(RunDirectory.open(RUN), docs));

        String untilMethod = report.substring(0, report.indexOf(METHOD));
        if (Boolean.getBoolean("report.rewrite")) {
            Files.writeString(GOLDEN, untilMethod);
        }
        assertThat(untilMethod).isEqualTo(Files.readString(GOLDEN));
        assertThat(report).contains("in a fresh JVM");
    }

    @Test
    void everyRowOfTheBarsIsInAReportOfNothing() throws IOException {
        String report =
                Files.readString(
                        BenchmarkReport.write(RunDirectory.open(docs.resolve("empty")), docs));

        assertThat(Bars.ALL)
                .allSatisfy(
                        bar ->
                                assertThat(report.lines())
                                        .filteredOn(line -> line.startsWith("| " + bar.row()))
                                        .isNotEmpty()
                                        .allMatch(line -> line.contains("not measured")));
        assertThat(docs.resolve("benchmarks/ratios.svg")).doesNotExist();
    }

    @Test
    void theSameResultsGiveTheSamePlots() throws IOException {
        BenchmarkReport.write(RunDirectory.open(RUN), docs);
        BenchmarkReport.write(RunDirectory.open(RUN), docs.resolve("again"));

        for (String plot : List.of("ratios.svg", "overwrite-throughput-over-time.svg")) {
            assertThat(docs.resolve("benchmarks").resolve(plot))
                    .content()
                    .startsWith("<svg ")
                    .isEqualTo(Files.readString(docs.resolve("again/benchmarks").resolve(plot)));
        }
    }

    @Test
    void everyPlotOfTheReportIsBesideIt() throws IOException {
        String report = Files.readString(BenchmarkReport.write(RunDirectory.open(RUN), docs));

        assertThat(report.lines().filter(line -> line.startsWith("![")))
                .hasSize(2)
                .allSatisfy(
                        line ->
                                assertThat(
                                                docs.resolve(
                                                        line.substring(
                                                                line.indexOf("](") + 2,
                                                                line.length() - 1)))
                                        .exists());
    }
}
