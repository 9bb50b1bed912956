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
package io.flinklsm.core.parquet.page;

import io.flinklsm.core.columns.leaf.Physical;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.Type;

/**
 * A leaf column of an SSTable.
 *
 * @param path names from the root's child down to the leaf
 * @param maxDefinitionLevel how many of the path's elements are optional or repeated; 0 if it has
 *     no nulls
 * @param maxRepetitionLevel how many of the path's elements are repeated
 * @param encoding of its pages, unless {@link #mayBePacked}
 * @param hasBounds whether pages tell their smallest and largest value, in full
 * @param isSorted whether its values ascend through the whole file
 */
public record ColumnSpec(
        List<String> path,
        Type type,
        int maxDefinitionLevel,
        int maxRepetitionLevel,
        Encoding encoding,
        boolean hasBounds,
        boolean isSorted) {

    public ColumnSpec {
        path = List.copyOf(path);
        if (path.isEmpty()) {
            throw new IllegalArgumentException("a column has no name: type=" + type);
        }
        if (maxRepetitionLevel < 0
                || maxRepetitionLevel > maxDefinitionLevel
                || maxDefinitionLevel > Byte.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "levels of a column contradict each other: path="
                            + path
                            + ", definition="
                            + maxDefinitionLevel
                            + ", repetition="
                            + maxRepetitionLevel);
        }
        if (hasBounds && maxDefinitionLevel > 0) {
            throw new IllegalArgumentException(
                    "bounds are kept for columns without nulls alone: path=" + path);
        }
    }

    /** A column without parents of ascending byte strings, none of which is null. */
    public static ColumnSpec sortedBytes(String name) {
        return new ColumnSpec(
                List.of(name), Type.BYTE_ARRAY, 0, 0, Encoding.DELTA_LENGTH_BYTE_ARRAY, true, true);
    }

    /** A column without parents of 32-bit integers, none of which is null. */
    public static ColumnSpec ints(String name, boolean isSorted) {
        return new ColumnSpec(
                List.of(name), Type.INT32, 0, 0, Encoding.DELTA_BINARY_PACKED, true, isSorted);
    }

    /** The type that a column of such values has in the schema. */
    public static Type type(Physical physical) {
        return switch (physical) {
            case BOOLEAN -> Type.BOOLEAN;
            case INT32 -> Type.INT32;
            case INT64 -> Type.INT64;
            case FLOAT -> Type.FLOAT;
            case DOUBLE -> Type.DOUBLE;
            case BYTES -> Type.BYTE_ARRAY;
        };
    }

    /** Whether pages of plain numbers may be {@link Encoding#DELTA_BINARY_PACKED} as well. */
    boolean mayBePacked() {
        return encoding == Encoding.PLAIN && (type == Type.INT32 || type == Type.INT64);
    }

    /** All that pages may have, levels included. */
    public List<Encoding> encodings() {
        List<Encoding> encodings = new ArrayList<>();
        encodings.add(encoding);
        if (mayBePacked()) {
            encodings.add(Encoding.DELTA_BINARY_PACKED);
        }
        if (maxDefinitionLevel > 0) {
            encodings.add(Encoding.RLE);
        }
        return encodings;
    }
}
