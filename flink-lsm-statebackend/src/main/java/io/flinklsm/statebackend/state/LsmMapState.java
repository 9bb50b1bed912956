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
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.statebackend.key.MapValues;
import io.flinklsm.statebackend.text.ArrayInput;
import io.flinklsm.statebackend.text.TextSerializers;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.queryablestate.client.state.serialization.KvStateSerializer;
import org.apache.flink.runtime.state.internal.InternalMapState;
import org.jspecify.annotations.Nullable;

/**
 * A map for each key and namespace: a row for each of its entries, the user key behind the
 * namespace; the value is as {@link MapValues} says. Iterates in unsigned byte order of the
 * serialised user keys, page by page, see {@link MapPages}.
 */
final class LsmMapState<K, N, U, V> extends AbstractLsmState<K, N, Map<U, V>>
        implements InternalMapState<K, N, U, V> {

    private static final int KEPT_SCRATCH_BYTES_MAX = 2 << 20;

    /** Keeps queries of other threads, which walk the map, and writes apart; null if none come. */
    private final @Nullable Object queryLock;

    /** Where pages of an iteration are put together, within one call. */
    private ValueBuffer pageScratch = new ValueBuffer(256);

    private TypeSerializer<U> userKeySerializer;
    private TypeSerializer<V> userValueSerializer;

    LsmMapState(
            StateContext<K> context,
            LsmTree tree,
            TypeSerializer<N> namespaceSerializer,
            TypeSerializer<Map<U, V>> mapSerializer,
            boolean queryable) {
        super(context, tree, namespaceSerializer, mapSerializer);
        queryLock = queryable ? new Object() : null;
        MapSerializer<U, V> parts = (MapSerializer<U, V>) mapSerializer;
        userKeySerializer = TextSerializers.of(parts.getKeySerializer());
        userValueSerializer = TextSerializers.of(parts.getValueSerializer());
    }

    @Override
    void setValueSerializer(TypeSerializer<Map<U, V>> serializer) {
        super.setValueSerializer(serializer);
        MapSerializer<U, V> parts = (MapSerializer<U, V>) serializer;
        userKeySerializer = TextSerializers.of(parts.getKeySerializer());
        userValueSerializer = TextSerializers.of(parts.getValueSerializer());
    }

    @Override
    public @Nullable V get(U userKey) throws IOException {
        if (!tree.getAsWriter(key.entry(userKey, userKeySerializer), value)) {
            return null;
        }
        V userValue = readUserValue(value.array(), 0, value.length());
        buffers.giveUpLarge();
        return userValue;
    }

    @Override
    public void put(U userKey, @Nullable V userValue) throws IOException {
        writeEntry(key.entry(userKey, userKeySerializer), userValue);
    }

    @Override
    public void putAll(@Nullable Map<U, V> map) throws IOException {
        if (map != null) {
            for (Map.Entry<U, V> entry : map.entrySet()) {
                put(entry.getKey(), entry.getValue());
            }
        }
    }

    @Override
    public void remove(U userKey) throws IOException {
        delete(key.entry(userKey, userKeySerializer));
    }

    @Override
    public boolean contains(U userKey) throws IOException {
        return tree.contains(key.entry(userKey, userKeySerializer));
    }

    @Override
    public boolean isEmpty() throws IOException {
        return !tree.hasPrefix(key.prefix());
    }

    @Override
    public void clear() {
        try {
            KeyBuffer prefix = key.prefix();
            KeyBuffer row = new KeyBuffer();
            // However large the map is: the cursor holds none of the memory that deletes may need.
            try (EntryCursor cursor = tree.scanPrefix(prefix)) {
                while (cursor.next()) {
                    delete(row.set(cursor.key(), prefix.length()));
                }
            }
        } catch (IOException e) {
            throw failure("the map of the current key could not be cleared", e);
        }
    }

    @Override
    public Iterable<Map.Entry<U, V>> entries() {
        return this::iterator;
    }

    @Override
    public Iterator<Map.Entry<U, V>> iterator() {
        return new PageIterator<U, V, Map.Entry<U, V>>(openPages()) {
            @Override
            Map.Entry<U, V> current(MapPages<U, V> at) {
                return at.entry();
            }
        };
    }

    @Override
    public Iterable<U> keys() {
        return () ->
                new PageIterator<U, V, U>(openPages()) {
                    @Override
                    U current(MapPages<U, V> at) {
                        return at.key();
                    }
                };
    }

    // A null value is one that the user has put.
    @Override
    @SuppressWarnings("NullAway")
    public Iterable<V> values() {
        return () ->
                new PageIterator<U, V, V>(openPages()) {
                    @Override
                    V current(MapPages<U, V> at) {
                        return at.value();
                    }
                };
    }

    private MapPages<U, V> openPages() {
        try {
            return new MapPages<>(this, tree, key.prefix());
        } catch (IOException e) {
            throw failure("the map of the current key could not be read", e);
        }
    }

    /** An empty buffer for a page; its array is kept unless it is very large. */
    ValueBuffer pageScratch() {
        if (pageScratch.array().length > KEPT_SCRATCH_BYTES_MAX) {
            pageScratch = new ValueBuffer(256);
        }
        return pageScratch.clear();
    }

    /** What the three iterations share. */
    private abstract static class PageIterator<U, V, T> implements Iterator<T> {

        private final MapPages<U, V> pages;

        private PageIterator(MapPages<U, V> pages) {
            this.pages = pages;
        }

        /** What the iteration shows of the entry that the pages have moved to. */
        abstract T current(MapPages<U, V> at);

        @Override
        public boolean hasNext() {
            return pages.hasNext();
        }

        @Override
        public T next() {
            pages.advance();
            return current(pages);
        }

        @Override
        public void remove() {
            pages.remove();
        }
    }

    /** Stores an entry's value. */
    void writeEntry(KeyBuffer row, @Nullable V userValue) throws IOException {
        DataOutputSerializer out = buffers.emptyOut();
        MapValues.write(userValue, userValueSerializer, out);
        if (queryLock == null) {
            tree.put(row, out.getSharedBuffer(), 0, out.length());
        } else {
            synchronized (queryLock) {
                tree.put(row, out.getSharedBuffer(), 0, out.length());
            }
        }
        buffers.giveUpLarge();
    }

    /** Removes an entry. */
    void delete(KeyBuffer row) throws IOException {
        if (queryLock == null) {
            tree.delete(row);
        } else {
            synchronized (queryLock) {
                tree.delete(row);
            }
        }
    }

    U readUserKey(byte[] bytes, int from, int byteCount) {
        try {
            in.setBuffer(bytes, from, byteCount);
            return userKeySerializer.deserialize(in);
        } catch (IOException e) {
            throw failure("a user key could not be deserialised", e);
        }
    }

    @Nullable V readUserValue(byte[] bytes, int from, int byteCount) {
        try {
            in.setBuffer(bytes, from, byteCount);
            return MapValues.read(in, userValueSerializer);
        } catch (IOException e) {
            throw failure("a value of a map could not be deserialised", e);
        }
    }

    @Override
    byte @Nullable [] query(KeyBuffer row, TypeSerializer<Map<U, V>> safeValueSerializer)
            throws IOException {
        if (queryLock == null) {
            return readAll(row, safeValueSerializer);
        }
        synchronized (queryLock) {
            return readAll(row, safeValueSerializer);
        }
    }

    private byte @Nullable [] readAll(KeyBuffer row, TypeSerializer<Map<U, V>> safeValueSerializer)
            throws IOException {
        MapSerializer<U, V> parts = (MapSerializer<U, V>) safeValueSerializer;
        ArrayInput input = new ArrayInput();
        Map<U, V> map = new LinkedHashMap<>();
        try (EntryCursor cursor = tree.scanPrefix(row)) {
            while (cursor.next()) {
                byte[] rowBytes = cursor.key().toBytes();
                input.setBuffer(rowBytes, row.length(), rowBytes.length - row.length());
                U userKey = parts.getKeySerializer().deserialize(input);
                input.setBuffer(cursor.copyValue());
                map.put(userKey, MapValues.read(input, parts.getValueSerializer()));
            }
        }
        return map.isEmpty()
                ? null
                : KvStateSerializer.serializeMap(
                        map.entrySet(), parts.getKeySerializer(), parts.getValueSerializer());
    }
}
