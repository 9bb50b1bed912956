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

import io.flinklsm.statebackend.LsmBackendOptions;
import io.flinklsm.statebackend.LsmStateBackend;
import io.flinklsm.statebackend.testing.AsyncTask;
import io.flinklsm.statebackend.testing.BackendHarness;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.state.v2.StateFuture;
import org.apache.flink.api.common.state.v2.StateIterator;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.CheckpointType;
import org.apache.flink.runtime.checkpoint.SavepointType;
import org.apache.flink.runtime.checkpoint.SnapshotType;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.AsyncKeyedStateBackend;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyGroupedInternalPriorityQueue;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;

/**
 * A random history, and the two jobs that live through it. Records of few keys are in flight
 * together, and each asks several things without waiting. Between them there are timers,
 * checkpoints and native savepoints, restores with one subtask or two, with files here or on
 * another machine, with State V1 on the same checkpoint for a while, failures that go back to the
 * last checkpoint, and time that passes for TTL.
 */
final class AsyncHistory {

    static final int GROUPS = 4;

    private static final int KEYS = 24;

    private final Random random;
    private Random dice;
    private String where = "";
    private final BackendHarness harness;
    private final AtomicLong clock;
    private final LsmStateBackend lsm;
    private final HashMapStateBackend hashMap = new HashMapStateBackend();
    private final boolean far;
    private final int batchSize;
    private final List<String> differences = new ArrayList<>();

    private final List<Subtask> subtasks = new ArrayList<>();
    private AbstractKeyedStateBackend<Integer> model;
    private List<HistoryStates.Sync> expected = List.of();
    private KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, Long>> expectedTimers;

    private List<KeyedStateHandle> handles = List.of();
    private List<KeyedStateHandle> modelHandles = List.of();
    private long checkpointId;
    private long answers;
    private long fileReads;
    private int restores;

    AsyncHistory(int seed, BackendHarness harness, AtomicLong clock) throws Exception {
        this.random = new Random(seed);
        this.dice = random;
        this.harness = harness;
        this.clock = clock;
        this.far = seed % 2 == 1;
        this.batchSize = seed % 3 == 0 ? 1 : 20 + random.nextInt(100);
        Configuration config = new Configuration();
        config.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        config.set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"));
        config.set(LsmBackendOptions.LEVEL0_TRIGGER, 2);
        config.set(LsmBackendOptions.PLACEMENT, far ? "remote" : "local");
        this.lsm = new LsmStateBackend().configure(config, getClass().getClassLoader());
        open(2);
    }

    /** A subtask of the job with State V2. */
    private static final class Subtask {

        private final KeyGroupRange range;
        private final AsyncKeyedStateBackend<Integer> backend;
        private final AsyncTask<Integer> task;
        private final List<HistoryStates.Async> states;
        private final KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, Long>> timers;

        private Subtask(KeyGroupRange range, AsyncKeyedStateBackend<Integer> backend, int batchSize)
                throws Exception {
            this.range = range;
            this.backend = backend;
            this.task = new AsyncTask<>(backend, GROUPS, batchSize);
            this.states =
                    List.of(
                            new HistoryStates.Async(backend, false),
                            new HistoryStates.Async(backend, true));
            this.timers = HistoryStates.timers(backend);
        }
    }

    long answers() {
        return answers;
    }

    long fileReads() {
        return fileReads;
    }

    int restores() {
        return restores;
    }

    void playRound(int records) throws Exception {
        for (int i = 0; i < records; i++) {
            int key = random.nextInt(KEYS);
            Subtask subtask = subtaskOf(key);
            long seed = random.nextLong();
            subtask.task.process(key, () -> playRecord(subtask, key, new Random(seed)));
        }
        drain();
        dice = random;
        playTimers();
        int what = random.nextInt(10);
        if (what < 6) {
            checkpoint();
            if (what < 2) {
                passThroughV1();
            }
            if (what < 5) {
                restart();
            }
        } else if (what < 8 && !handles.isEmpty()) {
            // A failure: what came after the last checkpoint is gone.
            restart();
        } else {
            clock.addAndGet(random.nextInt((int) HistoryStates.TTL.toMillis()));
        }
    }

    // ------------------------------------------------------------------------------------ records

