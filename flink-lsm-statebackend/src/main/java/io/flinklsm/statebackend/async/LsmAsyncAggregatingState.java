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

import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.asyncprocessing.StateRequest;
import org.apache.flink.runtime.asyncprocessing.StateRequestHandler;
import org.apache.flink.runtime.state.v2.AbstractAggregatingState;

/** An accumulator for each key and namespace; Flink's class reads, adds and writes. */
final class LsmAsyncAggregatingState<K, N, I, A, R> extends AbstractAggregatingState<K, N, I, A, R>
        implements AsyncState {

    private final AccumulatorRequests<K, N, A> requests;

    LsmAsyncAggregatingState(
            StateRequestHandler handler,
            AggregateFunction<I, A, R> function,
            TypeSerializer<A> serializer,
            AccumulatorRequests<K, N, A> requests) {
        super(handler, function, serializer);
        this.requests = requests;
    }

    @Override
    public void execute(StateRequest<?, ?, ?, ?> request) throws Exception {
        requests.execute(request);
    }
}
