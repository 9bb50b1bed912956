package io.flinklsm.core.version;

import io.flinklsm.core.sstable.Sstable;
import java.util.List;

/**
 * One sorted run: SSTables with disjoint visible key ranges, in key order.
 *
 * @param number 1 or more
 */
public record Level(int number, List<Sstable> sstables) {

    public Level {
        sstables = List.copyOf(sstables);
    }
}
