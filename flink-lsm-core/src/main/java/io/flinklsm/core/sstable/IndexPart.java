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

import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.parquet.footer.ChunkPlace;
import io.flinklsm.core.parquet.footer.IndexBytes;
import io.flinklsm.core.parquet.footer.IndexParser;
import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The {@link BlockIndex} of one row group: fixed-size records and the blocks' first keys (fences)
 * in one piece of memory. Blocks have their numbers in the file. Immutable; safe for any thread
 * until closed.
 *
 * <pre>
 * head 8 for each block, then a record for each block and one for their end, then the fences
 *
 * record: keys offset 4 | rows 26 bits, kind 2 bits, length of the tail 4 bits
 *         if any block of the part has values that are raw bytes: raw offset 4 | raw bytes 4
 *         if any has entries of several kinds: kinds offset 4 | kinds bytes 4
 *         if any has a tail of more than 8 bytes: fence offset 4 | fence bytes 4
 *         for each typed column of the value: its offset 4
 * </pre>
 *
 * Offsets of pages are those in their column chunks, where one page begins where the one before
 * ends. If all entries of a block are of one kind, which is the record's, its kinds bytes are 0:
 * there is nothing to read. If none of its values is raw bytes, and its neighbours have none
 * either, its raw bytes are 0.
 *
 * <p>The tail of a fence is what follows the bytes that all fences of the part begin with. A head
 * are its first eight bytes as a big-endian number, with zeros behind its end; where no tail is
 * longer, heads and lengths are all that is held of the fences. Heads of two fences that differ are
 * in the order of the fences, so a search runs over the heads, which lie together, and looks at a
 * fence only where its head is that of the key. It begins with every 32nd head: these of all files
 * stay in the processor's cache, and what is left of the search reads a few lines of memory.
 */
final class IndexPart implements AutoCloseable {

    private static final int HEAD_BYTES = Long.BYTES;

    // A record.
    private static final int KEYS_OFFSET = 0;
    private static final int ROWS = 4;
    private static final int OWN_RECORD_BYTES = 8;
    private static final int PAIR_BYTES = 8;
    private static final int LEAF_BYTES = 4;

    private static final int ROWS_MAX = (1 << 26) - 1;
    private static final int KIND_SHIFT = 26;
    private static final int KIND_MASK = 3;
    private static final int TAIL_SHIFT = 28;

    /** Where a part has nothing of a kind, and its records no place for it. */
    private static final int NONE = 0;

    /** One head of so many is among the {@link #steps}. */
    private static final int STEP_BLOCKS = 32;

    /** Null if the bytes are on the heap. */
    private final @Nullable MemoryBlock memory;

    /** With the address, where the bytes are: null for native memory. */
    private final byte @Nullable [] base;

    private final long address;
    private final int sizeBytes;
    private final int firstBlock;
    private final int blockCount;
    private final FileLayout.Group group;

    /** Where the first record is. */
    private final long records;

    // Where in a record these pairs and the typed columns begin.
    private final int rawAt;
    private final int kindsAt;
    private final int fenceAt;
    private final int leavesAt;
    private final int recordBytes;

    /** What all fences begin with. */
    private final byte[] common;

    /** The head of every {@link #STEP_BLOCKS}th block from the first on. */
    private final long[] steps;

