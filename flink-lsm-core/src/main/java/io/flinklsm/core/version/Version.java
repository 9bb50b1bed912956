package io.flinklsm.core.version;

import io.flinklsm.core.sstable.Sstable;
import java.util.List;

/**
 * The SSTables of one tree at one moment; immutable.
 *
 * @param level0 newest generation first; key ranges may overlap
 * @param deeper level 1 and below, each one sorted run of disjoint SSTables in key order
 */
public record Version(List<Sstable> level0, List<Level> deeper) {

    public static final Version EMPTY = new Version(List.of(), List.of());

    public Version {
        level0 = List.copyOf(level0);
        deeper = List.copyOf(deeper);
    }
}
