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
package io.flinklsm.benchmarks.workload;

/** A backend that answers wrongly is not fast: the cases check every answer through here. */
public final class Answers {

    private Answers() {}

    /** Returns {@code actual}, which must be {@code expected}. */
    public static long expect(String caseName, long key, long expected, long actual) {
        if (actual != expected) {
            throw new IllegalStateException(
                    "[case "
                            + caseName
                            + "] the backend answered wrongly: key="
                            + key
                            + ", expected="
                            + expected
                            + ", actual="
                            + actual
                            + "; its figures are worth nothing");
        }
        return actual;
    }
}