    private void playRecord(Subtask subtask, int key, Random ofRecord) throws Exception {
        model.setCurrentKey(key);
        // When a record gets its turn depends on threads; what it does, does not.
        dice = ofRecord;
        int steps = 1 + dice.nextInt(4);
        boolean goesOn = true;
        for (int i = 0; i < steps && goesOn; i++) {
            int of = dice.nextInt(2);
            long namespace = 1 + dice.nextInt(3);
            HistoryStates.Async states = subtask.states.get(of);
            HistoryStates.Sync model = expected.get(of);
            states.select(namespace);
            model.select(namespace);
            where = "key " + key + ", namespace " + namespace + (of == 1 ? ", TTL" : "") + ": ";
            goesOn =
                    switch (dice.nextInt(5)) {
                        case 0 -> playValue(states, model);
                        case 1 -> playList(states, model, of == 1);
                        case 2 -> playMap(states, model, of == 1);
                        case 3 -> playMapReads(states, model);
                        default -> playAccumulators(states, model, of == 1);
                    };
        }
    }

    private boolean playValue(HistoryStates.Async states, HistoryStates.Sync model)
            throws Exception {
        long number = dice.nextInt(1000);
        switch (dice.nextInt(4)) {
            case 0 -> {
                states.value.asyncUpdate(number);
                model.value.update(number);
            }
            case 1 -> {
                states.value.asyncClear();
                model.value.clear();
            }
            default -> same("value", model.value.value(), states.value.asyncValue());
        }
        return true;
    }

    private boolean playList(HistoryStates.Async states, HistoryStates.Sync model, boolean ttl)
            throws Exception {
        String text = "t" + dice.nextInt(1000);
        List<String> several = List.of(text, "", text + "x");
        switch (dice.nextInt(8)) {
            case 0, 1 -> {
                states.list.asyncAdd(text);
                model.list.add(text);
            }
            case 2 -> {
                states.list.asyncAddAll(several);
                model.list.addAll(several);
            }
            case 3 -> {
                states.list.asyncUpdate(several);
                model.list.update(several);
            }
            case 4 -> {
                states.list.asyncClear();
                model.list.clear();
            }
            case 5 -> {
                if (!ttl) {
                    states.list.asyncMergeNamespaces(1L, List.of(2L, 3L));
                    model.list.mergeNamespaces(1L, List.of(2L, 3L));
                    return false;
                }
            }
            default -> same("list", list(model.list.get()), all(states.list.asyncGet()));
        }
        return true;
    }

    private boolean playMap(HistoryStates.Async states, HistoryStates.Sync model, boolean ttl)
            throws Exception {
        long number = dice.nextInt(1000);
        String userKey = userKey();
        switch (dice.nextInt(6)) {
            case 0 -> {
                Map<String, Long> several = new TreeMap<>();
                int count = 1 + dice.nextInt(dice.nextInt(5) == 0 ? 300 : 4);
                for (int i = 0; i < count; i++) {
                    several.put(userKey(), number + i);
                }
                states.map.asyncPutAll(several);
                model.map.putAll(several);
            }
            case 1 -> {
                states.map.asyncRemove(userKey);
                model.map.remove(userKey);
            }
            case 2 -> {
                if (dice.nextInt(3) == 0) {
                    states.map.asyncClear();
                    model.map.clear();
                } else if (!ttl) {
                    same("empty", model.map.isEmpty(), states.map.asyncIsEmpty());
                }
            }
            default -> {
                states.map.asyncPut(userKey, number);
                model.map.put(userKey, number);
            }
        }
        return true;
    }

    private String userKey() {
        return "u" + dice.nextInt(dice.nextInt(4) == 0 ? 400 : 6);
    }

    /** Pages behind the first are as of later, so an iteration is the last thing of a record. */
    private boolean playMapReads(HistoryStates.Async states, HistoryStates.Sync model)
            throws Exception {
        String userKey = userKey();
        int what = dice.nextInt(8);
        if (what < 3) {
            same("get", model.map.get(userKey), states.map.asyncGet(userKey));
            return true;
        }
        if (what < 5) {
            same("contains", model.map.contains(userKey), states.map.asyncContains(userKey));
            return true;
        }
        Map<String, Long> sorted = new TreeMap<>(Comparator.naturalOrder());
        model.map.entries().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        switch (what) {
            case 5 -> sameSet("keys", sorted.keySet(), all(states.map.asyncKeys()));
            case 6 -> sameSet("values", sorted.values(), all(states.map.asyncValues()));
            default -> sameSet("entries", sorted.entrySet(), all(states.map.asyncEntries()));
        }
        return false;
    }

