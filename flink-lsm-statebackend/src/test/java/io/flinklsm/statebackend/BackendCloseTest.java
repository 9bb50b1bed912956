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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.queryablestate.client.state.serialization.KvStateSerializer;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.internal.InternalMapState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of a backend's life, and threads that are not the task's. */
@Timeout(120)
class BackendCloseTest {

    private static final ValueStateDescriptor<Long> VALUE =
            new ValueStateDescriptor<>("value", LongSerializer.INSTANCE);
    private static final MapStateDescriptor<Integer, Long> MAP =
            new MapStateDescriptor<>("map", IntSerializer.INSTANCE, LongSerializer.INSTANCE);

    @Test
    void disposingTwiceAndClosingAfterwardsIsFine() throws Exception {
        KeyedBackendFixture<String> fixture =
                new KeyedBackendFixture<>(StringSerializer.INSTANCE, 4);
        fixture.backend.setCurrentKey("a");
        fixture.state(VALUE).update(1L);

        fixture.backend.dispose();
        fixture.backend.dispose();

        fixture.close();
    }

    @Test
    void stateOfAClosedBackendIsRefusedNotRead() throws Exception {
        KeyedBackendFixture<String> fixture =
                new KeyedBackendFixture<>(StringSerializer.INSTANCE, 4);
        fixture.backend.setCurrentKey("a");
        ValueState<Long> value = fixture.state(VALUE);
        MapState<Integer, Long> map = fixture.state(MAP);
        value.update(1L);
        map.put(1, 1L);

        fixture.backend.close();

        assertThatThrownBy(value::value).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> value.update(2L)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> map.get(1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> map.entries().iterator())
                .isInstanceOf(IllegalStateException.class);
        fixture.close();
    }

    @Test
    void closingFromAnotherThreadLetsTheTaskGoOnUntilItDisposes() throws Exception {
        CountDownLatch working = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        AtomicReference<KeyedBackendFixture<String>> shared = new AtomicReference<>();
        CompletableFuture<Long> task =
                CompletableFuture.supplyAsync(
                        () -> {
                            try (KeyedBackendFixture<String> fixture =
                                    new KeyedBackendFixture<>(StringSerializer.INSTANCE, 4)) {
                                shared.set(fixture);
                                ValueState<Long> value = fixture.state(VALUE);
                                long updates = 0;
                                while (closed.getCount() > 0 || updates < 20_000) {
                                    fixture.backend.setCurrentKey("key" + updates % 100);
                                    value.update(updates++);
                                    working.countDown();
                                }
                                return value.value() + 1 - updates;
                            } catch (Exception e) {
                                throw new IllegalStateException(e);
                            }
                        },
                        command -> new Thread(command, "task").start());
        assertThat(working.await(60, TimeUnit.SECONDS)).isTrue();

        shared.get().backend.close();
        closed.countDown();

        assertThat(task.get()).isZero();
    }

    @Test
    void aMapIsQueriedWhileTheTaskWritesIt() throws Exception {
        try (KeyedBackendFixture<String> fixture =
                new KeyedBackendFixture<>(StringSerializer.INSTANCE, 4)) {
            fixture.backend.setCurrentKey("a");
            MapStateDescriptor<Integer, Long> descriptor =
                    new MapStateDescriptor<>(
                            "map", IntSerializer.INSTANCE, LongSerializer.INSTANCE);
            descriptor.setQueryable("map");
            MapState<Integer, Long> map = fixture.state(descriptor);
            map.put(0, 0L);
            @SuppressWarnings("unchecked")
            InternalMapState<String, VoidNamespace, Integer, Long> internal =
                    (InternalMapState<String, VoidNamespace, Integer, Long>) map;
            byte[] query =
                    KvStateSerializer.serializeKeyAndNamespace(
                            "a",
                            StringSerializer.INSTANCE,
                            VoidNamespace.INSTANCE,
                            VoidNamespaceSerializer.INSTANCE);
            CountDownLatch written = new CountDownLatch(1);

            CompletableFuture<Integer> reader =
                    CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    int largest = 0;
                                    do {
                                        Map<Integer, Long> read = readMap(internal, query);
                                        read.forEach(
                                                (userKey, value) ->
                                                        assertThat(value).isEqualTo(2L * userKey));
                                        largest = Math.max(largest, read.size());
                                    } while (written.getCount() > 0);
                                    return Math.max(largest, readMap(internal, query).size());
                                } catch (Exception e) {
                                    throw new IllegalStateException(e);
                                }
                            });
            for (int i = 0; i < 3000; i++) {
                map.put(i, 2L * i);
                if (i % 1000 == 500) {
                    fixture.stateTree("map").flush();
                }
            }
            written.countDown();

            assertThat(reader.get()).isEqualTo(3000);
        }
    }

    private static Map<Integer, Long> readMap(
            InternalMapState<String, VoidNamespace, Integer, Long> state, byte[] query)
            throws Exception {
        byte[] bytes =
                state.getSerializedValue(
                        query,
                        StringSerializer.INSTANCE,
                        VoidNamespaceSerializer.INSTANCE,
                        new MapSerializer<>(IntSerializer.INSTANCE, LongSerializer.INSTANCE));
        return bytes == null
                ? new HashMap<>()
                : KvStateSerializer.deserializeMap(
                        bytes, IntSerializer.INSTANCE, LongSerializer.INSTANCE);
    }

    @Test
    void twentyLivesLeaveNoThread() throws Exception {
        // The first starts what the process shares.
        oneLife();
        List<String> before = engineThreads();

        for (int i = 0; i < 20; i++) {
            oneLife();
        }

        assertThat(engineThreads()).hasSizeLessThanOrEqualTo(before.size());
    }

    private static void oneLife() throws Exception {
        try (KeyedBackendFixture<String> fixture =
                new KeyedBackendFixture<>(StringSerializer.INSTANCE, 4)) {
            fixture.backend.setCurrentKey("a");
            fixture.state(VALUE).update(1L);
            fixture.stateTree("value").flush();
        }
    }

    private static List<String> engineThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .map(Thread::getName)
                .filter(name -> name.contains("lsm"))
                .toList();
    }
}
