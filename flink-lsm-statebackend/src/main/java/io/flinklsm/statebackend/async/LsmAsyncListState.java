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

import io.flinklsm.core.bytes.ValueBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import org.apache.flink.api.common.state.v2.StateFuture;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.state.StateFutureUtils;
import org.apache.flink.runtime.asyncprocessing.StateRequest;
import org.apache.flink.runtime.asyncprocessing.StateRequestHandler;
import org.apache.flink.runtime.asyncprocessing.StateRequestType;
import org.apache.flink.runtime.state.internal.InternalListState;
import org.apache.flink.runtime.state.v2.AbstractListState;
import org.jspecify.annotations.Nullable;

/**
 * A list for each key and namespace. A list is read as a whole. Adding reads nothing, and neither
 * does the list that others are moved behind.
 */
final class LsmAsyncListState<K, N, E> extends AbstractListState<K, N, E> implements AsyncState {

    private final StateReads<K, N, ListDecoder<E>> reads;
    private final InternalListState<K, N, E> state;

    LsmAsyncListState(
            StateRequestHandler handler,
            TypeSerializer<E> serializer,
            StateReads<K, N, ListDecoder<E>> reads,
            InternalListState<K, N, E> state) {
        super(handler, serializer);
        this.reads = reads;
        this.state = state;
    }

    /** A request for a list as it is stored. */
    private static final Object SERIALISED = new Object();

    /** A request to add lists as they are stored. */
    private record Append(List<byte[]> lists) {}

    @Override
    @SuppressWarnings("unchecked")
    public void execute(StateRequest<?, ?, ?, ?> request) throws Exception {
        reads.select(request);
        switch (request.getRequestType()) {
            case LIST_GET ->
                    reads.get(
                            request,
                            (decoder, isFound, value) ->
                                    new LoadedIterator<>(
                                            this,
                                            StateRequestType.LIST_GET,
                                            getStateRequestHandler(),
                                            decoder.elements(isFound, value)));
            case LIST_ADD -> {
                state.add((E) request.getPayload());
                StateReads.complete(request, null);
            }
            case LIST_ADD_ALL -> {
                state.addAll((List<E>) request.getPayload());
                StateReads.complete(request, null);
            }
            case LIST_UPDATE -> {
                state.update((List<E>) request.getPayload());
                StateReads.complete(request, null);
            }
            case CLEAR -> {
                state.clear();
                StateReads.complete(request, null);
            }
            case CUSTOMIZED -> move(request);
            default -> throw StateReads.unknown(request);
        }
    }

    private void move(StateRequest<?, ?, ?, ?> request) throws Exception {
        if (request.getPayload() instanceof Append append) {
            for (byte[] list : append.lists()) {
                reads.tree().merge(reads.row(), list, 0, list.length);
            }
            StateReads.complete(request, null);
        } else {
            reads.get(request, (decoder, isFound, value) -> serialised(isFound, value));
        }
    }

    private static byte @Nullable [] serialised(boolean isFound, ValueBuffer value) {
        return isFound ? value.toBytes() : null;
    }

    /** Moves the sources' elements behind the target's; nothing is deserialised. */
    @Override
    public StateFuture<Void> asyncMergeNamespaces(N target, @Nullable Collection<N> sources) {
        List<N> others = others(target, sources);
        if (others.isEmpty()) {
            return StateFutureUtils.completedVoidFuture();
        }
        List<StateFuture<byte[]>> lists = new ArrayList<>(others.size());
        for (N source : others) {
            setCurrentNamespace(source);
            lists.add(handleRequest(StateRequestType.CUSTOMIZED, SERIALISED));
        }
        return StateFutureUtils.combineAll(lists)
                .thenCompose(
                        read -> {
                            List<StateFuture<Void>> writes = new ArrayList<>();
                            List<byte[]> moved = new ArrayList<>();
                            Iterator<N> sourceOf = others.iterator();
                            for (byte[] list : read) {
                                N source = sourceOf.next();
                                if (list != null) {
                                    moved.add(list);
                                    setCurrentNamespace(source);
                                    writes.add(asyncClear());
                                }
                            }
                            setCurrentNamespace(target);
                            if (!moved.isEmpty()) {
                                writes.add(
                                        handleRequest(
                                                StateRequestType.CUSTOMIZED, new Append(moved)));
                            }
                            return StateFutureUtils.combineAll(writes);
                        })
                .thenAccept(ignored -> {});
    }

    @Override
    public void mergeNamespaces(N target, @Nullable Collection<N> sources) {
        List<byte[]> moved = new ArrayList<>();
        for (N source : others(target, sources)) {
            setCurrentNamespace(source);
            byte[] list = handleRequestSync(StateRequestType.CUSTOMIZED, SERIALISED);
            if (list != null) {
                moved.add(list);
                clear();
            }
        }
        if (!moved.isEmpty()) {
            setCurrentNamespace(target);
            handleRequestSync(StateRequestType.CUSTOMIZED, new Append(moved));
        }
    }

    private List<N> others(N target, @Nullable Collection<N> sources) {
        List<N> others = new ArrayList<>();
        if (sources != null) {
            for (N source : sources) {
                if (source != null && !source.equals(target)) {
                    others.add(source);
                }
            }
        }
        return others;
    }
}
