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

import io.flinklsm.core.compaction.CompactionOptions;
import io.flinklsm.core.compaction.CompactionPicker;
import io.flinklsm.core.compaction.LeveledPicker;
import io.flinklsm.core.compaction.SizeTieredPicker;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.write.StallRule;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Options of a store, checked when made.
 *
 * @param memtableBytes a tree's memtable is frozen when it holds this much
 * @param level0CompactionTrigger level-0 SSTables (sorted runs, size-tiered) that start a
 *     compaction
 * @param level0SlowdownTrigger sorted runs of level 0 from which writes are slowed down, more and
 *     more
 * @param level0StopTrigger sorted runs of level 0 at which writes wait
 * @param maxFrozenMemtables frozen memtables of one tree at which writes wait
 * @param targetFileBytes compaction starts a new output file at this size
 * @param levelBaseBytes size of level 1
 * @param levelSizeRatio how much larger each next level may be
 * @param maxOpenFiles bound of open SSTable readers
 * @param trees what single trees have otherwise, by the tree's name
 */
public record LsmStoreOptions(
        long memtableBytes,
        CompactionStyle compactionStyle,
        int level0CompactionTrigger,
        int level0SlowdownTrigger,
        int level0StopTrigger,
        int maxFrozenMemtables,
        long targetFileBytes,
        long levelBaseBytes,
        int levelSizeRatio,
        int maxOpenFiles,
        SstableOptions sstable,
        Map<String, TreeTuning> trees) {

    /** Compaction joins SSTables: with one alone there is nothing to join. */
    public static final int MIN_LEVEL0_TRIGGER = CompactionOptions.MIN_LEVEL0_TRIGGER;

    public static final LsmStoreOptions DEFAULTS =
            new LsmStoreOptions(
                    64L << 20,
                    CompactionStyle.LEVELED,
                    4,
                    20,
                    36,
                    4,
                    64L << 20,
                    256L << 20,
                    10,
                    5000,
                    SstableOptions.DEFAULTS);

    /** Compaction debt, in sizes of level 1, from which writes are slowed down. */
    private static final long DEBT_SLOWDOWN_LEVELS = 8;

    /** Compaction debt, in sizes of level 1, at which writes are slowest. */
    private static final long DEBT_FULL_LEVELS = 64;

    public LsmStoreOptions {
        trees = Map.copyOf(trees);
        require(memtableBytes > 0, "memtableBytes", memtableBytes, "1 or more");
        require(maxOpenFiles > 0, "maxOpenFiles", maxOpenFiles, "1 or more");
        require(
                level0CompactionTrigger >= MIN_LEVEL0_TRIGGER
                        && level0CompactionTrigger <= level0SlowdownTrigger,
                "level0CompactionTrigger",
                level0CompactionTrigger,
                MIN_LEVEL0_TRIGGER + " to level0SlowdownTrigger=" + level0SlowdownTrigger);
        require(
                level0SlowdownTrigger < level0StopTrigger,
                "level0StopTrigger",
                level0StopTrigger,
                "more than level0SlowdownTrigger=" + level0SlowdownTrigger);
        require(maxFrozenMemtables >= 1, "maxFrozenMemtables", maxFrozenMemtables, "1 or more");
        require(targetFileBytes > 0, "targetFileBytes", targetFileBytes, "1 or more");
        require(
                levelBaseBytes > 0 && levelBaseBytes <= Long.MAX_VALUE / DEBT_FULL_LEVELS,
                "levelBaseBytes",
                levelBaseBytes,
                "1 to " + Long.MAX_VALUE / DEBT_FULL_LEVELS);
        require(levelSizeRatio >= 2, "levelSizeRatio", levelSizeRatio, "2 or more");
    }

    /** All trees alike. */
    public LsmStoreOptions(
            long memtableBytes,
            CompactionStyle compactionStyle,
            int level0CompactionTrigger,
            int level0SlowdownTrigger,
            int level0StopTrigger,
            int maxFrozenMemtables,
            long targetFileBytes,
            long levelBaseBytes,
            int levelSizeRatio,
            int maxOpenFiles,
            SstableOptions sstable) {
        this(
                memtableBytes,
                compactionStyle,
                level0CompactionTrigger,
                level0SlowdownTrigger,
                level0StopTrigger,
                maxFrozenMemtables,
                targetFileBytes,
                levelBaseBytes,
                levelSizeRatio,
                maxOpenFiles,
                sstable,
                Map.of());
    }

    private static void require(boolean condition, String option, long found, String allowed) {
        if (!condition) {
            throw new IllegalArgumentException(
                    "[" + option + "] is out of range: found=" + found + "; give " + allowed);
        }
    }

    /** The picker of a tree, by the tree's name. */
    Function<String, CompactionPicker> compactionPickers() {
        CompactionOptions compaction =
                new CompactionOptions(
                        level0CompactionTrigger, targetFileBytes, levelBaseBytes, levelSizeRatio);
        Map<String, CompactionPicker> byTree = new HashMap<>();
        trees.forEach(
                (tree, tuning) -> byTree.put(tree, picker(tuning.compactionStyle(), compaction)));
        CompactionPicker others = picker(compactionStyle, compaction);
        return tree -> byTree.getOrDefault(tree, others);
    }

    private static CompactionPicker picker(CompactionStyle style, CompactionOptions compaction) {
        return switch (style) {
            case LEVELED -> new LeveledPicker(compaction);
            case SIZE_TIERED -> new SizeTieredPicker(compaction);
        };
    }

    /**
     * How SSTables of single trees are written.
     *
     * @param writerBytes memory of one writer
     */
    Map<String, SstableOptions> sstableOfTrees(long writerBytes) {
        Map<String, SstableOptions> fitted = new HashMap<>();
        trees.forEach((tree, tuning) -> fitted.put(tree, tuning.sstable().fittedTo(writerBytes)));
        return fitted;
    }

    StallRule stallRule() {
        return new StallRule(
                level0SlowdownTrigger,
                level0StopTrigger,
                maxFrozenMemtables,
                DEBT_SLOWDOWN_LEVELS * levelBaseBytes,
                DEBT_FULL_LEVELS * levelBaseBytes);
    }
}
