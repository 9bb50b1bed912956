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

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.cache.CachedBlock;
import io.flinklsm.core.cache.FileBlocks;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.check.ReferenceCount;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memory.BudgetedMemory;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.merge.Candidates;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.parquet.encoding.BloomFilter;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.parquet.footer.TailRange;
import io.flinklsm.core.parquet.page.LargePage;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An open SSTable: the file, its block index and bloom filters in native memory, its slots in the
 * block cache. Counts its holders and closes with the last one. Safe for any thread.
 */
final class SstableReader implements Candidates.Source {

    // Immutable.
    private final String name;
    private final SstableMeta meta;
    private final FileLayout layout;
    private final StorageInput input;
    private final BlockIndex index;
    private final @Nullable MemoryBlock blooms;
    private final long[] bloomOffsets;
    private final int[] bloomBytes;
    private final FileBlocks cache;
    private final DecodedBlockPool pool;

    /** The opener counts for one. */
    private final ReferenceCount holders = new ReferenceCount();

    private SstableReader(
            String name,
            SstableMeta meta,
            FileLayout layout,
            StorageInput input,
            BlockIndex index,
            @Nullable MemoryBlock blooms,
            FileBlocks cache,
            DecodedBlockPool pool) {
        this.name = name;
        this.meta = meta;
        this.layout = layout;
        this.input = input;
        this.index = index;
        this.blooms = blooms;
        this.cache = cache;
        this.pool = pool;
        List<FileLayout.Group> groups = layout.groups();
        this.bloomOffsets = new long[groups.size()];
        this.bloomBytes = new int[groups.size()];
        long offset = 0;
        for (int i = 0; i < groups.size(); i++) {
            bloomOffsets[i] = offset;
            bloomBytes[i] = groups.get(i).bloom().length();
            offset += bloomBytes[i];
        }
        if (Invariants.ENABLED) {
            Invariants.check(
                    blooms == null || offset + BloomFilter.BLOCK_BYTES == blooms.sizeBytes(),
                    "filters do not fill their memory",
                    "bytes",
                    offset,
                    "memory",
                    blooms == null ? 0 : blooms.sizeBytes());
        }
    }

    /** Opens and checks the file; the caller holds what comes out. */
    static SstableReader open(
            Storage storage,
            SstableMeta meta,
            MemoryBudget budget,
            BlockCache cache,
            Function<@Nullable EntryColumns, DecodedBlockPool> pools)
            throws IOException {
        String name = name(storage, meta.treeName(), meta.fileName());
        StorageInput input = storage.open(meta.fileName());
        List<AutoCloseable> opened = new ArrayList<>();
        opened.add(input);
        try {
            SstableTail tail = SstableTail.read(input, meta.fileName(), name, meta);
            FileLayout layout = FileLayout.of(tail);
            BlockIndex index =
                    BlockIndex.open(
                            tail,
                            layout,
                            new BlockIndex.Source(
                                    input, name, size -> allocate(size, budget, cache)),
                            new BudgetedMemory(budget, name));
            opened.add(0, index::close);
            MemoryBlock blooms = loadBlooms(tail, layout, budget, cache);
            if (blooms != null) {
                opened.add(0, blooms::release);
            }
            return new SstableReader(
                    name,
                    tail.meta(),
                    layout,
                    input,
                    index,
                    blooms,
                    cache.open(index.blockCount()),
                    pools.apply(layout.columns()));
        } catch (IOException | RuntimeException | Error e) {
            Cleanup.undo(e, opened);
            if (e instanceof MalformedPageException) {
                throw Corruption.of(name, e.getMessage(), e);
            }
            throw e;
        }
    }

    /** What errors call a file. */
    static String name(Storage storage, String treeName, String fileName) {
        return "tree " + treeName + " / " + storage.describe(fileName);
    }

