package io.flinklsm.core;

/** How a tree keeps its number of SSTables bounded. */
public enum CompactionStyle {
    LEVELED,
    SIZE_TIERED
}
