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

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.source.legacy.SourceFunction;
import org.apache.flink.util.Collector;

/**
 * A job over the numbers from 0 on, with value, list and map state and timers, whose keys and
 * values go through Kryo. It can be run in several stretches, each from a snapshot of the one
 * before; the last one lets every key's timer tell the key's whole state.
 */
public final class NumberJob {

    public static final int KEYS = 60;

    private static final long TIMER = 1_000_000_000L;

    /** What jobs of this process share with the test, by a name for each run. */
    private static final Map<String, Run> RUNS = new ConcurrentHashMap<>();

    private static final class Run {
        final AtomicLong processed = new AtomicLong();
        final List<String> told = new ArrayList<>();
        CountDownLatch reached = new CountDownLatch(1);
        long target;
    }

    private NumberJob() {}

    /**
     * Adds the job to the environment.
     *
     * @param from first number of this stretch, for {@link #awaitProcessed}; a restored source
     *     knows
     * @param to number behind the last one of this stretch
     * @param last whether the source ends there; otherwise it idles until it is cancelled
     */
    public static void define(
            StreamExecutionEnvironment env, String run, long from, long to, boolean last) {
        Run shared = RUNS.computeIfAbsent(run, name -> new Run());
        shared.processed.set(from);
        shared.target = to;
        shared.reached = new CountDownLatch(1);
        env.addSource(new Numbers(to, last), "numbers", Types.LONG)
                .uid("numbers")
                .keyBy(number -> new Key(number), TypeInformation.of(Key.class))
                .process(new Remember(run))
                .uid("remember");
    }

    /** Waits until every number of the stretch is in the state. */
    public static void awaitProcessed(String run) throws InterruptedException {
        if (!RUNS.get(run).reached.await(60, TimeUnit.SECONDS)) {
            throw new AssertionError("the job got stuck: " + RUNS.get(run).processed);
        }
    }

    /** What the timers told, sorted. */
    public static List<String> told(String run) {
        Run shared = RUNS.remove(run);
        synchronized (shared.told) {
            return shared.told.stream().sorted().toList();
        }
    }

    /** What they must tell after the numbers below {@code to}. */
    public static List<String> expected(long to) {
        List<String> lines = new ArrayList<>();
        for (int key = 0; key < KEYS; key++) {
            long sum = 0;
            List<Long> numbers = new ArrayList<>();
            Map<Integer, Long> counts = new TreeMap<>();
            for (long number = key; number < to; number += KEYS) {
                sum += number;
                numbers.add(number);
                counts.merge((int) (number % 7), 1L, Long::sum);
            }
            lines.add(line(key, sum, numbers, counts));
        }
        return lines.stream().sorted().toList();
    }

    private static String line(int key, long sum, List<Long> numbers, Map<Integer, Long> counts) {
        return key + ": sum=" + sum + " numbers=" + numbers + " counts=" + counts;
    }

    /** A key without the constructor that Flink's own serializers need. */
    public static final class Key implements Comparable<Key> {
        private final int[] parts;

        Key(long number) {
            int id = (int) (number % KEYS);
            parts = new int[] {id, -id};
        }

        int id() {
            return parts[0];
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && Arrays.equals(parts, key.parts);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(parts);
        }

        @Override
        public int compareTo(Key other) {
            return Comparator.comparingInt(Key::id).compare(this, other);
        }
    }

    /** A value of the same sort. */
    public static final class Amount {
        private final List<Long> parts = new ArrayList<>();

        Amount(long value) {
            parts.add(value);
        }

        long value() {
            return parts.get(0);
        }
    }

    private static final class Numbers implements SourceFunction<Long>, CheckpointedFunction {
        private static final long serialVersionUID = 1L;

        private final long to;
        private final boolean last;
        private long next;
        private transient ListState<Long> state;
        private volatile boolean running = true;

        Numbers(long to, boolean last) {
            this.to = to;
            this.last = last;
        }

        @Override
        public void run(SourceContext<Long> context) throws Exception {
            while (running && next < to) {
                synchronized (context.getCheckpointLock()) {
                    context.collect(next);
                    next++;
                }
            }
            Object idle = new Object();
            synchronized (idle) {
                while (running && !last) {
                    idle.wait(10);
                }
            }
        }

        @Override
        public void cancel() {
            running = false;
        }

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            state =
                    context.getOperatorStateStore()
                            .getListState(
                                    new ListStateDescriptor<>("next", LongSerializer.INSTANCE));
            for (long restored : state.get()) {
                next = restored;
            }
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) throws Exception {
            state.update(List.of(next));
        }
    }

    private static final class Remember extends KeyedProcessFunction<Key, Long, Void> {
        private static final long serialVersionUID = 1L;

        private final String run;
        private transient ValueState<Amount> sum;
        private transient ListState<Amount> numbers;
        private transient MapState<Key, Amount> counts;

        Remember(String run) {
            this.run = run;
        }

        @Override
        public void open(OpenContext context) {
            sum = getRuntimeContext().getState(new ValueStateDescriptor<>("sum", Amount.class));
            numbers =
                    getRuntimeContext()
                            .getListState(new ListStateDescriptor<>("numbers", Amount.class));
            counts =
                    getRuntimeContext()
                            .getMapState(
                                    new MapStateDescriptor<>("counts", Key.class, Amount.class));
        }

        @Override
        public void processElement(Long number, Context context, Collector<Void> out)
                throws Exception {
            Amount before = sum.value();
            sum.update(new Amount((before == null ? 0 : before.value()) + number));
            numbers.add(new Amount(number));
            Key remainder = new Key(number % 7);
            Amount count = counts.get(remainder);
            counts.put(remainder, new Amount(count == null ? 1 : count.value() + 1));
            // One timer a key, set anew each time, and one that must not fire.
            context.timerService().registerEventTimeTimer(TIMER + context.getCurrentKey().id());
            context.timerService().registerEventTimeTimer(TIMER * 2 + number);
            context.timerService().deleteEventTimeTimer(TIMER * 2 + number);
            Run shared = RUNS.get(run);
            if (shared.processed.incrementAndGet() == shared.target) {
                shared.reached.countDown();
            }
        }

        @Override
        public void onTimer(long timestamp, OnTimerContext context, Collector<Void> out)
                throws Exception {
            List<Long> all = new ArrayList<>();
            for (Amount number : numbers.get()) {
                all.add(number.value());
            }
            Map<Integer, Long> perRemainder = new TreeMap<>();
            for (Map.Entry<Key, Amount> entry : counts.entries()) {
                perRemainder.put(entry.getKey().id(), entry.getValue().value());
            }
            Run shared = RUNS.get(run);
            synchronized (shared.told) {
                shared.told.add(
                        line(context.getCurrentKey().id(), sum.value().value(), all, perRemainder));
            }
        }
    }
}