    private IndexPart(Extent extent, Shape shape, @Nullable MemoryBlock memory, int sizeBytes) {
        this.memory = memory;
        this.base = memory == null ? new byte[sizeBytes] : null;
        this.address = memory == null ? RawMemory.BYTE_ARRAY_OFFSET : memory.address();
        this.sizeBytes = sizeBytes;
        this.firstBlock = extent.firstBlock();
        this.blockCount = extent.blockCount();
        this.group = extent.group();
        this.records = address + (long) blockCount * HEAD_BYTES;
        int at = OWN_RECORD_BYTES;
        this.rawAt = shape.hasRaw() ? at : NONE;
        at += shape.hasRaw() ? PAIR_BYTES : 0;
        this.kindsAt = shape.hasKinds() ? at : NONE;
        at += shape.hasKinds() ? PAIR_BYTES : 0;
        this.fenceAt = shape.hasLongTails() ? at : NONE;
        at += shape.hasLongTails() ? PAIR_BYTES : 0;
        this.leavesAt = at;
        this.recordBytes = shape.recordBytes(extent.group());
        this.common = shape.common();
        this.steps = new long[(blockCount + STEP_BLOCKS - 1) / STEP_BLOCKS];
        Invariants.check(
                recordBytes == leavesAt + extent.group().valueLeaves().size() * LEAF_BYTES,
                "a record is as long as its parts",
                "bytes",
                recordBytes);
    }

    /**
     * What records of a part have.
     *
     * @param common what all fences begin with
     * @param fenceBytes of all fences
     */
    private record Shape(
            boolean hasRaw,
            boolean hasKinds,
            boolean hasLongTails,
            byte[] common,
            long fenceBytes) {

        int recordBytes(FileLayout.Group group) {
            int pairs = (hasRaw ? 1 : 0) + (hasKinds ? 1 : 0) + (hasLongTails ? 1 : 0);
            return OWN_RECORD_BYTES + pairs * PAIR_BYTES + group.valueLeaves().size() * LEAF_BYTES;
        }

        long sizeBytes(Extent extent) {
            return (long) extent.blockCount() * HEAD_BYTES
                    + (extent.blockCount() + 1L) * recordBytes(extent.group())
                    + (hasLongTails ? fenceBytes : 0);
        }
    }

    /** Which blocks a row group has. */
    record Extent(FileLayout.Group group, int firstBlock, int blockCount) {}

    int sizeBytes() {
        return sizeBytes;
    }

    /** Whether no budget knows of it: there was no room, and the next reader reads it again. */
    boolean isOnHeap() {
        return memory == null;
    }

    int firstBlock() {
        return firstBlock;
    }

    int lastBlock() {
        return firstBlock + blockCount - 1;
    }

