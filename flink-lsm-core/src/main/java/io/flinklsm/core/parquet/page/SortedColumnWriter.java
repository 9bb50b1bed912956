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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.parquet.encoding.ByteSink;
import io.flinklsm.core.parquet.encoding.DeltaBinaryPacked;
import java.io.IOException;
import java.util.Arrays;

/**
 * Byte strings in ascending order, without nulls: DELTA_LENGTH_BYTE_ARRAY, a page a block, with
 * bounds. {@link SortedPage} reads them.
 */
public final class SortedColumnWriter extends ColumnWriter {

    private final ByteSink data = new ByteSink(1 << 12);
    private int[] lengths = new int[64];
    private int rows;

    public SortedColumnWriter(ColumnSpec spec, PageCodec codec, PageSink sink) {
        super(spec, codec, sink);
    }

    public void add(Slice value) {
        if (rows == lengths.length) {
            lengths = Arrays.copyOf(lengths, rows * 2);
        }
        lengths[rows++] = value.length();
        data.put(value);
    }

    @Override
    public void endBlock() throws IOException {
        Invariants.check(rows > 0, "a block has rows");
        Invariants.check(
                !Invariants.ENABLED || Arrays.stream(lengths, 0, rows).sum() == data.length(),
                "the values of a block have other bytes than their lengths say",
                "rows",
                rows,
                "bytes",
                data.length());
        // The column is sorted: its bounds are its first and its last value.
        int last = lengths[rows - 1];
        chunk().addBounds(data.array(), 0, lengths[0], data.array(), data.length() - last, last);
        ByteSink plain = plain();
        DeltaBinaryPacked.encode(lengths, rows, plain);
        plain.put(data.array(), 0, data.length());
        writePage(rows);
        data.clear();
        rows = 0;
    }

    @Override
    public void endChunk() {
        if (rows > 0) {
            throw new AssertionError("a chunk must end with a block: path=" + spec.path());
        }
    }
}
