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
package io.flinklsm.statebackend.registry;

import io.flinklsm.core.LsmTree;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.statebackend.key.RowFormat;
import io.flinklsm.statebackend.key.RowReader;
import java.io.IOException;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.state.CompositeKeySerializationUtils;
import org.apache.flink.runtime.state.RegisteredKeyValueStateBackendMetaInfo;
import org.apache.flink.runtime.state.ttl.TtlAwareSerializer;
import org.apache.flink.runtime.state.ttl.TtlAwareSerializer.TtlAwareListSerializer;
import org.apache.flink.runtime.state.ttl.TtlAwareSerializer.TtlAwareMapSerializer;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.apache.flink.util.StateMigrationException;

/**
 * Rewrites every entry of a state whose schema has changed, from a stable scan of the tree into the
 * tree itself. Eager: when it returns, no entry of the old schema is visible. Also turns TTL on and
 * off. An interrupt of the task thread ends it between two entries.
 */
public final class StateMigration {

    private final TypeSerializer<?> keySerializer;
    private final int numberOfKeyGroups;
    private final TtlTimeProvider ttlTimeProvider;

    public StateMigration(
            TypeSerializer<?> keySerializer,
            int numberOfKeyGroups,
            TtlTimeProvider ttlTimeProvider) {
        this.keySerializer = keySerializer;
        this.numberOfKeyGroups = numberOfKeyGroups;
        this.ttlTimeProvider = ttlTimeProvider;
    }

    /** Rewrites one row's value. */
    private interface ValueRewriter {
        void rewrite(DataInputDeserializer in, DataOutputSerializer out) throws IOException;
    }

    <N, V> void migrateValues(
            RegisteredState state,
            RegisteredKeyValueStateBackendMetaInfo<N, V> metaInfo,
            StateDescriptor.Type type)
            throws IOException, StateMigrationException {
        TtlAwareSerializer<?, ?> before =
                TtlAwareSerializer.wrapTtlAwareSerializer(metaInfo.getPreviousStateSerializer());
        TtlAwareSerializer<?, ?> now =
                TtlAwareSerializer.wrapTtlAwareSerializer(metaInfo.getStateSerializer());
        ValueRewriter rewriter =
                switch (type) {
                    case LIST ->
                            ofList(
                                    ((TtlAwareListSerializer<?>) before).getElementSerializer(),
                                    ((TtlAwareListSerializer<?>) now).getElementSerializer());
                    case MAP -> {
                        checkUserKeys(state, metaInfo);
                        yield ofMap(
                                ((TtlAwareMapSerializer<?, ?>) before).getValueSerializer(),
                                ((TtlAwareMapSerializer<?, ?>) now).getValueSerializer());
                    }
                    default -> ofValue(before, now);
                };
        RowReader<?, N> rows =
                new RowReader<>(
                        keySerializer, metaInfo.getNamespaceSerializer(), numberOfKeyGroups);
        rewriteAll(state.tree(), rows, type == StateDescriptor.Type.MAP, rewriter);
    }

    private static void rewriteAll(
            LsmTree tree, RowReader<?, ?> rows, boolean map, ValueRewriter rewriter)
            throws IOException {
        DataInputDeserializer in = new DataInputDeserializer();
        DataOutputSerializer out = new DataOutputSerializer(128);
        KeyBuffer key = new KeyBuffer();
        try (EntryCursor cursor = tree.scan(KeyRange.ALL)) {
            while (cursor.next()) {
                checkInterrupt(tree);
                rows.set(cursor.key());
                if (map) {
                    rows.toMapKey(key);
                } else {
                    key.set(rows.array(), 0, rows.length());
                }
                in.setBuffer(cursor.copyValue());
                out.clear();
                rewriter.rewrite(in, out);
                tree.put(key, out.getSharedBuffer(), 0, out.length());
            }
        }
    }

