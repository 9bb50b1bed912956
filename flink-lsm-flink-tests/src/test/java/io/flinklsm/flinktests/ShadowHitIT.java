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
package io.flinklsm.flinktests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs after Flink's tests: were they run, and on flink-lsm? */
final class ShadowHitIT {
    @Test
    void everyTestOfFlinksWentThroughTheShadowFactory() {
        List<String> expected =
                Arrays.stream(System.getProperty("flinklsm.flinkTests").split(","))
                        .map(String::strip)
                        .map(name -> name.replace('/', '.'))
                        .toList();

        Path hits = Path.of(System.getProperty("flinklsm.shadowHits"));

        assertThat(expected).hasSizeGreaterThanOrEqualTo(2);
        assertThat(expected)
                .as("a test class without a hit was run on RocksDB, not on flink-lsm")
                .allSatisfy(name -> assertThat(hits.resolve(name)).exists());
    }
}
