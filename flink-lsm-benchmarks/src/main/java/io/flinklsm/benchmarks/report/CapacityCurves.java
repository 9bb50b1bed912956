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
import io.flinklsm.benchmarks.results.Sample;
import io.flinklsm.benchmarks.results.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeSet;

/**
 * The capacity curves: speed by the size of the state in parts of the memory, put together from the
 * JVMs that measured one point each. A case is called {@code curve: map get at 0.25}.
 */
final class CapacityCurves {

    /** The figure that says what a nearly full memory costs. */
    static final String NEARLY_FULL = "speed at 0.9 of the memory ÷ at 0.25";

    /** The case that has it. */
    static final String SUMMARY = "curve";

    private static final String PREFIX = "curve: ";
    private static final String AT = " at ";
    private static final double NEARLY_FULL_AT = 0.9;
    private static final double HALF_EMPTY_AT = 0.25;

    private final Measurements measurements;

    CapacityCurves(Measurements measurements) {
        this.measurements = measurements;
    }

    /** Whether a case is a point of a curve, and need not be shown in another table. */
    static boolean isPoint(String caseName) {
        return caseName.startsWith(PREFIX) && caseName.contains(AT);
    }

    /** A curve for each operation, with a line for each backend that lives at two points. */
    Map<String, Map<String, Series>> series() {
        Map<String, Map<String, Series>> all = new LinkedHashMap<>();
        for (String operation : operations()) {
            for (String peer : measurements.peers()) {
                List<Double> x =
                        ratios().stream()
                                .filter(ratio -> speed(operation, peer, ratio).isPresent())
                                .toList();
                if (x.size() > 1) {
                    all.computeIfAbsent("capacity: " + operation, name -> new LinkedHashMap<>())
                            .put(
                                    peer,
                                    new Series(
                                            "capacity: " + operation,
                                            "state by memory",
                                            "per ms",
                                            x.stream().mapToDouble(ratio -> ratio).toArray(),
                                            x.stream()
                                                    .mapToDouble(
                                                            ratio ->
                                                                    speed(operation, peer, ratio)
                                                                            .orElseThrow())
                                                    .toArray()));
                }
            }
        }
        return all;
    }

    /** A row for each operation and backend, a column for each size. */
    String toMarkdown() {
        List<String> columns = new ArrayList<>(List.of("per ms at", "backend"));
        ratios().forEach(ratio -> columns.add(label(ratio)));
        Markdown table = Markdown.table(2, columns.toArray(String[]::new));
        for (String operation : operations()) {
            for (String peer : measurements.peers()) {
                if (ratios().stream().anyMatch(at -> speed(operation, peer, at).isPresent())) {
                    List<String> row = new ArrayList<>(List.of(operation, peer));
                    ratios().forEach(
                                    ratio ->
                                            row.add(
                                                    Markdown.number(
                                                            speed(operation, peer, ratio))));
                    table.row(row);
                }
            }
        }
        return table.toString();
    }

    /** For each backend that has the points: what a nearly full memory costs. */
    Map<String, Sample> summaries() {
        Map<String, Sample> summaries = new LinkedHashMap<>();
        for (String peer : measurements.peers()) {
            List<Double> quotients = new ArrayList<>();
            for (String operation : operations()) {
                OptionalDouble full = speed(operation, peer, NEARLY_FULL_AT);
                OptionalDouble empty = speed(operation, peer, HALF_EMPTY_AT);
                if (full.isPresent() && empty.isPresent()) {
                    quotients.add(full.getAsDouble() / empty.getAsDouble());
                }
            }
            if (!quotients.isEmpty()) {
                summaries.put(
                        peer,
                        Sample.ofFigures(
                                SUMMARY,
                                List.of(
                                        new Figure(
                                                NEARLY_FULL,
                                                Measurements.geometricMean(quotients))),
                                List.of()));
            }
        }
        return summaries;
    }

    private List<String> operations() {
        return points().stream()
                .filter(this::isOnTheClock)
                .map(name -> name.substring(PREFIX.length(), name.lastIndexOf(AT)))
                .distinct()
                .toList();
    }

    private List<Double> ratios() {
        TreeSet<Double> ratios = new TreeSet<>();
        for (String name : points()) {
            ratios.add(Double.valueOf(name.substring(name.lastIndexOf(AT) + AT.length())));
        }
        return List.copyOf(ratios);
    }

    private List<String> points() {
        return measurements.caseNames().stream().filter(CapacityCurves::isPoint).toList();
    }

    private boolean isOnTheClock(String caseName) {
        return measurements.peersOf(caseName).stream()
                .anyMatch(peer -> measurements.median(caseName, peer, Sample.SPEED).isPresent());
    }

    private OptionalDouble speed(String operation, String peer, double ratio) {
        return measurements.median(PREFIX + operation + AT + label(ratio), peer, Sample.SPEED);
    }

    private static String label(double ratio) {
        return ratio == Math.rint(ratio)
                ? Long.toString(Math.round(ratio))
                : Double.toString(ratio);
    }
}
