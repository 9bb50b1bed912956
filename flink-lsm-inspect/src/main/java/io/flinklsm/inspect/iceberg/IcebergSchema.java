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
package io.flinklsm.inspect.iceberg;

import io.flinklsm.core.columns.EntryBinding;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.ColumnNode;
import io.flinklsm.core.columns.leaf.Physical;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.types.Types.NestedField;
import org.jspecify.annotations.Nullable;

/**
 * The columns of SSTables in Iceberg's types. What they have no type for (times of day, and times
 * in nanoseconds, which tables of version 2 do not know) is left out and told.
 *
 * @param leftOut names of columns, with those of the groups around them
 */
record IcebergSchema(Schema schema, List<String> leftOut) {

    private static final int MAX_PRECISION = 38;

    IcebergSchema {
        leftOut = List.copyOf(leftOut);
    }

    /**
     * @param columns null if files say none: then keys and values are bytes
     */
    static IcebergSchema of(@Nullable EntryColumns columns) {
        Conversion conversion = new Conversion();
        List<NestedField> fields = new ArrayList<>();
        fields.add(NestedField.required(conversion.nextId(), "_key", Types.BinaryType.get()));
        if (columns != null) {
            if (columns.keyGroupBytes() > 0) {
                fields.add(
                        NestedField.optional(
                                conversion.nextId(), "key_group", Types.IntegerType.get()));
            }
            fields.addAll(conversion.fields(new EntryBinding(columns).nodes(), ""));
        }
        fields.add(NestedField.optional(conversion.nextId(), "_value", Types.BinaryType.get()));
        return new IcebergSchema(new Schema(fields), conversion.leftOut);
    }

    private static final class Conversion {
        private final List<String> leftOut = new ArrayList<>();
        private int lastId;

        int nextId() {
            return ++lastId;
        }

        List<NestedField> fields(List<ColumnNode> nodes, String path) {
            List<NestedField> fields = new ArrayList<>();
            for (ColumnNode node : nodes) {
                int id = nextId();
                Type type = type(node, path + node.name());
                if (type != null) {
                    fields.add(NestedField.optional(id, node.name(), type));
                }
            }
            return fields;
        }

        private @Nullable Type type(ColumnNode node, String path) {
            Physical physical = node.physical();
            if (physical != null) {
                Type type = leaf(node.annotation(), physical);
                if (type == null) {
                    leftOut.add(path);
                }
                return type;
            }
            if (node.annotation().kind() == Annotation.Kind.LIST) {
                int id = nextId();
                Type element = type(node.children().get(0).children().get(0), path + ".element");
                return element == null ? null : Types.ListType.ofOptional(id, element);
            }
            if (node.annotation().kind() == Annotation.Kind.MAP) {
                int keyId = nextId();
                int valueId = nextId();
                List<ColumnNode> entry = node.children().get(0).children();
                Type key = type(entry.get(0), path + ".key");
                Type value = type(entry.get(1), path + ".value");
                return key == null || value == null
                        ? null
                        : Types.MapType.ofOptional(keyId, valueId, key, value);
            }
            List<NestedField> children = fields(node.children(), path + ".");
            return children.isEmpty() ? null : Types.StructType.of(children);
        }

        private static @Nullable Type leaf(Annotation annotation, Physical physical) {
            boolean isUtc = annotation.first() == 1;
            return switch (annotation.kind()) {
                case STRING, ENUM -> Types.StringType.get();
                case DATE -> Types.DateType.get();
                case DECIMAL ->
                        annotation.first() > MAX_PRECISION
                                ? null
                                : Types.DecimalType.of(annotation.first(), annotation.second());
                case TIMESTAMP_MILLIS, TIMESTAMP_MICROS ->
                        isUtc ? Types.TimestampType.withZone() : Types.TimestampType.withoutZone();
                case INTEGER -> isSignedOrSmall(annotation) ? Types.IntegerType.get() : null;
                case NONE -> plain(physical);
                case TIME_MILLIS, TIME_NANOS, TIMESTAMP_NANOS, LIST, MAP -> null;
            };
        }

        private static boolean isSignedOrSmall(Annotation annotation) {
            return annotation.first() <= (annotation.second() == 1 ? Integer.SIZE : Short.SIZE);
        }

        private static Type plain(Physical physical) {
            return switch (physical) {
                case BOOLEAN -> Types.BooleanType.get();
                case INT32 -> Types.IntegerType.get();
                case INT64 -> Types.LongType.get();
                case FLOAT -> Types.FloatType.get();
                case DOUBLE -> Types.DoubleType.get();
                case BYTES -> Types.BinaryType.get();
            };
        }
    }
}
