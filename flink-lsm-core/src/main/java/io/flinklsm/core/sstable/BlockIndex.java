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
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.memory.BudgetedMemory;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.parquet.footer.ChunkPlace;
import io.flinklsm.core.parquet.footer.IndexBytes;
import io.flinklsm.core.parquet.footer.IndexParser;
import io.flinklsm.core.storage.StorageInput;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which block has which keys, and where its pages are. The first key of each row group is in
 * memory; the blocks of a row group ({@link IndexPart}) are read when they are first asked for, so
 * that the first get of a restored store takes no time by the size of the files. Where the budget
 * has no room for them, one is kept on the heap and the others are read again and again. Safe for
 * any thread until closed.
 *
 * <pre>
 * row group    0          1          2
 * fences       a          k          t            in memory
 * parts        a c f h    -          t v x z      in memory once they are used
 * </pre>
 */
final class BlockIndex implements AutoCloseable {

    // Immutable.
    private final Source source;
    private final long tailOffset;
    private final IndexPart.Extent[] extents;
    private final IndexBytes.Place[] places;
    private final MemoryBlock fences;

    /** By row group: where its fence begins; the last number is where they end. */
    private final int[] fenceOffsets;

    /** By row group: its first block; the last number is that of all blocks. */
    private final int[] firstBlocks;

    // Safe for any thread.
    private final AtomicReferenceArray<@Nullable IndexPart> parts;

    /** The part that was read last without there being room for it. */
    private volatile @Nullable IndexPart homeless;

    // Written under the monitor.
    private volatile long partBytes;

    /**
     * Where parts come from.
     *
     * @param input open while the index is
     * @param name what errors call the file
     * @param memory gives so many bytes, or null if there are none
     */
    record Source(StorageInput input, String name, IntFunction<@Nullable MemoryBlock> memory) {}

    private BlockIndex(
            Source source,
            long tailOffset,
            List<FileLayout.Group> groups,
            IndexBytes.Place[] places,
            MemoryBlock fences,
            int[] fenceOffsets,
            int[] firstBlocks) {
        this.source = source;
        this.tailOffset = tailOffset;
        this.places = places;
        this.fences = fences;
        this.fenceOffsets = fenceOffsets;
        this.firstBlocks = firstBlocks;
        if (Invariants.ENABLED) {
            Invariants.check(
                    firstBlocks.length == groups.size() + 1
                            && fenceOffsets.length == firstBlocks.length,
                    "each row group has its blocks and its fence",
                    "groups",
                    groups.size(),
                    "fences",
                    fenceOffsets.length - 1);
        }
        if (Invariants.ENABLED) {
            Invariants.check(
                    fenceOffsets[groups.size()] <= fences.sizeBytes(),
                    "fences do not fit into their memory",
                    "bytes",
                    fenceOffsets[groups.size()],
                    "memory",
                    fences.sizeBytes());
        }
        this.parts = new AtomicReferenceArray<>(groups.size());
        this.extents = new IndexPart.Extent[groups.size()];
        for (int i = 0; i < extents.length; i++) {
            extents[i] =
                    new IndexPart.Extent(
                            groups.get(i), firstBlocks[i], firstBlocks[i + 1] - firstBlocks[i]);
        }
    }

    int blockCount() {
        return firstBlocks[extents.length];
    }

    /** Memory of what is read by now. */
    long sizeBytes() {
        return fences.sizeBytes() + partBytes;
    }

    /** The last block whose first key is not above the key; -1 if the key is below all. */
    int find(Slice key) throws IOException {
        int group = findGroup(key);
        return group < 0 ? -1 : find(group, key);
    }