    /** Flink reads, adds and writes: one addition at a time. */
    private boolean playAccumulators(
            HistoryStates.Async states, HistoryStates.Sync model, boolean ttl) throws Exception {
        long number = dice.nextInt(1000);
        switch (dice.nextInt(6)) {
            case 0 -> {
                if (ttl) {
                    // Flink 2.3.0 puts what is added in the place of what is there, with TTL.
                    states.reducing.asyncClear();
                    model.reducing.clear();
                }
                states.reducing.asyncAdd(number);
                model.reducing.add(number);
                return false;
            }
            case 1 -> {
                states.aggregating.asyncAdd(number);
                model.aggregating.add(number);
                return false;
            }
            case 2 -> {
                states.reducing.asyncClear();
                model.reducing.clear();
            }
            case 3 -> {
                if (!ttl) {
                    states.aggregating.asyncMergeNamespaces(2L, List.of(1L, 3L));
                    model.aggregating.mergeNamespaces(2L, List.of(1L, 3L));
                    return false;
                }
            }
            default -> {
                same("reducing", model.reducing.get(), states.reducing.asyncGet());
                same("aggregating", model.aggregating.get(), states.aggregating.asyncGet());
            }
        }
        return true;
    }

    private <T> void same(String of, T wanted, StateFuture<T> future) {
        String what = where + of;
        future.thenAccept(
                answer -> {
                    answers++;
                    if (!Objects.equals(wanted, answer)) {
                        differences.add(what + ": expected " + wanted + ", was " + answer);
                    }
                });
    }

    private void sameSet(String of, Iterable<?> wanted, StateFuture<List<Object>> future) {
        String what = where + of;
        List<String> texts = new ArrayList<>();
        wanted.forEach(each -> texts.add(each.toString()));
        texts.sort(null);
        future.thenAccept(
                answer -> {
                    answers++;
                    List<String> given = answer.stream().map(Object::toString).sorted().toList();
                    if (!texts.equals(given)) {
                        differences.add(what + ": expected " + texts + ", was " + given);
                    }
                });
    }

    private static <T> StateFuture<List<T>> all(StateFuture<? extends StateIterator<?>> iterator) {
        return iterator.thenCompose(AsyncHistory::collect);
    }

    @SuppressWarnings("unchecked")
    private static <T> StateFuture<List<T>> collect(StateIterator<?> iterator) {
        List<T> elements = new ArrayList<>();
        StateFuture<Void> end =
                ((StateIterator<T>) iterator)
                        .onNext(
                                element -> {
                                    elements.add(element);
                                });
        return end.thenApply(ignored -> elements);
    }

    private static <T> List<T> list(Iterable<T> elements) {
        List<T> list = new ArrayList<>();
        if (elements != null) {
            elements.forEach(list::add);
        }
        return list;
    }

    private Subtask subtaskOf(int key) {
        int group = KeyGroupRangeAssignment.assignToKeyGroup(key, GROUPS);
        return subtasks.stream().filter(each -> each.range.contains(group)).findFirst().get();
    }

    private void drain() {
        subtasks.forEach(subtask -> subtask.task.drain());
        assertThat(differences).isEmpty();
    }

    private void playTimers() {
        for (int i = 0; i < 20; i++) {
            TimerHeapInternalTimer<Integer, Long> timer =
                    new TimerHeapInternalTimer<>(
                            random.nextInt(1000), random.nextInt(KEYS), (long) random.nextInt(2));
            Subtask subtask = subtaskOf(timer.getKey());
            if (random.nextInt(4) == 0) {
                subtask.timers.remove(timer);
                expectedTimers.remove(timer);
            } else {
                subtask.timers.add(timer);
                expectedTimers.add(timer);
            }
        }
        List<String> fired = new ArrayList<>();
        List<String> wanted = new ArrayList<>();
        long until = random.nextInt(300);
        for (Subtask subtask : subtasks) {
            fire(subtask.timers, until, fired);
        }
        fire(expectedTimers, until, wanted);
        assertThat(fired).as("timers").containsExactlyInAnyOrderElementsOf(wanted);
    }

    private static void fire(
            KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, Long>> timers,
            long until,
            List<String> fired) {
        long last = Long.MIN_VALUE;
        TimerHeapInternalTimer<Integer, Long> head = timers.peek();
        while (head != null && head.getTimestamp() <= until) {
            assertThat(head.getTimestamp()).isGreaterThanOrEqualTo(last);
            last = head.getTimestamp();
            fired.add(timers.poll().toString());
            head = timers.peek();
        }
    }

