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
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.statebackend.key.EntryFormat;
import io.flinklsm.statebackend.key.KeyReader;
import io.flinklsm.statebackend.key.MapValues;
import io.flinklsm.statebackend.text.ArrayInput;
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
import org.apache.flink.runtime.state.ttl.TtlValue;
import org.apache.flink.util.StateMigrationException;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites every entry of a state whose schema has changed. Eager, and whole: when it returns, no
 * source of the tree holds an entry of the old schema, not even one that newer ones shadow, so what
 * works in the background (TTL filters, columns) meets none. Also turns TTL on and off. An
 * interrupt of the task thread ends it between two entries; what ends it early stops the store.
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
        void rewrite(ArrayInput in, DataOutputSerializer out) throws IOException;
    }

    /**
     * @param options of the tree with the new schema
     */
    <N, V> void migrateValues(
            RegisteredState state,
            TreeOptions options,
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
        KeyReader<?, N> rows =
                new KeyReader<>(
                        keySerializer, metaInfo.getNamespaceSerializer(), numberOfKeyGroups);
        LsmTree tree = state.tree();
        boolean map = type == StateDescriptor.Type.MAP;
        rewrite(tree, options, entries -> writeAll(entries, tree, rows, map, rewriter));
    }

    private static void rewrite(LsmTree tree, TreeOptions options, LsmTree.Rewriting rewriting)
            throws IOException {
        try {
            tree.rewrite(options, rewriting);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(tree, e);
        }
    }

    private static void writeAll(
            EntryCursor before,
            LsmTree tree,
            KeyReader<?, ?> rows,
            boolean map,
            ValueRewriter rewriter)
            throws IOException {
        ArrayInput in = new ArrayInput();
        DataOutputSerializer out = new DataOutputSerializer(128);
        KeyBuffer key = new KeyBuffer();
        while (before.next()) {
            checkInterrupt(tree);
            rows.set(before.key());
            if (map) {
                rows.toMapKey(key);
            } else {
                key.set(rows.array(), 0, rows.length());
            }
            byte[] value = before.copyValue();
            in.setBuffer(value);
            out.clear();
            try {
                rewriter.rewrite(in, out);
            } catch (IOException | RuntimeException e) {
                throw new IOException(
                        "["
                                + tree.name()
                                + "] an entry could not be migrated to the state's new schema:"
                                + " keyBytes="
                                + key.length()
                                + ", valueBytes="
                                + value.length
                                + ", "
                                + e
                                + "; restore with the serializer that wrote it",
                        e);
            }
            tree.put(key, out.getSharedBuffer(), 0, out.length());
        }
    }

    private static void checkInterrupt(LsmTree tree) throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            throw interrupted(tree, null);
        }
    }

    private static IOException interrupted(LsmTree tree, @Nullable InterruptedException cause) {
        return new IOException(
                "["
                        + tree.name()
                        + "] interrupted while the state's entries were migrated; the task is being"
                        + " stopped, so there is nothing to do",
                cause);
    }

    @SuppressWarnings("unchecked")
    private <T> void rewriteOne(
            TtlAwareSerializer<?, ?> before,
            TtlAwareSerializer<?, ?> now,
            ArrayInput in,
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
                    out.write(EntryFormat.LIST_DELIMITER);
                }
                rewriteOne(before, now, in, out);
                if (in.available() > 0) {
                    in.skipBytesToRead(1);
                }
            }
        };
    }

    @SuppressWarnings("unchecked")
    private ValueRewriter ofMap(TtlAwareSerializer<?, ?> before, TtlAwareSerializer<?, ?> now) {
        TypeSerializer<Object> reader = (TypeSerializer<Object>) before.getOriginalTypeSerializer();
        TypeSerializer<Object> writer = (TypeSerializer<Object>) now.getOriginalTypeSerializer();
        return (in, out) -> {
            Object value = MapValues.read(in, reader);
            Object userValue =
                    value instanceof TtlValue<?> ttl && before.isTtlEnabled()
                            ? ttl.getUserValue()
                            : value;
            if (!now.isTtlEnabled()) {
                MapValues.write(userValue, writer, out);
            } else if (value != null && before.isTtlEnabled()) {
                MapValues.write(value, writer, out);
            } else {
                // A null gets a time like any other value, and is there until it expires.
                MapValues.write(
                        new TtlValue<>(userValue, ttlTimeProvider.currentTimestamp()), writer, out);
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
    <T> void migrateElements(
            LsmTree tree, TreeOptions options, TypeSerializer<T> before, TypeSerializer<T> now)
            throws IOException {
        int keyGroupBytes =
                CompositeKeySerializationUtils.computeRequiredBytesInKeyGroupPrefix(
                        numberOfKeyGroups);
        DataInputDeserializer in = new DataInputDeserializer();
        DataOutputSerializer out = new DataOutputSerializer(64);
        KeyBuffer key = new KeyBuffer();
        rewrite(
                tree,
                options,
                elements -> {
                    while (elements.next()) {
                        checkInterrupt(tree);
                        byte[] row = elements.key().toBytes();
                        in.setBuffer(row, keyGroupBytes, row.length - keyGroupBytes);
                        T element = before.deserialize(in);
                        out.clear();
                        out.write(row, 0, keyGroupBytes);
                        now.serialize(element, out);
                        key.set(out.getSharedBuffer(), 0, out.length(), keyGroupBytes);
                        tree.put(key, row, 0, 0);
                    }
                });
    }
}
