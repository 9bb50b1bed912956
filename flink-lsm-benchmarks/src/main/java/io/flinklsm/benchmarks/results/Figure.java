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

/**
 * A named quantity that is no throughput: {@code sync ms}, {@code uploaded MB}, {@code longest
 * stall ms}.
 *
 * @param name what it is, with its unit last; unique in its case
 * @param value the quantity in that unit
 */
public record Figure(String name, double value) {

    public Figure {
        if (name.isBlank() || Double.isNaN(value)) {
            throw new IllegalArgumentException(
                    "[figure] needs a name and a number: name=" + name + ", value=" + value);
        }
    }
}
