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
package io.flinklsm.benchmarks.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.flinklsm.benchmarks.Peer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.data.GenericRowData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JobsBenchmarkTest {

    private static final List<JobCase> IN_SHORT =
            List.of(JobCase.RETRACT, JobCase.LATEST, JobCase.SESSION, JobCase.TIMERS);

    @TempDir private Path directory;

    @Test
    void jobsGiveTheSameResultsOnEveryBackend() throws Exception {
        JobTable table = new JobTable();
        List<JobResult> results = new ArrayList<>();
        for (Peer peer : List.of(Peer.HASHMAP, Peer.LSM)) {
            Path files = directory.resolve(peer.label());
            try (JobRunner runner = JobRunner.open(peer, JobScale.TINY, 64, 1, files)) {
                for (JobCase job : IN_SHORT) {
                    results.add(runner.run(job));
                }
            }
            assertThat(files).doesNotExist();
        }
        results.forEach(table::add);

        assertThat(table.differences()).isEmpty();
        assertThat(results)
                .hasSize(2 * IN_SHORT.size())
                .allSatisfy(
                        result -> {
                            assertThat(result.rows()).isPositive();
                            assertThat(result.hash()).isNotEqualTo("0");
                            assertThat(result.events()).isEqualTo(9_000);
                        });
        assertThat(table.toMarkdown()).contains("| latest | hashmap |", "| latest | lsm |");
    }

    @Test
    void resultsThatDifferAreNamedWithTheirJob() {
        JobTable table = new JobTable();
        table.add(result("top", "hashmap", 100, "a"));
        table.add(result("top", "lsm", 100, "b"));
        table.add(result("join", "hashmap", 100, "c"));
        table.add(result("join", "lsm", 100, "c"));

        assertThat(table.differences())
                .singleElement()
                .asString()
                .contains("[job top]", "hashmap rows=3, hash=a", "lsm rows=3, hash=b");
    }

    @Test
    void ratiosAreMediansAndTheirMeanIsGeometric() {
        JobTable table = new JobTable();
        for (double cpuMillis : new double[] {100, 400, 150}) {
            table.add(result("top", "rocksdb", cpuMillis, "a"));
        }
        table.add(result("top", "lsm", 75, "a"));
        table.add(result("join", "rocksdb", 800, "a"));
        table.add(result("join", "lsm", 100, "a"));

        assertThat(table.geometricMean(Peer.LSM, Peer.ROCKSDB).orElseThrow())
                .isCloseTo(4, within(1e-9));
        assertThat(table.worst(Peer.LSM, Peer.ROCKSDB).orElseThrow()).isCloseTo(2, within(1e-9));
        assertThat(table.geometricMean(Peer.LSM, Peer.HASHMAP)).isEmpty();
    }

    @Test
    void aRowOfTheStreamDependsOnItsNumberAlone() {
        for (AuctionStream.Table table : AuctionStream.Table.values()) {
            GenericRowData row = table.row(12_345);

            assertThat(table.row(12_345)).isEqualTo(row);
            assertThat(table.row(12_346)).isNotEqualTo(row);
        }
        assertThat(AuctionStream.Table.BID.rows(1_000)).isEqualTo(920);
        assertThat(AuctionStream.Table.AUCTION.rows(1_000)).isEqualTo(60);
        assertThat(AuctionStream.Table.PERSON.rows(1_000)).isEqualTo(20);
    }

    @Test
    void aJobThatIsUnknownIsNamedTogetherWithTheKnownOnes() {
        assertThatThrownBy(() -> JobCase.ofLabel("joins"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("name=joins")
                .hasMessageContaining("join, average");
    }

    private static JobResult result(String job, String backend, double cpuMillis, String hash) {
        return new JobResult(job, backend, 1_000, 1, cpuMillis, 0, 0, 0, 0, 0, 0, 3, hash);
    }
}
