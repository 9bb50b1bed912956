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
import static org.assertj.core.api.Assertions.within;

import io.flinklsm.benchmarks.results.Figure;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** On a clock that goes on while operations run, and by a nanosecond with each look at it. */
final class LatenciesTest {

    private long nanos = 1_000;
    private int operations;

    @Test
    void percentilesAreThoseOfTheOperations() throws Exception {
        // Of a thousand operations, 980 take a microsecond, 18 take ten, 2 a millisecond.
        Latencies latencies =
                Latencies.atFullSpeed(
                        980_000 + 180_000 + 2_000_000,
                        this::look,
                        () -> {
                            int number = operations++;
                            nanos += number < 2 ? 1_000_000 : number < 20 ? 10_000 : 1_000;
                        });

        assertThat(latencies.percentileMicros(50)).isCloseTo(1, within(0.01));
        assertThat(latencies.percentileMicros(97)).isCloseTo(1, within(0.01));
        assertThat(latencies.percentileMicros(99)).isCloseTo(10, within(0.02));
        assertThat(latencies.percentileMicros(99.9)).isCloseTo(1_000, within(1.0));
        assertThat(figure(latencies, "longest ms")).isCloseTo(1, within(0.001));
    }

    @Test
    void anOperationThatWaitsBehindASlowOneIsSlowToo() throws Exception {
        // One operation each microsecond, of which one takes a millisecond.
        Latencies latencies =
                Latencies.atRate(
                        1_000,
                        10_000_000,
                        this::look,
                        () -> nanos += operations++ == 5_000 ? 1_000_000 : 100);

        assertThat(operations).isEqualTo(10_000);
        assertThat(figure(latencies, "longest ms")).isCloseTo(1, within(0.01));
        // It holds up about 1,100 others: those fall due in a millisecond, and while they catch up.
        assertThat(latencies.percentileMicros(99)).isGreaterThan(900);
        assertThat(latencies.percentileMicros(95)).isBetween(400.0, 650.0);
        assertThat(latencies.percentileMicros(50)).isLessThan(1);
    }

    @Test
    void aRateThatCannotBeKeptShowsInTheLatencies() throws Exception {
        Latencies latencies = Latencies.atRate(1_000, 1_000_000, this::look, () -> nanos += 2_000);

        assertThat(figure(latencies, "longest ms")).isCloseTo(1, within(0.01));
        assertThat(figure(latencies, "ops/ms")).isCloseTo(500, within(2.0));
    }

    private long look() {
        return nanos++;
    }

    private static double figure(Latencies latencies, String name) {
        return Arrays.stream(latencies.figures())
                .filter(figure -> figure.name().equals(name))
                .mapToDouble(Figure::value)
                .findFirst()
                .orElseThrow();
    }
}
