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
package io.flinklsm.benchmarks.backend;

import io.flinklsm.benchmarks.run.Peer;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.RunnableFuture;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.state.CheckpointableKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupedInternalPriorityQueue;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.apache.flink.streaming.api.operators.TimerSerializer;
import org.apache.flink.util.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * One keyed backend with long keys in the surroundings of a task without a cluster. Confined to the
 * task thread. The caller closes it.
 */
public final class BenchmarkedBackend implements AutoCloseable {

    private final CheckpointableKeyedStateBackend<Long> backend;
    private final CheckpointStore checkpoints;
    private final BackendSpec spec;
    private @Nullable BackendSlot ownSlot;

    BenchmarkedBackend(
            CheckpointableKeyedStateBackend<Long> backend,
            CheckpointStore checkpoints,
            BackendSpec spec) {
        this.backend = backend;
        this.checkpoints = checkpoints;
        this.spec = spec;
    }

    /**
     * Opens an empty backend in a slot of its own; closing it closes the slot.
     *
     * @param directory for the backend's files and its checkpoints; the caller's to delete
     * @param managedBytes managed memory of the slot, all of it for this backend
     */
    public static BenchmarkedBackend open(Peer peer, Path directory, long managedBytes)
            throws Exception {
        return open(peer, directory, managedBytes, Map.of());
    }

    /**
     * The same, with options laid over the peer's own configuration.
     *
     * @param options by their keys
     */
    public static BenchmarkedBackend open(
            Peer peer, Path directory, long managedBytes, Map<String, String> options)
            throws Exception {
        BackendSlot slot = BackendSlot.open(peer, directory, managedBytes, options);
        BenchmarkedBackend backend = slot.open(BackendSpec.empty("state-benchmark"));
        backend.ownSlot = slot;
        return backend;
    }

    /** What the backend was opened as. */
    public BackendSpec spec() {
        return spec;
    }

    /** A queue of timers, as Flink's timer service asks the backend for one. */
    public KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Long, VoidNamespace>> timers(
            String name) {
        return backend.create(
                name,
                new TimerSerializer<>(LongSerializer.INSTANCE, VoidNamespaceSerializer.INSTANCE));
    }

    /** Makes {@code key} the key of the following accesses. */
    public void setKey(long key) {
        backend.setCurrentKey(key);
    }

    /** The state of a descriptor, in the void namespace. */
    public <S extends State> S state(StateDescriptor<S, ?> descriptor) throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor);
    }

    /** Takes a checkpoint, both parts of it on this thread, and confirms it. */
    public TakenCheckpoint checkpoint() throws Exception {
        BegunCheckpoint begun = beginCheckpoint();
        begun.runAsync();
        return completeCheckpoint(begun);
    }

    /** Does the synchronous part of a checkpoint. */
    BegunCheckpoint beginCheckpoint() throws Exception {
        long checkpointId = checkpoints.nextId();
        long start = System.nanoTime();
        RunnableFuture<SnapshotResult<KeyedStateHandle>> snapshot =
                backend.snapshot(
                        checkpointId,
                        checkpointId,
                        checkpoints.streams(checkpointId),
                        CheckpointOptions.forCheckpointWithDefaultLocation());
        return new BegunCheckpoint(checkpointId, snapshot, System.nanoTime() - start);
    }

    /** Confirms a checkpoint whose asynchronous part is over. */
    TakenCheckpoint completeCheckpoint(BegunCheckpoint begun) throws Exception {
        long checkpointId = begun.checkpointId;
        @Nullable KeyedStateHandle handle = begun.snapshot.get().getJobManagerOwnedSnapshot();
        if (handle == null) {
            throw new IllegalStateException(
                    "[checkpoint " + checkpointId + "] holds nothing: backend=" + backend);
        }
        checkpoints.register(handle, checkpointId);
        if (backend instanceof CheckpointListener) {
            ((CheckpointListener) backend).notifyCheckpointComplete(checkpointId);
        }
        return new TakenCheckpoint(
                handle,
                begun.syncNanos,
                begun.asyncNanos,
                handle.getCheckpointedSize(),
                handle.getStateSize());
    }

    /** A checkpoint whose synchronous part is over. */
    static final class BegunCheckpoint {

        private final long checkpointId;
        private final RunnableFuture<SnapshotResult<KeyedStateHandle>> snapshot;
        private final long syncNanos;
        private volatile long asyncNanos;

        private BegunCheckpoint(
                long checkpointId,
                RunnableFuture<SnapshotResult<KeyedStateHandle>> snapshot,
                long syncNanos) {
            this.checkpointId = checkpointId;
            this.snapshot = snapshot;
            this.syncNanos = syncNanos;
        }

        /** Does the asynchronous part, on any thread. */
        void runAsync() {
            long start = System.nanoTime();
            snapshot.run();
            asyncNanos = System.nanoTime() - start;
        }
    }

    @Override
    public void close() throws Exception {
        BackendSlot slot = ownSlot;
        IOUtils.closeAll(backend::dispose, backend, slot == null ? () -> {} : slot);
    }
}
