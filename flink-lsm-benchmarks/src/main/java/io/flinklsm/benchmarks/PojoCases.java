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

import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.jspecify.annotations.Nullable;

/**
 * ValueState of a POJO with {@link PurchasePojo eight fields}: read, changed and written back, as
 * most jobs do, uniformly and by Zipf's law.
 */
final class PojoCases implements CaseGroup.Cases {

    private static final long ZIPF_SEED = 11;
    private static final int DRAWS = 1 << 20;

    @Override
    public void run(BenchmarkedBackend backend, Scale scale, Meter meter) throws Exception {
        KeyOrder order = new KeyOrder(scale.valueKeys());
        int[] versions = new int[order.count()];
        ValueState<PurchasePojo> warm = backend.state(descriptor("warm"));
        meter.unmeasured(
                order.count() / 10,
                i -> {
                    backend.setKey(i % 10_000);
                    @Nullable PurchasePojo pojo = warm.value();
                    PurchasePojo changed =
                            pojo == null ? PurchasePojo.ofCustomer(i % 10_000) : pojo;
                    changed.buy(i);
                    warm.update(changed);
                    return changed.version;
                });

        ValueState<PurchasePojo> state = backend.state(descriptor("pojo"));
        meter.counted(
                "POJO update, new key",
                "ops",
                order.count(),
                i -> {
                    long key = order.at(i);
                    backend.setKey(key);
                    state.update(PurchasePojo.ofCustomer(key));
                    return key;
                });
        meter.timed(
                "POJO read-modify-write, uniform",
                "ops",
                1,
                scale,
                i -> modify(backend, state, versions, order.at(i)));
        int[] zipf = drawn(new ZipfKeys(order, ZIPF_SEED));
        meter.timed(
                "POJO read-modify-write, zipf",
                "ops",
                1,
                scale,
                i -> modify(backend, state, versions, zipf[(int) (i % DRAWS)]));
        for (long key = 0; key < order.count(); key += 17) {
            backend.setKey(key);
            check(state.value(), versions, key);
        }
    }

    /** Drawn before the clock runs: a draw takes as long as a get from the heap. */
    private static int[] drawn(ZipfKeys keys) {
        int[] drawn = new int[DRAWS];
        for (int i = 0; i < DRAWS; i++) {
            drawn[i] = (int) keys.next();
        }
        return drawn;
    }

    private static long modify(
            BenchmarkedBackend backend, ValueState<PurchasePojo> state, int[] versions, long key)
            throws Exception {
        backend.setKey(key);
        PurchasePojo pojo = check(state.value(), versions, key);
        pojo.buy(key);
        versions[(int) key]++;
        state.update(pojo);
        return pojo.version;
    }

    private static PurchasePojo check(@Nullable PurchasePojo pojo, int[] versions, long key) {
        if (pojo == null) {
            throw new IllegalStateException("[case POJO] no value: key=" + key);
        }
        Answers.expect("POJO", key, key, pojo.customer);
        Answers.expect("POJO", key, versions[(int) key], pojo.version);
        return pojo;
    }

    private static ValueStateDescriptor<PurchasePojo> descriptor(String name) {
        return new ValueStateDescriptor<>(
                name,
                TypeInformation.of(PurchasePojo.class)
                        .createSerializer(new SerializerConfigImpl()));
    }
}
