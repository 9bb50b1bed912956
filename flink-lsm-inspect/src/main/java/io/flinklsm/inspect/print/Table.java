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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rows in columns that fit the terminal: when it is too narrow, the widest columns are cut, with an
 * ellipsis. Different names stay different: their columns are cut where they are alike, and are
 * wider than the terminal if need be. Without a terminal nothing is cut, so that scripts see all.
 * Cells are made safe. Confined to one thread.
 */
public final class Table {

    private static final int MIN_CUT = 8;

    /** Places for the ellipsis that are tried before a column becomes wider. */
    private static final int MAX_TRIES = 64;

    private static final String GAP = "  ";

    private enum Kind {
        TEXT,
        NAME,
        NUMBER
    }

    private record Column(String title, Kind kind) {
        boolean right() {
            return kind == Kind.NUMBER;
        }
    }

    /**
     * How a column is cut.
     *
     * @param head characters that stay in front of the ellipsis
     */
    private record Cut(int width, int head) {
        /** The middle goes: beginnings and ends tell paths and file names apart. */
        static Cut inTheMiddle(int width) {
            return new Cut(width, width / 2);
        }
    }

    private final List<Column> columns = new ArrayList<>();
    private final List<List<String>> rows = new ArrayList<>();

    /** Adds a column of text. */
    public Table left(String title) {
        columns.add(new Column(title, Kind.TEXT));
        return this;
    }

    /** Adds a column of text by which people tell things apart. */
    public Table name(String title) {
        columns.add(new Column(title, Kind.NAME));
        return this;
    }

    /** Adds a column of numbers. */
    public Table right(String title) {
        columns.add(new Column(title, Kind.NUMBER));
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
        Cut[] cuts = cuts(console.columns());
        List<String> titles = new ArrayList<>();
        columns.forEach(column -> titles.add(column.title()));
        console.line(console.bold(format(titles, cuts)));
        for (List<String> row : rows) {
            console.line(format(row, cuts));
        }
    }

    private Cut[] cuts(int limit) {
        int[] least = new int[columns.size()];
        for (int i = 0; i < least.length; i++) {
            least[i] = Math.max(MIN_CUT, columns.get(i).title().length());
        }
        Cut[] cuts = new Cut[columns.size()];
        boolean fits = false;
        while (!fits) {
            int[] widths = widths(limit, least);
            fits = true;
            for (int i = 0; i < widths.length; i++) {
                cuts[i] = cut(i, widths[i]);
                if (cuts[i].width() > widths[i]) {
                    // The others have to give way.
                    least[i] = cuts[i].width();
                    fits = false;
                }
            }
        }
        return cuts;
    }

    /** The widths of the columns, which are not below these, in a terminal of this width. */
    private int[] widths(int limit, int[] least) {
        int[] widths = new int[columns.size()];
        int total = GAP.length() * (widths.length - 1);
        for (int i = 0; i < widths.length; i++) {
            widths[i] = fullWidth(i);
            total += widths[i];
        }
        while (limit > 0 && total > limit) {
            int widest = -1;
            for (int i = 0; i < widths.length; i++) {
                if (!columns.get(i).right()
                        && widths[i] > least[i]
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

    private int fullWidth(int column) {
        int width = columns.get(column).title().length();
        for (List<String> row : rows) {
            width = Math.max(width, length(row.get(column)));
        }
        return width;
    }

    /** The cut of a column to this width, or to the next one at which names stay different. */
    private Cut cut(int column, int width) {
        int full = fullWidth(column);
        if (columns.get(column).kind() != Kind.NAME || width >= full) {
            return Cut.inTheMiddle(width);
        }
        Set<String> names = new HashSet<>();
        rows.forEach(row -> names.add(row.get(column)));
        // Doubling the step keeps long names from costing the square of their length.
        for (int wider = width, step = 1; wider < full; wider += step, step *= 2) {
            Cut cut = cutThatTellsApart(names, wider);
            if (cut != null) {
                return cut;
            }
        }
        return Cut.inTheMiddle(full);
    }

    private static @Nullable Cut cutThatTellsApart(Set<String> names, int width) {
        Cut middle = Cut.inTheMiddle(width);
        if (tellsApart(names, middle)) {
            return middle;
        }
        int tries = Math.min(width, MAX_TRIES);
        for (int i = 0; i < tries; i++) {
            // From one end to the other: only the end stays, …, only the beginning does.
            Cut cut = new Cut(width, (int) ((long) (width - 1) * i / Math.max(1, tries - 1)));
            if (tellsApart(names, cut)) {
                return cut;
            }
        }
        return null;
    }

    private static boolean tellsApart(Set<String> names, Cut cut) {
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!seen.add(cut(name, cut))) {
                return false;
            }
        }
        return true;
    }

    private String format(List<String> cells, Cut[] cuts) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cuts.length; i++) {
            String cell = cut(cells.get(i), cuts[i]);
            String padding = " ".repeat(cuts[i].width() - length(cell));
            line.append(i == 0 ? "" : GAP);
            line.append(columns.get(i).right() ? padding + cell : cell + padding);
        }
        return line.toString().stripTrailing();
    }

    private static String cut(String text, Cut cut) {
        int length = length(text);
        if (length <= cut.width()) {
            return text;
        }
        int tail = cut.width() - cut.head() - 1;
        return text.substring(0, text.offsetByCodePoints(0, cut.head()))
                + "…"
                + text.substring(text.offsetByCodePoints(0, length - tail));
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
