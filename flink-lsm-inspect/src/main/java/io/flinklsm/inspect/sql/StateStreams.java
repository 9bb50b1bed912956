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

import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.inspect.arrow.ArrowColumns;
import io.flinklsm.inspect.arrow.EntryReader;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.source.SourceStorage;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.types.pojo.Field;
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
    private final Map<StateView, List<Share>> shares = new HashMap<>();
    private int partViews;

    // Also used by the threads of the engine, one at a time for each stream.
    private final Map<StateView, MergedState> open = new HashMap<>();
    private final Set<SourceStorage> storages = new HashSet<>();

    /**
     * @param progress gets the bytes read so far
     */
    StateStreams(LongConsumer progress) {
        this.progress = progress;
    }

    /** Those subtasks of a state whose values have the same schema. */
    private record Share(StateView view, ArrowColumns columns) {}

    /** The columns of a state; reads a footer of each subtask. */
    List<Field> fields(StateView view) throws IOException {
        List<Field> fields = new ArrayList<>();
        for (Share share : shares(view)) {
            fields = Objects.requireNonNull(UnitedFields.of(fields, share.columns().fields()));
        }
        return fields;
    }

    /** One if all subtasks have the same columns; else the first one has the newest. */
    private List<Share> shares(StateView view) throws IOException {
        List<Share> known = shares.get(view);
        if (known == null) {
            known = split(view);
            shares.put(view, known);
        }
        return known;
    }

    private static List<Share> split(StateView view) throws IOException {
        EntryColumns newest = MergedState.columns(view);
        Map<String, List<StateView.Part>> parts = new LinkedHashMap<>();
        Map<String, EntryColumns> columns = new HashMap<>();
        parts.put(String.valueOf(newest), new ArrayList<>());
        for (StateView.Part part : view.parts()) {
            boolean hasOwn = view.parts().size() > 1 && !part.isEmpty();
            EntryColumns own = hasOwn ? MergedState.columns(view.of(List.of(part))) : newest;
            String text = String.valueOf(own);
            parts.computeIfAbsent(text, key -> new ArrayList<>()).add(part);
            columns.put(text, own);
        }
        List<Share> shares = new ArrayList<>();
        List<Field> fields = new ArrayList<>();
        for (Map.Entry<String, List<StateView.Part>> share : parts.entrySet()) {
            StateView own = parts.size() == 1 ? view : view.of(share.getValue());
            ArrowColumns typed = columns(own, columns.get(share.getKey()));
            List<Field> united = UnitedFields.of(fields, typed.fields());
            if (united == null) {
                // What the newest schema cannot say is not forced into it.
                typed = columns(own, withBytes(columns.get(share.getKey())));
                united = Objects.requireNonNull(UnitedFields.of(fields, typed.fields()));
            }
            fields = united;
            shares.add(new Share(own, typed));
        }
        return shares;
    }

    private static ArrowColumns columns(StateView view, @Nullable EntryColumns columns) {
        return ArrowColumns.of(columns, view.keyGroupBytes(), view.isQueue());
    }

    /** The same keys, values as bytes. */
    private static @Nullable EntryColumns withBytes(@Nullable EntryColumns columns) {
        return columns == null || columns.value() == null
                ? columns
                : new EntryColumns(
                        columns.kind(),
                        columns.keyGroupBytes(),
                        columns.hasLengths(),
                        columns.key(),
                        columns.namespace(),
                        columns.mapKey(),
                        ColumnTypes.opaque("", "is of another schema"));
    }

    /** Makes the state a view of this name, for one reading. */
    void register(
            DuckDBConnection connection, String name, StateView view, Predicate<String> wanted)
            throws IOException, SQLException {
        List<Share> all = shares(view);
        if (all.size() == 1) {
            register(connection, name, all.get(0), wanted);
            return;
        }
        List<String> parts = new ArrayList<>();
        for (Share share : all) {
            String part = "lsm_part_" + ++partViews;
            register(connection, part, share, wanted);
            parts.add("FROM " + part);
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TEMP VIEW "
                            + ViewNames.quote(name)
                            + " AS "
                            + String.join(" UNION ALL BY NAME ", parts));
        }
    }

    private void register(
            DuckDBConnection connection, String name, Share share, Predicate<String> wanted)
            throws SQLException {
        StateView view = share.view();
        EntryReader reader =
                new EntryReader(
                        allocator,
                        share.columns(),
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
