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
import io.flinklsm.benchmarks.backend.BenchmarkedBackend;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.util.IOUtils;

/** One request at a time, through the synchronous state API. */
final class V1Side implements Side {

    /** The state is the same for all sides, so that they can be restored from each other. */
    static final String STATE = "values";

    private final BackendSlot slot;
    private final BenchmarkedBackend backend;
    private final ValueState<byte[]> state;

    V1Side(BackendSlot slot, BackendSpec spec) throws Exception {
        this.slot = slot;
        backend = slot.open(spec);
        state =
                backend.state(
                        new ValueStateDescriptor<>(STATE, BytePrimitiveArraySerializer.INSTANCE));
    }

    @Override
    public void write(long[] keys) throws Exception {
        for (long key : keys) {
            backend.setKey(key);
            state.update(RandomValues.of(key));
        }
    }

    @Override
    public void read(long[] keys) throws Exception {
        for (long key : keys) {
            backend.setKey(key);
            RandomValues.check(key, state.value());
        }
    }

    /** What another side may be restored from. */
    KeyedStateHandle checkpoint() throws Exception {
        return backend.checkpoint().handle();
    }

    @Override
    public void close() throws Exception {
        IOUtils.closeAll(backend, slot);
    }
}
