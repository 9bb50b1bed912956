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
import io.flinklsm.benchmarks.measure.DrawnCase;
import io.flinklsm.benchmarks.measure.Meter;
import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.results.Sample;
import io.flinklsm.benchmarks.workload.DrawnKeys;
import io.flinklsm.benchmarks.workload.RandomPasses;
import io.flinklsm.benchmarks.workload.Scale;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * State that fits into a third of the memory, as a job uses it: states of every kind in one backend
 * and one JVM, keys in an order that is new on every pass, the cases one after another in a random
 * order, with a warm-up that is as long for every backend.
 *
 * <p>The short form measures every case after 0.7 s of warm-up. Then it measures some of them
 * again, changes a tenth of the state before each of twenty checkpoints, and measures the same ones
 * once more: what flushing and compaction make of a state shows in the quotient. The long form
 * measures every case after 7 s.
 */
public final class HotCases implements CaseGroup.Program {

    /** What the names of the cases begin with. */
    static final String PREFIX = "hot: ";

    static final String LONG_PREFIX = "hot, long warm-up: ";
    static final String AGAIN_PREFIX = "hot again: ";
    static final String AFTER_PREFIX = "hot after checkpoints: ";

    /** The case that has only figures: seed, sizes, and what checkpoints do to the speed. */
    public static final String STATE = "hot state";

    static final String LONG_STATE = "hot state, long warm-up";
    public static final String SEED = "seed";

    static final String AFTER_BY_BEFORE = "speed after 20 checkpoints ÷ before";

    /** Elements that are added to a list at once. */
    static final int BATCH = 100;

    /** Elements that a window collects. */
    static final int COLLECTED = 20;

    private static final int CHECKPOINTS = 20;
    private static final int CHANGED_PERCENT = 10;

    /** Elements of a list before it is cleared, and batches. */
    private static final int LARGEST_LIST = 20;

    private static final int MOST_BATCHES = 4;

    private static final Set<String> REPEATED =
            Set.of(
                    "value get",
                    "value update",
                    "list get of 10",
                    "list get of 10 and iterate",
                    "map get",
                    "map contains",
                    "map isEmpty",
                    "map entries of 10",
                    "map of 1000: entries",
                    "map put",
                    "POJO get, uniform",
                    "POJO read-modify-write, zipf",
                    "reducing add");

    private final boolean isLong;

    private HotCases(boolean isLong) {
        this.isLong = isLong;
    }

    /** Every case after a short warm-up, and some after checkpoints. */
    static HotCases shortWarmUp() {
        return new HotCases(false);
    }

    /** Every case after a long warm-up. */
    static HotCases longWarmUp() {
        return new HotCases(true);
    }

    @Override
    public void run(Workbench bench, Scale scale, Meter meter) throws Exception {
        long warmUpNanos = scale.choose(700L, 100L, 1L) * 1_000_000L * (isLong ? 10 : 1);
        long measuredNanos = scale.choose(1_000L, 100L, 2L) * 1_000_000L;
        long seed = bench.options().seed();
        try (BenchmarkedBackend backend = bench.open("backend")) {
            HotStates states = new HotStates(backend, sizes(scale));
            states.load(seed);
            List<DrawnCase> cases = chosen(states, bench.options());
            for (DrawnCase each : cases) {
                meter.drawn(
                        each.named((isLong ? LONG_PREFIX : PREFIX) + each.name()),
                        warmUpNanos,
                        measuredNanos);
            }
            List<Figure> figures = new ArrayList<>();
            figures.add(new Figure(SEED, seed));
            figures.add(new Figure("raw MB", CheckpointCases.megabytes(states.sizes().rawBytes())));
            List<DrawnCase> repeated =
                    cases.stream().filter(each -> REPEATED.contains(each.name())).toList();
            if (!isLong && !repeated.isEmpty()) {
                afterCheckpoints(
                        backend,
                        states,
                        repeated,
                        seed,
                        (name, drawn) ->
                                meter.drawn(drawn.named(name), warmUpNanos, measuredNanos));
                figures.add(new Figure(AFTER_BY_BEFORE, afterByBefore(meter.samples())));
            }
            figures.add(
                    new Figure(
                            "checkpoint MB",
                            CheckpointCases.megabytes(backend.checkpoint().stateBytes())));
            meter.figures(isLong ? LONG_STATE : STATE, figures.toArray(Figure[]::new));
        }
    }

