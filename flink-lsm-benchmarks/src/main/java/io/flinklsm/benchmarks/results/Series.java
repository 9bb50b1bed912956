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
package io.flinklsm.benchmarks.results;

import java.util.Arrays;

/**
 * A curve that a case measured, for a line plot: throughput over time, cost over state size.
 *
 * @param name which plot it belongs to; the curves of all backends of that name share one
 * @param xLabel what {@code x} counts, with its unit
 * @param yLabel what {@code y} counts, with its unit
 * @param x ascending
 * @param y as many as {@code x}
 */
@SuppressWarnings("ArrayRecordComponent") // Plain numbers on their way to JSON; never compared.
public record Series(String name, String xLabel, String yLabel, double[] x, double[] y) {

    public Series {
        if (x.length != y.length) {
            throw new IllegalArgumentException(
                    "[series "
                            + name
                            + "] needs as many x as y: x="
                            + x.length
                            + ", y="
                            + y.length);
        }
        x = x.clone();
        y = y.clone();
    }

    /** The curve's value where it has one at exactly {@code at}; NaN elsewhere. */
    public double valueAt(double at) {
        int index = Arrays.binarySearch(x, at);
        return index < 0 ? Double.NaN : y[index];
    }
}
