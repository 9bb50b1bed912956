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
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.columns.EntryBinding;
import io.flinklsm.core.columns.leaf.LeafColumn;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.parquet.footer.ChunkPlace;
import io.flinklsm.core.parquet.footer.IndexParser;
import io.flinklsm.core.parquet.page.IntPage;
import io.flinklsm.core.parquet.page.LargePage;
import io.flinklsm.core.parquet.page.PageCodec;
import io.flinklsm.core.parquet.page.PageReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads all of an SSTable and checks it: every page's checksum, keys in order and inside the range,
 * counts as the footer tells them, no key that its bloom filter denies. Confined to one thread.
 */
final class SstableVerifier {

    private static final int READ_AHEAD_BYTES = 256 << 10;

    private final SstableReader reader;
    private final IntConsumer progress;
    private final Slice key = new Slice();
    private final Slice value = new Slice();
    private final ValueBuffer lastKey = new ValueBuffer();
    private final Slice lastKeyView = new Slice();
    private final KeyBuffer hashedKey = new KeyBuffer();
    private final long[] counts = new long[EntryKind.values().length];
    private long entries;

    private SstableVerifier(SstableReader reader, IntConsumer progress) {
        this.reader = reader;
        this.progress = progress;
    }

    /**
     * @param progress gets the number of each block that was found sound
     * @throws io.flinklsm.core.errors.CorruptionException naming the file, at the first damage
     */
    static void verify(SstableReader reader, IntConsumer progress) throws IOException {
        new SstableVerifier(reader, progress).verify();
    }

    private void verify() throws IOException {
        DecodedBlock decoded = reader.takeDecoder(READ_AHEAD_BYTES);
        try {
            for (int block = 0; block < reader.index().blockCount(); block++) {
                try {
                    decoded.load(reader.input(), reader.index().partOf(block), block);
                    verifyEntries(decoded, block);
                    progress.accept(block);
                } catch (IOException | RuntimeException e) {
                    throw reader.failure(e, block);
                }
            }
        } finally {
            reader.giveBack(decoded);
        }
        try {
            verifyCounts();
            verifyOtherPages();
            verifyAllBytes();
        } catch (MalformedPageException | EOFException | IndexOutOfBoundsException e) {
            throw Corruption.of(reader.name(), e.getMessage(), e);
        }
    }

    /** Reads the page; its stream finds what is wrong with it. */
    private static void verify(LargePage page) throws IOException {
        try (InputStream in = page.open()) {
            in.transferTo(OutputStream.nullOutputStream());
        }
    }

    private void verifyEntries(DecodedBlock block, int number) throws IOException {
        int group = reader.index().groupOf(number);
        for (int row = 0; row < block.rows(); row++) {
            block.key(row, key);
            if (entries > 0 && lastKey.view(lastKeyView).compareTo(key) >= 0) {
                throw new MalformedPageException("keys must ascend: row=" + row + ", key=" + key);
            }
            if (!reader.mayContain(group, hashedKey.set(key, key.length()))) {
                throw new MalformedPageException("bloom filter denies a key: key=" + key);
            }
            LargePage large = block.large();
            if (large == null) {
                block.value(row, value);
            } else {
                verify(large);
            }
            counts[block.kind(row)]++;
            entries++;
            lastKey.set(key);
        }
    }

    private void verifyCounts() throws MalformedPageException {
        SstableMeta meta = reader.meta();
        if (entries != meta.entryCount()
                || counts[EntryKind.DELETE.code()] != meta.tombstoneCount()
                || counts[EntryKind.MERGE.code()] != meta.mergeCount()
                || lastKey.view(lastKeyView).compareTo(meta.maxKey()) != 0) {
            throw new MalformedPageException(
                    "entries are not what the footer says: entries="
                            + entries
                            + " of "
                            + meta.entryCount()
                            + ", tombstones="
                            + counts[EntryKind.DELETE.code()]
                            + " of "
                            + meta.tombstoneCount()
                            + ", merges="
                            + counts[EntryKind.MERGE.code()]
                            + " of "
                            + meta.mergeCount()
                            + ", lastKey="
                            + lastKeyView
                            + ", maxKey="
                            + meta.maxKey());
        }
    }