    /** Measures a case under a name. */
    private interface Measurer {
        void measure(String name, DrawnCase drawn) throws Exception;
    }

    private static void afterCheckpoints(
            BenchmarkedBackend backend,
            HotStates states,
            List<DrawnCase> repeated,
            long seed,
            Measurer measurer)
            throws Exception {
        for (DrawnCase each : repeated) {
            measurer.measure(AGAIN_PREFIX + each.name(), each);
        }
        for (int checkpoint = 1; checkpoint <= CHECKPOINTS; checkpoint++) {
            states.change(CHANGED_PERCENT, seed + 100L * checkpoint);
            backend.checkpoint();
        }
        for (DrawnCase each : repeated) {
            measurer.measure(AFTER_PREFIX + each.name(), each);
        }
    }

    /** The geometric mean of the quotients of the cases that were measured twice. */
    static double afterByBefore(List<Sample> samples) {
        double logarithms = 0;
        int count = 0;
        for (Sample after : samples) {
            if (after.caseName().startsWith(AFTER_PREFIX)) {
                String before = AGAIN_PREFIX + after.caseName().substring(AFTER_PREFIX.length());
                for (Sample sample : samples) {
                    if (sample.caseName().equals(before)) {
                        logarithms +=
                                Math.log(after.operationsPerMilli() / sample.operationsPerMilli());
                        count++;
                    }
                }
            }
        }
        if (count == 0) {
            throw new IllegalArgumentException("[hot] no case was measured twice");
        }
        return Math.exp(logarithms / count);
    }

    static HotStates.Sizes sizes(Scale scale) {
        return scale.choose(
                new HotStates.Sizes(700_000, 350_000, 131_072, 400),
                new HotStates.Sizes(60_000, 30_000, 12_000, 40),
                new HotStates.Sizes(2_000, 1_000, 200, 3));
    }

    /** The cases of a run, in the order of the run. */
    static List<DrawnCase> chosen(HotStates states, CaseOptions options) {
        List<DrawnCase> chosen = new ArrayList<>(cases(states, options.seed()));
        Collections.shuffle(chosen, new Random(options.seed()));
        chosen.removeIf(each -> !options.hotCases().matcher(each.name()).matches());
        if (chosen.isEmpty()) {
            throw new IllegalArgumentException(
                    "[hot] no case has such a name: pattern="
                            + options.hotCases()
                            + "; bin/bench --tiny --groups hot shows them all");
        }
        return chosen;
    }

    /** All cases, each with keys of its own that depend on the seed alone. */
    static List<DrawnCase> cases(HotStates states, long seed) {
        HotStates.Sizes sizes = states.sizes();
        Seeds seeds = new Seeds(seed);
        List<DrawnCase> cases = new ArrayList<>();
        cases.addAll(valueCases(states, sizes, seeds));
        cases.addAll(listCases(states, sizes, seeds));
        cases.addAll(mapCases(states, sizes, seeds));
        cases.add(DrawnCase.of("reducing get", seeds.passes(sizes.sums()), states::getSum));
        cases.add(DrawnCase.of("reducing add", seeds.passes(sizes.sums()), states::addToSum));
        cases.add(DrawnCase.of("aggregating get", seeds.passes(sizes.sums()), states::getMean));
        cases.add(DrawnCase.of("aggregating add", seeds.passes(sizes.sums()), states::addToMean));
        Set<String> names = new HashSet<>();
        cases.forEach(each -> names.add(each.name()));
        if (names.size() < cases.size() || !names.containsAll(REPEATED)) {
            throw new IllegalStateException(
                    "[hot] names must be unique and have the repeated ones: names=" + names);
        }
        return cases;
    }

