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
import io.flinklsm.core.parquet.encoding.ByteSink;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import org.apache.parquet.format.Encoding;
import org.jspecify.annotations.Nullable;

/**
 * One column on its way into a file: takes the values of a block, makes a page of them, and
 * remembers what the indexes of the column chunk will say. Confined to one thread.
 *
 * <p>Life: values → {@link #endBlock} → … → {@link #endChunk} → {@link #chunk} → {@link
 * #startChunk} → … Subclasses know a physical type; levels, compression and headers are here.
 */
public abstract class ColumnWriter {

    /** A value that is not held is read in parts of this size. */
    private static final int LARGE_PART_BYTES = 64 << 10;

    final ColumnSpec spec;

    private final PageCodec codec;
    private final CompressionTrial trial;
    private final PageHeader header = new PageHeader();
    private final ByteSink headerBytes = new ByteSink(PageHeader.MAX_BYTES);
    private final ByteSink plain = new ByteSink(1 << 10);
    private final ByteSink stored = new ByteSink(1 << 10);
    private final CRC32 checksum = new CRC32();
    private ColumnChunkPages chunk;

    ColumnWriter(ColumnSpec spec, PageCodec codec, PageSink sink) {
        this.spec = spec;
        this.codec = codec;
        this.trial = codec.newTrial();
        this.chunk = new ColumnChunkPages(spec, sink);
    }

    /** Ends the block: its values are a page now, or will be part of one. */
    public abstract void endBlock() throws IOException;

    /** Writes what is left of the chunk. */
    public abstract void endChunk() throws IOException;

    /** Pages and bounds of the chunk; complete after {@link #endChunk}. */
    public final ColumnChunkPages chunk() {
        return chunk;
    }

    public final void startChunk(PageSink sink) {
        chunk = new ColumnChunkPages(spec, sink);
    }

    /** Where a subclass encodes a page's values before {@link #writePage}; empty. */
    final ByteSink plain() {
        return plain.clear();
    }

    /** Where a subclass encodes a page's levels before {@link #writePage}; empty. */
    final ByteSink levels() {
        return stored.clear();
    }

    /** Writes a page of a column without levels. */
    final void writePage(int rows) throws IOException {
        levels();
        writePage(rows, rows, 0, 0, spec.encoding());
    }

    /**
     * Compresses what is in {@link #plain} and appends the page, its {@link #levels} first, to the
     * chunk.
     *
     * @param values nulls included
     * @param repetitionBytes how many of the levels' bytes are repetition levels, which come first
     * @param encoding of the values; what was packed though it could be plain is not compressed
     */
    final void writePage(int rows, int values, int nulls, int repetitionBytes, Encoding encoding)
            throws IOException {
        Invariants.check(
                rows > 0 && values >= rows && nulls >= 0 && nulls <= values,
                "a page has rows, a value or null for each at least, and no more nulls than both");
        int levelBytes = stored.length();
        Invariants.check(
                repetitionBytes >= 0 && repetitionBytes <= levelBytes,
                "repetition levels are levels",
                "repetitionBytes",
                repetitionBytes,
                "levelBytes",
                levelBytes);
        boolean isCompressed = encoding == spec.encoding() && codec.compress(trial, plain, stored);
        if (!isCompressed) {
            stored.put(plain.array(), 0, plain.length());
        }
        checksum.reset();
        checksum.update(stored.array(), 0, stored.length());
        header.uncompressedBytes = levelBytes + plain.length();
        header.storedBytes = stored.length();
        Invariants.check(
                header.storedBytes <= header.uncompressedBytes,
                "a page has become longer by its compression",
                "storedBytes",
                header.storedBytes,
                "uncompressedBytes",
                header.uncompressedBytes);
        header.checksum = (int) checksum.getValue();
        header.rowCount = rows;
        header.valueCount = values;
        header.nullCount = nulls;
        header.encoding = encoding.getValue();
        header.definitionBytes = levelBytes - repetitionBytes;
        header.repetitionBytes = repetitionBytes;
        header.isCompressed = isCompressed;
        header.write(headerBytes.clear());
        chunk.addPage(headerBytes, stored, header);
    }

    /**
     * Appends a page of one row whose value is too large to be held: it is read twice, for the
     * checksum that stands before it and for the page, and is not compressed.
     *
     * @param plainStart what stands before the value's bytes in {@link #plain}
     */
    final void writeLargePage(ByteSink plainStart, LargeValue value) throws IOException {
        int levelBytes = stored.length();
        stored.put(plainStart.array(), 0, plainStart.length());
        int sum = checksum(value, null);
        header.uncompressedBytes = Math.addExact(stored.length(), Math.toIntExact(value.length()));
        header.storedBytes = header.uncompressedBytes;
        header.checksum = sum;
        header.rowCount = 1;
        header.valueCount = 1;
        header.nullCount = 0;
        header.encoding = spec.encoding().getValue();
        header.definitionBytes = levelBytes;
        header.repetitionBytes = 0;
        header.isCompressed = false;
        header.write(headerBytes.clear());
        PageSink sink = chunk.sink();
        sink.append(headerBytes.array(), 0, headerBytes.length());
        sink.append(stored.array(), 0, stored.length());
        if (checksum(value, sink) != sum) {
            throw new IOException(
                    "a value changed while it was written: column="
                            + spec.path()
                            + ", valueBytes="
                            + value.length()
                            + "; restore the last checkpoint");
        }
        chunk.countPage(headerBytes.length(), header);
    }

    /** Of what is stored before the value, and the value; which is appended to a sink, if any. */
    private int checksum(LargeValue value, @Nullable PageSink sink) throws IOException {
        checksum.reset();
        checksum.update(stored.array(), 0, stored.length());
        byte[] part = new byte[LARGE_PART_BYTES];
        long left = value.length();
        try (InputStream in = value.open()) {
            int count = in.read(part, 0, part.length);
            while (count >= 0) {
                checksum.update(part, 0, count);
                if (sink != null) {
                    sink.append(part, 0, count);
                }
                left -= count;
                count = in.read(part, 0, part.length);
            }
        }
        if (left != 0) {
            throw new IOException(
                    "a value has another length: valueBytes="
                            + value.length()
                            + ", left="
                            + left
                            + "; restore the last checkpoint");
        }
        return (int) checksum.getValue();
    }
}
