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

import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.Gauges;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupedInternalPriorityQueue;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.apache.flink.streaming.api.operators.TimerSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two values of one option, and what differs by them. */
final class OptionEffectsTest {

    private static final TimerSerializer<Integer, VoidNamespace> TIMERS =
            new TimerSerializer<>(IntSerializer.INSTANCE, VoidNamespaceSerializer.INSTANCE);

    @TempDir Path root;

    /** 8 MB of 32, written at once: more than a small share holds, and less than a large one. */
    @Test
    void smallShareOfMemtablesFlushesWhatALargeOneHolds() throws Exception {
        assertThat(flushesOf("0.1")).isPositive();
        assertThat(flushesOf("0.9")).isZero();
    }

    private long flushesOf(String share) throws Exception {
        Gauges gauges = new Gauges();
        try (BackendHarness harness = new BackendHarness(root.resolve(share), 8)) {
            harness.setMetricGroup(gauges);
            AbstractKeyedStateBackend<Integer> backend =
                    harness.create(
                            backend(
                                    Map.of(
                                            "state.backend.lsm.memory.fixed-per-slot",
                                            "32mb",
                                            "state.backend.lsm.memory.memtable-share",
                                            share)),
                            IntSerializer.INSTANCE);
            ValueState<byte[]> state =
                    backend.getPartitionedState(
                            VoidNamespace.INSTANCE,
                            VoidNamespaceSerializer.INSTANCE,
                            new ValueStateDescriptor<>(
                                    "value", BytePrimitiveArraySerializer.INSTANCE));
            Random random = new Random(1);
            byte[] value = new byte[4 << 10];
            for (int key = 0; key < 2_000; key++) {
                backend.setCurrentKey(key);
                random.nextBytes(value);
                state.update(value);
            }
            return gauges.value("lsm.flushes") + gauges.value("lsm.flushesPending");
        }
    }

    /** What the cache does not have is read from the store, page by page. */
    @Test
    void timersAreReadFromTheStoreAsOftenAsTheirCacheIsSmall() throws Exception {
        assertThat(readsOf(8)).isGreaterThanOrEqualTo(300 / 8);
        assertThat(readsOf(1000)).isZero();
    }

    private long readsOf(int cacheSize) throws Exception {
        Gauges gauges = new Gauges();
        try (BackendHarness harness = new BackendHarness(root.resolve("timers" + cacheSize), 1)) {
            harness.setMetricGroup(gauges);
            AbstractKeyedStateBackend<Integer> backend =
                    harness.create(
                            backend(
                                    Map.of(
                                            "state.backend.lsm.timers.cache-size",
                                            String.valueOf(cacheSize))),
                            IntSerializer.INSTANCE);
            KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, VoidNamespace>> queue =
                    backend.create("timers", TIMERS);
            for (int i = 0; i < 300; i++) {
                queue.add(new TimerHeapInternalTimer<>(i, 1, VoidNamespace.INSTANCE));
            }
            for (int i = 0; i < 300; i++) {
                assertThat(queue.poll().getTimestamp()).isEqualTo(i);
            }
            assertThat(queue.isEmpty()).isTrue();
            return gauges.value("lsm.memoryReads") + gauges.value("lsm.mergedReads");
        }
    }

    private static LsmStateBackend backend(Map<String, String> options) {
        return new LsmStateBackendFactory()
                .createFromConfig(
                        Configuration.fromMap(options), OptionEffectsTest.class.getClassLoader());
    }
}
