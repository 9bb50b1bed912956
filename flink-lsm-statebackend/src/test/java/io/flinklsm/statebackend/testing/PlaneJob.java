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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.functions.source.legacy.SourceFunction;
import org.apache.flink.streaming.api.windowing.assigners.EventTimeSessionWindows;
import org.apache.flink.util.Collector;

/**
 * A job whose state has every shape: a POJO, a tuple, a list, a map, a time to live, timers and
 * session windows. It idles behind its numbers until it is cancelled, since no watermark ever
 * comes.
 */
public final class PlaneJob {

    public static final int KEYS = 40;
    private static final int LOG_ENDS_AT = 7;
    private static final String HALF_A_PAIR = "\ud800";
    private static final long MINUTE = 60_000;

    /** How far the source may go, and how many numbers the operators have seen, by run. */
    private static final Map<String, Run> RUNS = new ConcurrentHashMap<>();

    private static final class Run {
        private int allowed;
        private long processed;

        synchronized void allow(int end) {
            allowed = end;
            notifyAll();
        }

        synchronized void add() {
            processed++;
            notifyAll();
        }

        synchronized boolean isAllowed(int number) {
            return number < allowed;
        }

        synchronized void awaitProcessed(long count) throws InterruptedException {
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (processed < count) {
                if (System.nanoTime() > until) {
                    throw new AssertionError("the job got stuck: processed=" + processed);
                }
                wait(100);
            }
        }
    }

    private PlaneJob() {}

    /** Where a plane belongs. */
    public static final class Home {
        public String city = "";
        public double latitude;
    }

    /** What is known of a plane. */
    public static final class Plane {
        public String tail = "";
        public int flights;
        public Size size = Size.SMALL;
        public Home home;
    }

    /** Of a plane. */
    public enum Size {
        SMALL,
        LARGE
    }

    /** The lines that queries must give, columns with a bar between them. */
    public record Model(
            List<String> planes,
            List<String> last,
            List<String> otherLast,
            List<String> log,
            List<String> seen,
            List<String> counts,
            List<String> timers,
            List<String> sessions) {}

    private static String key(int number) {
        return String.format("N%03d", number % KEYS);
    }

    /** Minutes between a key's numbers; every tenth time it is quiet for long. */
    private static long time(int number) {
        int turn = number / KEYS;
        return (turn + turn / 10 * 100L) * MINUTE;
    }

    /** What the state is after the numbers from 0 on. */
    public static Model model(int end) {
        Model model =
                new Model(
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>());
        for (int k = 0; k < KEYS; k++) {
            addKey(model, k, end);
        }
        return model;
    }

    private static void addKey(Model model, int k, int end) {
        String key = key(k);
        int flights = 0;
        List<String> log = new ArrayList<>();
        Map<Integer, Integer> counts = new TreeMap<>();
        Map<Long, Long> sessions = new TreeMap<>();
        Map<Long, Integer> sums = new TreeMap<>();
        long start = -1;
        int last = 0;
        for (int number = k; number < end; number += KEYS) {
            flights++;
            last = number;
            log.add(logged(number));
            if (isLogReset(number)) {
                log.clear();
            }
            counts.merge(number % 7, 1, Integer::sum);
            if (isCountRemoved(number)) {
                counts.remove((number + 3) % 7);
            }
            long time = time(number);
            if (start < 0 || time > sessions.get(start)) {
                start = time;
            }
            sessions.put(start, time + 5 * MINUTE);
            sums.merge(start, 1, Integer::sum);
        }
        Plane plane = plane(key, flights);
        model.planes.add(
                String.join(
                        "|",
                        key,
                        key,
                        "" + flights,
                        plane.size.name(),
                        plane.home == null ? "null" : plane.home.city,
                        "true"));
        if (!isLastCleared(last)) {
            model.last.add(key + "|" + last + "|" + key + "\u00e4");
        }
        model.otherLast.add("other " + key + "|" + last);
        if (!log.isEmpty()) {
            model.log.add(key + "|" + (log.contains(HALF_A_PAIR) ? null : log));
        }
        model.seen.add(key + "|" + last);
        counts.forEach((kind, count) -> model.counts.add(key + "|" + kind + "|" + count));
        model.timers.add(key + "|" + (time(last) + 1_000_000));
        model.timers.add(key + "|" + Long.MAX_VALUE);
        List<String> ofKey = new ArrayList<>();
        sessions.forEach(
                (from, to) -> ofKey.add(key + "|" + from + "|" + to + "|" + sums.get(from)));
        model.sessions.addAll(ofKey);
    }

    private static Plane plane(String key, int flights) {
        Plane plane = new Plane();
        plane.tail = key;
        plane.flights = flights;
        plane.size = flights % 2 == 0 ? Size.LARGE : Size.SMALL;
        if (flights % 3 != 0) {
            plane.home = new Home();
            plane.home.city = "Z\u00fcrich " + flights;
            plane.home.latitude = 47.4;
        }
        return plane;
    }

    /** Now and then a string that no column has room for. */
    private static String logged(int number) {
        return number % 509 == 3 ? HALF_A_PAIR : "f" + number;
    }

    private static boolean isLogReset(int number) {
        return number % 31 == LOG_ENDS_AT;
    }

    private static boolean isLastCleared(int number) {
        return number % 11 == 0;
    }

    private static boolean isCountRemoved(int number) {
        return number % 5 == 0;
    }

