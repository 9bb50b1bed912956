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
package io.flinklsm.core.columns.leaf;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Reads the values of a leaf column from a decoded page, row by row: {@link #seekRow}, then value
 * (or null) by value with {@link #next} while {@link #isInRow}. The decoder of pages fills it with
 * {@link #setPage}. Bytes are borrowed until the next page. Confined to one thread.
 *
 * <p>A page whose levels do not fit its values ends in an {@link IndexOutOfBoundsException}, never
 * in memory that is not the page's.
 */
public final class LeafCursor {

    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final byte[] NO_BYTES = new byte[0];
    private static final int[] NO_INTS = new int[0];

    private final LeafColumn column;
    private final int maxDefinition;
    private final boolean isRepeated;

    // The page.
    private byte[] data = NO_BYTES;
    private int dataFrom;
    private int[] offsets = NO_INTS;
    private byte[] definitions = NO_BYTES;
    private byte[] repetitions = NO_BYTES;
    private int levelCount;
    private boolean hasNulls;

    /** By row; only of a repeated column. */
    private int[] firstLevels = NO_INTS;

    /** By level; only if there are nulls. */
    private int[] valuesBefore = NO_INTS;

    // Where we are.
    private int level;
    private int value;
    private int rowEnd;

    LeafCursor(LeafColumn column) {
        this.column = column;
        this.maxDefinition = column.maxDefinitionLevel();
        this.isRepeated = column.maxRepetitionLevel() > 0;
    }

    public LeafColumn column() {
        return column;
    }

    /**
     * Reads from this page from now on. The arrays are borrowed.
     *
     * @param pageData values from {@code from} on: fixed width little-endian, booleans a byte each
     * @param valueOffsets by value, relative to {@code from}, one more than values; only of a
     *     column of bytes
     * @param definitionLevels looked at only if there are nulls
     * @param repetitionLevels looked at only if the column is repeated
     * @param levels values and nulls
     * @param nulls levels without a value
     * @throws IndexOutOfBoundsException if levels and rows do not fit
     */
    public void setPage(
            byte[] pageData,
            int from,
            int[] valueOffsets,
            byte[] definitionLevels,
            byte[] repetitionLevels,
            int levels,
            int nulls,
            int rows) {
        data = pageData;
        dataFrom = from;
        offsets = valueOffsets;
        definitions = definitionLevels;
        repetitions = repetitionLevels;
        levelCount = levels;
        hasNulls = nulls > 0;
        if (hasNulls) {
            indexValues();
        }
        if (isRepeated) {
            indexRows(rows);
        } else if (levels != rows) {
            throw new IndexOutOfBoundsException("levels=" + levels + ", rows=" + rows);
        }
        rowEnd = 0;
    }

    /**
     * Reads from what a buffer holds now, as if it had been a page.
     *
     * @param rows that were added to it
     */
    public void setBuffer(LeafBuffer buffer, int rows) {
        int[] valueOffsets = NO_INTS;
        if (column.physical() == Physical.BYTES) {
            valueOffsets = new int[buffer.valueCount() + 1];
            for (int i = 0; i < buffer.valueCount(); i++) {
                valueOffsets[i + 1] = valueOffsets[i] + buffer.lengths()[i];
            }
        }
        setPage(
                buffer.data(),
                0,
                valueOffsets,
                buffer.definitions(),
                buffer.repetitions(),
                buffer.levelCount(),
                buffer.levelCount() - buffer.valueCount(),
                rows);
    }

    private void indexValues() {
        if (valuesBefore.length < levelCount) {
            valuesBefore = new int[levelCount + levelCount / 4];
        }
        int values = 0;
        for (int i = 0; i < levelCount; i++) {
            valuesBefore[i] = values;
            values += definitions[i] == maxDefinition ? 1 : 0;
        }
    }

    private void indexRows(int rows) {
        if (firstLevels.length <= rows) {
            firstLevels = new int[rows + 1 + rows / 4];
        }
        int row = 0;
        for (int i = 0; i < levelCount; i++) {
            if (repetitions[i] == 0) {
                if (row == rows) {
                    throw new IndexOutOfBoundsException("more rows than " + rows);
                }
                firstLevels[row++] = i;
            }
        }
        if (row != rows || (rows > 0 && firstLevels[0] != 0)) {
            throw new IndexOutOfBoundsException("rows=" + row + ", expected=" + rows);
        }
        firstLevels[rows] = levelCount;
    }

    /** Goes to the first value, or null, of a row. */
    public void seekRow(int row) {
        level = isRepeated ? firstLevels[row] : row;
        rowEnd = isRepeated ? firstLevels[row + 1] : row + 1;
        value = hasNulls ? valuesBefore[level] : level;
    }

    /** Bytes of the row's values, without levels. */
    public long rowBytes(int row) {
        seekRow(row);
        int from = value;
        int to = hasNulls ? valuesBefore[rowEnd - 1] : rowEnd - 1;
        to += !hasNulls || definitions[rowEnd - 1] == maxDefinition ? 1 : 0;
        int width = column.physical().width();
        return width > 0 ? (long) (to - from) * width : offsets[to] - offsets[from];
    }

    /** Whether there is another value or null in the row. */
    public boolean isInRow() {
        return level < rowEnd;
    }

    public int definition() {
        checkInRow();
        return hasNulls ? definitions[level] : maxDefinition;
    }

    /** Of the current value; 0 behind the row's last one, where the next row would begin. */
    public int repetition() {
        return isRepeated && level < rowEnd ? repetitions[level] : 0;
    }

    /** How many values or nulls begin an element of a list at this repetition level, from here. */
    public int count(int ofRepetition) {
        checkInRow();
        int count = 1;
        for (int i = level + 1; i < rowEnd && repetitions[i] >= ofRepetition; i++) {
            count += repetitions[i] == ofRepetition ? 1 : 0;
        }
        return count;
    }

    public boolean booleanValue() {
        return data[dataFrom + value] != 0;
    }

    /** Also the raw bits of a float. */
    public int intValue() {
        return (int) INT.get(data, dataFrom + value * Integer.BYTES);
    }

    /** Also the raw bits of a double. */
    public long longValue() {
        return (long) LONG.get(data, dataFrom + value * Long.BYTES);
    }

    public byte[] bytes() {
        return data;
    }

    public int bytesFrom() {
        return dataFrom + offsets[value];
    }

    public int bytesLength() {
        return offsets[value + 1] - offsets[value];
    }

    /** Which of these the current value is. */
    public int indexIn(byte[][] values) {
        int from = bytesFrom();
        int to = from + bytesLength();
        for (int i = 0; i < values.length; i++) {
            if (Arrays.equals(values[i], 0, values[i].length, data, from, to)) {
                return i;
            }
        }
        throw new IndexOutOfBoundsException("a name that is not one of " + values.length);
    }

    /** Passes over the current value or null. */
    public void next() {
        if (definition() == maxDefinition) {
            value++;
        }
        level++;
    }

    private void checkInRow() {
        if (level >= rowEnd) {
            throw new IndexOutOfBoundsException(
                    "a row ends too early: column=" + column.path() + ", level=" + level);
        }
    }

    @Override
    public String toString() {
        return column.path()
                + " level "
                + level
                + " of "
                + Arrays.toString(Arrays.copyOf(definitions, levelCount));
    }
}
