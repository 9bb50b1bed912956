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
package io.flinklsm.statebackend.registry;

import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.statebackend.columns.EntryColumnsFactory;
import io.flinklsm.statebackend.ttl.TtlEntryFilter;
import java.io.IOException;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.runtime.state.RegisteredKeyValueStateBackendMetaInfo;
import org.apache.flink.runtime.state.RegisteredPriorityQueueStateBackendMetaInfo;
import org.apache.flink.runtime.state.RegisteredStateMetaInfoBase;
import org.apache.flink.runtime.state.StateSnapshotTransformer.StateSnapshotTransformFactory;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.apache.flink.util.FlinkRuntimeException;
import org.apache.flink.util.StateMigrationException;
import org.jspecify.annotations.Nullable;

/**
 * Registers what a job asks for: adds new states and queues, checks those that are there against
 * the job's serializers, and has entries rewritten when their schema has changed. Confined to the
 * task thread.
 */
public final class StateRegistration {

    private final StateRegistry registry;
    private final StateMigration migration;
    private final EntryColumnsFactory columns;
    private final TtlTimeProvider ttlTimeProvider;

    public StateRegistration(
            StateRegistry registry,
            StateMigration migration,
            EntryColumnsFactory columns,
            TtlTimeProvider ttlTimeProvider) {
        this.registry = registry;
        this.migration = migration;
        this.columns = columns;
        this.ttlTimeProvider = ttlTimeProvider;
    }

    /**
     * Registers a key-value state, perhaps again.
     *
     * @param upgradable whether the serializers may be replaced by a later registration
     * @throws StateMigrationException if the state cannot be used with the descriptor's serializers
     */
    public <N, V> RegisteredState registerState(
            TypeSerializer<N> namespaceSerializer,
            StateDescriptor<?, V> descriptor,
            StateSnapshotTransformFactory<?> transformFactory,
            boolean upgradable)
            throws Exception {
        RegisteredState state = registry.state(descriptor.getName());
        RegisteredKeyValueStateBackendMetaInfo<N, V> metaInfo;
        if (state == null) {
            metaInfo =
                    new RegisteredKeyValueStateBackendMetaInfo<>(
                            descriptor.getType(),
                            descriptor.getName(),
                            namespaceSerializer,
                            descriptor.getSerializer());
            state = registry.add(metaInfo, descriptor.getType());
        } else {
            metaInfo = stateMetaInfo(state);
            update(state, metaInfo, namespaceSerializer, descriptor);
        }
        state.register(
                upgradable ? metaInfo.withSerializerUpgradesAllowed() : metaInfo, transformFactory);
        configure(state, metaInfo, descriptor);
        return state;
    }

    private <N, V> void configure(
            RegisteredState state,
            RegisteredKeyValueStateBackendMetaInfo<N, V> metaInfo,
            StateDescriptor<?, V> descriptor)
            throws IOException {
        TypeSerializer<V> serializer = metaInfo.getStateSerializer();
        StateDescriptor.Type type = descriptor.getType();
        state.tree()
                .configure(
                        StateRegistry.treeOptions(
                                        type,
                                        TtlEntryFilter.create(
                                                descriptor, serializer, ttlTimeProvider))
                                .withColumns(
                                        columns.ofState(
                                                type,
                                                metaInfo.getNamespaceSerializer(),
                                                serializer)));
    }

    @SuppressWarnings("unchecked")
    private static <N, V> RegisteredKeyValueStateBackendMetaInfo<N, V> stateMetaInfo(
            RegisteredState state) {
        RegisteredStateMetaInfoBase metaInfo = state.metaInfo();
        if (metaInfo == null) {
            // Also takes meta info of State V2, whose values have the same form.
            metaInfo =
                    RegisteredKeyValueStateBackendMetaInfo.fromMetaInfoSnapshot(
                            state.snapshotMetaInfo());
        }
        return (RegisteredKeyValueStateBackendMetaInfo<N, V>) metaInfo;
    }

