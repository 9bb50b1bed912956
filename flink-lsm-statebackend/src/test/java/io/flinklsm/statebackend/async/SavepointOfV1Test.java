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

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.statebackend.LsmStateBackend;
import io.flinklsm.statebackend.testing.AsyncTask;
import io.flinklsm.statebackend.testing.BackendHarness;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.state.v2.StateFuture;
import org.apache.flink.api.common.state.v2.StateIterator;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.AsyncKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupedInternalPriorityQueue;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A job with State V1 is stopped with a canonical savepoint and goes on with State V2. */
final class SavepointOfV1Test {

    private static final int GROUPS = 8;
    private static final int KEYS = 60;
    private static final int ENTRIES = 200;

    @TempDir private Path root;

    @ParameterizedTest
    @ValueSource(strings = {"lsm", "hashmap"})
    void statesAndTimersOfACanonicalSavepointAreThere(String of) throws Exception {
        StateBackend writer = of.equals("lsm") ? new LsmStateBackend() : new HashMapStateBackend();
        try (BackendHarness harness = new BackendHarness(root, GROUPS)) {
            KeyedStateHandle savepoint = savepoint(harness, writer);
            AsyncKeyedStateBackend<Integer> backend =
                    harness.restoreAsync(
                            new LsmStateBackend(),
                            IntSerializer.INSTANCE,
                            harness.allKeyGroups(),
                            List.of(BackendHarness.send(savepoint)));
            try (AsyncTask<Integer> task = new AsyncTask<>(backend, GROUPS, 50)) {
                expect(task, new HistoryStates.Async(backend, false));
                expect(task, new HistoryStates.Async(backend, true));
            }
            KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, Long>> timers =
                    HistoryStates.timers(backend);
            for (int key = 0; key < KEYS; key++) {
                assertThat(timers.poll()).isEqualTo(timer(key));
            }
            assertThat(timers.isEmpty()).isTrue();
        }
    }

    private static KeyedStateHandle savepoint(BackendHarness harness, StateBackend writer)
            throws Exception {
        AbstractKeyedStateBackend<Integer> backend = harness.create(writer, IntSerializer.INSTANCE);
        KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, Long>> timers =
                HistoryStates.timers(backend);
        for (boolean ttl : new boolean[] {false, true}) {
            HistoryStates.Sync states = new HistoryStates.Sync(backend, ttl);
            for (int key = 0; key < KEYS; key++) {
                backend.setCurrentKey(key);
                states.select(key % 3);
                states.value.update((long) key);
                states.list.addAll(List.of("first", "of " + key));
                states.list.add("last");
                states.map.putAll(map(key));
                states.reducing.add((long) key);
                states.reducing.add(1L);
                states.aggregating.add((long) key);
                states.aggregating.add(7L);
            }
        }
        for (int key = 0; key < KEYS; key++) {
            timers.add(timer(key));
        }
        KeyedStateHandle savepoint = harness.canonicalSavepoint(backend, 1);
        harness.dispose(backend);
        return savepoint;
    }

    private static void expect(AsyncTask<Integer> task, HistoryStates.Async states) {
        List<String> answers = new ArrayList<>();
        List<String> wanted = new ArrayList<>();
        for (int each = 0; each < KEYS; each++) {
            int key = each;
            wanted.add(key + " value " + key);
            wanted.add(key + " list " + List.of("first", "of " + key, "last"));
            wanted.add(key + " map " + map(key));
            wanted.add(key + " reducing " + (key + 1L));
            wanted.add(
                    key
                            + " aggregating "
                            + new HistoryStates.Joining().getResult(key + ";" + 7 + ";"));
            task.process(
                    key,
                    () -> {
                        states.select(key % 3);
                        states.value
                                .asyncValue()
                                .thenAccept(value -> answers.add(key + " value " + value));
                        all(states.list.asyncGet())
                                .thenAccept(list -> answers.add(key + " list " + list));
                        all(states.map.asyncEntries())
                                .thenAccept(
                                        entries -> {
                                            Map<String, Long> map = new TreeMap<>();
                                            entries.forEach(
                                                    entry ->
                                                            map.put(
                                                                    entry.getKey(),
                                                                    entry.getValue()));
                                            answers.add(key + " map " + map);
                                        });
                        states.reducing
                                .asyncGet()
                                .thenAccept(sum -> answers.add(key + " reducing " + sum));
                        states.aggregating
                                .asyncGet()
                                .thenAccept(text -> answers.add(key + " aggregating " + text));
                    });
        }
        task.drain();

        assertThat(answers).containsExactlyInAnyOrderElementsOf(wanted);
    }

    private static <T> StateFuture<List<T>> all(StateFuture<StateIterator<T>> iterator) {
        List<T> elements = new ArrayList<>();
        return iterator.thenCompose(
                        loaded ->
                                loaded.onNext(
                                        element -> {
                                            elements.add(element);
                                        }))
                .thenApply(ignored -> elements);
    }

    /** More than a page of entries for some keys. */
    private static Map<String, Long> map(int key) {
        Map<String, Long> map = new TreeMap<>();
        int entries = key % 10 == 0 ? ENTRIES : 3;
        for (int i = 0; i < entries; i++) {
            map.put("user key " + i, (long) key + i);
        }
        return map;
    }

    private static TimerHeapInternalTimer<Integer, Long> timer(int key) {
        return new TimerHeapInternalTimer<>(1000L + key, key, 1L);
    }
}
