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

import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.asyncprocessing.StateRequest;
import org.apache.flink.runtime.asyncprocessing.StateRequestHandler;
import org.apache.flink.runtime.state.internal.InternalValueState;
import org.apache.flink.runtime.state.v2.AbstractValueState;

/** A value for each key and namespace. */
final class LsmAsyncValueState<K, N, V> extends AbstractValueState<K, N, V> implements AsyncState {

    private final StateReads<K, N, ValueDecoder<V>> reads;
    private final InternalValueState<K, N, V> state;

    LsmAsyncValueState(
            StateRequestHandler handler,
            TypeSerializer<V> serializer,
            StateReads<K, N, ValueDecoder<V>> reads,
            InternalValueState<K, N, V> state) {
        super(handler, serializer);
        this.reads = reads;
        this.state = state;
    }

    @Override
    @SuppressWarnings("unchecked")
    public void execute(StateRequest<?, ?, ?, ?> request) throws Exception {
        reads.select(request);
        switch (request.getRequestType()) {
            case VALUE_GET -> reads.get(request, ValueDecoder::answer);
            case VALUE_UPDATE -> {
                state.update((V) request.getPayload());
                StateReads.complete(request, null);
            }
            case CLEAR -> {
                state.clear();
                StateReads.complete(request, null);
            }
            default -> throw StateReads.unknown(request);
        }
    }
}
