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
package io.flinklsm.inspect.sql;

import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.jspecify.annotations.Nullable;

/**
 * The columns that the rows of two schemas have in common, as the engine unites them by name:
 * fields that only one has are null in rows of the other, and numbers become the wider of two
 * types.
 *
 * <pre>
 * {a: int32, b: text} and {a: int64, c: date} → {a: int64, b: text, c: date}
 * </pre>
 */
final class UnitedFields {

    private static final int EXACT_IN_DOUBLE = 32;

    private UnitedFields() {}

    /**
     * The columns of both, in the order that the engine gives them.
     *
     * @return null if rows of one would not keep what they say: then they stay bytes
     */
    static @Nullable List<Field> of(List<Field> one, List<Field> other) {
        List<Field> united = new ArrayList<>(one);
        for (Field field : other) {
            int index = indexOf(united, field.getName());
            if (index < 0) {
                united.add(field);
                continue;
            }
            Field both = of(united.get(index), field);
            if (both == null) {
                return null;
            }
            united.set(index, both);
        }
        return united;
    }

    /** By the engine's rule, for which names are alike whatever their case. */
    private static int indexOf(List<Field> fields, String name) {
        for (int i = 0; i < fields.size(); i++) {
            if (fields.get(i).getName().equalsIgnoreCase(name)) {
                return i;
            }
        }
        return -1;
    }

    private static @Nullable Field of(Field one, Field other) {
        if (!one.getName().equals(other.getName())) {
            return null;
        }
        ArrowType type = of(one.getType(), other.getType());
        List<Field> children =
                type instanceof ArrowType.Struct
                                || one.getChildren().size() == other.getChildren().size()
                        ? of(one.getChildren(), other.getChildren())
                        : null;
        return type == null || children == null
                ? null
                : new Field(one.getName(), FieldType.nullable(type), children);
    }

    private static @Nullable ArrowType of(ArrowType one, ArrowType other) {
        if (one.equals(other)) {
            return one;
        }
        if (one instanceof ArrowType.Int a && other instanceof ArrowType.Int b) {
            return a.getIsSigned() && b.getIsSigned()
                    ? (a.getBitWidth() > b.getBitWidth() ? a : b)
                    : null;
        }
        if (one instanceof ArrowType.FloatingPoint a && other instanceof ArrowType.FloatingPoint) {
            return a.getPrecision() == FloatingPointPrecision.DOUBLE ? a : other;
        }
        if (other instanceof ArrowType.Int) {
            return of(other, one);
        }
        return one instanceof ArrowType.Int a
                        && a.getBitWidth() <= EXACT_IN_DOUBLE
                        && other instanceof ArrowType.FloatingPoint b
                        && b.getPrecision() == FloatingPointPrecision.DOUBLE
                ? b
                : null;
    }
}
