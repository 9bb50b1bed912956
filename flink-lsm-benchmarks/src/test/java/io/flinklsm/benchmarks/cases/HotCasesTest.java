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
package io.flinklsm.benchmarks.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.flinklsm.benchmarks.backend.BenchmarkedBackend;
import io.flinklsm.benchmarks.measure.DrawnCase;
import io.flinklsm.benchmarks.measure.DrawnRun;
import io.flinklsm.benchmarks.measure.Meter;
import io.flinklsm.benchmarks.results.Sample;
import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.workload.RandomPasses;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HotCasesTest {

    private static final HotStates.Sizes SIZES = new HotStates.Sizes(200, 100, 40, 2);

    @TempDir Path directory;

    @Test
    void theOrderOfTheCasesDependsOnTheSeedAlone() throws Exception {
        try (BenchmarkedBackend backend = open()) {
            HotStates states = new HotStates(backend, SIZES);

            List<String> names = names(states, 1, ".*");

            assertThat(names).hasSizeGreaterThanOrEqualTo(29).doesNotHaveDuplicates();
            assertThat(names(states, 1, ".*")).isEqualTo(names);
            assertThat(names(states, 2, ".*"))
                    .isNotEqualTo(names)
                    .containsExactlyInAnyOrderElementsOf(names);
            assertThat(names(states, 1, "map isEmpty|text .*"))
                    .containsExactlyInAnyOrder("map isEmpty", "text get", "text update");
            assertThatThrownBy(() -> names(states, 1, "nothing"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("pattern=nothing");
        }
    }

    @Test
    void aCaseLeavesTheStateAsLargeAsItWas() throws Exception {
        try (BenchmarkedBackend backend = open()) {
            HotStates states = new HotStates(backend, SIZES);
            states.load(5);
            long before = backend.checkpoint().stateBytes();

            Meter meter = new Meter();
            for (DrawnCase each : HotCases.cases(states, 3)) {
                meter.drawn(each, 1_000, 200_000);

                assertThat(backend.checkpoint().stateBytes()).as(each.name()).isEqualTo(before);
            }
            assertThat(meter.samples()).allMatch(sample -> sample.operations() > 0);
        }
    }

    @Test
    void everyKeyHasItsOperationsBeforeTheyAreUndone() throws Exception {
        int[] count = new int[10];
        List<int[]> undone = new ArrayList<>();
        DrawnCase drawn =
                DrawnCase.of("case", new RandomPasses(10, 1), key -> ++count[key])
                        .undoneBy(
                                3,
                                new RandomPasses(10, 2),
                                key -> {
                                    undone.add(new int[] {key, count[key]});
                                    return count[key] = 0;
                                });
        DrawnRun run = new DrawnRun(drawn);

        long operations = run.runUntil(Long.MAX_VALUE);
        run.undoIfDue();

        assertThat(operations).isEqualTo(30);
        assertThat(undone).hasSize(10).allMatch(each -> each[1] == 3);
        assertThat(undone).extracting(each -> each[0]).doesNotHaveDuplicates();
    }

    @Test
    void theClockStandsStillWhileACaseIsUndone() throws Exception {
        long[] undoNanos = {0};
        DrawnCase drawn =
                DrawnCase.of("case", new RandomPasses(100, 1), key -> key)
                        .undoneBy(
                                1,
                                new RandomPasses(100, 2),
                                key -> {
                                    long start = System.nanoTime();
                                    while (System.nanoTime() - start < 20_000) {
                                        Thread.onSpinWait();
                                    }
                                    undoNanos[0] += System.nanoTime() - start;
                                    return key;
                                });
        Meter meter = new Meter();
        long start = System.nanoTime();

        meter.drawn(drawn, 0, 1_000_000);

        long all = System.nanoTime() - start;
        assertThat(undoNanos[0]).isGreaterThan(2_000_000);
        assertThat(meter.samples().get(0).wallNanos()).isLessThanOrEqualTo(all - undoNanos[0]);
    }

    @Test
    void whatCheckpointsDoIsTheMeanOfTheQuotients() {
        List<Sample> samples =
                List.of(
                        sample(HotCases.AGAIN_PREFIX + "a", 100),
                        sample(HotCases.AGAIN_PREFIX + "b", 100),
                        sample(HotCases.AFTER_PREFIX + "b", 25),
                        sample(HotCases.AFTER_PREFIX + "a", 100),
                        sample(HotCases.PREFIX + "a", 7));

        assertThat(HotCases.afterByBefore(samples)).isCloseTo(0.5, within(1e-9));
        assertThatThrownBy(() -> HotCases.afterByBefore(samples.subList(0, 2)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private BenchmarkedBackend open() throws Exception {
        return BenchmarkedBackend.open(Peer.HASHMAP, directory, 32 << 20);
    }

    private static List<String> names(HotStates states, long seed, String pattern) {
        return HotCases.chosen(
                        states, new CaseOptions(0, seed, Pattern.compile(pattern), 0.5, List.of()))
                .stream()
                .map(DrawnCase::name)
                .toList();
    }

    private static Sample sample(String name, long operations) {
        return new Sample(
                name,
                "ops",
                operations,
                1_000_000,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                List.of(),
                List.of(),
                "");
    }
}
