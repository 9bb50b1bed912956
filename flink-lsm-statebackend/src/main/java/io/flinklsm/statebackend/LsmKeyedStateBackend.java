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

import io.flinklsm.core.LsmStore;
import io.flinklsm.statebackend.columns.EntryColumnsFactory;
import io.flinklsm.statebackend.key.CurrentKey;
import io.flinklsm.statebackend.life.BackendLife;
import io.flinklsm.statebackend.registry.RegisteredState;
import io.flinklsm.statebackend.registry.StateMigration;
import io.flinklsm.statebackend.registry.StateRegistration;
import io.flinklsm.statebackend.registry.StateRegistry;
import io.flinklsm.statebackend.snapshot.LsmSnapshots;
import io.flinklsm.statebackend.state.KeyStreams;
import io.flinklsm.statebackend.state.StateContext;
import io.flinklsm.statebackend.state.StateFactory;
import io.flinklsm.statebackend.timers.QueueFactory;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.RunnableFuture;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.KeyGroupedInternalPriorityQueue;
import org.apache.flink.runtime.state.Keyed;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.PriorityComparable;
import org.apache.flink.runtime.state.SavepointResources;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.StateSnapshotTransformer.StateSnapshotTransformFactory;
import org.apache.flink.runtime.state.heap.HeapPriorityQueueElement;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;

/**
 * A keyed state backend over one {@link LsmStore}: a tree for each state and queue. Confined to the
 * task thread, except {@link #close}. Made by the builder, after restore.
 *
 * @param <K> type of the keys
 */
public final class LsmKeyedStateBackend<K> extends AbstractKeyedStateBackend<K> {

    // Immutable.
    private final StateRegistry registry;
    private final StateContext<K> stateContext;
    private final StateRegistration registration;
    private final QueueFactory queues;
    private final KeyStreams<K> keyStreams;
    private final LsmSnapshots<K> snapshots;
    private final BackendLife life;
    private final String backendIdentifier;

    LsmKeyedStateBackend(LsmBackendParts<K> parts) {
        super(
                parts.task().kvStateRegistry(),
                parts.keySerializer(),
                parts.task().userClassLoader(),
                parts.task().executionConfig(),
                parts.task().ttlTimeProvider(),
                parts.task().latencyTracking(),
                parts.task().sizeTracking(),
                parts.task().cancelRegistry(),
                parts.task().compression(),
                parts.keyContext());
        registry = parts.registry();
        int keyGroups = parts.keyContext().getNumberOfKeyGroups();
        CurrentKey<K> currentKey = new CurrentKey<>(parts.keyContext(), parts.keySerializer());
        stateContext = new StateContext<>(currentKey, keyGroups, parts.life());
        registration =
                new StateRegistration(
                        registry,
                        new StateMigration(
                                parts.keySerializer(), keyGroups, parts.task().ttlTimeProvider()),
                        new EntryColumnsFactory(parts.keySerializer(), keyGroups),
                        parts.task().ttlTimeProvider());
        queues = new QueueFactory(registration, getKeyGroupRange(), keyGroups, parts.timerHeads());
        keyStreams = new KeyStreams<>(registry, parts.keySerializer(), keyGroups);
        snapshots = parts.snapshots();
        life = parts.life();
        backendIdentifier = parts.backendIdentifier();
    }

    @Override
    public String getBackendTypeIdentifier() {
        return backendIdentifier;
    }

    /** True: values are serialised on write, and reads hand out fresh objects. */
    @Override
    public boolean isSafeToReuseKVState() {
        return true;
    }

    /** Registers a state that is worked with through another interface. */
    RegisteredState registerState(
            TypeSerializer<?> namespaceSerializer, StateDescriptor<?, ?> descriptor)
            throws Exception {
        return registration.registerState(
                namespaceSerializer,
                descriptor,
                StateSnapshotTransformFactory.noTransform(),
                false);
    }

    TtlTimeProvider ttlTimeProvider() {
        return ttlTimeProvider;
    }

