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

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.arrow.vector.types.pojo.Field;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * One statement over a checkpoint, in a DuckDB of its own that lives in memory.
 *
 * <pre>
 * statement → syntax tree → states and columns it names → one Arrow stream each → result
 *                                                          (a table in memory, if read twice)
 * </pre>
 *
 * <p>The engine is closed before the statement runs: no files, no extensions, no settings. Confined
 * to one thread.
 */
public final class SqlSession implements AutoCloseable {

    /** Memory of the engine, if nothing else is said. */
    public static final String DEFAULT_MEMORY = "512MB";

    private static final Pattern EXPLAIN =
            Pattern.compile("^\\s*EXPLAIN(\\s+ANALYZE)?\\b", Pattern.CASE_INSENSITIVE);

    /** The statement is read by a parser with a limit of its own; this only bounds the message. */
    private static final int MAX_NAMES_SHOWN = 20;

    private static final String READ_TWICE = "This stream has been released";

    private final DuckDBConnection connection;
    private final StateStreams streams;
    private @Nullable Statement running;

    private SqlSession(DuckDBConnection connection, StateStreams streams) {
        this.connection = connection;
        this.streams = streams;
    }

    /** A session with the statement's result. */
    public record Running(SqlSession session, SqlResult result) implements AutoCloseable {
        @Override
        public void close() {
            session.close();
        }
    }

    /**
     * Runs a statement. Rows are computed while they are taken.
     *
     * @param memory of the engine, like {@code 512MB}
     * @param progress gets the bytes that were read so far
     * @throws InspectException if the statement is wrong, or does more than read the checkpoint
     */
    public static Running run(
            Checkpoint checkpoint, String sql, String memory, LongConsumer progress)
            throws IOException {
        try {
            return run(checkpoint, sql, memory, progress, false);
        } catch (ReadTwiceException e) {
            return run(checkpoint, sql, memory, progress, true);
        }
    }

    private static Running run(
            Checkpoint checkpoint,
            String sql,
            String memory,
            LongConsumer progress,
            boolean keepAll)
            throws IOException {
        SqlSession session = open(memory, progress);
        try {
            return new Running(session, session.execute(checkpoint, sql, keepAll));
        } catch (SQLException e) {
            RuntimeException failure = session.failure(e);
            Cleanup.undo(failure, session);
            throw failure;
        } catch (IOException | RuntimeException | Error e) {
            Cleanup.undo(e, session);
            throw e;
        }
    }

    /** An engine without access to anything outside. */
    static SqlSession open(String memory, LongConsumer progress) {
        SqlSession session = openUnlocked(memory, progress);
        session.lock("SET enable_external_access = false");
        return session;
    }

    /**
     * An engine that may touch one file.
     *
     * @param file its absolute path as a literal in SQL
     */
    static SqlSession openFor(String file, String memory, LongConsumer progress) {
        SqlSession session = openUnlocked(memory, progress);
        session.lock(
                "SET allowed_paths = [" + file + "]",
                "SET enable_external_access = false",
                "SET lock_configuration = true");
        return session;
    }

    private void lock(String... settings) {
        try {
            for (String setting : settings) {
                command(setting);
            }
        } catch (SQLException e) {
            InspectException failure = doesNotStart(e);
            Cleanup.undo(failure, this);
            throw failure;
        } catch (RuntimeException | Error e) {
            Cleanup.undo(e, this);
            throw e;
        }
    }