    /** Cached blocks make room for them; without room lookups go on, slower. */
    private static @Nullable MemoryBlock loadBlooms(
            SstableTail tail, FileLayout layout, MemoryBudget budget, BlockCache cache) {
        long byteCount = 0;
        for (FileLayout.Group group : layout.groups()) {
            byteCount += group.bloom().length();
        }
        long withGap = byteCount + BloomFilter.BLOCK_BYTES;
        if (byteCount == 0 || withGap > Integer.MAX_VALUE) {
            return null;
        }
        MemoryBlock block = allocate((int) withGap, budget, cache);
        if (block == null) {
            return null;
        }
        long at = beginOf(block);
        for (FileLayout.Group group : layout.groups()) {
            TailRange bits = group.bloom();
            RawMemory.copy(
                    tail.bytes(),
                    RawMemory.BYTE_ARRAY_OFFSET + bits.from(),
                    null,
                    at,
                    bits.length());
            at += bits.length();
        }
        return block;
    }

    /** A filter's block lies in one line of the processor's cache. */
    private static long beginOf(MemoryBlock blooms) {
        return blooms.address() + BloomFilter.BLOCK_BYTES & -BloomFilter.BLOCK_BYTES;
    }

    private static @Nullable MemoryBlock allocate(
            int byteCount, MemoryBudget budget, BlockCache cache) {
        MemoryBlock block = budget.tryAllocate(byteCount);
        return block == null && cache.reclaim(byteCount) > 0
                ? budget.tryAllocate(byteCount)
                : block;
    }

    String name() {
        return name;
    }

    /** What the footer says. */
    SstableMeta meta() {
        return meta;
    }

    FileLayout layout() {
        return layout;
    }

    BlockIndex index() {
        return index;
    }

    StorageInput input() {
        return input;
    }

    FileBlocks cache() {
        return cache;
    }

    /** Native memory of index and bloom filters. */
    long residentBytes() {
        return index.sizeBytes() + (blooms == null ? 0L : blooms.sizeBytes());
    }

    /** Holds the reader unless it is closed already. */
    boolean tryRetain() {
        return holders.tryRetain();
    }

    @Override
    public void release() {
        if (holders.release(name) == 0) {
            close();
        }
    }

    /** Whether any user but the set of open SSTables holds it; may have changed when it returns. */
    boolean isIdle() {
        return holders.count() == 1;
    }

    /** Offers the entry of the key, if there is one; gives what the lookup says to it. */
    boolean get(KeyBuffer key, Lookup lookup) throws IOException {
        int group = index.findGroup(key.slice());
        return group >= 0 && get(group, key, lookup);
    }

    /** Adds itself, held, to the candidates of the key; or releases itself if it is none. */
    void addTo(Candidates candidates, KeyBuffer key) {
        int group = index.findGroup(key.slice());
        if (group < 0) {
            release();
            return;
        }
        candidates.add(this, group, filterPlace(group, key.hash()));
    }

    private long filterPlace(int group, long hash) {
        return blooms == null || bloomBytes[group] == 0
                ? Candidates.NO_PLACE
                : BloomFilter.blockAddress(
                        beginOf(blooms) + bloomOffsets[group], bloomBytes[group], hash);
    }

    @Override
    public boolean get(int group, KeyBuffer key, Lookup lookup) throws IOException {
        if (!hasFilter(group)) {
            return getFromBlock(group, key, lookup);
        }
        if (!mayContain(group, key)) {
            lookup.countFilterNegative();
            return false;
        }
        int offeredBefore = lookup.offeredCount();
        boolean isDone = getFromBlock(group, key, lookup);
        lookup.countFilterPositive(lookup.offeredCount() > offeredBefore);
        return isDone;
    }

