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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.Sample;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BarResultTest {

    private final List<JvmRun> runs = new ArrayList<>();

    @Test
    void aBarIsMetByExactlyItsFactor() {
        measured("lsm", "get", 600);
        measured("rocksdb", "get", 100);

        assertThat(result(Bar.Rule.AT_LEAST_TIMES, 6, "get").met()).isTrue();
        assertThat(result(Bar.Rule.AT_LEAST_TIMES, 6.01, "get").met()).isFalse();
        assertThat(result(Bar.Rule.AT_MOST_TIMES, 6, "get").met()).isTrue();
        assertThat(result(Bar.Rule.AT_MOST_TIMES, 5.99, "get").met()).isFalse();
    }

    @Test
    void aLimitNeedsNoPeer() {
        measured("lsm", "sync", 0.8);

        BarResult result = result(Bar.Rule.AT_MOST, 1, "sync");

        assertThat(result.met()).isTrue();
        assertThat(result.value()).hasValue(0.8);
        assertThat(result(Bar.Rule.AT_LEAST, 1, "sync").met()).isFalse();
    }

    @Test
    void aRatioWithoutThePeerIsNotMeasured() {
        measured("lsm", "get", 600);

        BarResult result = result(Bar.Rule.AT_LEAST_TIMES, 6, "get");

        assertThat(result.isMeasured()).isFalse();
        assertThat(result.met()).isFalse();
    }

    @Test
    void nothingIsAtMostNothing() {
        measured("lsm", "written", 0);
        measured("rocksdb", "written", 0);

        assertThat(result(Bar.Rule.AT_MOST_TIMES, 0.3, "written").met()).isTrue();
    }

    @Test
    void theMedianOfTheRoundsCounts() {
        for (double value : new double[] {100, 900, 700}) {
            measured("lsm", "get", value);
        }
        measured("rocksdb", "get", 100);

        assertThat(result(Bar.Rule.AT_LEAST_TIMES, 6, "get").value()).hasValue(7.0);
    }

    @Test
    void aMeanIsGeometricAndTheWeakestCaseStandsForEach() {
        measured("lsm", "job a", 200);
        measured("rocksdb", "job a", 100);
        measured("lsm", "job b", 800);
        measured("rocksdb", "job b", 100);

        assertThat(result(Bar.Rule.MEAN_AT_LEAST_TIMES, 4, "job *").value().orElseThrow())
                .isCloseTo(4, within(1e-9));
        assertThat(result(Bar.Rule.EVERY_AT_LEAST_TIMES, 2, "job *").met()).isTrue();
        assertThat(result(Bar.Rule.EVERY_AT_LEAST_TIMES, 2.1, "job *").met()).isFalse();
    }

    @Test
    void aMeanOverPartOfTheCasesIsNotMeasured() {
        measured("lsm", "job a", 200);
        measured("rocksdb", "job a", 100);
        measured("rocksdb", "job b", 100);

        assertThat(result(Bar.Rule.MEAN_AT_LEAST_TIMES, 1, "job *").isMeasured()).isFalse();
    }

    private void measured(String peer, String caseName, double value) {
        Sample sample =
                Sample.ofFigures(caseName, List.of(new Figure("quantity", value)), List.of());
        runs.add(new JvmRun(peer, "group", 1, 1, 1, 0, List.of(sample)));
    }

    private BarResult result(Bar.Rule rule, double factor, String caseName) {
        Bar bar = new Bar("group", "row", List.of(caseName), "quantity", rule, "rocksdb", factor);
        return BarResult.of(bar, new Measurements(runs));
    }
}