    /** The last row group whose first key is not above the key; -1 if the key is below all. */
    int findGroup(Slice key) {
        int low = 0;
        int high = extents.length - 1;
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

    /** Whether there is such a row group and its first key is not above the key. */
    boolean isAtOrAboveGroup(int group, Slice key) {
        return group < extents.length && compareFence(group, key) <= 0;
    }

    /** Whether there is such a row group and its first key has the prefix. */
    boolean groupBeginsWith(int group, Slice prefix) {
        if (group >= extents.length) {
            return false;
        }
        int byteCount = fenceOffsets[group + 1] - fenceOffsets[group];
        return byteCount >= prefix.length()
                && RawMemory.contentEquals(
                        null,
                        fences.address() + fenceOffsets[group],
                        prefix.rawBase(),
                        prefix.rawOffset(),
                        prefix.length());
    }

    /** The last block of the row group whose first key is not above the key, which is inside it. */
    int find(int group, Slice key) throws IOException {
        return part(group).find(key);
    }

    /** Whether there is such a block and its first key is not above the key. */
    boolean beginsAtOrBelow(int block, Slice key) throws IOException {
        return block < blockCount() && partOf(block).compareFence(block, key) <= 0;
    }

    /** The row group that a block is in. */
    int groupOf(int block) {
        if (Invariants.ENABLED) {
            Invariants.check(block >= 0 && block < blockCount(), "the file has the block");
        }
        int group = Arrays.binarySearch(firstBlocks, 0, extents.length, block);
        return group >= 0 ? group : -group - 2;
    }

    /**
     * What is known of the block.
     *
     * @throws CorruptionException naming the file, if its row group's indexes are damaged
     */
    IndexPart partOf(int block) throws IOException {
        return part(groupOf(block));
    }

    /**
     * What is known of a row group's blocks.
     *
     * @throws CorruptionException as {@link #partOf}
     */
    IndexPart part(int group) throws IOException {
        Objects.checkIndex(group, extents.length);
        IndexPart part = known(group);
        return part != null ? part : load(group);
    }

    private @Nullable IndexPart known(int group) {
        IndexPart part = parts.get(group);
        if (part != null) {
            return part;
        }
        IndexPart last = homeless;
        return last != null && last.firstBlock() == firstBlocks[group] ? last : null;
    }

    /** Each part is read once, but for those that there was no room for. */
    private synchronized IndexPart load(int group) throws IOException {
        IndexPart loaded = known(group);
        if (loaded != null) {
            return loaded;
        }
        try {
            IndexPart part =
                    IndexPart.load(
                            IndexBytes.read(source.input(), tailOffset, places[group]),
                            extents[group],
                            source.memory());
            try {
                checkFences(group, part);
            } catch (MalformedPageException e) {
                part.close();
                throw e;
            }
            if (part.isOnHeap()) {
                homeless = part;
            } else {
                partBytes += part.sizeBytes();
                parts.set(group, part);
            }
            return part;
        } catch (MalformedPageException | EOFException e) {
            throw Corruption.of(source.name(), e.getMessage(), e);
        }
    }

    private void checkFences(int group, IndexPart part) throws MalformedPageException {
        Slice fence = new Slice();
        boolean isFirst = compareFence(group, part.fence(firstBlocks[group], fence)) == 0;
        boolean isBelowNext =
                group + 1 == extents.length
                        || compareFence(group + 1, part.fence(part.lastBlock(), fence)) > 0;
        if (!isFirst || !isBelowNext) {
            throw new MalformedPageException(
                    "first keys of blocks do not fit those of row groups: group=" + group);
        }
    }

    @Override
    public void close() {
        for (int group = 0; group < parts.length(); group++) {
            IndexPart part = parts.getAndSet(group, null);
            if (part != null) {
                part.close();
            }
        }
        fences.release();
    }

    private int compareFence(int group, Slice key) {
        return RawMemory.compare(
                null,
                fences.address() + fenceOffsets[group],
                fenceOffsets[group + 1] - fenceOffsets[group],
                key.rawBase(),
                key.rawOffset(),
                key.length());
    }

    /**
     * Reads out of the tail what is in memory from the beginning; the caller closes what comes out.
     */
    static BlockIndex open(
            SstableTail tail, FileLayout layout, Source source, BudgetedMemory memory)
            throws IOException {
        List<FileLayout.Group> groups = layout.groups();
        IndexBytes.Place[] places = new IndexBytes.Place[groups.size()];
        int[] firstBlocks = new int[groups.size() + 1];
        int[] fenceOffsets = new int[groups.size() + 1];
        int[] fencesAt = new int[groups.size()];
        IndexParser parser = new IndexParser();
        for (int i = 0; i < groups.size(); i++) {
            ChunkPlace keys = groups.get(i).keys();
            places[i] = IndexBytes.Place.of(groups.get(i).indexedChunks(), tail.bytes());
            parser.parseBeginning(tail.bytes(), keys.offsetIndex(), keys.columnIndex());
            firstBlocks[i + 1] = Math.addExact(firstBlocks[i], parser.pageCount());
            fenceOffsets[i + 1] = Math.addExact(fenceOffsets[i], parser.minBytes(0));
            fencesAt[i] = parser.minAt(0);
        }
        // Of an empty key there would be nothing.
        MemoryBlock fences = memory.allocate(Math.max(1, fenceOffsets[groups.size()]));
        try {
            for (int i = 0; i < groups.size(); i++) {
                RawMemory.copy(
                        tail.bytes(),
                        RawMemory.BYTE_ARRAY_OFFSET + fencesAt[i],
                        null,
                        fences.address() + fenceOffsets[i],
                        fenceOffsets[i + 1] - fenceOffsets[i]);
            }
            BlockIndex index =
                    new BlockIndex(
                            source,
                            tail.meta().tailOffset(),
                            groups,
                            places,
                            fences,
                            fenceOffsets,
                            firstBlocks);
            index.checkAscending(new Slice().setOwned(tail.meta().minKey()));
            return index;
        } catch (IOException | RuntimeException | Error e) {
            fences.release();
            throw e;
        }
    }

    private void checkAscending(Slice minKey) throws MalformedPageException {
        if (compareFence(0, minKey) != 0) {
            throw new MalformedPageException("the first block does not begin with the min key");
        }
        Slice fence = new Slice();
        for (int group = 1; group < extents.length; group++) {
            fence.setAddress(
                    fences.address() + fenceOffsets[group - 1],
                    fenceOffsets[group] - fenceOffsets[group - 1]);
            if (compareFence(group, fence) <= 0) {
                throw new MalformedPageException(
                        "first keys of row groups must ascend: group=" + group);
            }
        }
    }
}
