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
package io.flinklsm.examples.flights.job;

import java.util.Arrays;
import java.util.stream.Collectors;

/** A line of the job's result files: values between bars, the first is the kind of the row. */
final class ResultLine {

    private static final String BAR = "|";

    private final String line;
    private final String[] values;

    ResultLine(String line) {
        this.line = line;
        this.values = line.split("\\" + BAR, -1);
    }

    static String join(Object... values) {
        return Arrays.stream(values).map(String::valueOf).collect(Collectors.joining(BAR));
    }

    String kind() {
        return values[0];
    }

    String text(int index) {
        if (index >= values.length) {
            throw new IllegalArgumentException(
                    "[results] a line is too short: line=" + line + ", index=" + index + ".");
        }
        return values[index];
    }

    long number(int index) {
        return Long.parseLong(text(index));
    }

    int integer(int index) {
        return Integer.parseInt(text(index));
    }
}
