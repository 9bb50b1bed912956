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

import org.apache.flink.api.common.state.ReducingState;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;

/** ReducingState that counts by adding ones. */
final class ReducingCases implements CaseGroup.Cases {

    @Override
    public void run(BenchmarkedBackend backend, Scale scale, Meter meter) throws Exception {
        KeyOrder order = new KeyOrder(scale.valueKeys());
        ReducingState<Long> state =
                backend.state(
                        new ReducingStateDescriptor<>(
                                "reducing", Long::sum, LongSerializer.INSTANCE));
        meter.unmeasured(
                order.count(),
                i -> {
                    backend.setKey(order.at(i));
                    state.add(1L);
                    return i;
                });
        long[] additions = {order.count()};
        meter.timed(
                "ReducingState add",
                "ops",
                1,
                scale,
                i -> {
                    backend.setKey(order.at(i));
                    state.add(1L);
                    additions[0]++;
                    return i;
                });
        long sum = 0;
        for (long i = 0; i < order.count(); i++) {
            backend.setKey(order.at(i));
            sum += state.get();
        }
        Answers.expect("ReducingState add", -1, additions[0], sum);
    }
}
