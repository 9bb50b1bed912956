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

import io.flinklsm.benchmarks.backend.BackendSlot;
import io.flinklsm.benchmarks.backend.BackendSpec;
import io.flinklsm.benchmarks.backend.BenchmarkedBackend;
import io.flinklsm.benchmarks.measure.Meter;
import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.results.Series;
import io.flinklsm.benchmarks.run.ProcessCounters;
import io.flinklsm.benchmarks.workload.KeyOrder;
import io.flinklsm.benchmarks.workload.Scale;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * All keys rewritten again and again, uniformly and at full speed, for three minutes: does
 * compaction keep up, or does the writer have to wait? Keys and values are those of {@link
 * KeyedByteValues}.
 */
final class OverwriteCases implements CaseGroup.Program {

    static final String CASE = "overwrite at full speed";

    private static final long SEED = 11;
    private static final int SECOND_NANOS = 1_000_000_000;

    @Override
    public void run(Workbench bench, Scale scale, Meter meter) throws Exception {
        KeyOrder order = new KeyOrder(scale.choose(2_000_000, 200_000, 2_000));
        int slices =
                bench.options().overwriteSeconds() > 0
                        ? bench.options().overwriteSeconds()
                        : scale.choose(180, 5, 10);
        int sliceNanos = scale.choose(SECOND_NANOS, SECOND_NANOS, SECOND_NANOS / 50);
        String name = "overwrite";
        KeyedByteValues.Versions versions = new KeyedByteValues.Versions(order.count());
        try (BackendSlot slot = bench.slot(name, Map.of());
                BenchmarkedBackend backend = slot.open(BackendSpec.empty(name))) {
            KeyedByteValues values = new KeyedByteValues(CASE, backend, "overwritten", versions);
            values.loadAll(order);
            overwrite(
                    values,
                    order.count(),
                    slices,
                    sliceNanos,
                    BackendSlot.workOf(bench.directory().resolve(name)),
                    meter);
            values.checkSome(scale.choose(20_000, 2_000, 2_000));
        }
    }

    private static void overwrite(
            KeyedByteValues values, int keys, int slices, int sliceNanos, Path work, Meter meter)
            throws Exception {
        double[] at = new double[slices];
        double[] perMilli = new double[slices];
        double[] diskMegabytes = new double[slices];
        SplittableRandom random = new SplittableRandom(SEED);
        ProcessCounters.Io before = ProcessCounters.io();
        long done = 0;
        long longest = 0;
        long busyNanos = 0;
        for (int slice = 0; slice < slices; slice++) {
            long start = System.nanoTime();
            long now = start;
            long doneBefore = done;
            while (now - start < sliceNanos) {
                values.overwrite(random.nextInt(keys));
                done++;
                long after = System.nanoTime();
                longest = Math.max(longest, after - now);
                now = after;
            }
            busyNanos += now - start;
            at[slice] = busyNanos / 1e9;
            perMilli[slice] = (done - doneBefore) * 1e6 / (now - start);
            // Off the clock: a walk over some hundred files.
            diskMegabytes[slice] = CheckpointCases.megabytes(bytesIn(work));
        }
        long written = ProcessCounters.io().writtenBytes() - before.writtenBytes();
        double[] sorted = perMilli.clone();
        Arrays.sort(sorted);
        double live = CheckpointCases.megabytes((long) keys * KeyedByteValues.ENTRY_BYTES);
        meter.series(
                CASE,
                List.of(
                        new Series(
                                "overwrite: throughput over time",
                                "time, s",
                                "updates/ms",
                                at,
                                perMilli),
                        new Series(
                                "overwrite: disk space over time",
                                "time, s",
                                "files, MB",
                                at,
                                diskMegabytes)),
                new Figure("updates/ms", done * 1e6 / busyNanos),
                new Figure("slowest second, updates/ms", sorted[0]),
                new Figure("median second, updates/ms", sorted[sorted.length / 2]),
                new Figure("longest update ms", CheckpointCases.millis(longest)),
                new Figure(
                        "write amplification",
                        written / ((double) done * KeyedByteValues.ENTRY_BYTES)),
                new Figure("most disk ÷ live bytes", max(diskMegabytes) / live));
    }

    private static double max(double[] values) {
        return Arrays.stream(values).max().orElseThrow();
    }

    /** Sizes of all files in a tree that changes meanwhile. */
    static long bytesIn(Path directory) throws IOException {
        while (true) {
            try (Stream<Path> paths = Files.walk(directory)) {
                return paths.mapToLong(OverwriteCases::bytesOf).sum();
            } catch (UncheckedIOException walking) {
                if (!(walking.getCause() instanceof NoSuchFileException)) {
                    throw walking;
                }
                // A file was deleted under our feet: look again.
            }
        }
    }

    private static long bytesOf(Path path) {
        try {
            return Files.isRegularFile(path) ? Files.size(path) : 0;
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }
}
