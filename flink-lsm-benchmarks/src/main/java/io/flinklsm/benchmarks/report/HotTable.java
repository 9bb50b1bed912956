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

import io.flinklsm.benchmarks.results.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * State within the memory: a row for each case with all backends beside each other, the geometric
 * means of the ratios, and the worst ones.
 */
final class HotTable {

    /** What the names of all cases of these tables begin with. */
    private static final String HOT = "hot";

    private final Measurements measurements;

    HotTable(Measurements measurements) {
        this.measurements = measurements;
    }

    /** Whether a case is shown here, and need not be shown in another table of throughput. */
    static boolean isHot(String caseName) {
        return caseName.startsWith(HOT) && caseName.contains(": ");
    }

    /** A table for each kind of run: after a short warm-up, a long one, after checkpoints. */
    String toMarkdown() {
        List<String> kinds =
                measurements.caseNames().stream()
                        .filter(HotTable::isHot)
                        .map(HotTable::kindOf)
                        .distinct()
                        .sorted()
                        .toList();
        StringBuilder text = new StringBuilder();
        for (String kind : kinds) {
            if (text.length() > 0) {
                text.append('\n');
            }
            text.append("**").append(kind).append("**\n\n").append(table(kind));
        }
        return text.toString();
    }

    private String table(String kind) {
        List<String> cases =
                measurements.caseNames().stream()
                        .filter(HotTable::isHot)
                        .filter(name -> kindOf(name).equals(kind))
                        // Every round has an order of its own.
                        .sorted()
                        .toList();
        List<String> peers =
                measurements.peers().stream()
                        .filter(
                                peer ->
                                        cases.stream()
                                                .anyMatch(name -> speed(name, peer).isPresent()))
                        .toList();
        List<String> columns = new ArrayList<>();
        columns.add("per ms");
        peers.forEach(peer -> columns.add(Measurements.nameOf(peer)));
        columns.add("spread");
        peersBesideOurs(peers).forEach(peer -> columns.add("× " + Measurements.nameOf(peer)));
        columns.add("alloc B");
        Markdown table = Markdown.table(1, columns.toArray(String[]::new));
        for (String name : cases) {
            List<String> row = new ArrayList<>();
            row.add(name.substring(name.indexOf(": ") + 2));
            peers.forEach(peer -> row.add(Markdown.number(speed(name, peer))));
            List<Sample> ours = measurements.samples(name, Measurements.LSM);
            row.add(Markdown.spread(ours, Sample::operationsPerMilli));
            for (String peer : peersBesideOurs(peers)) {
                row.add(Markdown.ratio(speed(name, Measurements.LSM), speed(name, peer)));
            }
            row.add(
                    ours.isEmpty()
                            ? Markdown.NONE
                            : Markdown.number(
                                    Measurements.median(ours, Sample::allocatedBytesPerOperation)));
            table.row(row);
        }
        return table + summary(cases, peersBesideOurs(peers));
    }

    private String summary(List<String> cases, List<String> peers) {
        StringBuilder text = new StringBuilder();
        for (String peer : peers) {
            List<Double> ratios = new ArrayList<>();
            String worstCase = "";
            double worst = Double.POSITIVE_INFINITY;
            for (String name : cases) {
                OptionalDouble ours = speed(name, Measurements.LSM);
                OptionalDouble others = speed(name, peer);
                if (ours.isPresent() && others.isPresent()) {
                    double ratio = ours.getAsDouble() / others.getAsDouble();
                    ratios.add(ratio);
                    if (ratio < worst) {
                        worst = ratio;
                        worstCase = name.substring(name.indexOf(": ") + 2);
                    }
                }
            }
            if (!ratios.isEmpty()) {
                text.append(
                        String.format(
                                Locale.ROOT,
                                "%nflink-lsm does **%.2f ×** what %s does (geometric mean of %d"
                                        + " cases), %.2f × at worst (%s).%n",
                                Measurements.geometricMean(ratios),
                                Measurements.nameOf(peer),
                                ratios.size(),
                                worst,
                                worstCase));
            }
        }
        return text.toString();
    }

    private static List<String> peersBesideOurs(List<String> peers) {
        return peers.contains(Measurements.LSM)
                ? peers.stream().filter(peer -> !peer.equals(Measurements.LSM)).toList()
                : List.of();
    }

    private static String kindOf(String caseName) {
        return caseName.substring(0, caseName.indexOf(": "));
    }

    private OptionalDouble speed(String caseName, String peer) {
        return measurements.median(caseName, peer, Sample.SPEED);
    }
}
