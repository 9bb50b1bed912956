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

import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.version.Level;
import io.flinklsm.core.version.Version;
import java.util.ArrayList;
import java.util.List;

/**
 * Figures of one tree.
 *
 * @param memtableBytes memory of active and frozen memtables
 * @param filterFailures how often the tree's filter has thrown, and an entry was kept for it
 * @param levels level 0 first; empty levels are left out, but never level 0
 */
public record TreeStats(
        String treeName,
        long memtableBytes,
        int frozenMemtables,
        long filterFailures,
        List<LevelStats> levels) {

    public TreeStats {
        levels = List.copyOf(levels);
    }

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

    static TreeStats of(
            String treeName,
            long memtableBytes,
            int frozenMemtables,
            long filterFailures,
            Version version) {
        List<LevelStats> levels = new ArrayList<>();
        levels.add(LevelStats.of(0, version.level0()));
        for (Level level : version.deeper()) {
            levels.add(LevelStats.of(level.number(), level.sstables()));
        }
        return new TreeStats(treeName, memtableBytes, frozenMemtables, filterFailures, levels);
    }
}
