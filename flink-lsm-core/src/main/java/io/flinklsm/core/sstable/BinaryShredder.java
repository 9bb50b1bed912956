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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryKind;
import java.util.List;
import java.util.function.IntFunction;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Type;

/**
 * Entries whose values are opaque bytes: {@code _key}, {@code _op}, {@code key_group} (the first
 * bytes of the key as a number) and {@code value} (null for a tombstone).
 */
final class BinaryShredder implements RowShredder {

    private final BinaryColumnWriter keys;
    private final IntColumnWriter kinds;
    private final IntColumnWriter keyGroups;
    private final BinaryColumnWriter values;
    private final int keyGroupBytes;

    /**
     * @param sinks where the pages of the column with this index go
     */
    BinaryShredder(SstableOptions options, PageCodec codec, IntFunction<PageSink> sinks) {
        keyGroupBytes = options.keyGroupBytes();
        keys =
                new BinaryColumnWriter(
                        new ColumnSpec(
                                List.of(SstableFormat.KEY_COLUMN),
                                Type.BYTE_ARRAY,
                                0,
                                Encoding.DELTA_LENGTH_BYTE_ARRAY,
                                true,
                                true),
                        options.codec(),
                        codec,
                        sinks.apply(0));
        kinds =
                new IntColumnWriter(
                        intSpec(SstableFormat.KIND_COLUMN, false),
                        options.codec(),
                        codec,
                        sinks.apply(1));
        keyGroups =
                new IntColumnWriter(
                        intSpec(SstableFormat.KEY_GROUP_COLUMN, true),
                        options.codec(),
                        codec,
                        sinks.apply(2));
        values =
                new BinaryColumnWriter(
                        new ColumnSpec(
                                List.of(SstableFormat.VALUE_COLUMN),
                                Type.BYTE_ARRAY,
                                1,
                                Encoding.DELTA_LENGTH_BYTE_ARRAY,
                                false,
                                false),
                        options.codec(),
                        codec,
                        sinks.apply(3));
    }

    @Override
    public List<SchemaElement> schema() {
        return List.of(
                leaf(SstableFormat.KEY_COLUMN, Type.BYTE_ARRAY, FieldRepetitionType.REQUIRED),
                leaf(SstableFormat.KIND_COLUMN, Type.INT32, FieldRepetitionType.REQUIRED),
                leaf(SstableFormat.KEY_GROUP_COLUMN, Type.INT32, FieldRepetitionType.REQUIRED),
                leaf(SstableFormat.VALUE_COLUMN, Type.BYTE_ARRAY, FieldRepetitionType.OPTIONAL));
    }

    @Override
    public List<ColumnWriter> columns() {
        return List.of(keys, kinds, keyGroups, values);
    }

    @Override
    public void shred(Slice key, EntryKind kind, Slice value) {
        keys.add(key);
        kinds.add(kind.code());
        keyGroups.add(keyGroup(key));
        if (kind == EntryKind.DELETE) {
            values.addNull();
        } else {
            values.add(value);
        }
    }

    private int keyGroup(Slice key) {
        int group = 0;
        for (int i = 0; i < keyGroupBytes; i++) {
            group = group << Byte.SIZE | (key.byteAt(i) & 0xFF);
        }
        return group;
    }

    private static ColumnSpec intSpec(String name, boolean isSorted) {
        return new ColumnSpec(
                List.of(name), Type.INT32, 0, Encoding.DELTA_BINARY_PACKED, true, isSorted);
    }

    private static SchemaElement leaf(String name, Type type, FieldRepetitionType repetition) {
        return new SchemaElement(name).setType(type).setRepetition_type(repetition);
    }
}
