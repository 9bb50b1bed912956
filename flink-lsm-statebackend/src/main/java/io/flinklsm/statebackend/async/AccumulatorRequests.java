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

import org.apache.flink.runtime.asyncprocessing.StateRequest;
import org.apache.flink.runtime.state.internal.InternalMergingState;

/** What reducing and aggregating state are asked for: the accumulator, and another in its place. */
final class AccumulatorRequests<K, N, A> {

    private final StateReads<K, N, ValueDecoder<A>> reads;
    private final InternalMergingState<K, N, ?, A, ?> state;

    AccumulatorRequests(
            StateReads<K, N, ValueDecoder<A>> reads, InternalMergingState<K, N, ?, A, ?> state) {
        this.reads = reads;
        this.state = state;
    }

    @SuppressWarnings("unchecked")
    void execute(StateRequest<?, ?, ?, ?> request) throws Exception {
        reads.select(request);
        switch (request.getRequestType()) {
            case REDUCING_GET, AGGREGATING_GET -> reads.get(request, ValueDecoder::answer);
            case REDUCING_ADD, AGGREGATING_ADD -> {
                state.updateInternal((A) request.getPayload());
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
