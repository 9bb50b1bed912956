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

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.cache.CachedBlock;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.EmptyCursor;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.merge.Candidates;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.SortedLookups;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * An immutable SSTable of a live store: its meta, and reading through {@link OpenSstables} (bloom
 * filter and indexes are loaded on first use, kept while the budget allows, and loaded again after
 * they were evicted). Applies the clip. Safe for any thread; valid until its file is deleted.
 */
public final class Sstable {

    private final SstableMeta meta;
    private final OpenSstables.Handle handle;

    Sstable(SstableMeta meta, OpenSstables.Handle handle) {
        this.meta = meta;
        this.handle = handle;
    }

    public SstableMeta meta() {
        return meta;
    }

    /**
     * Checks key range, clip and bloom filter, then offers the entry; true if the lookup is done.
     *
     * @throws io.flinklsm.core.errors.CorruptionException naming the file, if what it reads is
     *     damaged
     */
    public boolean get(KeyBuffer key, Lookup lookup) throws IOException {
        if (isOutside(key.slice())) {
            return false;
        }
        SstableReader reader = handle.acquire(meta);
        try {
            return reader.get(key, lookup);
        } finally {
            reader.release();
        }
    }

    /**
     * Adds what {@link #get(KeyBuffer, Lookup)} would ask to a lookup's candidates, if the file may
     * have the key.
     *
     * @return false if the file is not open
     * @throws io.flinklsm.core.errors.CorruptionException naming the file, if another one is open
     */
    public boolean addTo(Candidates candidates, KeyBuffer key) throws IOException {
        if (isOutside(key.slice())) {
            return true;
        }
        SstableReader reader = handle.acquireOpen(meta);
        if (reader == null) {
            return false;
        }
        reader.addTo(candidates, key);
        return true;
    }

    private boolean isOutside(Slice key) {
        return key.compareTo(meta.minKey()) < 0
                || key.compareTo(meta.maxKey()) > 0
                || (meta.clip() != null && !meta.clip().contains(key));
    }

    /**
     * Does for the open keys from one place to before another what {@link #get(KeyBuffer, Lookup)}
     * does for one. What cannot be read fails the keys that needed it.
     */
    public void get(SortedLookups lookups, int from, int to) {
        KeyRange visible = meta.visibleRange();
        int first = lookups.firstNotBelow(visible.start(), from, to);
        OwnedSlice end = visible.end();
        int last = end == null ? to : lookups.firstNotBelow(end, first, to);
        if (first == last) {
            return;
        }
        SstableReader reader;
        try {
            reader = handle.acquire(meta);
        } catch (IOException e) {
            lookups.fail(first, last, e);
            return;
        }
        try {
            SortedGets.get(reader, lookups, first, last);
        } finally {
            reader.release();
        }
    }

    /** Whether the file is on this machine, so that its reader waits for no other one. */
    public boolean answersAtOnce() {
        return handle.answersAtOnce();
    }

    /** How the file says that its entries stand in columns; null if it says nothing. */
    public @Nullable EntryColumns describedColumns() throws IOException {
        SstableReader reader = handle.acquire(meta);
        try {
            return reader.layout().described();
        } finally {
            reader.release();
        }
    }

    /**
     * The entries inside the range and the clip.
     *
     * @param fillCache whether blocks that are read go to the block cache (not for compaction and
     *     full scans, which read ahead instead)
     */
    public EntryCursor cursor(KeyRange range, boolean fillCache) throws IOException {
        return cursor(range, fillCache, true);
    }

    /**
     * The entries of one map inside a range of its keys and the clip, for readers that come for a
     * few of them; null if the file has none of them, which the bloom filter may know.
     *
     * @param prefix what all keys of the map begin with; of a tree whose keys are written with
     *     prefixes, one of these
     * @param range of keys with the prefix; it has an end
     */
    public @Nullable EntryCursor prefixCursor(KeyBuffer prefix, KeyRange range) throws IOException {
        KeyRange visible = visible(range);
        if (isOutside(visible)) {
            return null;
        }
        SstableReader reader = handle.acquire(meta);
        try {
            if (!mayHavePrefix(reader, prefix, visible)) {
                reader.release();
                return null;
            }
            return new SstableCursor(reader, visible, true, true);
        } catch (IOException | RuntimeException | Error e) {
            reader.release();
            throw e;
        }
    }

