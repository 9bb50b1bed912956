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

import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** The samples of all JVMs by case and backend, in the order in which they were measured. */
final class Measurements {

    static final String HASHMAP = "hashmap";
    static final String ROCKSDB = "rocksdb";
    static final String ROCKSDB_TUNED = "rocksdb-tuned";
    static final String FORST = "forst";
    static final String LSM = "lsm";

    private static final List<String> PEERS = List.of(HASHMAP, ROCKSDB, ROCKSDB_TUNED, FORST, LSM);

    private final List<JvmRun> runs;
    private final Map<String, Map<String, List<Sample>>> cases = new LinkedHashMap<>();

    Measurements(List<JvmRun> runs) {
        this.runs = List.copyOf(runs);
        for (JvmRun run : runs) {
            for (Sample sample : run.samples()) {
                add(run.peer(), sample);
            }
        }
        new CapacityCurves(this).summaries().forEach(this::add);
    }

    private void add(String peer, Sample sample) {
        cases.computeIfAbsent(sample.caseName(), name -> new LinkedHashMap<>())
                .computeIfAbsent(peer, name -> new ArrayList<>())
                .add(sample);
    }

    List<JvmRun> runs() {
        return runs;
    }

    /** The backends that anything was measured on, in the order of the report. */
    List<String> peers() {
        Set<String> measured = new LinkedHashSet<>();
        runs.forEach(run -> measured.add(run.peer()));
        return PEERS.stream().filter(measured::contains).toList();
    }

    /** A backend's name in a sentence. */
    static String nameOf(String peer) {
        return switch (peer) {
            case HASHMAP -> "HashMap";
            case ROCKSDB -> "RocksDB";
            case ROCKSDB_TUNED -> "tuned RocksDB";
            case FORST -> "ForSt";
            case LSM -> "flink-lsm";
            default -> peer;
        };
    }

    /**
     * The measured cases of some names; a name that ends with {@code *} stands for all that begin
     * so.
     */
    List<String> matching(List<String> names) {
        return cases.keySet().stream()
                .filter(
                        measured ->
                                names.stream()
                                        .anyMatch(
                                                name ->
                                                        name.endsWith("*")
                                                                ? measured.startsWith(
                                                                        name.substring(
                                                                                0,
                                                                                name.length() - 1))
                                                                : measured.equals(name)))
                .toList();
    }

    /** All cases, in the order of measuring. */
    Set<String> caseNames() {
        return cases.keySet();
    }

    /** The backends that a case was measured on: the known ones in their order, then others. */
    List<String> peersOf(String caseName) {
        Set<String> measured = cases.getOrDefault(caseName, Map.of()).keySet();
        List<String> ordered = new ArrayList<>(PEERS);
        ordered.retainAll(measured);
        measured.stream().filter(peer -> !PEERS.contains(peer)).forEach(ordered::add);
        return ordered;
    }

    /** What the rounds measured; empty if none did. */
    List<Sample> samples(String caseName, String peer) {
        return cases.getOrDefault(caseName, Map.of()).getOrDefault(peer, List.of());
    }

    /** The median over the rounds of {@link Sample#quantity}; empty if no round measured it. */
    OptionalDouble median(String caseName, String peer, String quantity) {
        return median(
                samples(caseName, peer).stream()
                        .map(sample -> sample.quantity(quantity))
                        .filter(OptionalDouble::isPresent)
                        .mapToDouble(OptionalDouble::getAsDouble)
                        .toArray());
    }

    static double median(List<Sample> samples, ToDoubleFunction<Sample> figure) {
        return median(samples.stream().mapToDouble(figure).toArray()).orElseThrow();
    }

    /** Of positive numbers; at least one. */
    static double geometricMean(List<Double> ratios) {
        return Math.exp(ratios.stream().mapToDouble(Math::log).average().orElseThrow());
    }

    /** The middle value; of an even count, the mean of the two middle ones. */
    static OptionalDouble median(double[] figures) {
        if (figures.length == 0) {
            return OptionalDouble.empty();
        }
        Arrays.sort(figures);
        int middle = figures.length / 2;
        return OptionalDouble.of(
                figures.length % 2 == 1
                        ? figures[middle]
                        : (figures[middle - 1] + figures[middle]) / 2);
    }
}