    BackendLife life() {
        return life;
    }

    /** For tests, which look at the trees. */
    StateRegistry registry() {
        return registry;
    }

    // ----- states and queues -----

    @Override
    public <N, SV, SEV, S extends State, IS extends S> IS createOrUpdateInternalState(
            TypeSerializer<N> namespaceSerializer,
            StateDescriptor<S, SV> descriptor,
            StateSnapshotTransformFactory<SEV> transformFactory)
            throws Exception {
        return createOrUpdateInternalState(
                namespaceSerializer, descriptor, transformFactory, false);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <N, SV, SEV, S extends State, IS extends S> IS createOrUpdateInternalState(
            TypeSerializer<N> namespaceSerializer,
            StateDescriptor<S, SV> descriptor,
            StateSnapshotTransformFactory<SEV> transformFactory,
            boolean allowFutureMetadataUpdates)
            throws Exception {
        RegisteredState state =
                registration.registerState(
                        namespaceSerializer,
                        descriptor,
                        transformFactory,
                        allowFutureMetadataUpdates);
        return (IS) StateFactory.<K, N, SV>createOrUpdate(stateContext, state, descriptor);
    }

    @Override
    public <T extends HeapPriorityQueueElement & PriorityComparable<? super T> & Keyed<?>>
            KeyGroupedInternalPriorityQueue<T> create(
                    String name, TypeSerializer<T> elementSerializer) {
        return create(name, elementSerializer, false);
    }

    @Override
    public <T extends HeapPriorityQueueElement & PriorityComparable<? super T> & Keyed<?>>
            KeyGroupedInternalPriorityQueue<T> create(
                    String name,
                    TypeSerializer<T> elementSerializer,
                    boolean allowFutureMetadataUpdates) {
        return queues.createOrUpdate(name, elementSerializer, allowFutureMetadataUpdates);
    }

    // ----- keys -----

    @Override
    public <N> Stream<K> getKeys(String stateName, N namespace) {
        return keyStreams.keys(List.of(stateName), namespace);
    }

    @Override
    public <N> Stream<K> getKeys(List<String> stateNames, N namespace) {
        return keyStreams.keys(stateNames, namespace);
    }

    @Override
    public <N> Stream<Tuple2<K, N>> getKeysAndNamespaces(String stateName) {
        return keyStreams.keysAndNamespaces(stateName);
    }

    /** Counts live rows by walking over all of them; for tests. */
    @Override
    public int numKeyValueStateEntries() {
        return keyStreams.countRows();
    }

    // ----- snapshots -----

    @Override
    public RunnableFuture<SnapshotResult<KeyedStateHandle>> snapshot(
            long checkpointId,
            long timestamp,
            CheckpointStreamFactory streamFactory,
            CheckpointOptions options)
            throws Exception {
        return snapshots.snapshot(checkpointId, timestamp, streamFactory, options);
    }

    @Override
    public SavepointResources<K> savepoint() throws Exception {
        return snapshots.savepoint();
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) {
        snapshots.checkpointCompleted(checkpointId);
    }

    @Override
    public void notifyCheckpointAborted(long checkpointId) {
        snapshots.checkpointAborted(checkpointId);
    }

    @Override
    public void notifyCheckpointSubsumed(long checkpointId) {
        snapshots.checkpointSubsumed(checkpointId);
    }

    // ----- end of life -----

    /** Ends streams of keys that users left open; when no thread can be reading one any more. */
    void closeKeyStreams() {
        keyStreams.closeAll();
    }

    /**
     * Cancels what runs and lets the resources go once no thread can be using them. Never blocks
     * for the task thread; any thread; idempotent.
     */
    @Override
    public void close() throws IOException {
        try {
            super.close();
        } finally {
            life.releaseLater();
        }
    }

    /** Waits for leases of asynchronous snapshots, then releases everything. Idempotent. */
    @Override
    public void dispose() {
        try {
            super.dispose();
        } finally {
            life.releaseAndWait();
        }
    }
}
