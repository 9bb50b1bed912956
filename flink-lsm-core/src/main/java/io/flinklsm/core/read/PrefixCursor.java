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
package io.flinklsm.core.read;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.MapTier;
import io.flinklsm.core.memtable.PrefixCopy;
import io.flinklsm.core.tree.TreeState;
import io.flinklsm.core.view.ReadView;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The live entries with one prefix, stretch by stretch: some entries that are in memory are copied,
 * and merged with what the files have up to the last of them; the next stretch begins behind it. So
 * however wide a map is, a read of it copies little at a time, freezes nothing, and holds no memory
 * of the tier. Each stretch is as of the moment in which it is begun.
 *
 * <pre>
 * memory   a b c │ h k m │ x         each stretch: three entries of memory
 * files    b   d │ e m   │ n y       and those of the files up to the third
 * </pre>
 */
final class PrefixCursor implements EntryCursor {

    /** A stretch that gives a reader nothing, as tombstones do, is followed by a longer one. */
    private static final int ENTRIES_MAX = 4096;

    private final TreeState tree;
    private final MapTier maps;
    private final KeyBuffer prefix;
    private final int bytesMax;
    private int entriesMax;
    private EntryCursor stretch;
    private @Nullable OwnedSlice stretchEnd;

    /**
     * @param prefix copied
     * @param after the entries behind it; null for all
     * @param entriesMax how many entries in memory the first stretch has at most
     * @param bytesMax a stretch is cut where it has so many bytes
     */
    PrefixCursor(
            TreeState tree,
            MapTier maps,
            KeyBuffer prefix,
            @Nullable KeyBuffer after,
            int entriesMax,
            int bytesMax)
            throws IOException {
        if (entriesMax < 1 || bytesMax < 1) {
            throw new IllegalArgumentException(
                    "a stretch has room for an entry: entriesMax="
                            + entriesMax
                            + ", bytesMax="
                            + bytesMax);
        }
        this.tree = tree;
        this.maps = maps;
        this.prefix = new KeyBuffer().set(prefix.array(), 0, prefix.length());
        this.entriesMax = entriesMax;
        this.bytesMax = bytesMax;
        this.stretch = open(after);
    }

    private EntryCursor open(@Nullable KeyBuffer after) throws IOException {
        PrefixCopy inMemory;
        ReadView pinned;
        maps.lock();
        try {
            inMemory = maps.copyPrefix(prefix, after, entriesMax, bytesMax);
            // Under the lock: no flush makes files of what was copied in between.
            pinned = tree.pinView();
        } finally {
            maps.unlock();
        }
        try {
            stretchEnd = inMemory.cutBehind();
            return pinned.scanPrefix(prefix, after, inMemory);
        } finally {
            pinned.release();
        }
    }

    @Override
    public boolean next() throws IOException {
        while (!stretch.next()) {
            OwnedSlice end = stretchEnd;
            if (end == null) {
                return false;
            }
            stretch.close();
            entriesMax = Math.max(entriesMax, Math.min(2 * entriesMax, ENTRIES_MAX));
            stretch = open(behind(end));
            OwnedSlice newEnd = stretchEnd;
            if (Invariants.ENABLED) {
                Invariants.check(
                        newEnd == null || newEnd.compareTo(end) > 0,
                        "a scan does not come further",
                        "keyBytes",
                        end.length());
            }
        }
        if (Invariants.ENABLED) {
            Invariants.check(
                    stretch.key().startsWith(prefix.slice()),
                    "a scan shows a key without its prefix",
                    "prefixBytes",
                    prefix.length());
        }
        return true;
    }

    private KeyBuffer behind(OwnedSlice key) {
        return new KeyBuffer().set(key.bytesUnsafe(), 0, key.length(), prefix.length());
    }

    @Override
    public Slice key() {
        return stretch.key();
    }

    @Override
    public EntryKind kind() {
        return stretch.kind();
    }

    @Override
    public Slice value() {
        return stretch.value();
    }

    @Override
    public @Nullable LargeValue largeValue() throws IOException {
        return stretch.largeValue();
    }

    @Override
    public void close() throws IOException {
        stretch.close();
    }
}
