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
import io.flinklsm.statebackend.text.ArrayInput;
import io.flinklsm.statebackend.text.TextSerializers;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.jspecify.annotations.Nullable;

/** Reads values that are the whole of a row's bytes. Has its own serializer; one thread. */
final class ValueDecoder<V> {

    private final TypeSerializer<V> serializer;
    private final ArrayInput in = new ArrayInput();

    ValueDecoder(TypeSerializer<V> serializer) {
        this.serializer = TextSerializers.of(serializer.duplicate());
    }

    @Nullable V answer(boolean isFound, ValueBuffer value) throws IOException {
        if (!isFound) {
            return null;
        }
        in.setBuffer(value.array(), 0, value.length());
        return serializer.deserialize(in);
    }
}
