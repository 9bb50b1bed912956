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
package io.flinklsm.benchmarks.cases;

import io.flinklsm.benchmarks.backend.BenchmarkedBackend;
import io.flinklsm.benchmarks.measure.Meter;
import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.storage.StorageBenchmark;
import io.flinklsm.benchmarks.workload.Scale;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Cases that share one JVM, and mostly one loaded state.
 *
 * <p>To add a group: write its {@link Cases} (one warm backend is enough) or its {@link Program}
 * (it opens its own backends), give it a line here and one for each scale in {@code RunPlan}, and
 * give its bars to {@code report.Bars}. The program, the report and the test of all groups take it
 * from here.
 */
public enum CaseGroup {
    HOT(HotCases.shortWarmUp(), "states of all kinds within the memory; 20 checkpoints"),
    HOT_LONG(HotCases.longWarmUp(), "the same after ten times the warm-up, no checkpoints"),
    CURVE(new CurveCases(), "speed by state size, 0.1 to 10 times the memory; checkpoints"),
    LATENCY(new LatencyCases(), "latencies of single operations at full speed and at 70 % of it"),
    TIMERS(new TimerCases(), "timers: 1 M"),
    CHECKPOINT(new CheckpointCases(), "checkpoints, restores and rescaling of 1.5 M x 200 bytes"),
    LARGE(new LargeCases(), "state ten times the managed memory: 6 M x 200 bytes"),
    RESTORE(new RestoreCases(), "restore to first get by state size: 0.1, 0.3 and 1 GB"),
    MEMORY(new MemoryCases(), "resident memory: large state, 8 backends, 32 MB, 200 restores"),
    SCALING(new ScalingCases(), "cost by state size, states, key groups, files of level 0"),
    STORAGE(
            CaseGroup::storage,
            "restore and rescale with state on remote storage, 30 ms a request: 0.1 GB"),
    OVERWRITE(new OverwriteCases(), "2 M keys rewritten at full speed for three minutes");

    private final Program program;
    private final String description;

    CaseGroup(Cases cases, String description) {
        this(onOneBackend(cases), description);
    }

    CaseGroup(Program program, String description) {
        this.program = program;
        this.description = description;
    }

    /** The cases of a group: they load what they need, then measure. */
    public interface Cases {
        /**
         * Runs every case of the group once on an empty backend.
         *
         * @throws IllegalStateException if the backend answers wrongly
         */
        void run(BenchmarkedBackend backend, Scale scale, Meter meter) throws Exception;
    }

    /** The cases of a group that opens backends itself: several, or the same one again. */
    public interface Program {
        /**
         * Runs every case of the group once.
         *
         * @throws IllegalStateException if the backend answers wrongly
         */
        void run(Workbench bench, Scale scale, Meter meter) throws Exception;
    }

    public Program program() {
        return program;
    }

    /** What it measures, in a line; sizes are those of the full scale. */
    public String description() {
        return description;
    }

    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public String toString() {
        return label();
    }

    /**
     * The group of a label.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static CaseGroup ofLabel(String label) {
        for (CaseGroup group : values()) {
            if (group.label().equals(label)) {
                return group;
            }
        }
        throw new IllegalArgumentException(
                "[groups] unknown group of cases: name="
                        + label
                        + "; use "
                        + Arrays.stream(values())
                                .map(CaseGroup::label)
                                .collect(Collectors.joining(", "))
                        + ", jobs or parts");
    }

    private static void storage(Workbench bench, Scale scale, Meter meter) throws Exception {
        StorageBenchmark benchmark =
                new StorageBenchmark(
                        bench.peer(),
                        bench.directory(),
                        bench.managedBytes(),
                        scale.choose(
                                new StorageBenchmark.Times(3_000, 60_000),
                                new StorageBenchmark.Times(1_000, 20_000),
                                new StorageBenchmark.Times(20, 2_000)),
                        (name, figures) -> meter.figures(name, figures.toArray(Figure[]::new)));
        List<Double> sizes = bench.options().storageGigabytes();
        if (sizes.isEmpty()) {
            benchmark.run(scale.choose(0.1, 0.02, 0.0005), "");
        }
        for (double gigabytes : sizes) {
            benchmark.run(gigabytes, ", " + gigabytes + " GB");
        }
    }

    private static Program onOneBackend(Cases cases) {
        return (bench, scale, meter) -> {
            try (BenchmarkedBackend backend = bench.open("backend")) {
                cases.run(backend, scale, meter);
            }
        };
    }
}
