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
package io.flinklsm.statebackend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.flink.runtime.util.EnvironmentInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FlinkVersionsTest {

    @ParameterizedTest
    @ValueSource(strings = {"2.0.2", "2.0-SNAPSHOT", "1.20.1", "1.9.0-vendor-3"})
    void olderFlinkIsRefusedByName(String version) {
        assertThatThrownBy(() -> FlinkVersions.check(version))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage(
                        "[state.backend.type] flink-lsm does not run on this Flink: version="
                                + version
                                + ", oldest=2.1; use a newer Flink, or another state backend.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.1.0", "2.3-SNAPSHOT", "2.10.1", "3.0.0", "<unknown>", "", "2.0x"})
    void newerAndUnknownOnesPass(String version) {
        assertThatCode(() -> FlinkVersions.check(version)).doesNotThrowAnyException();
    }

    @Test
    void flinkOfTheseTestsTellsItsVersion() {
        assertThat(EnvironmentInformation.getVersion()).startsWith("2.3");
    }
}
