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

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a statement, one by one as they are found. Valid as long as its session; confined to
 * one thread.
 */
public final class SqlResult {

    private final SqlSession session;
    private final ResultSet rows;
    private final List<Column> columns = new ArrayList<>();
    private final @Nullable List<Field> fields;

    /**
     * A column of the result.
     *
     * @param type in SQL
     */
    public record Column(String name, String type, boolean isNumber, boolean isTimestamp) {}

    SqlResult(SqlSession session, ResultSet rows) throws SQLException {
        this(session, rows, null);
    }

    /**
     * @param fields what the columns come from; null if the statement may have changed them
     */
    SqlResult(SqlSession session, ResultSet rows, @Nullable List<Field> fields)
            throws SQLException {
        this.fields = fields;
        this.session = session;
        this.rows = rows;
        ResultSetMetaData meta = rows.getMetaData();
        for (int i = 1; i <= meta.getColumnCount(); i++) {
            String type = meta.getColumnTypeName(i);
            columns.add(
                    new Column(
                            meta.getColumnLabel(i),
                            type,
                            isNumber(meta.getColumnType(i)) || type.contains("HUGEINT"),
                            meta.getColumnType(i) == Types.TIMESTAMP));
        }
    }

    private static boolean isNumber(int type) {
        return switch (type) {
            case Types.TINYINT,
                    Types.SMALLINT,
                    Types.INTEGER,
                    Types.BIGINT,
                    Types.FLOAT,
                    Types.DOUBLE,
                    Types.DECIMAL ->
                    true;
            default -> false;
        };
    }

    public List<Column> columns() {
        return columns;
    }

    /**
     * The next row: Boolean, numbers, String (also for times, ISO-8601), byte[], List, Map for
     * structs, a list of entries for maps.
     *
     * @return null at the end
     */
    public @Nullable List<@Nullable Object> next() {
        try {
            if (!rows.next()) {
                return null;
            }
            List<@Nullable Object> row = new ArrayList<>(columns.size());
            for (int i = 0; i < columns.size(); i++) {
                row.add(
                        SqlValues.at(
                                rows,
                                i + 1,
                                columns.get(i).isTimestamp(),
                                fields == null ? null : fields.get(i)));
            }
            return row;
        } catch (SQLException e) {
            throw session.failure(e);
        } catch (NullPointerException e) {
            if (isOfEngine(e)) {
                throw noMemory(e);
            }
            throw e;
        }
    }

    /** Native code of the engine goes on with nothing where the heap has no room for an object. */
    private static boolean isOfEngine(NullPointerException e) {
        StackTraceElement[] frames = e.getStackTrace();
        return frames.length > 0 && frames[0].isNativeMethod();
    }

    private static Error noMemory(NullPointerException e) {
        var failure = new OutOfMemoryError("a row of the result does not fit");
        failure.initCause(e);
        return failure;
    }
}