    /**
     * Adds the job to the environment.
     *
     * @param first number of this stretch
     * @param end behind the last one
     */
    public static void define(StreamExecutionEnvironment env, String run, int first, int end) {
        RUNS.put(run, new Run());
        RUNS.get(run).processed = 3L * first;
        DataStream<Integer> numbers =
                env.addSource(new Numbers(run, first, end), "numbers", Types.INT)
                        .setParallelism(1)
                        .uid("numbers-" + first)
                        .assignTimestampsAndWatermarks(
                                WatermarkStrategy.<Integer>noWatermarks()
                                        .withTimestampAssigner((number, before) -> time(number)));
        numbers.keyBy(PlaneJob::key, Types.STRING)
                .process(new Remember(run))
                .uid("remember")
                .sinkTo(new DiscardingSink<>());
        numbers.keyBy(PlaneJob::key, Types.STRING)
                .window(EventTimeSessionWindows.withGap(Duration.ofMinutes(5)))
                .aggregate(new Count(run))
                .uid("sessions")
                .sinkTo(new DiscardingSink<>());
        numbers.keyBy(number -> "other " + key(number), Types.STRING)
                .process(new RememberToo(run))
                .uid("remember-too")
                .sinkTo(new DiscardingSink<>());
    }

    /** Lets the job go on to a number, and waits until it has. */
    public static void proceed(String run, int end) throws InterruptedException {
        RUNS.get(run).allow(end);
        RUNS.get(run).awaitProcessed(3L * end);
    }

    @SuppressWarnings("deprecation")
    private static final class Numbers implements SourceFunction<Integer> {
        private static final long serialVersionUID = 1L;
        private final String run;
        private final int first;
        private final int end;
        private volatile boolean cancelled;

        Numbers(String run, int first, int end) {
            this.run = run;
            this.first = first;
            this.end = end;
        }

        @Override
        public void run(SourceContext<Integer> context) throws Exception {
            Run shared = RUNS.get(run);
            int next = first;
            while (!cancelled) {
                if (next < end && shared.isAllowed(next)) {
                    synchronized (context.getCheckpointLock()) {
                        context.collect(next++);
                    }
                } else {
                    synchronized (shared) {
                        shared.wait(20);
                    }
                }
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    private static final class Count implements AggregateFunction<Integer, Integer, Integer> {
        private static final long serialVersionUID = 1L;
        private final String run;

        Count(String run) {
            this.run = run;
        }

        @Override
        public Integer createAccumulator() {
            return 0;
        }

        @Override
        public Integer add(Integer number, Integer count) {
            RUNS.get(run).add();
            return count + 1;
        }

        @Override
        public Integer getResult(Integer count) {
            return count;
        }

        @Override
        public Integer merge(Integer a, Integer b) {
            return a + b;
        }
    }

    private static final class Remember extends KeyedProcessFunction<String, Integer, String> {
        private static final long serialVersionUID = 1L;
        private final String run;
        private transient ValueState<Plane> planes;
        private transient ValueState<Tuple2<Integer, String>> last;
        private transient ListState<String> log;
        private transient ValueState<Long> seen;
        private transient MapState<Integer, Integer> counts;

        Remember(String run) {
            this.run = run;
        }

        @Override
        public void open(OpenContext context) {
            planes =
                    getRuntimeContext()
                            .getState(
                                    new ValueStateDescriptor<>("planes", Types.POJO(Plane.class)));
            last =
                    getRuntimeContext()
                            .getState(
                                    new ValueStateDescriptor<>(
                                            "last", Types.TUPLE(Types.INT, Types.STRING)));
            log = getRuntimeContext().getListState(new ListStateDescriptor<>("log", Types.STRING));
            ValueStateDescriptor<Long> ofSeen = new ValueStateDescriptor<>("seen", Types.LONG);
            ofSeen.enableTimeToLive(StateTtlConfig.newBuilder(Duration.ofDays(1)).build());
            seen = getRuntimeContext().getState(ofSeen);
            counts =
                    getRuntimeContext()
                            .getMapState(new MapStateDescriptor<>("counts", Types.INT, Types.INT));
        }

        @Override
        public void processElement(Integer number, Context context, Collector<String> out)
                throws Exception {
            String key = context.getCurrentKey();
            Plane plane = planes.value();
            planes.update(plane(key, plane == null ? 1 : plane.flights + 1));
            last.update(Tuple2.of(number, key + "\u00e4"));
            if (isLastCleared(number)) {
                last.clear();
            }
            seen.update((long) number);
            log.add(logged(number));
            if (isLogReset(number)) {
                log.clear();
            }
            Integer count = counts.get(number % 7);
            counts.put(number % 7, count == null ? 1 : count + 1);
            if (isCountRemoved(number)) {
                counts.remove((number + 3) % 7);
            }
            if (number >= KEYS) {
                context.timerService().deleteEventTimeTimer(time(number - KEYS) + 1_000_000);
            }
            context.timerService().registerEventTimeTimer(time(number) + 1_000_000);
            context.timerService().registerEventTimeTimer(Long.MAX_VALUE);
            RUNS.get(run).add();
        }
    }

    /** Has a state of the name, and of another type, that {@link Remember} has. */
    private static final class RememberToo extends KeyedProcessFunction<String, Integer, String> {
        private static final long serialVersionUID = 1L;
        private final String run;
        private transient ValueState<Integer> last;

        RememberToo(String run) {
            this.run = run;
        }

        @Override
        public void open(OpenContext context) {
            last = getRuntimeContext().getState(new ValueStateDescriptor<>("last", Types.INT));
        }

        @Override
        public void processElement(Integer number, Context context, Collector<String> out)
                throws Exception {
            last.update(number);
            RUNS.get(run).add();
        }
    }
}
