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
package io.flinklsm.core.compaction;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides what to compact next. Pure: the same Version and running plans give the same plan. Both
 * pickers read every Version, whichever of them it comes from, so a store can change its style.
 */
public sealed interface CompactionPicker permits LeveledPicker, SizeTieredPicker {

    /**
     * The most urgent plan that may start now; null if nothing is due.
     *
     * @param slots the plans of the tree that run
     */
    @Nullable CompactionPlan pick(Version version, CompactionSlots slots);

    /** {@link #pick(Version, CompactionSlots)} for a tree of which no plan runs. */
    default @Nullable CompactionPlan pick(Version version) {
        return pick(version, new CompactionSlots());
    }

    /** Everything into one run, with nothing older; null if there is nothing. No plan may run. */
    @Nullable CompactionPlan pickAll(Version version);

    /** Bytes that compactions must read, roughly, until nothing is due. */
    long debtBytes(Version version);

    /**
     * An SSTable below which nothing is older, and most of whose entries are tombstones, to be
     * written again without them. It ends: the output has none.
     */
    static @Nullable CompactionPlan pickTombstones(
            Version version, CompactionSlots slots, CompactionOptions options) {
        List<SortedRun> runs = version.runs();
        for (int i = runs.size() - 1; i >= 0; i--) {
            SortedRun run = runs.get(i);
            for (Sstable sstable : run.sstables()) {
                SstableMeta meta = sstable.meta();
                if (meta.tombstoneCount() > meta.entryCount() / 2) {
                    CompactionPlan plan =
                            CompactionPlan.of(
                                    CompactionPlan.Reason.TOMBSTONES,
                                    version,
                                    List.of(new SortedRun(run.level(), List.of(sstable))),
                                    run.level(),
                                    options);
                    if (plan.olderRanges().isEmpty() && slots.admits(plan)) {
                        return plan;
                    }
                }
            }
        }
        return null;
    }

    /** The part of a level that meets the range, as a run; null if there is none. */
    static @Nullable SortedRun part(Version version, int level, KeyRange range) {
        for (SortedRun run : version.runs()) {
            if (run.level() == level) {
                List<Sstable> overlapping = run.overlapping(range);
                return overlapping.isEmpty() ? null : new SortedRun(level, overlapping);
            }
        }
        return null;
    }

    /** From the first to the last key that any of the runs can show. */
    static KeyRange hull(List<SortedRun> runs) {
        OwnedSlice start = runs.get(0).range(0).start();
        @Nullable OwnedSlice end = start;
        for (SortedRun run : runs) {
            KeyRange range = CompactionPlan.rangeOf(run);
            start = start.compareTo(range.start()) <= 0 ? start : range.start();
            OwnedSlice runEnd = range.end();
            end = end == null || runEnd == null ? null : end.compareTo(runEnd) >= 0 ? end : runEnd;
        }
        return new KeyRange(start, end);
    }
}