    private boolean getFromBlock(int group, KeyBuffer key, Lookup lookup) throws IOException {
        IndexPart part = index.part(group);
        int block = part.find(key.slice());
        if (Invariants.ENABLED) {
            Invariants.check(
                    index.groupOf(block) == group,
                    "a block of another row group was found",
                    "block",
                    block,
                    "group",
                    group);
        }
        // Before anything atomic: the processor waits for it and for the cache's slot together.
        long keysOffset = part.keysOffset(block);
        CachedBlock cached = cache.get(block);
        lookup.countBlock(cached != null);
        if (cached == null) {
            return getUncached(part, block, keysOffset, key, lookup);
        }
        try {
            return offer(new FlatBlock().set(cached.address()), key, lookup);
        } finally {
            cached.release();
        }
    }

    boolean mayContain(int group, KeyBuffer key) {
        return mayContain(group, key.hash());
    }

    boolean hasFilter(int group) {
        return blooms != null && bloomBytes[group] != 0;
    }

    boolean mayContain(int group, long hash) {
        Objects.checkIndex(group, bloomBytes.length);
        return blooms == null
                || bloomBytes[group] == 0
                || BloomFilter.mayContain(
                        beginOf(blooms) + bloomOffsets[group], bloomBytes[group], hash);
    }

    /**
     * Whether the file may have entries of a map in a range of the map's keys.
     *
     * @param prefix what all keys of the map begin with
     */
    boolean mayContainPrefix(KeyBuffer prefix, Slice start, Slice end) {
        if (blooms == null || !layout.filtersPrefixes()) {
            return true;
        }
        int last = index.findGroup(end);
        for (int group = Math.max(0, index.findGroup(start)); group <= last; group++) {
            if (mayContain(group, prefix.hash())) {
                return true;
            }
        }
        return false;
    }

    /** The same of the whole map. */
    boolean mayContainPrefix(KeyBuffer prefix) {
        if (blooms == null || !layout.filtersPrefixes()) {
            return true;
        }
        Slice wanted = prefix.slice();
        int group = Math.max(0, index.findGroup(wanted));
        while (!mayContain(group, prefix.hash())) {
            group++;
            if (!index.groupBeginsWith(group, wanted)) {
                return false;
            }
        }
        return true;
    }

    private boolean getUncached(
            IndexPart part, int block, long keysOffset, KeyBuffer key, Lookup lookup)
            throws IOException {
        DecodedBlock decoded = takeDecoder(0);
        try {
            if (input.readsTogether()) {
                decoded.fetch(input, part, block, keysOffset);
            }
            if (cache.isWorthBuilding(block)) {
                decoded.load(input, part, block);
                CachedBlock cached = buildCached(decoded, block);
                if (cached != null) {
                    try {
                        return offer(new FlatBlock().set(cached.address()), key, lookup);
                    } finally {
                        cached.release();
                    }
                }
                int row = find(decoded, key);
                return row >= 0 && offer(decoded, block, row, lookup);
            }
            decoded.loadKeys(input, part, block);
            int row = find(decoded, key);
            if (row < 0) {
                return false;
            }
            decoded.loadKinds(input, part);
            if (decoded.kind(row) != EntryKind.DELETE.code()) {
                decoded.loadValues(input, part);
            }
            return offer(decoded, block, row, lookup);
        } catch (IOException | RuntimeException e) {
            throw failure(e, block);
        } finally {
            pool.giveBack(decoded);
        }
    }

    /** A decoder that has begun with this file; to be given back. */
    DecodedBlock takeDecoder(int maxReadAheadBytes) {
        Invariants.check(
                maxReadAheadBytes >= 0,
                "fewer bytes than none are read ahead",
                "bytes",
                maxReadAheadBytes);
        DecodedBlock decoded = pool.take();
        decoded.begin(layout.compression(), maxReadAheadBytes);
        return decoded;
    }

    void giveBack(DecodedBlock decoded) {
        pool.giveBack(decoded);
    }

