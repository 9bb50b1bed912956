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
package io.flinklsm.examples.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The SSTables of a checkpoint as tables of DuckDB, without a line of the state backend. */
final class DuckDbFiles implements AutoCloseable {

    private static final byte[] PARQUET = "PAR1".getBytes(StandardCharsets.US_ASCII);

    private final Connection connection = DriverManager.getConnection("jdbc:duckdb:");
    private final String files;

    DuckDbFiles(Path directory) throws SQLException, IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            files =
                    all.filter(DuckDbFiles::isParquet)
                            .map(file -> "'" + file + "'")
                            .toList()
                            .toString();
        }
    }

    private static boolean isParquet(Path file) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (var in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(PARQUET.length), PARQUET);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes a view of the files of a state. */
    void createView(String name, String state) throws SQLException {
        List<List<Object>> found =
                query(
                        "SELECT DISTINCT file_name FROM parquet_kv_metadata("
                                + files
                                + ") WHERE decode(key) = 'flinklsm.tree' AND decode(value) = 'kv/"
                                + state
                                + "'");
        List<String> names = found.stream().map(row -> "'" + row.get(0) + "'").toList();
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE VIEW " + name + " AS FROM read_parquet(" + names + ")");
        }
    }

    /** How many rows of a view have their value in columns; fails if one has not. */
    long typedRows(String view) throws SQLException {
        assertThat(query("FROM " + view + " WHERE _value IS NOT NULL")).isEmpty();
        return (Long) query("SELECT count(*) FROM " + view + " WHERE _op = 0").get(0).get(0);
    }

    /** The rows as values, in the order of their texts. */
    List<List<Object>> query(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<List<Object>> all = new ArrayList<>();
            while (rows.next()) {
                List<Object> row = new ArrayList<>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    Object value = rows.getObject(i);
                    row.add(value instanceof Timestamp time ? time.toLocalDateTime() : value);
                }
                all.add(row);
            }
            all.sort(Comparator.comparing(List::toString));
            return all;
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
