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
package io.flinklsm.benchmarks.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.run.Peer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class StorageBenchmarkTest {

    @TempDir Path directory;

    @ParameterizedTest
    @EnumSource(names = {"ROCKSDB", "FORST", "LSM"})
    void everyCaseRunsAndAnswersRightly(Peer peer) throws Exception {
        List<String> cases = new ArrayList<>();
        List<Figure> figures = new ArrayList<>();
        StorageBenchmark benchmark =
                new StorageBenchmark(
                        peer,
                        directory,
                        32 << 20,
                        new StorageBenchmark.Times(20, 2_000),
                        (name, own) -> {
                            cases.add(name);
                            figures.addAll(own);
                        });

        benchmark.run(0.0005, ", tiny");

        assertThat(cases)
                .containsExactly(
                        "storage, restore, tiny",
                        "storage, rescale 2 to 3, tiny",
                        "storage, rescale 3 to 2, tiny");
        assertThat(figures)
                .filteredOn(figure -> figure.name().startsWith("requests"))
                .hasSize(4)
                .allSatisfy(figure -> assertThat(figure.value()).isPositive());
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aRequestIsAReadAfterAnOpenOrASeek() throws IOException {
        Path file = Files.write(directory.resolve("file"), new byte[1_000]);
        SlowFileSystem.Traffic before = SlowFileSystem.traffic();
        try (FSDataInputStream in = new SlowFileSystem().open(SlowFileSystem.of(file))) {
            assertThat(in.read(new byte[100], 0, 100)).isEqualTo(100);
            in.seek(100);
            assertThat(in.read(new byte[100], 0, 100)).isEqualTo(100);
            in.seek(900);
            assertThat(in.read()).isZero();
        }

        assertThat(SlowFileSystem.traffic().minus(before))
                .isEqualTo(new SlowFileSystem.Traffic(2, 201, 0));
    }

    @Test
    void aFileThatIsWrittenIsOneRequest() throws IOException {
        Path file = directory.resolve("file");
        SlowFileSystem.Traffic before = SlowFileSystem.traffic();
        try (FSDataOutputStream out =
                new SlowFileSystem()
                        .create(SlowFileSystem.of(file), FileSystem.WriteMode.NO_OVERWRITE)) {
            out.write(new byte[70]);
            out.write(1);
        }

        assertThat(SlowFileSystem.traffic().minus(before))
                .isEqualTo(new SlowFileSystem.Traffic(1, 0, 71));
        assertThat(file).hasSize(71);
    }
}
