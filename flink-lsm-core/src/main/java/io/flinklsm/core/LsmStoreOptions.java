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
import io.flinklsm.core.write.WriteLimits;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Options of a store, checked when made.
 *
 * @param memtableBytes a tree's memtable is frozen when it holds this much
 * @param compaction when and how much is compacted
 * @param writeLimits when writes are slowed down, and when they wait
 * @param maxOpenFiles bound of open SSTable readers
 * @param trees what single trees have otherwise, by the tree's name
 */
public record LsmStoreOptions(
        long memtableBytes,
        CompactionStyle compactionStyle,
        CompactionOptions compaction,
        WriteLimits writeLimits,
        int maxOpenFiles,
        SstableOptions sstable,
        Map<String, TreeTuning> trees) {

    /** Compaction joins SSTables: with one alone there is nothing to join. */
    public static final int MIN_LEVEL0_TRIGGER = CompactionOptions.MIN_LEVEL0_TRIGGER;

    public static final LsmStoreOptions DEFAULTS =
            new LsmStoreOptions(
                    64L << 20,
                    CompactionStyle.LEVELED,
                    new CompactionOptions(4, 64L << 20, 256L << 20, 10),
                    new WriteLimits(20, 36, 4),
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
                compaction.level0Trigger() <= writeLimits.level0Slowdown(),
                "compaction.level0Trigger",
                compaction.level0Trigger(),
                "at most writeLimits.level0Slowdown=" + writeLimits.level0Slowdown());
        require(
                compaction.levelBaseBytes() <= Long.MAX_VALUE / DEBT_FULL_LEVELS,
                "compaction.levelBaseBytes",
                compaction.levelBaseBytes(),
                "at most " + Long.MAX_VALUE / DEBT_FULL_LEVELS);
    }

    /** All trees alike. */
    public LsmStoreOptions(
            long memtableBytes,
            CompactionStyle compactionStyle,
            CompactionOptions compaction,
            WriteLimits writeLimits,
            int maxOpenFiles,
            SstableOptions sstable) {
        this(
                memtableBytes,
                compactionStyle,
                compaction,
                writeLimits,
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
        Map<String, CompactionPicker> byTree = new HashMap<>();
        trees.forEach((tree, tuning) -> byTree.put(tree, picker(tuning.compactionStyle())));
        CompactionPicker others = picker(compactionStyle);
        return tree -> byTree.getOrDefault(tree, others);
    }

    private CompactionPicker picker(CompactionStyle style) {
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
                writeLimits.level0Slowdown(),
                writeLimits.level0Stop(),
                writeLimits.maxFrozenMemtables(),
                DEBT_SLOWDOWN_LEVELS * compaction.levelBaseBytes(),
                DEBT_FULL_LEVELS * compaction.levelBaseBytes());
    }
}
