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
import io.flinklsm.benchmarks.backend.NoCompactionOptions;
import io.flinklsm.benchmarks.measure.Meter;
import io.flinklsm.benchmarks.measure.Rest;
import io.flinklsm.benchmarks.results.Series;
import io.flinklsm.benchmarks.run.FileTrees;
import io.flinklsm.benchmarks.workload.ByteValues;
import io.flinklsm.benchmarks.workload.KeyOrder;
import io.flinklsm.benchmarks.workload.Scale;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * What a get and a put cost as one thing grows and the rest stays: the state in parts of the
 * memory, the states of an operator, the key groups, the files that no compaction has touched yet.
 * 32 MB of managed memory, {@link ByteValues}, uniform keys. The cost is wall time of the task
 * thread.
 */
final class ScalingCases implements CaseGroup.Program {

    static final String SIZE = "scaling: state size";
    static final String STATES = "scaling: states of an operator";
    static final String KEY_GROUPS = "scaling: key groups";
    static final String FILES = "scaling: files of level 0";

    private static final long SEED = 5;

    /**
     * As long as one measurement takes at most: where a backend reads a file for every get, a few
     * thousand say what fifty thousand would.
     */
    private static final long MOST_NANOS = 10_000_000_000L;

    private static final int ENTRIES_PER_MEGABYTE = (1 << 20) / KeyedByteValues.ENTRY_BYTES;

    /** Compaction never joins what checkpoints flushed. */
    private static final Map<String, String> NO_COMPACTION =
            Map.of(
                    "state.backend.lsm.compaction.level0-trigger",
                    "1000",
                    "state.backend.rocksdb.options-factory",
                    NoCompactionOptions.class.getName());

    /** Costs in nanoseconds. */
    private record Cost(double get, double put) {}

    @Override
    public void run(Workbench bench, Scale scale, Meter meter) throws Exception {
        int memory = (int) (bench.managedBytes() >> 20) * ENTRIES_PER_MEGABYTE;
        int oneMemory = scale.choose(memory, memory / 2, 500);
        int unit = scale.choose(memory, memory / 8, 500);
        long rest = Rest.limitMillis(scale);
        int accesses = scale.choose(50_000, 10_000, 500);

        curve(
                SIZE,
                "state ÷ managed memory",
                scale.choose(new int[] {1, 4, 16}, new int[] {1, 4}, new int[] {1, 4}),
                times ->
                        new Shape(
                                "size-" + times,
                                Map.of(),
                                128,
                                1,
                                times * oneMemory,
                                0,
                                accesses,
                                rest),
                bench,
                meter);
        curve(
                STATES,
                "states",
                scale.choose(new int[] {1, 10, 100}, new int[] {1, 100}, new int[] {1, 10}),
                states ->
                        new Shape(
                                "states-" + states, Map.of(), 128, states, unit, 0, accesses, rest),
                bench,
                meter);
        curve(
                KEY_GROUPS,
                "key groups",
                scale.choose(
                        new int[] {128, 1024, 32_768},
                        new int[] {128, 32_768},
                        new int[] {128, 32_768}),
                groups ->
                        new Shape("groups-" + groups, Map.of(), groups, 1, unit, 0, accesses, rest),
                bench,
                meter);
        curve(
                FILES,
                "files",
                scale.choose(new int[] {1, 2, 4, 8, 16, 32}, new int[] {1, 16}, new int[] {1, 4}),
                files ->
                        new Shape(
                                "files-" + files,
                                NO_COMPACTION,
                                128,
                                1,
                                unit,
                                files,
                                accesses,
                                rest),
                bench,
                meter);
    }

    /**
     * One point of a curve.
     *
     * @param name of its directory
     * @param options over the defaults
     * @param keyGroups the maximum parallelism
     * @param states states of the operator; the entries are dealt to them
     * @param entries of all states together
     * @param flushes how many files the load is flushed to; 0 to let the backend decide and rest
     * @param accesses gets, and then puts, as far as {@link #MOST_NANOS} allows
     * @param restMillis how long the backend may come to rest after its load
     */
    private record Shape(
            String name,
            Map<String, String> options,
            int keyGroups,
            int states,
            int entries,
            int flushes,
            int accesses,
            long restMillis) {}

    private static void curve(
            String caseName,
            String xLabel,
            int[] points,
            Function<Integer, Shape> shapes,
            Workbench bench,
            Meter meter)
            throws Exception {
        double[] x = new double[points.length];
        double[] gets = new double[points.length];
        double[] puts = new double[points.length];
        for (int i = 0; i < points.length; i++) {
            Cost cost = measure(caseName, shapes.apply(points[i]), bench);
            x[i] = points[i];
            gets[i] = cost.get() / 1_000;
            puts[i] = cost.put() / 1_000;
        }
        meter.series(
                caseName,
                List.of(
                        new Series(caseName + ", get", xLabel, "µs a get", x, gets),
                        new Series(caseName + ", put", xLabel, "µs a put", x, puts)));
    }

    private static Cost measure(String caseName, Shape shape, Workbench bench) throws Exception {
        int keys = shape.entries() / shape.states();
        KeyOrder order = new KeyOrder(keys);
        try (BackendSlot slot = bench.slot(shape.name(), shape.options());
                BenchmarkedBackend backend =
                        slot.open(
                                BackendSpec.empty(shape.name()).withKeyGroups(shape.keyGroups()))) {
            List<KeyedByteValues> states = new ArrayList<>();
            for (int i = 0; i < shape.states(); i++) {
                states.add(
                        new KeyedByteValues(
                                caseName,
                                backend,
                                "state-" + i,
                                new KeyedByteValues.Versions(keys)));
            }
            int flushEvery = shape.flushes() == 0 ? Integer.MAX_VALUE : keys / shape.flushes();
            for (int i = 0; i < keys; i++) {
                for (KeyedByteValues state : states) {
                    state.load(order.at(i));
                }
                if ((i + 1) % flushEvery == 0) {
                    backend.checkpoint();
                }
            }
            Rest.await(shape.restMillis());
            SplittableRandom random = new SplittableRandom(SEED);
            // The caches and the compiler, off the clock.
            nanosOf(shape.accesses(), i -> state(states, i).get(random.nextInt(keys)));
            double get = nanosOf(shape.accesses(), i -> state(states, i).get(random.nextInt(keys)));
            double put =
                    nanosOf(
                            shape.accesses(),
                            i -> state(states, i).overwrite(random.nextInt(keys)));
            states.get(0).checkSome(1_000);
            return new Cost(get, put);
        } finally {
            FileTrees.delete(bench.directory().resolve(shape.name()));
        }
    }

    private static KeyedByteValues state(List<KeyedByteValues> states, long index) {
        return states.get((int) (index % states.size()));
    }

    /**
     * Nanoseconds of wall time for one operation.
     *
     * @param most operations; fewer if the time is up
     */
    private static double nanosOf(int most, Meter.Operation operation) throws Exception {
        long start = System.nanoTime();
        long elapsed = 0;
        int operations = 0;
        while (operations < most && elapsed < MOST_NANOS) {
            int end = Math.min(most, operations + 100);
            while (operations < end) {
                operation.run(operations++);
            }
            elapsed = System.nanoTime() - start;
        }
        return (double) elapsed / operations;
    }
}
