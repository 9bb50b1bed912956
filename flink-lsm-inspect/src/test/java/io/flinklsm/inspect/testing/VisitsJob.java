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
package io.flinklsm.inspect.testing;

import java.util.concurrent.CountDownLatch;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
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
 * A job over the numbers 0 to {@link #NUMBERS} - 1, number n a visit of user {@code n % USERS}: how
 * many (value), which (list), how many of each number modulo 3 (map), the last one (value with a
 * time to live), and a timer that never fires. The source has operator state; it idles at the end.
 */
public final class VisitsJob {

    public static final int USERS = 40;
    public static final long NUMBERS = 4000;

    private static volatile CountDownLatch done = new CountDownLatch(1);

    private VisitsJob() {}

    public static void define(StreamExecutionEnvironment environment) {
        done = new CountDownLatch((int) NUMBERS);
        environment
                .addSource(new Numbers(), "numbers", Types.LONG)
                .setParallelism(1)
                .uid("numbers")
                .keyBy(number -> "user-" + number % USERS, Types.STRING)
                .process(new Visits())
                .name("visits")
                .uid("visits");
    }

    /** Waits until all numbers are in the state. */
    public static void awaitDone() throws InterruptedException {
        done.await();
    }

    private static final class Numbers implements SourceFunction<Long>, CheckpointedFunction {
        private static final long serialVersionUID = 1L;

        private transient ListState<Long> position;
        private long next;
        private volatile boolean cancelled;

        @Override
        public void run(SourceContext<Long> out) throws Exception {
            while (next < NUMBERS && !cancelled) {
                synchronized (out.getCheckpointLock()) {
                    out.collect(next++);
                }
            }
            synchronized (this) {
                while (!cancelled) {
                    wait();
                }
            }
        }

        @Override
        public synchronized void cancel() {
            cancelled = true;
            notifyAll();
        }

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            position =
                    context.getOperatorStateStore()
                            .getListState(
                                    new ListStateDescriptor<>("position", LongSerializer.INSTANCE));
            for (long restored : position.get()) {
                next = restored;
            }
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) throws Exception {
            position.update(java.util.List.of(next));
        }
    }

    private static final class Visits extends KeyedProcessFunction<String, Long, Long> {
        private static final long serialVersionUID = 1L;

        private transient ValueState<Long> count;
        private transient ListState<Long> visits;
        private transient MapState<Integer, Long> remainders;
        private transient ValueState<String> last;

        @Override
        public void open(OpenContext context) {
            count = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Types.LONG));
            visits =
                    getRuntimeContext()
                            .getListState(new ListStateDescriptor<>("visits", Types.LONG));
            remainders =
                    getRuntimeContext()
                            .getMapState(
                                    new MapStateDescriptor<>("remainders", Types.INT, Types.LONG));
            var lastDescriptor = new ValueStateDescriptor<>("last", Types.STRING);
            lastDescriptor.enableTimeToLive(
                    StateTtlConfig.newBuilder(java.time.Duration.ofDays(1)).build());
            last = getRuntimeContext().getState(lastDescriptor);
        }

        @Override
        public void processElement(Long number, Context context, Collector<Long> out)
                throws Exception {
            Long before = count.value();
            count.update(before == null ? 1 : before + 1);
            visits.add(number);
            int remainder = (int) (number % 3);
            Long seen = remainders.get(remainder);
            remainders.put(remainder, seen == null ? 1 : seen + 1);
            last.update("visit-" + number);
            context.timerService().registerProcessingTimeTimer(Long.MAX_VALUE - 1);
            done.countDown();
        }
    }
}
