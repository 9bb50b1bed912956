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

import io.flinklsm.statebackend.key.CurrentKey;
import io.flinklsm.statebackend.key.TaskKeyContext;
import io.flinklsm.statebackend.life.BackendLife;
import io.flinklsm.statebackend.registry.RegisteredState;
import io.flinklsm.statebackend.state.StateContext;
import io.flinklsm.statebackend.state.StateFactory;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.ReduceFunction;
import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.runtime.asyncprocessing.StateRequestHandler;
import org.apache.flink.runtime.state.RegisteredKeyValueStateBackendMetaInfo;
import org.apache.flink.runtime.state.internal.InternalKvState;
import org.apache.flink.runtime.state.internal.InternalListState;
import org.apache.flink.runtime.state.internal.InternalMapState;
import org.apache.flink.runtime.state.internal.InternalMergingState;
import org.apache.flink.runtime.state.internal.InternalValueState;
import org.apache.flink.runtime.state.v2.internal.InternalKeyedState;

/**
 * Makes states of the V2 interface. Each works on the tree of a registered state through a V1
 * state, which writes and clears for it; so both interfaces have the same bytes under the same
 * keys. Task thread.
 *
 * @param <K> type of the keys
 */
public final class AsyncStates<K> {

    private final BatchExecutor executor;
    private final StateRequestHandler handler;
    private final RequestKey<K> requestKey;
    private final StateContext<K> context;

    /**
     * @param keyContext of the executor alone: the key of a request is not that of the task
     * @param handler gets the states' requests
     */
    public AsyncStates(
            BatchExecutor executor,
            StateRequestHandler handler,
            TaskKeyContext<K> keyContext,
            TypeSerializer<K> keySerializer,
            BackendLife life) {
        this.executor = executor;
        this.handler = handler;
        this.requestKey = new RequestKey<>(keyContext);
        this.context =
                new StateContext<>(
                        new CurrentKey<>(keyContext, keySerializer),
                        keyContext.getNumberOfKeyGroups(),
                        life);
    }

    /** The V2 state over a state that was registered with the descriptor. */
    @SuppressWarnings("unchecked")
    public <N, V> InternalKeyedState<K, N, ?> create(
            N defaultNamespace, RegisteredState state, StateDescriptor<?, V> descriptor) {
        InternalKvState<K, N, ?> rows =
                StateFactory.<K, N, V>createOrUpdate(context, state, descriptor);
        if (!(state.metaInfo() instanceof RegisteredKeyValueStateBackendMetaInfo<?, ?> metaInfo)) {
            throw new IllegalStateException("[" + state.name() + "] the state is not registered");
        }
        TypeSerializer<V> serializer = (TypeSerializer<V>) metaInfo.getStateSerializer();
        return switch (descriptor.getType()) {
            case VALUE ->
                    new LsmAsyncValueState<>(
                            handler,
                            serializer,
                            valueReads(defaultNamespace, rows, serializer),
                            (InternalValueState<K, N, V>) rows);
            case LIST -> list(defaultNamespace, rows, serializer);
            case MAP -> map(defaultNamespace, rows, serializer);
            case REDUCING -> {
                ReduceFunction<V> function =
                        ((ReducingStateDescriptor<V>) descriptor).getReduceFunction();
                yield new LsmAsyncReducingState<>(
                        handler,
                        function,
                        serializer,
                        accumulators(defaultNamespace, rows, serializer));
            }
            case AGGREGATING -> {
                AggregateFunction<?, V, ?> function =
                        ((AggregatingStateDescriptor<?, V, ?>) descriptor).getAggregateFunction();
                yield new LsmAsyncAggregatingState<>(
                        handler,
                        function,
                        serializer,
                        accumulators(defaultNamespace, rows, serializer));
            }
            default ->
                    throw new UnsupportedOperationException(
                            "["
                                    + state.name()
                                    + "] there is no such kind of state: type="
                                    + descriptor.getType()
                                    + "; use value, list, map, reducing or aggregating state");
        };
    }

    private <N, V> StateReads<K, N, ValueDecoder<V>> valueReads(
            N defaultNamespace, InternalKvState<K, N, ?> rows, TypeSerializer<V> serializer) {
        return new StateReads<>(
                executor, requestKey, defaultNamespace, rows, () -> new ValueDecoder<>(serializer));
    }

    @SuppressWarnings("unchecked")
    private <N, V> AccumulatorRequests<K, N, V> accumulators(
            N defaultNamespace, InternalKvState<K, N, ?> rows, TypeSerializer<V> serializer) {
        return new AccumulatorRequests<>(
                valueReads(defaultNamespace, rows, serializer),
                (InternalMergingState<K, N, ?, V, ?>) rows);
    }

    @SuppressWarnings("unchecked")
    private <N, E> InternalKeyedState<K, N, ?> list(
            N defaultNamespace, InternalKvState<K, N, ?> rows, TypeSerializer<?> serializer) {
        TypeSerializer<E> elements =
                ((ListSerializer<E>) (TypeSerializer<List<E>>) serializer).getElementSerializer();
        return new LsmAsyncListState<>(
                handler,
                elements,
                new StateReads<>(
                        executor,
                        requestKey,
                        defaultNamespace,
                        rows,
                        () -> new ListDecoder<>(elements)),
                (InternalListState<K, N, E>) rows);
    }

    @SuppressWarnings("unchecked")
    private <N, U, V> InternalKeyedState<K, N, ?> map(
            N defaultNamespace, InternalKvState<K, N, ?> rows, TypeSerializer<?> serializer) {
        MapSerializer<U, V> parts = (MapSerializer<U, V>) (TypeSerializer<Map<U, V>>) serializer;
        TypeSerializer<U> userKeys = parts.getKeySerializer();
        TypeSerializer<V> values = parts.getValueSerializer();
        return new LsmAsyncMapState<>(
                handler,
                userKeys,
                values,
                new StateReads<>(
                        executor,
                        requestKey,
                        defaultNamespace,
                        rows,
                        () -> new MapDecoder<>(userKeys, values)),
                (InternalMapState<K, N, U, V>) rows);
    }
}
