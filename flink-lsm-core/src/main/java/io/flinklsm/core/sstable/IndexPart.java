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
 * head 8 for each block, then a record for each block, then the fences
 *
 * record: keys offset 8 | raw offset 8 | kinds offset 8 | keys bytes 4 | raw bytes 4
 *         kinds bytes 4 | rows 4 | fence offset 4 | fence bytes 4
 *         for each typed column of the value: offset in its chunk 4 | bytes 4
 * </pre>
 *
 * If all entries of a block are of one kind, its kinds bytes are 0 and the kinds offset is the
 * kind's code: there is nothing to read. If none of its values is raw bytes, and its neighbours
 * have none either, its raw bytes are 0.
 *
 * <p>A head is what follows, in a fence, the bytes that all fences of the part begin with: eight
 * bytes as a big-endian number, zeros behind its end. Heads of two fences that differ are in the
 * order of the fences, so a search runs over the heads, which lie together, and looks at a fence
 * only where its head is that of the key. It begins with every 32nd head: these of all files stay
 * in the processor's cache, and what is left of the search reads a few lines of memory.
 */
final class IndexPart implements AutoCloseable {

    private static final int KEYS_OFFSET = 0;
    private static final int RAW_OFFSET = 8;
    private static final int KINDS_OFFSET = 16;
    private static final int KEYS_BYTES = 24;
    private static final int RAW_BYTES = 28;
    private static final int KINDS_BYTES = 32;
    private static final int ROWS = 36;
    private static final int FENCE_OFFSET = 40;
    private static final int FENCE_BYTES = 44;
    private static final int OWN_RECORD_BYTES = 48;
    private static final int LEAF_RECORD_BYTES = 8;
    private static final int HEAD_BYTES = Long.BYTES;

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
    private final int recordBytes;
    private final FileLayout.Group group;

    /** Where the first record is. */
    private final long records;

    /** What all fences begin with; set once the part is loaded. */
    private byte[] common = new byte[0];

    /** The head of every {@link #STEP_BLOCKS}th block from the first on. */
    private final long[] steps;

    private IndexPart(@Nullable MemoryBlock memory, int sizeBytes, Extent extent, int recordBytes) {
        this.memory = memory;
        this.base = memory == null ? new byte[sizeBytes] : null;
        this.address = memory == null ? RawMemory.BYTE_ARRAY_OFFSET : memory.address();
        this.sizeBytes = sizeBytes;
        this.firstBlock = extent.firstBlock();
        this.blockCount = extent.blockCount();
        this.recordBytes = recordBytes;
        this.group = extent.group();
        this.records = address + (long) blockCount * HEAD_BYTES;
        this.steps = new long[(blockCount + STEP_BLOCKS - 1) / STEP_BLOCKS];
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
        return address + (RawMemory.getInt(base, record + FENCE_OFFSET) & 0xFFFF_FFFFL);
    }

    /** The first key of the block, borrowed while the part is open. */
    Slice fence(int block, Slice slice) {
        long record = record(block);
        return slice.setRaw(
                base,
                address + (RawMemory.getInt(base, record + FENCE_OFFSET) & 0xFFFF_FFFFL),
                RawMemory.getInt(base, record + FENCE_BYTES));
    }

    int rows(int block) {
        return RawMemory.getInt(base, record(block) + ROWS);
    }

    long keysOffset(int block) {
        return RawMemory.getLong(base, record(block) + KEYS_OFFSET);
    }

    int keysBytes(int block) {
        return RawMemory.getInt(base, record(block) + KEYS_BYTES);
    }

    /** Where the keys of the row group end: the furthest that reading ahead makes sense. */
    long keysEnd() {
        return group.keys().end();
    }

    long rawOffset(int block) {
        return RawMemory.getLong(base, record(block) + RAW_OFFSET);
    }

    /** 0 if no value of the block is raw bytes. */
    int rawBytes(int block) {
        return RawMemory.getInt(base, record(block) + RAW_BYTES);
    }

    long rawEnd() {
        return group.raw().end();
    }

    long leafOffset(int block, int leaf) {
        long inChunk = RawMemory.getInt(base, leafRecord(block, leaf)) & 0xFFFF_FFFFL;
        return group.valueLeaves().get(leaf).offset() + inChunk;
    }

    int leafBytes(int block, int leaf) {
        return RawMemory.getInt(base, leafRecord(block, leaf) + Integer.BYTES);
    }

    long leafEnd(int leaf) {
        return group.valueLeaves().get(leaf).end();
    }

