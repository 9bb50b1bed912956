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

import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.state.AggregatingState;
import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.AppendingState;
import org.apache.flink.api.common.state.ReducingState;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.typeutils.runtime.TupleSerializer;

/** ReducingState that counts by adding ones, and AggregatingState that takes the mean of ones. */
final class ReducingCases implements CaseGroup.Cases {

    @Override
    public void run(BenchmarkedBackend backend, Scale scale, Meter meter) throws Exception {
        KeyOrder order = new KeyOrder(scale.valueKeys());
        ReducingState<Long> reducing =
                backend.state(
                        new ReducingStateDescriptor<>(
                                "reducing", Long::sum, LongSerializer.INSTANCE));
        long added = addOnes("ReducingState add", reducing, backend, order, scale, meter);
        long sum = 0;
        for (long i = 0; i < order.count(); i++) {
            backend.setKey(order.at(i));
            sum += reducing.get();
        }
        Answers.expect("ReducingState add", -1, added, sum);

        AggregatingState<Long, Mean> aggregating =
                backend.state(
                        new AggregatingStateDescriptor<>(
                                "aggregating",
                                new MeanOf(),
                                new TupleSerializer<>(
                                        tupleOfLongs(),
                                        new TypeSerializer<?>[] {
                                            LongSerializer.INSTANCE, LongSerializer.INSTANCE
                                        })));
        added = addOnes("AggregatingState add", aggregating, backend, order, scale, meter);
        long count = 0;
        for (long i = 0; i < order.count(); i++) {
            backend.setKey(order.at(i));
            Mean mean = aggregating.get();
            Answers.expect("AggregatingState add", order.at(i), mean.count(), mean.sum());
            count += mean.count();
        }
        Answers.expect("AggregatingState add", -1, added, count);
    }

    /** Adds a one to every key off the clock, then goes on on it; returns how many there were. */
    private static long addOnes(
            String caseName,
            AppendingState<Long, ?> state,
            BenchmarkedBackend backend,
            KeyOrder order,
            Scale scale,
            Meter meter)
            throws Exception {
        long[] additions = {0};
        Meter.Operation add =
                i -> {
                    backend.setKey(order.at(i));
                    state.add(1L);
                    additions[0]++;
                    return i;
                };
        meter.unmeasured(order.count(), add);
        meter.timed(caseName, "ops", 1, scale, add);
        return additions[0];
    }

    @SuppressWarnings("unchecked") // A class literal knows no type arguments.
    private static Class<Tuple2<Long, Long>> tupleOfLongs() {
        return (Class<Tuple2<Long, Long>>) (Class<?>) Tuple2.class;
    }

    /** What the aggregate gives out. */
    private record Mean(long sum, long count) {}

    /** Keeps sum and count of what was added. */
    private static final class MeanOf implements AggregateFunction<Long, Tuple2<Long, Long>, Mean> {

        private static final long serialVersionUID = 1L;

        @Override
        public Tuple2<Long, Long> createAccumulator() {
            return Tuple2.of(0L, 0L);
        }

        @Override
        public Tuple2<Long, Long> add(Long value, Tuple2<Long, Long> accumulator) {
            accumulator.f0 += value;
            accumulator.f1++;
            return accumulator;
        }

        @Override
        public Mean getResult(Tuple2<Long, Long> accumulator) {
            return new Mean(accumulator.f0, accumulator.f1);
        }

        @Override
        public Tuple2<Long, Long> merge(Tuple2<Long, Long> one, Tuple2<Long, Long> other) {
            return Tuple2.of(one.f0 + other.f0, one.f1 + other.f1);
        }
    }
}
