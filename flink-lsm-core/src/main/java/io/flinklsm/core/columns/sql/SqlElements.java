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
package io.flinklsm.core.columns.sql;

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.leaf.NotTypedException;

/**
 * Elements of an array, or the keys or the values of a map, as they stand: their count, a bit for
 * each that is null in whole ints, a place for each, zeros up to a whole word, what does not fit
 * into places.
 */
final class SqlElements {

    /** Definition level of the columns if there is none. */
    private final int emptyDefinition;

    /** Level of all elements but the first. */
    private final int repetitionLevel;

    private final SqlBinding element;
    private final int width;

    SqlElements(int emptyDefinition, int repetitionLevel, SqlBinding element, int width) {
        if (width != 1 && width != 2 && width != 4 && width != 8) {
            throw new IllegalArgumentException("no element has this width: width=" + width);
        }
        if (repetitionLevel < 1 || element.definition() <= emptyDefinition) {
            throw new IllegalArgumentException(
                    "elements repeat, and stand below what is empty: repetitionLevel="
                            + repetitionLevel
                            + ", definition="
                            + element.definition()
                            + ", emptyDefinition="
                            + emptyDefinition);
        }
        this.emptyDefinition = emptyDefinition;
        this.repetitionLevel = repetitionLevel;
        this.element = element;
        this.width = width;
    }

    private static int placesFrom(int count) {
        return Integer.BYTES + (count + Integer.SIZE - 1) / Integer.SIZE * Integer.BYTES;
    }

    /** Reads what stands from {@code from} to {@code to}, all of it; gives the count. */
    int shred(byte[] bytes, int from, int to, int repetition) throws NotTypedException {
        SqlBytes.check(to - from >= Integer.BYTES);
        int count = SqlBytes.getInt(bytes, from);
        // A place takes a byte at least; then nothing below overflows.
        SqlBytes.check(count >= 0 && count <= (to - from) / width);
        int placesFrom = placesFrom(count);
        int placesTo = placesFrom + count * width;
        SqlBytes.check(
                placesTo >= 0 && placesTo <= to - from && SqlBytes.padded(placesTo) <= to - from);
        SqlBytes.checkZeros(bytes, from + placesTo, from + SqlBytes.padded(placesTo));
        int usedBits = count & (Integer.SIZE - 1);
        SqlBytes.check(
                usedBits == 0
                        || SqlBytes.getInt(bytes, from + placesFrom - Integer.BYTES) >>> usedBits
                                == 0);
        if (count == 0) {
            element.shredNull(emptyDefinition, repetition);
        }
        int behind = from + SqlBytes.padded(placesTo);
        int at = from + placesFrom;
        for (int i = 0; i < count; i++) {
            int level = i == 0 ? repetition : repetitionLevel;
            if (SqlBytes.isSet(bytes, from + Integer.BYTES, i)) {
                SqlBytes.check(SqlBytes.get(bytes, at, width) == 0);
                element.shredOwnNull(level);
            } else {
                behind = element.shred(bytes, from, at, behind, to, level);
            }
            at += width;
        }
        SqlBytes.check(behind == to);
        return count;
    }

    /** How many come next in the columns. */
    int nextCount() {
        LeafCursor first = element.first();
        return first.definition() <= emptyDefinition ? 0 : first.count(repetitionLevel);
    }

    /** Appends the next elements, and passes over them. */
    void assemble(ValueBuffer out, int count) {
        Invariants.check(count >= 0, "fewer elements than none", "count", count);
        int placesFrom = placesFrom(count);
        int base =
                out.appendZeros(
                        SqlBytes.padded(
                                Math.addExact(placesFrom, Math.multiplyExact(count, width))));
        SqlBytes.setInt(out.array(), base, count);
        if (count == 0) {
            element.skipNull();
        }
        int at = base + placesFrom;
        for (int i = 0; i < count; i++) {
            if (element.isNull()) {
                SqlBytes.set(out.array(), base + Integer.BYTES, i);
                element.skipNull();
            } else {
                element.assemble(out, base, at);
            }
            at += width;
        }
    }

    public void shredNull(int atDefinition, int repetition) {
        element.shredNull(atDefinition, repetition);
    }

    public void skipNull() {
        element.skipNull();
    }

    LeafCursor first() {
        return element.first();
    }
}
