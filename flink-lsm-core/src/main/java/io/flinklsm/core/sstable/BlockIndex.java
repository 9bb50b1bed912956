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
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.memory.MemoryBlock;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * Which block has which keys, and where its pages are: fixed-size records and the blocks' first
 * keys (fences) in one piece of native memory. Immutable; safe for any thread until closed.
 *
 * <pre>
 * record: keys offset 8 | raw offset 8 | kinds offset 8 | keys bytes 4 | raw bytes 4
 *         kinds bytes 4 | rows 4 | fence offset 4 | fence bytes 4
 *         for each typed column of the value: offset in its chunk 4 | bytes 4
 * </pre>
 *
 * If all entries of a block are of one kind, its kinds bytes are 0 and the kinds offset is the
 * kind's code: there is nothing to read. If none of its values is raw bytes, and its neighbours
 * have none either, its raw bytes are 0.
 */
final class BlockIndex implements AutoCloseable {

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

    private final MemoryBlock memory;
    private final long address;
    private final int blockCount;
    private final int recordBytes;

    /** By row group: its first block. */
    private final int[] firstBlocks;

    private final List<FileLayout.Group> groups;

    private BlockIndex(
            MemoryBlock memory,
            int blockCount,
            int recordBytes,
            int[] firstBlocks,
            List<FileLayout.Group> groups) {
        this.memory = memory;
        this.address = memory.address();
        this.blockCount = blockCount;
        this.recordBytes = recordBytes;
        this.firstBlocks = firstBlocks;
        this.groups = groups;
    }

    int blockCount() {
        return blockCount;
    }

    int sizeBytes() {
        return memory.sizeBytes();
    }

    /** The last block whose first key is not above the key; -1 if the key is below all. */
    int find(Slice key) {
        int group = findGroup(key);
        return group < 0 ? -1 : find(group, key);
    }

