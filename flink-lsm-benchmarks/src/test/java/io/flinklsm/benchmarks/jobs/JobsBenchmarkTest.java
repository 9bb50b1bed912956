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

import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.run.RunOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.data.GenericRowData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class JobsBenchmarkTest {

    private static final List<JobCase> IN_SHORT =
            List.of(JobCase.RETRACT, JobCase.LATEST, JobCase.SESSION, JobCase.TIMERS);

    @TempDir private Path directory;

    @Test
    void jobsGiveTheSameResultsOnEveryBackend() throws Exception {
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

        for (JobCase job : IN_SHORT) {
            assertThat(results)
                    .filteredOn(result -> result.job().equals(job.label()))
                    .hasSize(2)
                    .extracting(JobResult::answer)
                    .containsOnly(results.get(IN_SHORT.indexOf(job)).answer());
        }
        assertThat(results)
                .hasSize(2 * IN_SHORT.size())
                .allSatisfy(
                        result -> {
                            assertThat(result.answer().rows()).isPositive();
                            assertThat(result.answer().hash()).isNotEqualTo("0");
                            assertThat(result.events()).isEqualTo(9_000);
                            assertThat(result.writtenBytes()).isPositive();
                            assertThat(result.memory().managedBytes()).isEqualTo(64L << 20);
                            assertThat(result.times().cpuMillisByKind().get("task")).isPositive();
                        });
    }

    @Test
    void someJobsRunAgainInLittleMemoryUnlessItIsChosen() {
        RunOptions chosen = CommandLine.populateCommand(new RunOptions(), "--managed-mb=100");

        assertThat(JobSteps.ofRun(new RunOptions()))
                .extracting(step -> step.memory().managedMegabytes())
                .contains(256, 64, 32);
        assertThat(JobSteps.ofRun(new RunOptions()))
                .filteredOn(step -> step.memory().managedMegabytes() == 32)
                .isNotEmpty()
                .allSatisfy(
                        step ->
                                assertThat(step.cases())
                                        .singleElement()
                                        .asString()
                                        .endsWith(", 32 MB"));
        assertThat(JobSteps.ofRun(chosen))
                .extracting(step -> step.memory().managedMegabytes())
                .containsOnly(100);
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
}
