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
package io.flinklsm.statebackend.snapshot;

import io.flinklsm.statebackend.key.MapValues;
import io.flinklsm.statebackend.registry.RegisteredState;
import io.flinklsm.statebackend.snapshot.CanonicalIterator.EntryTransform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.runtime.state.ListDelimitedSerializer;
import org.apache.flink.runtime.state.RegisteredKeyValueStateBackendMetaInfo;
import org.apache.flink.runtime.state.StateSnapshotTransformer;
import org.apache.flink.runtime.state.StateSnapshotTransformer.CollectionStateSnapshotTransformer;
import org.apache.flink.runtime.state.StateSnapshotTransformer.CollectionStateSnapshotTransformer.TransformStrategy;
import org.apache.flink.runtime.state.StateSnapshotTransformer.StateSnapshotTransformFactory;
import org.jspecify.annotations.Nullable;

/**
 * Applies Flink's snapshot transformers, which know values, list elements and map values, to rows
 * of a savepoint, which hold a value, a whole list, or a null flag and a map value.
 */
final class SavepointTransforms {

    private SavepointTransforms() {}

    /**
     * The transformation of one state for one savepoint; null if its rows are copied. Task thread;
     * the result is for one other thread.
     */
    static @Nullable EntryTransform of(RegisteredState state) {
        StateSnapshotTransformFactory<?> factory = state.transformFactory();
        StateDescriptor.Type type = state.type().orElse(null);
        if (type == null) {
            return null;
        }
        return switch (type) {
            case LIST ->
                    state.metaInfo() instanceof RegisteredKeyValueStateBackendMetaInfo<?, ?> meta
                                    && meta.getStateSerializer() instanceof ListSerializer<?> list
                            ? ofList(factory, list.getElementSerializer())
                            : null;
            case MAP ->
                    factory.createForSerializedState()
                            .map(SavepointTransforms::ofMapValue)
                            .orElse(null);
            default ->
                    factory.createForSerializedState()
                            .map(transformer -> (EntryTransform) transformer::filterOrTransform)
                            .orElse(null);
        };
    }

    @SuppressWarnings("unchecked")
    private static <T> @Nullable EntryTransform ofList(
            StateSnapshotTransformFactory<?> factory, TypeSerializer<T> elementSerializer) {
        TypeSerializer<T> serializer = elementSerializer.duplicate();
        return ((StateSnapshotTransformFactory<T>) factory)
                .createForDeserializedState()
                .map(
                        transformer ->
                                (EntryTransform) row -> transformList(row, transformer, serializer))
                .orElse(null);
    }

    private static <T> byte @Nullable [] transformList(
            byte[] row, StateSnapshotTransformer<T> transformer, TypeSerializer<T> serializer)
            throws IOException {
        boolean restIsFine =
                transformer instanceof CollectionStateSnapshotTransformer<T> collection
                        && collection.getFilterStrategy()
                                == TransformStrategy.STOP_ON_FIRST_INCLUDED;
        DataInputDeserializer in = new DataInputDeserializer(row);
        List<T> kept = new ArrayList<>();
        while (in.available() > 0) {
            int position = in.getPosition();
            T element =
                    transformer.filterOrTransform(
                            ListDelimitedSerializer.deserializeNextElement(in, serializer));
            if (element != null) {
                if (restIsFine) {
                    return Arrays.copyOfRange(row, position, row.length);
                }
                kept.add(element);
            }
        }
        return kept.isEmpty()
                ? null
                : new ListDelimitedSerializer().serializeList(kept, serializer);
    }

    /** Behind the null flag stands the time, also that of a null; a null without one goes. */
    private static EntryTransform ofMapValue(StateSnapshotTransformer<byte[]> transformer) {
        return row -> {
            if (row.length < MapValues.TIME_OFFSET + Long.BYTES) {
                return null;
            }
            byte[] value =
                    transformer.filterOrTransform(
                            Arrays.copyOfRange(row, MapValues.TIME_OFFSET, row.length));
            if (value == null) {
                return null;
            }
            byte[] result = new byte[MapValues.TIME_OFFSET + value.length];
            result[0] = row[0];
            System.arraycopy(value, 0, result, MapValues.TIME_OFFSET, value.length);
            return result;
        };
    }
}
