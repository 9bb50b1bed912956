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
package io.flinklsm.statebackend.async;

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.read.PageRead;
import io.flinklsm.statebackend.key.StateKey;
import java.io.IOException;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.asyncprocessing.StateRequest;
import org.apache.flink.runtime.asyncprocessing.StateRequestHandler;
import org.apache.flink.runtime.asyncprocessing.StateRequestType;
import org.apache.flink.runtime.state.internal.InternalMapState;
import org.apache.flink.runtime.state.v2.AbstractMapState;
import org.jspecify.annotations.Nullable;

/**
 * A map for each key and namespace. Iterates page by page, in unsigned byte order of the serialised
 * user keys; a page is as of its own request. Clearing a map of which memory does not have
 * everything reads it on the task thread, since what comes after may depend on it.
 */
final class LsmAsyncMapState<K, N, U, V> extends AbstractMapState<K, N, U, V>
        implements AsyncState {

    /** Entries of the first page: most maps are smaller than this. */
    private static final int FIRST_PAGE_ENTRIES = 128;

    private static final int LARGEST_PAGE_ENTRIES = 2048;

    /** A page ends early at this size, so that large values do not pile up on the heap. */
    private static final int PAGE_BYTES = 1 << 20;

    private final StateReads<K, N, MapDecoder<U, V>> reads;
    private final InternalMapState<K, N, U, V> state;
    private final TypeSerializer<U> userKeySerializer;

    LsmAsyncMapState(
            StateRequestHandler handler,
            TypeSerializer<U> userKeySerializer,
            TypeSerializer<V> valueSerializer,
            StateReads<K, N, MapDecoder<U, V>> reads,
            InternalMapState<K, N, U, V> state) {
        super(handler, valueSerializer);
        this.reads = reads;
        this.state = state;
        this.userKeySerializer = userKeySerializer.duplicate();
    }

    @Override
    @SuppressWarnings("unchecked")
    public void execute(StateRequest<?, ?, ?, ?> request) throws Exception {
        StateKey<K, N> key = reads.select(request);
        Object payload = request.getPayload();
        switch (request.getRequestType()) {
            case MAP_GET ->
                    reads.get(
                            request, key.entry((U) payload, userKeySerializer), MapDecoder::value);
            case MAP_CONTAINS ->
                    reads.get(
                            request,
                            key.entry((U) payload, userKeySerializer),
                            (decoder, isFound, value) -> isFound);
            case MAP_IS_EMPTY -> isEmpty(request, key.prefix());
            case MAP_ITER, MAP_ITER_KEY, MAP_ITER_VALUE ->
                    iterate(
                            request,
                            key.prefix(),
                            null,
                            request.getRequestType(),
                            FIRST_PAGE_ENTRIES);
            case ITERATOR_LOADING -> iterateOn(request, key, (LoadedIterator.Continuation) payload);
            default -> {
                write(request, payload);
                StateReads.complete(request, null);
            }
        }
    }

    @SuppressWarnings("unchecked")
    private void write(StateRequest<?, ?, ?, ?> request, @Nullable Object payload)
            throws Exception {
        switch (request.getRequestType()) {
            case MAP_PUT -> {
                Tuple2<U, V> entry = (Tuple2<U, V>) Objects.requireNonNull(payload);
                state.put(entry.f0, entry.f1);
            }
            case MAP_PUT_ALL -> state.putAll((Map<U, V>) payload);
            case MAP_REMOVE -> state.remove((U) payload);
            case CLEAR -> state.clear();
            default -> throw StateReads.unknown(request);
        }
    }

    private void isEmpty(StateRequest<?, ?, ?, ?> request, KeyBuffer prefix) throws IOException {
        Boolean known = reads.tree().findPrefix(prefix);
        if (known == null) {
            reads.getPage(
                    request,
                    prefix,
                    null,
                    1,
                    PAGE_BYTES,
                    (decoder, page) -> page.page().length() == 0);
        } else {
            reads.answered(request, !known);
        }
    }

    private void iterateOn(
            StateRequest<?, ?, ?, ?> request,
            StateKey<K, N> key,
            LoadedIterator.Continuation continuation)
            throws IOException {
        KeyBuffer prefix = key.prefix();
        byte[] behind = continuation.behind().userKey();
        KeyBuffer after =
                new KeyBuffer()
                        .set(prefix.array(), 0, prefix.length())
                        .setSuffix(behind, 0, behind.length);
        iterate(request, prefix, after, continuation.type(), continuation.entriesMax());
    }

    private void iterate(
            StateRequest<?, ?, ?, ?> request,
            KeyBuffer prefix,
            @Nullable KeyBuffer after,
            StateRequestType type,
            int entriesMax)
            throws IOException {
        reads.getPage(
                request,
                prefix,
                after,
                entriesMax,
                PAGE_BYTES,
                (decoder, page) -> iterator(decoder, page, type, entriesMax));
    }

    private LoadedIterator<?> iterator(
            MapDecoder<U, V> decoder, PageRead read, StateRequestType type, int entriesMax)
            throws IOException {
        ValueBuffer page = read.page();
        byte[] bytes = page.array();
        List<@Nullable Object> elements = new ArrayList<>();
        int keyAt = 0;
        int keyLength = 0;
        for (int at = 0; at < page.length(); ) {
            keyLength = page.getInt(at);
            int valueLength = page.getInt(at + Integer.BYTES);
            keyAt = at + 2 * Integer.BYTES;
            int valueAt = keyAt + keyLength;
            at = valueAt + valueLength;
            elements.add(
                    switch (type) {
                        case MAP_ITER_KEY -> decoder.userKey(bytes, keyAt, keyLength);
                        case MAP_ITER_VALUE -> decoder.value(bytes, valueAt, valueLength);
                        default ->
                                new SimpleImmutableEntry<>(
                                        decoder.userKey(bytes, keyAt, keyLength),
                                        decoder.value(bytes, valueAt, valueLength));
                    });
        }
        LoadedIterator.Continuation continuation = null;
        if (!read.isLast()) {
            byte[] cut = read.cutBehind();
            continuation =
                    new LoadedIterator.Continuation(
                            type,
                            new LoadedIterator.Behind(
                                    cut == null
                                            ? Arrays.copyOfRange(bytes, keyAt, keyAt + keyLength)
                                            : cut),
                            Math.min(8 * entriesMax, LARGEST_PAGE_ENTRIES));
        }
        return new LoadedIterator<>(this, type, getStateRequestHandler(), elements, continuation);
    }
}
