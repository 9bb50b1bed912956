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
package io.flinklsm.core.merge;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.KeyRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Says for which keys nothing older can exist outside of a compaction's inputs: there a tombstone
 * may be dropped and a merge operand is the value. Asked in ascending key order; one rule a job;
 * confined to one thread.
 *
 * <p>The claim: let S be the SSTables that are older than the newest input and are not inputs
 * themselves, in the Version that the plan was picked from. If the range of no SSTable of S holds
 * the key k, then no source older than the output will ever hold an entry of k.
 *
 * <pre>
 * L0: k DEL   (input)                    L0: k DEL   (input)
 * L1: [a k z] (input)                    L1: [a z]   (input)
 * L2: [b f]            drop: S = {b f}   L2: [b PUT k …]      keep: S = {b k}
 * </pre>
 *
 * <p>The proof. Entries get into the tree by a flush, whose source is newer than all inputs, or are
 * carried by a compaction. A compaction's output stands where its inputs stood, in age, relative to
 * every source that overlaps it (the pickers' rule, which VersionChecker and CompactionSlots
 * guard), and it holds only keys of its inputs. So an entry of k that is older than our output
 * later is an entry of k that was older than our inputs, or among them, at pick time. The former
 * does not exist: no range in S holds k. The latter were all read by this job, which is what it
 * collapses. Dropping the tombstone therefore uncovers nothing. (LevelDB's doc/impl.md states the
 * same for its levels.)
 *
 * <p>It matters that S is taken whole: leaving out one older SSTable, for instance a level-0 file
 * between two inputs in age, brings a deleted key back.
 */
public final class TombstoneRule {

    private final OwnedSlice[] starts;
    private final @Nullable OwnedSlice[] ends;
    private int position;

    private TombstoneRule(OwnedSlice[] starts, @Nullable OwnedSlice[] ends) {
        this.starts = starts;
        this.ends = ends;
    }

    /** Older entries may exist for every key. */
    public static TombstoneRule keepAll() {
        return of(List.of(KeyRange.ALL));
    }

    /** Nothing older exists for any key: the output is the bottom. */
    public static TombstoneRule dropAll() {
        return of(List.of());
    }

    /**
     * @param olderRanges the visible key ranges of all SSTables that are older than the newest
     *     input and not inputs; in any order, may overlap
     */
    public static TombstoneRule of(List<KeyRange> olderRanges) {
        List<KeyRange> sorted = new ArrayList<>(olderRanges);
        sorted.removeIf(KeyRange::isEmpty);
        sorted.sort(Comparator.comparing(KeyRange::start));
        List<KeyRange> joined = new ArrayList<>();
        for (KeyRange range : sorted) {
            KeyRange last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            if (last != null && (last.end() == null || range.start().compareTo(last.end()) <= 0)) {
                joined.set(
                        joined.size() - 1,
                        new KeyRange(last.start(), laterEnd(last.end(), range.end())));
            } else {
                joined.add(range);
            }
        }
        OwnedSlice[] starts = new OwnedSlice[joined.size()];
        @Nullable OwnedSlice[] ends = new OwnedSlice[joined.size()];
        for (int i = 0; i < starts.length; i++) {
            starts[i] = joined.get(i).start();
            ends[i] = joined.get(i).end();
            OwnedSlice endBefore = i == 0 ? null : ends[i - 1];
            Invariants.check(
                    i == 0 || (endBefore != null && endBefore.compareTo(starts[i]) < 0),
                    "joined ranges still meet",
                    "index",
                    i);
        }
        return new TombstoneRule(starts, ends);
    }

    private static @Nullable OwnedSlice laterEnd(
            @Nullable OwnedSlice left, @Nullable OwnedSlice right) {
        if (left == null || right == null) {
            return null;
        }
        return left.compareTo(right) >= 0 ? left : right;
    }

    /**
     * Whether no older source can hold the key.
     *
     * @param key not below the key of the call before
     */
    public boolean nothingOlder(Slice key) {
        while (position < starts.length) {
            OwnedSlice end = ends[position];
            if (end == null || key.compareTo(end) < 0) {
                return key.compareTo(starts[position]) < 0;
            }
            position++;
        }
        return true;
    }
}
