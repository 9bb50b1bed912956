package io.flinklsm.core;

import java.util.List;

/**
 * Figures of one tree.
 *
 * @param memtableBytes memory of active and frozen memtables
 * @param levels level 0 first
 */
public record TreeStats(String treeName, long memtableBytes, int frozenMemtables, List<LevelStats> levels) {

    public TreeStats {
        levels = List.copyOf(levels);
    }

    /** Figures of one level; entries count tombstones and operands. */
    public record LevelStats(int level, int sstables, long entries, long tombstones, long bytes) {}
}
