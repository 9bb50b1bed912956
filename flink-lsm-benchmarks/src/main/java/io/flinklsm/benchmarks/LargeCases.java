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
package io.flinklsm.benchmarks;

import io.flinklsm.benchmarks.results.Figure;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * State ten times the managed memory: keys of 8 bytes with values of {@link ByteValues}, loaded in
 * random order, then read and rewritten uniformly and by Zipf's law. The files stay in the page
 * cache of the machine for every backend.
 */
final class LargeCases implements CaseGroup.Cases {

    /** Between load and gets a backend may work for itself, at most so long. */
    private static final long REST_LIMIT_MILLIS = 60_000;

    private static final long ZIPF_SEED = 42;

    /** Values are at most 255 versions old, then begin again. */
    private static final int VERSIONS = 256;

    @Override
    public void run(BenchmarkedBackend backend, Scale scale, Meter meter) throws Exception {
        KeyOrder order = new KeyOrder(keys(scale));
        ZipfKeys zipf = new ZipfKeys(new KeyOrder(order.count()), ZIPF_SEED);
        byte[] versions = new byte[order.count()];
        ValueState<byte[]> state =
                backend.state(
                        new ValueStateDescriptor<>("large", BytePrimitiveArraySerializer.INSTANCE));
        KeyedValues values = new KeyedValues(backend, state, versions);

        meter.counted(
                "larger than memory: load", "ops", order.count(), i -> values.load(order.at(i)));
        meter.figures(
                "larger than memory: rest after load",
                new Figure("ms", Rest.await(REST_LIMIT_MILLIS)));
        Scale longer = scale.longer(2);
        // Starts in the middle: the keys loaded last would come first otherwise.
        long middle = order.count() / 2;
        meter.timed(
                "larger than memory: get, uniform",
                "ops",
                1,
                longer,
                i -> values.get(order.at(middle + i)));
        meter.timed(
                "larger than memory: get, zipf", "ops", 1, longer, i -> values.get(zipf.next()));
        meter.timed(
                "larger than memory: read-modify-write, uniform",
                "ops",
                1,
                longer,
                i -> values.modify(order.at(middle + i)));
        meter.timed(
                "larger than memory: read-modify-write, zipf",
                "ops",
                1,
                longer,
                i -> values.modify(zipf.next()));
        values.checkAll();
    }

    /** So many that they take ten times the managed memory: 128 MB in full, 32 MB in quick. */
    static int keys(Scale scale) {
        return scale.choose(6_000_000, 1_200_000, 20_000);
    }

    /** HashMap's objects would not fit: it is not asked. */
    static GroupSettings settings(Scale scale) {
        return new GroupSettings(
                1024, scale.choose(128, 32, 32), scale.choose(3, 1, 1), GroupSettings.COLD_PEERS);
    }

    /** The state of all keys and what it must answer. Confined to the task thread. */
    private static final class KeyedValues {
        private final BenchmarkedBackend backend;
        private final ValueState<byte[]> state;
        private final byte[] versions;

        KeyedValues(BenchmarkedBackend backend, ValueState<byte[]> state, byte[] versions) {
            this.backend = backend;
            this.state = state;
            this.versions = versions;
        }

        long load(long key) throws Exception {
            backend.setKey(key);
            state.update(ByteValues.of(key, 0));
            return key;
        }

        long get(long key) throws Exception {
            backend.setKey(key);
            @Nullable byte[] value = state.value();
            if (value == null) {
                throw new IllegalStateException("[case larger than memory] no value: key=" + key);
            }
            return ByteValues.check(
                    "larger than memory", key, versions[(int) key] & (VERSIONS - 1), value);
        }

        long modify(long key) throws Exception {
            long answer = get(key);
            versions[(int) key]++;
            state.update(ByteValues.of(key, versions[(int) key] & (VERSIONS - 1)));
            return answer;
        }

        /** A sample of all keys, after everything: nothing may be lost. */
        void checkAll() throws Exception {
            int step = Math.max(1, versions.length / 20_000);
            for (int key = 0; key < versions.length; key += step) {
                get(key);
            }
        }
    }
}
