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
import java.io.IOException;
import java.util.Objects;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.state.CompositeKeySerializationUtils;
import org.jspecify.annotations.Nullable;

/**
 * The engine key of one state under the current key and namespace. Rebuilt only when one of them
 * has changed, so a get and the put after it share serialisation and hashes. Confined to the task
 * thread.
 *
 * <pre>
 * key group (1 or 2 bytes) | key [length] | namespace [length] [| user key]
 *                            lengths only if key and namespace are both of variable length
 * </pre>
 *
 * @param <K> type of the keys
 * @param <N> type of the namespaces
 */
public final class StateKey<K, N> {

    private static final byte[] NO_BYTES = new byte[0];

    private final CurrentKey<K> currentKey;
    private final TypeSerializer<N> namespaceSerializer;
    private final boolean ambiguous;
    private final boolean immutableNamespaces;
    private final DataOutputSerializer out = new DataOutputSerializer(64);
    private final KeyBuffer row = new KeyBuffer();

    /** The current namespace as it ends a row without lengths. */
    private final DataOutputSerializer rowEnd = new DataOutputSerializer(16);

    private boolean isRowEndKnown;

    // Of the row as it is built; 0 if it must be built anew.
    private long builtAt;
    private @Nullable N namespace;

    public StateKey(CurrentKey<K> currentKey, TypeSerializer<N> namespaceSerializer) {
        this.currentKey = currentKey;
        this.namespaceSerializer = namespaceSerializer;
        this.ambiguous = currentKey.isAmbiguousWith(namespaceSerializer);
        this.immutableNamespaces = namespaceSerializer.isImmutableType();
    }

    public TypeSerializer<K> keySerializer() {
        return currentKey.serializer();
    }

    public TypeSerializer<N> namespaceSerializer() {
        return namespaceSerializer;
    }

    /**
     * @throws NullPointerException if the namespace is null
     */
    public void setNamespace(N newNamespace) {
        Objects.requireNonNull(newNamespace, "namespace");
        // An equal namespace keeps the row, unless the old object may have changed under us.
        if (immutableNamespaces && newNamespace.equals(namespace)) {
            return;
        }
        namespace = newNamespace;
        isRowEndKnown = false;
        builtAt = 0;
    }

    /** The row of current key and namespace: the whole key of a state without user keys. */
    public KeyBuffer row() throws IOException {
        if (builtAt == 0 || builtAt != currentKey.changes()) {
            N current =
                    Objects.requireNonNull(
                            namespace,
                            "no current namespace: the state was used before it was set");
            builtAt = 0;
            if (ambiguous || !immutableNamespaces) {
                build(row, current);
            } else {
                currentKey.fill(row, rowEnd(current).getSharedBuffer(), rowEnd.length());
            }
            builtAt = currentKey.changes();
        }
        return row;
    }

    /** The row of current key and namespace as a prefix of the rows of a map. */
    public KeyBuffer prefix() throws IOException {
        return row().setSuffix(NO_BYTES, 0, 0);
    }

    /** The row of current key, namespace and user key. */
    public <U> KeyBuffer entry(U userKey, TypeSerializer<U> userKeySerializer) throws IOException {
        KeyBuffer built = row();
        out.clear();
        userKeySerializer.serialize(userKey, out);
        return built.setSuffix(out.getSharedBuffer(), 0, out.length());
    }

    /** Writes the row of the current key and another namespace to the buffer, which is returned. */
    public KeyBuffer rowOf(N otherNamespace, KeyBuffer buffer) throws IOException {
        return build(buffer, otherNamespace);
    }

    /** Most operations change the key alone: the namespace is serialised once. */
    private DataOutputSerializer rowEnd(N ofNamespace) throws IOException {
        if (!isRowEndKnown) {
            rowEnd.clear();
            CompositeKeySerializationUtils.writeNameSpace(
                    ofNamespace, namespaceSerializer, rowEnd, false);
            isRowEndKnown = true;
        }
        return rowEnd;
    }

    private KeyBuffer build(KeyBuffer buffer, N ofNamespace) throws IOException {
        out.clear();
        currentKey.appendTo(out, ambiguous);
        CompositeKeySerializationUtils.writeNameSpace(
                ofNamespace, namespaceSerializer, out, ambiguous);
        return buffer.set(out.getSharedBuffer(), 0, out.length());
    }
}
