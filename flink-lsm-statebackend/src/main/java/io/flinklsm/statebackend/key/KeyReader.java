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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.KeyBuffer;
import java.io.IOException;
import java.util.Arrays;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.state.CompositeKeySerializationUtils;

/**
 * Takes rows apart: key group, key, namespace, and where each ends. Copies a row first, so it may
 * be borrowed. Holds serializers of its own; confined to one thread.
 *
 * @param <K> type of the keys
 * @param <N> type of the namespaces
 */
public final class KeyReader<K, N> {

    private final TypeSerializer<K> keySerializer;
    private final TypeSerializer<N> namespaceSerializer;
    private final int keyGroupBytes;
    private final boolean ambiguous;
    private final DataInputDeserializer in = new DataInputDeserializer();

    // Of the current row.
    private byte[] bytes = new byte[64];
    private int length;
    private int keyEnd;
    private int namespaceStart;

    /** Duplicates the serializers. */
    public KeyReader(
            TypeSerializer<K> keySerializer,
            TypeSerializer<N> namespaceSerializer,
            int numberOfKeyGroups) {
        this.keySerializer = keySerializer.duplicate();
        this.namespaceSerializer = namespaceSerializer.duplicate();
        this.keyGroupBytes =
                CompositeKeySerializationUtils.computeRequiredBytesInKeyGroupPrefix(
                        numberOfKeyGroups);
        this.ambiguous =
                CompositeKeySerializationUtils.isAmbiguousKeyPossible(
                        keySerializer, namespaceSerializer);
    }

    /** Makes a copy of the row the current one. */
    public KeyReader<K, N> set(Slice row) {
        if (bytes.length < row.length()) {
            bytes = new byte[Math.max(row.length(), 2 * bytes.length)];
        }
        row.copyTo(bytes, 0);
        length = row.length();
        return this;
    }

    /** The current row: {@code [0, length)} of the array, valid until the next set. */
    public byte[] array() {
        return bytes;
    }

    public int length() {
        return length;
    }

    /** Bytes of the key group at the start of every row. */
    public int keyGroupBytes() {
        return keyGroupBytes;
    }

    /** Reads the key, and finds where the namespace starts. */
    public K readKey() throws IOException {
        in.setBuffer(bytes, keyGroupBytes, length - keyGroupBytes);
        K key = keySerializer.deserialize(in);
        keyEnd = in.getPosition();
        if (ambiguous) {
            CompositeKeySerializationUtils.readVariableIntBytes(in, keyEnd - keyGroupBytes);
        }
        namespaceStart = in.getPosition();
        return key;
    }

    /** Reads the namespace; after {@link #readKey}. */
    public N readNamespace() throws IOException {
        return CompositeKeySerializationUtils.readNamespace(namespaceSerializer, in, ambiguous);
    }

    /** Where the key's own bytes end; after {@link #readKey}. */
    public int keyEnd() {
        return keyEnd;
    }

    /** Where the user key starts; after {@link #readNamespace}. */
    public int position() {
        return in.getPosition();
    }

    /** Length of key group, key and namespace: what groups the rows of one map. */
    public int prefixLength() throws IOException {
        readKey();
        readNamespace();
        return position();
    }

    /** The current row as an engine key whose prefix is key group, key and namespace. */
    public KeyBuffer toMapKey(KeyBuffer target) throws IOException {
        return target.set(bytes, 0, length, prefixLength());
    }

    /** The bytes that a namespace has in rows, its length behind it where rows carry it. */
    public byte[] namespaceBytes(N namespace) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(16);
        CompositeKeySerializationUtils.writeNameSpace(
                namespace, namespaceSerializer, out, ambiguous);
        return out.getCopyOfBuffer();
    }

    /** Whether the row goes on with these bytes behind its key; after {@link #readKey}. */
    public boolean hasNamespace(byte[] namespaceBytes) {
        int end = namespaceStart + namespaceBytes.length;
        return end <= length
                && Arrays.equals(
                        bytes, namespaceStart, end, namespaceBytes, 0, namespaceBytes.length);
    }

    /** End of the namespace of that many bytes; after {@link #readKey}. */
    public int endOfNamespace(byte[] namespaceBytes) {
        return namespaceStart + namespaceBytes.length;
    }
}
