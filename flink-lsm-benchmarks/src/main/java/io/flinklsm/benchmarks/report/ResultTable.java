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

import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** All figures of a run as Markdown tables: medians over the rounds, and ratios within the run. */
public final class ResultTable {

    /** What the cases of parts begin with. */
    public static final String PART = "part ";

    /** What the name of a figure begins with that is another one's error. */
    public static final String ERROR = "± ";

    private final Measurements measurements;

    ResultTable(Measurements measurements) {
        this.measurements = measurements;
    }

    /** Cases with operations on the clock: a row for each case and backend. */
    String throughput() {
        Markdown table =
                Markdown.table(
                        2,
                        "case",
                        "backend",
                        "per ms",
                        "spread",
                        "× RocksDB",
                        "× HashMap",
                        "× RocksDB, task CPU",
                        "task CPU ns",
                        "all CPU ns",
                        "alloc B",
                        "GC ms");
        for (String name : measurements.caseNames()) {
            for (String peer : measurements.peersOf(name)) {
                List<Sample> samples = onTheClock(name, peer);
                if (!samples.isEmpty() && !HotTable.isHot(name) && !CapacityCurves.isPoint(name)) {
                    table.row(throughputRow(name, peer, samples));
                }
            }
        }
        return table.toString();
    }

    /** Cases with figures of their own: a row for each figure and backend. */
    String figures() {
        Markdown table =
                Markdown.table(3, "case", "figure", "backend", "median", "spread", "× RocksDB");
        for (String name : measurements.caseNames()) {
            if (JobTable.isJob(name)
                    || isPart(name)
                    || LatencyTable.isLatency(name)
                    || CapacityCurves.isPoint(name)) {
                continue;
            }
            for (String figure : figureNames(name)) {
                for (String peer : measurements.peersOf(name)) {
                    OptionalDouble median = measurements.median(name, peer, figure);
                    if (median.isPresent()) {
                        table.row(
                                name,
                                figure,
                                peer,
                                Markdown.number(median),
                                Markdown.spread(
                                        measurements.samples(name, peer),
                                        sample -> sample.quantity(figure).orElse(Double.NaN)),
                                Markdown.ratio(
                                        median,
                                        measurements.median(name, Measurements.ROCKSDB, figure)));
                    }
                }
            }
        }
        return table.toString();
    }

    /** The engine's parts, as JMH measured them: a row for each benchmark. */
    String parts() {
        Markdown table = Markdown.table(1, "part", "time", "± 99.9 %", "unit");
        for (String name : measurements.caseNames()) {
            if (!isPart(name)) {
                continue;
            }
            for (String figure : figureNames(name)) {
                if (!figure.startsWith(ERROR)) {
                    table.row(
                            name.substring(PART.length()),
                            Markdown.number(measurements.median(name, Measurements.LSM, figure)),
                            Markdown.number(
                                    measurements.median(name, Measurements.LSM, ERROR + figure)),
                            figure);
                }
            }
        }
        return table.toString();
    }

    /** Garbage collection beside HashMap's: a row for each case and backend. */
    String garbage() {
        Markdown table =
                Markdown.table(
                        2,
                        "case",
                        "backend",
                        "alloc B/op",
                        "alloc MB/s",
                        "collections/s",
                        "GC ms/s",
                        "longest ms");
        for (String name : measurements.caseNames()) {
            for (String peer : measurements.peersOf(name)) {
                List<Sample> samples = onTheClock(name, peer);
                if (samples.isEmpty() || !(isOurs(peer) || peer.equals(Measurements.HASHMAP))) {
                    continue;
                }
                table.row(
                        name,
                        peer,
                        median(samples, Sample::allocatedBytesPerOperation),
                        median(samples, s -> perSecond(s, s.allocatedBytes()) / (1 << 20)),
                        median(samples, s -> perSecond(s, s.gcCount())),
                        median(samples, s -> perSecond(s, s.gcMillis())),
                        median(samples, Sample::gcMaxPauseMillis));
            }
        }
        return table.toString();
    }

