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
import io.flinklsm.inspect.source.InspectException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a statement of the user names, found in DuckDB's own syntax tree. In doubt it names too
 * much: a column too many costs time, a column too few would be an error. Names are in lower case,
 * as the engine does not tell them apart.
 */
final class ParsedSql {

    /** Functions that make rows out of nothing but their arguments and the catalog. */
    private static final Set<String> TABLE_FUNCTIONS =
            Set.of(
                    "range",
                    "generate_series",
                    "unnest",
                    "repeat",
                    "repeat_row",
                    "json_each",
                    "json_tree",
                    "pragma_table_info",
                    "duckdb_columns",
                    "duckdb_functions",
                    "duckdb_keywords",
                    "duckdb_tables",
                    "duckdb_types",
                    "duckdb_views");

    private static final Set<String> CATALOG_SCHEMAS = Set.of("information_schema", "pg_catalog");

    private final Map<String, Integer> tables = new HashMap<>();
    private final Set<String> aliases = new HashSet<>();
    private final Set<String> cteNames = new HashSet<>();
    private final Set<String> columns = new HashSet<>();
    private final Set<String> singleNames = new HashSet<>();
    private boolean hasStar;
    private boolean hasCatalog;
    private boolean onlyDescribes;

    private ParsedSql() {}

    /**
     * @param tree what {@code json_serialize_sql} gives
     * @throws InspectException if it is not one statement that only reads, or names what is closed
     */
    static ParsedSql of(JsonNode tree) {
        if (tree.path("error").asBoolean()) {
            boolean isSyntax = "parser".equals(tree.path("error_type").asText());
            throw InspectException.usage(
                    isSyntax
                            ? "the statement cannot be parsed: "
                                    + tree.path("error_message").asText()
                                    + position(tree)
                                    + "."
                            : "only SELECT, FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW TABLES and"
                                    + " EXPLAIN are possible: a checkpoint is only read.");
        }
        JsonNode statements = tree.path("statements");
        if (statements.size() != 1) {
            throw InspectException.usage(
                    "give one statement: statements=" + statements.size() + ".");
        }
        ParsedSql parsed = new ParsedSql();
        JsonNode node = statements.get(0).path("node");
        JsonNode from = node.path("from_table");
        parsed.onlyDescribes =
                "SHOW_REF".equals(from.path("type").asText())
                        && "DESCRIBE".equals(from.path("show_type").asText());
        parsed.collectCtes(node);
        parsed.visit(node, 1);
        for (String name : parsed.singleNames) {
            // A table that is named where a column may stand is a row of all its columns.
            parsed.hasStar |= parsed.tables.containsKey(name) || parsed.aliases.contains(name);
        }
        return parsed;
    }

    private static String position(JsonNode tree) {
        String position = tree.path("position").asText();
        return position.isEmpty() ? "" : " (character " + position + ")";
    }

    /** How often a table is read; 0 if it is not named. */
    int uses(String name) {
        return tables.getOrDefault(name.toLowerCase(Locale.ROOT), 0);
    }

    /** Whether the statement asks which tables there are. */
    boolean readsCatalog() {
        return hasCatalog;
    }

    /** Whether it asks what columns there are, and reads no rows. */
    boolean onlyDescribes() {
        return onlyDescribes;
    }

    boolean wants(String column) {
        return hasStar || columns.contains(column.toLowerCase(Locale.ROOT));
    }

    private void collectCtes(JsonNode node) {
        for (JsonNode cte : node.findParents("cte_name")) {
            cteNames.add(cte.path("cte_name").asText());
        }
    }

    /**
     * @param times how often what is below is read
     */
    private void visit(JsonNode node, int times) {
        if (node.isArray()) {
            node.forEach(child -> visit(child, times));
            return;
        }
        String type = node.path("type").asText();
        switch (type) {
            case "BASE_TABLE" -> baseTable(node, times);
            case "TABLE_FUNCTION" -> tableFunction(node);
            case "COLUMN_REF" -> columnRef(node);
            case "STAR", "POSITIONAL_REFERENCE", "PIVOT" -> hasStar = true;
            case "SHOW_REF" -> showRef(node);
            case "JOIN" -> join(node);
            default -> {
                // Nothing by itself; what is below may be.
            }
        }
        addAlias(node);
        int below = type.equals("RECURSIVE_CTE_NODE") ? 2 * times : times;
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            switch (field.getKey()) {
                case "cte_map" -> visitCtes(field.getValue(), below);
                // The definition of a CTE may be read wherever it is used.
                case "query" -> visit(field.getValue(), below * uses(node));
                default -> visit(field.getValue(), below);
            }
        }
    }

    /** The definitions stand a second time in nodes of their own; there they count. */
    private void visitCtes(JsonNode cteMap, int times) {
        for (JsonNode entry : cteMap.path("map")) {
            boolean isCounted = cteNames.contains(entry.path("key").asText());
            visit(entry.path("value"), isCounted ? 0 : 2 * times);
        }
    }

    /** How often a CTE is named in what may use it, at least 1. */
    private static int uses(JsonNode node) {
        String name = node.path("cte_name").asText();
        return name.isEmpty() ? 1 : Math.max(1, countTables(node.path("child"), name));
    }

    private static int countTables(JsonNode node, String name) {
        int uses = name.equalsIgnoreCase(node.path("table_name").asText()) ? 1 : 0;
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            if (!field.getKey().equals("cte_map")) {
                uses += countTables(field.getValue(), name);
            }
        }
        if (node.isArray()) {
            for (JsonNode element : node) {
                uses += countTables(element, name);
            }
        }
        return uses;
    }

    private void addAlias(JsonNode node) {
        String alias = node.path("alias").asText();
        // Expressions have aliases as well, but a class.
        if (!alias.isEmpty() && !node.has("class")) {
            aliases.add(alias.toLowerCase(Locale.ROOT));
        }
    }

    private void baseTable(JsonNode node, int times) {
        tables.merge(lower(node, "table_name"), times, Integer::sum);
        hasCatalog |= CATALOG_SCHEMAS.contains(lower(node, "schema_name"));
        hasCatalog |= lower(node, "table_name").startsWith("duckdb_");
        // Other names for the columns, by their position.
        hasStar |= !node.path("column_name_alias").isEmpty();
    }

    private void tableFunction(JsonNode node) {
        String name = lower(node.path("function"), "function_name");
        if (!TABLE_FUNCTIONS.contains(name)) {
            throw InspectException.usage(
                    "SQL reads the checkpoint and nothing else: the table function is not allowed:"
                            + " name="
                            + name
                            + ".");
        }
        hasCatalog |= name.startsWith("duckdb_") || name.startsWith("pragma_");
    }

    private void showRef(JsonNode node) {
        hasStar = true;
        hasCatalog |= node.path("query").isNull();
        String table = lower(node, "table_name");
        if (!table.isEmpty()) {
            tables.merge(table.replace("\"", ""), 1, Integer::sum);
        }
    }

    private void columnRef(JsonNode node) {
        JsonNode names = node.path("column_names");
        for (JsonNode name : names) {
            columns.add(name.asText().toLowerCase(Locale.ROOT));
        }
        if (names.size() == 1) {
            singleNames.add(names.get(0).asText().toLowerCase(Locale.ROOT));
        }
    }

    private void join(JsonNode node) {
        hasStar |= "NATURAL".equals(node.path("ref_type").asText());
        for (JsonNode name : node.path("using_columns")) {
            columns.add(name.asText().toLowerCase(Locale.ROOT));
        }
    }

    private static String lower(JsonNode node, String field) {
        return node.path(field).asText().toLowerCase(Locale.ROOT);
    }
}
