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

import io.flinklsm.core.check.Cleanup;
import io.flinklsm.inspect.arrow.ArrowColumns;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.function.LongConsumer;
import org.apache.arrow.vector.types.pojo.Field;

/**
 * All entries of one state, to rows or to a Parquet file. No text of a user is part of a statement
 * here but the name of the file, which is quoted and the only one that the engine may touch.
 */
public final class StateExport implements AutoCloseable {

    private static final String ENTRIES = "entries";

    /** How the engine begins what it says of files. */
    private static final String WRITE_ERROR = "IO Error:";

    private final SqlSession session;
    private final StateView view;

    private StateExport(SqlSession session, StateView view) {
        this.session = session;
        this.view = view;
    }

    /**
     * @param memory of the engine, like {@code 512MB}
     * @param progress gets the bytes that were read so far
     */
    public static StateExport open(StateView view, String memory, LongConsumer progress)
            throws IOException {
        return new StateExport(register(SqlSession.open(memory, progress), view), view);
    }

    private static SqlSession register(SqlSession session, StateView view) throws IOException {
        try {
            session.register(ENTRIES, view, column -> true, false);
            return session;
        } catch (SQLException e) {
            RuntimeException failure = session.failure(e);
            Cleanup.undo(failure, session);
            throw failure;
        } catch (IOException | RuntimeException | Error e) {
            Cleanup.undo(e, session);
            throw e;
        }
    }

    /** The entries, in the order of their keys. */
    public SqlResult rows() throws IOException {
        try {
            PreparedStatement statement = session.prepare("FROM " + ENTRIES);
            return new SqlResult(session, statement.executeQuery(), session.fields(view));
        } catch (SQLException e) {
            throw session.failure(e);
        }
    }

    /** The file could not be written; says why. */
    public static final class WriteException extends IOException {
        private static final long serialVersionUID = 1L;

        WriteException(String message, SQLException cause) {
            super(message, cause);
        }
    }

    /**
     * Writes the entries to a Parquet file, and closes the state.
     *
     * @return the columns with instants that the engine writes without the mark that they are in
     *     UTC
     * @throws WriteException if the file cannot be written, as opposed to the state being read
     */
    public static List<String> toParquet(
            StateView view, Path file, String memory, LongConsumer progress) throws IOException {
        String name = "'" + file.toAbsolutePath().toString().replace("'", "''") + "'";
        SqlSession opened = SqlSession.openFor(name, memory, progress);
        try (StateExport export = new StateExport(register(opened, view), view);
                Statement statement = export.session.statement()) {
            statement.execute(
                    "COPY (FROM "
                            + ENTRIES
                            + ") TO "
                            + name
                            + " (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)");
            return opened.fields(view).stream()
                    .filter(ArrowColumns::hasInstants)
                    .map(Field::getName)
                    .toList();
        } catch (SQLException e) {
            String message = SqlSession.firstLine(e);
            if (!opened.failedToRead() && message.startsWith(WRITE_ERROR)) {
                throw new WriteException(message.substring(WRITE_ERROR.length()).strip(), e);
            }
            throw opened.failure(e);
        }
    }

    @Override
    public void close() {
        session.close();
    }
}
