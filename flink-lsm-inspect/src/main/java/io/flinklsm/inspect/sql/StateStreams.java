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
package io.flinklsm.inspect.sql;

import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.inspect.arrow.ArrowColumns;
import io.flinklsm.inspect.arrow.EntryReader;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.source.SourceStorage;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * States as Arrow streams in a connection: each can be read once, and nothing is opened before it
 * is. Closed after the connection, which may hold batches until then.
 */
final class StateStreams implements AutoCloseable {

    private final BufferAllocator allocator = new RootAllocator();
    private final LongConsumer progress;
    private final List<ArrowArrayStream> streams = new ArrayList<>();
    private final List<EntryReader> readers = new ArrayList<>();
    private final Map<StateView, ArrowColumns> columns = new HashMap<>();

    // Also used by the threads of the engine, one at a time for each stream.
    private final Map<StateView, MergedState> open = new HashMap<>();
    private final Set<SourceStorage> storages = new HashSet<>();

    /**
     * @param progress gets the bytes read so far
     */
    StateStreams(LongConsumer progress) {
        this.progress = progress;
    }

    /** The columns of a state; reads a footer. */
    ArrowColumns columns(StateView view) throws IOException {
        ArrowColumns known = columns.get(view);
        if (known == null) {
            known =
                    ArrowColumns.of(
                            MergedState.columns(view), view.keyGroupBytes(), view.isQueue());
            columns.put(view, known);
        }
        return known;
    }

    /** Makes the state a view of this name, for one reading. */
    void register(
            DuckDBConnection connection, String name, StateView view, Predicate<String> wanted)
            throws IOException, SQLException {
        EntryReader reader =
                new EntryReader(
                        allocator,
                        columns(view),
                        wanted,
                        withValues ->
                                withValues
                                        ? merged(view).cursor(KeyRange.ALL)
                                        : merged(view).keys(KeyRange.ALL),
                        this::tell);
        readers.add(reader);
        ArrowArrayStream stream = ArrowArrayStream.allocateNew(allocator);
        streams.add(stream);
        Data.exportArrayStream(allocator, reader, stream);
        connection.registerArrowStream(name, stream);
    }

    /** Opens a state, or gives the one that is open. */
    synchronized MergedState merged(StateView view) throws IOException {
        MergedState state = open.get(view);
        if (state == null) {
            state = MergedState.open(view);
            open.put(view, state);
            watch(view);
        }
        return state;
    }

    /** Counts what is read of the state's files, here or elsewhere. */
    synchronized void watch(StateView view) {
        view.parts().forEach(part -> storages.add(part.store().storage()));
    }

    /** Tells how much was read. */
    synchronized void tell() {
        progress.accept(storages.stream().mapToLong(SourceStorage::bytesRead).sum());
    }

    /** Why a stream ended early. */
    @Nullable Exception failure() {
        for (EntryReader reader : readers) {
            if (reader.failure() != null) {
                return reader.failure();
            }
        }
        return null;
    }

    @Override
    public synchronized void close() {
        for (ArrowArrayStream stream : streams) {
            // Those that were never read are still ours.
            stream.release();
            stream.close();
        }
        open.values().forEach(MergedState::close);
        open.clear();
        allocator.close();
    }
}
