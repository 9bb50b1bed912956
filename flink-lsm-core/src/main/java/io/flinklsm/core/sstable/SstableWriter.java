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
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.memory.BudgetedMemory;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.parquet.encoding.BloomFilter;
import io.flinklsm.core.parquet.encoding.ByteSink;
import io.flinklsm.core.parquet.footer.FooterWriter;
import io.flinklsm.core.parquet.footer.ParquetFile;
import io.flinklsm.core.parquet.footer.RowGroupSummary;
import io.flinklsm.core.parquet.page.ChecksummedOutput;
import io.flinklsm.core.parquet.page.ColumnChunkPages;
import io.flinklsm.core.parquet.page.ColumnWriter;
import io.flinklsm.core.parquet.page.NativeBuffer;
import io.flinklsm.core.parquet.page.PageCodec;
import io.flinklsm.core.parquet.page.PageSink;
import io.flinklsm.core.sketch.KeySketchBuilder;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes one SSTable: entries in strictly ascending key order in, a finished file and its meta out.
 * Confined to one thread.
 *
 * <pre>
 * entry → {@link EntryShredder} → {@link ColumnWriter}s; a block ends → a page of each column
 *         first column's pages → file, the others' → {@link NativeBuffer}s
 *         a row group ends → buffers → file, bloom filter and indexes → memory
 *         finish → bloom filters, indexes, footer → file
 * </pre>
 *
 * Memory: a row group's pages without the first column, 8 bytes per entry of it for the bloom
 * filter, and the file's tail so far, all out of the budget; when the budget is full the row group
 * ends early. A value that is larger than what the writer is sure to have, or than {@link
 * #LARGE_VALUE_BYTES_MAX}, goes past all buffers into a row group of its own, uncompressed: it is
 * never on the heap as a whole.
 */
public final class SstableWriter implements AutoCloseable {

    /** A row group this small is not ended early: the footer would grow without bound. */
    private static final int MIN_ROW_GROUP_BYTES = 64 << 10;

    /** Values above this are not held, however much memory there is. */
    private static final int LARGE_VALUE_BYTES_MAX = 4 << 20;

    /** A smaller file has no sketch: it is read as fast as one would be decoded. */
    private static final long SKETCHED_BYTES_MIN = 128 << 10;

    /** A sketch takes at most this part of its file, within the bounds of its text. */
    private static final int SKETCH_SHARE = 128;

    private static final int SKETCH_LENGTH_MIN = 1 << 10;
    private static final int SKETCH_LENGTH_MAX = 8 << 10;

    /** Headers, small columns and indexes of a block take less. */
    private static final int SPARE_BYTES = 16 << 10;

    // Immutable.
    private final Storage storage;
    private final NewSstable file;
    private final SstableIdentity identity;
    private final SstableOptions options;
    private final BudgetedMemory memory;
    private final StorageOutput output;
    private final ChecksummedOutput out;
    private final List<NativeBuffer> buffers = new ArrayList<>();
    private final NativeBuffer hashes;
    private final NativeBuffer columnIndexes;
    private final NativeBuffer offsetIndexes;
    private final @Nullable EntryColumns entryColumns;
    private final PageCodec codec;
    private final EntryShredder shredder;
    private final List<ColumnWriter> columns;
    private final long largeValueBytes;

    // The block being filled.
    private long blockBytes;
    private int blockEntries;

    /** Of the file, with all blocks before that one. */
    private long endedBytes;

    // The row group being filled.
    private long rowGroupEntries;

    // The file.
    private final List<RowGroupSummary> rowGroups = new ArrayList<>();
    private final List<MemoryBlock> blooms = new ArrayList<>();
    private final ByteSink scratch = new ByteSink(1 << 10);
    private final ValueBuffer lastKey = new ValueBuffer();
    private final Slice lastKeyView = new Slice();

    // Of maps, for the bloom filters; the length is -1 at the start of a row group.
    private final Slice prefix = new Slice();
    private int lastPrefixBytes = -1;
    private boolean filtersPrefixes = true;
    private @Nullable OwnedSlice minKey;
    private long bloomBytes;
    private long entryCount;
    private long tombstoneCount;
    private long mergeCount;
    private final KeySketchBuilder sketch;
    private boolean finished;
    private boolean closed;

    /**
     * A writer of entries whose values are bytes.
     *
     * @param budget pays for buffered pages and the bloom filter
     * @throws java.nio.file.FileAlreadyExistsException if the identity's file name is in use
     */
    public SstableWriter(
            Storage storage, NewSstable file, SstableOptions options, MemoryBudget budget)
            throws IOException {
        this(storage, file, options, null, budget);
    }

    /**
     * @param columns how entries stand in columns; null if nothing is known of them
     * @param budget pays for buffered pages and the bloom filter
     * @throws java.nio.file.FileAlreadyExistsException if the identity's file name is in use
     */
    public SstableWriter(
            Storage storage,
            NewSstable file,
            SstableOptions options,
            @Nullable EntryColumns columns,
            MemoryBudget budget)
            throws IOException {
        this.storage = storage;
        this.file = file;
        this.identity = file.identity();
        this.options = options;
        this.memory = new BudgetedMemory(budget, "writer of " + identity.fileName());
        this.hashes = new NativeBuffer(memory);
        this.columnIndexes = new NativeBuffer(memory);
        this.offsetIndexes = new NativeBuffer(memory);
        this.sketch = new KeySketchBuilder(options.keyGroupBytes());
        this.output = storage.create(identity.fileName(), file.replaced());
        try {
            this.out = new ChecksummedOutput(output);
            this.entryColumns = columns;
            this.codec = new PageCodec(options.codecs().of(file).compression(), file.level() == 0);
            this.shredder = new EntryShredder(options, columns, codec, this::sinkOfColumn);
            this.columns = shredder.columns();
            this.largeValueBytes =
                    Math.max(
                            MIN_ROW_GROUP_BYTES,
                            Math.min(memory.guaranteedBytes(), LARGE_VALUE_BYTES_MAX));
            out.append(ParquetFile.magic(), 0, ParquetFile.MAGIC_BYTES);
            startRowGroup();
        } catch (Throwable failure) {
            Cleanup.undo(failure, this);
            throw failure;
        }
    }

    /**
     * @throws IllegalArgumentException if the key is not above the one before, or too short for the
     *     key group that the options promise
     */
    public void add(Slice key, EntryKind kind, Slice value) throws IOException {
        if (value.length() > largeValueBytes) {
            add(key, kind, LargeValue.of(value));
            return;
        }
        checkKey(key);
        long entryBytes = (long) key.length() + value.length();
        boolean isAlone = beginEntry(entryBytes);
        shredder.shred(key, kind, value);
        endEntry(key, kind, entryBytes, isAlone, null);
    }

    /** Adds an entry, the value of which is read twice and not held. */
    public void add(Slice key, EntryKind kind, LargeValue value) throws IOException {
        checkKey(key);
        if (blockEntries > 0) {
            endBlock();
        }
        endRowGroup();
        shredder.shredWithoutValue(key, kind);
        endEntry(key, kind, key.length() + value.length(), true, value);
    }

    /**
     * Adds the cursor's entry: column by column if its value stands in the same columns already.
     *
     * @throws IllegalArgumentException as above
     */
    public void add(EntryCursor entry) throws IOException {
        TypedValue value = entry.typedValue();
        long valueBytes = value != null && shredder.canCopy(value) ? value.sizeBytes() : -1;
        if (value == null || valueBytes < 0 || valueBytes > largeValueBytes) {
            addBytes(entry);
            return;
        }
        Slice key = entry.key();
        EntryKind kind = entry.kind();
        checkKey(key);
        long entryBytes = key.length() + valueBytes;
        boolean isAlone = beginEntry(entryBytes);
        shredder.copy(key, kind, value);
        endEntry(key, kind, entryBytes, isAlone, null);
    }

    private void addBytes(EntryCursor entry) throws IOException {
        LargeValue large = entry.largeValue();
        if (large != null && large.length() > largeValueBytes) {
            add(entry.key(), entry.kind(), large);
        } else {
            add(entry.key(), entry.kind(), entry.value());
        }
    }

    /** Ends block and row group if the entry wants it; gives whether it wants to be alone. */
    private boolean beginEntry(long entryBytes) throws IOException {
        // A value that alone makes a block does not drag its neighbours along when it is read.
        if (blockEntries > 0 && blockBytes + entryBytes > options.blockBytes() * 3L / 2) {
            endBlock();
        }
        boolean isAlone = entryBytes >= MIN_ROW_GROUP_BYTES && !hasRoomFor(entryBytes);
        if (isAlone && blockEntries > 0) {
            endBlock();
        }
        boolean isScarce = blockEntries == 0 && isRowGroupWorthEnding() && !hasRoomFor(entryBytes);
        if (isAlone || isScarce) {
            endRowGroup();
        }
        return isAlone;
    }

    /**
     * Counts the entry and ends its block if that is full. In one piece: it is longer than what the
     * just-in-time compiler copies into callers ({@code CodeSizesTest}).
     *
     * @param isAlone whether it is a row group of its own
     * @param large its value, if it is not in the columns yet
     */
    private void endEntry(
            Slice key, EntryKind kind, long entryBytes, boolean isAlone, @Nullable LargeValue large)
            throws IOException {
        Invariants.check(
                entryBytes >= key.length(),
                "an entry is shorter than its key",
                "entryBytes",
                entryBytes,
                "keyBytes",
                key.length());
        long hash = key.hash64();
        if (options.bloomBitsPerKey() > 0) {
            hashes.appendLong(hash);
            // The filter also knows the maps that have entries here, each once in a row group.
            int prefixBytes = shredder.prefixBytes();
            if (prefixBytes < 0) {
                filtersPrefixes = false;
            } else {
                Invariants.check(
                        prefixBytes <= key.length(),
                        "a prefix is longer than its key",
                        "prefixBytes",
                        prefixBytes,
                        "keyBytes",
                        key.length());
                prefix.setRaw(key.rawBase(), key.rawOffset(), prefixBytes);
                if (prefixBytes != lastPrefixBytes
                        || !lastKey.view(lastKeyView).startsWith(prefix)) {
                    hashes.appendLong(prefix.hash64());
                    lastPrefixBytes = prefixBytes;
                }
            }
        }
        sketch.add(key, shredder.keyBytes(), hash, lastKey.view(lastKeyView), kind, entryBytes);
        lastKey.set(key);
        entryCount++;
        tombstoneCount += kind == EntryKind.DELETE ? 1 : 0;
        mergeCount += kind == EntryKind.MERGE ? 1 : 0;
        blockBytes += entryBytes;
        blockEntries++;
        if (isAlone) {
            writeRowGroupOfOneBlock(large);
        } else if (blockBytes >= options.blockBytes() || blockEntries >= options.blockEntries()) {
            endBlock();
        }
    }

    /** Bytes that the file would have now, roughly; for splitting outputs, after every entry. */
    public long estimatedBytes() {
        Invariants.check(
                endedBytes >= 0 && blockBytes >= 0,
                "a file has fewer bytes than none",
                "ended",
                endedBytes,
                "block",
                blockBytes);
        return endedBytes + blockBytes;
    }

    private long countEndedBytes() {
        long bytes = out.length() + bloomBytes + columnIndexes.length() + offsetIndexes.length();
        for (NativeBuffer buffer : buffers) {
            bytes += buffer.length();
        }
        return bytes;
    }

    public long entryCount() {
        return entryCount;
    }

    /**
     * Whether the file should end for the sake of memory: its bloom filters and indexes, which are
     * kept until the end, have taken a third of what the writer is sure to have.
     */
    public boolean isFull() {
        long keptBytes = bloomBytes + columnIndexes.length() + offsetIndexes.length();
        return keptBytes >= memory.guaranteedBytes() / 3;
    }

    /**
     * Writes what is left, closes and publishes the file. At least one entry must have been added.
     */
    public SstableMeta finish() throws IOException {
        if (minKey == null || finished || closed) {
            throw new IllegalStateException(
                    "["
                            + identity.fileName()
                            + "] cannot be finished: entries="
                            + entryCount
                            + ", finished="
                            + finished
                            + ", closed="
                            + closed);
        }
        if (blockEntries > 0) {
            endBlock();
        }
        endRowGroup();
        SstableMeta meta = writeTail(minKey, lastKey.view(lastKeyView).toOwned());
        Invariants.check(
                rowGroups.stream().mapToLong(RowGroupSummary::entryCount).sum() == entryCount,
                "each entry is in a row group");
        output.finish();
        finished = true;
        close();
        return meta;
    }

    /** Deletes the half-written file unless finished; idempotent. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            buffers.forEach(NativeBuffer::close);
            hashes.close();
            columnIndexes.close();
            offsetIndexes.close();
            blooms.forEach(MemoryBlock::release);
            blooms.clear();
        } finally {
            output.close();
        }
    }

    private PageSink sinkOfColumn(int index) {
        if (index == 0) {
            return out;
        }
        NativeBuffer buffer = new NativeBuffer(memory);
        buffers.add(buffer);
        return buffer;
    }

    private void checkKey(Slice key) {
        if (finished || closed) {
            throw new IllegalStateException("[" + identity.fileName() + "] writer is closed");
        }
        if (key.length() < options.keyGroupBytes()) {
            throw new IllegalArgumentException(
                    "["
                            + identity.fileName()
                            + "] a key is too short for its key group: key="
                            + key
                            + ", keyGroupBytes="
                            + options.keyGroupBytes());
        }
        if (minKey == null) {
            minKey = key.toOwned();
        } else if (key.compareTo(lastKey.view(lastKeyView)) <= 0) {
            throw new IllegalArgumentException(
                    "["
                            + identity.fileName()
                            + "] keys must ascend: key="
                            + key
                            + ", before="
                            + lastKeyView);
        }
    }

    private void endBlock() throws IOException {
        Invariants.check(blockEntries > 0, "a block without entries ends", "entries", entryCount);
        for (ColumnWriter column : columns) {
            column.endBlock();
        }
        rowGroupEntries += blockEntries;
        blockBytes = 0;
        blockEntries = 0;
        long rowGroupBytes = 0;
        for (ColumnWriter column : columns) {
            rowGroupBytes += column.chunk().storedBytes();
        }
        if (rowGroupBytes >= options.rowGroupBytes()) {
            endRowGroup();
        }
        endedBytes = countEndedBytes();
    }

    /** Whether the pages of the row group so far are enough to be worth giving back. */
    private boolean isRowGroupWorthEnding() {
        long held = hashes.length();
        for (NativeBuffer buffer : buffers) {
            held += buffer.length();
        }
        return held >= MIN_ROW_GROUP_BYTES;
    }

    /** Whether one more block fits, and the row group's bloom filter and indexes after it. */
    private boolean hasRoomFor(long entryBytes) {
        return memory.hasRoom(
                Math.max(entryBytes, options.blockBytes() * 2L)
                        + (long) options.blockEntries() * 2 * Long.BYTES
                        + SPARE_BYTES);
    }

    private void startRowGroup() {
        for (int i = 0; i < columns.size(); i++) {
            columns.get(i).startChunk(i == 0 ? out : buffers.get(i - 1));
        }
    }

    private void endRowGroup() throws IOException {
        if (rowGroupEntries == 0) {
            return;
        }
        for (ColumnWriter column : columns) {
            column.endChunk();
        }
        long[] chunkStarts = new long[columns.size()];
        chunkStarts[0] = out.length() - columns.get(0).chunk().storedBytes();
        for (int i = 1; i < chunkStarts.length; i++) {
            chunkStarts[i] = out.length();
            buffers.get(i - 1).writeTo(out);
            buffers.get(i - 1).clear();
        }
        finishRowGroup(chunkStarts);
    }

    /**
     * Writes the block, whose one entry is larger than the memory there is, past the buffers: in a
     * row group of one block each column has but one page, so they follow each other by themselves.
     *
     * @param large the entry's value, if the columns do not have it
     */
    private void writeRowGroupOfOneBlock(@Nullable LargeValue large) throws IOException {
        Invariants.check(
                blockEntries == 1 && rowGroupEntries == 0,
                "an entry that is to be alone has others beside it",
                "blockEntries",
                blockEntries,
                "rowGroupEntries",
                rowGroupEntries);
        long[] chunkStarts = new long[columns.size()];
        for (int i = 0; i < chunkStarts.length; i++) {
            ColumnWriter column = columns.get(i);
            chunkStarts[i] = out.length();
            column.startChunk(out);
            if (large != null && column == shredder.rawColumn()) {
                shredder.rawColumn().writeLargeValue(large);
            } else {
                column.endBlock();
                column.endChunk();
            }
        }
        rowGroupEntries = blockEntries;
        blockBytes = 0;
        blockEntries = 0;
        finishRowGroup(chunkStarts);
    }

    /** Makes bloom filter and indexes, once the pages are written and their memory is free. */
    private void finishRowGroup(long[] chunkStarts) throws IOException {
        int bloomOfGroup = 0;
        if (options.bloomBitsPerKey() > 0) {
            long hashCount = hashes.length() / Long.BYTES;
            bloomOfGroup = BloomFilter.byteCount(hashCount, options.bloomBitsPerKey());
            blooms.add(buildBloom(bloomOfGroup));
            bloomBytes += bloomOfGroup;
            hashes.clear();
            lastPrefixBytes = -1;
        }
        List<RowGroupSummary.Chunk> chunks = new ArrayList<>();
        for (int i = 0; i < chunkStarts.length; i++) {
            chunks.add(summary(columns.get(i).chunk(), chunkStarts[i]));
        }
        Invariants.check(
                rowGroupEntries > 0 && chunks.get(0).totals().valueCount() == rowGroupEntries,
                "each entry of the row group has its key",
                "entries",
                rowGroupEntries,
                "keys",
                chunks.get(0).totals().valueCount());
        if (Invariants.ENABLED) {
            for (int i = 1; i < chunkStarts.length; i++) {
                long endBefore = chunkStarts[i - 1] + chunks.get(i - 1).totals().storedBytes();
                Invariants.check(
                        chunkStarts[i] == endBefore,
                        "the columns of a row group do not follow each other",
                        "start",
                        chunkStarts[i],
                        "endBefore",
                        endBefore);
            }
        }
        rowGroups.add(new RowGroupSummary(rowGroupEntries, chunks, bloomOfGroup));
        rowGroupEntries = 0;
        endedBytes = countEndedBytes();
        startRowGroup();
    }

    /** A filter of all hashes of the row group. */
    private MemoryBlock buildBloom(int byteCount) throws IOException {
        MemoryBlock bloom = memory.allocate(byteCount);
        RawMemory.fill(null, bloom.address(), byteCount, (byte) 0);
        hashes.addAllTo(bloom.address(), byteCount);
        return bloom;
    }

    private RowGroupSummary.Chunk summary(ColumnChunkPages pages, long chunkStart)
            throws IOException {
        int columnIndexBytes = 0;
        if (pages.spec().hasBounds()) {
            pages.writeColumnIndex(scratch.clear());
            columnIndexBytes = scratch.length();
            columnIndexes.append(scratch.array(), 0, scratch.length());
        }
        pages.writeOffsetIndex(chunkStart, scratch.clear());
        offsetIndexes.append(scratch.array(), 0, scratch.length());
        return new RowGroupSummary.Chunk(
                pages.spec(), chunkStart, pages.totals(), columnIndexBytes, scratch.length());
    }

    private SstableMeta writeTail(OwnedSlice smallest, OwnedSlice largest) throws IOException {
        Invariants.check(
                smallest.compareTo(largest) <= 0,
                "the keys of a file are turned around",
                "entries",
                entryCount);
        Invariants.check(
                blooms.isEmpty() || blooms.size() == rowGroups.size(),
                "a row group has no filter, and others have",
                "filters",
                blooms.size(),
                "rowGroups",
                rowGroups.size());
        long tailOffset = out.length();
        int pagesChecksum = out.startTail();
        FooterWriter footer =
                new FooterWriter(SstableFormat.ROOT_NAME, shredder.schema(), rowGroups, codec);
        for (int i = 0; i < blooms.size(); i++) {
            byte[] header = footer.bloomHeader(i, out.length());
            out.append(header, 0, header.length);
            out.writeNative(blooms.get(i).address(), rowGroups.get(i).bloomBytes());
        }
        footer.placeColumnIndexes(out.length());
        columnIndexes.writeTo(out);
        footer.placeOffsetIndexes(out.length());
        offsetIndexes.writeTo(out);

        SstableMeta.Content content =
                new SstableMeta.Content(entryCount, tombstoneCount, mergeCount, smallest, largest);
        FooterProperties properties =
                new FooterProperties(
                        file,
                        content,
                        entryColumns,
                        EntryShredder.isTyped(options, entryColumns)
                                ? ValueColumns.TYPED
                                : ValueColumns.BINARY,
                        filtersPrefixes && options.bloomBitsPerKey() > 0,
                        sketchOf(tailOffset),
                        pagesChecksum,
                        tailOffset);
        byte[] end = footer.build(SstableFormat.CREATED_BY, properties.toPairs());
        int checksum = out.checksumWith(end);
        FooterProperties.setChecksum(end, checksum);
        out.append(end, 0, end.length);
        return new SstableMeta(
                identity,
                new SstableMeta.Extent(out.length(), tailOffset, checksum),
                content,
                file.level(),
                null);
    }

    /** What the footer says of the keys of a file with so many bytes of pages; null if nothing. */
    private @Nullable String sketchOf(long pagesBytes) {
        if (pagesBytes < SKETCHED_BYTES_MIN) {
            return null;
        }
        long length = Math.max(SKETCH_LENGTH_MIN, pagesBytes / SKETCH_SHARE);
        return sketch.build(lastKey.view(lastKeyView))
                .toText((int) Math.min(length, SKETCH_LENGTH_MAX));
    }

    @Override
    public String toString() {
        return "SstableWriter(" + storage.describe(identity.fileName()) + ")";
    }
}