    private static List<DrawnCase> valueCases(
            HotStates states, HotStates.Sizes sizes, Seeds seeds) {
        int keys = sizes.values();
        int fewer = sizes.collections();
        int passing = sizes.passing();
        return List.of(
                DrawnCase.of("value get", seeds.passes(keys), states::getValue),
                DrawnCase.of("value get, zipf", seeds.zipf(keys), states::getValue),
                DrawnCase.of("value get, missing key", seeds.passes(keys), states::getMissingValue),
                DrawnCase.of("value update", seeds.passes(keys), states::updateValue),
                DrawnCase.of("value update, new key", seeds.passes(passing), states::putNewValue)
                        .undoneBy(1, seeds.passes(passing), states::clearNewValue),
                DrawnCase.of("text get", seeds.passes(fewer), states::getText),
                DrawnCase.of("text update", seeds.passes(fewer), states::updateText),
                DrawnCase.of("POJO get, uniform", seeds.uniform(fewer), states::getPojo),
                DrawnCase.of("POJO get, zipf", seeds.zipf(fewer), states::getPojo),
                DrawnCase.of(
                        "POJO read-modify-write, uniform",
                        seeds.uniform(fewer),
                        states::modifyPojo),
                DrawnCase.of(
                        "POJO read-modify-write, zipf", seeds.zipf(fewer), states::modifyPojo));
    }

    private static List<DrawnCase> listCases(HotStates states, HotStates.Sizes sizes, Seeds seeds) {
        int keys = sizes.collections();
        int passing = sizes.passing();
        int batches = sizes.batches();
        return List.of(
                DrawnCase.of("list get of 10", seeds.passes(keys), states::getList),
                DrawnCase.of("list get of 10 and iterate", seeds.passes(keys), states::iterateList),
                DrawnCase.of("list update of 10", seeds.passes(keys), states::updateList),
                DrawnCase.of("list add", seeds.passes(passing), states::addToList)
                        .undoneBy(LARGEST_LIST, seeds.passes(passing), states::clearGrowingList),
                DrawnCase.of("list addAll of 100", seeds.passes(batches), states::addAllToList)
                        .undoneBy(MOST_BATCHES, seeds.passes(batches), states::clearBatchedList),
                DrawnCase.of(
                                "list add 20, get, clear",
                                seeds.passes(passing),
                                states::collectAndClear)
                        .counting("elements", COLLECTED));
    }

    private static List<DrawnCase> mapCases(HotStates states, HotStates.Sizes sizes, Seeds seeds) {
        int keys = sizes.collections();
        int entries = keys * Scale.SMALL_ENTRIES;
        int wideEntries = sizes.wide() * Scale.WIDE_ENTRIES;
        return List.of(
                DrawnCase.of("map get", seeds.passes(entries), states::getFromMap),
                DrawnCase.of(
                        "map get, missing entry", seeds.passes(entries), states::getMissingFromMap),
                DrawnCase.of("map contains", seeds.passes(2 * entries), states::isInMap),
                DrawnCase.of("map isEmpty", seeds.passes(keys), states::isMapEmpty),
                DrawnCase.of(
                        "map isEmpty, missing map", seeds.passes(keys), states::isMissingMapEmpty),
                DrawnCase.of("map entries of 10", seeds.passes(keys), states::iterateMap)
                        .counting("entries", Scale.SMALL_ENTRIES),
                DrawnCase.of("map put", seeds.passes(entries), states::putIntoMap),
                DrawnCase.of("map put, new entry", seeds.passes(keys), states::putNewIntoMap)
                        .undoneBy(1, seeds.passes(keys), states::removeNewFromMap),
                DrawnCase.of("map remove", seeds.passes(keys), states::removeFromMap)
                        .undoneBy(1, seeds.passes(keys), states::putBackIntoMap),
                DrawnCase.of("map putAll of 10", seeds.passes(keys), states::putAllIntoMap)
                        .counting("entries", Scale.SMALL_ENTRIES),
                DrawnCase.of("map of 1000: get", seeds.passes(wideEntries), states::getFromWideMap),
                DrawnCase.of("map of 1000: put", seeds.passes(wideEntries), states::putIntoWideMap),
                DrawnCase.of(
                                "map of 1000: entries",
                                seeds.passes(sizes.wide()),
                                states::iterateWideMap)
                        .counting("entries", Scale.WIDE_ENTRIES));
    }

    /** Keys with a seed of their own for each case. One thread's. */
    private static final class Seeds {

        private final Random seeds;

        Seeds(long seed) {
            seeds = new Random(seed);
        }

        RandomPasses passes(int count) {
            return new RandomPasses(count, seeds.nextLong());
        }

        DrawnKeys uniform(int count) {
            return DrawnKeys.uniform(count, seeds.nextLong());
        }

        DrawnKeys zipf(int count) {
            return DrawnKeys.zipf(count, seeds.nextLong());
        }
    }
}
