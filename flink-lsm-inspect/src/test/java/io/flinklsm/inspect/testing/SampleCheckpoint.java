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

import io.flinklsm.statebackend.LsmStateBackend;
import io.flinklsm.statebackend.testing.BackendHarness;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RunnableFuture;
import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.checkpoint.CheckpointProperties;
import org.apache.flink.runtime.checkpoint.CheckpointRetentionPolicy;
import org.apache.flink.runtime.checkpoint.CheckpointType;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.StateObjectCollection;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.DefaultOperatorStateBackendBuilder;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyGroupedInternalPriorityQueue;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.OperatorStateBackend;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.apache.flink.streaming.api.operators.TimerSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Checkpoints of an operator "remember" with two subtasks, written by the real backend into {@code
 * root/checkpoints/chk-N}. State of key {@code kI} after round R (every key in round 0, even ones
 * in round 1, and so on):
 *
 * <pre>
 * count   value   I * 10 + R      k0 is cleared in round 1
 * visits  list    I, R            one pair added a round
 * tags    map     always → R, roundR → kI
 * timers  queue   I * 1000 + R
 * </pre>
 */
public final class SampleCheckpoint implements AutoCloseable {

    public static final int MAX_PARALLELISM = 16;
    public static final OperatorID OPERATOR = new OperatorID(0x1111, 0x2222);

    private static final int SUBTASKS = 2;

    private final Path root;
    private String operatorName = "remember";
    private String valueState = "count";
    private int inlineThreshold;
    private final BackendHarness harness;
    private final List<Subtask> subtasks = new ArrayList<>();
    private final Map<Integer, OperatorStateBackend> operatorBackends = new HashMap<>();
    private @Nullable Path last;

    private record Subtask(
            AbstractKeyedStateBackend<String> backend,
            KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<String, VoidNamespace>> timers) {

        static Subtask of(AbstractKeyedStateBackend<String> backend) throws Exception {
            return new Subtask(
                    backend,
                    backend.create(
                            "timers",
                            new TimerSerializer<>(
                                    StringSerializer.INSTANCE, VoidNamespaceSerializer.INSTANCE)));
        }
    }

    public SampleCheckpoint(Path root) throws Exception {
        this(root, new LsmStateBackend());
    }

    /** Two rounds for ten keys, with a checkpoint after each. */
    public static SampleCheckpoint ofTwoRounds(Path root) throws Exception {
        SampleCheckpoint sample = new SampleCheckpoint(root);
        sample.write(10, 0).take(1);
        sample.write(10, 1).take(2);
        return sample;
    }

    /** The last checkpoint that was taken. */
    public Path last() {
        if (last == null) {
            throw new IllegalStateException("take a checkpoint first");
        }
        return last;
    }

    public SampleCheckpoint(Path root, StateBackend stateBackend) throws Exception {
        this(root, stateBackend, false);
    }

    /**
     * @param isCompressed whether what is written in Flink's own formats is compressed
     */
    public SampleCheckpoint(Path root, StateBackend stateBackend, boolean isCompressed)
            throws Exception {
        this.root = root;
        harness = new BackendHarness(root, MAX_PARALLELISM).compressSnapshots(isCompressed);
        for (int subtask = 0; subtask < SUBTASKS; subtask++) {
            subtasks.add(
                    Subtask.of(
                            harness.restore(
                                    stateBackend,
                                    StringSerializer.INSTANCE,
                                    range(subtask),
                                    List.of())));
        }
    }

