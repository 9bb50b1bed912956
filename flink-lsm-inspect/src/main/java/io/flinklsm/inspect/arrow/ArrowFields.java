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
package io.flinklsm.inspect.arrow;

import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.ColumnNode;
import io.flinklsm.core.columns.leaf.Physical;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.jspecify.annotations.Nullable;

/** The schema of Parquet columns as Arrow fields: three-level lists and maps become one vector. */
final class ArrowFields {

    /** What 16 bytes hold. */
    private static final int MAX_DECIMAL_PRECISION = 38;

    private static final String UTC = "UTC";

    private ArrowFields() {}

    /** Of instants whose type says no zone. */
    private static final Map<String, String> INSTANT = Map.of("flinklsm.instant", "true");

    /** Whether it holds instants although its type says no zone. */
    static boolean isInstant(Field field) {
        return field.getMetadata().equals(INSTANT);
    }

    static Field of(ColumnNode node) {
        // Names go through C, where they end at the first NUL.
        return named(node, node.name().replace("\0", "\\u0000"));
    }

    private static Field named(ColumnNode node, String name) {
        Physical physical = node.physical();
        if (physical != null) {
            return new Field(
                    name,
                    new FieldType(
                            true,
                            scalar(physical, node.annotation()),
                            null,
                            isInstant(node.annotation()) ? INSTANT : null),
                    null);
        }
        ColumnNode first = node.children().get(0);
        if (first.repetition() != ColumnNode.Repetition.REPEATED) {
            List<Field> fields = new ArrayList<>();
            node.children().forEach(child -> fields.add(of(child)));
            return new Field(name, FieldType.nullable(ArrowType.Struct.INSTANCE), fields);
        }
        if (!isMap(node)) {
            return new Field(
                    name,
                    FieldType.nullable(ArrowType.List.INSTANCE),
                    List.of(named(first.children().get(0), "element")));
        }
        Field key = named(first.children().get(0), "key");
        Field entries =
                new Field(
                        "entries",
                        FieldType.notNullable(ArrowType.Struct.INSTANCE),
                        List.of(
                                new Field(
                                        "key",
                                        new FieldType(
                                                false, key.getType(), null, key.getMetadata()),
                                        key.getChildren()),
                                named(first.children().get(1), "value")));
        return new Field(name, FieldType.nullable(new ArrowType.Map(false)), List.of(entries));
    }

    private static boolean isInstant(Annotation annotation) {
        return annotation.kind() == Annotation.Kind.TIMESTAMP_NANOS && annotation.first() == 1;
    }

    static boolean isMap(ColumnNode group) {
        return group.annotation().kind() == Annotation.Kind.MAP;
    }

    private static ArrowType scalar(Physical physical, Annotation annotation) {
        return switch (physical) {
            case BOOLEAN -> ArrowType.Bool.INSTANCE;
            case FLOAT -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
            case DOUBLE -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
            case INT32 -> int32(annotation);
            case INT64 -> int64(annotation);
            case BYTES -> bytes(annotation);
        };
    }

    private static ArrowType int32(Annotation annotation) {
        return switch (annotation.kind()) {
            case DATE -> new ArrowType.Date(DateUnit.DAY);
            case TIME_MILLIS -> new ArrowType.Time(TimeUnit.MILLISECOND, Integer.SIZE);
            case DECIMAL -> decimal(annotation);
            case INTEGER -> new ArrowType.Int(annotation.first(), annotation.second() == 1);
            default -> new ArrowType.Int(Integer.SIZE, true);
        };
    }

    private static ArrowType int64(Annotation annotation) {
        return switch (annotation.kind()) {
            // In microseconds, which is what a query engine computes with.
            case TIMESTAMP_MILLIS, TIMESTAMP_MICROS ->
                    new ArrowType.Timestamp(TimeUnit.MICROSECOND, zone(annotation));
            // The engine has nanoseconds only without a zone: instants are times in UTC.
            case TIMESTAMP_NANOS -> new ArrowType.Timestamp(TimeUnit.NANOSECOND, null);
            // As text: what the engine imports as a time of day it cuts to microseconds.
            case TIME_NANOS -> ArrowType.Utf8.INSTANCE;
            case DECIMAL -> decimal(annotation);
            default -> new ArrowType.Int(Long.SIZE, true);
        };
    }

    private static @Nullable String zone(Annotation annotation) {
        return annotation.first() == 1 ? UTC : null;
    }

    private static ArrowType bytes(Annotation annotation) {
        return switch (annotation.kind()) {
            case STRING, ENUM -> ArrowType.Utf8.INSTANCE;
            case DECIMAL ->
                    annotation.first() <= MAX_DECIMAL_PRECISION
                            ? decimal(annotation)
                            : ArrowType.Utf8.INSTANCE;
            default -> ArrowType.Binary.INSTANCE;
        };
    }

    private static ArrowType decimal(Annotation annotation) {
        return new ArrowType.Decimal(annotation.first(), annotation.second(), 128);
    }
}
