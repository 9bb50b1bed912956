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
package io.flinklsm.core.sstable;

import io.flinklsm.core.columns.EntryBinding;
import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.ColumnNode;
import io.flinklsm.core.columns.leaf.ColumnNode.Repetition;
import io.flinklsm.core.columns.leaf.Physical;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The names and numbers of format 1 that are on disk: DO NOT CHANGE THEM (docs/format.md).
 *
 * <pre>
 * PAR1
 * row group 0:  _key pages ... | _op pages | key_group pages | typed columns ... | _value pages
 * row group 1:  ...
 * tail:         bloom filters | column indexes | offset indexes | footer | footer length | PAR1
 * </pre>
 *
 * The tail begins behind the last page; its CRC32C is in the footer itself, computed with the eight
 * digits taken as {@code '0'}.
 */
final class SstableFormat {

    static final int VERSION = 1;

    static final String CREATED_BY = "flink-lsm version 0.1.0 (build format-1)";

    static final String ROOT_NAME = "entry";

    static final String KEY_COLUMN = "_key";
    static final String KIND_COLUMN = "_op";
    static final String KEY_GROUP_COLUMN = "key_group";

    /** Values that are not in typed columns. */
    static final String RAW_COLUMN = "_value";

    /** The columns above, which every SSTable has. */
    static final int OWN_COLUMNS = 4;

    static final String FORMAT_PROPERTY = "flinklsm.format";
    static final String TREE_PROPERTY = "flinklsm.tree";
    static final String LEVEL_PROPERTY = "flinklsm.level";
    static final String GENERATION_PROPERTY = "flinklsm.generation";
    static final String CREATED_PROPERTY = "flinklsm.created";
    static final String ENTRIES_PROPERTY = "flinklsm.entries";
    static final String TOMBSTONES_PROPERTY = "flinklsm.tombstones";
    static final String MERGES_PROPERTY = "flinklsm.merges";

    /** The text of EntryColumns; absent if nothing is known of the entries. */
    static final String COLUMNS_PROPERTY = "flinklsm.columns";

    /** Whether the file has these columns, or bytes: typed or binary. */
    static final String VALUE_COLUMNS_PROPERTY = "flinklsm.value-columns";

    /** True if the bloom filters have the hash of each map's prefix, too; else absent. */
    static final String PREFIXES_PROPERTY = "flinklsm.bloom-prefixes";

    /** CRC32C of all that stands before the tail, in 8 hexadecimal digits. */
    static final String PAGES_CHECKSUM_PROPERTY = "flinklsm.pages-crc32c";

    /** The text of a KeySketch; absent where the file is small enough to be read instead. */
    static final String SKETCH_PROPERTY = "flinklsm.sketch";

    static final String MIN_WRITE_TIME_PROPERTY = "flinklsm.min-write-time";
    static final String MAX_WRITE_TIME_PROPERTY = "flinklsm.max-write-time";
    static final String MIN_KEY_PROPERTY = "flinklsm.min-key";
    static final String MAX_KEY_PROPERTY = "flinklsm.max-key";

    /** 16 hexadecimal digits. With the next one the last of the footer's properties. */
    static final String TAIL_OFFSET_PROPERTY = "flinklsm.tail-offset";

    /** 8 hexadecimal digits. */
    static final String TAIL_CHECKSUM_PROPERTY = "flinklsm.tail-crc32c";

    private SstableFormat() {}

    /**
     * The columns of every SSTable around those of its entries.
     *
     * @param binding null if values are raw bytes
     */
    static List<ColumnNode> schema(@Nullable EntryBinding binding) {
        List<ColumnNode> nodes = new ArrayList<>();
        nodes.add(leaf(KEY_COLUMN, Physical.BYTES, Repetition.REQUIRED));
        nodes.add(leaf(KIND_COLUMN, Physical.INT32, Repetition.REQUIRED));
        nodes.add(leaf(KEY_GROUP_COLUMN, Physical.INT32, Repetition.REQUIRED));
        if (binding != null) {
            nodes.addAll(binding.nodes());
        }
        nodes.add(leaf(RAW_COLUMN, Physical.BYTES, Repetition.OPTIONAL));
        return nodes;
    }

    private static ColumnNode leaf(String name, Physical physical, Repetition repetition) {
        return new ColumnNode(name, repetition, physical, Annotation.NONE, List.of());
    }
}
