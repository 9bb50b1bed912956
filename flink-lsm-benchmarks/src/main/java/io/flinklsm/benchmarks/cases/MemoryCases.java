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
import io.flinklsm.benchmarks.backend.TakenCheckpoint;
import io.flinklsm.benchmarks.measure.Meter;
import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.results.Series;
import io.flinklsm.benchmarks.run.FileTrees;
import io.flinklsm.benchmarks.run.ProcessCounters;
import io.flinklsm.benchmarks.workload.KeyOrder;
import io.flinklsm.benchmarks.workload.Scale;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What a process needs beside its heap: for state ten times the managed memory, for eight backends
 * in a slot, for little memory, after many restores, and for two slots side by side. {@link
 * MemoryWatch} says what is counted.
 */
final class MemoryCases implements CaseGroup.Program {

    static final String LARGE = "memory, state larger than it";
    static final String EIGHT = "memory, 8 backends in a slot";
    static final String LITTLE = "memory, 32 MB managed";
    static final String CYCLES = "memory, open-close-restore cycles";
    static final String TWO_SLOTS = "memory, two slots";

    private static final String STATE = "state";
    private static final long MEGABYTE = 1 << 20;
    private static final long LITTLE_BYTES = 32 * MEGABYTE;
    private static final long SEED = 3;
    private static final int BACKENDS = 8;

    @Override
    public void run(Workbench bench, Scale scale, Meter meter) throws Exception {
        warmUp(bench, scale);
        long baseline = MemoryWatch.baselineBytes();
        int tenTimes = scale.choose(6_000_000, 300_000, 20_000);
        int accesses = scale.choose(300_000, 20_000, 5_000);
        // The smallest first: what malloc keeps of one case would count in the next.
        watched(
                LITTLE,
                bench,
                baseline,
                Math.min(LITTLE_BYTES, bench.managedBytes()),
                1,
                tenTimes / 4,
                accesses,
                meter);
        watched(LARGE, bench, baseline, bench.managedBytes(), 1, tenTimes, accesses, meter);
        watched(
                EIGHT,
                bench,
                baseline,
                bench.managedBytes(),
                BACKENDS,
                tenTimes / BACKENDS,
                accesses,
                meter);
        cycles(bench, scale, meter);
        twoSlots(bench, scale, meter);
    }

    /** Brings in classes and compiled code, and leaves nothing behind. */
    private static void warmUp(Workbench bench, Scale scale) throws Exception {
        work(
                "memory, warm-up",
                bench,
                LITTLE_BYTES / 2,
                1,
                scale.choose(200_000, 50_000, 5_000),
                scale.choose(200_000, 20_000, 1_000));
        FileTrees.delete(bench.directory().resolve("memory, warm-up"));
    }

    private static void watched(
            String caseName,
            Workbench bench,
            long baseline,
            long managedBytes,
            int backends,
            int keys,
            int accesses,
            Meter meter)
            throws Exception {
        double slowest;
        List<Figure> figures = new ArrayList<>();
        MemoryWatch watch = MemoryWatch.start();
        try (watch) {
            slowest = work(caseName, bench, managedBytes, backends, keys, accesses);
        }
        figures.addAll(watch.figures(baseline, managedBytes));
        if (backends > 1) {
            figures.add(new Figure("slowest ÷ fastest backend", slowest));
        }
        meter.figures(caseName, figures.toArray(Figure[]::new));
        FileTrees.delete(bench.directory().resolve(caseName));
    }

    /**
     * Loads some backends of one slot in turns, then reads and writes them in turns.
     *
     * @return the speed of the slowest in parts of the fastest's
     */
    private static double work(
            String caseName,
            Workbench bench,
            long managedBytes,
            int backends,
            int keys,
            int accesses)
            throws Exception {
        KeyOrder order = new KeyOrder(keys);
        List<BenchmarkedBackend> opened = new ArrayList<>();
        try (BackendSlot slot = bench.slot(caseName, managedBytes, Map.of())) {
            try {
                List<KeyedByteValues> values = new ArrayList<>();
                for (int i = 0; i < backends; i++) {
                    BenchmarkedBackend backend = slot.open(BackendSpec.empty("operator-" + i));
                    opened.add(backend);
                    values.add(
                            new KeyedByteValues(
                                    caseName, backend, STATE, new KeyedByteValues.Versions(keys)));
                }
                for (int i = 0; i < keys; i++) {
                    for (KeyedByteValues each : values) {
                        each.load(order.at(i));
                    }
                }
                return accessInTurns(values, keys, accesses);
            } finally {
                for (BenchmarkedBackend backend : opened) {
                    backend.close();
                }
            }
        }
    }

    private static double accessInTurns(List<KeyedByteValues> values, int keys, int accesses)
            throws Exception {
        long[] nanos = new long[values.size()];
        SplittableRandom random = new SplittableRandom(SEED);
        int turn = 100;
        for (int done = 0; done < accesses; done += turn * values.size()) {
            for (int i = 0; i < values.size(); i++) {
                long start = System.nanoTime();
                for (int access = 0; access < turn; access++) {
                    values.get(i).modify(random.nextInt(keys));
                }
                nanos[i] += System.nanoTime() - start;
            }
        }
        long fastest = Long.MAX_VALUE;
        long slowest = 1;
        for (long each : nanos) {
            fastest = Math.min(fastest, each);
            slowest = Math.max(slowest, each);
        }
        return (double) fastest / slowest;
    }

