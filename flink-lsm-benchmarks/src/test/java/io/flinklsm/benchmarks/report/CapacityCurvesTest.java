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

import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.Sample;
import io.flinklsm.benchmarks.results.Series;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CapacityCurvesTest {

    @Test
    void pointsOfSeveralJvmsAreOneCurveInTheOrderOfTheirSizes() {
        Map<String, Map<String, Series>> curves =
                curves(
                                run("lsm", "value get", "10", 10),
                                run("lsm", "value get", "0.25", 40),
                                run("lsm", "value get", "3", 20))
                        .series();

        Series curve = curves.get("capacity: value get").get("lsm");
        assertThat(curve.x()).containsExactly(0.25, 3, 10);
        assertThat(curve.y()).containsExactly(40, 20, 10);
    }

    @Test
    void aCurveEndsWhereTheHeapDoes() {
        CapacityCurves curves =
                curves(
                        run("hashmap", "value get", "0.1", 90),
                        run("hashmap", "value get", "0.25", 80),
                        run("lsm", "value get", "0.1", 60),
                        run("lsm", "value get", "0.25", 50),
                        run("lsm", "value get", "0.9", 40),
                        new JvmRun(
                                "hashmap",
                                "curve",
                                1,
                                384,
                                128,
                                0,
                                List.of(
                                        Sample.ofFigures(
                                                "curve: state at 0.9",
                                                List.of(new Figure("out of memory", 1)),
                                                List.of()))));

        assertThat(curves.series().get("capacity: value get").get("hashmap").x())
                .containsExactly(0.1, 0.25);
        assertThat(curves.toMarkdown())
                .isEqualTo(
                        """
                        | per ms at | backend | 0.1 | 0.25 | 0.9 |
                        |---|---|--:|--:|--:|
                        | value get | hashmap | 90.0 | 80.0 | – |
                        | value get | lsm | 60.0 | 50.0 | 40.0 |
                        """);
    }

    @Test
    void whatANearlyFullMemoryCostsIsTheMeanOverTheOperations() {
        Measurements measurements =
                new Measurements(
                        List.of(
                                run("lsm", "value get", "0.25", 100),
                                run("lsm", "value get", "0.9", 50),
                                run("lsm", "map get", "0.25", 100),
                                run("lsm", "map get", "0.9", 200)));

        assertThat(measurements.median("curve", "lsm", CapacityCurves.NEARLY_FULL).orElseThrow())
                .isEqualTo(1.0);
    }

    private static CapacityCurves curves(JvmRun... runs) {
        return new CapacityCurves(new Measurements(List.of(runs)));
    }

    private static JvmRun run(String peer, String operation, String at, long speed) {
        Sample sample =
                new Sample(
                        "curve: " + operation + " at " + at,
                        "ops",
                        speed,
                        1_000_000,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        List.of(),
                        List.of(),
                        "");
        return new JvmRun(peer, "curve", 1, 256, 128, 0, List.of(sample));
    }
}
