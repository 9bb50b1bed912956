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
package io.flinklsm.inspect.print;

import java.util.ArrayList;
import java.util.List;

/**
 * Rows in columns that fit the terminal: when it is too narrow, the widest columns are cut, with an
 * ellipsis. Without a terminal nothing is cut, so that scripts see all. Cells are made safe.
 * Confined to one thread.
 */
public final class Table {

    private static final int MIN_CUT = 8;
    private static final String GAP = "  ";

    private record Column(String title, boolean right) {}

    private final List<Column> columns = new ArrayList<>();
    private final List<List<String>> rows = new ArrayList<>();

    /** Adds a column of text. */
    public Table left(String title) {
        columns.add(new Column(title, false));
        return this;
    }

    /** Adds a column of numbers. */
    public Table right(String title) {
        columns.add(new Column(title, true));
        return this;
    }

    /** Adds a row with a cell for each column. */
    public Table row(Object... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException(
                    "a row of another table: cells="
                            + cells.length
                            + ", columns="
                            + columns.size());
        }
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(SafeText.forTerminal(cell.toString()));
        }
        rows.add(row);
        return this;
    }

    public boolean isEmpty() {
        return rows.isEmpty();
    }

    public void print(Console console) {
        int[] widths = widths(console.columns());
        List<String> titles = new ArrayList<>();
        columns.forEach(column -> titles.add(column.title()));
        console.line(console.bold(format(titles, widths)));
        for (List<String> row : rows) {
            console.line(format(row, widths));
        }
    }

    private int[] widths(int limit) {
        int[] widths = new int[columns.size()];
        int total = GAP.length() * (widths.length - 1);
        for (int i = 0; i < widths.length; i++) {
            widths[i] = columns.get(i).title().length();
            for (List<String> row : rows) {
                widths[i] = Math.max(widths[i], length(row.get(i)));
            }
            total += widths[i];
        }
        while (limit > 0 && total > limit) {
            int widest = -1;
            for (int i = 0; i < widths.length; i++) {
                int least = Math.max(MIN_CUT, columns.get(i).title().length());
                if (!columns.get(i).right()
                        && widths[i] > least
                        && (widest < 0 || widths[i] > widths[widest])) {
                    widest = i;
                }
            }
            if (widest < 0) {
                break;
            }
            widths[widest]--;
            total--;
        }
        return widths;
    }

    private String format(List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String cell = cut(cells.get(i), widths[i]);
            String padding = " ".repeat(widths[i] - length(cell));
            line.append(i == 0 ? "" : GAP);
            line.append(columns.get(i).right() ? padding + cell : cell + padding);
        }
        return line.toString().stripTrailing();
    }

    /** The middle goes: beginnings and ends tell paths and file names apart. */
    private static String cut(String text, int width) {
        int length = length(text);
        if (length <= width) {
            return text;
        }
        int head = width / 2;
        int tail = width - head - 1;
        return text.substring(0, text.offsetByCodePoints(0, head))
                + "…"
                + text.substring(text.offsetByCodePoints(0, length - tail));
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
