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
package io.flinklsm.benchmarks.async;

import io.flinklsm.benchmarks.backend.BackendSlot;
import io.flinklsm.benchmarks.backend.BackendSpec;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.api.common.state.v2.State;
import org.apache.flink.api.common.state.v2.ValueState;
import org.apache.flink.api.common.state.v2.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.core.asyncprocessing.AsyncFutureImpl;
import org.apache.flink.core.asyncprocessing.InternalAsyncFuture;
import org.apache.flink.runtime.asyncprocessing.AsyncRequestContainer;
import org.apache.flink.runtime.asyncprocessing.EpochManager;
import org.apache.flink.runtime.asyncprocessing.RecordContext;
import org.apache.flink.runtime.asyncprocessing.StateExecutor;
import org.apache.flink.runtime.asyncprocessing.StateRequest;
import org.apache.flink.runtime.asyncprocessing.StateRequestHandler;
import org.apache.flink.runtime.asyncprocessing.StateRequestType;
import org.apache.flink.runtime.state.AsyncKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.v2.internal.InternalPartitionedState;
import org.apache.flink.util.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * State V2 without Flink's controller: a backend's executor gets batches of as many requests as
 * Flink hands over, and several may be under way. What is left is the backend's own.
 */
final class ExecutorSide implements Side, StateRequestHandler {

    private static final int BATCH_REQUESTS = 1000;
    private static final int BATCHES_MAX = 6;
    private static final Object RECORD = new Object();
    private static final EpochManager.@Nullable Epoch NO_EPOCH = null;

    private final BackendSlot slot;
    private final int keyGroups;
    private final AsyncKeyedStateBackend<Long> backend;
    private final StateExecutor executor;
    private final ValueState<byte[]> state;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Queue<CompletableFuture<Void>> batches = new ArrayDeque<>();
    private AsyncRequestContainer<StateRequest<?, ?, ?, ?>> batch;
    private int batchCount;
    private @Nullable RecordContext<Long> record;

    ExecutorSide(BackendSlot slot, BackendSpec spec) throws Exception {
        this.slot = slot;
        keyGroups = spec.keyGroups();
        backend = slot.openAsync(spec);
        executor = backend.createStateExecutor();
        batch = executor.createRequestContainer();
        backend.setup(this);
        state =
                backend.getOrCreateKeyedState(
                        VoidNamespace.INSTANCE,
                        VoidNamespaceSerializer.INSTANCE,
                        new ValueStateDescriptor<>(
                                V1Side.STATE, BytePrimitiveArraySerializer.INSTANCE));
    }

    @Override
    public void write(long[] keys) {
        for (long key : keys) {
            begin(key);
            state.asyncUpdate(RandomValues.of(key));
        }
        drain();
    }

    @Override
    public void read(long[] keys) {
        for (long key : keys) {
            begin(key);
            state.asyncValue().thenAccept(value -> RandomValues.check(key, value));
        }
        drain();
    }

    @SuppressWarnings("NullAway") // Flink's controller knows of epochs, the executor does not.
    private void begin(Long key) {
        record =
                new RecordContext<>(
                        RECORD,
                        key,
                        disposed -> {},
                        KeyGroupRangeAssignment.assignToKeyGroup(key, keyGroups),
                        NO_EPOCH,
                        0);
    }

    @Override
    public <I, O> InternalAsyncFuture<O> handleRequest(
            @Nullable State of, StateRequestType type, @Nullable I payload) {
        InternalAsyncFuture<O> future =
                new AsyncFutureImpl<>(
                        callback -> {
                            try {
                                callback.run();
                            } catch (Throwable thrown) {
                                failure.compareAndSet(null, thrown);
                            }
                        },
                        (message, thrown) -> failure.compareAndSet(null, thrown));
        batch.offer(
                new StateRequest<>(
                        Objects.requireNonNull(of),
                        type,
                        false,
                        payload,
                        future,
                        Objects.requireNonNull(record)));
        if (++batchCount == BATCH_REQUESTS) {
            handOver();
        }
        return future;
    }

    private void handOver() {
        if (batches.size() == BATCHES_MAX) {
            batches.remove().join();
        }
        batches.add(executor.executeBatchRequests(batch));
        batch = executor.createRequestContainer();
        batchCount = 0;
    }

    private void drain() {
        if (batchCount > 0) {
            handOver();
        }
        while (!batches.isEmpty()) {
            batches.remove().join();
        }
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw new IllegalStateException("[async] a request failed", thrown);
        }
    }

    @Override
    public <I, O> O handleRequestSync(State of, StateRequestType type, @Nullable I payload) {
        throw new UnsupportedOperationException("[async] this side is for batches");
    }

    @Override
    public <N> void setCurrentNamespaceForState(InternalPartitionedState<N> of, N namespace) {
        Objects.requireNonNull(record).setNamespace(of, namespace);
    }

    @Override
    public void close() throws Exception {
        IOUtils.closeAll(executor::shutdown, backend::dispose, backend, slot);
    }
}
