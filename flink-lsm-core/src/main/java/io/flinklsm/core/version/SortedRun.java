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
package io.flinklsm.core.version;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.SortedLookups;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableMeta;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * SSTables whose visible key ranges are disjoint, in key order: one source, in several files. A
 * deeper level is one; level 0 is several, one a generation. Immutable; safe for any thread.
 */
public final class SortedRun {

    private final int level;
    private final long generation;
    private final List<Sstable> sstables;
    private final KeyRange[] ranges;
    private final long sizeBytes;

    /**
     * @param sstables at least one, sorted by the first visible key
     */
    public SortedRun(int level, List<Sstable> sstables) {
        if (level < 0 || sstables.isEmpty()) {
            throw new IllegalArgumentException(
                    "a sorted run has a level and an SSTable: level="
                            + level
                            + ", sstables="
                            + sstables.size());
        }
        this.level = level;
        this.sstables = List.copyOf(sstables);
        this.ranges = new KeyRange[sstables.size()];
        long newest = 0;
        long bytes = 0;
        for (int i = 0; i < ranges.length; i++) {
            SstableMeta meta = sstables.get(i).meta();
            ranges[i] = meta.visibleRange();
            newest = Math.max(newest, meta.generation());
            bytes += meta.sizeBytes();
        }
        this.generation = newest;
        this.sizeBytes = bytes;
    }

    public int level() {
        return level;
    }

    /** The newest generation of its SSTables. */
    public long generation() {
        return generation;
    }

    /** In key order. */
    public List<Sstable> sstables() {
        return sstables;
    }

    /** Length of the files, clipped or not. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** What the SSTable of this index can show. */
    public KeyRange range(int index) {
        return ranges[index];
    }

    /** The one SSTable that can hold the key, or null. */
    public @Nullable Sstable find(Slice key) {
        int index = firstEndingAbove(key);
        return index < ranges.length && key.compareTo(ranges[index].start()) >= 0
                ? sstables.get(index)
                : null;
    }

    /** Offers the key's entry to the lookup, if there is one; true if it is done. */
    public boolean get(KeyBuffer key, Lookup lookup) throws IOException {
        Sstable sstable = find(key.slice());
        return sstable != null && sstable.get(key, lookup);
    }

    /** Offers what the run has of the open keys to their lookups; each SSTable is asked once. */
    public void get(SortedLookups lookups) {
        int place = 0;
        while (place < lookups.openCount()) {
            int index = firstEndingAbove(lookups.key(place));
            if (index == ranges.length) {
                return;
            }
            OwnedSlice end = ranges[index].end();
            int next =
                    end == null
                            ? lookups.openCount()
                            : lookups.firstNotBelow(end, place + 1, lookups.openCount());
            sstables.get(index).get(lookups, place, next);
            place = next;
        }
    }

    /** Whether any SSTable may have keys with the prefix, tombstones included, by its filter. */
    public boolean mayHavePrefix(KeyBuffer prefix) throws IOException {
        Slice wanted = prefix.slice();
        int index = firstEndingAbove(wanted);
        while (index < ranges.length && !ranges[index].startsBehindPrefix(wanted)) {
            if (sstables.get(index).mayHavePrefix(prefix)) {
                return true;
            }
            index++;
        }
        return false;
    }

    /** Whether all files are on this machine. */
    public boolean answersAtOnce() {
        for (Sstable sstable : sstables) {
            if (!sstable.answersAtOnce()) {
                return false;
            }
        }
        return true;
    }

    /** The SSTables that can hold keys of the range, in key order. */
    public List<Sstable> overlapping(KeyRange range) {
        if (range.isEmpty()) {
            return List.of();
        }
        int from = firstEndingAbove(range.start());
        int to = from;
        while (to < ranges.length && startsBelowEnd(to, range)) {
            to++;
        }
        return sstables.subList(from, to);
    }

    /** Length of the files of {@link #overlapping}. */
    public long overlappingBytes(KeyRange range) {
        long bytes = 0;
        for (Sstable sstable : overlapping(range)) {
            bytes += sstable.meta().sizeBytes();
        }
        return bytes;
    }

    private boolean startsBelowEnd(int index, KeyRange range) {
        OwnedSlice end = range.end();
        return end == null || ranges[index].start().compareTo(end) < 0;
    }

    private int firstEndingAbove(OwnedSlice key) {
        return firstEndingAbove(new Slice().setOwned(key));
    }

    /** Index of the first SSTable with keys at or above the given one. */
    private int firstEndingAbove(Slice key) {
        int low = 0;
        int high = ranges.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ranges[middle].isBelowEnd(key)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("L").append(level);
        for (Sstable sstable : sstables) {
            text.append(' ').append(sstable.meta().fileName());
        }
        return text.toString();
    }
}
