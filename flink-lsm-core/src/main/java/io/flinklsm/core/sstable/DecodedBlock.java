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
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.EntryBinding;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.parquet.encoding.DeltaBinaryPacked;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.parquet.page.IntPage;
import io.flinklsm.core.parquet.page.LargePage;
import io.flinklsm.core.parquet.page.LeafPage;
import io.flinklsm.core.parquet.page.PageCodec;
import io.flinklsm.core.parquet.page.PageCompression;
import io.flinklsm.core.parquet.page.SortedPage;
import io.flinklsm.core.storage.FileRanges;
import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One block at a time, decoded from its pages as they are: a column after another, each only when
 * asked for. Reused for block after block and file after file of the same columns, so that reading
 * allocates nothing once the buffers have their size. Confined to one thread.
 *
 * <p>Life: {@link #begin} a file → {@link #loadKeys} a block → {@link #loadKinds} → {@link
 * #loadValues}, in this order.
 *
 * <p>A value is raw bytes or stands in typed columns; {@link #value} makes bytes of the latter,
 * which stay as they are until the next value is asked for. A {@link #large} value is not read with
 * its block.
 */
final class DecodedBlock implements BlockView {

    private static final int TOMBSTONE = EntryKind.DELETE.code();
    private static final int NO_ROW = -1;
    private static final byte[] NO_BYTES = new byte[0];

    /** Buffers above this are not kept between uses. */
    private static final int MAX_KEPT_BYTES = 1 << 20;

    /** So much is fetched at once; blocks are smaller unless their values are large. */
    private static final int FETCHED_BYTES_MAX = 16 << 10;

    private final PageCodec codec = new PageCodec(PageCompression.NONE);
    private final @Nullable EntryBinding binding;
    private final @Nullable TypedValue typedValue;
    private final SortedPage keys;
    private final IntPage kinds;
    private final LeafPage rawPage;
    private final LeafCursor raw;
    private final List<LeafPage> leaves = new ArrayList<>();
    private final FileRanges ranges = new FileRanges();
    private final Slice firstKey = new Slice();
    private final Slice fence = new Slice();

    /** What {@link #fetch} has read, for the pages of all columns. */
    private byte[] fetched = NO_BYTES;

    private int block;
    private int rows;
    private int[] kindCodes = new int[64];
    private int commonKind;
    private boolean hasCommonKind;
    private boolean hasRaw;
    private boolean hasTyped;

    /** The value of the only row, if it is a large one; and its bytes, once they were wanted. */
    private @Nullable LargePage large;

    private byte @Nullable [] largeBytes;

    // Bytes made of typed values: of one row, or of all.
    private ValueBuffer assembled = new ValueBuffer();
    private int assembledRow;
    private boolean isAllAssembled;
    private int[] valueOffsets = new int[65];

    /**
     * @param columns the typed columns of the files to be read; null if their values are raw bytes
     */
    DecodedBlock(@Nullable EntryColumns columns) {
        keys = new SortedPage(codec);
        kinds = new IntPage(codec);
        raw = EntryBinding.rawColumn(SstableFormat.RAW_COLUMN).cursor();
        rawPage = new LeafPage(raw, codec);
        binding = columns == null ? null : new EntryBinding(columns);
        typedValue = binding == null ? null : new TypedValue(binding);
        if (binding != null) {
            for (Leaf leaf : binding.valueLeaves()) {
                leaves.add(new LeafPage(leaf.cursor(), codec));
            }
        }
    }

    void begin(PageCompression compression, int maxReadAheadBytes) {
        Invariants.check(
                maxReadAheadBytes >= 0,
                "fewer bytes than none are read ahead",
                "bytes",
                maxReadAheadBytes);
        codec.begin(compression);
        keys.begin(maxReadAheadBytes);
        kinds.begin();
        rawPage.begin(maxReadAheadBytes);
        for (LeafPage leaf : leaves) {
            leaf.begin(maxReadAheadBytes);
        }
        rows = 0;
        dropLarge();
        if (assembled.length() > MAX_KEPT_BYTES) {
            assembled = new ValueBuffer();
        }
    }

    /**
     * Fetches the pages that a value of the block is read from, all together, so that the processor
     * waits for all of them at the same time; before {@link #load} or {@link #loadKeys}. Does
     * nothing for large pages, and none of what may be wrong with an index is found here.
     *
     * @param input that {@link StorageInput#readsTogether}
     * @param keysOffset of the block
     */
    void fetch(StorageInput input, IndexPart part, int number, long keysOffset) throws IOException {
        boolean isRaw = part.rawBytes(number) > 0;
        boolean isWhole = addRange(ranges.clear(), keysOffset, part.keysBytes(number));
        if (isRaw) {
            isWhole &= addRange(ranges, part.rawOffset(number), part.rawBytes(number));
        }
        for (int i = 0; !isRaw && i < leaves.size(); i++) {
            isWhole &= addRange(ranges, part.leafOffset(number, i), part.leafBytes(number, i));
        }
        if (!isWhole || ranges.allBytes() > FETCHED_BYTES_MAX) {
            return;
        }
        if (fetched.length == 0) {
            fetched = new byte[FETCHED_BYTES_MAX + DeltaBinaryPacked.SLACK_BYTES];
        }
        input.readFully(ranges, fetched);
        keys.setFetched(fetched, 0, keysOffset, ranges.byteCount(0));
        int at = ranges.byteCount(0);
        for (int i = 1; i < ranges.count(); i++) {
            LeafPage page = isRaw ? rawPage : leaves.get(i - 1);
            page.setFetched(fetched, at, ranges.position(i), ranges.byteCount(i));
            at += ranges.byteCount(i);
        }
    }

    /** False if a page cannot have so many bytes. */
    private static boolean addRange(FileRanges ranges, long offset, int byteCount) {
        ranges.add(offset, Math.max(0, byteCount));
        return byteCount > 0;
    }

    /** Decodes all of a block. */
    void load(StorageInput input, IndexPart part, int number) throws IOException {
        loadKeys(input, part, number);
        if (!key(0, firstKey).contentEquals(part.fence(number, fence))) {
            throw keysOfAnotherBlock();
        }
        loadKinds(input, part);
        loadValues(input, part);
    }

    /** Decodes the keys for a search: what they begin with is checked by the fence's head. */
    void loadKeys(StorageInput input, IndexPart part, int number) throws IOException {
        block = number;
        dropLarge();
        rows = part.rows(number);
        keys.read(input, part.keysOffset(number), part.keysBytes(number), part.keysEnd(), rows);
        ensureRows();
        if (!part.mayBeginWith(number, key(0, firstKey))) {
            throw keysOfAnotherBlock();
        }
    }

    private MalformedPageException keysOfAnotherBlock() {
        return new MalformedPageException("keys are not those of the block: first=" + firstKey);
    }

    /** Lets go of a large value and of the file that it is in. */
    void dropLarge() {
        large = null;
        largeBytes = null;
    }

    /** The value of the block's only row, if it is too large to be held; else null. */
    @Nullable LargePage large() {
        return large;
    }

    void loadKinds(StorageInput input, IndexPart part) throws IOException {
        int byteCount = part.kindsBytes(block);
        hasCommonKind = byteCount == 0;
        if (hasCommonKind) {
            commonKind = part.commonKind(block);
            return;
        }
        kinds.read(
                input,
                part.kindsOffset(block),
                byteCount,
                part.kindsOffset(block) + byteCount,
                rows,
                kindCodes);
        for (int row = 0; row < rows; row++) {
            if (kindCodes[row] < 0 || kindCodes[row] > EntryKind.MERGE.code()) {
                throw new MalformedPageException("unknown kind: code=" + kindCodes[row]);
            }
        }
    }

    void loadValues(StorageInput input, IndexPart part) throws IOException {
        assembledRow = NO_ROW;
        isAllAssembled = false;
        int tombstones = countTombstones();
        int rawNulls = rows;
        if (rows == 1 && part.rawBytes(block) > LargePage.PAGE_BYTES_MIN) {
            large =
                    LargePage.open(
                            input, part.rawOffset(block), part.rawBytes(block), raw.column());
        }
        if (large != null) {
            rawNulls = 0;
        } else if (part.rawBytes(block) > 0) {
            rawNulls =
                    rawPage.load(
                            input,
                            part.rawOffset(block),
                            part.rawBytes(block),
                            part.rawEnd(),
                            rows);
        }
        hasRaw = rawNulls < rows;
        hasTyped = rawNulls > tombstones;
        if (hasTyped && binding == null) {
            throw new MalformedPageException(
                    "values do not fit the kinds: nulls="
                            + rawNulls
                            + ", tombstones="
                            + tombstones);
        }
        if (tombstones > 0 && hasRaw) {
            checkTombstones();
        }
        if (hasTyped) {
            for (int i = 0; i < leaves.size(); i++) {
                leaves.get(i)
                        .load(
                                input,
                                part.leafOffset(block, i),
                                part.leafBytes(block, i),
                                part.leafEnd(i),
                                rows);
            }
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

    private void checkTombstones() throws MalformedPageException {
        for (int row = 0; row < rows; row++) {
            if (kind(row) == TOMBSTONE && isRaw(row)) {
                throw new MalformedPageException(
                        "an entry's value does not fit its kind: row=" + row + ", kind=DELETE");
            }
        }
    }

    private boolean isRaw(int row) {
        if (!hasRaw) {
            return false;
        }
        if (large != null) {
            return true;
        }
        raw.seekRow(row);
        return raw.definition() > 0;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public Slice key(int row, Slice slice) {
        Invariants.check(row >= 0 && row < rows, "the block has the row", "row", row);
        return keys.value(row, slice);
    }

    @Override
    public int kind(int row) {
        Invariants.check(row >= 0 && row < rows, "the block has the row");
        return hasCommonKind ? commonKind : kindCodes[row];
    }

    /**
     * {@inheritDoc}
     *
     * @throws IndexOutOfBoundsException if typed columns do not make a value
     * @throws UncheckedIOException if a large value cannot be read
     */
    @Override
    public Slice value(int row, Slice slice) {
        if (isAllAssembled) {
            Invariants.check(row >= 0 && row < rows, "the block has the row", "row", row);
            int from = valueOffsets[row];
            return slice.setBytes(assembled.array(), from, valueOffsets[row + 1] - from);
        }
        LargePage ofOnlyRow = large;
        if (ofOnlyRow != null) {
            byte[] bytes = readLarge(ofOnlyRow);
            return slice.setBytes(bytes, 0, bytes.length);
        }
        if (isRaw(row)) {
            return slice.setBytes(raw.bytes(), raw.bytesFrom(), raw.bytesLength());
        }
        if (binding == null || kind(row) == TOMBSTONE) {
            return slice.clear();
        }
        if (assembledRow != row) {
            assembledRow = NO_ROW;
            binding.assembleValue(row, assembled.clear());
            assembledRow = row;
        }
        return assembled.view(slice);
    }

    private byte[] readLarge(LargePage page) {
        byte[] bytes = largeBytes;
        if (bytes == null) {
            try {
                bytes = page.toBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            largeBytes = bytes;
        }
        return bytes;
    }

    @Override
    public @Nullable TypedValue typedValue(int row) {
        return typedValue == null || kind(row) == TOMBSTONE || isRaw(row)
                ? null
                : typedValue.setRow(row);
    }

    /**
     * Makes bytes of all values; gives the bytes of all keys and all values.
     *
     * @throws IndexOutOfBoundsException if typed columns do not make a value
     */
    long assembleAll() {
        if (!isAllAssembled) {
            ValueBuffer all = assembled.clear();
            Slice slice = new Slice();
            for (int row = 0; row < rows; row++) {
                valueOffsets[row] = all.length();
                if (isRaw(row)) {
                    all.append(slice.setBytes(raw.bytes(), raw.bytesFrom(), raw.bytesLength()));
                } else if (binding != null && kind(row) != TOMBSTONE) {
                    binding.assembleValue(row, all);
                }
            }
            valueOffsets[rows] = all.length();
            isAllAssembled = true;
        }
        return (long) keys.dataBytes() + valueOffsets[rows];
    }

    private void ensureRows() {
        if (rows > kindCodes.length) {
            int room = rows + rows / 4;
            kindCodes = new int[room];
            valueOffsets = new int[room + 1];
        }
    }
}
