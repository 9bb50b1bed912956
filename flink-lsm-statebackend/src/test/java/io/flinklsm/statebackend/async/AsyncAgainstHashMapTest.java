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
package io.flinklsm.statebackend.async;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.FarFileSystem;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One random history on State V2 of this backend and on State V1 of Flink's HashMap backend: each
 * answer is the same. The system property {@code async.seeds} says how many histories there are.
 */
@Timeout(1200)
final class AsyncAgainstHashMapTest {

    private static final int ROUNDS = 12;
    private static final int RECORDS = 200;

    @TempDir Path root;

    static IntStream seeds() {
        return IntStream.range(0, Integer.getInteger("async.seeds", 4));
    }

    @AfterEach
    void nothingIsFarAway() {
        FarFileSystem.behave();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void answersAreThoseOfHashMapsV1(int seed) throws Exception {
        AtomicLong clock = new AtomicLong(1_000_000);
        try (BackendHarness harness = new BackendHarness(root, AsyncHistory.GROUPS, clock::get)) {
            AsyncHistory history = new AsyncHistory(seed, harness, clock);
            for (int round = 0; round < ROUNDS; round++) {
                history.playRound(RECORDS);
            }

            assertThat(history.answers()).as("answers").isGreaterThan(ROUNDS * RECORDS / 2);
            assertThat(history.restores()).as("restores").isPositive();
            assertThat(history.fileReads()).as("reads of files").isPositive();
        }
    }
}
