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
import io.flinklsm.core.entry.KeyBuffer;
import java.util.Collection;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.state.internal.InternalMergingState;
import org.jspecify.annotations.Nullable;

/**
 * What reducing and aggregating state share: one accumulator for each key and namespace, read,
 * folded by the user's function, and written back. The function always gets a freshly read
 * accumulator.
 *
 * @param <I> type of what is added
 * @param <A> type of the accumulator
 * @param <R> type of the result
 */
abstract class AccumulatorState<K, N, I, A, R> extends AbstractLsmState<K, N, A>
        implements InternalMergingState<K, N, I, A, R> {

    private final KeyBuffer sourceRow = new KeyBuffer();

    AccumulatorState(
            StateContext<K> context,
            LsmTree tree,
            TypeSerializer<N> namespaceSerializer,
            TypeSerializer<A> accumulatorSerializer) {
        super(context, tree, namespaceSerializer, accumulatorSerializer);
    }

    /** Folds two accumulators, both owned by the callee. */
    abstract A mergeAccumulators(A first, A second) throws Exception;

    @Override
    public final @Nullable A getInternal() throws Exception {
        return read(key.row());
    }

    @Override
    public final void updateInternal(@Nullable A accumulator) throws Exception {
        if (accumulator == null) {
            clear();
        } else {
            write(key.row(), accumulator);
        }
    }

    @Override
    public final void mergeNamespaces(N target, @Nullable Collection<N> sources) throws Exception {
        if (sources == null || sources.isEmpty()) {
            return;
        }
        A merged = null;
        for (N source : sources) {
            if (source == null || source.equals(target)) {
                continue;
            }
            A accumulator = read(key.rowOf(source, sourceRow));
            if (accumulator != null) {
                tree.delete(sourceRow);
                merged = merged == null ? accumulator : mergeAccumulators(merged, accumulator);
            }
        }
        if (merged != null) {
            key.setNamespace(target);
            A before = getInternal();
            updateInternal(before == null ? merged : mergeAccumulators(before, merged));
        }
    }
}
