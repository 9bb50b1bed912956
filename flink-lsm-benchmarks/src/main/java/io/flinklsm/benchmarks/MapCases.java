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

import java.util.Map;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.jspecify.annotations.Nullable;

/** MapState of long user keys 0, 1, 2 … to long values: key + user key, until updated. */
final class MapCases implements CaseGroup.Cases {

    @Override
    public void run(BenchmarkedBackend backend, Scale scale, Meter meter) throws Exception {
        MapState<Long, Long> warm = backend.state(descriptor("warm"));
        meter.unmeasured(
                20_000,
                i -> {
                    backend.setKey(i % 2_000);
                    warm.put(i / 2_000, i % 2_000 + i / 2_000);
                    return i;
                });
        meter.unmeasured(
                20_000,
                i -> {
                    backend.setKey(i % 2_000);
                    warm.remove(i / 2_000);
                    return i;
                });
        smallMaps(backend, scale, meter);
        wideMaps(backend, scale, meter);
    }

    private static void smallMaps(BenchmarkedBackend backend, Scale scale, Meter meter)
            throws Exception {
        KeyOrder order = new KeyOrder(scale.collectionKeys());
        MapState<Long, Long> state = backend.state(descriptor("small"));
        long entries = (long) order.count() * Scale.SMALL_ENTRIES;
        // The maps grow beside each other, as they do in a job: entry 0 of every key, then entry 1.
        meter.counted(
                "MapState put, new entry",
                "ops",
                entries,
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    long userKey = i / order.count();
                    state.put(userKey, key + userKey);
                    return key;
                });
        meter.timed(
                "MapState get",
                "ops",
                1,
                scale,
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    long userKey = i % Scale.SMALL_ENTRIES;
                    @Nullable Long value = state.get(userKey);
                    return Answers.expect(
                            "MapState get", key, key + userKey, value == null ? -1 : value);
                });
        meter.timed(
                "MapState contains",
                "ops",
                1,
                scale,
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    // Every eleventh question is about an entry that is not there.
                    long userKey = i % (Scale.SMALL_ENTRIES + 1);
                    return Answers.expect(
                            "MapState contains",
                            key,
                            userKey < Scale.SMALL_ENTRIES ? 1 : 0,
                            state.contains(userKey) ? 1 : 0);
                });
        meter.timed(
                "MapState isEmpty",
                "ops",
                1,
                scale,
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    return Answers.expect("MapState isEmpty", key, 0, state.isEmpty() ? 1 : 0);
                });
        meter.timed(
                "MapState put, existing entry",
                "ops",
                1,
                scale,
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    long userKey = i % Scale.SMALL_ENTRIES;
                    state.put(userKey, key + userKey);
                    return key;
                });
        Meter.Operation iterate =
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    return iterate(state, key, Scale.SMALL_ENTRIES);
                };
        // Part of the maps may be in files by now: the caches are filled first.
        meter.unmeasured(order.count(), iterate);
        meter.timed("MapState entries of 10", "entries", Scale.SMALL_ENTRIES, scale, iterate);
        meter.counted(
                "MapState remove",
                "ops",
                entries,
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    state.remove(i / order.count());
                    return key;
                });
        // By point lookups: an iterator of RocksDB would walk over all the tombstones for each map.
        meter.unmeasured(
                entries,
                i -> {
                    backend.setKey(order.at(i));
                    return Answers.expect(
                            "MapState remove",
                            order.at(i),
                            0,
                            state.contains(i / order.count()) ? 1 : 0);
                });
    }

    private static void wideMaps(BenchmarkedBackend backend, Scale scale, Meter meter)
            throws Exception {
        KeyOrder order = new KeyOrder(scale.wideMaps());
        MapState<Long, Long> state = backend.state(descriptor("wide"));
        meter.unmeasured(
                (long) order.count() * Scale.WIDE_ENTRIES,
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    long userKey = i / order.count();
                    state.put(userKey, key + userKey);
                    return key;
                });
        meter.timed(
                "MapState entries of 1000",
                "entries",
                Scale.WIDE_ENTRIES,
                scale,
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    return iterate(state, key, Scale.WIDE_ENTRIES);
                });
        backend.checkpoint();
        meter.timed(
                "MapState entries of 1000, after a checkpoint",
                "entries",
                Scale.WIDE_ENTRIES,
                scale,
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    return iterate(state, key, Scale.WIDE_ENTRIES);
                });
    }

    private static long iterate(MapState<Long, Long> state, long key, int count) throws Exception {
        long sum = 0;
        for (Map.Entry<Long, Long> entry : state.entries()) {
            sum += entry.getValue() - entry.getKey();
        }
        return Answers.expect("MapState entries", key, key * count, sum);
    }

    private static MapStateDescriptor<Long, Long> descriptor(String name) {
        return new MapStateDescriptor<>(name, LongSerializer.INSTANCE, LongSerializer.INSTANCE);
    }
}
