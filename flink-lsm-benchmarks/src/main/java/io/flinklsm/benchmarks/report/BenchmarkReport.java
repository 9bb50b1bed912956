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

import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.RunConditions;
import io.flinklsm.benchmarks.results.RunDirectory;
import io.flinklsm.benchmarks.results.Sample;
import io.flinklsm.benchmarks.results.Series;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Writes {@code benchmarks.md} and its plots from the results of a run.
 *
 * <p>Every row of {@link Bars} is in the report, measured or not. Ratios are formed within the
 * directory of results only.
 */
public final class BenchmarkReport {

    private static final String FILE = "benchmarks.md";
    private static final String PLOTS = "benchmarks";
    private static final String METHOD = "method.md";
    private static final String NOT_MEASURED = "not measured";

    private final List<RunConditions> starts;
    private final Measurements measurements;

    private BenchmarkReport(List<RunConditions> starts, List<JvmRun> runs) {
        this.starts = List.copyOf(starts);
        this.measurements = new Measurements(runs);
    }

    /**
     * Writes the report of {@code results} into {@code docs}, over an earlier one.
     *
     * @return the Markdown file; its plots are in the directory {@code benchmarks} beside it
     * @throws IOException if a result cannot be read or the report not be written
     */
    public static Path write(RunDirectory results, Path docs) throws IOException {
        BenchmarkReport report = read(results);
        Path plots = Files.createDirectories(docs.resolve(PLOTS));
        return Files.writeString(docs.resolve(FILE), report.markdown(plots));
    }

    /** The tables of the report alone, for a terminal; of the bars those that were measured. */
    public static String tables(RunDirectory results) throws IOException {
        BenchmarkReport report = read(results);
        ResultTable table = new ResultTable(report.measurements);
        return String.join(
                "\n",
                report.bars(report.results().stream().filter(BarResult::isMeasured).toList()),
                new CapacityCurves(report.measurements).toMarkdown(),
                new HotTable(report.measurements).toMarkdown(),
                new LatencyTable(report.measurements).toMarkdown(),
                table.throughput(),
                new JobTable(report.measurements).toMarkdown(),
                table.figures(),
                table.parts());
    }

    /** Jobs whose results differ between backends, a line each. */
    public static List<String> differences(RunDirectory results) throws IOException {
        return new JobTable(read(results).measurements).differences();
    }

    private static BenchmarkReport read(RunDirectory results) throws IOException {
        return new BenchmarkReport(results.conditions(), results.jvmRuns());
    }

    private List<BarResult> results() {
        return Bars.ALL.stream().map(bar -> BarResult.of(bar, measurements)).toList();
    }

    private String markdown(Path plots) throws IOException {
        ResultTable table = new ResultTable(measurements);
        List<BarResult> results = results();
        StringBuilder text = new StringBuilder();
        text.append(
                """
                # Benchmarks

                flink-lsm beside Flink's own state backends. `bin/bench` measured this and wrote this page; `bin/bench report`
                writes it again from the results of the run. [How it is measured](#how-it-is-measured) is at the end.

                """);
        if (starts.stream().anyMatch(start -> !start.scale().equals("full"))) {
            text.append(
                    """
                    **Not for judging:** this has results of a short run. States are small and cases last a fraction of a
                    second, in which Java code is hardly compiled: it shows that everything runs. `bin/bench` without options measures.

                    """);
        }
        text.append("## Summary\n\n").append(new ReportSummary(results, measurements).toMarkdown());
        section(text, "The run", conditions());
        text.append("\n## Bars\n\n")
                .append("Medians over the rounds; ratios within this run.\n\n")
                .append(bars(results));
        if (RatioPlot.write(results, measurements, plots.resolve("ratios.svg"))) {
            text.append("\n![How many times better than RocksDB, row by row](")
                    .append(PLOTS)
                    .append("/ratios.svg)\n");
        }
        CapacityCurves capacity = new CapacityCurves(measurements);
        section(text, "Speed by the size of the state", capacity.toMarkdown());
        plot(text, capacity.series(), plots);
        section(text, "State within the memory", new HotTable(measurements).toMarkdown());
        section(text, "Latencies", new LatencyTable(measurements).toMarkdown());
        section(text, "Whole jobs", new JobTable(measurements).toMarkdown());
        section(text, "Throughput", table.throughput());
        section(text, "Other figures", table.figures());
        curves(text, plots);
        section(text, "Garbage collection", table.garbage());
        section(text, "Bytes written", table.writes());
        section(text, "Resident memory", table.memory());
        section(text, "Parts of the engine", table.parts());
        text.append("\n## How it is measured\n\n").append(resource(METHOD));
        return text.toString();
    }

