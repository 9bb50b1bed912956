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

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import io.flinklsm.inspect.merge.ValueText;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.print.Table;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a result as a table, CSV, or JSON; all but the rows of a table go through as they come.
 */
public final class ResultPrinter {

    /** Rows of which the widths of a table are found; more would not fit into memory. */
    private static final int BATCH = 1000;

    private static final JsonFactory FACTORY =
            new JsonFactoryBuilder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private final SqlResult result;
    private final long limit;
    private long count;

    /**
     * @param limit 0 for none
     */
    public ResultPrinter(SqlResult result, long limit) {
        this.result = result;
        this.limit = limit;
    }

    /** Null at the end, and when the limit is reached. */
    private @Nullable List<@Nullable Object> next() {
        if (limit > 0 && count == limit) {
            return null;
        }
        List<@Nullable Object> row = result.next();
        count += row == null ? 0 : 1;
        return row;
    }

    /** Whether the limit cut rows off; asked after the last row. */
    public boolean hasMore() {
        return limit > 0 && count == limit && result.next() != null;
    }

    public void printTable(Console to) {
        List<List<@Nullable Object>> batch = new ArrayList<>();
        boolean isFirst = true;
        while (true) {
            List<@Nullable Object> row = next();
            if (row != null) {
                batch.add(row);
            }
            if (batch.size() == BATCH || (row == null && (isFirst || !batch.isEmpty()))) {
                table(batch).print(to);
                batch.clear();
                isFirst = false;
            }
            if (row == null) {
                return;
            }
        }
    }

    private Table table(List<List<@Nullable Object>> batch) {
        Table table = new Table();
        for (SqlResult.Column column : result.columns()) {
            String title = SafeText.forTerminal(column.name());
            if (column.isNumber()) {
                table.right(title);
            } else {
                table.left(title);
            }
        }
        for (List<@Nullable Object> row : batch) {
            table.row(
                    row.stream()
                            .map(value -> value == null ? "NULL" : ValueText.of(value))
                            .toArray());
        }
        return table;
    }

    /**
     * RFC 4180 with a header. Null is an empty cell, an empty text the cell {@code ""}; no cell is
     * a formula.
     *
     * @param toTerminal whether a person sees it: then nothing in it moves their cursor
     */
    public void printCsv(OutputStream to, boolean toTerminal) throws IOException {
        UnaryOperator<String> cell =
                text -> SafeText.forCsv(toTerminal ? SafeText.forTerminal(text) : text);
        Writer writer = new BufferedWriter(new OutputStreamWriter(to, StandardCharsets.UTF_8));
        List<String> cells = new ArrayList<>();
        result.columns().forEach(column -> cells.add(cell.apply(column.name())));
        writer.write(String.join(",", cells));
        writer.write('\n');
        List<@Nullable Object> row = next();
        while (row != null) {
            for (int i = 0; i < row.size(); i++) {
                writer.write(i == 0 ? "" : ",");
                Object value = row.get(i);
                writer.write(value == null ? "" : cell.apply(ValueText.of(value)));
            }
            writer.write('\n');
            row = next();
        }
        writer.flush();
    }

    /** Writes the fields {@code columns}, {@code rows} and {@code has_more}. */
    public void writeJson(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("columns");
        for (SqlResult.Column column : result.columns()) {
            json.writeStartObject();
            json.writeStringField("name", column.name());
            json.writeStringField("type", column.type());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("rows");
        List<String> names = uniqueNames();
        List<@Nullable Object> row = next();
        while (row != null) {
            write(row, names, json);
            row = next();
        }
        json.writeEndArray();
        json.writeBooleanField("has_more", hasMore());
    }

    /** An object on each line. */
    public void printJsonLines(OutputStream to) throws IOException {
        List<String> names = uniqueNames();
        try (JsonGenerator json = FACTORY.createGenerator(to)) {
            json.configure(JsonGenerator.Feature.AUTO_CLOSE_TARGET, false);
            json.setRootValueSeparator(null);
            List<@Nullable Object> row = next();
            while (row != null) {
                write(row, names, json);
                json.writeRaw('\n');
                row = next();
            }
        }
    }

    private static void write(List<@Nullable Object> row, List<String> names, JsonGenerator json)
            throws IOException {
        json.writeStartObject();
        for (int i = 0; i < row.size(); i++) {
            json.writeFieldName(names.get(i));
            ValueText.write(row.get(i), json);
        }
        json.writeEndObject();
    }

    private List<String> uniqueNames() {
        List<String> names = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (SqlResult.Column column : result.columns()) {
            String unique = column.name();
            for (int i = 2; !taken.add(unique.toLowerCase(Locale.ROOT)); i++) {
                unique = column.name() + "_" + i;
            }
            names.add(unique);
        }
        return names;
    }
}
