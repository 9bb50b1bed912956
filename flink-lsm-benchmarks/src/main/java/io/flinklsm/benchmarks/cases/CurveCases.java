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
import io.flinklsm.benchmarks.backend.CheckpointClock;
import io.flinklsm.benchmarks.measure.DrawnCase;
import io.flinklsm.benchmarks.measure.Meter;
import io.flinklsm.benchmarks.measure.Rest;
import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.workload.RandomPasses;
import io.flinklsm.benchmarks.workload.Scale;
import java.util.List;
import java.util.Locale;
import org.apache.flink.util.ExceptionUtils;

/**
 * One point of the capacity curve: states of several kinds that take so many times the memory, read
 * and written in turns of 50 ms while checkpoints are taken.
 *
 * <p>A heap that is too small is a result and no failure: HashMap's curve ends there.
 */
public final class CurveCases implements CaseGroup.Program {

    /** What the names of the cases begin with; after the operation comes {@link #AT}. */
    static final String PREFIX = "curve: ";

    static final String AT = " at ";

    private static final List<String> OPERATIONS =
            List.of(
                    "value get",
                    "value update",
                    "map get",
                    "map iterate",
                    "list add and get",
                    "POJO read-modify-write");

    /** The figure that a heap has which is too small. */
    static final String OUT_OF_MEMORY = "out of memory";

    /** A heap that is nearly full collects garbage for minutes before it gives up. */
    private static final long HEAP_LOAD_NANOS = 90_000_000_000L;

    private static final int VALUES_PER_COLLECTION = 2;

    /** State by memory, where the plan measures. */
    public static List<Double> ratios(Scale scale) {
        return scale.choose(
                List.of(0.1, 0.25, 0.5, 0.9, 1.5, 3.0, 10.0),
                List.of(0.25, 0.9, 3.0),
                List.of(0.25, 0.9));
    }

    /** What a point adds to the cases: how it was loaded. */
    public static String stateName(double ratio) {
        return caseName("state", ratio);
    }

    @Override
    public void run(Workbench bench, Scale scale, Meter meter) throws Exception {
        double ratio = bench.options().stateByMemory();
        HotStates.Sizes sizes =
                sizes((long) (ratio * bench.managedBytes() / scale.choose(1, 1, 64)));
        try {
            measure(bench, sizes, scale, meter);
        } catch (Exception | OutOfMemoryError failure) {
            if (bench.peer() != Peer.HASHMAP || !isOutOfMemory(failure)) {
                throw failure;
            }
            meter.forget();
            meter.figures(
                    stateName(ratio),
                    new Figure("raw MB", CheckpointCases.megabytes(sizes.rawBytes())),
                    new Figure(OUT_OF_MEMORY, 1));
        }
    }

    private static void measure(Workbench bench, HotStates.Sizes sizes, Scale scale, Meter meter)
            throws Exception {
        double ratio = bench.options().stateByMemory();
        long seed = bench.options().seed();
        try (BenchmarkedBackend backend = bench.open("backend")) {
            HotStates states = new HotStates(backend, sizes);
            long start = System.nanoTime();
            states.loadWhole(
                    seed, bench.peer() == Peer.HASHMAP ? start + HEAP_LOAD_NANOS : Long.MAX_VALUE);
            double seconds = (System.nanoTime() - start) / 1e9;
            long rest = Rest.await(Rest.limitMillis(scale));
            try (CheckpointClock clock =
                    new CheckpointClock(backend, scale.choose(10_000L, 500L, 20L) * 1_000_000L)) {
                meter.inTurns(
                        cases(states, ratio, seed),
                        scale.choose(1_000L, 100L, 1L) * 1_000_000L,
                        scale.choose(3_000L, 200L, 5L) * 1_000_000L,
                        scale.choose(50L, 20L, 1L) * 1_000_000L,
                        clock::tick);
                meter.figures(
                        stateName(ratio),
                        new Figure("raw MB", CheckpointCases.megabytes(sizes.rawBytes())),
                        new Figure(HotCases.SEED, seed),
                        new Figure("load s", seconds),
                        new Figure("rest s", rest / 1e3),
                        new Figure("checkpoints", clock.completed()));
            }
        }
    }

    /** A heap that gives up, or one that is busy with nothing but its garbage. */
    private static boolean isOutOfMemory(Throwable failure) {
        return failure instanceof HotStates.TooSlowException
                || ExceptionUtils.findThrowable(failure, OutOfMemoryError.class).isPresent();
    }

    private static List<DrawnCase> cases(HotStates states, double ratio, long seed) {
        HotStates.Sizes sizes = states.sizes();
        int entries = sizes.collections() * Scale.SMALL_ENTRIES;
        return List.of(
                DrawnCase.of(
                        caseName(OPERATIONS.get(0), ratio),
                        new RandomPasses(sizes.values(), seed),
                        states::getValue),
                DrawnCase.of(
                        caseName(OPERATIONS.get(1), ratio),
                        new RandomPasses(sizes.values(), seed + 1),
                        states::updateValue),
                DrawnCase.of(
                        caseName(OPERATIONS.get(2), ratio),
                        new RandomPasses(entries, seed + 2),
                        states::getFromMap),
                DrawnCase.of(
                                caseName(OPERATIONS.get(3), ratio),
                                new RandomPasses(sizes.collections(), seed + 3),
                                states::iterateMap)
                        .counting("entries", Scale.SMALL_ENTRIES),
                DrawnCase.of(
                        caseName(OPERATIONS.get(4), ratio),
                        new RandomPasses(sizes.collections(), seed + 4),
                        states::addToListAndIterate),
                DrawnCase.of(
                        caseName(OPERATIONS.get(5), ratio),
                        new RandomPasses(sizes.collections(), seed + 5),
                        states::modifyPojo));
    }

    /** States whose keys and values take so many bytes. */
    static HotStates.Sizes sizes(long rawBytes) {
        long bytesOfOne = new HotStates.Sizes(VALUES_PER_COLLECTION, 0, 1, 0).rawBytes();
        int collections = (int) Math.max(10, rawBytes / bytesOfOne);
        return new HotStates.Sizes(VALUES_PER_COLLECTION * collections, 0, collections, 0);
    }

    private static String caseName(String operation, double ratio) {
        return PREFIX + operation + AT + label(ratio);
    }

    /** As the report shows a ratio: {@code 0.25}, {@code 3}. */
    static String label(double ratio) {
        return ratio == Math.rint(ratio)
                ? String.format(Locale.ROOT, "%.0f", ratio)
                : Double.toString(ratio);
    }
}