    /** Every start of the program: when, where, what, and which JVMs failed. */
    private String conditions() {
        Set<String> places = new LinkedHashSet<>();
        StringBuilder text = new StringBuilder();
        for (RunConditions start : starts) {
            places.add(start.machine() + "; " + start.versions() + ".\n");
            text.append(
                    String.format(
                            Locale.ROOT,
                            "- %s, scale %s, commit %s: `%s`, %d min %d s, load average %.1f at"
                                    + " the end.%n",
                            start.date(),
                            start.scale(),
                            start.commit(),
                            start.command().strip(),
                            start.seconds() / 60,
                            start.seconds() % 60,
                            start.loadAverage()));
            if (!start.failures().isEmpty()) {
                text.append("  **JVMs that failed:** ")
                        .append(String.join("; ", start.failures()))
                        .append(".\n");
            }
        }
        return text + "\n" + String.join("", places);
    }

    private String bars(List<BarResult> results) {
        Markdown table =
                Markdown.table(2, "row", "bar", "flink-lsm", "peer", "result", "met", "× HashMap");
        for (BarResult result : results) {
            Bar bar = result.bar();
            table.row(
                    bar.row(),
                    bar.asked(),
                    Markdown.number(result.ours()),
                    Markdown.number(result.peers()),
                    result.isMeasured()
                            ? bar.rule().isRatio()
                                    ? Markdown.ratio(result.value().getAsDouble()) + " ×"
                                    : Markdown.number(result.value())
                            : NOT_MEASURED,
                    result.isMeasured() ? result.met() ? "yes" : "**no**" : Markdown.NONE,
                    Markdown.ratio(result.ours(), heapOf(bar)));
        }
        return table.toString();
    }

    private OptionalDouble heapOf(Bar bar) {
        List<String> cases = measurements.matching(bar.cases());
        return cases.size() == 1
                ? measurements.median(cases.get(0), Measurements.HASHMAP, bar.quantity())
                : OptionalDouble.empty();
    }

    /** A plot for each name of a curve: every backend's last measurement of it. */
    private void curves(StringBuilder text, Path plots) throws IOException {
        Map<String, Map<String, Series>> byName = new LinkedHashMap<>();
        for (String caseName : measurements.caseNames()) {
            for (String peer : measurements.peersOf(caseName)) {
                for (Sample sample : measurements.samples(caseName, peer)) {
                    for (Series series : sample.series()) {
                        byName.computeIfAbsent(series.name(), name -> new LinkedHashMap<>())
                                .put(peer, series);
                    }
                }
            }
        }
        if (byName.isEmpty()) {
            return;
        }
        text.append("\n## Curves\n");
        plot(text, byName, plots);
    }

    private static void plot(
            StringBuilder text, Map<String, Map<String, Series>> byName, Path plots)
            throws IOException {
        for (Map.Entry<String, Map<String, Series>> curve : byName.entrySet()) {
            String file = fileName(curve.getKey());
            LinePlot.write(curve.getKey(), curve.getValue(), plots.resolve(file));
            text.append("\n![")
                    .append(curve.getKey())
                    .append("](")
                    .append(PLOTS)
                    .append('/')
                    .append(file)
                    .append(")\n");
        }
    }

    /**
     * Letters and digits only: {@code overwrite: throughput} is {@code overwrite-throughput.svg}.
     */
    private static String fileName(String name) {
        List<String> words = new ArrayList<>();
        for (String word : name.toLowerCase(Locale.ROOT).split("[^a-z0-9]+", -1)) {
            if (!word.isEmpty()) {
                words.add(word);
            }
        }
        return String.join("-", words) + ".svg";
    }

    private static void section(StringBuilder text, String title, String table) {
        // A heading and a line are no table.
        if (table.lines().count() > 2) {
            text.append("\n## ").append(title).append("\n\n").append(table);
        }
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = BenchmarkReport.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("[" + name + "] is missing from the program's own resources");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
