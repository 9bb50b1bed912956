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

import io.flinklsm.benchmarks.results.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.TreeSet;

/** Whole jobs: a row for each job and backend, their means, and whether the results are equal. */
final class JobTable {

    private static final List<String> FIGURES =
            List.of(
                    "state ÷ memory",
                    "wall s",
                    "task %",
                    "flush %",
                    "compaction %",
                    "checkpoint %",
                    "compiler %",
                    "GC %",
                    "written MB",
                    "compiler CPU s",
                    "GC ms",
                    "checkpoints",
                    "longest sync ms",
                    "longest async ms",
                    "peak RSS MB");

    private final Measurements measurements;

    JobTable(Measurements measurements) {
        this.measurements = measurements;
    }

    static boolean isJob(String caseName) {
        return caseName.startsWith(Bars.JOB);
    }

    /** What is wrong, a line for each job whose results are not all the same. */
    List<String> differences() {
        List<String> differences = new ArrayList<>();
        for (String job : jobs()) {
            TreeSet<String> answers = new TreeSet<>();
            StringBuilder line = new StringBuilder("[" + job + "] results differ:");
            for (String peer : measurements.peersOf(job)) {
                for (Sample sample : measurements.samples(job, peer)) {
                    answers.add(sample.answer());
                    line.append(' ').append(peer).append(' ').append(sample.answer()).append(';');
                }
            }
            if (answers.size() > 1) {
                differences.add(line.toString());
            }
        }
        return differences;
    }

    /** The table and the geometric means of the ratios; nothing if no job ran. */
    String toMarkdown() {
        List<String> columns =
                new ArrayList<>(
                        List.of("job", "backend", "events/CPU s", "× RocksDB", "× HashMap"));
        columns.addAll(FIGURES);
        Markdown table = Markdown.table(2, columns.toArray(String[]::new));
        if (jobs().isEmpty()) {
            return table.toString();
        }
        for (String job : jobs()) {
            for (String peer : measurements.peersOf(job)) {
                OptionalDouble speed = speed(job, peer);
                List<String> row = new ArrayList<>();
                row.add(job.substring(Bars.JOB.length()));
                row.add(peer);
                row.add(Markdown.number(speed));
                row.add(Markdown.ratio(speed, speed(job, Measurements.ROCKSDB)));
                row.add(Markdown.ratio(speed, speed(job, Measurements.HASHMAP)));
                for (String figure : FIGURES) {
                    row.add(Markdown.number(measurements.median(job, peer, figure)));
                }
                table.row(row);
            }
        }
        StringBuilder text = new StringBuilder(table.toString()).append('\n');
        means(text);
        List<String> differences = differences();
        text.append(
                differences.isEmpty()
                        ? "The result of every job, rows and their hash, is the same on all"
                                + " backends.\n"
                        : "**Results differ:** " + String.join(" ", differences) + "\n");
        return text.toString();
    }

    private void means(StringBuilder text) {
        for (String peer : measurements.peers()) {
            List<Double> ratios = new ArrayList<>();
            for (String job : jobs()) {
                OptionalDouble own = speed(job, peer);
                OptionalDouble other = speed(job, Measurements.ROCKSDB);
                if (own.isPresent() && other.isPresent()) {
                    ratios.add(own.getAsDouble() / other.getAsDouble());
                }
            }
            if (!ratios.isEmpty() && !peer.equals(Measurements.ROCKSDB)) {
                text.append(
                        String.format(
                                Locale.ROOT,
                                "%s does %.2f × RocksDB's events per CPU second (geometric mean"
                                        + " over %d jobs), %.2f × at worst.%n",
                                Measurements.nameOf(peer),
                                Measurements.geometricMean(ratios),
                                ratios.size(),
                                ratios.stream().mapToDouble(ratio -> ratio).min().orElseThrow()));
            }
        }
    }

    private List<String> jobs() {
        return measurements.caseNames().stream().filter(JobTable::isJob).toList();
    }

    private OptionalDouble speed(String job, String peer) {
        return measurements.median(job, peer, Bars.EVENTS_PER_CPU_SECOND);
    }
}
