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

import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.inspect.health.HealthCheck;
import io.flinklsm.inspect.health.HealthFinding;
import io.flinklsm.inspect.health.TtlAges;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.profile.LiveProfile;
import io.flinklsm.inspect.profile.StateProfile;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.CheckpointListing;
import io.flinklsm.inspect.source.Sharing;
import io.flinklsm.inspect.source.SourceFile;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * The tables about the checkpoint itself. Only {@link #READING} read data, and {@link #CHECKPOINTS}
 * the metadata of other checkpoints; and only when a statement names them.
 */
final class SystemViews {

    static final String FILES = "lsm_files";
    static final String LEVELS = "lsm_levels";
    static final String STATES = "lsm_states";
    static final String KEYGROUPS = "lsm_keygroups";

    static final String TOP_KEYS = "lsm_top_keys";
    static final String CHECKPOINTS = "lsm_checkpoints";
    static final String TTL = "lsm_ttl";
    static final String HEALTH = "lsm_health";

    static final List<String> ALL =
            List.of(FILES, LEVELS, STATES, KEYGROUPS, TOP_KEYS, CHECKPOINTS, TTL, HEALTH);

    /** Those that read states. */
    static final List<String> READING = List.of(KEYGROUPS, TOP_KEYS, TTL, HEALTH);

    private static final List<String> OF_STATE =
            List.of("view VARCHAR", "operator VARCHAR", "state VARCHAR", "tree VARCHAR");

    private static final Set<Map.Entry<String, StateView>> NONE = Set.of();
    private static final int MAX_KEY_GROUPS = 1 << 16;

    /** How many keys of a state without sketches are told. */
    private static final int TOP_ROWS = 100;

    private static final int TICK_ENTRIES = 1 << 14;

    private final Checkpoint checkpoint;
    private final Map<String, StateView> views;
    private final StateStreams streams;
    private final DuckDBConnection connection;

    SystemViews(
            Checkpoint checkpoint,
            Map<String, StateView> views,
            StateStreams streams,
            DuckDBConnection connection) {
        this.checkpoint = checkpoint;
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
        if (isNamed.test(TOP_KEYS)) {
            createTopKeys(isRead.test(TOP_KEYS));
        }
        if (isNamed.test(CHECKPOINTS)) {
            createCheckpoints(isRead.test(CHECKPOINTS));
        }
        if (isNamed.test(TTL)) {
            createTtl(isRead.test(TTL));
        }
        if (isNamed.test(HEALTH)) {
            createHealth(isRead.test(HEALTH));
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

        /** A row of a table of {@link #ofStates}. */
        void addOf(@Nullable String view, StateView state, @Nullable Object... values)
                throws SQLException {
            @Nullable Object[] all = new @Nullable Object[OF_STATE.size() + values.length];
            all[0] = view;
            all[1] = state.operator().label();
            all[2] = state.name();
            all[3] = state.treeName();
            System.arraycopy(values, 0, all, OF_STATE.size(), values.length);
            add(all);
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

    /** A table in which each row begins with a state. */
    private Rows ofStates(String table, String... columns) throws SQLException {
        List<String> all = new ArrayList<>(OF_STATE);
        all.addAll(List.of(columns));
        return new Rows(table, all.toArray(String[]::new));
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
                ofStates(
                        LEVELS,
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
                    rows.addOf(
                            view.getKey(),
                            state,
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
                EntryColumns columns = MergedState.columns(state);
                String keyed = state.isQueue() ? "queue" : "keyed";
                rows.add(
                        view.getKey(),
                        state.operator().label(),
                        state.operator().id().uid(),
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
                ofStates(
                        KEYGROUPS,
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
                EntryColumns columns = merged.columns();
                int prefix = columns == null ? state.keyGroupBytes() : columns.keyGroupBytes();
                if (prefix == 0) {
                    continue;
                }
                long[][] sums = sums(merged, prefix);
                for (int group = 0; group < sums.length; group++) {
                    long[] of = sums[group];
                    if (of != null) {
                        rows.addOf(view.getKey(), state, group, of[0], of[1], of[2]);
                    }
                }
            }
        }
    }

    /** The largest keys of each state, as its sketches have them; rows have none and are read. */
    private void createTopKeys(boolean withRows) throws SQLException, IOException {
        try (Rows rows =
                ofStates(
                        TOP_KEYS,
                        "key_group INTEGER",
                        "key VARCHAR",
                        "key_hex VARCHAR",
                        "entries BIGINT",
                        "tombstones BIGINT",
                        "bytes BIGINT",
                        "entries_at_most BIGINT",
                        "bytes_at_most BIGINT")) {
            for (Map.Entry<String, StateView> view : withRows ? views.entrySet() : NONE) {
                StateView state = view.getValue();
                if (state.isQueue()) {
                    continue;
                }
                streams.watch(state);
                if (state.isRows()) {
                    addTopRows(rows, view.getKey(), state);
                    continue;
                }
                StateProfile profile = StateProfile.of(state, streams::tell);
                for (StateProfile.Heavy key : profile.keys().heaviest()) {
                    int group = profile.groupOf(key);
                    rows.addOf(
                            view.getKey(),
                            state,
                            group < 0 ? null : group,
                            profile.nameOf(key),
                            key.isCut() ? null : HexFormat.of().formatHex(key.key().toBytes()),
                            key.entries(),
                            key.tombstones(),
                            key.bytes(),
                            key.most().entries(),
                            key.most().bytes());
                }
            }
        }
    }

    private void addTopRows(Rows rows, String name, StateView state)
            throws IOException, SQLException {
        LiveProfile profile =
                LiveProfile.of(
                        state,
                        LiveProfile.Subject.KEYS,
                        LiveProfile.Measure.BYTES,
                        TOP_ROWS,
                        streams::tell);
        for (LiveProfile.Ranked key : profile.top()) {
            rows.addOf(
                    name,
                    state,
                    key.keyGroup() < 0 ? null : key.keyGroup(),
                    key.name(),
                    key.key().length() == 0 ? null : HexFormat.of().formatHex(key.key().toBytes()),
                    key.entries(),
                    0L,
                    key.bytes(),
                    key.entries(),
                    key.bytes());
        }
    }

    private void createCheckpoints(boolean withRows) throws SQLException, IOException {
        try (Rows rows =
                new Rows(
                        CHECKPOINTS,
                        "name VARCHAR",
                        "id BIGINT",
                        "type VARCHAR",
                        "created TIMESTAMP",
                        "bytes BIGINT",
                        "new_bytes BIGINT",
                        "shared_sstables INTEGER",
                        "shared_bytes BIGINT",
                        "location VARCHAR")) {
            if (!withRows) {
                return;
            }
            Map<String, Sharing> sharing = new HashMap<>();
            Sharing.of(checkpoint).forEach(one -> sharing.put(one.name(), one));
            for (CheckpointListing.Found found : CheckpointListing.keptWith(checkpoint)) {
                Checkpoint one = found.checkpoint();
                Sharing shared = sharing.get(found.name());
                rows.add(
                        found.name(),
                        one.id(),
                        one.kind().label(),
                        one.createdMillis() < 0 ? null : time(one.createdMillis()),
                        one.totalBytes(),
                        one.newBytes() < 0 ? null : one.newBytes(),
                        shared == null ? 0 : shared.files(),
                        shared == null ? 0L : shared.bytes(),
                        one.location());
            }
        }
    }

    private void createTtl(boolean withRows) throws SQLException, IOException {
        try (Rows rows =
                ofStates(
                        TTL,
                        "age_from_seconds BIGINT",
                        "age_to_seconds BIGINT",
                        "entries BIGINT",
                        "bytes BIGINT",
                        "oldest TIMESTAMP",
                        "newest TIMESTAMP")) {
            for (Map.Entry<String, StateView> view : withRows ? views.entrySet() : NONE) {
                StateView state = view.getValue();
                if (!TtlAges.has(MergedState.columns(state))) {
                    continue;
                }
                streams.watch(state);
                TtlAges ages = TtlAges.of(state, checkpoint.createdMillis(), -1, streams::tell);
                for (TtlAges.Age age : ages.ages()) {
                    rows.addOf(
                            view.getKey(),
                            state,
                            age.fromSeconds(),
                            age.toSeconds() < 0 ? null : age.toSeconds(),
                            age.entries(),
                            age.bytes(),
                            ages.oldestMillis() < 0 ? null : time(ages.oldestMillis()),
                            ages.newestMillis() < 0 ? null : time(ages.newestMillis()));
                }
            }
        }
    }

    private void createHealth(boolean withRows) throws SQLException, IOException {
        try (Rows rows =
                ofStates(
                        HEALTH,
                        "code VARCHAR",
                        "text VARCHAR",
                        "advice VARCHAR",
                        "value DOUBLE",
                        "threshold DOUBLE",
                        "bytes BIGINT")) {
            if (!withRows) {
                return;
            }
            Map<StateView, String> names = new HashMap<>();
            views.forEach((name, view) -> names.put(view, name));
            var request =
                    new HealthCheck.Request(
                            checkpoint.createdMillis(),
                            Map.of(),
                            HealthCheck.Request.DEFAULT_MIN_BYTES,
                            false);
            List<StateView> states = List.copyOf(views.values());
            states.forEach(streams::watch);
            for (HealthFinding one : HealthCheck.of(states, request, streams::tell).findings()) {
                rows.addOf(
                        names.get(one.view()),
                        one.view(),
                        one.code().name().toLowerCase(Locale.ROOT),
                        one.text(),
                        one.advice(),
                        one.value(),
                        one.threshold(),
                        one.bytes());
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
