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

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.parquet.encoding.ByteSink;
import io.flinklsm.core.parquet.encoding.DeltaBinaryPacked;
import java.io.IOException;
import java.util.Arrays;

/**
 * A column of 32-bit integers without nulls: DELTA_BINARY_PACKED. Blocks with one and the same
 * value throughout share a page: a file of PUTs alone has one page of kinds in a row group, and no
 * reader needs to look at it, since its bounds are equal.
 */
public final class IntColumnWriter extends ColumnWriter {

    /** Pages end here at the latest, so that they stay digestible for any reader. */
    private static final int MAX_SHARED_ROWS = 1 << 15;

    // The block being filled.
    private int[] values = new int[64];
    private int rows;
    private int min;
    private int max;

    // Blocks before it that wait for more of the same value.
    private int sharedValue;
    private int sharedRows;

    // The chunk.
    private int chunkMin = Integer.MAX_VALUE;
    private int chunkMax = Integer.MIN_VALUE;

    public IntColumnWriter(ColumnSpec spec, PageCodec codec, PageSink sink) {
        super(spec, codec, sink);
    }

    public void add(int value) {
        if (rows == values.length) {
            values = Arrays.copyOf(values, rows * 2);
        }
        min = rows == 0 ? value : Math.min(min, value);
        max = rows == 0 ? value : Math.max(max, value);
        values[rows++] = value;
    }

    @Override
    public void endBlock() throws IOException {
        Invariants.check(rows > 0, "a block has rows");
        chunkMin = Math.min(chunkMin, min);
        chunkMax = Math.max(chunkMax, max);
        boolean joins =
                sharedRows > 0
                        && min == max
                        && min == sharedValue
                        && sharedRows + rows <= MAX_SHARED_ROWS;
        if (!joins) {
            writeShared();
            if (min != max) {
                writeValues(values, rows, min, max);
                rows = 0;
                return;
            }
            sharedValue = min;
        }
        sharedRows += rows;
        rows = 0;
    }

    @Override
    public void endChunk() throws IOException {
        Invariants.check(rows == 0, "a chunk ends within a block", "rows", rows);
        Invariants.check(
                chunkMin <= chunkMax,
                "a chunk without a block ends, or its bounds are turned around",
                "min",
                chunkMin,
                "max",
                chunkMax);
        writeShared();
        chunk().setChunkBounds(plainForm(chunkMin), plainForm(chunkMax));
        chunkMin = Integer.MAX_VALUE;
        chunkMax = Integer.MIN_VALUE;
    }

    private void writeShared() throws IOException {
        if (sharedRows > 0) {
            int[] shared = new int[sharedRows];
            Arrays.fill(shared, sharedValue);
            writeValues(shared, sharedRows, sharedValue, sharedValue);
            sharedRows = 0;
        }
    }

    private void writeValues(int[] pageValues, int count, int pageMin, int pageMax)
            throws IOException {
        chunk().addBounds(plainForm(pageMin), 0, 4, plainForm(pageMax), 0, 4);
        DeltaBinaryPacked.encode(pageValues, count, plain());
        writePage(count);
    }

    private static byte[] plainForm(int value) {
        return new ByteSink(Integer.BYTES).putIntLittleEndian(value).toBytes();
    }
}
