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
import java.util.List;

/** Latencies of single operations: a row for each case and backend. */
final class LatencyTable {

    private static final String PREFIX = "latency, ";

    private static final List<String> FIGURES =
            List.of("ops/ms", "p50 µs", "p99 µs", "p99.9 µs", "longest ms");

    private final Measurements measurements;

    LatencyTable(Measurements measurements) {
        this.measurements = measurements;
    }

    /** Whether a case is shown here, and need not be shown in another table of figures. */
    static boolean isLatency(String caseName) {
        return caseName.startsWith(PREFIX);
    }

    String toMarkdown() {
        List<String> columns = new ArrayList<>(List.of("case", "backend"));
        columns.addAll(FIGURES);
        Markdown table = Markdown.table(2, columns.toArray(String[]::new));
        for (String name : measurements.caseNames()) {
            if (isLatency(name)) {
                for (String peer : measurements.peersOf(name)) {
                    List<String> row =
                            new ArrayList<>(List.of(name.substring(PREFIX.length()), peer));
                    for (String figure : FIGURES) {
                        row.add(Markdown.number(measurements.median(name, peer, figure)));
                    }
                    table.row(row);
                }
            }
        }
        return table.toString();
    }
}