    /** The last block whose first key is not above the key, which is not below the first one's. */
    int find(Slice key) {
        if (!beginsAsAll(key)) {
            // It is not below the first fence, so it is above all that begin in another way.
            return lastBlock();
        }
        long head = headOf(key.rawBase(), key.rawOffset(), key.length());
        int stepsAtOrBelow = stepsAtOrBelow(head);
        int stepsBelow = stepsAtOrBelow;
        while (stepsBelow > 0 && steps[stepsBelow - 1] == head) {
            stepsBelow--;
        }
        int low = stepsBelow == 0 ? 1 : (stepsBelow - 1) * STEP_BLOCKS + 1;
        int high =
                stepsAtOrBelow == steps.length ? blockCount - 1 : stepsAtOrBelow * STEP_BLOCKS - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = Long.compareUnsigned(head(middle), head);
            if (order == 0) {
                order = compareFence(firstBlock + middle, key);
            }
            if (order <= 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return firstBlock + high;
    }

    private int stepsAtOrBelow(long head) {
        int low = 0;
        int high = steps.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(steps[middle], head) <= 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /**
     * Whether a block may begin with this key, by the head: what reads a single key has just had it
     * in its hands, and the fence is elsewhere in memory.
     */
    boolean mayBeginWith(int block, Slice key) {
        return beginsAsAll(key)
                && headOf(key.rawBase(), key.rawOffset(), key.length()) == head(block - firstBlock);
    }

    private boolean beginsAsAll(Slice key) {
        return key.length() >= common.length
                && RawMemory.contentEquals(
                        key.rawBase(),
                        key.rawOffset(),
                        common,
                        RawMemory.BYTE_ARRAY_OFFSET,
                        common.length);
    }

    /** The head of a key that begins as all fences do. */
    private long headOf(@Nullable Object keyBase, long keyOffset, int length) {
        if (length - common.length >= HEAD_BYTES) {
            return RawMemory.getLongBigEndian(keyBase, keyOffset + common.length);
        }
        long head = 0;
        for (int i = 0; i < HEAD_BYTES; i++) {
            int at = common.length + i;
            int next = at < length ? RawMemory.getByte(keyBase, keyOffset + at) & 0xFF : 0;
            head = head << Byte.SIZE | next;
        }
        return head;
    }

    private long head(int index) {
        return RawMemory.getLong(base, address + (long) index * HEAD_BYTES);
    }

    private long fenceAddress(long record) {
        return address + getUnsignedInt(record + fenceAt);
    }

    /** The first key of the block, borrowed while the part is open. */
    Slice fence(int block, Slice slice) {
        long record = record(block);
        if (fenceAt != NONE) {
            int byteCount = getInt(record + fenceAt + Integer.BYTES);
            return slice.setRaw(base, fenceAddress(record), byteCount);
        }
        int tailBytes = tailBytes(record);
        byte[] bytes = Arrays.copyOf(common, common.length + tailBytes);
        long head = head(block - firstBlock);
        for (int i = 0; i < tailBytes; i++) {
            bytes[common.length + i] = (byte) (head >>> (HEAD_BYTES - 1 - i) * Byte.SIZE);
        }
        return slice.setBytes(bytes, 0, bytes.length);
    }

    private int tailBytes(long record) {
        return getInt(record + ROWS) >>> TAIL_SHIFT;
    }

    int rows(int block) {
        return getInt(record(block) + ROWS) & ROWS_MAX;
    }

    long keysOffset(int block) {
        return group.keys().offset() + getUnsignedInt(record(block) + KEYS_OFFSET);
    }

    int keysBytes(int block) {
        return bytesAt(record(block) + KEYS_OFFSET);
    }

    /** Where the keys of the row group end: the furthest that reading ahead makes sense. */
    long keysEnd() {
        return group.keys().end();
    }

    long rawOffset(int block) {
        long inChunk = rawAt == NONE ? 0 : getUnsignedInt(record(block) + rawAt);
        return group.raw().offset() + inChunk;
    }

    /** 0 if no value of the block is raw bytes. */
    int rawBytes(int block) {
        return rawAt == NONE ? 0 : getInt(record(block) + rawAt + Integer.BYTES);
    }

    long rawEnd() {
        return group.raw().end();
    }

    long leafOffset(int block, int leaf) {
        return group.valueLeaves().get(leaf).offset() + getUnsignedInt(leafAt(block, leaf));
    }

    int leafBytes(int block, int leaf) {
        return bytesAt(leafAt(block, leaf));
    }

    long leafEnd(int leaf) {
        return group.valueLeaves().get(leaf).end();
    }

    private long leafAt(int block, int leaf) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    leaf >= 0 && leaf < group.valueLeaves().size(), "the value has the column");
        }
        return record(block) + leavesAt + (long) leaf * LEAF_BYTES;
    }

    /** Bytes of a page whose offset is in a record: the next record has where it ends. */
    private int bytesAt(long offsetAt) {
        return getInt(offsetAt + recordBytes) - getInt(offsetAt);
    }

    /** 0 if all entries of the block have the {@link #commonKind}. */
    int kindsBytes(int block) {
        return kindsAt == NONE ? 0 : getInt(record(block) + kindsAt + Integer.BYTES);
    }

    long kindsOffset(int block) {
        long inChunk = kindsAt == NONE ? 0 : getUnsignedInt(record(block) + kindsAt);
        return group.kinds().offset() + inChunk;
    }

    /** Code of the kind of all entries of the block. */
    int commonKind(int block) {
        return getInt(record(block) + ROWS) >>> KIND_SHIFT & KIND_MASK;
    }

    @Override
    public void close() {
        if (memory != null) {
            memory.release();
        }
    }

    int compareFence(int block, Slice key) {
        long record = record(block);
        if (fenceAt != NONE) {
            return RawMemory.compare(
                    base,
                    fenceAddress(record),
                    getInt(record + fenceAt + Integer.BYTES),
                    key.rawBase(),
                    key.rawOffset(),
                    key.length());
        }
        if (!beginsAsAll(key)) {
            return RawMemory.compare(
                    common,
                    RawMemory.BYTE_ARRAY_OFFSET,
                    common.length,
                    key.rawBase(),
                    key.rawOffset(),
                    key.length());
        }
        long head = headOf(key.rawBase(), key.rawOffset(), key.length());
        int order = Long.compareUnsigned(head(block - firstBlock), head);
        // Where the heads are equal, one of the two is the other one and zeros, or goes on.
        return order != 0 ? order : tailBytes(record) - (key.length() - common.length);
    }

    private long record(int block) {
        Invariants.check(
                block >= firstBlock && block - firstBlock < blockCount, "the part has the block");
        return recordAt(block - firstBlock);
    }

    /** Of a block, counted from the part's first, or of their end. */
    private long recordAt(int index) {
        return records + (long) index * recordBytes;
    }

    private int getInt(long at) {
        return RawMemory.getInt(base, at);
    }

    private long getUnsignedInt(long at) {
        return RawMemory.getInt(base, at) & 0xFFFF_FFFFL;
    }

    /**
     * Reads the indexes of a row group; the caller closes what comes out.
     *
     * @param bytes where the ranges of its chunks are
     * @param memory gives so many bytes, or null: then they are on the heap
     */
    static IndexPart load(
            IndexBytes bytes, Extent extent, IntFunction<@Nullable MemoryBlock> memory)
            throws MalformedPageException {
        Parsed parsed = new Parsed(bytes, extent);
        Shape shape = parsed.shape();
        long sizeBytes = shape.sizeBytes(extent);
        if (sizeBytes > Integer.MAX_VALUE) {
            throw new MalformedPageException("block index is too large: sizeBytes=" + sizeBytes);
        }
        IndexPart part =
                new IndexPart(extent, shape, memory.apply((int) sizeBytes), (int) sizeBytes);
        try {
            new Loader(parsed, part).load();
            return part;
        } catch (MalformedPageException | RuntimeException | Error e) {
            part.close();
            throw e;
        }
    }

    /** The indexes of the columns that every value has. */
    private static final class Parsed {
        private final IndexBytes bytes;
        private final FileLayout.Group group;
        private final IndexParser keys = new IndexParser();
        private final IndexParser kinds = new IndexParser();
        private final IndexParser raw = new IndexParser();

        Parsed(IndexBytes bytes, Extent extent) throws MalformedPageException {
            this.bytes = bytes;
            this.group = extent.group();
            bytes.parse(keys, group.keys(), group.rows());
            if (keys.pageCount() != extent.blockCount()) {
                throw new MalformedPageException(
                        "a row group has another number of blocks: found=" + keys.pageCount());
            }
            bytes.parse(kinds, group.kinds(), group.rows());
            bytes.parse(raw, group.raw(), group.rows());
        }

        Shape shape() throws MalformedPageException {
            Slice first = fence(0, new Slice());
            Slice last = fence(keys.pageCount() - 1, new Slice());
            int commonBytes = first.commonPrefixLength(last);
            boolean hasLongTails = false;
            long fenceBytes = 0;
            for (int page = 0; page < keys.pageCount(); page++) {
                hasLongTails |= keys.minBytes(page) - commonBytes > HEAD_BYTES;
                fenceBytes += keys.minBytes(page);
            }
            boolean hasKinds = false;
            for (int page = 0; page < kinds.pageCount(); page++) {
                hasKinds |= minKind(page) != maxKind(page);
            }
            return new Shape(
                    hasRawOfOneBlock(),
                    hasKinds,
                    hasLongTails,
                    Arrays.copyOf(first.toBytes(), commonBytes),
                    fenceBytes);
        }

        /** A page of several blocks has nulls alone. */
        private boolean hasRawOfOneBlock() throws MalformedPageException {
            int rawPage = 0;
            for (int page = 0; page < keys.pageCount(); page++) {
                rawPage = pageOf(raw, rawPage, keys.firstRow(page));
                if (isWhole(raw, rawPage, page)) {
                    return true;
                }
            }
            return false;
        }

        /** The page that a row is in, which is not before the given one. */
        static int pageOf(IndexParser pages, int from, long row) {
            int page = from;
            while (page + 1 < pages.pageCount() && pages.firstRow(page + 1) <= row) {
                page++;
            }
            return page;
        }

        int rows(int block) throws MalformedPageException {
            return keys.rowCount(block, group.rows());
        }

        /** Whether a page has the rows of this block and no others. */
        boolean isWhole(IndexParser pages, int page, int block) throws MalformedPageException {
            return pages.firstRow(page) == keys.firstRow(block)
                    && pages.rowCount(page, group.rows()) == rows(block);
        }

        /** Whether a page has all rows of this block, whose first it has. */
        boolean holds(IndexParser pages, int page, int block) throws MalformedPageException {
            return keys.firstRow(block) + rows(block)
                    <= pages.firstRow(page) + pages.rowCount(page, group.rows());
        }

        int minKind(int page) throws MalformedPageException {
            return kind(page, kinds.minAt(page), kinds.minBytes(page));
        }

        int maxKind(int page) throws MalformedPageException {
            return kind(page, kinds.maxAt(page), kinds.maxBytes(page));
        }

        private int kind(int page, int at, int byteCount) throws MalformedPageException {
            if (byteCount != Integer.BYTES) {
                throw new MalformedPageException("bounds of kinds are malformed: page=" + page);
            }
            return RawMemory.getIntLittleEndian(bytes.array(), RawMemory.BYTE_ARRAY_OFFSET + at);
        }

        Slice fence(int block, Slice slice) {
            return slice.setBytes(bytes.array(), keys.minAt(block), keys.minBytes(block));
        }
    }

    /** Fills the memory. */
    private static final class Loader {
        private final Parsed parsed;
        private final IndexPart part;
        private final IndexParser leaf = new IndexParser();
        private final Slice fence = new Slice();
        private final Slice lastFence = new Slice();
        private long fenceOffset;

        Loader(Parsed parsed, IndexPart part) {
            this.parsed = parsed;
            this.part = part;
            this.fenceOffset = part.recordAt(part.blockCount + 1) - part.address;
        }

        void load() throws MalformedPageException {
            FileLayout.Group group = part.group;
            int kindsPage = 0;
            int rawPage = 0;
            for (int block = 0; block < part.blockCount; block++) {
                long firstRow = parsed.keys.firstRow(block);
                kindsPage = Parsed.pageOf(parsed.kinds, kindsPage, firstRow);
                rawPage = Parsed.pageOf(parsed.raw, rawPage, firstRow);
                putOffset(block, KEYS_OFFSET, parsed.keys.offset(block), group.keys());
                putRows(block, kindsPage);
                putRaw(block, rawPage);
                putFence(block);
            }
            putEnd(KEYS_OFFSET, group.keys());
            for (int i = 0; i < group.valueLeaves().size(); i++) {
                putLeaf(i, group.valueLeaves().get(i), group.rows());
            }
        }

        private void putOffset(int block, int at, long offset, ChunkPlace chunk)
                throws MalformedPageException {
            long inChunk = offset - chunk.offset();
            if (inChunk > 0xFFFF_FFFFL) {
                throw new MalformedPageException(
                        "a column chunk is too long: block=" + name(block) + ", offset=" + inChunk);
            }
            putInt(block, at, (int) inChunk);
        }

        /** The record behind the last one has where its pages end. */
        private void putEnd(int at, ChunkPlace chunk) throws MalformedPageException {
            putOffset(part.blockCount, at, chunk.end(), chunk);
        }

        private void putLeaf(int index, ChunkPlace chunk, long groupRows)
                throws MalformedPageException {
            parsed.bytes.parse(leaf, chunk, groupRows);
            if (leaf.pageCount() != part.blockCount) {
                throw new MalformedPageException(
                        "keys and values have different pages: keys="
                                + part.blockCount
                                + ", values="
                                + leaf.pageCount());
            }
            int at = part.leavesAt + index * LEAF_BYTES;
            for (int block = 0; block < part.blockCount; block++) {
                if (leaf.firstRow(block) != parsed.keys.firstRow(block)) {
                    throw differentPages(block);
                }
                putOffset(block, at, leaf.offset(block), chunk);
            }
            putEnd(at, chunk);
        }

        private void putRows(int block, int kindsPage) throws MalformedPageException {
            int rows = parsed.rows(block);
            int min = parsed.minKind(kindsPage);
            int max = parsed.maxKind(kindsPage);
            boolean isInside = parsed.holds(parsed.kinds, kindsPage, block);
            if (min < 0 || min > max || max > EntryKind.MERGE.code() || !isInside) {
                throw new MalformedPageException(
                        "kinds are malformed: block="
                                + name(block)
                                + ", min="
                                + min
                                + ", max="
                                + max);
            }
            if (rows > ROWS_MAX) {
                throw new MalformedPageException(
                        "a block has too many rows: block=" + name(block) + ", rows=" + rows);
            }
            int tailBytes = parsed.keys.minBytes(block) - part.common.length;
            int tail = part.fenceAt == NONE ? tailBytes << TAIL_SHIFT : 0;
            putInt(block, ROWS, rows | min << KIND_SHIFT | tail);
            if (part.kindsAt == NONE) {
                return;
            }
            boolean isMixed = min != max;
            if (isMixed && !parsed.isWhole(parsed.kinds, kindsPage, block)) {
                throw new MalformedPageException(
                        "a page of mixed kinds is not one block: block=" + name(block));
            }
            long offset = parsed.kinds.offset(kindsPage);
            putOffset(block, part.kindsAt, offset, part.group.kinds());
            int byteCount = isMixed ? parsed.kinds.pageBytes(kindsPage) : 0;
            putInt(block, part.kindsAt + Integer.BYTES, byteCount);
        }

        private void putRaw(int block, int page) throws MalformedPageException {
            if (!parsed.holds(parsed.raw, page, block)) {
                throw differentPages(block);
            }
            if (part.rawAt != NONE) {
                boolean isWhole = parsed.isWhole(parsed.raw, page, block);
                putOffset(block, part.rawAt, parsed.raw.offset(page), part.group.raw());
                int byteCount = isWhole ? parsed.raw.pageBytes(page) : 0;
                putInt(block, part.rawAt + Integer.BYTES, byteCount);
            }
        }

        private void putFence(int block) throws MalformedPageException {
            parsed.fence(block, fence);
            if (block > 0 && lastFence.compareTo(fence) >= 0) {
                throw new MalformedPageException(
                        "first keys of blocks must ascend: block=" + name(block));
            }
            lastFence.setSlice(fence);
            long head = part.headOf(fence.rawBase(), fence.rawOffset(), fence.length());
            RawMemory.putLong(part.base, part.address + (long) block * HEAD_BYTES, head);
            if (block % STEP_BLOCKS == 0) {
                part.steps[block / STEP_BLOCKS] = head;
            }
            if (part.fenceAt != NONE) {
                putInt(block, part.fenceAt, (int) fenceOffset);
                putInt(block, part.fenceAt + Integer.BYTES, fence.length());
                RawMemory.copy(
                        fence.rawBase(),
                        fence.rawOffset(),
                        part.base,
                        part.address + fenceOffset,
                        fence.length());
                fenceOffset += fence.length();
            }
        }

        private void putInt(int block, int at, int value) {
            RawMemory.putInt(part.base, part.recordAt(block) + at, value);
        }

        private MalformedPageException differentPages(int block) {
            return new MalformedPageException("a block's pages differ: block=" + name(block));
        }

        private int name(int block) {
            return part.firstBlock + block;
        }
    }
}