    private static KeyGroupRange range(int subtask) {
        return KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
                MAX_PARALLELISM, SUBTASKS, subtask);
    }

    /** What the next checkpoint calls the operator. */
    public SampleCheckpoint operatorName(String name) {
        operatorName = name;
        return this;
    }

    /** What the value state is called, instead of "count". */
    public SampleCheckpoint valueState(String name) {
        valueState = name;
        return this;
    }

    /** Up to which length the next checkpoints keep a file inside {@code _metadata}. */
    public SampleCheckpoint inlineThreshold(int bytes) {
        inlineThreshold = bytes;
        return this;
    }

    /** The job's checkpoint directory. */
    public Path jobDirectory() {
        return root.resolve("checkpoints");
    }

    /** Writes a round for the keys {@code k0} to {@code k(keys - 1)}. */
    public SampleCheckpoint write(int keys, int round) throws Exception {
        for (int number = 0; number < keys; number++) {
            if (round == 0 || number % 2 == 0) {
                write("k" + number, number, round);
            }
        }
        return this;
    }

    /** Writes a round for one key, whatever it is called. */
    public SampleCheckpoint write(String key, int number, int round) throws Exception {
        write(subtaskOf(key), key, number, round);
        return this;
    }

    /** What a test does with the state of a key. */
    @FunctionalInterface
    public interface Use {
        void of(AbstractKeyedStateBackend<String> backend) throws Exception;
    }

    /** Lets a test do what it likes with the state of a key. */
    public SampleCheckpoint with(String key, Use use) throws Exception {
        Subtask subtask = subtaskOf(key);
        subtask.backend().setCurrentKey(key);
        use.of(subtask.backend());
        return this;
    }

    /** What a test does with the operator state of a subtask. */
    @FunctionalInterface
    public interface OperatorUse {
        void of(OperatorStateBackend backend) throws Exception;
    }

    /**
     * Gives a subtask operator state, which is in all later checkpoints.
     *
     * @param isCompressed whether the file is compressed, as snapshots may be
     */
    public SampleCheckpoint withOperatorState(int subtask, boolean isCompressed, OperatorUse use)
            throws Exception {
        var config = new ExecutionConfig();
        config.setUseSnapshotCompression(isCompressed);
        OperatorStateBackend backend =
                new DefaultOperatorStateBackendBuilder(
                                getClass().getClassLoader(),
                                config,
                                false,
                                List.of(),
                                new CloseableRegistry())
                        .build();
        use.of(backend);
        operatorBackends.put(subtask, backend);
        return this;
    }

    /** Registers a timer. */
    public SampleCheckpoint timer(String key, long timestamp) {
        subtaskOf(key)
                .timers()
                .add(new TimerHeapInternalTimer<>(timestamp, key, VoidNamespace.INSTANCE));
        return this;
    }

    private Subtask subtaskOf(String key) {
        int keyGroup = KeyGroupRangeAssignment.assignToKeyGroup(key, MAX_PARALLELISM);
        return subtasks.get(range(0).contains(keyGroup) ? 0 : 1);
    }

    private void write(Subtask subtask, String key, int number, int round) throws Exception {
        AbstractKeyedStateBackend<String> backend = subtask.backend();
        backend.setCurrentKey(key);
        ValueState<Long> count =
                state(backend, new ValueStateDescriptor<>(valueState, LongSerializer.INSTANCE));
        ListState<Long> visits =
                state(backend, new ListStateDescriptor<>("visits", LongSerializer.INSTANCE));
        MapState<String, String> tags =
                state(
                        backend,
                        new MapStateDescriptor<>(
                                "tags", StringSerializer.INSTANCE, StringSerializer.INSTANCE));
        if (round == 1 && number == 0) {
            count.clear();
        } else {
            count.update(number * 10L + round);
        }
        visits.add((long) number);
        visits.add((long) round);
        tags.put("always", Integer.toString(round));
        tags.put("round" + round, key);
        subtask.timers()
                .add(
                        new TimerHeapInternalTimer<>(
                                number * 1000L + round, key, VoidNamespace.INSTANCE));
    }

    /** A state of the backend's current key. */
    public static <S extends State> S state(
            AbstractKeyedStateBackend<String> backend, StateDescriptor<S, ?> descriptor)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor);
    }

    /** Takes a checkpoint and gives its directory. */
    public Path take(long id) throws Exception {
        return take(id, KeyGroupRange.of(0, MAX_PARALLELISM - 1));
    }

    /** Takes a checkpoint of which each subtask keeps what it has in some of the key groups. */
    public Path take(long id, KeyGroupRange keyGroups) throws Exception {
        List<KeyedStateHandle> handles = new ArrayList<>();
        for (Subtask subtask : subtasks) {
            handles.add(
                    harness.register(
                            harness.snapshot(
                                    subtask.backend(),
                                    id,
                                    CheckpointType.CHECKPOINT,
                                    harness.streams(id, inlineThreshold)),
                            id));
            handles.set(
                    handles.size() - 1, handles.get(handles.size() - 1).getIntersection(keyGroups));
        }
        last =
                writeMetadata(
                        id,
                        handles,
                        CheckpointProperties.forCheckpoint(
                                CheckpointRetentionPolicy.RETAIN_ON_CANCELLATION));
        return last;
    }

    /** Tells the tasks that a checkpoint is complete, so that later ones may share its files. */
    public SampleCheckpoint confirm(long id) throws Exception {
        for (Subtask subtask : subtasks) {
            subtask.backend().notifyCheckpointComplete(id);
        }
        return this;
    }

    /** Takes a native savepoint and gives its directory. */
    public Path takeSavepoint(long id) throws Exception {
        List<KeyedStateHandle> handles = new ArrayList<>();
        for (Subtask subtask : subtasks) {
            handles.add(harness.nativeSavepoint(subtask.backend(), id));
        }
        return writeMetadata(
                id, handles, CheckpointProperties.forSavepoint(false, SavepointFormatType.NATIVE));
    }

    /** Takes a canonical savepoint and gives its directory. */
    public Path takeCanonicalSavepoint(long id) throws Exception {
        List<KeyedStateHandle> handles = new ArrayList<>();
        for (Subtask subtask : subtasks) {
            handles.add(harness.canonicalSavepoint(subtask.backend(), id));
        }
        return writeMetadata(
                id,
                handles,
                CheckpointProperties.forSavepoint(false, SavepointFormatType.CANONICAL));
    }

    private Path writeMetadata(
            long id, List<KeyedStateHandle> handles, CheckpointProperties properties)
            throws Exception {
        var operator =
                new OperatorState(
                        operatorName, "remember-uid", OPERATOR, SUBTASKS, MAX_PARALLELISM);
        for (int subtask = 0; subtask < SUBTASKS; subtask++) {
            var state =
                    OperatorSubtaskState.builder()
                            .setManagedKeyedState(
                                    StateObjectCollection.singletonOrEmpty(handles.get(subtask)));
            OperatorStateBackend backend = operatorBackends.get(subtask);
            if (backend != null) {
                state.setManagedOperatorState(operatorState(backend, id));
            }
            operator.putState(subtask, state.build());
        }
        Path directory = jobDirectory().resolve("chk-" + id);
        writeMetadata(
                directory, new CheckpointMetadata(id, List.of(operator), List.of(), properties));
        return directory;
    }

    private OperatorStateHandle operatorState(OperatorStateBackend backend, long id)
            throws Exception {
        RunnableFuture<SnapshotResult<OperatorStateHandle>> snapshot =
                backend.snapshot(
                        id,
                        0,
                        harness.streams(id, inlineThreshold),
                        CheckpointOptions.forCheckpointWithDefaultLocation());
        snapshot.run();
        return snapshot.get().getJobManagerOwnedSnapshot();
    }

    /** Writes {@code _metadata}. */
    public static void writeMetadata(Path directory, CheckpointMetadata metadata) throws Exception {
        try (OutputStream out = Files.newOutputStream(directory.resolve("_metadata"))) {
            Checkpoints.storeCheckpointMetadata(metadata, out);
        }
    }

    @Override
    public void close() throws Exception {
        for (OperatorStateBackend backend : operatorBackends.values()) {
            backend.dispose();
        }
        harness.close();
    }
}
