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
package io.flinklsm.examples.flights.input;

import io.flinklsm.examples.flights.Flight;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Flights in a Parquet file, read and put in order by DuckDB. All columns order the rows, so that
 * flights of the same minute have the same positions in each reading.
 */
final class ParquetFlights implements FlightInput {

    private static final long serialVersionUID = 1L;

    /** DuckDB computes in memory of its own; the sort of 3 million flights fits easily. */
    private static final String MEMORY_LIMIT = "1GB";

    private final String path;

    private ParquetFlights(String path) {
        this.path = path;
    }

    static ParquetFlights file(Path path) {
        return new ParquetFlights(path.toString());
    }

    @Override
    public String name() {
        return path;
    }

    @Override
    public LogSummary summarise() throws IOException {
        String query =
                "SELECT count(*), epoch_ms(min(date)), epoch_ms(max(date)),"
                        + " count(*) FILTER (date IS NULL OR delay IS NULL OR distance IS NULL"
                        + " OR origin IS NULL OR destination IS NULL) FROM "
                        + source();
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            if (row.getLong(1) == 0) {
                throw new FlightInputException(
                        path, "holds no flight: rows=0", "name a file with flights");
            }
            if (row.getLong(4) > 0) {
                throw new FlightInputException(
                        path,
                        "has rows with missing values: rows=" + row.getLong(4),
                        "remove these rows");
            }
            return new LogSummary(row.getLong(1), row.getLong(2), row.getLong(3));
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    @Override
    public FlightCursor open(long firstPosition) throws IOException {
        String query =
                "SELECT epoch_ms(date), delay::INTEGER, distance::INTEGER, origin, destination FROM"
                        + " "
                        + source()
                        + " ORDER BY date, delay, distance, origin, destination OFFSET "
                        + firstPosition;
        Connection connection = null;
        try {
            connection = connect();
            Statement statement = connection.createStatement();
            return new Cursor(connection, statement, statement.executeQuery(query), firstPosition);
        } catch (SQLException e) {
            if (connection != null) {
                try {
                    connection.close();
                } catch (SQLException suppressed) {
                    e.addSuppressed(suppressed);
                }
            }
            throw unreadable(e);
        }
    }

    private static Connection connect() throws SQLException {
        var properties = new Properties();
        properties.setProperty("jdbc_stream_results", "true");
        properties.setProperty("memory_limit", MEMORY_LIMIT);
        properties.setProperty("threads", "2");
        return DriverManager.getConnection("jdbc:duckdb:", properties);
    }

    private String source() {
        return "read_parquet('" + path.replace("'", "''") + "')";
    }

    private FlightInputException unreadable(SQLException cause) {
        return new FlightInputException(
                path,
                "cannot be read as Parquet with the columns "
                        + CsvFlights.HEADER
                        + ": cause="
                        + String.valueOf(cause.getMessage()).lines().findFirst().orElse(""),
                "name a Parquet file such as vega-datasets' flights-3m.parquet",
                cause);
    }

    private final class Cursor implements FlightCursor {

        private final Connection connection;
        private final Statement statement;
        private final ResultSet rows;

        private long position;

        Cursor(Connection connection, Statement statement, ResultSet rows, long position) {
            this.connection = connection;
            this.statement = statement;
            this.rows = rows;
            this.position = position;
        }

        @Override
        public @Nullable Flight next() throws IOException {
            try {
                if (!rows.next()) {
                    return null;
                }
                return new Flight(
                        position++,
                        rows.getLong(1),
                        rows.getInt(2),
                        rows.getInt(3),
                        rows.getString(4),
                        rows.getString(5));
            } catch (SQLException e) {
                throw unreadable(e);
            }
        }

        @Override
        public void close() throws IOException {
            try (connection;
                    statement;
                    rows) {
                position = Long.MAX_VALUE;
            } catch (SQLException e) {
                throw unreadable(e);
            }
        }
    }
}
