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
package io.flinklsm.benchmarks.jobs;

import io.flinklsm.benchmarks.Peer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/** Puts the results of jobs together: medians over the rounds, and ratios within the run. */
public final class JobTable {

    private static final String HEADER =
            "| job | backend | events per CPU s | × RocksDB | × HashMap | wall s | CPU s"
                    + " | compiler CPU s | GC ms | checkpoints | longest sync ms | longest async ms"
                    + " | peak RSS MB |\n"
                    + "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";

    private final Map<String, Map<String, List<JobResult>>> jobs = new LinkedHashMap<>();

    /** Adds what one run of a job showed. */
    public void add(JobResult result) {
        jobs.computeIfAbsent(result.job(), job -> new LinkedHashMap<>())
                .computeIfAbsent(result.backend(), backend -> new ArrayList<>())
                .add(result);
    }

    /** What is wrong, a line for each job whose results are not all the same. */
    public List<String> differences() {
        List<String> differences = new ArrayList<>();
        jobs.forEach(
                (job, backends) -> {
                    TreeSet<String> results = new TreeSet<>();
                    StringBuilder line = new StringBuilder("[job " + job + "] results differ:");
                    backends.forEach(
                            (backend, runs) ->
                                    runs.forEach(
                                            run -> {
                                                results.add(run.result());
                                                line.append(' ')
                                                        .append(backend)
                                                        .append(' ')
                                                        .append(run.result())
                                                        .append(';');
                                            }));
                    if (results.size() > 1) {
                        differences.add(line.toString());
                    }
                });
        return differences;
    }

    /** A row for each job and backend, and the geometric means of the ratios. */
    public String toMarkdown() {
        StringBuilder table = new StringBuilder(HEADER);
        jobs.forEach(
                (job, backends) ->
                        backends.forEach(
                                (backend, runs) -> {
                                    table.append("| ").append(job);
                                    cell(table, backend);
                                    cell(table, number(runs, JobResult::eventsPerCpuSecond));
                                    cell(table, ratio(ratio(job, backend, Peer.ROCKSDB)));
                                    cell(table, ratio(ratio(job, backend, Peer.HASHMAP)));
                                    cell(table, number(runs, run -> run.wallMillis() / 1e3));
                                    cell(table, number(runs, run -> run.cpuMillis() / 1e3));
                                    cell(table, number(runs, run -> run.compilerCpuMillis() / 1e3));
                                    cell(table, number(runs, JobResult::gcMillis));
                                    cell(table, number(runs, JobResult::checkpoints));
                                    cell(table, number(runs, JobResult::longestSyncMillis));
                                    cell(table, number(runs, JobResult::longestAsyncMillis));
                                    cell(table, number(runs, run -> run.residentBytes() / 1e6));
                                    table.append(" |\n");
                                }));
        table.append('\n');
        for (Peer peer : Peer.values()) {
            OptionalDouble mean = geometricMean(peer, Peer.ROCKSDB);
            if (mean.isPresent() && peer != Peer.ROCKSDB) {
                table.append(
                        String.format(
                                Locale.ROOT,
                                "%s does %.2f × RocksDB's events per CPU second (geometric mean"
                                        + " over the jobs), %.2f × at worst.%n",
                                peer.label(),
                                mean.getAsDouble(),
                                worst(peer, Peer.ROCKSDB).orElse(0)));
            }
        }
        return table.toString();
    }

    /** The mean of a backend's ratios to another, over the jobs that both ran; empty if none. */
    public OptionalDouble geometricMean(Peer peer, Peer other) {
        OptionalDouble mean = ratios(peer, other).stream().mapToDouble(Math::log).average();
        return mean.isPresent() ? OptionalDouble.of(Math.exp(mean.getAsDouble())) : mean;
    }

    /** The least of a backend's ratios to another; empty if no job ran on both. */
    public OptionalDouble worst(Peer peer, Peer other) {
        return ratios(peer, other).stream().mapToDouble(Double::doubleValue).min();
    }

    private List<Double> ratios(Peer peer, Peer other) {
        List<Double> ratios = new ArrayList<>();
        for (String job : jobs.keySet()) {
            ratio(job, peer.label(), other).ifPresent(ratios::add);
        }
        return ratios;
    }

    private OptionalDouble ratio(String job, String backend, Peer other) {
        Map<String, List<JobResult>> backends = jobs.getOrDefault(job, Map.of());
        List<JobResult> runs = backends.get(backend);
        List<JobResult> others = backends.get(other.label());
        return runs == null || others == null
                ? OptionalDouble.empty()
                : OptionalDouble.of(
                        median(runs, JobResult::eventsPerCpuSecond)
                                / median(others, JobResult::eventsPerCpuSecond));
    }

    private static void cell(StringBuilder table, String text) {
        table.append(" | ").append(text);
    }

    private static String ratio(OptionalDouble ratio) {
        return ratio.isPresent() ? String.format(Locale.ROOT, "%.2f", ratio.getAsDouble()) : "–";
    }

    private static String number(List<JobResult> runs, ToDoubleFunction<JobResult> figure) {
        double value = median(runs, figure);
        return String.format(Locale.ROOT, value < 10 ? "%.1f" : "%.0f", value);
    }

    /** The middle value; of an even count, the mean of the two middle ones. */
    private static double median(List<JobResult> runs, ToDoubleFunction<JobResult> figure) {
        double[] figures = runs.stream().mapToDouble(figure).sorted().toArray();
        int middle = figures.length / 2;
        return figures.length % 2 == 1
                ? figures[middle]
                : (figures[middle - 1] + figures[middle]) / 2;
    }
}
