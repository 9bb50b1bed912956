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

import io.flinklsm.benchmarks.backend.BenchmarkedBackend;
import io.flinklsm.benchmarks.backend.CheckpointClock;
import io.flinklsm.benchmarks.measure.DrawnCase;
import io.flinklsm.benchmarks.measure.Latencies;
import io.flinklsm.benchmarks.measure.Meter;
import io.flinklsm.benchmarks.measure.Rest;
import io.flinklsm.benchmarks.workload.KeySource;
import io.flinklsm.benchmarks.workload.RandomPasses;
import io.flinklsm.benchmarks.workload.Scale;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Latencies of single operations on states of several kinds, with checkpoints and compaction beside
 * them: at full speed, and at seven tenths of the full speed of that backend. State within the
 * memory first, then state of twice the memory.
 */
final class LatencyCases implements CaseGroup.Program {

    private static final double LOAD = 0.7;
    private static final int OPERATIONS_PER_TICK = 64;

    private static final List<Double> RATIOS = List.of(0.5, 2.0);

    @Override
    public void run(Workbench bench, Scale scale, Meter meter) throws Exception {
        for (double ratio : RATIOS) {
            long rawBytes = (long) (ratio * bench.managedBytes() / scale.choose(1, 1, 64));
            try (BenchmarkedBackend backend = bench.open("backend-" + ratio)) {
                HotStates states = new HotStates(backend, CurveCases.sizes(rawBytes));
                states.loadWhole(bench.options().seed(), Long.MAX_VALUE);
                Rest.await(Rest.limitMillis(scale));
                measure(backend, states, ratio, bench.options().seed(), scale, meter);
            }
        }
    }

    private static void measure(
            BenchmarkedBackend backend,
            HotStates states,
            double ratio,
            long seed,
            Scale scale,
            Meter meter)
            throws Exception {
        String name = "latency, state of " + CurveCases.label(ratio) + " × the memory, ";
        // After 4 s a JVM engine runs at half of its speed: 70 % of that would be an easy rate.
        long warmUpNanos = scale.choose(20_000L, 200L, 5L) * 1_000_000L;
        long nanos = scale.choose(20_000L, 1_000L, 50L) * 1_000_000L;
        try (CheckpointClock clock =
                new CheckpointClock(backend, scale.choose(5_000L, 300L, 20L) * 1_000_000L)) {
            Latencies.Operation mix = mix(states, seed, clock);
            Latencies.atFullSpeed(warmUpNanos, System::nanoTime, mix);
            Latencies full = Latencies.atFullSpeed(nanos, System::nanoTime, mix);
            meter.figures(name + "full speed", full.figures());
            Latencies atLoad =
                    Latencies.atRate(1 / (LOAD * full.rate()), nanos, System::nanoTime, mix);
            meter.figures(name + "70 % of it", atLoad.figures());
        }
    }

    /** Each operation is one of these, drawn; a checkpoint's synchronous part is in one of them. */
    private static Latencies.Operation mix(HotStates states, long seed, CheckpointClock clock) {
        HotStates.Sizes sizes = states.sizes();
        KeySource values = new RandomPasses(sizes.values(), seed);
        KeySource keys = new RandomPasses(sizes.collections(), seed + 1);
        KeySource entries = new RandomPasses(sizes.collections() * Scale.SMALL_ENTRIES, seed + 2);
        List<DrawnCase> cases =
                List.of(
                        DrawnCase.of("value get", values, states::getValue),
                        DrawnCase.of("value update", values, states::updateValue),
                        DrawnCase.of("map get", entries, states::getFromMap),
                        DrawnCase.of("map put", entries, states::putIntoMap),
                        DrawnCase.of("list add and get", keys, states::addToListAndIterate),
                        DrawnCase.of("POJO", keys, states::modifyPojo));
        SplittableRandom random = new SplittableRandom(seed);
        long[] count = {0};
        return () -> {
            if (count[0]++ % OPERATIONS_PER_TICK == 0) {
                clock.tick();
            }
            DrawnCase drawn = cases.get(random.nextInt(cases.size()));
            drawn.operation().run(drawn.keys().next());
        };
    }
}
