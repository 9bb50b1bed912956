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
package io.flinklsm.statebackend.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.ReduceFunction;
import org.apache.flink.api.common.state.AggregatingState;
import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReducingState;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyGroupedInternalPriorityQueue;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.apache.flink.streaming.api.operators.TimerSerializer;

/**
 * State of every kind, timers included, in two namespaces, that can be written for some keys in
 * some round and checked to be exactly what it must be. The state of a key is a function of (key,
 * round); writing a later round changes some of it and deletes some.
 */
public final class StateSample {

    public static final TypeSerializer<String> KEY_SERIALIZER = StringSerializer.INSTANCE;

    private static final int[] NAMESPACES = {0, 70_000};

    private static final ValueStateDescriptor<String> VALUE =
            new ValueStateDescriptor<>("value", StringSerializer.INSTANCE);
    private static final ListStateDescriptor<Long> LIST =
            new ListStateDescriptor<>("list", LongSerializer.INSTANCE);

    /** Values of a type whose serializer takes null: the HashMap backend needs that. */
    private static final MapStateDescriptor<String, String> MAP =
            new MapStateDescriptor<>("map", StringSerializer.INSTANCE, StringSerializer.INSTANCE);

    private static final ReducingStateDescriptor<Long> REDUCING =
            new ReducingStateDescriptor<>(
                    "reducing", (ReduceFunction<Long>) Long::sum, LongSerializer.INSTANCE);
    private static final AggregatingStateDescriptor<Long, Long, String> AGGREGATING =
            new AggregatingStateDescriptor<>("aggregating", new Sum(), LongSerializer.INSTANCE);

    /** The name of a state; RocksDB cannot have both. */
    public static final String NAME_OF_A_STATE = "value";

    private final AbstractKeyedStateBackend<String> backend;
    private final ValueState<String> value;
    private final ListState<Long> list;
    private final MapState<String, String> map;
    private final ReducingState<Long> reducing;
    private final AggregatingState<Long, String> aggregating;
    private final KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<String, Integer>> timers;

    /** Registers the states. */
    public StateSample(AbstractKeyedStateBackend<String> backend) throws Exception {
        this(backend, "timers");
    }

    public StateSample(AbstractKeyedStateBackend<String> backend, String queueName)
            throws Exception {
        this.backend = backend;
        timers =
                backend.create(
                        queueName, new TimerSerializer<>(KEY_SERIALIZER, IntSerializer.INSTANCE));
        value = state(VALUE);
        list = state(LIST);
        map = state(MAP);
        reducing = state(REDUCING);
        aggregating = state(AGGREGATING);
    }

    private <S extends State> S state(StateDescriptor<S, ?> descriptor) throws Exception {
        return backend.getOrCreateKeyedState(IntSerializer.INSTANCE, descriptor);
    }

    /** Writes one round for the keys 0 to {@code keys - 1} that are in the backend's key groups. */
    public void write(int keys, int round) throws Exception {
        for (String key : keys(keys)) {
            backend.setCurrentKey(key);
            int number = Integer.parseInt(key.substring(1));
            for (int namespace : NAMESPACES) {
                enter(namespace);
                long seed = number + namespace;
                if (round > 0 && number % 3 == 0) {
                    value.clear();
                } else {
                    value.update("v" + seed + "/" + round);
                }
                list.add(seed + round);
                list.addAll(List.of(seed, (long) round));
                map.put("round" + round, "s" + seed);
                map.put("always", "" + round);
                map.put("null", null);
                if (round > 0) {
                    map.remove("round" + (round - 1));
                }
                reducing.add(seed + round);
                aggregating.add(seed + round);
                timers.add(timer(key, namespace, seed * 7 + round));
                if (round > 0) {
                    timers.remove(timer(key, namespace, seed * 7 + round - 1));
                }
            }
        }
    }

