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
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;

/** Reads the elements of lists. Has its own serializer; one thread. */
final class ListDecoder<E> {

    private final TypeSerializer<E> serializer;
    private final ArrayInput in = new ArrayInput();

    ListDecoder(TypeSerializer<E> serializer) {
        this.serializer = TextSerializers.of(serializer.duplicate());
    }

    List<E> elements(boolean isFound, ValueBuffer value) throws IOException {
        List<E> elements = new ArrayList<>();
        if (isFound) {
            in.setBuffer(value.array(), 0, value.length());
            while (in.available() > 0) {
                elements.add(serializer.deserialize(in));
                if (in.available() > 0) {
                    in.skipBytesToRead(1);
                }
            }
        }
        return elements;
    }
}
