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

import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.jspecify.annotations.Nullable;

/** ValueState of long keys and long values: the value of a key is its complement until updated. */
final class ValueCases implements CaseGroup.Cases {

    @Override
    public void run(BenchmarkedBackend backend, Scale scale, Meter meter) throws Exception {
        KeyOrder order = new KeyOrder(scale.valueKeys());
        ValueState<Long> warm = backend.state(descriptor("warm"));
        meter.unmeasured(
                scale.valueKeys() / 5,
                i -> {
                    backend.setKey(i);
                    warm.update(~i);
                    return get(warm, i, ~i);
                });

        ValueState<Long> state = backend.state(descriptor("value"));
        meter.counted(
                "ValueState update, new key",
                "ops",
                order.count(),
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    state.update(~key);
                    return key;
                });
        meter.timed(
                "ValueState get",
                "ops",
                1,
                scale,
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    return get(state, key, ~key);
                });
        meter.timed(
                "ValueState get, missing key",
                "ops",
                1,
                scale,
                i -> {
                    long key = order.count() + order.at(i);
                    backend.setKey(key);
                    if (state.value() != null) {
                        throw new IllegalStateException(
                                "[case ValueState get, missing key] found a value: key=" + key);
                    }
                    return key;
                });
        meter.timed(
                "ValueState update, existing key",
                "ops",
                1,
                scale,
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    state.update(~key);
                    return key;
                });

        backend.checkpoint();
        Meter.Operation getFromFiles =
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    return get(state, key, ~key);
                };
        // Fills the caches: the state is smaller than they are.
        meter.unmeasured(scale.valueKeys() / 5, getFromFiles);
        meter.timed("ValueState get, after a checkpoint", "ops", 1, scale, getFromFiles);
        meter.timed(
                "ValueState get and update, after a checkpoint",
                "ops",
                1,
                scale,
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    long value = get(state, key, ~key);
                    state.update(value);
                    return value;
                });
    }

    private static long get(ValueState<Long> state, long key, long expected) throws Exception {
        @Nullable Long value = state.value();
        if (value == null) {
            throw new IllegalStateException("[case ValueState get] no value: key=" + key);
        }
        return Answers.expect("ValueState get", key, expected, value);
    }

    private static ValueStateDescriptor<Long> descriptor(String name) {
        return new ValueStateDescriptor<>(name, LongSerializer.INSTANCE);
    }
}