    // ------------------------------------------------------------------- checkpoints and restores

    private void checkpoint() throws Exception {
        boolean isSavepoint = random.nextInt(4) == 0;
        SnapshotType type =
                isSavepoint
                        ? SavepointType.savepoint(SavepointFormatType.NATIVE)
                        : CheckpointType.CHECKPOINT;
        checkpointId++;
        List<KeyedStateHandle> taken = new ArrayList<>();
        for (Subtask subtask : subtasks) {
            taken.add(
                    completed(
                            harness.snapshot(subtask.backend, checkpointId, type, streams()),
                            isSavepoint));
        }
        for (Subtask subtask : subtasks) {
            subtask.backend.notifyCheckpointComplete(checkpointId);
        }
        handles = taken;
        checkpointId++;
        modelHandles = List.of(harness.checkpoint(model, checkpointId));
    }

    private KeyedStateHandle completed(KeyedStateHandle handle, boolean isSavepoint) {
        return isSavepoint ? handle : harness.register(handle, checkpointId);
    }

    private CheckpointStreamFactory streams() throws Exception {
        return far ? harness.farStreams(checkpointId) : harness.streams(checkpointId);
    }

    /** A job with State V1 changes something and takes the next checkpoint. */
    private void passThroughV1() throws Exception {
        close();
        AbstractKeyedStateBackend<Integer> v1 =
                harness.restore(lsm, IntSerializer.INSTANCE, harness.allKeyGroups(), handles);
        openModel();
        List<HistoryStates.Sync> states = states(v1);
        for (int key = 0; key < KEYS; key++) {
            v1.setCurrentKey(key);
            model.setCurrentKey(key);
            for (int of = 0; of < 2; of++) {
                HistoryStates.Sync ours = states.get(of);
                HistoryStates.Sync wanted = expected.get(of);
                ours.select(1);
                wanted.select(1);
                assertThat(ours.value.value()).isEqualTo(wanted.value.value());
                assertThat(list(ours.list.get())).isEqualTo(list(wanted.list.get()));
                assertThat(list(ours.map.keys()))
                        .containsExactlyInAnyOrderElementsOf(list(wanted.map.keys()));
                assertThat(ours.reducing.get()).isEqualTo(wanted.reducing.get());
                assertThat(ours.aggregating.get()).isEqualTo(wanted.aggregating.get());
                ours.list.add("of V1");
                wanted.list.add("of V1");
                ours.map.put("of V1", (long) key);
                wanted.map.put("of V1", (long) key);
                ours.value.update((long) key);
                wanted.value.update((long) key);
            }
        }
        checkpointId++;
        handles =
                List.of(
                        harness.register(
                                harness.snapshot(
                                        v1, checkpointId, CheckpointType.CHECKPOINT, streams()),
                                checkpointId));
        v1.notifyCheckpointComplete(checkpointId);
        checkpointId++;
        modelHandles = List.of(harness.checkpoint(model, checkpointId));
        harness.dispose(v1);
        open(1);
    }

    private void restart() throws Exception {
        restores++;
        close();
        open(1 + random.nextInt(2));
    }

    private void close() throws Exception {
        for (Subtask subtask : subtasks) {
            fileReads +=
                    ((BatchExecutor) subtask.backend.createStateExecutor()).stats().fileReads();
            harness.dispose(subtask.backend);
            subtask.task.close();
        }
        subtasks.clear();
        harness.dispose(model);
    }

    private void open(int parallelism) throws Exception {
        for (int i = 0; i < parallelism; i++) {
            KeyGroupRange range =
                    KeyGroupRange.of(i * GROUPS / parallelism, (i + 1) * GROUPS / parallelism - 1);
            subtasks.add(
                    new Subtask(
                            range,
                            harness.restoreAsync(lsm, IntSerializer.INSTANCE, range, handles),
                            batchSize));
        }
        openModel();
    }

    private void openModel() throws Exception {
        model =
                harness.restore(
                        hashMap, IntSerializer.INSTANCE, harness.allKeyGroups(), modelHandles);
        expected = states(model);
        expectedTimers = HistoryStates.timers(model);
    }

    private static List<HistoryStates.Sync> states(AbstractKeyedStateBackend<Integer> backend)
            throws Exception {
        return List.of(
                new HistoryStates.Sync(backend, false), new HistoryStates.Sync(backend, true));
    }
}
