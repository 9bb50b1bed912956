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
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.statebackend.key.EntryFormat;
import io.flinklsm.statebackend.text.TextSerializers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.state.internal.InternalListState;
import org.jspecify.annotations.Nullable;

/**
 * A list for each key and namespace: its elements serialised one after another with a delimiter
 * between. Adding is a merge operand and reads nothing. An empty list is no row.
 */
final class LsmListState<K, N, E> extends AbstractLsmState<K, N, List<E>>
        implements InternalListState<K, N, E> {

    /** Many elements are written in pieces of about this size: the list is not serialised whole. */
    private static final int PIECE_BYTES = 4 << 20;

    private static final String NULL_LIST = "a list state takes no null list";
    static final String NULL_ELEMENT = "a list state takes no null element";

    private final KeyBuffer sourceRow = new KeyBuffer();
    private TypeSerializer<E> elementSerializer;
    private @Nullable NumberList numbers;

    LsmListState(
            StateContext<K> context,
            LsmTree tree,
            TypeSerializer<N> namespaceSerializer,
            TypeSerializer<List<E>> listSerializer) {
        super(context, tree, namespaceSerializer, listSerializer);
        elementSerializer = elementsOf(listSerializer);
        numbers = NumberList.of(elementSerializer);
    }

    private static <E> TypeSerializer<E> elementsOf(TypeSerializer<List<E>> listSerializer) {
        return TextSerializers.of(((ListSerializer<E>) listSerializer).getElementSerializer());
    }

    @Override
    void setValueSerializer(TypeSerializer<List<E>> serializer) {
        super.setValueSerializer(serializer);
        elementSerializer = elementsOf(serializer);
        numbers = NumberList.of(elementSerializer);
    }

    @Override
    public @Nullable Iterable<E> get() throws IOException {
        return getInternal();
    }

    @Override
    public @Nullable List<E> getInternal() throws IOException {
        if (!tree.getAsWriter(key.row(), value)) {
            return null;
        }
        List<E> elements = new ArrayList<>();
        in.setBuffer(value.array(), 0, value.length());
        while (in.available() > 0) {
            elements.add(elementSerializer.deserialize(in));
            if (in.available() > 0) {
                in.skipBytesToRead(1);
            }
        }
        buffers.giveUpLarge();
        return elements;
    }

    @Override
    public void add(E element) throws IOException {
        Objects.requireNonNull(element, NULL_ELEMENT);
        DataOutputSerializer out = buffers.emptyOut();
        elementSerializer.serialize(element, out);
        tree.merge(key.row(), out.getSharedBuffer(), 0, out.length());
        buffers.giveUpLarge();
    }

    @Override
    public void addAll(List<E> elements) throws IOException {
        Objects.requireNonNull(elements, NULL_LIST);
        if (!elements.isEmpty()) {
            write(elements, false);
        }
    }

    @Override
    public void update(List<E> elements) throws IOException {
        updateInternal(elements);
    }

    @Override
    public void updateInternal(List<E> elements) throws IOException {
        Objects.requireNonNull(elements, NULL_LIST);
        if (elements.isEmpty()) {
            clear();
        } else {
            write(elements, true);
        }
    }

    /** Moves the sources' elements behind the target's; nothing is deserialised. */
    @Override
    public void mergeNamespaces(N target, @Nullable Collection<N> sources) throws IOException {
        if (sources == null || sources.isEmpty()) {
            return;
        }
        key.setNamespace(target);
        for (N source : sources) {
            if (source == null || source.equals(target)) {
                continue;
            }
            key.rowOf(source, sourceRow);
            tree.moveBehind(key.row(), sourceRow);
        }
    }

    /**
     * Writes at least one element, in pieces: the first is put or merged, the others are merged.
     *
     * @param isNew whether the elements replace what is there
     */
    private void write(List<E> elements, boolean isNew) throws IOException {
        KeyBuffer row = key.row();
        DataOutputSerializer out = buffers.emptyOut();
        if (numbers != null && numbers.isWritten(elements, out)) {
            writePiece(row, out, isNew);
            return;
        }
        // Before anything is written: of a list with a null element nothing is.
        for (E element : elements) {
            Objects.requireNonNull(element, NULL_ELEMENT);
        }
        boolean isPut = isNew;
        boolean isBegun = false;
        for (E element : elements) {
            if (isBegun && out.length() >= PIECE_BYTES) {
                writePiece(row, out, isPut);
                out = buffers.emptyOut();
                isPut = false;
                isBegun = false;
            }
            if (isBegun) {
                out.write(EntryFormat.LIST_DELIMITER);
            }
            isBegun = true;
            elementSerializer.serialize(element, out);
        }
        writePiece(row, out, isPut);
    }

    private void writePiece(KeyBuffer row, DataOutputSerializer out, boolean isPut)
            throws IOException {
        if (isPut) {
            tree.put(row, out.getSharedBuffer(), 0, out.length());
        } else {
            tree.merge(row, out.getSharedBuffer(), 0, out.length());
        }
        buffers.giveUpLarge();
    }
}