    private static void cycles(Workbench bench, Scale scale, Meter meter) throws Exception {
        int cycles = scale.choose(200, 20, 4);
        int every = scale.choose(20, 2, 1);
        KeyOrder order = new KeyOrder(scale.choose(100_000, 20_000, 1_000));
        KeyedByteValues.Versions versions = new KeyedByteValues.Versions(order.count());
        double[] at = new double[cycles / every];
        double[] resident = new double[cycles / every];
        try (BackendSlot slot =
                bench.slot(
                        CYCLES,
                        Math.min(LITTLE_BYTES, bench.managedBytes()),
                        CheckpointCases.INCREMENTAL)) {
            BackendSpec spec = BackendSpec.empty("restarted-operator");
            TakenCheckpoint last;
            try (BenchmarkedBackend backend = slot.open(spec)) {
                new KeyedByteValues(CYCLES, backend, STATE, versions).loadAll(order);
                last = backend.checkpoint();
            }
            SplittableRandom random = new SplittableRandom(SEED);
            for (int cycle = 1; cycle <= cycles; cycle++) {
                try (BenchmarkedBackend backend =
                        slot.open(spec.restoredFrom(List.of(last.handle())))) {
                    KeyedByteValues values = new KeyedByteValues(CYCLES, backend, STATE, versions);
                    values.checkSome(1_000);
                    for (int change = 0; change < 200; change++) {
                        values.modify(random.nextInt(order.count()));
                    }
                    last = backend.checkpoint();
                }
                if (cycle % every == 0) {
                    System.gc();
                    at[cycle / every - 1] = cycle;
                    resident[cycle / every - 1] =
                            CheckpointCases.megabytes(ProcessCounters.resident().total());
                }
            }
        }
        int half = resident.length / 2 - 1;
        meter.series(
                CYCLES,
                List.of(
                        new Series(
                                "memory over restarts",
                                "restores",
                                "resident memory, MB",
                                at,
                                resident)),
                new Figure("RSS after the first tenth MB", resident[0]),
                new Figure("RSS after half MB", resident[half]),
                new Figure("RSS at the end MB", resident[resident.length - 1]),
                // The first half warms up the compiler, whose code is memory too.
                new Figure(
                        "growth a restore KB",
                        (resident[resident.length - 1] - resident[half])
                                * 1024
                                / (at[at.length - 1] - at[half])));
        FileTrees.delete(bench.directory().resolve(CYCLES));
    }

    /**
     * Two slots at once, then one alone: each keeps its memory, and neither waits for the other.
     */
    private static void twoSlots(Workbench bench, Scale scale, Meter meter) throws Exception {
        long nanos = scale.choose(10_000L, 500L, 20L) * 1_000_000L;
        int keys = scale.choose(600_000, 60_000, 5_000);
        long managed = Math.min(LITTLE_BYTES, bench.managedBytes());
        CyclicBarrier alone = new CyclicBarrier(1);
        CyclicBarrier both = new CyclicBarrier(2);
        ExecutorService tasks = Executors.newFixedThreadPool(2);
        try {
            Future<Double> first =
                    tasks.submit(slotTask(bench, "slot-one", managed, keys, nanos, both));
            Future<Double> second =
                    tasks.submit(slotTask(bench, "slot-two", managed, keys, nanos, both));
            double slower = Math.min(first.get(), second.get());
            double faster = Math.max(first.get(), second.get());
            double single =
                    tasks.submit(slotTask(bench, "slot-alone", managed, keys, nanos, alone)).get();
            meter.figures(
                    TWO_SLOTS,
                    new Figure("one alone, ops/ms", single),
                    new Figure("the slower of two, ops/ms", slower),
                    new Figure("the faster of two, ops/ms", faster),
                    new Figure("slower ÷ faster", slower / faster));
        } finally {
            tasks.shutdownNow();
        }
    }

    /** Read-modify-writes of a slot with one backend for some time; returns them per ms. */
    private static Callable<Double> slotTask(
            Workbench bench, String name, long managed, int keys, long nanos, CyclicBarrier start) {
        return () -> {
            try (BackendSlot slot = bench.slot(name, managed, Map.of());
                    BenchmarkedBackend backend = slot.open(BackendSpec.empty(name))) {
                KeyedByteValues values =
                        new KeyedByteValues(
                                TWO_SLOTS, backend, STATE, new KeyedByteValues.Versions(keys));
                values.loadAll(new KeyOrder(keys));
                SplittableRandom random = new SplittableRandom(SEED);
                start.await();
                long begun = System.nanoTime();
                long done = 0;
                while (System.nanoTime() - begun < nanos) {
                    values.modify(random.nextInt(keys));
                    done++;
                }
                return done * 1e6 / (System.nanoTime() - begun);
            }
        };
    }
}