    /** Pages that the engine passes over, thanks to their bounds; other readers do not. */
    private void verifyOtherPages() throws IOException {
        SstableTail tail =
                SstableTail.read(
                        reader.input(), reader.meta().fileName(), reader.name(), reader.meta());
        for (FileLayout.Group group : reader.layout().groups()) {
            verifyIntegers(tail, group.kinds(), group.rows());
            verifyIntegers(tail, group.keyGroups(), group.rows());
            for (ChunkPlace leaf : group.keyLeaves()) {
                verifyChecksums(tail, leaf, group.rows(), null);
            }
            verifyChecksums(
                    tail,
                    group.raw(),
                    group.rows(),
                    EntryBinding.rawColumn(SstableFormat.RAW_COLUMN).cursor().column());
        }
    }

    /**
     * Headers and checksums of all pages of a column.
     *
     * @param large the column if it has large values; else null
     */
    private void verifyChecksums(
            SstableTail tail, ChunkPlace chunk, long groupRows, @Nullable LeafColumn large)
            throws IOException {
        IndexParser pages = pages(tail, chunk, groupRows);
        PageReader page = new PageReader(new PageCodec(reader.layout().compression()));
        page.begin(READ_AHEAD_BYTES);
        for (int i = 0; i < pages.pageCount(); i++) {
            LargePage value = null;
            if (large != null
                    && pages.pageBytes(i) > LargePage.PAGE_BYTES_MIN
                    && pages.rowCount(i, groupRows) == 1) {
                value = LargePage.open(reader.input(), pages.offset(i), pages.pageBytes(i), large);
            }
            if (value != null) {
                verify(value);
                continue;
            }
            page.read(
                    reader.input(),
                    pages.offset(i),
                    pages.pageBytes(i),
                    chunk.end(),
                    pages.rowCount(i, groupRows),
                    PageReader.ANY_ENCODING);
        }
    }

    /** The file as a whole, so that no page was exchanged for that of another file. */
    private void verifyAllBytes() throws IOException {
        CRC32C crc = new CRC32C();
        byte[] part = new byte[READ_AHEAD_BYTES];
        long end = reader.meta().tailOffset();
        for (long at = 0; at < end; at += part.length) {
            int byteCount = (int) Math.min(part.length, end - at);
            reader.input().readFully(at, part, 0, byteCount);
            crc.update(part, 0, byteCount);
        }
        int stored = reader.layout().pagesChecksum();
        if (stored != (int) crc.getValue()) {
            throw Corruption.checksum(reader.name(), "pages", 0, stored, (int) crc.getValue());
        }
    }

    private static IndexParser pages(SstableTail tail, ChunkPlace chunk, long groupRows)
            throws MalformedPageException {
        IndexParser pages = new IndexParser();
        pages.parseOffsetIndex(
                tail.bytes(),
                chunk.offsetIndex().from(),
                chunk.offsetIndex().to(),
                chunk.offset(),
                chunk.byteCount(),
                groupRows);
        return pages;
    }

    private void verifyIntegers(SstableTail tail, ChunkPlace chunk, long groupRows)
            throws IOException {
        IndexParser pages = pages(tail, chunk, groupRows);
        pages.parseColumnIndex(tail.bytes(), chunk.columnIndex().from(), chunk.columnIndex().to());
        IntPage page = new IntPage(new PageCodec(reader.layout().compression()));
        page.begin();
        for (int i = 0; i < pages.pageCount(); i++) {
            int rows = pages.rowCount(i, groupRows);
            int[] values = new int[rows];
            page.read(
                    reader.input(), pages.offset(i), pages.pageBytes(i), chunk.end(), rows, values);
            int min = Arrays.stream(values).min().orElseThrow();
            int max = Arrays.stream(values).max().orElseThrow();
            if (min != bound(tail, pages.minAt(i), pages.minBytes(i))
                    || max != bound(tail, pages.maxAt(i), pages.maxBytes(i))) {
                throw new MalformedPageException(
                        "integers do not fit their bounds: offset="
                                + pages.offset(i)
                                + ", min="
                                + min
                                + ", max="
                                + max);
            }
        }
    }

    private static int bound(SstableTail tail, int at, int byteCount)
            throws MalformedPageException {
        if (byteCount != Integer.BYTES) {
            throw new MalformedPageException("a bound is malformed: byteCount=" + byteCount);
        }
        return RawMemory.getIntLittleEndian(tail.bytes(), RawMemory.BYTE_ARRAY_OFFSET + at);
    }
}
