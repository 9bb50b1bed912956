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
package io.flinklsm.statebackend;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.statebackend.testing.EngineThreads;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A TaskManager with many slots and operators, all of which flush and compact all the time. */
@Timeout(300)
final class ThreadsOfTaskManagerIT {

    private static final int SLOTS = 8;
    private static final int OPERATORS = 3;
    private static final int THREADS = 3;
    private static final long KEYS = 20_000;

    @RegisterExtension
    private static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(
                    new MiniClusterResourceConfiguration.Builder()
                            .setNumberTaskManagers(1)
                            .setNumberSlotsPerTaskManager(SLOTS)
                            .build());

    @TempDir Path root;

    private final EngineThreads engineThreads = new EngineThreads();
    private int mostFlushes;
    private int mostCompactions;

    @Test
    void threadsDoNotGrowWithSlotsAndOperators() throws Exception {
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment(
                        Configuration.fromMap(
                                Map.of(
                                        "state.backend.type",
                                        "io.flinklsm.statebackend.LsmStateBackendFactory",
                                        "state.backend.lsm.memtable-size",
                                        "64kb",
                                        "state.backend.lsm.compaction.level0-trigger",
                                        "2",
                                        "state.backend.lsm.background-threads-per-tm",
                                        String.valueOf(THREADS),
                                        "execution.checkpointing.interval",
                                        "200ms",
                                        "execution.checkpointing.dir",
                                        root.toUri().toString())));
        environment.setParallelism(SLOTS);
        DataStream<Long> numbers = environment.fromSequence(1, 10 * KEYS);
        for (int operator = 0; operator < OPERATORS; operator++) {
            numbers = numbers.keyBy(number -> number % KEYS).map(new Counting());
        }
        numbers.sinkTo(new DiscardingSink<>());

        CompletableFuture<?> end = environment.executeAsync("threads").getJobExecutionResult();
        while (true) {
            try {
                end.get(20, TimeUnit.MILLISECONDS);
                break;
            } catch (TimeoutException e) {
                look();
            }
        }

        assertThat(mostFlushes).isBetween(1, THREADS);
        assertThat(mostCompactions).isBetween(1, THREADS);
        assertThat(engineThreads.left()).isEmpty();
    }

    private void look() {
        int flushes = 0;
        int compactions = 0;
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().matches("flink-lsm-flush-\\d+")) {
                flushes++;
            } else if (thread.getName().matches("flink-lsm-compaction-\\d+")) {
                compactions++;
            }
        }
        mostFlushes = Math.max(mostFlushes, flushes);
        mostCompactions = Math.max(mostCompactions, compactions);
    }

    private static final class Counting extends RichMapFunction<Long, Long> {

        private static final long serialVersionUID = 1;

        private transient ValueState<String> count;

        @Override
        public void open(OpenContext context) {
            count = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Types.STRING));
        }

        @Override
        public Long map(Long number) throws Exception {
            String before = count.value();
            count.update(before == null ? "." : before + ".");
            return number;
        }
    }
}
