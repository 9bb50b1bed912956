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
import io.flinklsm.statebackend.key.MapValues;
import io.flinklsm.statebackend.text.ArrayInput;
import io.flinklsm.statebackend.text.TextSerializers;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.jspecify.annotations.Nullable;

/** Reads user keys and values of maps. Has its own serializers; one thread. */
final class MapDecoder<U, V> {

    private final TypeSerializer<U> userKeySerializer;
    private final TypeSerializer<V> valueSerializer;
    private final ArrayInput in = new ArrayInput();

    MapDecoder(TypeSerializer<U> userKeySerializer, TypeSerializer<V> valueSerializer) {
        this.userKeySerializer = TextSerializers.of(userKeySerializer.duplicate());
        this.valueSerializer = TextSerializers.of(valueSerializer.duplicate());
    }

    @Nullable V value(boolean isFound, ValueBuffer value) throws IOException {
        return isFound ? value(value.array(), 0, value.length()) : null;
    }

    @Nullable V value(byte[] bytes, int from, int byteCount) throws IOException {
        in.setBuffer(bytes, from, byteCount);
        return MapValues.read(in, valueSerializer);
    }

    U userKey(byte[] bytes, int from, int byteCount) throws IOException {
        in.setBuffer(bytes, from, byteCount);
        return userKeySerializer.deserialize(in);
    }
}
