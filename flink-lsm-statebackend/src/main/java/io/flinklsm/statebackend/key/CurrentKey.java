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
package io.flinklsm.statebackend.key;

import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.statebackend.text.TextSerializers;
import java.io.IOException;
import java.util.Objects;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.state.CompositeKeySerializationUtils;

/**
 * The serialised form of the current key group and key, made when first asked for after a change
 * and shared by all states of the backend. Confined to the task thread.
 *
 * @param <K> type of the keys
 */
public final class CurrentKey<K> {

    private final TaskKeyContext<K> context;
    private final TypeSerializer<K> serializer;

    /** Writes what that does. */
    private final TypeSerializer<K> working;

    private final int keyGroupBytes;
    private final boolean variableLength;
    private final DataOutputSerializer out = new DataOutputSerializer(64);
    private long serialisedAt;

    public CurrentKey(TaskKeyContext<K> context, TypeSerializer<K> serializer) {
        this.context = context;
        this.serializer = serializer;
        this.working = TextSerializers.of(serializer);
        this.keyGroupBytes =
                CompositeKeySerializationUtils.computeRequiredBytesInKeyGroupPrefix(
                        context.getNumberOfKeyGroups());
        this.variableLength =
                CompositeKeySerializationUtils.isSerializerTypeVariableSized(serializer);
    }

    /** Count of key changes; equal counts mean equal bytes. */
    long changes() {
        return context.changes();
    }

    TypeSerializer<K> serializer() {
        return serializer;
    }

    /** Whether a row with such namespaces carries the lengths of key and namespace. */
    boolean isAmbiguousWith(TypeSerializer<?> namespaceSerializer) {
        return variableLength
                && CompositeKeySerializationUtils.isSerializerTypeVariableSized(
                        namespaceSerializer);
    }

    /** Appends key group and key, and the key's length where a row needs it. */
    void appendTo(DataOutputSerializer target, boolean ambiguous) throws IOException {
        serialise();
        target.write(out.getSharedBuffer(), 0, out.length());
        if (ambiguous) {
            CompositeKeySerializationUtils.writeVariableIntBytes(
                    out.length() - keyGroupBytes, target);
        }
    }

    /** Fills the buffer with key group, key and the first bytes of a tail. */
    KeyBuffer fill(KeyBuffer target, byte[] tail, int tailBytes) throws IOException {
        serialise();
        return target.set(out.getSharedBuffer(), out.length(), tail, tailBytes);
    }

    private void serialise() throws IOException {
        if (serialisedAt != context.changes()) {
            K key =
                    Objects.requireNonNull(
                            context.getCurrentKey(),
                            "no current key: keyed state was used outside a keyed context");
            serialisedAt = 0;
            out.clear();
            CompositeKeySerializationUtils.writeKeyGroup(
                    context.getCurrentKeyGroupIndex(), keyGroupBytes, out);
            working.serialize(key, out);
            serialisedAt = context.changes();
        }
    }
}
