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
package io.flinklsm.statebackend.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Plain DuckDB over a checkpoint, with the statements that docs/format.md tells its readers. */
public final class SqlRecipe implements AutoCloseable {

    private final Connection connection;
    private final String page;

    /**
     * @param manifests pattern of files that hold the manifests
     * @param sstables pattern of the SSTables, and others of their kind
     */
    public SqlRecipe(String manifests, String sstables) throws IOException, SQLException {
        page = Files.readString(Path.of("..", "docs", "format.md"));
        connection = DriverManager.getConnection("jdbc:duckdb:");
        execute("SET VARIABLE checkpoint = '" + manifests + "'");
        execute("SET VARIABLE sstables = '" + sstables + "'");
    }

    /** Files of all kinds share one directory. */
    public static SqlRecipe ofOneDirectory(Path directory) throws IOException, SQLException {
        SqlRecipe recipe = new SqlRecipe(directory + "/*", "");
        recipe.execute(recipe.block("savepoint"));
        return recipe;
    }

    /** Adds files to those that hold SSTables. */
    public void addSstables(String pattern) throws SQLException {
        execute("SET VARIABLE sstables = [getvariable('sstables'), '" + pattern + "']");
    }

    /** Adds files to those that hold manifests. */
    public void addManifests(String pattern) throws SQLException {
        execute("SET VARIABLE checkpoint = [getvariable('checkpoint'), '" + pattern + "']");
    }

    public void setOperator(String id) throws SQLException {
        execute("SET VARIABLE operator = '" + id + "'");
    }

    /** From now on, only the operator that has this tree; it must be the only one. */
    public void onlyOperatorWith(String tree) throws SQLException {
        execute(block("listed"));
        execute(
                "SET VARIABLE operator = (SELECT DISTINCT operator FROM listed WHERE tree = '"
                        + tree
                        + "')");
    }

    /** Puts a tree's current rows into the table {@code current_rows}. */
    public void readRows(String tree) throws SQLException {
        rank(tree);
        execute(block("current"));
    }

    /** Puts a list state's current lists into the table {@code current_lists}. */
    public void readLists(String tree) throws SQLException {
        rank(tree);
        execute(block("lists"));
    }

    private void rank(String tree) throws SQLException {
        execute("SET VARIABLE tree = '" + tree + "'");
        execute(block("listed"));
        execute(block("sources"));
        execute(block("ranked"));
    }

    private String block(String name) {
        String start = "<!-- " + name + " -->\n```sql\n";
        int from = page.indexOf(start);
        if (from < 0) {
            throw new AssertionError("docs/format.md has no statements of this name: " + name);
        }
        from += start.length();
        return page.substring(from, page.indexOf("```", from));
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The rows as text, columns with a bar between them. */
    public List<String> query(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    row.add(result.getString(i));
                }
                rows.add(String.join("|", row.stream().map(String::valueOf).toList()));
            }
            return rows;
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
