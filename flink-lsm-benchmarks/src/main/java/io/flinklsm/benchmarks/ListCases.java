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

/** ListState of ten long elements a key: key, key + 1, key + 2 … */
final class ListCases implements CaseGroup.Cases {

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
                    return sum(state, key);
                };
        meter.timed("ListState get of 10", "ops", 1, scale, get);
        backend.checkpoint();
        // Fills the caches: the state is smaller than they are.
        meter.unmeasured(order.count(), get);
        meter.timed("ListState get of 10, after a checkpoint", "ops", 1, scale, get);
    }

    private static long sum(ListState<Long> state, long key) throws Exception {
        long sum = 0;
        for (Long element : state.get()) {
            sum += element;
        }
        int count = Scale.SMALL_ENTRIES;
        long expected = key * count + (long) count * (count - 1) / 2;
        return Answers.expect("ListState get of 10", key, expected, sum);
    }

    private static ListStateDescriptor<Long> descriptor(String name) {
        return new ListStateDescriptor<>(name, LongSerializer.INSTANCE);
    }
}
