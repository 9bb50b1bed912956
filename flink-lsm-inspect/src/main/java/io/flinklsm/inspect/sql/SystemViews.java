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

import io.flinklsm.core.columns.RowColumns;
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.source.SourceFile;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * The tables about the checkpoint itself. Only {@code lsm_keygroups} reads data, and only when a
 * statement names it.
 */
final class SystemViews {

    static final String FILES = "lsm_files";
    static final String LEVELS = "lsm_levels";
    static final String STATES = "lsm_states";
    static final String KEYGROUPS = "lsm_keygroups";

    static final List<String> ALL = List.of(FILES, LEVELS, STATES, KEYGROUPS);

    private static final int MAX_KEY_GROUPS = 1 << 16;
    private static final int TICK_ENTRIES = 1 << 14;

    private final Map<String, StateView> views;
    private final StateStreams streams;
    private final DuckDBConnection connection;

    SystemViews(Map<String, StateView> views, StateStreams streams, DuckDBConnection connection) {
        this.views = views;
        this.streams = streams;
        this.connection = connection;
    }

    /**
     * @param isNamed which tables are there at all
     * @param isRead which have rows
     */
    void create(Predicate<String> isNamed, Predicate<String> isRead)
            throws SQLException, IOException {
        if (isNamed.test(FILES)) {
            createFiles();
        }
        if (isNamed.test(LEVELS)) {
            createLevels();
        }
        if (isNamed.test(STATES)) {
            createStates();
        }
        if (isNamed.test(KEYGROUPS)) {
            createKeyGroups(isRead.test(KEYGROUPS));
        }
    }

    /** Rows on their way into a table. */
    private final class Rows implements AutoCloseable {
        private static final int BATCH = 1000;
        private final PreparedStatement insert;
        private int pending;

        Rows(String table, String... columns) throws SQLException {
            String list = String.join(", ", columns);
            try (Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE " + table + " (" + list + ")");
            }
            String marks = "?, ".repeat(columns.length - 1) + "?";
            insert =
                    connection.prepareStatement("INSERT INTO " + table + " VALUES (" + marks + ")");
        }

        void add(@Nullable Object... values) throws SQLException {
            for (int i = 0; i < values.length; i++) {
                insert.setObject(i + 1, values[i]);
            }
            insert.addBatch();
            if (++pending % BATCH == 0) {
                insert.executeBatch();
            }
        }

        @Override
        public void close() throws SQLException {
            try (insert) {
                if (pending % BATCH != 0) {
                    insert.executeBatch();
                }
            }
        }
    }

    private void createFiles() throws SQLException {
        try (Rows rows =
                new Rows(
                        FILES,
                        "view VARCHAR",
                        "operator VARCHAR",
                        "operator_uid_hash VARCHAR",
                        "state VARCHAR",
                        "tree VARCHAR",
                        "subtask INTEGER",
                        "level INTEGER",
                        "generation BIGINT",
                        "entries BIGINT",
                        "tombstones BIGINT",
                        "merges BIGINT",
                        "bytes BIGINT",
                        "min_key VARCHAR",
                        "max_key VARCHAR",
                        "min_write_time TIMESTAMP",
                        "max_write_time TIMESTAMP",
                        "clipped BOOLEAN",
                        "shared BOOLEAN",
                        "name VARCHAR",
                        "location VARCHAR")) {
            for (Map.Entry<String, StateView> view : views.entrySet()) {
                StateView state = view.getValue();
                for (StateView.Part part : state.parts()) {
                    for (SstableMeta meta : part.sstables()) {
                        SourceFile file = part.store().storage().files().get(meta.fileName());
                        rows.add(
                                view.getKey(),
                                state.operator().label(),
                                state.operator().uidHash(),
                                state.name(),
                                state.treeName(),
                                part.store().subtask(),
                                meta.level(),
                                meta.generation(),
                                meta.entryCount(),
                                meta.tombstoneCount(),
                                meta.mergeCount(),
                                meta.sizeBytes(),
                                HexFormat.of().formatHex(meta.minKey().toBytes()),
                                HexFormat.of().formatHex(meta.maxKey().toBytes()),
                                time(meta.minWriteTimeMillis()),
                                time(meta.maxWriteTimeMillis()),
                                meta.clip() != null,
                                file != null && file.isShared(),
                                meta.fileName(),
                                file == null ? null : file.location());
                    }
                }
            }
        }
    }

    private static LocalDateTime time(long millis) {
        return LocalDateTime.ofInstant(Instant.ofEpochMilli(millis), ZoneOffset.UTC);
    }

