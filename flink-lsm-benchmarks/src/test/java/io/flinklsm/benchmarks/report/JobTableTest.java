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
import java.util.List;
import org.junit.jupiter.api.Test;

final class JobTableTest {

    @Test
    void resultsThatDifferAreNamedWithTheirJob() {
        JobTable table =
                table(
                        run("hashmap", "top", 10, "a"),
                        run("lsm", "top", 10, "b"),
                        run("hashmap", "join", 10, "c"),
                        run("lsm", "join", 10, "c"));

        assertThat(table.differences())
                .containsExactly("[job top] results differ: hashmap a; lsm b;");
        assertThat(table.toMarkdown()).contains("**Results differ:** [job top]");
    }

    @Test
    void ratiosAreMediansAndTheirMeanIsGeometric() {
        JobTable table =
                table(
                        run("rocksdb", "top", 100, "a"),
                        run("rocksdb", "top", 400, "a"),
                        run("rocksdb", "top", 150, "a"),
                        run("lsm", "top", 300, "a"),
                        run("rocksdb", "join", 100, "a"),
                        run("lsm", "join", 800, "a"));

        assertThat(table.toMarkdown())
                .contains(
                        "| top | lsm | 300 | 2.00 | – |",
                        "flink-lsm does 4.00 × RocksDB's events per CPU second",
                        "over 2 jobs), 2.00 × at worst.",
                        "is the same on all backends");
    }

    private static JobTable table(JvmRun... runs) {
        return new JobTable(new Measurements(List.of(runs)));
    }

    private static JvmRun run(String peer, String job, double speed, String answer) {
        Sample sample =
                Sample.ofAnswer(
                        Bars.JOB + job,
                        List.of(new Figure(Bars.EVENTS_PER_CPU_SECOND, speed)),
                        answer);
        return new JvmRun(peer, "jobs", 1, 2048, 256, 0, List.of(sample));
    }
}
