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
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.EmptyCursor;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.merge.Lookup;
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
        Slice wanted = key.slice();
        if (wanted.compareTo(meta.minKey()) < 0
                || wanted.compareTo(meta.maxKey()) > 0
                || (meta.clip() != null && !meta.clip().contains(wanted))) {
            return false;
        }
        SstableReader reader = handle.acquire(meta);
        try {
            return reader.get(key, lookup);
        } finally {
            reader.release();
        }
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

    /** Whether {@link #prefixCursor} may show anything; says true rather than read a block. */
    public boolean mayHavePrefix(KeyBuffer prefix, KeyRange range) throws IOException {
        KeyRange visible = visible(range);
        if (isOutside(visible)) {
            return false;
        }
        SstableReader reader = handle.acquire(meta);
        try {
            return mayHavePrefix(reader, prefix, visible);
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
}
