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
package io.flinklsm.core;

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.tree.ReadStats;
import io.flinklsm.core.version.Level;
import io.flinklsm.core.version.Version;
import java.util.ArrayList;
import java.util.List;

/**
 * Figures of one tree.
 *
 * @param filterFailures how often the tree's filter has thrown, and an entry was kept for it
 * @param sortedRuns sources that a read asks in the worst case, beside the memory
 * @param liveBytes estimate of what would be left of the files if all were compacted into one run
 * @param reads where reads have ended
 * @param levels level 0 first; empty levels are left out, but never level 0
 */
public record TreeStats(
        String treeName,
        Memory memory,
        Work work,
        long filterFailures,
        int sortedRuns,
        long liveBytes,
        ReadStats reads,
        List<LevelStats> levels) {

    public TreeStats {
        levels = List.copyOf(levels);
    }

    /**
     * What is in memory and no file has, or is read on after its flush.
     *
     * @param bytes memory of active and frozen memtables
     * @param entries what is in them, tombstones included
     * @param frozenMemtables those that wait for their flush, or are in it
     */
    public record Memory(long bytes, long entries, int frozenMemtables) {

        public Memory {
            Invariants.check(
                    bytes >= 0 && frozenMemtables >= 0,
                    "a tree holds less than nothing",
                    "memtableBytes",
                    bytes,
                    "frozenMemtables",
                    frozenMemtables);
        }
    }

    /**
     * What other threads do for the tree, or have still to do.
     *
     * @param flushing whether a flush runs
     * @param compactionsRunning how many are at work
     * @param compactionPending whether one waits for its thread
     * @param compactionDebtBytes what compactions must read until nothing is due
     */
    public record Work(
            boolean flushing,
            int compactionsRunning,
            boolean compactionPending,
            long compactionDebtBytes) {}

    /** Figures of one level; entries count tombstones and operands, and what a clip hides. */
    public record LevelStats(int level, int sstables, long entries, long tombstones, long bytes) {

        private static LevelStats of(int level, List<Sstable> sstables) {
            long entries = 0;
            long tombstones = 0;
            long bytes = 0;
            for (Sstable sstable : sstables) {
                SstableMeta meta = sstable.meta();
                entries += meta.entryCount();
                tombstones += meta.tombstoneCount();
                bytes += meta.sizeBytes();
            }
            return new LevelStats(level, sstables.size(), entries, tombstones, bytes);
        }
    }

    /** The tree's SSTables. */
    public long sstables() {
        return levels.stream().mapToLong(LevelStats::sstables).sum();
    }

    /** Length of the tree's SSTables. */
    public long sstableBytes() {
        return levels.stream().mapToLong(LevelStats::bytes).sum();
    }

    /**
     * Estimate of the live entries: those of all sources, without tombstones and what each is taken
     * to hide. An entry that was overwritten counts once for each source that still has it.
     */
    public long liveEntries() {
        long entries = memory.entries();
        for (LevelStats level : levels) {
            entries += level.entries() - 2 * level.tombstones();
        }
        return Math.max(0, entries);
    }

    /** What changes under the store's lock, taken at one moment. */
    record Moment(
            Memory memory,
            boolean flushing,
            int compactionsRunning,
            boolean compactionPending,
            ReadStats reads,
            Version version) {}

    static TreeStats of(
            String treeName, Moment moment, long filterFailures, long compactionDebtBytes) {
        Version version = moment.version();
        List<LevelStats> levels = new ArrayList<>();
        levels.add(LevelStats.of(0, version.level0()));
        for (Level level : version.deeper()) {
            levels.add(LevelStats.of(level.number(), level.sstables()));
        }
        return new TreeStats(
                treeName,
                moment.memory(),
                new Work(
                        moment.flushing(),
                        moment.compactionsRunning(),
                        moment.compactionPending(),
                        compactionDebtBytes),
                filterFailures,
                version.runs().size(),
                version.liveBytesEstimated(),
                moment.reads(),
                levels);
    }
}
