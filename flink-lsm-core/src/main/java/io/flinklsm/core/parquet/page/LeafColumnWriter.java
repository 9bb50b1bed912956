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
package io.flinklsm.core.parquet.page;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.LeafBuffer;
import io.flinklsm.core.columns.leaf.LeafColumn;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.parquet.encoding.ByteSink;
import io.flinklsm.core.parquet.encoding.DeltaBinaryPacked;
import io.flinklsm.core.parquet.encoding.Levels;
import java.io.IOException;
import java.util.Arrays;
import org.apache.parquet.format.Encoding;

/**
 * A typed column, or one of raw bytes, out of its {@link LeafBuffer}. How its pages are cut depends
 * on who reads it: see {@link Paging}.
 */
public final class LeafColumnWriter extends ColumnWriter {

    /** Pages that span blocks end here at the latest, so that any reader can digest them. */
    private static final int MAX_SHARED_LEVELS = 1 << 14;

    private static final int MAX_SHARED_BYTES = 64 << 10;

    /** Which blocks share a page. */
    public enum Paging {
        /** None: the engine reads single blocks. */
        BLOCK,
        /** Those without any value: no reader needs to look at their page. */
        BLOCK_OR_NULLS,
        /** All: the engine never reads the column, others read it whole. */
        SHARED
    }

    private final LeafBuffer buffer;
    private final LeafColumn column;
    private final Paging paging;

    /** Rows in the buffer. */
    private int rows;

    /** Those of them that ended with a block. */
    private int endedRows;

    /**
     * Whether numbers are packed: they must become half as long, text-like ones compress better.
     */
    private final CompressionTrial packing = new CompressionTrial(2);

    private int[] ints = new int[0];
    private long[] longs = new long[0];

    public LeafColumnWriter(LeafBuffer buffer, Paging paging, PageCodec codec, PageSink sink) {
        super(spec(buffer.column(), paging), codec, sink);
        this.buffer = buffer;
        this.column = buffer.column();
        this.paging = paging;
    }

    private static ColumnSpec spec(LeafColumn column, Paging paging) {
        return new ColumnSpec(
                column.path(),
                ColumnSpec.type(column.physical()),
                column.maxDefinitionLevel(),
                column.maxRepetitionLevel(),
                encoding(column, paging == Paging.SHARED),
                false,
                false);
    }

    /**
     * Columns of keys ascend, mostly: differences are small, and prefixes are shared. DuckDB reads
     * bytes that are decimals in no other encoding than the plain one.
     */
    static Encoding encoding(LeafColumn column, boolean isShared) {
        return switch (column.physical()) {
            case BOOLEAN, FLOAT, DOUBLE -> Encoding.PLAIN;
            case INT32, INT64 -> isShared ? Encoding.DELTA_BINARY_PACKED : Encoding.PLAIN;
            case BYTES -> {
                if (column.annotation().kind() == Annotation.Kind.DECIMAL) {
                    yield Encoding.PLAIN;
                }
                yield isShared ? Encoding.DELTA_BYTE_ARRAY : Encoding.DELTA_LENGTH_BYTE_ARRAY;
            }
        };
    }

    /** Counts a row that was added to the buffer. */
    public void endRow() {
        rows++;
    }

    @Override
    public void endBlock() throws IOException {
        boolean isFull =
                buffer.levelCount() >= MAX_SHARED_LEVELS || buffer.dataLength() >= MAX_SHARED_BYTES;
        switch (paging) {
            case BLOCK -> writeRows();
            case SHARED -> {
                if (isFull) {
                    writeRows();
                }
            }
            case BLOCK_OR_NULLS -> {
                if (buffer.valueCount() > 0 || isFull) {
                    writeNullsBefore();
                    writeRows();
                }
            }
        }
        endedRows = rows;
    }

    @Override
    public void endChunk() throws IOException {
        if (rows > 0) {
            writeRows();
        }
    }

    /** Blocks of nulls that waited get their own page before a block with values gets its. */
    private void writeNullsBefore() throws IOException {
        if (endedRows > 0 && buffer.valueCount() > 0) {
            Invariants.check(
                    endedRows < rows, "all rows are nulls, and there are values", "rows", rows);
            DeltaBinaryPacked.encode(ints, 0, plain());
            Levels.encode(new byte[endedRows], endedRows, column.maxDefinitionLevel(), levels());
            writePage(endedRows, endedRows, endedRows, 0, spec.encoding());
            buffer.dropNullRows(endedRows);
            rows -= endedRows;
        }
    }