    /**
     * Whether the file may have keys with the prefix, of any kind; says true rather than read a
     * block. As for {@link #prefixCursor}, but nothing is made for it: it is asked of every map
     * that is not in memory.
     */
    public boolean mayHavePrefix(KeyBuffer prefix) throws IOException {
        Slice wanted = prefix.slice();
        KeyRange clip = meta.clip();
        boolean isOutside =
                (wanted.compareTo(meta.maxKey()) > 0)
                        || (wanted.compareTo(meta.minKey()) < 0
                                && !meta.minKey().startsWith(wanted))
                        || (clip != null
                                && (!clip.isBelowEnd(wanted) || clip.startsBehindPrefix(wanted)));
        if (isOutside) {
            return false;
        }
        SstableReader reader = handle.acquire(meta);
        try {
            return reader.mayContainPrefix(prefix);
        } finally {
            reader.release();
        }
    }

    private static boolean mayHavePrefix(SstableReader reader, KeyBuffer prefix, KeyRange visible) {
        OwnedSlice end = visible.end();
        return end == null
                || reader.mayContainPrefix(
                        prefix, new Slice().setOwned(visible.start()), new Slice().setOwned(end));
    }

    private KeyRange visible(KeyRange range) {
        return meta.clip() == null ? range : meta.clip().intersect(range);
    }

    private boolean isOutside(KeyRange visible) {
        return visible.isEmpty() || !visible.overlaps(meta.minKey(), meta.maxKey());
    }

    /** Like {@link #cursor}, but reads keys and kinds only: all values are empty. */
    public EntryCursor keys(KeyRange range) throws IOException {
        return cursor(range, false, false);
    }

    private EntryCursor cursor(KeyRange range, boolean fillCache, boolean withValues)
            throws IOException {
        KeyRange visible = meta.clip() == null ? range : meta.clip().intersect(range);
        if (visible.isEmpty() || !visible.overlaps(meta.minKey(), meta.maxKey())) {
            return new EmptyCursor();
        }
        SstableReader reader = handle.acquire(meta);
        try {
            return new SstableCursor(reader, visible, fillCache, withValues);
        } catch (IOException | RuntimeException | Error e) {
            reader.release();
            throw e;
        }
    }

    @Override
    public String toString() {
        return meta.fileName() + (meta.clip() == null ? "" : " clipped to " + meta.clip());
    }

    // ------------------------------------------------------------------------------- many keys

    /**
     * Looks sorted keys up in one file. For each key it does what {@link SstableReader#get} does
     * for one, but what keys have in common is done once:
     *
     * <ol>
     *   <li>Keys of one row group are found together, and its filter is asked for all of them in a
     *       row, so that the processor waits for several of its lines at the same time.
     *   <li>Of those that it lets through, keys of one block are found together: a key that is
     *       below the next block's first one is in the block of the key before it.
     *   <li>A block is looked for in the cache once, or read and decoded once, and of a page only
     *       what any of its keys needs: kinds if a key is there, values if one of these has a
     *       value.
     * </ol>
     *
     * <p>What cannot be read fails the keys that needed it, and no other. Confined to one thread.
     */
    private static final class SortedGets {

        private final SstableReader reader;
        private final SortedLookups lookups;
        private final Slice scratch = new Slice();
        private final FlatBlock flat = new FlatBlock();

        /** Places of keys that the filter lets through, and what was offered to each before. */
        private final int[] passed;

        private final int[] offeredBefore;

        /** By the same index: where in the block the key is; negative if it is not there. */
        private final int[] rows;

        private SortedGets(SstableReader reader, SortedLookups lookups, int room) {
            this.reader = reader;
            this.lookups = lookups;
            this.passed = new int[room];
            this.offeredBefore = new int[room];
            this.rows = new int[room];
        }

        /** Offers what the file has of the open keys from one place to before another. */
        static void get(SstableReader reader, SortedLookups lookups, int from, int to) {
            Invariants.check(
                    from < to && to <= lookups.openCount(),
                    "no keys are looked up",
                    "from",
                    from,
                    "to",
                    to);
            new SortedGets(reader, lookups, to - from).get(from, to);
        }

        private void get(int from, int to) {
            BlockIndex index = reader.index();
            int place = from;
            while (place < to) {
                int group = index.findGroup(lookups.key(place));
                int end = place + 1;
                while (end < to && !index.isAtOrAboveGroup(group + 1, lookups.key(end))) {
                    end++;
                }
                if (group >= 0) {
                    getOfGroup(group, place, end);
                }
                place = end;
            }
        }

        private void getOfGroup(int group, int from, int to) {
            boolean isFiltered = reader.hasFilter(group);
            int count = 0;
            for (int place = from; place < to; place++) {
                Lookup lookup = lookups.lookup(place);
                if (reader.mayContain(group, lookups.hash(place))) {
                    passed[count] = place;
                    offeredBefore[count++] = lookup.offeredCount();
                } else {
                    lookup.countFilterNegative();
                }
            }
            int next = 0;
            while (next < count) {
                next = getOfBlock(group, next, count);
            }
            if (isFiltered) {
                for (int i = 0; i < count; i++) {
                    Lookup lookup = lookups.lookup(passed[i]);
                    lookup.countFilterPositive(lookup.offeredCount() > offeredBefore[i]);
                }
            }
        }