    private void createLevels() throws SQLException {
        try (Rows rows =
                new Rows(
                        LEVELS,
                        "view VARCHAR",
                        "operator VARCHAR",
                        "state VARCHAR",
                        "tree VARCHAR",
                        "level INTEGER",
                        "sstables INTEGER",
                        "entries BIGINT",
                        "tombstones BIGINT",
                        "merges BIGINT",
                        "bytes BIGINT")) {
            for (Map.Entry<String, StateView> view : views.entrySet()) {
                StateView state = view.getValue();
                // Sums: sstables, entries, tombstones, merges, bytes.
                Map<Integer, long[]> levels = new TreeMap<>();
                for (SstableMeta meta : state.sstables()) {
                    long[] sums = levels.computeIfAbsent(meta.level(), level -> new long[5]);
                    sums[0]++;
                    sums[1] += meta.entryCount();
                    sums[2] += meta.tombstoneCount();
                    sums[3] += meta.mergeCount();
                    sums[4] += meta.sizeBytes();
                }
                for (Map.Entry<Integer, long[]> level : levels.entrySet()) {
                    long[] sums = level.getValue();
                    rows.add(
                            view.getKey(),
                            state.operator().label(),
                            state.name(),
                            state.treeName(),
                            level.getKey(),
                            sums[0],
                            sums[1],
                            sums[2],
                            sums[3],
                            sums[4]);
                }
            }
        }
    }

    private void createStates() throws SQLException, IOException {
        try (Rows rows =
                new Rows(
                        STATES,
                        "view VARCHAR",
                        "operator VARCHAR",
                        "operator_uid VARCHAR",
                        "operator_uid_hash VARCHAR",
                        "state VARCHAR",
                        "tree VARCHAR",
                        "kind VARCHAR",
                        "columns VARCHAR",
                        "parallelism INTEGER",
                        "max_parallelism INTEGER",
                        "subtasks INTEGER",
                        "sstables INTEGER",
                        "entries BIGINT",
                        "tombstones BIGINT",
                        "merges BIGINT",
                        "bytes BIGINT")) {
            for (Map.Entry<String, StateView> view : views.entrySet()) {
                StateView state = view.getValue();
                RowColumns columns = MergedState.columns(state);
                String keyed = state.isQueue() ? "queue" : "keyed";
                rows.add(
                        view.getKey(),
                        state.operator().label(),
                        state.operator().uid(),
                        state.operator().uidHash(),
                        state.name(),
                        state.treeName(),
                        columns == null ? keyed : columns.kind().name().toLowerCase(Locale.ROOT),
                        columns == null ? null : columns.toString(),
                        state.operator().parallelism(),
                        state.operator().maxParallelism(),
                        state.parts().size(),
                        state.sstables().size(),
                        state.entryCount(),
                        state.tombstoneCount(),
                        state.mergeCount(),
                        state.sizeBytes());
            }
        }
    }

    /** What is live in each key group: takes reading all of it. */
    private void createKeyGroups(boolean withRows) throws SQLException, IOException {
        try (Rows rows =
                new Rows(
                        KEYGROUPS,
                        "view VARCHAR",
                        "operator VARCHAR",
                        "state VARCHAR",
                        "tree VARCHAR",
                        "key_group INTEGER",
                        "entries BIGINT",
                        "key_bytes BIGINT",
                        "value_bytes BIGINT")) {
            for (Map.Entry<String, StateView> view : views.entrySet()) {
                if (!withRows) {
                    return;
                }
                StateView state = view.getValue();
                MergedState merged = streams.merged(state);
                RowColumns columns = merged.columns();
                int prefix = columns == null ? state.keyGroupBytes() : columns.keyGroupBytes();
                if (prefix == 0) {
                    continue;
                }
                long[][] sums = sums(merged, prefix);
                for (int group = 0; group < sums.length; group++) {
                    long[] of = sums[group];
                    if (of != null) {
                        rows.add(
                                view.getKey(),
                                state.operator().label(),
                                state.name(),
                                state.treeName(),
                                group,
                                of[0],
                                of[1],
                                of[2]);
                    }
                }
            }
        }
    }

    /** By key group: entries, bytes of keys, bytes of values; null for an empty one. */
    private long[][] sums(MergedState merged, int prefix) throws IOException {
        long[][] sums = new long[MAX_KEY_GROUPS][];
        int entries = 0;
        try (EntryCursor cursor = merged.cursor(KeyRange.ALL)) {
            while (cursor.next()) {
                int group = 0;
                for (int i = 0; i < prefix && i < cursor.key().length(); i++) {
                    group = group << Byte.SIZE | cursor.key().byteAt(i) & 0xFF;
                }
                long[] of = sums[group];
                if (of == null) {
                    of = new long[3];
                    sums[group] = of;
                }
                TypedValue typed = cursor.typedValue();
                of[0]++;
                of[1] += cursor.key().length() - prefix;
                of[2] += typed == null ? cursor.value().length() : typed.sizeBytes();
                if (++entries % TICK_ENTRIES == 0) {
                    streams.tell();
                }
            }
        }
        return sums;
    }
}
