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
package io.flinklsm.core.sstable;

import io.flinklsm.core.bytes.Slice;
import java.io.IOException;
import java.util.Arrays;

/** A column of byte strings: DELTA_LENGTH_BYTE_ARRAY, a page a block. */
final class BinaryColumnWriter extends ColumnWriter {

    private final ByteSink data = new ByteSink(1 << 12);
    private int[] lengths = new int[64];
    private boolean[] present = new boolean[64];
    private int count;
    private int rows;

    BinaryColumnWriter(ColumnSpec spec, SstableCodec codec, PageCodec pageCodec, PageSink sink) {
        super(spec, codec, pageCodec, sink);
    }

    void add(Slice value) {
        addRow(true);
        if (count == lengths.length) {
            lengths = Arrays.copyOf(lengths, count * 2);
        }
        lengths[count++] = value.length();
        data.put(value);
    }

    void addNull() {
        if (spec.maxDefinitionLevel() == 0) {
            throw new AssertionError("column has no nulls: path=" + spec.path());
        }
        addRow(false);
    }

    @Override
    void endBlock() throws IOException {
        if (spec.hasBounds()) {
            // The column is sorted: its bounds are its first and its last value.
            int last = lengths[count - 1];
            chunk().addBounds(
                            data.array(), 0, lengths[0], data.array(), data.length() - last, last);
        }
        ByteSink plain = plain();
        DeltaBinaryPacked.encode(lengths, count, plain);
        plain.put(data.array(), 0, data.length());
        writePage(rows, rows - count, present);
        data.clear();
        count = 0;
        rows = 0;
    }

    @Override
    void endChunk() {
        if (rows > 0) {
            throw new AssertionError("a chunk must end with a block: path=" + spec.path());
        }
    }

    private void addRow(boolean isPresent) {
        if (rows == present.length) {
            present = Arrays.copyOf(present, rows * 2);
        }
        present[rows++] = isPresent;
    }
}
