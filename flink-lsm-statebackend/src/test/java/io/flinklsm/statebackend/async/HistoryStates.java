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
package io.flinklsm.statebackend.async;

import static java.util.stream.Collectors.joining;

import java.time.Duration;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.AsyncKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupedInternalPriorityQueue;
import org.apache.flink.runtime.state.internal.InternalAggregatingState;
import org.apache.flink.runtime.state.internal.InternalKvState;
import org.apache.flink.runtime.state.internal.InternalListState;
import org.apache.flink.runtime.state.internal.InternalMapState;
import org.apache.flink.runtime.state.internal.InternalReducingState;
import org.apache.flink.runtime.state.internal.InternalValueState;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.apache.flink.streaming.api.operators.TimerSerializer;

/** The states of a history, by both interfaces, under the same names. */
final class HistoryStates {

    static final Duration TTL = Duration.ofHours(1);

    private static final StateTtlConfig TTL_CONFIG = StateTtlConfig.newBuilder(TTL).build();

    private HistoryStates() {}

    /** Text of all that was added; in which order Flink merges it is not the same everywhere. */
    static final class Joining implements AggregateFunction<Long, String, String> {

        private static final long serialVersionUID = 1L;

        @Override
        public String createAccumulator() {
            return "";
        }

        @Override
        public String add(Long value, String accumulator) {
            return accumulator + value + ";";
        }

        @Override
        public String getResult(String accumulator) {
            return Stream.of(accumulator.split(";")).sorted().collect(joining(";"));
        }

        @Override
        public String merge(String one, String other) {
            return one + other;
        }
    }

    static KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, Long>> timers(
            AbstractKeyedStateBackend<Integer> backend) {
        return backend.create("timers", timerSerializer());
    }

    static KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, Long>> timers(
            AsyncKeyedStateBackend<Integer> backend) {
        return backend.create("timers", timerSerializer());
    }

    private static TimerSerializer<Integer, Long> timerSerializer() {
        return new TimerSerializer<>(IntSerializer.INSTANCE, LongSerializer.INSTANCE);
    }

    /** By the V1 interface. */
    static final class Sync {

        final InternalValueState<Integer, Long, Long> value;
        final InternalListState<Integer, Long, String> list;
        final InternalMapState<Integer, Long, String, Long> map;
        final InternalReducingState<Integer, Long, Long> reducing;
        final InternalAggregatingState<Integer, Long, Long, String, String> aggregating;

        Sync(AbstractKeyedStateBackend<Integer> backend, boolean ttl) throws Exception {
            String suffix = ttl ? "-ttl" : "";
            value =
                    make(
                            backend,
                            new ValueStateDescriptor<>("value" + suffix, LongSerializer.INSTANCE),
                            ttl);
            list =
                    make(
                            backend,
                            new ListStateDescriptor<>("list" + suffix, StringSerializer.INSTANCE),
                            ttl);
            map =
                    make(
                            backend,
                            new MapStateDescriptor<>(
                                    "map" + suffix,
                                    StringSerializer.INSTANCE,
                                    LongSerializer.INSTANCE),
                            ttl);
            reducing =
                    make(
                            backend,
                            new ReducingStateDescriptor<>(
                                    "reducing" + suffix, Long::sum, LongSerializer.INSTANCE),
                            ttl);
            aggregating =
                    make(
                            backend,
                            new AggregatingStateDescriptor<>(
                                    "aggregating" + suffix,
                                    new Joining(),
                                    StringSerializer.INSTANCE),
                            ttl);
        }

        @SuppressWarnings("unchecked")
        private static <S extends State, I> I make(
                AbstractKeyedStateBackend<Integer> backend,
                StateDescriptor<S, ?> descriptor,
                boolean ttl)
                throws Exception {
            if (ttl) {
                descriptor.enableTimeToLive(TTL_CONFIG);
            }
            return (I)
                    Objects.requireNonNull(
                            backend.getOrCreateKeyedState(LongSerializer.INSTANCE, descriptor));
        }

        void select(long namespace) {
            for (InternalKvState<Integer, Long, ?> state :
                    new InternalKvState[] {value, list, map, reducing, aggregating}) {
                state.setCurrentNamespace(namespace);
            }
        }
    }

    /** By the V2 interface. */
    static final class Async {

        final org.apache.flink.runtime.state.v2.internal.InternalValueState<Integer, Long, Long>
                value;
        final org.apache.flink.runtime.state.v2.internal.InternalListState<Integer, Long, String>
                list;
        final org.apache.flink.runtime.state.v2.internal.InternalMapState<
                        Integer, Long, String, Long>
                map;
        final org.apache.flink.runtime.state.v2.internal.InternalReducingState<Integer, Long, Long>
                reducing;
        final org.apache.flink.runtime.state.v2.internal.InternalAggregatingState<
                        Integer, Long, Long, String, String>
                aggregating;

        Async(AsyncKeyedStateBackend<Integer> backend, boolean ttl) throws Exception {
            String suffix = ttl ? "-ttl" : "";
            value =
                    make(
                            backend,
                            new org.apache.flink.api.common.state.v2.ValueStateDescriptor<>(
                                    "value" + suffix, LongSerializer.INSTANCE),
                            ttl);
            list =
                    make(
                            backend,
                            new org.apache.flink.api.common.state.v2.ListStateDescriptor<>(
                                    "list" + suffix, StringSerializer.INSTANCE),
                            ttl);
            map =
                    make(
                            backend,
                            new org.apache.flink.api.common.state.v2.MapStateDescriptor<>(
                                    "map" + suffix,
                                    StringSerializer.INSTANCE,
                                    LongSerializer.INSTANCE),
                            ttl);
            reducing =
                    make(
                            backend,
                            new org.apache.flink.api.common.state.v2.ReducingStateDescriptor<>(
                                    "reducing" + suffix, Long::sum, LongSerializer.INSTANCE),
                            ttl);
            aggregating =
                    make(
                            backend,
                            new org.apache.flink.api.common.state.v2.AggregatingStateDescriptor<>(
                                    "aggregating" + suffix,
                                    new Joining(),
                                    StringSerializer.INSTANCE),
                            ttl);
        }

        @SuppressWarnings("unchecked")
        private static <I> I make(
                AsyncKeyedStateBackend<Integer> backend,
                org.apache.flink.api.common.state.v2.StateDescriptor<?> descriptor,
                boolean ttl)
                throws Exception {
            if (ttl) {
                descriptor.enableTimeToLive(TTL_CONFIG);
            }
            return (I)
                    Objects.requireNonNull(
                            (Object)
                                    backend.getOrCreateKeyedState(
                                            0L, LongSerializer.INSTANCE, descriptor));
        }

        void select(long namespace) {
            value.setCurrentNamespace(namespace);
            list.setCurrentNamespace(namespace);
            map.setCurrentNamespace(namespace);
            reducing.setCurrentNamespace(namespace);
            aggregating.setCurrentNamespace(namespace);
        }
    }
}