    private void writeRows() throws IOException {
        Invariants.check(
                rows > 0 && buffer.levelCount() >= rows,
                "a row has no level in a column",
                "rows",
                rows,
                "levels",
                buffer.levelCount());
        Encoding encoding = encodeValues(plain());
        ByteSink levels = levels();
        int count = buffer.levelCount();
        if (column.maxRepetitionLevel() > 0) {
            Levels.encode(buffer.repetitions(), count, column.maxRepetitionLevel(), levels);
        }
        int repetitionBytes = levels.length();
        Levels.encode(buffer.definitions(), count, column.maxDefinitionLevel(), levels);
        writePage(rows, count, count - buffer.valueCount(), repetitionBytes, encoding);
        buffer.clear();
        rows = 0;
        endedRows = 0;
    }

    /** Writes the page of a block whose one row has a value that was not added to the buffer. */
    public void writeLargeValue(LargeValue value) throws IOException {
        if (rows > 0 || encoding(column, false) != Encoding.DELTA_LENGTH_BYTE_ARRAY) {
            throw new IllegalStateException("a large value does not share its page: rows=" + rows);
        }
        ByteSink plain = plain();
        DeltaBinaryPacked.encode(new int[] {Math.toIntExact(value.length())}, 1, plain);
        Levels.encode(
                new byte[] {(byte) column.maxDefinitionLevel()},
                1,
                column.maxDefinitionLevel(),
                levels());
        writeLargePage(plain, value);
    }

    private Encoding encodeValues(ByteSink out) {
        int count = buffer.valueCount();
        byte[] data = buffer.data();
        if (spec.mayBePacked() && count > 0 && packing.isDue()) {
            encodeDeltas(count, out);
            if (packing.pays(buffer.dataLength(), out.length())) {
                return Encoding.DELTA_BINARY_PACKED;
            }
            out.clear();
        }
        switch (spec.encoding()) {
            case PLAIN -> {
                if (column.physical() == Physical.BOOLEAN) {
                    encodeBits(data, count, out);
                } else if (column.physical() == Physical.BYTES) {
                    encodePlainBytes(data, buffer.lengths(), count, out);
                } else {
                    out.put(data, 0, buffer.dataLength());
                }
            }
            case DELTA_BINARY_PACKED -> encodeDeltas(count, out);
            case DELTA_LENGTH_BYTE_ARRAY -> {
                DeltaBinaryPacked.encode(buffer.lengths(), count, out);
                out.put(data, 0, buffer.dataLength());
            }
            case DELTA_BYTE_ARRAY -> encodePrefixes(data, buffer.lengths(), count, out);
            default -> throw new AssertionError("no encoding of ours: column=" + column.path());
        }
        return spec.encoding();
    }

    /** Each value with its length, little-endian, before it. */
    private static void encodePlainBytes(byte[] data, int[] lengths, int count, ByteSink out) {
        int from = 0;
        for (int i = 0; i < count; i++) {
            out.putIntLittleEndian(lengths[i]).put(data, from, lengths[i]);
            from += lengths[i];
        }
    }

    private static void encodeBits(byte[] data, int count, ByteSink out) {
        for (int from = 0; from < count; from += Byte.SIZE) {
            int bits = 0;
            for (int i = from; i < Math.min(count, from + Byte.SIZE); i++) {
                bits |= data[i] << (i - from);
            }
            out.put(bits);
        }
    }

    private void encodeDeltas(int count, ByteSink out) {
        if (column.physical() == Physical.INT32) {
            ints = ints.length < count ? new int[count + count / 2] : ints;
            for (int i = 0; i < count; i++) {
                ints[i] = buffer.intAt(i);
            }
            DeltaBinaryPacked.encode(ints, count, out);
        } else {
            longs = longs.length < count ? new long[count + count / 2] : longs;
            for (int i = 0; i < count; i++) {
                longs[i] = buffer.longAt(i);
            }
            DeltaBinaryPacked.encode(longs, count, out);
        }
    }

    /** Lengths of the prefixes that values share with the one before, then the suffixes. */
    private void encodePrefixes(byte[] data, int[] lengths, int count, ByteSink out) {
        ints = ints.length < 2 * count ? new int[3 * count] : ints;
        int before = 0;
        int at = 0;
        for (int i = 0; i < count; i++) {
            int common = 0;
            if (i > 0) {
                int end = Math.min(lengths[i - 1], lengths[i]);
                int difference = Arrays.mismatch(data, before, before + end, data, at, at + end);
                common = difference < 0 ? end : difference;
            }
            ints[i] = common;
            before = at;
            at += lengths[i];
        }
        DeltaBinaryPacked.encode(ints, count, out);
        for (int i = 0; i < count; i++) {
            ints[count + i] = lengths[i] - ints[i];
        }
        int[] suffixes = Arrays.copyOfRange(ints, count, 2 * count);
        DeltaBinaryPacked.encode(suffixes, count, out);
        at = 0;
        for (int i = 0; i < count; i++) {
            out.put(data, at + ints[i], suffixes[i]);
            at += lengths[i];
        }
    }
}
