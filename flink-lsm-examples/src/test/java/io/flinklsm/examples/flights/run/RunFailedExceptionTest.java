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
package io.flinklsm.examples.flights.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.flink.util.SerializedThrowable;
import org.junit.jupiter.api.Test;

final class RunFailedExceptionTest {

    @Test
    void theMessageIsThatOfTheFirstCause() {
        var cause = new IllegalStateException("[state x] is full: bytes=9; empty it.");

        assertThat(new RunFailedException(Backend.LSM, new RuntimeException("outer", cause)))
                .hasMessage(
                        "[flights on lsm] failed: IllegalStateException: [state x] is full:"
                                + " bytes=9; empty it.");
    }

    @Test
    void aFailureThatCameAsTextIsReadable() {
        var cause = new SerializedThrowable(new IllegalStateException("[state x] is full."));

        assertThat(RunFailedException.rootMessage(cause))
                .isEqualTo("IllegalStateException: [state x] is full.");
    }
}
