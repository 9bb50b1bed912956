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
import io.flinklsm.benchmarks.measure.Meter;
import io.flinklsm.benchmarks.measure.Rest;
import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.workload.ByteValues;
import io.flinklsm.benchmarks.workload.KeyOrder;
import io.flinklsm.benchmarks.workload.RandomPasses;
import io.flinklsm.benchmarks.workload.Scale;
import io.flinklsm.benchmarks.workload.ZipfKeys;

/**
 * State ten times the managed memory: keys of 8 bytes with values of {@link ByteValues}, loaded in
 * a random order, then read and rewritten in other random orders and by Zipf's law. The files stay
 * in the page cache of the machine for every backend.
 */
final class LargeCases implements CaseGroup.Cases {

    private static final long UNIFORM_SEED = 7;
    private static final long ZIPF_SEED = 42;

    @Override
    public void run(BenchmarkedBackend backend, Scale scale, Meter meter) throws Exception {
        KeyOrder order = new KeyOrder(keys(scale));
        RandomPasses uniform = new RandomPasses(order.count(), UNIFORM_SEED);
        ZipfKeys zipf = new ZipfKeys(new KeyOrder(order.count()), ZIPF_SEED);
        KeyedByteValues values =
                new KeyedByteValues(
                        "larger than memory",
                        backend,
                        "large",
                        new KeyedByteValues.Versions(order.count()));

        meter.counted(
                "larger than memory: load",
                "ops",
                1,
                order.count(),
                KeyedByteValues.ENTRY_BYTES,
                i -> values.load(order.at(i)));
        meter.figures(
                "larger than memory: rest after load",
                new Figure("ms", Rest.await(Rest.limitMillis(scale))));
        Scale longer = scale.longer(2);
        meter.timed(
                "larger than memory: get, uniform",
                "ops",
                1,
                longer,
                i -> values.get(uniform.next()));
        meter.timed(
                "larger than memory: get, zipf", "ops", 1, longer, i -> values.get(zipf.next()));
        meter.timed(
                "larger than memory: read-modify-write, uniform",
                "ops",
                1,
                longer,
                i -> values.modify(uniform.next()));
        meter.timed(
                "larger than memory: read-modify-write, zipf",
                "ops",
                1,
                longer,
                i -> values.modify(zipf.next()));
        values.checkSome(scale.choose(20_000, 2_000, 2_000));
    }

    /** So many that they take ten times the managed memory: in full 128 MB; four times in quick. */
    static int keys(Scale scale) {
        return scale.choose(6_000_000, 500_000, 20_000);
    }
}
