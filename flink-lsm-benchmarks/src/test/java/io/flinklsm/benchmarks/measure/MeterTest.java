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
package io.flinklsm.benchmarks.measure;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.benchmarks.results.Sample;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MeterTest {

    @TempDir Path directory;

    private final Meter meter = new Meter();

    @Test
    void aCountedCaseRunsEachOperationOnceInOrder() throws Exception {
        List<Long> indexes = new ArrayList<>();

        meter.counted(
                "case",
                "ops",
                3,
                index -> {
                    indexes.add(index);
                    return index;
                });

        assertThat(indexes).containsExactly(0L, 1L, 2L);
        assertThat(meter.checksum()).isEqualTo(3);
        assertThat(meter.samples()).extracting(Sample::operations).containsExactly(3L);
    }

    @Test
    void anOperationMayBeWorthSeveralUnits() throws Exception {
        meter.counted("case", "elements", 20, 5, 0, index -> index);

        assertThat(meter.samples()).extracting(Sample::operations).containsExactly(100L);
    }

    @Test
    void bytesWrittenAreSetAgainstTheUsersBytes() throws Exception {
        byte[] page = new byte[10_000];

        meter.counted(
                "case",
                "ops",
                1,
                10,
                1_000,
                index -> Files.write(directory.resolve("file-" + index), page).hashCode());

        Sample sample = meter.samples().get(0);
        assertThat(sample.userBytes()).isEqualTo(10_000);
        if (Files.exists(Path.of("/proc/self/io"))) {
            assertThat(sample.writtenBytes()).isGreaterThanOrEqualTo(100_000);
            assertThat(sample.quantity(Sample.WRITE_AMPLIFICATION).orElseThrow())
                    .isGreaterThanOrEqualTo(10);
        }
    }

    @Test
    void collectionsOnTheClockAreCounted() throws Exception {
        meter.counted(
                "case",
                "ops",
                2,
                index -> {
                    System.gc();
                    return index;
                });

        Sample sample = meter.samples().get(0);
        assertThat(sample.gcCount()).isGreaterThanOrEqualTo(2);
        assertThat(sample.gcMaxPauseMillis()).isLessThanOrEqualTo(sample.gcMillis());
    }

    @Test
    void garbageOfTheTaskThreadIsCounted() throws Exception {
        List<byte[]> kept = new ArrayList<>();

        meter.counted(
                "case",
                "ops",
                100,
                index -> {
                    kept.add(new byte[1_000]);
                    return index;
                });

        assertThat(meter.samples().get(0).allocatedBytes()).isGreaterThanOrEqualTo(100_000);
    }
}
