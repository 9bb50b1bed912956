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
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.state.internal.InternalAggregatingState;
import org.jspecify.annotations.Nullable;

/** An accumulator for each key and namespace, and a result computed from it on reading. */
final class LsmAggregatingState<K, N, I, A, R> extends AccumulatorState<K, N, I, A, R>
        implements InternalAggregatingState<K, N, I, A, R> {

    private AggregateFunction<I, A, R> function;

    LsmAggregatingState(
            StateContext<K> context,
            LsmTree tree,
            TypeSerializer<N> namespaceSerializer,
            TypeSerializer<A> accumulatorSerializer,
            AggregateFunction<I, A, R> function) {
        super(context, tree, namespaceSerializer, accumulatorSerializer);
        this.function = function;
    }

    void setFunction(AggregateFunction<I, A, R> newFunction) {
        function = newFunction;
    }

    @Override
    public @Nullable R get() throws Exception {
        A accumulator = getInternal();
        return accumulator == null ? null : function.getResult(accumulator);
    }

    @Override
    public void add(I added) throws Exception {
        A before = getInternal();
        updateInternal(function.add(added, before == null ? function.createAccumulator() : before));
    }

    @Override
    A mergeAccumulators(A first, A second) {
        return function.merge(first, second);
    }
}
