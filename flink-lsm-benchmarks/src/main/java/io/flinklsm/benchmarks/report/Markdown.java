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
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** Tables and numbers as the report writes them. */
final class Markdown {

    /** Stands where a quantity has no meaning or was not measured. */
    static final String NONE = "–";

    private final StringBuilder text = new StringBuilder();

    /** Begins a table; every column after the first {@code leftColumns} is aligned to the right. */
    static Markdown table(int leftColumns, String... columns) {
        Markdown table = new Markdown();
        table.row(Arrays.asList(columns));
        for (int i = 0; i < columns.length; i++) {
            table.text.append(i < leftColumns ? "|---" : "|--:");
        }
        table.text.append("|\n");
        return table;
    }

    void row(String... cells) {
        row(Arrays.asList(cells));
    }

    void row(List<String> cells) {
        for (String cell : cells) {
            text.append("| ").append(cell.replace("|", "\\|")).append(' ');
        }
        text.append("|\n");
    }

    /** Three digits that matter, and thousands apart. */
    static String number(double value) {
        if (Double.isInfinite(value)) {
            return "∞";
        }
        double magnitude = Math.abs(value);
        if (magnitude != 0 && magnitude < 0.1) {
            return String.format(Locale.ROOT, "%.3f", value);
        }
        return String.format(
                Locale.ROOT, magnitude < 10 ? "%.2f" : magnitude < 100 ? "%.1f" : "%,.0f", value);
    }

    static String number(OptionalDouble value) {
        return value.isPresent() ? number(value.getAsDouble()) : NONE;
    }

    /** {@code value} over {@code other}; nothing if {@code other} is missing. */
    static String ratio(OptionalDouble value, OptionalDouble other) {
        if (value.isEmpty() || other.isEmpty()) {
            return NONE;
        }
        return ratio(value.getAsDouble() / other.getAsDouble());
    }

    static String ratio(double ratio) {
        if (Double.isNaN(ratio)) {
            return NONE;
        }
        if (Double.isInfinite(ratio)) {
            return "∞";
        }
        return String.format(
                Locale.ROOT, ratio < 0.1 ? "%.3f" : ratio < 100 ? "%.2f" : "%,.0f", ratio);
    }

    /** The distance from the lowest round to the highest, in parts of the median. */
    static String spread(List<Sample> samples, ToDoubleFunction<Sample> figure) {
        double[] values =
                samples.stream().mapToDouble(figure).filter(v -> !Double.isNaN(v)).toArray();
        if (values.length < 2) {
            return NONE;
        }
        double distance =
                Arrays.stream(values).max().orElseThrow()
                        - Arrays.stream(values).min().orElseThrow();
        double median = Measurements.median(values).orElseThrow();
        return median == 0 ? NONE : String.format(Locale.ROOT, "%.0f %%", 100 * distance / median);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
