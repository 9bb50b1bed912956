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

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/** The report in a few lines: a row for each group of cases, and what is below its bar. */
final class ReportSummary {

    private final List<BarResult> results;
    private final Measurements measurements;

    ReportSummary(List<BarResult> results, Measurements measurements) {
        this.results = List.copyOf(results);
        this.measurements = measurements;
    }

    String toMarkdown() {
        StringBuilder text = new StringBuilder();
        text.append(
                String.format(
                        Locale.ROOT,
                        "%d of %d rows measured, %d met. *Times better* is over the rows whose bar"
                                + " is a ratio: to RocksDB, to the tuned one where state is larger"
                                + " than memory; less is better for times and bytes, and turned"
                                + " over. Means are geometric.%n%n",
                        results.stream().filter(BarResult::isMeasured).count(),
                        results.size(),
                        results.stream().filter(BarResult::met).count()));
        Markdown table =
                Markdown.table(
                        1,
                        "group",
                        "rows",
                        "met",
                        "times better, mean",
                        "least",
                        "most",
                        "× HashMap, mean");
        Map<String, List<BarResult>> groups = new LinkedHashMap<>();
        for (BarResult result : results) {
            groups.computeIfAbsent(result.bar().group(), group -> new ArrayList<>()).add(result);
        }
        groups.forEach((group, rows) -> table.row(row(group, rows)));
        text.append(table);
        List<String> below =
                results.stream()
                        .filter(result -> result.isMeasured() && !result.met())
                        .map(ReportSummary::missed)
                        .toList();
        if (!below.isEmpty()) {
            text.append("\nBelow the bar:\n\n");
            below.forEach(line -> text.append("- ").append(line).append('\n'));
        }
        List<String> missing =
                results.stream()
                        .filter(result -> !result.isMeasured())
                        .map(result -> result.bar().row())
                        .toList();
        if (!missing.isEmpty()) {
            text.append("\nNot measured: ").append(String.join("; ", missing)).append(".\n");
        }
        return text.toString();
    }

    private List<String> row(String group, List<BarResult> rows) {
        double[] better =
                rows.stream()
                        .filter(row -> row.bar().rule().isRatio() && row.isMeasured())
                        .filter(row -> !row.bar().peer().equals(Measurements.HASHMAP))
                        // The least of several cases is no row of its own for a mean.
                        .filter(row -> row.bar().rule() != Bar.Rule.EVERY_AT_LEAST_TIMES)
                        .mapToDouble(BarResult::timesBetter)
                        .filter(ReportSummary::hasLogarithm)
                        .sorted()
                        .toArray();
        double[] heap =
                rows.stream()
                        .mapToDouble(row -> row.timesBetterThanHeap(measurements))
                        .filter(ReportSummary::hasLogarithm)
                        .toArray();
        return List.of(
                group,
                Integer.toString(rows.size()),
                Long.toString(rows.stream().filter(BarResult::met).count()),
                mean(better),
                better.length == 0 ? Markdown.NONE : Markdown.ratio(better[0]),
                better.length == 0 ? Markdown.NONE : Markdown.ratio(better[better.length - 1]),
                mean(heap));
    }

    private static String missed(BarResult result) {
        OptionalDouble value = result.value();
        return result.bar().row()
                + ": "
                + (result.bar().rule().isRatio()
                        ? Markdown.ratio(value.orElseThrow()) + " ×"
                        : Markdown.number(value))
                + ", asked "
                + result.bar().asked();
    }

    private static boolean hasLogarithm(double value) {
        return value > 0 && value < Double.POSITIVE_INFINITY;
    }

    /** Geometric. */
    private static String mean(double[] ratios) {
        double logarithms = 0;
        for (double ratio : ratios) {
            logarithms += Math.log(ratio);
        }
        return ratios.length == 0
                ? Markdown.NONE
                : Markdown.ratio(Math.exp(logarithms / ratios.length));
    }
}
