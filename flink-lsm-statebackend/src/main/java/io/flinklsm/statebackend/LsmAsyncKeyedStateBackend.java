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

import io.flinklsm.statebackend.async.AsyncStates;
import io.flinklsm.statebackend.async.AsyncStats;
import io.flinklsm.statebackend.async.BatchExecutor;
import io.flinklsm.statebackend.async.Descriptors;
import io.flinklsm.statebackend.async.ReadThreads;
import io.flinklsm.statebackend.key.TaskKeyContext;
import io.flinklsm.statebackend.registry.RegisteredState;
import io.flinklsm.statebackend.remote.RemoteFiles;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RunnableFuture;
import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.state.v2.State;
import org.apache.flink.api.common.state.v2.StateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.asyncprocessing.StateExecutor;
import org.apache.flink.runtime.asyncprocessing.StateRequestHandler;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.checkpoint.SnapshotType;
import org.apache.flink.runtime.state.AsyncKeyedStateBackend;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupedInternalPriorityQueue;
import org.apache.flink.runtime.state.Keyed;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.PriorityComparable;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.heap.HeapPriorityQueueElement;
import org.apache.flink.runtime.state.v2.internal.InternalKeyedState;
import org.apache.flink.runtime.state.v2.ttl.TtlStateFactory;
import org.jspecify.annotations.Nullable;

/**
 * The backend of State V2: its states over the trees, timers, snapshots and life of a {@link
 * LsmKeyedStateBackend}, whose own states nothing uses. Confined to the task thread, except {@link
 * #close}.
 *
 * @param <K> type of the keys
 */
public final class LsmAsyncKeyedStateBackend<K> implements AsyncKeyedStateBackend<K> {

    // Immutable.
    private final LsmKeyedStateBackend<K> backend;
    private final ExecutionConfig executionConfig;
    private final BatchExecutor executor;
    private final AsyncStats stats;
    private final RemoteFiles remote;
    private final Map<String, InternalKeyedState<K, ?, ?>> states = new HashMap<>();

    // Set by setup.
    private @Nullable AsyncStates<K> factory;

    /** Of the value without TTL, while a state with TTL is made. */
    private @Nullable TypeSerializer<?> userSerializer;

    LsmAsyncKeyedStateBackend(
            LsmKeyedStateBackend<K> backend,
            String owner,
            ExecutionConfig executionConfig,
            ReadThreads threads,
            AsyncStats stats,
            RemoteFiles remote) {
        this.remote = remote;
        this.backend = backend;
        this.executionConfig = executionConfig;
        this.stats = stats;
        this.executor = new BatchExecutor(owner, threads, backend.life(), stats);
    }

    @Override
    public void setup(StateRequestHandler handler) {
        factory =
                new AsyncStates<>(
                        executor,
                        handler,
                        new TaskKeyContext<>(
                                backend.getKeyGroupRange(), backend.getNumberOfKeyGroups()),
                        backend.getKeySerializer(),
                        backend.life());
    }

    // ----- states and queues -----

    @Override
    @SuppressWarnings("unchecked")
    public <N, S extends State, V> S getOrCreateKeyedState(
            N defaultNamespace,
            TypeSerializer<N> namespaceSerializer,
            StateDescriptor<V> descriptor)
            throws Exception {
        Objects.requireNonNull(namespaceSerializer, "namespaceSerializer");
        InternalKeyedState<K, ?, ?> state = states.get(descriptor.getStateId());
        if (state == null) {
            if (!descriptor.isSerializerInitialized()) {
                descriptor.initializeSerializerUnlessSet(executionConfig);
            }
            userSerializer = descriptor.getSerializer();
            try {
                state =
                        TtlStateFactory.createStateAndWrapWithTtlIfEnabled(
                                defaultNamespace,
                                namespaceSerializer,
                                descriptor,
                                this,
                                backend.ttlTimeProvider());
            } finally {
                userSerializer = null;
            }
            states.put(descriptor.getStateId(), state);
        }
        return (S) state;
    }

    // The interface names the raw type.
    @Override
    @SuppressWarnings({"unchecked", "rawtypes"})
    public <N, S extends InternalKeyedState, V> S createStateInternal(
            N defaultNamespace,
            TypeSerializer<N> namespaceSerializer,
            StateDescriptor<V> descriptor)
            throws Exception {
        AsyncStates<K> made = factory;
        if (made == null) {
            throw new IllegalStateException(
                    "["
                            + descriptor.getStateId()
                            + "] the state backend was not set up; call setup first");
        }
        TypeSerializer<?> ofUser = userSerializer;
        org.apache.flink.api.common.state.StateDescriptor<?, ?> v1 =
                Descriptors.toV1(descriptor, ofUser == null ? descriptor.getSerializer() : ofUser);
        RegisteredState registered = backend.registerState(namespaceSerializer, v1);
        return (S) made.create(defaultNamespace, registered, v1);
    }

    @Override
    public <T extends HeapPriorityQueueElement & PriorityComparable<? super T> & Keyed<?>>
            KeyGroupedInternalPriorityQueue<T> create(
                    String name, TypeSerializer<T> elementSerializer) {
        return backend.create(name, elementSerializer);
    }

    @Override
    public <T extends HeapPriorityQueueElement & PriorityComparable<? super T> & Keyed<?>>
            KeyGroupedInternalPriorityQueue<T> create(
                    String name,
                    TypeSerializer<T> elementSerializer,
                    boolean allowFutureMetadataUpdates) {
        return backend.create(name, elementSerializer, allowFutureMetadataUpdates);
    }

    /** The one executor of the backend: the trees have one writer, and requests one order. */
    @Override
    public StateExecutor createStateExecutor() {
        return executor;
    }

    @Override
    public KeyGroupRange getKeyGroupRange() {
        return backend.getKeyGroupRange();
    }

    /** False: timers are in the store. */
    @Override
    public boolean requiresLegacySynchronousTimerSnapshots(SnapshotType checkpointType) {
        return false;
    }

    /** True: values are serialised on write, and reads hand out fresh objects. */
    @Override
    public boolean isSafeToReuseKVState() {
        return true;
    }

    @Override
    public String getBackendTypeIdentifier() {
        return backend.getBackendTypeIdentifier();
    }

    /** What the executor has done. */
    AsyncStats stats() {
        return stats;
    }

    /** For tests, which look at the trees. */
    LsmKeyedStateBackend<K> backend() {
        return backend;
    }

    // ----- snapshots -----

    /** Flink has waited for all records in flight before. */
    @Override
    public RunnableFuture<SnapshotResult<KeyedStateHandle>> snapshot(
            long checkpointId,
            long timestamp,
            CheckpointStreamFactory streamFactory,
            CheckpointOptions options)
            throws Exception {
        return backend.snapshot(checkpointId, timestamp, streamFactory, options);
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) {
        backend.notifyCheckpointComplete(checkpointId);
    }

    @Override
    public void notifyCheckpointAborted(long checkpointId) {
        backend.notifyCheckpointAborted(checkpointId);
    }

    @Override
    public void notifyCheckpointSubsumed(long checkpointId) {
        backend.notifyCheckpointSubsumed(checkpointId);
    }

    // ----- end of life -----

    /** As that of a synchronous backend; what waits to be read is not read any more. */
    @Override
    public void close() throws IOException {
        executor.shutdown();
        remote.stop();
        backend.close();
    }

    /**
     * As that of a synchronous backend. What is being read has a lease, which is waited for; reads
     * of other machines are ended, for they may take long.
     */
    @Override
    public void dispose() {
        executor.shutdown();
        remote.stop();
        backend.dispose();
    }
}