    private static void checkInterrupt(LsmTree tree) throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            throw new IOException(
                    "[" + tree.name() + "] interrupted while the state's entries were migrated");
        }
    }

    @SuppressWarnings("unchecked")
    private <T> void rewriteOne(
            TtlAwareSerializer<?, ?> before,
            TtlAwareSerializer<?, ?> now,
            DataInputDeserializer in,
            DataOutputSerializer out)
            throws IOException {
        TtlAwareSerializer<T, ?> reader = (TtlAwareSerializer<T, ?>) before;
        ((TtlAwareSerializer<T, ?>) now)
                .migrateValueFromPriorSerializer(
                        reader, () -> reader.deserialize(in), out, ttlTimeProvider);
    }

    private ValueRewriter ofValue(TtlAwareSerializer<?, ?> before, TtlAwareSerializer<?, ?> now) {
        return (in, out) -> rewriteOne(before, now, in, out);
    }

    private ValueRewriter ofList(TtlAwareSerializer<?, ?> before, TtlAwareSerializer<?, ?> now) {
        return (in, out) -> {
            while (in.available() > 0) {
                if (out.length() > 0) {
                    out.write(RowFormat.LIST_DELIMITER);
                }
                rewriteOne(before, now, in, out);
                if (in.available() > 0) {
                    in.skipBytesToRead(1);
                }
            }
        };
    }

    private ValueRewriter ofMap(TtlAwareSerializer<?, ?> before, TtlAwareSerializer<?, ?> now) {
        return (in, out) -> {
            boolean isNull = in.readBoolean();
            out.writeBoolean(isNull);
            if (!isNull) {
                rewriteOne(before, now, in, out);
            }
        };
    }

    /** User keys are parts of rows' keys: they stay as they are or the state is refused. */
    private static <N, V> void checkUserKeys(
            RegisteredState state, RegisteredKeyValueStateBackendMetaInfo<N, V> metaInfo)
            throws StateMigrationException {
        TypeSerializerSnapshot<V> before = metaInfo.getPreviousStateSerializerSnapshot();
        if (!(before instanceof MapSerializerSnapshot<?, ?> map)
                || !areUserKeysUnchanged(
                        (MapSerializer<?, ?>) (TypeSerializer<?>) metaInfo.getStateSerializer(),
                        map)) {
            throw new StateMigrationException(
                    "["
                            + state.name()
                            + "] the schema of the map's user keys has changed: new="
                            + metaInfo.getStateSerializer()
                            + "; only the schema of its values may change");
        }
    }

    @SuppressWarnings("unchecked")
    private static <U> boolean areUserKeysUnchanged(
            MapSerializer<U, ?> now, MapSerializerSnapshot<?, ?> before) {
        return now.getKeySerializer()
                .snapshotConfiguration()
                .resolveSchemaCompatibility(
                        (TypeSerializerSnapshot<U>) before.getKeySerializerSnapshot())
                .isCompatibleAsIs();
    }

    /** Elements are the keys of a queue's rows, behind the key group. */
    <T> void migrateElements(LsmTree tree, TypeSerializer<T> before, TypeSerializer<T> now)
            throws IOException {
        int keyGroupBytes =
                CompositeKeySerializationUtils.computeRequiredBytesInKeyGroupPrefix(
                        numberOfKeyGroups);
        DataInputDeserializer in = new DataInputDeserializer();
        DataOutputSerializer out = new DataOutputSerializer(64);
        KeyBuffer key = new KeyBuffer();
        try (EntryCursor obsolete = tree.scan(KeyRange.ALL);
                EntryCursor elements = tree.scan(KeyRange.ALL)) {
            // All old rows go before the first new one comes: a new row may equal an old one.
            while (obsolete.next()) {
                checkInterrupt(tree);
                Slice row = obsolete.key();
                tree.delete(key.set(row, row.length()));
            }
            while (elements.next()) {
                checkInterrupt(tree);
                byte[] row = elements.key().toBytes();
                in.setBuffer(row, keyGroupBytes, row.length - keyGroupBytes);
                T element = before.deserialize(in);
                out.clear();
                out.write(row, 0, keyGroupBytes);
                now.serialize(element, out);
                key.set(out.getSharedBuffer(), 0, out.length());
                tree.put(key, row, 0, 0);
            }
        }
    }
}
