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

import io.flinklsm.core.LsmTree;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.statebackend.key.StateKey;
import io.flinklsm.statebackend.life.BackendLife;
import io.flinklsm.statebackend.text.ArrayInput;
import io.flinklsm.statebackend.text.TextSerializers;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.queryablestate.client.state.serialization.KvStateSerializer;
import org.apache.flink.runtime.state.CompositeKeySerializationUtils;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.SerializedCompositeKeyBuilder;
import org.apache.flink.runtime.state.internal.InternalKvState;
import org.apache.flink.util.FlinkRuntimeException;
import org.jspecify.annotations.Nullable;

/**
 * One keyed state over one tree. Confined to the task thread, except {@link #getSerializedValue},
 * which serves queryable state from any thread and therefore touches none of the shared buffers.
 *
 * @param <K> type of the keys
 * @param <N> type of the namespaces
 * @param <V> type that is stored under one key and namespace
 */
abstract class AbstractLsmState<K, N, V> implements InternalKvState<K, N, V> {

    // Immutable.
    final LsmTree tree;
    final StateKey<K, N> key;
    final ValueBuffer value;
    final StateBuffers buffers;
    final ArrayInput in;
    private final int numberOfKeyGroups;
    private final BackendLife life;

    // Replaced when the state is registered again with a newer serializer.
    private TypeSerializer<V> valueSerializer;

    /** Writes and reads what that does. */
    private TypeSerializer<V> working;

    AbstractLsmState(
            StateContext<K> context,
            LsmTree tree,
            TypeSerializer<N> namespaceSerializer,
            TypeSerializer<V> valueSerializer) {
        this.tree = tree;
        this.key = new StateKey<>(context.currentKey(), namespaceSerializer);
        this.buffers = context.buffers();
        this.value = buffers.value;
        this.in = buffers.in;
        this.numberOfKeyGroups = context.numberOfKeyGroups();
        this.life = context.life();
        this.valueSerializer = valueSerializer;
        this.working = TextSerializers.of(valueSerializer);
    }

    @Override
    public final TypeSerializer<K> getKeySerializer() {
        return key.keySerializer();
    }

    @Override
    public final TypeSerializer<N> getNamespaceSerializer() {
        return key.namespaceSerializer();
    }

    @Override
    public final TypeSerializer<V> getValueSerializer() {
        return valueSerializer;
    }

    void setValueSerializer(TypeSerializer<V> serializer) {
        valueSerializer = serializer;
        working = TextSerializers.of(serializer);
    }

    @Override
    public final void setCurrentNamespace(N namespace) {
        key.setNamespace(namespace);
    }

    @Override
    public void clear() {
        try {
            tree.delete(key.row());
        } catch (IOException e) {
            throw failure("the entry of the current key could not be removed", e);
        }
    }

    /** Incremental TTL clean-up is compaction's work here; Flink asks, and goes without. */
    @Override
    public final StateIncrementalVisitor<K, N, V> getStateIncrementalVisitor(int limit) {
        throw new UnsupportedOperationException(
                "["
                        + tree.name()
                        + "] expired entries are dropped by compaction; there is no incremental"
                        + " clean-up to ask for");
    }

    @Override
    public final byte @Nullable [] getSerializedValue(
            byte[] serializedKeyAndNamespace,
            TypeSerializer<K> safeKeySerializer,
            TypeSerializer<N> safeNamespaceSerializer,
            TypeSerializer<V> safeValueSerializer)
            throws Exception {
        Tuple2<K, N> keyAndNamespace =
                KvStateSerializer.deserializeKeyAndNamespace(
                        serializedKeyAndNamespace, safeKeySerializer, safeNamespaceSerializer);
        SerializedCompositeKeyBuilder<K> builder =
                new SerializedCompositeKeyBuilder<>(
                        safeKeySerializer,
                        CompositeKeySerializationUtils.computeRequiredBytesInKeyGroupPrefix(
                                numberOfKeyGroups),
                        32);
        builder.setKeyAndKeyGroup(
                keyAndNamespace.f0,
                KeyGroupRangeAssignment.assignToKeyGroup(keyAndNamespace.f0, numberOfKeyGroups));
        byte[] row =
                builder.buildCompositeKeyNamespace(keyAndNamespace.f1, safeNamespaceSerializer);
        // The lease keeps the store open; the task may end at any time.
        try (BackendLife.Lease lease = life.acquire()) {
            return query(new KeyBuffer().set(row, 0, row.length), safeValueSerializer);
        }
    }

    /** The serialised form for queryable state, or null; any thread. */
    byte @Nullable [] query(KeyBuffer row, TypeSerializer<V> safeValueSerializer)
            throws IOException {
        ValueBuffer result = new ValueBuffer();
        return tree.get(row, result) ? result.takeBytes() : null;
    }

    /** Reads a value that is the whole of a row's bytes; null if there is none. */
    final @Nullable V read(KeyBuffer row) throws IOException {
        if (!tree.getAsWriter(row, value)) {
            return null;
        }
        in.setBuffer(value.array(), 0, value.length());
        V read = working.deserialize(in);
        buffers.giveUpLarge();
        return read;
    }

    /** Stores a value as the whole of a row's bytes. */
    final void write(KeyBuffer row, V newValue) throws IOException {
        DataOutputSerializer out = buffers.emptyOut();
        working.serialize(newValue, out);
        tree.put(row, out.getSharedBuffer(), 0, out.length());
        buffers.giveUpLarge();
    }

    final FlinkRuntimeException failure(String what, Exception cause) {
        return new FlinkRuntimeException(
                "[" + tree.name() + "] " + what + "; the cause tells what to mend", cause);
    }
}
