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

import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;

/**
 * ListState of long elements key, key + 1, key + 2 …: ten that stay, and twenty that are collected
 * and cleared, as a window does.
 */
final class ListCases implements CaseGroup.Cases {

    private static final int COLLECTED = 20;

    @Override
    public void run(BenchmarkedBackend backend, Scale scale, Meter meter) throws Exception {
        ListState<Long> warm = backend.state(descriptor("warm"));
        meter.unmeasured(
                50_000,
                i -> {
                    long key = i % 5_000;
                    backend.setKey(key);
                    warm.add(key + i / 5_000);
                    return i;
                });

        KeyOrder order = new KeyOrder(scale.collectionKeys());
        ListState<Long> state = backend.state(descriptor("list"));
        meter.counted(
                "ListState add",
                "ops",
                (long) order.count() * Scale.SMALL_ENTRIES,
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    state.add(key + i / order.count());
                    return key;
                });
        Meter.Operation get =
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    return sum("ListState get of 10", state, key, Scale.SMALL_ENTRIES);
                };
        meter.timed("ListState get of 10", "ops", 1, scale, get);
        collectAndClear(backend, order, scale, meter);
        backend.checkpoint();
        // Fills the caches: the state is smaller than they are.
        meter.unmeasured(order.count(), get);
        meter.timed("ListState get of 10, after a checkpoint", "ops", 1, scale, get);
    }

    private static void collectAndClear(
            BenchmarkedBackend backend, KeyOrder order, Scale scale, Meter meter) throws Exception {
        ListState<Long> state = backend.state(descriptor("collected"));
        meter.timed(
                "ListState add 20, get, clear",
                "elements",
                COLLECTED,
                scale,
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    for (int element = 0; element < COLLECTED; element++) {
                        state.add(key + element);
                    }
                    long sum = sum("ListState add 20, get, clear", state, key, COLLECTED);
                    state.clear();
                    return sum;
                });
    }

    private static long sum(String caseName, ListState<Long> state, long key, int count)
            throws Exception {
        long sum = 0;
        for (Long element : state.get()) {
            sum += element;
        }
        long expected = key * count + (long) count * (count - 1) / 2;
        return Answers.expect(caseName, key, expected, sum);
    }

    private static ListStateDescriptor<Long> descriptor(String name) {
        return new ListStateDescriptor<>(name, LongSerializer.INSTANCE);
    }
}
