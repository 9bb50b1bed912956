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
package io.flinklsm.benchmarks;

import java.util.Locale;

/** Cases that share one loaded state, and so one JVM. */
enum CaseGroup {
    VALUE(new ValueCases()),
    MAP(new MapCases()),
    LIST(new ListCases()),
    REDUCING(new ReducingCases()),
    LARGE(new LargeCases());

    private final Cases cases;

    CaseGroup(Cases cases) {
        this.cases = cases;
    }

    /** The cases of a group: they load what they need, then measure. */
    interface Cases {
        /**
         * Runs every case of the group once on an empty backend.
         *
         * @throws IllegalStateException if the backend answers wrongly
         */
        void run(BenchmarkedBackend backend, Scale scale, Meter meter) throws Exception;
    }

    Cases cases() {
        return cases;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return label();
    }

    /**
     * The group of a label.
     *
     * @throws IllegalArgumentException if there is none
     */
    static CaseGroup ofLabel(String label) {
        for (CaseGroup group : values()) {
            if (group.label().equals(label)) {
                return group;
            }
        }
        throw new IllegalArgumentException(
                "[groups] unknown group of cases: name="
                        + label
                        + "; use value, map, list, reducing or large");
    }
}