    private <N, V> void update(
            RegisteredState state,
            RegisteredKeyValueStateBackendMetaInfo<N, V> metaInfo,
            TypeSerializer<N> namespaceSerializer,
            StateDescriptor<?, V> descriptor)
            throws Exception {
        // Asked for before the update, after which an incompatible one is not given any more.
        TypeSerializer<N> oldNamespaceSerializer = metaInfo.getNamespaceSerializer();
        TypeSerializerSchemaCompatibility<N> ofNamespace =
                metaInfo.updateNamespaceSerializer(namespaceSerializer);
        if (ofNamespace.isCompatibleAfterMigration() || ofNamespace.isIncompatible()) {
            throw new StateMigrationException(
                    message(
                            state,
                            "the namespaces cannot be read with the new serializer",
                            oldNamespaceSerializer,
                            namespaceSerializer));
        }
        metaInfo.checkStateMetaInfo(descriptor);
        TypeSerializer<V> oldSerializer = metaInfo.getStateSerializer();
        TypeSerializerSchemaCompatibility<V> ofValues =
                metaInfo.updateStateSerializer(descriptor.getSerializer());
        if (ofValues.isIncompatible()) {
            throw new StateMigrationException(
                    message(
                            state,
                            "the values cannot be read with the new serializer",
                            oldSerializer,
                            descriptor.getSerializer()));
        }
        if (ofValues.isCompatibleAfterMigration()) {
            // What the migration writes has the new columns already.
            TreeOptions options =
                    StateRegistry.treeOptions(descriptor.getType(), null)
                            .withColumns(
                                    columns.ofState(
                                            descriptor.getType(),
                                            metaInfo.getNamespaceSerializer(),
                                            metaInfo.getStateSerializer()));
            migration.migrateValues(state, options, metaInfo, descriptor.getType());
        }
    }

    /**
     * Registers a queue, perhaps again.
     *
     * @throws FlinkRuntimeException around a {@link StateMigrationException} if the elements cannot
     *     be read with the serializer
     */
    public <T> RegisteredState registerQueue(
            String name, TypeSerializer<T> elementSerializer, boolean upgradable) {
        try {
            RegisteredState state = registry.queue(name);
            RegisteredPriorityQueueStateBackendMetaInfo<T> metaInfo;
            if (state == null) {
                metaInfo =
                        new RegisteredPriorityQueueStateBackendMetaInfo<>(name, elementSerializer);
                state = registry.add(metaInfo, null);
            } else {
                metaInfo = queueMetaInfo(state);
                TypeSerializer<T> oldSerializer = metaInfo.getElementSerializer();
                TypeSerializerSchemaCompatibility<T> ofElements =
                        metaInfo.updateElementSerializer(elementSerializer);
                if (ofElements.isIncompatible()) {
                    throw new StateMigrationException(
                            message(
                                    state,
                                    "the queue's elements cannot be read with the new serializer",
                                    oldSerializer,
                                    elementSerializer));
                }
                if (ofElements.isCompatibleAfterMigration()) {
                    migration.migrateElements(
                            state.tree(),
                            queueOptions(metaInfo),
                            metaInfo.getPreviousElementSerializer(),
                            metaInfo.getElementSerializer());
                }
            }
            state.register(
                    upgradable ? metaInfo.withSerializerUpgradesAllowed() : metaInfo,
                    StateSnapshotTransformFactory.noTransform());
            state.tree().configure(queueOptions(metaInfo));
            return state;
        } catch (Exception e) {
            throw new FlinkRuntimeException(
                    "["
                            + name
                            + "] the queue could not be registered; the cause tells what to mend",
                    e);
        }
    }

    private TreeOptions queueOptions(RegisteredPriorityQueueStateBackendMetaInfo<?> metaInfo) {
        return StateRegistry.treeOptions(null, null)
                .withColumns(columns.ofQueue(metaInfo.getElementSerializer()));
    }

    @SuppressWarnings("unchecked")
    private static <T> RegisteredPriorityQueueStateBackendMetaInfo<T> queueMetaInfo(
            RegisteredState state) {
        @Nullable RegisteredStateMetaInfoBase metaInfo = state.metaInfo();
        StateMetaInfoSnapshot snapshot = state.snapshotMetaInfo();
        return metaInfo == null
                ? new RegisteredPriorityQueueStateBackendMetaInfo<>(snapshot)
                : (RegisteredPriorityQueueStateBackendMetaInfo<T>) metaInfo;
    }

    private static String message(
            RegisteredState state, String what, TypeSerializer<?> before, TypeSerializer<?> now) {
        return "["
                + state.name()
                + "] "
                + what
                + ": restored="
                + before
                + ", new="
                + now
                + "; register the state with a compatible serializer";
    }
}
