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

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.statebackend.text.ArrayInput;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * The buffers that all states of a backend share; no call keeps anything in them beyond its end.
 * They are given up when a large value has grown them, so that it does not take its bytes for ever.
 * Confined to the task thread.
 */
final class StateBuffers {

    private static final int KEPT_BYTES_MAX = 4 << 20;
    private static final int FIRST_OUT_BYTES = 128;

    /** What a lookup copies to. */
    final ValueBuffer value = new ValueBuffer();

    /** What a value is read from. */
    final ArrayInput in = new ArrayInput();

    private DataOutputSerializer out = new DataOutputSerializer(FIRST_OUT_BYTES);

    /** What a value is serialised to, empty. */
    DataOutputSerializer emptyOut() {
        out.clear();
        return out;
    }

    /** To be called when a value has been read or written. */
    void giveUpLarge() {
        if (value.array().length > KEPT_BYTES_MAX) {
            value.clearAbove(KEPT_BYTES_MAX);
            in.releaseArrays();
        }
        if (out.getSharedBuffer().length > KEPT_BYTES_MAX) {
            out = new DataOutputSerializer(FIRST_OUT_BYTES);
        }
    }
}