    /** The last row group whose first key is not above the key; -1 if the key is below all. */
    int findGroup(Slice key) {
        int low = 0;
        int high = firstBlocks.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (compareFence(firstBlocks[middle], key) <= 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    /** The last block of the row group whose first key is not above the key, which is inside it. */
    int find(int group, Slice key) {
        int low = firstBlocks[group] + 1;
        int high = (group + 1 < firstBlocks.length ? firstBlocks[group + 1] : blockCount) - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (compareFence(middle, key) <= 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    /** Whether there is such a block and its first key is not above the key. */
    boolean beginsAtOrBelow(int block, Slice key) {
        return block < blockCount && compareFence(block, key) <= 0;
    }

    /** The row group that a block is in. */
    int groupOf(int block) {
        int group = Arrays.binarySearch(firstBlocks, block);
        return group >= 0 ? group : -group - 2;
    }

    Slice fence(int block, Slice slice) {
        long record = record(block);
        return slice.setAddress(
                address + (RawMemory.getInt(null, record + FENCE_OFFSET) & 0xFFFF_FFFFL),
                RawMemory.getInt(null, record + FENCE_BYTES));
    }

    int rows(int block) {
        return RawMemory.getInt(null, record(block) + ROWS);
    }

    long keysOffset(int block) {
        return RawMemory.getLong(null, record(block) + KEYS_OFFSET);
    }

    int keysBytes(int block) {
        return RawMemory.getInt(null, record(block) + KEYS_BYTES);
    }

    /** Where the keys of the block's row group end: the furthest that reading ahead makes sense. */
    long keysEnd(int block) {
        return groups.get(groupOf(block)).keys().end();
    }

    long rawOffset(int block) {
        return RawMemory.getLong(null, record(block) + RAW_OFFSET);
    }

    /** 0 if no value of the block is raw bytes. */
    int rawBytes(int block) {
        return RawMemory.getInt(null, record(block) + RAW_BYTES);
    }

    long rawEnd(int block) {
        return groups.get(groupOf(block)).raw().end();
    }

    long leafOffset(int block, int leaf) {
        long inChunk = RawMemory.getInt(null, leafRecord(block, leaf)) & 0xFFFF_FFFFL;
        return leafChunk(block, leaf).offset() + inChunk;
    }

    int leafBytes(int block, int leaf) {
        return RawMemory.getInt(null, leafRecord(block, leaf) + Integer.BYTES);
    }

    long leafEnd(int block, int leaf) {
        return leafChunk(block, leaf).end();
    }

    private FileLayout.Chunk leafChunk(int block, int leaf) {
        return groups.get(groupOf(block)).valueLeaves().get(leaf);
    }

    private long leafRecord(int block, int leaf) {
        return record(block) + OWN_RECORD_BYTES + (long) leaf * LEAF_RECORD_BYTES;
    }

    /** 0 if all entries of the block have the {@link #commonKind}. */
    int kindsBytes(int block) {
        return RawMemory.getInt(null, record(block) + KINDS_BYTES);
    }

    long kindsOffset(int block) {
        return RawMemory.getLong(null, record(block) + KINDS_OFFSET);
    }

    /** Code of the kind of all entries of the block. */
    int commonKind(int block) {
        return (int) RawMemory.getLong(null, record(block) + KINDS_OFFSET);
    }

    @Override
    public void close() {
        memory.release();
    }

    private int compareFence(int block, Slice key) {
        long record = record(block);
        return RawMemory.compare(
                null,
                address + (RawMemory.getInt(null, record + FENCE_OFFSET) & 0xFFFF_FFFFL),
                RawMemory.getInt(null, record + FENCE_BYTES),
                key.rawBase(),
                key.rawOffset(),
                key.length());
    }

    private long record(int block) {
        return address + (long) block * recordBytes;
    }

    /** Reads the indexes out of the tail; the caller closes what comes out. */
    static BlockIndex load(SstableTail tail, FileLayout layout, BudgetedMemory memory)
            throws IOException {
        long blocks = 0;
        long fenceBytes = 0;
        IndexParser keys = new IndexParser();
        for (FileLayout.Group group : layout.groups()) {
            parse(keys, tail, group.keys(), group.rows());
            blocks += keys.pageCount;
            for (int page = 0; page < keys.pageCount; page++) {
                fenceBytes += keys.minBytes[page];
            }
        }
        int leaves = layout.groups().get(0).valueLeaves().size();
        int recordBytes = OWN_RECORD_BYTES + leaves * LEAF_RECORD_BYTES;
        long sizeBytes = blocks * recordBytes + fenceBytes;
        if (sizeBytes > Integer.MAX_VALUE) {
            throw new MalformedPageException("block index is too large: sizeBytes=" + sizeBytes);
        }
        MemoryBlock block = memory.allocate((int) sizeBytes);
        try {
            return new Loader(tail, block, (int) blocks, recordBytes, keys).load(layout.groups());
        } catch (IOException | RuntimeException | Error e) {
            block.release();
            throw e;
        }
    }

    private static void parse(
            IndexParser parser, SstableTail tail, FileLayout.Chunk chunk, long rows)
            throws MalformedPageException {
        FileLayout.Range offsets = chunk.offsetIndex();
        parser.parseOffsetIndex(
                tail.bytes(),
                offsets.from(),
                offsets.to(),
                chunk.offset(),
                chunk.byteCount(),
                rows);
        FileLayout.Range bounds = chunk.columnIndex();
        if (bounds.length() > 0) {
            parser.parseColumnIndex(tail.bytes(), bounds.from(), bounds.to());
        }
    }

    /** Fills the memory. */
    private static final class Loader {
        private final SstableTail tail;
        private final MemoryBlock memory;
        private final int blockCount;
        private final IndexParser keys;
        private final IndexParser kinds = new IndexParser();
        private final IndexParser raw = new IndexParser();
        private final IndexParser leaf = new IndexParser();
        private final int recordBytes;
        private final Slice fence = new Slice();
        private final Slice lastFence = new Slice();
        private int block;
        private int fenceOffset;

        Loader(
                SstableTail tail,
                MemoryBlock memory,
                int blockCount,
                int recordBytes,
                IndexParser keys) {
            this.tail = tail;
            this.memory = memory;
            this.blockCount = blockCount;
            this.recordBytes = recordBytes;
            this.keys = keys;
            this.fenceOffset = blockCount * recordBytes;
        }

        BlockIndex load(List<FileLayout.Group> groups) throws MalformedPageException {
            int[] firstBlocks = new int[groups.size()];
            for (int i = 0; i < groups.size(); i++) {
                firstBlocks[i] = block;
                load(groups.get(i));
            }
            if (!fence.setAddress(firstFence(), firstFenceBytes()).contentEquals(minKey())) {
                throw new MalformedPageException("the first block does not begin with the min key");
            }
            return new BlockIndex(memory, blockCount, recordBytes, firstBlocks, groups);
        }

        private void load(FileLayout.Group group) throws MalformedPageException {
            parse(keys, tail, group.keys(), group.rows());
            parse(kinds, tail, group.kinds(), group.rows());
            parse(raw, tail, group.raw(), group.rows());
            int firstBlock = block;
            int kindsPage = 0;
            int rawPage = 0;
            for (int page = 0; page < keys.pageCount; page++, block++) {
                long firstRow = keys.firstRows[page];
                int rows = keys.rowCount(page, group.rows());
                kindsPage = pageOf(kinds, kindsPage, firstRow);
                rawPage = pageOf(raw, rawPage, firstRow);
                long record = record(block);
                RawMemory.putLong(null, record + KEYS_OFFSET, keys.offsets[page]);
                RawMemory.putInt(null, record + KEYS_BYTES, keys.pageBytes[page]);
                RawMemory.putInt(null, record + ROWS, rows);
                putKinds(record, kindsPage, firstRow, rows, group.rows());
                putRaw(record, rawPage, firstRow, rows, group.rows());
                putFence(record, page);
            }
            for (int i = 0; i < group.valueLeaves().size(); i++) {
                putLeaf(i, group.valueLeaves().get(i), group.rows(), firstBlock);
            }
        }

        /** The page that a row is in, which is not before the given one. */
        private static int pageOf(IndexParser pages, int from, long row) {
            int page = from;
            while (page + 1 < pages.pageCount && pages.firstRows[page + 1] <= row) {
                page++;
            }
            return page;
        }

        private long record(int number) {
            return memory.address() + (long) number * recordBytes;
        }

        private void putLeaf(int index, FileLayout.Chunk chunk, long groupRows, int firstBlock)
                throws MalformedPageException {
            parse(leaf, tail, chunk, groupRows);
            if (leaf.pageCount != keys.pageCount) {
                throw new MalformedPageException(
                        "keys and values have different pages: keys="
                                + keys.pageCount
                                + ", values="
                                + leaf.pageCount);
            }
            for (int page = 0; page < leaf.pageCount; page++) {
                if (leaf.firstRows[page] != keys.firstRows[page]) {
                    throw new MalformedPageException(
                            "a block's pages differ: block=" + (firstBlock + page));
                }
                long at =
                        record(firstBlock + page)
                                + OWN_RECORD_BYTES
                                + (long) index * LEAF_RECORD_BYTES;
                RawMemory.putInt(null, at, (int) (leaf.offsets[page] - chunk.offset()));
                RawMemory.putInt(null, at + Integer.BYTES, leaf.pageBytes[page]);
            }
        }

        private void putRaw(long record, int page, long firstRow, int rows, long groupRows)
                throws MalformedPageException {
            int pageRows = raw.rowCount(page, groupRows);
            boolean isWhole = raw.firstRows[page] == firstRow && pageRows == rows;
            if (firstRow + rows > raw.firstRows[page] + pageRows) {
                throw new MalformedPageException("a block's pages differ: block=" + block);
            }
            // A page of several blocks has nulls alone.
            RawMemory.putLong(null, record + RAW_OFFSET, raw.offsets[page]);
            RawMemory.putInt(null, record + RAW_BYTES, isWhole ? raw.pageBytes[page] : 0);
        }

        private void putKinds(long record, int page, long firstRow, int rows, long groupRows)
                throws MalformedPageException {
            int pageRows = kinds.rowCount(page, groupRows);
            if (kinds.minBytes[page] != Integer.BYTES || kinds.maxBytes[page] != Integer.BYTES) {
                throw new MalformedPageException("bounds of kinds are malformed: block=" + block);
            }
            int min = littleEndian(kinds.minAt[page]);
            int max = littleEndian(kinds.maxAt[page]);
            boolean isWhole = kinds.firstRows[page] == firstRow && pageRows == rows;
            boolean isInside = firstRow + rows <= kinds.firstRows[page] + pageRows;
            if (min < 0 || min > max || max > EntryKind.MERGE.code() || !isInside) {
                throw new MalformedPageException(
                        "kinds are malformed: block=" + block + ", min=" + min + ", max=" + max);
            }
            if (min == max) {
                RawMemory.putLong(null, record + KINDS_OFFSET, min);
                RawMemory.putInt(null, record + KINDS_BYTES, 0);
            } else if (isWhole) {
                RawMemory.putLong(null, record + KINDS_OFFSET, kinds.offsets[page]);
                RawMemory.putInt(null, record + KINDS_BYTES, kinds.pageBytes[page]);
            } else {
                throw new MalformedPageException(
                        "a page of mixed kinds is not one block: block=" + block);
            }
        }

        private void putFence(long record, int page) throws MalformedPageException {
            int byteCount = keys.minBytes[page];
            RawMemory.putInt(null, record + FENCE_OFFSET, fenceOffset);
            RawMemory.putInt(null, record + FENCE_BYTES, byteCount);
            long target = memory.address() + (fenceOffset & 0xFFFF_FFFFL);
            RawMemory.copy(
                    tail.bytes(),
                    RawMemory.BYTE_ARRAY_OFFSET + keys.minAt[page],
                    null,
                    target,
                    byteCount);
            fence.setAddress(target, byteCount);
            if (block > 0 && lastFence.compareTo(fence) >= 0) {
                throw new MalformedPageException(
                        "first keys of blocks must ascend: block=" + block);
            }
            lastFence.setSlice(fence);
            fenceOffset += byteCount;
        }

        private Slice minKey() {
            return new Slice().setOwned(tail.meta().minKey());
        }

        private long firstFence() {
            return memory.address() + (long) blockCount * recordBytes;
        }

        private int firstFenceBytes() {
            return RawMemory.getInt(null, memory.address() + FENCE_BYTES);
        }

        private int littleEndian(int at) {
            return RawMemory.getIntLittleEndian(tail.bytes(), RawMemory.BYTE_ARRAY_OFFSET + at);
        }
    }
}