    /** Checks that the backend holds exactly what the rounds 0 to {@code lastRound} wrote. */
    public void check(int keys, int lastRound) throws Exception {
        Set<String> expectedTimers = new TreeSet<>();
        Set<String> keysWithValue = new TreeSet<>();
        for (String key : keys(keys)) {
            backend.setCurrentKey(key);
            int number = Integer.parseInt(key.substring(1));
            for (int namespace : NAMESPACES) {
                enter(namespace);
                long seed = number + namespace;
                String where = key + "@" + namespace;
                boolean cleared = lastRound > 0 && number % 3 == 0;
                assertThat(value.value())
                        .as(where)
                        .isEqualTo(cleared ? null : "v" + seed + "/" + lastRound);
                if (!cleared && namespace == 0) {
                    keysWithValue.add(key);
                }
                List<Long> elements = new ArrayList<>();
                long sum = 0;
                for (int round = 0; round <= lastRound; round++) {
                    elements.addAll(List.of(seed + round, seed, (long) round));
                    sum += seed + round;
                }
                assertThat(list.get()).as(where).containsExactlyElementsOf(elements);
                Map<String, String> entries = new HashMap<>();
                entries.put("always", "" + lastRound);
                entries.put("null", null);
                entries.put("round" + lastRound, "s" + seed);
                Map<String, String> actual = new HashMap<>();
                map.entries().forEach(entry -> actual.put(entry.getKey(), entry.getValue()));
                assertThat(actual).as(where).isEqualTo(entries);
                assertThat(reducing.get()).as(where).isEqualTo(sum);
                assertThat(aggregating.get()).as(where).isEqualTo("sum " + sum);
                expectedTimers.add(timer(key, namespace, seed * 7 + lastRound).toString());
            }
        }
        checkTimers(expectedTimers);
        try (Stream<String> stream = backend.getKeys(VALUE.getName(), NAMESPACES[0])) {
            assertThat(stream.toList()).containsExactlyInAnyOrderElementsOf(keysWithValue);
        }
    }

    /** Reads the queue's iterator to its end, and does not close it. */
    public int countTimers() {
        int count = 0;
        for (Iterator<?> iterator = timers.iterator(); iterator.hasNext(); iterator.next()) {
            count++;
        }
        return count;
    }

    private void checkTimers(Set<String> expected) throws Exception {
        Set<String> seen = new TreeSet<>();
        List<TimerHeapInternalTimer<String, Integer>> polled = new ArrayList<>();
        long last = Long.MIN_VALUE;
        for (TimerHeapInternalTimer<String, Integer> timer; (timer = timers.peek()) != null; ) {
            backend.setCurrentKey(timer.getKey());
            assertThat(timers.poll()).isEqualTo(timer);
            assertThat(timer.getTimestamp()).isGreaterThanOrEqualTo(last);
            last = timer.getTimestamp();
            seen.add(timer.toString());
            polled.add(timer);
        }
        assertThat(seen).isEqualTo(expected);
        for (TimerHeapInternalTimer<String, Integer> timer : polled) {
            backend.setCurrentKey(timer.getKey());
            timers.add(timer);
        }
    }

    private void enter(int namespace) throws Exception {
        backend.getPartitionedState(namespace, IntSerializer.INSTANCE, VALUE);
        backend.getPartitionedState(namespace, IntSerializer.INSTANCE, LIST);
        backend.getPartitionedState(namespace, IntSerializer.INSTANCE, MAP);
        backend.getPartitionedState(namespace, IntSerializer.INSTANCE, REDUCING);
        backend.getPartitionedState(namespace, IntSerializer.INSTANCE, AGGREGATING);
    }

    private List<String> keys(int count) {
        List<String> keys = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            String key = "k" + number;
            int keyGroup =
                    KeyGroupRangeAssignment.assignToKeyGroup(key, backend.getNumberOfKeyGroups());
            if (backend.getKeyGroupRange().contains(keyGroup)) {
                keys.add(key);
            }
        }
        return keys;
    }

    private static TimerHeapInternalTimer<String, Integer> timer(
            String key, int namespace, long timestamp) {
        return new TimerHeapInternalTimer<>(timestamp, key, namespace);
    }

    private static final class Sum implements AggregateFunction<Long, Long, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public Long createAccumulator() {
            return 0L;
        }

        @Override
        public Long add(Long value, Long accumulator) {
            return accumulator + value;
        }

        @Override
        public String getResult(Long accumulator) {
            return "sum " + accumulator;
        }

        @Override
        public Long merge(Long a, Long b) {
            return a + b;
        }
    }
}
