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
package io.flinklsm.core.tree;

import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.core.merge.MergeOperator;
import org.jspecify.annotations.Nullable;

/**
 * What one tree is for.
 *
 * @param operator folds merge operands; null if the tree takes none, as one of maps
 * @param filter judges values in compactions that start after it was set; null to keep all
 * @param columns how entries stand in columns of SSTables that are written from then on; null if
 *     nothing is known of them: their values are raw bytes, and compactions go by their inputs
 */
public record TreeOptions(
        MemtableKind memtableKind,
        @Nullable MergeOperator operator,
        @Nullable EntryFilter filter,
        @Nullable EntryColumns columns) {

    public static final TreeOptions DEFAULTS = new TreeOptions(MemtableKind.ENTRIES, null, null);

    /**
     * @throws IllegalArgumentException if maps are to be kept and operands to be folded
     */
    public TreeOptions {
        if (memtableKind == MemtableKind.MAPS && operator != null) {
            throw new IllegalArgumentException(
                    "[option operator] a tree of maps takes no merge operands: memtableKind="
                            + memtableKind
                            + ", operator="
                            + operator.getClass().getName()
                            + "; leave the operator out, or keep the entries as "
                            + MemtableKind.ENTRIES);
        }
    }

    /** A tree of which no columns are known. */
    public TreeOptions(
            MemtableKind memtableKind,
            @Nullable MergeOperator operator,
            @Nullable EntryFilter filter) {
        this(memtableKind, operator, filter, null);
    }

    public TreeOptions withColumns(@Nullable EntryColumns newColumns) {
        return new TreeOptions(memtableKind, operator, filter, newColumns);
    }
}
