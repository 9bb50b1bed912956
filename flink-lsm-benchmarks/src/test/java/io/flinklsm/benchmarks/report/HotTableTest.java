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

import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.Sample;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HotTableTest {

    @Test
    void theMeanIsGeometricAndTheWorstCaseIsNamed() {
        String table =
                table(
                        run("rocksdb", sample("hot: a", 100), sample("hot: b", 100)),
                        run("lsm", sample("hot: b", 800), sample("hot: a", 200)));

        assertThat(table)
                .contains(
                        "| per ms | RocksDB | flink-lsm | spread | × RocksDB | alloc B |",
                        "| a | 100 | 200 | – | 2.00 | 3.00 |",
                        "| b | 100 | 800 | – | 8.00 | 3.00 |",
                        "flink-lsm does **4.00 ×** what RocksDB does (geometric mean of 2 cases),"
                                + " 2.00 × at worst (a).");
    }

    @Test
    void theMedianOfTheRoundsIsShownWithTheirSpread() {
        String table =
                table(
                        run("lsm", sample("hot: a", 200)),
                        run("lsm", sample("hot: a", 100)),
                        run("lsm", sample("hot: a", 250)));

        assertThat(table).contains("| a | 200 | 75 % | 3.00 |");
    }

    @Test
    void shortAndLongWarmUpHaveTheirOwnTables() {
        String table =
                table(
                        run("lsm", sample("hot: a", 1)),
                        run("lsm", sample("hot, long warm-up: a", 2)),
                        run("lsm", sample("larger than memory: load", 3)));

        assertThat(table)
                .contains("**hot**\n\n| per ms", "**hot, long warm-up**\n\n| per ms")
                .doesNotContain("load");
    }

    private static String table(JvmRun... runs) {
        return new HotTable(new Measurements(List.of(runs))).toMarkdown();
    }

    private static JvmRun run(String peer, Sample... samples) {
        return new JvmRun(peer, "hot", 1, 2048, 256, 0, List.of(samples));
    }

    private static Sample sample(String name, long operations) {
        return new Sample(
                name,
                "ops",
                operations,
                1_000_000,
                0,
                0,
                3 * operations,
                0,
                0,
                0,
                0,
                0,
                0,
                List.of(),
                List.of(),
                "");
    }
}
