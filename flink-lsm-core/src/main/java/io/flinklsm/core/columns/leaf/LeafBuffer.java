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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Values and levels of a leaf column on their way into a page: little-endian values one behind the
 * other (a boolean takes a byte), lengths if they differ, and a definition and a repetition level
 * for each value and each null. Reused for page after page; confined to one thread.
 *
 * <p>A row that turns out not to fit its columns is taken back: {@link #markRow} before it, {@link
 * #rollback} after it.
 */
public final class LeafBuffer {

    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final LeafColumn column;
    private final int maxDefinition;
    private final boolean isRepeated;
    private final int width;

    private byte[] data = new byte[64];
    private int dataLength;
    private int[] lengths = new int[16];
    private int valueCount;
    private byte[] definitions = new byte[16];
    private byte[] repetitions = new byte[16];
    private int levelCount;

    /** Definition levels that are there; those up to the count are the maximum. */
    private int definitionCount;

    private int markedData;
    private int markedValues;
    private int markedLevels;

    LeafBuffer(LeafColumn column) {
        this.column = column;
        this.maxDefinition = column.maxDefinitionLevel();
        this.isRepeated = column.maxRepetitionLevel() > 0;
        this.width = column.physical().width();
    }

    public LeafColumn column() {
        return column;
    }

    /** The values; valid until the next change, content {@code [0, dataLength)}. */
    public byte[] data() {
        return data;
    }

    public int dataLength() {
        return dataLength;
    }

    /** Lengths of the values of a column of bytes, {@link #valueCount} of them. */
    public int[] lengths() {
        return lengths;
    }

    /** Values without nulls. */
    public int valueCount() {
        return valueCount;
    }

    /** {@link #levelCount} of them; of no meaning if the column's maximum is 0. */
    public byte[] definitions() {
        fillDefinitions();
        return definitions;
    }

    /** {@link #levelCount} of them; of no meaning if the column's maximum is 0. */
    public byte[] repetitions() {
        return repetitions;
    }

    /** Values and nulls. */
    public int levelCount() {
        return levelCount;
    }

    public void clear() {
        dataLength = 0;
        valueCount = 0;
        levelCount = 0;
        definitionCount = 0;
        markRow();
    }

    /** Values and nulls since the last mark. */
    public int rowLevels() {
        return levelCount - markedLevels;
    }

    public void markRow() {
        markedData = dataLength;
        markedValues = valueCount;
        markedLevels = levelCount;
    }

    /** Takes back all that came after the last mark. */
    public void rollback() {
        Invariants.check(
                markedData <= dataLength && markedLevels <= levelCount,
                "a row is taken back that is gone already",
                "marked",
                markedLevels,
                "levels",
                levelCount);
        dataLength = markedData;
        valueCount = markedValues;
        levelCount = markedLevels;
        definitionCount = Math.min(definitionCount, markedLevels);
    }

    public void putInt(int value) {
        INT.set(ensure(Integer.BYTES), dataLength, value);
        dataLength += Integer.BYTES;
    }

    public void putLong(long value) {
        LONG.set(ensure(Long.BYTES), dataLength, value);
        dataLength += Long.BYTES;
    }

    public void putBoolean(boolean value) {
        ensure(1)[dataLength++] = (byte) (value ? 1 : 0);
    }

    public void putBytes(byte[] source, int from, int byteCount) {
        System.arraycopy(source, from, ensure(byteCount), dataLength, byteCount);
        endBytes(byteCount);
    }

    /** Puts raw bytes, as a value of a column of bytes; the caller adds the levels. */
    public void putBytes(Slice value) {
        value.copyTo(ensure(value.length()), dataLength);
        endBytes(value.length());
    }

    /** Room behind the content, for a value that is made in place; then {@link #endBytes}. */
    byte[] ensure(int more) {
        int needed = Math.addExact(dataLength, more);
        if (needed > data.length) {
            int doubled = (int) Math.min(2L * data.length, Integer.MAX_VALUE - Long.BYTES);
            data = Arrays.copyOf(data, Math.max(needed, doubled));
        }
        return data;
    }

    /** Counts what was written behind the content as a value of a column of bytes. */
    void endBytes(int byteCount) {
        Invariants.check(
                byteCount >= 0 && byteCount <= data.length - dataLength,
                "a value has bytes that were not written",
                "byteCount",
                byteCount,
                "room",
                data.length - dataLength);
        if (valueCount == lengths.length) {
            lengths = Arrays.copyOf(lengths, 2 * valueCount);
        }
        lengths[valueCount] = byteCount;
        dataLength += byteCount;
    }

    /** Counts the value that was just put; its definition level is the column's maximum. */
    public void endValue(int repetition) {
        Invariants.check(
                repetition >= 0 && repetition <= column.maxRepetitionLevel(),
                "a value repeats what its column does not",
                "repetition",
                repetition,
                "max",
                column.maxRepetitionLevel());
        valueCount++;
        addRepetition(repetition);
        levelCount++;
    }

    /** Adds a null: the path is there down to this definition level. */
    public void addNull(int definition, int repetition) {
        Invariants.check(
                definition >= 0 && definition < maxDefinition,
                "a null is defined as a value is",
                "definition",
                definition,
                "max",
                maxDefinition);
        fillDefinitions();
        addRepetition(repetition);
        if (levelCount == definitions.length) {
            definitions = Arrays.copyOf(definitions, 2 * levelCount);
        }
        definitions[levelCount++] = (byte) definition;
        definitionCount = levelCount;
    }

    /** Takes away rows of a column that is not repeated, from the start; all of them are nulls. */
    public void dropNullRows(int rows) {
        Invariants.check(
                rows >= 0 && rows <= levelCount,
                "more rows are dropped than there are",
                "rows",
                rows,
                "levels",
                levelCount);
        fillDefinitions();
        levelCount -= rows;
        definitionCount = levelCount;
        System.arraycopy(definitions, rows, definitions, 0, levelCount);
    }

    /** The value with this index, of a column of four bytes. */
    public int intAt(int index) {
        Invariants.check(
                index >= 0 && index < valueCount,
                "the column has no such value",
                "index",
                index,
                "values",
                valueCount);
        return (int) INT.get(data, index * Integer.BYTES);
    }

    /** The value with this index, of a column of eight bytes. */
    public long longAt(int index) {
        Invariants.check(
                index >= 0 && index < valueCount,
                "the column has no such value",
                "index",
                index,
                "values",
                valueCount);
        return (long) LONG.get(data, index * Long.BYTES);
    }

    /** The level of the value or null that is counted next. */
    private void addRepetition(int repetition) {
        if (isRepeated) {
            if (levelCount == repetitions.length) {
                repetitions = Arrays.copyOf(repetitions, 2 * levelCount);
            }
            repetitions[levelCount] = (byte) repetition;
        }
    }

    private void fillDefinitions() {
        if (definitionCount < levelCount) {
            if (definitions.length < levelCount) {
                definitions = Arrays.copyOf(definitions, 2 * levelCount);
            }
            Arrays.fill(definitions, definitionCount, levelCount, (byte) maxDefinition);
            definitionCount = levelCount;
        }
    }

    /** Adds a row of bytes to a column of bytes that is optional and not nested. */
    public void addRow(Slice value) {
        putBytes(value);
        endValue(0);
    }

    /** Adds a row without any value. */
    public void addNullRow() {
        addNull(0, 0);
    }

    /** Adds a whole row from a column of the same shape, as it stands there. */
    public void copyRow(LeafCursor from, int row) {
        from.seekRow(row);
        copyValue(from);
        if (isRepeated) {
            for (from.next(); from.isInRow(); from.next()) {
                copyValue(from);
            }
        }
    }

    private void copyValue(LeafCursor from) {
        int repetition = from.repetition();
        int definition = from.definition();
        if (definition != maxDefinition) {
            addNull(definition, repetition);
            return;
        }
        switch (width) {
            case 0 -> putBytes(from.bytes(), from.bytesFrom(), from.bytesLength());
            case 1 -> putBoolean(from.booleanValue());
            case Integer.BYTES -> putInt(from.intValue());
            default -> putLong(from.longValue());
        }
        endValue(repetition);
    }
}
