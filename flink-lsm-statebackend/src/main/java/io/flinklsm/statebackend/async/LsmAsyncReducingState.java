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

import org.apache.flink.api.common.functions.ReduceFunction;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.asyncprocessing.StateRequest;
import org.apache.flink.runtime.asyncprocessing.StateRequestHandler;
import org.apache.flink.runtime.state.v2.AbstractReducingState;

/** A reduced value for each key and namespace; Flink's class reads, reduces and writes. */
final class LsmAsyncReducingState<K, N, V> extends AbstractReducingState<K, N, V>
        implements AsyncState {

    private final AccumulatorRequests<K, N, V> requests;

    LsmAsyncReducingState(
            StateRequestHandler handler,
            ReduceFunction<V> function,
            TypeSerializer<V> serializer,
            AccumulatorRequests<K, N, V> requests) {
        super(handler, function, serializer);
        this.requests = requests;
    }

    @Override
    public void execute(StateRequest<?, ?, ?, ?> request) throws Exception {
        requests.execute(request);
    }
}