    /** What was written, where a case counts its user's bytes or wrote at least a megabyte. */
    String writes() {
        Markdown table =
                Markdown.table(
                        2,
                        "case",
                        "backend",
                        "user MB",
                        "written MB",
                        "to device MB",
                        Sample.WRITE_AMPLIFICATION);
        for (String name : measurements.caseNames()) {
            for (String peer : measurements.peersOf(name)) {
                List<Sample> samples = onTheClock(name, peer);
                if (samples.stream()
                        .anyMatch(s -> s.userBytes() > 0 || s.writtenBytes() >= 1 << 20)) {
                    table.row(
                            name,
                            peer,
                            samples.stream().allMatch(s -> s.userBytes() == 0)
                                    ? Markdown.NONE
                                    : median(samples, s -> megabytes(s.userBytes())),
                            median(samples, s -> megabytes(s.writtenBytes())),
                            median(samples, s -> megabytes(s.deviceBytes())),
                            Markdown.number(
                                    measurements.median(name, peer, Sample.WRITE_AMPLIFICATION)));
                }
            }
        }
        return table.toString();
    }

    /** Peak resident memory of the JVMs: a row for each group and backend. */
    String memory() {
        Markdown table =
                Markdown.table(
                        2, "group", "backend", "heap MB", "managed MB", "peak RSS MB", "highest");
        Set<String> groups = new LinkedHashSet<>();
        measurements.runs().forEach(run -> groups.add(run.group()));
        for (String group : groups) {
            Set<String> peers = new LinkedHashSet<>();
            measurements.runs().stream()
                    .filter(run -> run.group().equals(group))
                    .forEach(run -> peers.add(run.peer()));
            for (String peer : peers) {
                List<JvmRun> runs =
                        measurements.runs().stream()
                                .filter(run -> run.group().equals(group) && run.peer().equals(peer))
                                .toList();
                double[] resident =
                        runs.stream().mapToDouble(run -> megabytes(run.residentBytes())).toArray();
                table.row(
                        group,
                        peer,
                        Integer.toString(runs.get(0).heapMegabytes()),
                        Integer.toString(runs.get(0).managedMegabytes()),
                        Markdown.number(Measurements.median(resident)),
                        Markdown.number(Arrays.stream(resident).max()));
            }
        }
        return table.toString();
    }

    private List<String> throughputRow(String name, String peer, List<Sample> samples) {
        List<String> row = new ArrayList<>();
        String unit = samples.get(0).unit();
        row.add(unit.equals("ops") ? name : name + " (" + unit + ")");
        row.add(peer);
        row.add(median(samples, Sample::operationsPerMilli));
        row.add(Markdown.spread(samples, Sample::operationsPerMilli));
        row.add(times(name, Measurements.ROCKSDB, samples, Sample::operationsPerMilli));
        row.add(times(name, Measurements.HASHMAP, samples, Sample::operationsPerMilli));
        row.add(
                times(
                        name,
                        Measurements.ROCKSDB,
                        samples,
                        sample -> 1 / sample.taskCpuNanosPerOperation()));
        row.add(median(samples, Sample::taskCpuNanosPerOperation));
        row.add(median(samples, Sample::processCpuNanosPerOperation));
        row.add(median(samples, Sample::allocatedBytesPerOperation));
        row.add(median(samples, Sample::gcMillis));
        return row;
    }

    private Set<String> figureNames(String caseName) {
        Set<String> names = new LinkedHashSet<>();
        for (String peer : measurements.peersOf(caseName)) {
            for (Sample sample : measurements.samples(caseName, peer)) {
                sample.figures().stream().map(Figure::name).forEach(names::add);
            }
        }
        return names;
    }

    private List<Sample> onTheClock(String caseName, String peer) {
        return measurements.samples(caseName, peer).stream()
                .filter(sample -> sample.operations() > 0)
                .toList();
    }

    /** How many times as much {@code samples} are as those of another backend. */
    private String times(
            String caseName, String other, List<Sample> samples, ToDoubleFunction<Sample> figure) {
        List<Sample> others = onTheClock(caseName, other);
        return others.isEmpty()
                ? Markdown.NONE
                : Markdown.ratio(
                        Measurements.median(samples, figure) / Measurements.median(others, figure));
    }

    private static String median(List<Sample> samples, ToDoubleFunction<Sample> figure) {
        return Markdown.number(Measurements.median(samples, figure));
    }

    private static boolean isPart(String caseName) {
        return caseName.startsWith(PART);
    }

    private static boolean isOurs(String peer) {
        return peer.equals(Measurements.LSM);
    }

    private static double perSecond(Sample sample, double amount) {
        return amount * 1e9 / sample.wallNanos();
    }

    private static double megabytes(long bytes) {
        return bytes / (double) (1 << 20);
    }
}