    /** Puts a decoded block into the cache, held for the caller; null if there is no room. */
    @Nullable CachedBlock buildCached(DecodedBlock decoded, int block) {
        int sizeBytes = FlatBlock.sizeBytes(decoded);
        MemoryBlock memory = sizeBytes < 0 ? null : cache.allocate(sizeBytes);
        if (memory == null) {
            return null;
        }
        try {
            int built = FlatBlock.build(decoded, memory.address());
            Invariants.check(built == sizeBytes, "a cached block fills its memory");
        } catch (Throwable failure) {
            Cleanup.undo(failure, memory::release);
            throw failure;
        }
        return cache.put(block, memory);
    }

    /** What to throw when reading a block failed: damage names the file and where. */
    IOException failure(Exception exception, int block) {
        Exception cause =
                exception instanceof UncheckedIOException unchecked
                        ? unchecked.getCause()
                        : exception;
        if (cause instanceof MalformedPageException
                || cause instanceof EOFException
                || cause instanceof IndexOutOfBoundsException) {
            IndexPart part;
            try {
                part = index.partOf(block);
            } catch (IOException e) {
                return e;
            }
            return Corruption.of(
                    name,
                    "block "
                            + block
                            + " is damaged: "
                            + cause.getMessage()
                            + ", keysOffset="
                            + part.keysOffset(block)
                            + ", valuesOffset="
                            + (part.rawBytes(block) > 0
                                    ? part.rawOffset(block)
                                    : layout.groups().get(index.groupOf(block)).raw().offset()),
                    cause);
        }
        if (cause instanceof IOException io) {
            return io;
        }
        throw (RuntimeException) cause;
    }

    /**
     * A large value of this file, whose damage names the file. Good as long as the reader is held.
     */
    LargeValue largeValue(LargePage page, int block) {
        return new OwnValue(page, block);
    }

    private final class OwnValue implements LargeValue {

        private final LargePage page;
        private final int block;

        OwnValue(LargePage page, int block) {
            this.page = page;
            this.block = block;
        }

        @Override
        public long length() {
            return page.length();
        }

        @Override
        public InputStream open() {
            return new FilterInputStream(page.open()) {
                @Override
                public int read() throws IOException {
                    try {
                        return in.read();
                    } catch (IOException e) {
                        throw failure(e, block);
                    }
                }

                @Override
                public int read(byte[] target, int at, int byteCount) throws IOException {
                    try {
                        return in.read(target, at, byteCount);
                    } catch (IOException e) {
                        throw failure(e, block);
                    }
                }
            };
        }
    }

    private static boolean offer(FlatBlock block, KeyBuffer key, Lookup lookup) {
        int row = block.find(key.hash(), key.slice());
        return row >= 0 && offer(block, row, lookup);
    }

    static boolean offer(BlockView block, int row, Lookup lookup) {
        return lookup.offer(EntryKind.ofCode(block.kind(row)), block.value(row, new Slice()));
    }

    boolean offer(DecodedBlock block, int number, int row, Lookup lookup) throws IOException {
        int kind = block.kind(row);
        LargePage large = block.large();
        if (large != null) {
            if (!tryRetain()) {
                throw new AssertionError("a reader is held while it looks something up");
            }
            return lookup.offerLarge(
                    EntryKind.ofCode(kind), largeValue(large, number), this::release);
        }
        Slice value = new Slice();
        if (kind != EntryKind.DELETE.code()) {
            block.value(row, value);
        }
        return lookup.offer(EntryKind.ofCode(kind), value);
    }

    private static int find(DecodedBlock block, KeyBuffer key) {
        Slice scratch = new Slice();
        int row = BlockView.lowerBound(block, key.slice(), scratch);
        return row < block.rows() && block.key(row, scratch).contentEquals(key.slice()) ? row : -1;
    }

    private void close() {
        MemoryBlock filters = blooms;
        try {
            Cleanup.closeAll(
                    cache::drop,
                    index::close,
                    () -> {
                        if (filters != null) {
                            filters.release();
                        }
                    },
                    input);
        } catch (IOException e) {
            // Nothing was written through it: what was read stays right, and no caller can act on
            // it.
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