        /** Looks up the keys of the block that the key of an index is in; gives the next index. */
        private int getOfBlock(int group, int from, int to) {
            int block;
            int end = from + 1;
            try {
                block = reader.index().find(group, key(from));
                while (end < to && !reader.index().beginsAtOrBelow(block + 1, key(end))) {
                    end++;
                }
            } catch (IOException e) {
                // The index of the row group: none of its keys can be found.
                for (int i = from; i < to; i++) {
                    lookups.fail(passed[i], e);
                }
                return to;
            }
            CachedBlock cached = reader.cache().get(block);
            for (int i = from; i < end; i++) {
                // The first one may have to read it; the others find it decoded.
                lookups.lookup(passed[i]).countBlock(cached != null || i > from);
            }
            if (cached != null) {
                offerCached(cached, from, end);
            } else {
                getUncached(block, from, end);
            }
            return end;
        }

        private void offerCached(CachedBlock cached, int from, int to) {
            try {
                flat.set(cached.address());
                for (int i = from; i < to; i++) {
                    int row = flat.find(lookups.hash(passed[i]), key(i));
                    if (row >= 0) {
                        SstableReader.offer(flat, row, lookups.lookup(passed[i]));
                    }
                }
            } finally {
                cached.release();
            }
        }

        private void getUncached(int block, int from, int to) {
            DecodedBlock decoded = reader.takeDecoder(0);
            try {
                // Until they are found, all keys need what is read.
                for (int i = from; i < to; i++) {
                    rows[i] = 0;
                }
                boolean isWhole = false;
                IndexPart part;
                try {
                    part = reader.index().partOf(block);
                    isWhole = reader.cache().isWorthBuilding(block);
                    if (isWhole) {
                        decoded.load(reader.input(), part, block);
                        CachedBlock cached = reader.buildCached(decoded, block);
                        if (cached != null) {
                            offerCached(cached, from, to);
                            return;
                        }
                    } else {
                        decoded.loadKeys(reader.input(), part, block);
                    }
                    if (!find(decoded, from, to)) {
                        return;
                    }
                    if (!isWhole) {
                        decoded.loadKinds(reader.input(), part);
                    }
                } catch (IOException | RuntimeException e) {
                    fail(reader.failure(e, block), from, to);
                    return;
                }
                offerTombstones(decoded, from, to);
                try {
                    if (!isWhole && hasRows(from, to)) {
                        decoded.loadValues(reader.input(), part);
                    }
                } catch (IOException | RuntimeException e) {
                    fail(reader.failure(e, block), from, to);
                    return;
                }
                for (int i = from; i < to; i++) {
                    if (rows[i] >= 0) {
                        try {
                            reader.offer(decoded, block, rows[i], lookups.lookup(passed[i]));
                        } catch (IOException | RuntimeException e) {
                            lookups.fail(passed[i], reader.failure(e, block));
                        }
                    }
                }
            } finally {
                reader.giveBack(decoded);
            }
        }

        /** Finds the rows; false if the block has none of the keys. */
        private boolean find(DecodedBlock decoded, int from, int to) {
            boolean isAny = false;
            int row = 0;
            for (int i = from; i < to; i++) {
                Slice key = key(i);
                row =
                        i == from
                                ? BlockView.lowerBound(decoded, key, scratch)
                                : BlockView.lowerBoundNear(decoded, row, key, scratch);
                boolean isThere =
                        row < decoded.rows() && decoded.key(row, scratch).contentEquals(key);
                rows[i] = isThere ? row : -1;
                isAny |= isThere;
            }
            return isAny;
        }

        /** Those need no values. */
        private void offerTombstones(DecodedBlock decoded, int from, int to) {
            for (int i = from; i < to; i++) {
                if (rows[i] >= 0 && decoded.kind(rows[i]) == EntryKind.DELETE.code()) {
                    lookups.lookup(passed[i]).offer(EntryKind.DELETE, scratch.clear());
                    rows[i] = -1;
                }
            }
        }

        private boolean hasRows(int from, int to) {
            for (int i = from; i < to; i++) {
                if (rows[i] >= 0) {
                    return true;
                }
            }
            return false;
        }

        private void fail(IOException failure, int from, int to) {
            for (int i = from; i < to; i++) {
                if (rows[i] >= 0) {
                    lookups.fail(passed[i], failure);
                }
            }
        }

        private Slice key(int index) {
            return lookups.key(passed[index]);
        }
    }
}
