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

import java.util.List;
import java.util.Locale;

/**
 * One row of what flink-lsm has to reach.
 *
 * @param group label of the group of cases that measures it
 * @param row what is measured, in the words of the report
 * @param cases the cases by name; a name that ends with {@code *} stands for all that begin so
 * @param quantity which quantity of these cases counts, as {@code Sample.quantity} knows it
 * @param rule how the factor is meant
 * @param peer whom it is measured by; for a rule without a peer, whom the report shows beside it
 * @param factor of the peer's quantity, or the limit itself
 */
public record Bar(
        String group,
        String row,
        List<String> cases,
        String quantity,
        Rule rule,
        String peer,
        double factor) {

    /** How a bar's factor is meant. */
    public enum Rule {
        /** Ours is at least the factor times the peer's. */
        AT_LEAST_TIMES("≥ %s × %s"),
        /** Ours is at most the factor times the peer's. */
        AT_MOST_TIMES("≤ %s × %s"),
        /** Ours is at least the factor. */
        AT_LEAST("≥ %s"),
        /** Ours is at most the factor. */
        AT_MOST("≤ %s"),
        /** The geometric mean over the cases of ours by the peer's is at least the factor. */
        MEAN_AT_LEAST_TIMES("mean ≥ %s × %s"),
        /** In every case ours is at least the factor times the peer's. */
        EVERY_AT_LEAST_TIMES("each ≥ %s × %s");

        private final String format;

        Rule(String format) {
            this.format = format;
        }

        /** Whether the bar is about the ratio to a peer. */
        boolean isRatio() {
            return this != AT_LEAST && this != AT_MOST;
        }

        /** Whether more is better. */
        boolean isAtLeast() {
            return this != AT_MOST && this != AT_MOST_TIMES;
        }
    }

    public Bar {
        cases = List.copyOf(cases);
        if (cases.isEmpty() || !(factor >= 0)) {
            throw new IllegalArgumentException(
                    "[bar "
                            + row
                            + "] needs cases and a factor: cases="
                            + cases
                            + ", factor="
                            + factor);
        }
    }

    /** The bar as the report shows it, for example {@code ≥ 6 × RocksDB}. */
    public String asked() {
        String number =
                factor == Math.rint(factor)
                        ? String.format(Locale.ROOT, "%.0f", factor)
                        : Double.toString(factor);
        return String.format(Locale.ROOT, rule.format, number, Measurements.nameOf(peer));
    }
}
