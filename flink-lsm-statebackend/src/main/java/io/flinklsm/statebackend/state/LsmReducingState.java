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
import org.apache.flink.api.common.functions.ReduceFunction;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.state.internal.InternalReducingState;
import org.jspecify.annotations.Nullable;

/** A value for each key and namespace that every added value is reduced into. */
final class LsmReducingState<K, N, V> extends AccumulatorState<K, N, V, V, V>
        implements InternalReducingState<K, N, V> {

    private ReduceFunction<V> function;

    LsmReducingState(
            StateContext<K> context,
            LsmTree tree,
            TypeSerializer<N> namespaceSerializer,
            TypeSerializer<V> valueSerializer,
            ReduceFunction<V> function) {
        super(context, tree, namespaceSerializer, valueSerializer);
        this.function = function;
    }

    void setFunction(ReduceFunction<V> newFunction) {
        function = newFunction;
    }

    @Override
    public @Nullable V get() throws Exception {
        return getInternal();
    }

    @Override
    public void add(V added) throws Exception {
        V before = getInternal();
        updateInternal(before == null ? added : function.reduce(before, added));
    }

    @Override
    V mergeAccumulators(V first, V second) throws Exception {
        return function.reduce(first, second);
    }
}
