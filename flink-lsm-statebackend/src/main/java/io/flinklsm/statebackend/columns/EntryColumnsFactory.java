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
package io.flinklsm.statebackend.columns;

import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryBinding;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.runtime.state.CompositeKeySerializationUtils;
import org.jspecify.annotations.Nullable;

/** Describes the columns of a backend's states and queues. Immutable: safe for any thread. */
public final class EntryColumnsFactory {

    /** More leaf columns than this cost more than they are worth: each has pages in every block. */
    static final int MAX_LEAVES = 256;

    private final TypeSerializer<?> keySerializer;
    private final int keyGroupBytes;

    public EntryColumnsFactory(TypeSerializer<?> keySerializer, int numberOfKeyGroups) {
        this.keySerializer = keySerializer;
        this.keyGroupBytes =
                CompositeKeySerializationUtils.computeRequiredBytesInKeyGroupPrefix(
                        numberOfKeyGroups);
    }

    /**
     * The columns of a key-value state.
     *
     * @param serializer of the state's values, of the whole list or of the whole map
     */
    public EntryColumns ofState(
            StateDescriptor.Type type,
            TypeSerializer<?> namespaceSerializer,
            TypeSerializer<?> serializer) {
        ColumnType mapKey = null;
        ColumnType value;
        if (type == StateDescriptor.Type.MAP && serializer instanceof MapSerializer<?, ?> map) {
            mapKey = SerializerTypes.of(map.getKeySerializer());
            value = ColumnTypes.nullable(SerializerTypes.ofValue(map.getValueSerializer()));
        } else if (type == StateDescriptor.Type.LIST
                && serializer instanceof ListSerializer<?> list) {
            value = ColumnTypes.delimited(SerializerTypes.ofValue(list.getElementSerializer()));
        } else {
            value = SerializerTypes.ofValue(serializer);
        }
        return checked(
                kind(type),
                CompositeKeySerializationUtils.isAmbiguousKeyPossible(
                        keySerializer, namespaceSerializer),
                SerializerTypes.of(keySerializer),
                SerializerTypes.of(namespaceSerializer),
                mapKey,
                value);
    }

    /** The columns of a queue: its elements are the keys of its entries. */
    public EntryColumns ofQueue(TypeSerializer<?> elementSerializer) {
        return checked(
                StateKind.QUEUE,
                false,
                SerializerTypes.of(elementSerializer),
                ColumnTypes.nothing(),
                null,
                null);
    }

    private static StateKind kind(StateDescriptor.Type type) {
        return switch (type) {
            case LIST -> StateKind.LIST;
            case MAP -> StateKind.MAP;
            case REDUCING -> StateKind.REDUCING;
            case AGGREGATING -> StateKind.AGGREGATING;
            default -> StateKind.VALUE;
        };
    }

    /** A reader of a file must be able to read the text of its columns, whatever the types. */
    private EntryColumns checked(
            StateKind kind,
            boolean hasLengths,
            ColumnType key,
            ColumnType namespace,
            @Nullable ColumnType mapKey,
            @Nullable ColumnType value) {
        return new EntryColumns(
                kind,
                keyGroupBytes,
                hasLengths,
                bounded(key),
                bounded(namespace),
                mapKey == null ? null : bounded(mapKey),
                value == null ? null : bounded(value));
    }

    private static ColumnType bounded(ColumnType type) {
        try {
            ColumnType read = ColumnType.parse(type.toString());
            int leaves = EntryBinding.countLeaves(read);
            // The type itself, since the text does not say how ends are found.
            return leaves <= MAX_LEAVES && read.equals(type)
                    ? type
                    : ColumnTypes.opaque("", "has more than " + MAX_LEAVES + " columns: " + leaves);
        } catch (IllegalArgumentException e) {
            return ColumnTypes.opaque("", "has no text that can be read: " + e.getMessage());
        }
    }
}
