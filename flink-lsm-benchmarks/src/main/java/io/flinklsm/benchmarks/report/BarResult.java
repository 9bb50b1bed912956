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

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What a run says about a bar.
 *
 * @param bar the bar
 * @param ours our quantity; empty if not measured, and for bars over several cases
 * @param peers the peer's quantity, likewise
 * @param value what is compared with the factor: a ratio or our quantity; empty if not measured
 * @param met whether the bar is met; false if not measured
 */
record BarResult(
        Bar bar, OptionalDouble ours, OptionalDouble peers, OptionalDouble value, boolean met) {

    /** Holds a bar against the measurements. */
    static BarResult of(Bar bar, Measurements measurements) {
        List<String> cases = measurements.matching(bar.cases());
        if (cases.size() != 1) {
            return overSeveral(bar, cases, measurements);
        }
        OptionalDouble ours = measurements.median(cases.get(0), Measurements.LSM, bar.quantity());
        OptionalDouble peers = measurements.median(cases.get(0), bar.peer(), bar.quantity());
        if (ours.isEmpty() || (bar.rule().isRatio() && peers.isEmpty())) {
            return notMeasured(bar);
        }
        double own = ours.getAsDouble();
        double limit = bar.rule().isRatio() ? bar.factor() * peers.getAsDouble() : bar.factor();
        return new BarResult(
                bar,
                ours,
                peers,
                OptionalDouble.of(bar.rule().isRatio() ? own / peers.getAsDouble() : own),
                bar.rule().isAtLeast() ? own >= limit : own <= limit);
    }

    /** Whether the run has what the bar needs. */
    boolean isMeasured() {
        return value.isPresent();
    }

    /** The ratio to the peer, turned over where less is better; NaN if there is none. */
    double timesBetter() {
        return better(value.orElse(Double.NaN));
    }

    /** The bar itself in the same way. */
    double timesBetterAsked() {
        return better(bar.factor());
    }

    /** The ratio to HashMap in the same way; NaN if it was not measured, or is over cases. */
    double timesBetterThanHeap(Measurements measurements) {
        OptionalDouble heap = heap(measurements);
        return heap.isEmpty() || ours.isEmpty()
                ? Double.NaN
                : better(ours.getAsDouble() / heap.getAsDouble());
    }

    /** How many times better than the peer HashMap is; NaN if one of them was not measured. */
    double timesBetterOfHeap(Measurements measurements) {
        OptionalDouble heap = heap(measurements);
        return heap.isEmpty() || peers.isEmpty()
                ? Double.NaN
                : better(heap.getAsDouble() / peers.getAsDouble());
    }

    private OptionalDouble heap(Measurements measurements) {
        List<String> cases = measurements.matching(bar.cases());
        return cases.size() == 1
                ? measurements.median(cases.get(0), Measurements.HASHMAP, bar.quantity())
                : OptionalDouble.empty();
    }

    private double better(double ratio) {
        return bar.rule().isAtLeast() ? ratio : 1 / ratio;
    }

    private static BarResult overSeveral(Bar bar, List<String> cases, Measurements measurements) {
        List<Double> ratios = new ArrayList<>();
        for (String name : cases) {
            OptionalDouble ours = measurements.median(name, Measurements.LSM, bar.quantity());
            OptionalDouble peers = measurements.median(name, bar.peer(), bar.quantity());
            if (ours.isPresent() && peers.isPresent()) {
                ratios.add(ours.getAsDouble() / peers.getAsDouble());
            }
        }
        // A mean over part of the cases would be another figure than the one that is asked for.
        if (ratios.isEmpty() || ratios.size() < cases.size()) {
            return notMeasured(bar);
        }
        double value =
                bar.rule() == Bar.Rule.MEAN_AT_LEAST_TIMES
                        ? Measurements.geometricMean(ratios)
                        : ratios.stream().mapToDouble(ratio -> ratio).min().orElseThrow();
        return new BarResult(
                bar,
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.of(value),
                value >= bar.factor());
    }

    private static BarResult notMeasured(Bar bar) {
        return new BarResult(
                bar, OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty(), false);
    }
}
