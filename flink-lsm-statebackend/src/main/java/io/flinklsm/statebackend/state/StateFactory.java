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
package io.flinklsm.statebackend.state;

import io.flinklsm.core.LsmTree;
import io.flinklsm.statebackend.key.StateKey;
import io.flinklsm.statebackend.registry.RegisteredState;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.state.RegisteredKeyValueStateBackendMetaInfo;
import org.apache.flink.runtime.state.internal.InternalKvState;

/** Makes the object that works with a registered state, or brings the one there is up to date. */
public final class StateFactory {

    private StateFactory() {}

    /**
     * The state's object. A state that is registered again keeps its object, with the new
     * serializers, functions and default.
     *
     * @throws UnsupportedOperationException if there is no such kind of state
     */
    @SuppressWarnings("unchecked")
    public static <K, N, V> InternalKvState<K, N, ?> createOrUpdate(
            StateContext<K> context, RegisteredState state, StateDescriptor<?, V> descriptor) {
        RegisteredKeyValueStateBackendMetaInfo<N, V> metaInfo =
                (RegisteredKeyValueStateBackendMetaInfo<N, V>) state.metaInfo();
        if (metaInfo == null) {
            throw new IllegalStateException("[" + state.name() + "] the state is not registered");
        }
        AbstractLsmState<K, N, ?> object = (AbstractLsmState<K, N, ?>) state.stateObject();
        if (object == null) {
            object = create(context, state, descriptor, metaInfo);
            state.setStateObject(object);
        } else {
            update(object, descriptor, metaInfo);
        }
        return object;
    }

    /** The tree of a state that was made here. */
    public static LsmTree treeOf(InternalKvState<?, ?, ?> state) {
        return ((AbstractLsmState<?, ?, ?>) state).tree;
    }

    /** The row that a state which was made here works on. */
    @SuppressWarnings("unchecked")
    public static <K, N> StateKey<K, N> keyOf(InternalKvState<K, N, ?> state) {
        return ((AbstractLsmState<K, N, ?>) state).key;
    }

    // Queryable state is deprecated in Flink, and works as long as Flink has it.
    @SuppressWarnings({"unchecked", "deprecation"})
    private static <K, N, V> AbstractLsmState<K, N, ?> create(
            StateContext<K> context,
            RegisteredState state,
            StateDescriptor<?, V> descriptor,
            RegisteredKeyValueStateBackendMetaInfo<N, V> metaInfo) {
        TypeSerializer<N> namespaces = metaInfo.getNamespaceSerializer();
        TypeSerializer<V> values = metaInfo.getStateSerializer();
        return switch (descriptor.getType()) {
            case VALUE ->
                    new LsmValueState<>(
                            context,
                            state.tree(),
                            namespaces,
                            values,
                            descriptor.getDefaultValue());
            case LIST -> newList(context, state, namespaces, values);
            case MAP -> newMap(context, state, namespaces, values, descriptor.isQueryable());
            case REDUCING ->
                    new LsmReducingState<>(
                            context,
                            state.tree(),
                            namespaces,
                            values,
                            ((ReducingStateDescriptor<V>) descriptor).getReduceFunction());
            case AGGREGATING ->
                    new LsmAggregatingState<>(
                            context,
                            state.tree(),
                            namespaces,
                            values,
                            ((AggregatingStateDescriptor<?, V, ?>) descriptor)
                                    .getAggregateFunction());
            default ->
                    throw new UnsupportedOperationException(
                            "["
                                    + state.name()
                                    + "] there is no such kind of state: type="
                                    + descriptor.getType()
                                    + "; use value, list, map, reducing or aggregating state");
        };
    }

    @SuppressWarnings("unchecked")
    private static <K, N, E> AbstractLsmState<K, N, ?> newList(
            StateContext<K> context,
            RegisteredState state,
            TypeSerializer<N> namespaces,
            TypeSerializer<?> values) {
        return new LsmListState<>(
                context, state.tree(), namespaces, (TypeSerializer<List<E>>) values);
    }

    @SuppressWarnings("unchecked")
    private static <K, N, U, E> AbstractLsmState<K, N, ?> newMap(
            StateContext<K> context,
            RegisteredState state,
            TypeSerializer<N> namespaces,
            TypeSerializer<?> values,
            boolean queryable) {
        return new LsmMapState<>(
                context, state.tree(), namespaces, (TypeSerializer<Map<U, E>>) values, queryable);
    }

    @SuppressWarnings("unchecked")
    private static <K, N, V> void update(
            AbstractLsmState<K, N, ?> object,
            StateDescriptor<?, V> descriptor,
            RegisteredKeyValueStateBackendMetaInfo<N, V> metaInfo) {
        ((AbstractLsmState<K, N, V>) object).setValueSerializer(metaInfo.getStateSerializer());
        if (object instanceof LsmValueState<?, ?, ?> value) {
            ((LsmValueState<K, N, V>) value).setDefaultValue(descriptor.getDefaultValue());
        } else if (object instanceof LsmReducingState<?, ?, ?> reducing) {
            ((LsmReducingState<K, N, V>) reducing)
                    .setFunction(((ReducingStateDescriptor<V>) descriptor).getReduceFunction());
        } else if (object instanceof LsmAggregatingState<?, ?, ?, ?, ?> aggregating) {
            ((LsmAggregatingState<K, N, Object, V, Object>) aggregating)
                    .setFunction(
                            ((AggregatingStateDescriptor<Object, V, Object>) descriptor)
                                    .getAggregateFunction());
        }
    }
}
