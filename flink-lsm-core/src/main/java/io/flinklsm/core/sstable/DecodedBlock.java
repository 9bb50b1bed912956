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
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import java.util.Arrays;
import org.apache.parquet.format.Encoding;

/**
 * One block at a time, decoded from its pages as they are: a column after another, each only when
 * asked for. Reused for block after block and file after file, so that reading allocates nothing
 * once the buffers have their size. Confined to one thread.
 *
 * <p>Life: {@link #begin} a file → {@link #loadKeys} a block → {@link #loadKinds} → {@link
 * #loadValues}, in this order.
 */
final class DecodedBlock implements BlockView {

    private static final int TOMBSTONE = EntryKind.DELETE.code();

    private final PageReader keys;
    private final PageReader kinds;
    private final PageReader values;
    private final ByteSource source = new ByteSource();
    private final Slice firstKey = new Slice();
    private final Slice fence = new Slice();

    private int block;
    private int rows;
    private int keysAt;
    private int[] keyOffsets = new int[65];
    private int[] kindCodes = new int[64];
    private int commonKind;
    private boolean hasCommonKind;
    private int valuesAt;
    private int[] valueOffsets = new int[65];
    private int[] lengths = new int[64];

    DecodedBlock() {
        PageCodec codec = new PageCodec();
        keys = new PageReader(codec);
        kinds = new PageReader(codec);
        values = new PageReader(codec);
    }

    void begin(int maxReadAheadBytes) {
        keys.begin(maxReadAheadBytes);
        kinds.begin(0);
        values.begin(maxReadAheadBytes);
        rows = 0;
    }

    /** Decodes all of a block. */
    void load(StorageInput input, BlockIndex index, int number) throws IOException {
        loadKeys(input, index, number);
        loadKinds(input, index);
        loadValues(input, index);
    }

    void loadKeys(StorageInput input, BlockIndex index, int number) throws IOException {
        block = number;
        rows = index.rows(number);
        keys.read(
                input,
                index.keysOffset(number),
                index.keysBytes(number),
                index.keysEnd(number),
                rows,
                Encoding.DELTA_LENGTH_BYTE_ARRAY.getValue());
        keys.checkNoNulls();
        ensureRows();
        keysAt = decodeLengths(keys, rows);
        keyOffsets[0] = 0;
        for (int row = 0; row < rows; row++) {
            keyOffsets[row + 1] = keyOffsets[row] + lengths[row];
        }
        if (!key(0, firstKey).contentEquals(index.fence(number, fence))) {
            throw new MalformedPageException("keys are not those of the block: first=" + firstKey);
        }
    }

    void loadKinds(StorageInput input, BlockIndex index) throws IOException {
        int byteCount = index.kindsBytes(block);
        hasCommonKind = byteCount == 0;
        if (hasCommonKind) {
            commonKind = index.commonKind(block);
            return;
        }
        kinds.read(
                input,
                index.kindsOffset(block),
                byteCount,
                index.kindsOffset(block) + byteCount,
                rows,
                Encoding.DELTA_BINARY_PACKED.getValue());
        kinds.checkNoNulls();
        source.set(kinds.bytes, kinds.from, kinds.limit);
        DeltaBinaryPacked.decode(source, kinds.bytes, kindCodes, rows);
        if (source.remaining() != 0) {
            throw new MalformedPageException("kinds have bytes left");
        }
        for (int row = 0; row < rows; row++) {
            if (kindCodes[row] < 0 || kindCodes[row] > EntryKind.MERGE.code()) {
                throw new MalformedPageException("unknown kind: code=" + kindCodes[row]);
            }
        }
    }

    void loadValues(StorageInput input, BlockIndex index) throws IOException {
        values.read(
                input,
                index.valuesOffset(block),
                index.valuesBytes(block),
                index.valuesEnd(block),
                rows,
                Encoding.DELTA_LENGTH_BYTE_ARRAY.getValue());
        int nulls = countTombstones();
        if (values.header.nullCount != nulls) {
            throw new MalformedPageException(
                    "values do not fit the kinds: nulls="
                            + values.header.nullCount
                            + ", tombstones="
                            + nulls);
        }
        boolean isUniform = nulls == 0 || nulls == rows;
        if (!isUniform || !DefinitionLevels.isRun(values.levels(), rows, nulls == 0 ? 1 : 0)) {
            if (hasCommonKind) {
                Arrays.fill(kindCodes, 0, rows, commonKind);
            }
            DefinitionLevels.check(values.levels(), kindCodes, TOMBSTONE, rows);
        }
        valuesAt = decodeLengths(values, rows - nulls);
        valueOffsets[0] = 0;
        int value = 0;
        for (int row = 0; row < rows; row++) {
            int length = nulls > 0 && kind(row) == TOMBSTONE ? 0 : lengths[value++];
            valueOffsets[row + 1] = valueOffsets[row] + length;
        }
    }

    private int countTombstones() {
        if (hasCommonKind) {
            return commonKind == TOMBSTONE ? rows : 0;
        }
        int count = 0;
        for (int row = 0; row < rows; row++) {
            count += kindCodes[row] == TOMBSTONE ? 1 : 0;
        }
        return count;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public Slice key(int row, Slice slice) {
        int from = keyOffsets[row];
        return slice.setBytes(keys.bytes, keysAt + from, keyOffsets[row + 1] - from);
    }

    @Override
    public int kind(int row) {
        return hasCommonKind ? commonKind : kindCodes[row];
    }

    @Override
    public Slice value(int row, Slice slice) {
        int from = valueOffsets[row];
        return slice.setBytes(values.bytes, valuesAt + from, valueOffsets[row + 1] - from);
    }

    /** Bytes of all keys and all values. */
    long contentBytes() {
        return (long) keyOffsets[rows] + valueOffsets[rows];
    }

    /**
     * Decodes the lengths at the start of a page of byte strings and checks that they fill the
     * page; gives where the bytes begin.
     */
    private int decodeLengths(PageReader page, int count) throws MalformedPageException {
        source.set(page.bytes, page.from, page.limit);
        DeltaBinaryPacked.decode(source, page.bytes, lengths, count);
        long sum = 0;
        for (int i = 0; i < count; i++) {
            if (lengths[i] < 0) {
                throw new MalformedPageException("negative length: index=" + i);
            }
            sum += lengths[i];
        }
        if (sum != source.remaining()) {
            throw new MalformedPageException(
                    "lengths do not fill the page: sum=" + sum + ", bytes=" + source.remaining());
        }
        return source.position();
    }

    private void ensureRows() {
        if (rows > lengths.length) {
            int room = rows + rows / 4;
            lengths = new int[room];
            kindCodes = new int[room];
            keyOffsets = new int[room + 1];
            valueOffsets = new int[room + 1];
        }
    }
}
