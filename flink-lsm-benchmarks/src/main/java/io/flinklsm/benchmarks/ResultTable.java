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
package io.flinklsm.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Puts the samples of all JVMs into one Markdown table: medians over the rounds, and ratios. */
final class ResultTable {

    private static final String HEADER =
            "| case | backend | per ms | spread | × RocksDB | × HashMap | × RocksDB, CPU"
                    + " | task CPU ns | all CPU ns | alloc B | GC ms | peak RSS MB |\n"
                    + "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";

    private final Map<String, Map<Peer, List<Sample>>> cases = new LinkedHashMap<>();
    private final Map<Sample, Long> residentBytes = new IdentityHashMap<>();

    /** Adds what one JVM reported. */
    void add(JvmRun run) {
        for (Sample sample : run.samples()) {
            cases.computeIfAbsent(sample.caseName(), name -> new EnumMap<>(Peer.class))
                    .computeIfAbsent(run.peer(), peer -> new ArrayList<>())
                    .add(sample);
            residentBytes.put(sample, run.residentBytes());
        }
    }

    /** The table; a row for each case and backend, in the order in which they were added. */
    String toMarkdown() {
        StringBuilder table = new StringBuilder(HEADER);
        cases.forEach(
                (name, peers) ->
                        peers.forEach((peer, samples) -> row(table, name, peer, samples, peers)));
        return table.toString();
    }

    private void row(
            StringBuilder table,
            String name,
            Peer peer,
            List<Sample> samples,
            Map<Peer, List<Sample>> peers) {
        double speed = median(samples, Sample::operationsPerMilli);
        table.append("| ").append(name);
        if (!samples.get(0).unit().equals("ops")) {
            table.append(" (").append(samples.get(0).unit()).append(')');
        }
        cell(table, peer.label());
        cell(table, number(speed));
        cell(table, samples.size() < 2 ? "–" : number(100 * spread(samples) / speed) + " %");
        cell(table, ratio(peers.get(Peer.ROCKSDB), samples, ResultTable::nanos));
        cell(table, ratio(peers.get(Peer.HASHMAP), samples, ResultTable::nanos));
        cell(table, ratio(peers.get(Peer.ROCKSDB), samples, Sample::taskCpuNanosPerOperation));
        cell(table, number(median(samples, Sample::taskCpuNanosPerOperation)));
        cell(table, number(median(samples, Sample::processCpuNanosPerOperation)));
        cell(table, number(median(samples, Sample::allocatedBytesPerOperation)));
        cell(table, number(median(samples, Sample::gcMillis)));
        cell(
                table,
                number(
                        median(samples, sample -> residentBytes.getOrDefault(sample, 0L))
                                / (1 << 20)));
        table.append(" |\n");
    }

    private static void cell(StringBuilder table, String text) {
        table.append(" | ").append(text);
    }

    /** How many times cheaper {@code samples} are than {@code other}. */
    private static String ratio(
            @Nullable List<Sample> other, List<Sample> samples, ToDoubleFunction<Sample> cost) {
        return other == null
                ? "–"
                : String.format(Locale.ROOT, "%.2f", median(other, cost) / median(samples, cost));
    }

    private static double nanos(Sample sample) {
        return 1e6 / sample.operationsPerMilli();
    }

    /** The distance from the slowest round to the fastest. */
    private static double spread(List<Sample> samples) {
        double[] speeds = samples.stream().mapToDouble(Sample::operationsPerMilli).toArray();
        return Arrays.stream(speeds).max().orElseThrow()
                - Arrays.stream(speeds).min().orElseThrow();
    }

    /** The middle value; of an even count, the mean of the two middle ones. */
    private static double median(List<Sample> samples, ToDoubleFunction<Sample> figure) {
        double[] figures = samples.stream().mapToDouble(figure).sorted().toArray();
        int middle = figures.length / 2;
        return figures.length % 2 == 1
                ? figures[middle]
                : (figures[middle - 1] + figures[middle]) / 2;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.1f" : "%.0f", value);
    }
}
