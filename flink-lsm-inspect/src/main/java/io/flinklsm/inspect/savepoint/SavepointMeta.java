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
package io.flinklsm.inspect.savepoint;

import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryBinding;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import io.flinklsm.core.manifest.TreeNames;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a file of a canonical savepoint begins with: its states and their types.
 *
 * <pre>
 * meta  = 6:int compressed:bool key:serializer count:short state*
 * state = name:utf kind:int count:int (option:utf value:utf)* count:int (role:utf serializer)*
 * serializer = 2:int snapshot
 * </pre>
 *
 * @param isCompressed whether key groups are compressed
 * @param states by the numbers that stand before their rows
 */
public record SavepointMeta(boolean isCompressed, List<State> states) {

    /**
     * @param treeName as a store of ours would call it
     */
    public record State(String treeName, EntryColumns columns) {}

    private static final int VERSION = 6;

    /** A file with more columns than this is told as bytes, as the backend does it. */
    private static final int MAX_LEAVES = 256;

    public SavepointMeta {
        states = List.copyOf(states);
    }

    /** Is told where serializers stand. */
    interface SerializerSink {

        /** Does not want to know. */
        SerializerSink NONE =
                new SerializerSink() {
                    @Override
                    public void starts() {}

                    @Override
                    public void accept(String state, String role) {}
                };

        /** Before one is read. */
        void starts();

        /**
         * After one was read.
         *
         * @param state empty for the serializer of all keys
         */
        void accept(String state, String role);
    }

    /**
     * @throws SnapshotReader.MalformedException if it is none, or a serializer is of a kind of
     *     which the end is not known
     */
    static SavepointMeta read(DataInputStream in, int keyGroupBytes) throws IOException {
        return read(in, keyGroupBytes, SerializerSink.NONE);
    }

    static SavepointMeta read(DataInputStream in, int keyGroupBytes, SerializerSink sink)
            throws IOException {
        int version = in.readInt();
        if (version != VERSION) {
            throw new SnapshotReader.MalformedException(
                    "version=" + version + ", known=" + VERSION);
        }
        boolean isCompressed = in.readBoolean();
        sink.starts();
        SerializerInfo key = StateInfo.serializer(in, "of the keys");
        sink.accept("", "KEY_SERIALIZER");
        int count = in.readShort();
        if (count < 0) {
            throw new SnapshotReader.MalformedException("states=" + count);
        }
        List<State> states = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            states.add(state(in, key, keyGroupBytes, sink));
        }
        return new SavepointMeta(isCompressed, states);
    }

    private static State state(
            DataInputStream in, SerializerInfo key, int keyGroupBytes, SerializerSink sink)
            throws IOException {
        StateInfo info = StateInfo.read(in, sink);
        String name = info.name();
        int kind = info.kind();
        if (kind != StateInfo.KEY_VALUE && kind != StateInfo.QUEUE) {
            throw new SnapshotReader.MalformedException(
                    "a kind of state that savepoints do not have: state=" + name + ", " + kind);
        }
        SerializerInfo value = info.serializer("VALUE_SERIALIZER");
        if (kind == StateInfo.QUEUE) {
            return new State(
                    TreeNames.ofQueue(name),
                    new EntryColumns(
                            StateKind.QUEUE,
                            keyGroupBytes,
                            false,
                            bounded(value.type()),
                            ColumnTypes.nothing(),
                            null,
                            null));
        }
        SerializerInfo namespace = info.serializer("NAMESPACE_SERIALIZER");
        String type = info.options().getOrDefault("KEYED_STATE_TYPE", "");
        return new State(
                TreeNames.ofState(name), columns(type, keyGroupBytes, key, namespace, value));
    }

    /** As the backend describes states, from serializers. */
    private static EntryColumns columns(
            String type,
            int keyGroupBytes,
            SerializerInfo key,
            SerializerInfo namespace,
            SerializerInfo value) {
        StateKind kind =
                switch (type) {
                    case "LIST" -> StateKind.LIST;
                    case "MAP" -> StateKind.MAP;
                    case "REDUCING" -> StateKind.REDUCING;
                    case "AGGREGATING" -> StateKind.AGGREGATING;
                    default -> StateKind.VALUE;
                };
        boolean hasLengths = key.length() < 0 && namespace.length() < 0;
        ColumnType keyType = bounded(key.type());
        ColumnType namespaceType = bounded(namespace.type());
        if (kind == StateKind.MAP && value.is("MapSerializerSnapshot")) {
            List<ColumnType> parts = value.partTypes();
            return new EntryColumns(
                    kind,
                    keyGroupBytes,
                    hasLengths,
                    keyType,
                    namespaceType,
                    bounded(parts.get(0)),
                    bounded(ColumnTypes.nullable(parts.get(1))));
        }
        ColumnType valueType =
                kind == StateKind.LIST && value.is("ListSerializerSnapshot")
                        ? ColumnTypes.delimited(value.partTypes().get(0))
                        : value.type();
        return new EntryColumns(
                kind, keyGroupBytes, hasLengths, keyType, namespaceType, null, bounded(valueType));
    }

    /** A type that has as many columns as a table may have; else it is told as bytes. */
    static ColumnType bounded(ColumnType type) {
        try {
            ColumnType read = ColumnType.parse(type.toString());
            int leaves = EntryBinding.countLeaves(read);
            return leaves <= MAX_LEAVES
                    ? read
                    : ColumnTypes.opaque("", "has more than " + MAX_LEAVES + " columns: " + leaves);
        } catch (IllegalArgumentException e) {
            return ColumnTypes.opaque("", "has no text that can be read: " + e.getMessage());
        }
    }
}
