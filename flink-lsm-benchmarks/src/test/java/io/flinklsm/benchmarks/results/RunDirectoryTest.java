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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunDirectoryTest {

    @TempDir Path directory;

    @Test
    void whatAJvmMeasuredComesBack() throws IOException {
        Sample sample =
                new Sample(
                        "get",
                        "ops",
                        1,
                        2,
                        3,
                        4,
                        5,
                        6,
                        7,
                        8,
                        9,
                        10,
                        11,
                        List.of(new Figure("sync ms", 1.5)),
                        List.of(),
                        "rows=3");
        JvmRun run = new JvmRun("lsm", "value", 3, 2048, 512, 1 << 30, List.of(sample));

        RunDirectory.open(directory).add(run);

        assertThat(RunDirectory.open(directory).jvmRuns()).containsExactly(run);
    }

    @Test
    void aCurveComesBack() throws IOException {
        Series series =
                new Series("overwrite", "s", "ops/ms", new double[] {1, 2}, new double[] {3, 4});
        RunDirectory results = RunDirectory.open(directory);

        results.add(run("lsm", Sample.ofFigures("overwrite", List.of(), List.of(series))));

        assertThat(results.jvmRuns().get(0).samples().get(0).series())
                .singleElement()
                .satisfies(
                        read -> {
                            assertThat(read.name()).isEqualTo("overwrite");
                            assertThat(read.valueAt(2)).isEqualTo(4);
                            assertThat(read.valueAt(1.5)).isNaN();
                        });
    }

    @Test
    void aLaterRunAddsToTheDirectoryAndKeepsTheOrder() throws IOException {
        RunDirectory.open(directory).add(run("rocksdb", figure(1)));
        RunDirectory.open(directory).add(run("lsm", figure(2)));
        RunDirectory.open(directory).add(run("rocksdb", figure(3)));

        assertThat(RunDirectory.open(directory).jvmRuns())
                .extracting(run -> run.samples().get(0).figures().get(0).value())
                .containsExactly(1.0, 2.0, 3.0);
    }

    @Test
    void whatIsMeasuredAgainCanBeForgotten() throws IOException {
        RunDirectory results = RunDirectory.open(directory);
        results.add(run("rocksdb", figure(1)));
        results.add(run("rocksdb-tuned", figure(2)));
        results.add(run("lsm", figure(3)));

        results.forget(run -> run.peer().equals("rocksdb"));

        assertThat(results.jvmRuns())
                .extracting(JvmRun::peer)
                .containsExactly("rocksdb-tuned", "lsm");
    }

    @Test
    void aDamagedFileIsNamed() throws IOException {
        Files.writeString(directory.resolve("jvm-0001-value-lsm.json"), "{ \"peer\": ");

        assertThatThrownBy(() -> RunDirectory.open(directory).jvmRuns())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("jvm-0001-value-lsm.json")
                .hasMessageContaining("kind=JvmRun");
    }

    @Test
    void aCaseThatMeasuredNothingIsRefused() {
        assertThatThrownBy(() -> Sample.ofFigures("empty", List.of(), List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[case empty] nothing was measured");
    }

    private static JvmRun run(String peer, Sample sample) {
        return new JvmRun(peer, "value", 1, 2048, 512, 0, List.of(sample));
    }

    private static Sample figure(double value) {
        return Sample.ofFigures("case", List.of(new Figure("ms", value)), List.of());
    }
}