    private long leafRecord(int block, int leaf) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    leaf >= 0 && leaf < group.valueLeaves().size(), "the value has the column");
        }
        return record(block) + OWN_RECORD_BYTES + (long) leaf * LEAF_RECORD_BYTES;
    }

    /** 0 if all entries of the block have the {@link #commonKind}. */
    int kindsBytes(int block) {
        return RawMemory.getInt(base, record(block) + KINDS_BYTES);
    }

    long kindsOffset(int block) {
        return RawMemory.getLong(base, record(block) + KINDS_OFFSET);
    }

    /** Code of the kind of all entries of the block. */
    int commonKind(int block) {
        return (int) RawMemory.getLong(base, record(block) + KINDS_OFFSET);
    }

    @Override
    public void close() {
        if (memory != null) {
            memory.release();
        }
    }

    int compareFence(int block, Slice key) {
        long record = record(block);
        return RawMemory.compare(
                base,
                fenceAddress(record),
                RawMemory.getInt(base, record + FENCE_BYTES),
                key.rawBase(),
                key.rawOffset(),
                key.length());
    }

    private long record(int block) {
        Invariants.check(
                block >= firstBlock && block - firstBlock < blockCount, "the part has the block");
        return records + (long) (block - firstBlock) * recordBytes;
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
        IndexParser keys = new IndexParser();
        bytes.parse(keys, extent.group().keys(), extent.group().rows());
        if (keys.pageCount() != extent.blockCount()) {
            throw new MalformedPageException(
                    "a row group has another number of blocks: found=" + keys.pageCount());
        }
        long fenceBytes = 0;
        for (int page = 0; page < keys.pageCount(); page++) {
            fenceBytes += keys.minBytes(page);
        }
        int recordBytes =
                OWN_RECORD_BYTES + extent.group().valueLeaves().size() * LEAF_RECORD_BYTES;
        long sizeBytes = (long) keys.pageCount() * (HEAD_BYTES + recordBytes) + fenceBytes;
        if (sizeBytes > Integer.MAX_VALUE) {
            throw new MalformedPageException("block index is too large: sizeBytes=" + sizeBytes);
        }
        IndexPart part =
                new IndexPart(memory.apply((int) sizeBytes), (int) sizeBytes, extent, recordBytes);
        try {
            new Loader(bytes, part, keys).load();
            return part;
        } catch (MalformedPageException | RuntimeException | Error e) {
            part.close();
            throw e;
        }
    }

    /** Fills the memory. */
    private static final class Loader {
        private final IndexBytes bytes;
        private final IndexPart part;
        private final IndexParser keys;
        private final IndexParser kinds = new IndexParser();
        private final IndexParser raw = new IndexParser();
        private final IndexParser leaf = new IndexParser();
        private final Slice fence = new Slice();
        private final Slice lastFence = new Slice();
        private int block;
        private int fenceOffset;

        Loader(IndexBytes bytes, IndexPart part, IndexParser keys) {
            this.bytes = bytes;
            this.part = part;
            this.keys = keys;
            this.block = part.firstBlock;
            this.fenceOffset = part.blockCount * (HEAD_BYTES + part.recordBytes);
        }

        void load() throws MalformedPageException {
            FileLayout.Group group = part.group;
            bytes.parse(kinds, group.kinds(), group.rows());
            bytes.parse(raw, group.raw(), group.rows());
            int kindsPage = 0;
            int rawPage = 0;
            for (int page = 0; page < keys.pageCount(); page++, block++) {
                long firstRow = keys.firstRow(page);
                int rows = keys.rowCount(page, group.rows());
                kindsPage = pageOf(kinds, kindsPage, firstRow);
                rawPage = pageOf(raw, rawPage, firstRow);
                long record = part.record(block);
                RawMemory.putLong(part.base, record + KEYS_OFFSET, keys.offset(page));
                RawMemory.putInt(part.base, record + KEYS_BYTES, keys.pageBytes(page));
                RawMemory.putInt(part.base, record + ROWS, rows);
                putKinds(record, kindsPage, firstRow, rows, group.rows());
                putRaw(record, rawPage, firstRow, rows, group.rows());
                putFence(record, page);
            }
            for (int i = 0; i < group.valueLeaves().size(); i++) {
                putLeaf(i, group.valueLeaves().get(i), group.rows());
            }
            putHeads();
        }

        private void putHeads() {
            part.fence(part.firstBlock, fence);
            part.fence(part.lastBlock(), lastFence);
            part.common = Arrays.copyOf(fence.toBytes(), fence.commonPrefixLength(lastFence));
            for (int i = 0; i < part.blockCount; i++) {
                part.fence(part.firstBlock + i, fence);
                long head = part.headOf(fence.rawBase(), fence.rawOffset(), fence.length());
                RawMemory.putLong(part.base, part.address + (long) i * HEAD_BYTES, head);
                if (i % STEP_BLOCKS == 0) {
                    part.steps[i / STEP_BLOCKS] = head;
                }
            }
        }

        /** The page that a row is in, which is not before the given one. */
        private static int pageOf(IndexParser pages, int from, long row) {
            int page = from;
            while (page + 1 < pages.pageCount() && pages.firstRow(page + 1) <= row) {
                page++;
            }
            return page;
        }

        private void putLeaf(int index, ChunkPlace chunk, long groupRows)
                throws MalformedPageException {
            bytes.parse(leaf, chunk, groupRows);
            if (leaf.pageCount() != keys.pageCount()) {
                throw new MalformedPageException(
                        "keys and values have different pages: keys="
                                + keys.pageCount()
                                + ", values="
                                + leaf.pageCount());
            }
            for (int page = 0; page < leaf.pageCount(); page++) {
                if (leaf.firstRow(page) != keys.firstRow(page)) {
                    throw new MalformedPageException(
                            "a block's pages differ: block=" + (part.firstBlock + page));
                }
                long at = part.leafRecord(part.firstBlock + page, index);
                RawMemory.putInt(part.base, at, (int) (leaf.offset(page) - chunk.offset()));
                RawMemory.putInt(part.base, at + Integer.BYTES, leaf.pageBytes(page));
            }
        }

        private void putRaw(long record, int page, long firstRow, int rows, long groupRows)
                throws MalformedPageException {
            int pageRows = raw.rowCount(page, groupRows);
            boolean isWhole = raw.firstRow(page) == firstRow && pageRows == rows;
            if (firstRow + rows > raw.firstRow(page) + pageRows) {
                throw new MalformedPageException("a block's pages differ: block=" + block);
            }
            // A page of several blocks has nulls alone.
            RawMemory.putLong(part.base, record + RAW_OFFSET, raw.offset(page));
            RawMemory.putInt(part.base, record + RAW_BYTES, isWhole ? raw.pageBytes(page) : 0);
        }

        private void putKinds(long record, int page, long firstRow, int rows, long groupRows)
                throws MalformedPageException {
            int pageRows = kinds.rowCount(page, groupRows);
            if (kinds.minBytes(page) != Integer.BYTES || kinds.maxBytes(page) != Integer.BYTES) {
                throw new MalformedPageException("bounds of kinds are malformed: block=" + block);
            }
            int min = littleEndian(kinds.minAt(page));
            int max = littleEndian(kinds.maxAt(page));
            boolean isWhole = kinds.firstRow(page) == firstRow && pageRows == rows;
            boolean isInside = firstRow + rows <= kinds.firstRow(page) + pageRows;
            if (min < 0 || min > max || max > EntryKind.MERGE.code() || !isInside) {
                throw new MalformedPageException(
                        "kinds are malformed: block=" + block + ", min=" + min + ", max=" + max);
            }
            if (min == max) {
                RawMemory.putLong(part.base, record + KINDS_OFFSET, min);
                RawMemory.putInt(part.base, record + KINDS_BYTES, 0);
            } else if (isWhole) {
                RawMemory.putLong(part.base, record + KINDS_OFFSET, kinds.offset(page));
                RawMemory.putInt(part.base, record + KINDS_BYTES, kinds.pageBytes(page));
            } else {
                throw new MalformedPageException(
                        "a page of mixed kinds is not one block: block=" + block);
            }
        }

        private void putFence(long record, int page) throws MalformedPageException {
            int byteCount = keys.minBytes(page);
            RawMemory.putInt(part.base, record + FENCE_OFFSET, fenceOffset);
            RawMemory.putInt(part.base, record + FENCE_BYTES, byteCount);
            long target = part.address + (fenceOffset & 0xFFFF_FFFFL);
            RawMemory.copy(
                    bytes.array(),
                    RawMemory.BYTE_ARRAY_OFFSET + keys.minAt(page),
                    part.base,
                    target,
                    byteCount);
            fence.setRaw(part.base, target, byteCount);
            if (page > 0 && lastFence.compareTo(fence) >= 0) {
                throw new MalformedPageException(
                        "first keys of blocks must ascend: block=" + block);
            }
            lastFence.setSlice(fence);
            fenceOffset += byteCount;
        }

        private int littleEndian(int at) {
            return RawMemory.getIntLittleEndian(bytes.array(), RawMemory.BYTE_ARRAY_OFFSET + at);
        }
    }
}
