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
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.cache.CachedBlock;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.parquet.page.LargePage;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * The entries of an SSTable inside a range: finds first and last block in the index, reads only
 * those between, and compares keys only in these two. Owns one hold of the reader. Confined to one
 * thread.
 */
final class SstableCursor implements EntryCursor {

    private static final int MAX_READ_AHEAD_BYTES = 256 << 10;

    private final SstableReader reader;
    private final boolean fillCache;
    private final boolean withValues;
    private final Slice start = new Slice();
    private final Slice end = new Slice();
    private final boolean hasEnd;
    private final int lastBlock;
    private final FlatBlock flat = new FlatBlock();
    private final Slice scratch = new Slice();
    private final Slice key = new Slice();
    private final Slice value = new Slice();

    private @Nullable DecodedBlock decoded;
    private @Nullable CachedBlock cached;
    private @Nullable BlockView view;
    private int block;
    private int row;
    private int endRow;
    private boolean closed;

    /**
     * @param range already inside the clip, not empty
     * @param withValues else all values are empty, and their pages are not read
     */
    SstableCursor(SstableReader reader, KeyRange range, boolean fillCache, boolean withValues)
            throws IOException {
        Invariants.check(!range.isEmpty(), "an empty range is not read");
        this.reader = reader;
        this.fillCache = fillCache;
        this.withValues = withValues;
        start.setOwned(range.start());
        OwnedSlice rangeEnd = range.end();
        hasEnd = rangeEnd != null;
        if (rangeEnd != null) {
            end.setOwned(rangeEnd);
        }
        BlockIndex index = reader.index();
        int first = index.find(start);
        lastBlock = hasEnd ? lastBlock(index, first, end) : index.blockCount() - 1;
        block = Math.max(0, first) - 1;
        Invariants.check(
                lastBlock < index.blockCount(),
                "a range ends behind the file",
                "lastBlock",
                lastBlock,
                "blocks",
                index.blockCount());
    }

    /** Most ranges are the prefix of one map and end in the block they begin in. */
    private static int lastBlock(BlockIndex index, int first, Slice end) throws IOException {
        return first < 0 || index.beginsAtOrBelow(first + 1, end) ? index.find(end) : first;
    }

    @Override
    public boolean next() throws IOException {
        row++;
        while (view == null || row >= endRow) {
            if (closed || block >= lastBlock) {
                leaveBlock();
                block = lastBlock;
                return false;
            }
            boolean isFirst = view == null;
            leaveBlock();
            block++;
            enterBlock(isFirst);
        }
        return true;
    }

    @Override
    public Slice key() {
        return current().key(row, key);
    }

    @Override
    public EntryKind kind() {
        return EntryKind.ofCode(current().kind(row));
    }

    @Override
    public Slice value() {
        if (!withValues) {
            return value.clear();
        }
        try {
            return current().value(row, value);
        } catch (IndexOutOfBoundsException | UncheckedIOException e) {
            // Only a file that was made up has right checksums and columns that make no value; a
            // large value is only read now.
            throw new UncheckedIOException(reader.failure(e, block));
        }
    }

    @Override
    public @Nullable TypedValue typedValue() {
        return withValues ? current().typedValue(row) : null;
    }

    @Override
    public @Nullable LargeValue largeValue() {
        DecodedBlock now = decoded;
        LargePage large = withValues && now != null && view == now ? now.large() : null;
        return large == null ? null : reader.largeValue(large, block);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            leaveBlock();
            if (decoded != null) {
                reader.giveBack(decoded);
                decoded = null;
            }
            reader.release();
        }
    }

    private BlockView current() {
        if (view == null) {
            throw new IllegalStateException("[" + reader.name() + "] cursor has no current entry");
        }
        Invariants.check(
                row < endRow, "an entry behind the range is read", "row", row, "endRow", endRow);
        return view;
    }

    private void leaveBlock() {
        view = null;
        if (cached != null) {
            cached.release();
            cached = null;
        }
    }

    private void enterBlock(boolean isFirst) throws IOException {
        BlockView entered = load();
        view = entered;
        row = isFirst ? BlockView.lowerBound(entered, start, scratch) : 0;
        endRow =
                hasEnd && block == lastBlock
                        ? BlockView.lowerBoundNear(entered, row, end, scratch)
                        : entered.rows();
        Invariants.check(
                row >= 0 && endRow <= entered.rows(),
                "a range leaves its block",
                "row",
                row,
                "endRow",
                endRow);
    }

    private BlockView load() throws IOException {
        if (fillCache) {
            cached = reader.cache().get(block);
            if (cached != null) {
                return flat.set(cached.address());
            }
        }
        DecodedBlock target = decoded;
        if (target == null) {
            target = reader.takeDecoder(MAX_READ_AHEAD_BYTES);
            decoded = target;
        }
        try {
            IndexPart part = reader.index().partOf(block);
            target.loadKeys(reader.input(), part, block);
            target.loadKinds(reader.input(), part);
            if (withValues) {
                target.loadValues(reader.input(), part);
            }
        } catch (IOException | RuntimeException e) {
            throw reader.failure(e, block);
        }
        if (fillCache && reader.cache().isWorthBuilding(block)) {
            cached = reader.buildCached(target, block);
            if (cached != null) {
                return flat.set(cached.address());
            }
        }
        return target;
    }
}