    private static SqlSession openUnlocked(String memory, LongConsumer progress) {
        NativeLibraries.load();
        Properties settings = new Properties();
        settings.setProperty("jdbc_stream_results", "true");
        settings.setProperty("autoinstall_known_extensions", "false");
        settings.setProperty("autoload_known_extensions", "false");
        settings.setProperty("allow_community_extensions", "false");
        settings.setProperty("memory_limit", memory);
        // What does not fit into memory is an error: nothing is written to disk.
        settings.setProperty("temp_directory", "");
        settings.setProperty(
                "threads", Integer.toString(Runtime.getRuntime().availableProcessors()));
        try {
            var connection =
                    (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:", settings);
            SqlSession session = new SqlSession(connection, new StateStreams(progress));
            session.lock("SET TimeZone = 'UTC'");
            return session;
        } catch (SQLException e) {
            throw doesNotStart(e);
        }
    }

    private static InspectException doesNotStart(SQLException e) {
        return InspectException.usage("the SQL engine does not start: " + firstLine(e));
    }

    /** Bytes that reading the states that a statement names takes; an estimate for progress. */
    public static long bytesToRead(Checkpoint checkpoint, String sql) {
        String lower = sql.toLowerCase(Locale.ROOT);
        long sum = 0;
        for (Map.Entry<String, StateView> view : ViewNames.of(allStates(checkpoint)).entrySet()) {
            boolean isNamed =
                    lower.contains(view.getKey().toLowerCase(Locale.ROOT))
                            || (!view.getValue().isOperatorState()
                                    && SystemViews.READING.stream().anyMatch(lower::contains));
            sum += isNamed ? view.getValue().sizeBytes() : 0;
        }
        return sum;
    }

    private static List<StateView> allStates(Checkpoint checkpoint) {
        List<StateView> all = new ArrayList<>(checkpoint.states());
        all.addAll(checkpoint.operatorStates());
        return all;
    }

    private SqlResult execute(Checkpoint checkpoint, String sql, boolean keepAll)
            throws SQLException, IOException {
        Matcher explain = EXPLAIN.matcher(sql);
        boolean isExplain = explain.find();
        ParsedSql parsed = parse(isExplain ? sql.substring(explain.end()) : sql);
        Map<String, StateView> views = ViewNames.of(allStates(checkpoint));
        for (Map.Entry<String, StateView> view : views.entrySet()) {
            int uses = parsed.uses(view.getKey());
            if (uses > 0 || parsed.readsCatalog()) {
                boolean keep = (uses > 1 || (keepAll && uses > 0)) && !parsed.onlyDescribes();
                register(view.getKey(), view.getValue(), parsed::wants, keep);
            }
        }
        Predicate<String> isNamed = name -> parsed.uses(name) > 0 || parsed.readsCatalog();
        Map<String, StateView> keyed = new LinkedHashMap<>(views);
        keyed.values().removeIf(StateView::isOperatorState);
        new SystemViews(checkpoint, keyed, streams, connection)
                .create(isNamed, name -> parsed.uses(name) > 0 && !parsed.onlyDescribes());
        command("SET lock_configuration = true");
        try {
            return new SqlResult(this, prepare(sql).executeQuery());
        } catch (SQLException e) {
            if (!keepAll && String.valueOf(e.getMessage()).contains(READ_TWICE)) {
                throw new ReadTwiceException();
            }
            if (String.valueOf(e.getMessage()).contains("does not exist")
                    && String.valueOf(e.getMessage()).contains("Table with name")) {
                throw unknownTable(e, views.keySet());
            }
            throw e;
        }
    }

    private static InspectException unknownTable(SQLException e, Set<String> names) {
        List<String> shown = new ArrayList<>();
        names.stream().limit(MAX_NAMES_SHOWN).map(ViewNames::quote).forEach(shown::add);
        if (names.size() > MAX_NAMES_SHOWN) {
            shown.add("... (lsm_states lists all)");
        }
        shown.addAll(new TreeSet<>(SystemViews.ALL));
        return InspectException.usage(
                firstLine(e) + " There are: " + String.join(", ", shown) + ".");
    }

    private ParsedSql parse(String sql) throws SQLException, IOException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT json_serialize_sql(?::VARCHAR)::VARCHAR")) {
            statement.setString(1, sql);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                JsonNode tree = new ObjectMapper().readTree(rows.getString(1));
                return ParsedSql.of(tree);
            }
        }
    }

    /** What the columns of a state come from; reads a footer of each subtask. */
    List<Field> fields(StateView view) throws IOException {
        return streams.fields(view);
    }

    /** Makes a state a view, or a table if it is read more than once. */
    void register(String name, StateView view, Predicate<String> wanted, boolean keep)
            throws SQLException, IOException {
        if (!keep) {
            streams.register(connection, name, view, wanted);
            return;
        }
        String stream = "lsm_stream";
        streams.register(connection, stream, view, wanted);
        command("CREATE TABLE " + ViewNames.quote(name) + " AS FROM " + stream);
        command("DROP VIEW " + stream);
    }

    /** A statement that is closed with the session. */
    PreparedStatement prepare(String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        running = statement;
        return statement;
    }

    Statement statement() throws SQLException {
        return connection.createStatement();
    }

    /** Runs a statement of our own. */
    void command(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Whether what went wrong was reading the files. */
    boolean failedToRead() {
        return streams.failure() != null;
    }

    /** What went wrong, told by its cause: reading the files, or the statement. */
    RuntimeException failure(SQLException e) {
        Exception cause = streams.failure();
        if (cause instanceof IOException io) {
            return new UncheckedIOException(io);
        }
        if (cause instanceof RuntimeException runtime) {
            return runtime;
        }
        String message = firstLine(e);
        if (message.startsWith("Out of Memory")) {
            return InspectException.unreadable(
                    "the statement needs more memory than it may take: "
                            + message
                            + " Give more with --memory, or name fewer columns.",
                    e);
        }
        return InspectException.usage(message);
    }

    /** Without the picture of the statement, which is for terminals of the engine's own. */
    static String firstLine(SQLException e) {
        String message = String.valueOf(e.getMessage()).strip();
        int picture = message.indexOf("\n\nLINE ");
        String text = picture < 0 ? message : message.substring(0, picture);
        String line = text.replaceAll("\\s*\\n\\s*", " ").strip();
        return line.endsWith(".") || line.endsWith("!") || line.endsWith("?") ? line : line + ".";
    }

    @Override
    public void close() {
        try {
            Statement statement = running;
            if (statement != null) {
                statement.close();
            }
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException("the SQL engine does not close", e);
        } finally {
            streams.close();
        }
    }

    /** A stream was wanted a second time. */
    private static final class ReadTwiceException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
