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

import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.statebackend.key.KeyReader;
import io.flinklsm.statebackend.registry.RegisteredState;
import io.flinklsm.statebackend.registry.StateRegistry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators.AbstractSpliterator;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.RegisteredKeyValueStateBackendMetaInfo;
import org.apache.flink.runtime.state.RegisteredStateMetaInfoBase;
import org.apache.flink.util.FlinkRuntimeException;
import org.apache.flink.util.IOUtils;

/**
 * The keys that states hold, as lazy streams over stable views: what is written while a stream is
 * read does not show in it. The taker of a stream closes it, or reads it to its end. States that
 * the backend does not know hold no keys.
 *
 * @param <K> type of the keys
 */
public final class KeyStreams<K> {

    private final StateRegistry registry;
    private final TypeSerializer<K> keySerializer;
    private final int numberOfKeyGroups;

    /** What streams in use hold. Guarded by itself. */
    private final Set<AutoCloseable> open =
            Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));

    public KeyStreams(
            StateRegistry registry, TypeSerializer<K> keySerializer, int numberOfKeyGroups) {
        this.registry = registry;
        this.keySerializer = keySerializer;
        this.numberOfKeyGroups = numberOfKeyGroups;
    }

    /** The keys that have something in the namespace in at least one of the states, each once. */
    public <N> Stream<K> keys(List<String> stateNames, N namespace) {
        List<KeyScan<K, N>> scans = new ArrayList<>();
        try {
            for (String stateName : stateNames) {
                RegisteredState state = registry.state(stateName);
                if (state != null) {
                    KeyReader<K, N> rows = keyReader(state);
                    scans.add(KeyScan.ofNamespace(state.tree(), rows, isMap(state), namespace));
                }
            }
        } catch (IOException | RuntimeException e) {
            Cleanup.undo(e, scans);
            throw new FlinkRuntimeException(
                    "the keys of states could not be read: states="
                            + stateNames
                            + "; the cause tells what to mend",
                    e);
        } catch (Error e) {
            // Of a user's serializer: it says more by itself.
            Cleanup.undo(e, scans);
            throw e;
        }
        if (scans.size() == 1) {
            KeyScan<K, N> only = scans.get(0);
            return stream(only::next, only::key, only);
        }
        MergedKeys<K> merged = new MergedKeys<>(scans);
        return stream(merged::next, merged::key, merged);
    }

    /** The distinct pairs of key and namespace. */
    public <N> Stream<Tuple2<K, N>> keysAndNamespaces(String stateName) {
        RegisteredState state = registry.state(stateName);
        if (state == null) {
            return Stream.empty();
        }
        try {
            KeyReader<K, N> rows = keyReader(state);
            KeyScan<K, N> scan = KeyScan.ofAllNamespaces(state.tree(), rows, isMap(state));
            return stream(scan::next, scan::keyAndNamespace, scan);
        } catch (IOException e) {
            throw new FlinkRuntimeException(
                    "the keys of a state could not be read: state="
                            + stateName
                            + "; the cause tells what to mend",
                    e);
        }
    }

    /** Counts the rows of all key-value states: a map has one for each of its entries. */
    public int countRows() {
        int rows = 0;
        for (RegisteredState state : registry.all()) {
            if (!state.isQueue()) {
                try (EntryCursor cursor = state.tree().scan(KeyRange.ALL)) {
                    while (cursor.next()) {
                        rows++;
                    }
                } catch (IOException e) {
                    throw new FlinkRuntimeException(
                            "["
                                    + state.name()
                                    + "] the state's rows could not be counted; the cause tells"
                                    + " what to mend",
                            e);
                }
            }
        }
        return rows;
    }

    private static boolean isMap(RegisteredState state) {
        return state.type().filter(type -> type == StateDescriptor.Type.MAP).isPresent();
    }

    @SuppressWarnings("unchecked")
    private <N> KeyReader<K, N> keyReader(RegisteredState state) {
        RegisteredStateMetaInfoBase metaInfo = state.metaInfo();
        if (metaInfo == null) {
            metaInfo =
                    RegisteredKeyValueStateBackendMetaInfo.fromMetaInfoSnapshot(
                            state.snapshotMetaInfo());
        }
        TypeSerializer<N> namespaces =
                ((RegisteredKeyValueStateBackendMetaInfo<N, ?>) metaInfo).getNamespaceSerializer();
        return new KeyReader<>(keySerializer, namespaces, numberOfKeyGroups);
    }

    /**
     * Ends the streams that were taken and neither closed nor read to their end. When no thread can
     * be reading one any more.
     */
    public void closeAll() {
        synchronized (open) {
            IOUtils.closeAllQuietly(open);
            open.clear();
        }
    }

    private <T> Stream<T> stream(BooleanSupplier next, Supplier<T> current, AutoCloseable source) {
        open.add(source);
        return StreamSupport.stream(
                        new AbstractSpliterator<T>(
                                Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL) {
                            private boolean ended;

                            @Override
                            public boolean tryAdvance(Consumer<? super T> action) {
                                if (ended || !moved()) {
                                    ended = true;
                                    // Many who read a stream to its end do not close it.
                                    close(source);
                                    return false;
                                }
                                action.accept(current.get());
                                return true;
                            }

                            private boolean moved() {
                                try {
                                    return next.getAsBoolean();
                                } catch (Throwable failure) {
                                    ended = true;
                                    Cleanup.undo(failure, () -> close(source));
                                    throw failure;
                                }
                            }
                        },
                        false)
                .onClose(() -> close(source));
    }

    private void close(AutoCloseable source) {
        if (open.remove(source)) {
            try {
                source.close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new FlinkRuntimeException(
                        "a stream of keys could not be closed; the cause tells what to mend", e);
            }
        }
    }
}
