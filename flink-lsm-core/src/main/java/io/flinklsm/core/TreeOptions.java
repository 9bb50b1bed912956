package io.flinklsm.core;

import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.core.merge.MergeOperator;
import org.jspecify.annotations.Nullable;

/**
 * What one tree is for.
 *
 * @param operator folds merge operands; null if the tree takes none
 * @param filter judges values in compactions that start after it was set; null to keep all
 */
public record TreeOptions(
        MemtableKind memtableKind, @Nullable MergeOperator operator, @Nullable EntryFilter filter) {

    public static final TreeOptions DEFAULTS = new TreeOptions(MemtableKind.HASH, null, null);
}
