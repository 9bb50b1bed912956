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
package io.flinklsm.statebackend.columns;

import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.sql.SqlType;
import io.flinklsm.core.columns.sql.SqlTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.flink.api.common.typeutils.CompositeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.table.dataview.ListViewSerializer;
import org.apache.flink.table.dataview.MapViewSerializer;
import org.apache.flink.table.dataview.NullAwareMapSerializer;
import org.apache.flink.table.dataview.NullSerializer;
import org.apache.flink.table.runtime.operators.window.CountWindow;
import org.apache.flink.table.runtime.operators.window.GlobalWindow;
import org.apache.flink.table.runtime.operators.window.TimeWindow;
import org.apache.flink.table.runtime.typeutils.ArrayDataSerializer;
import org.apache.flink.table.runtime.typeutils.BinaryRowDataSerializer;
import org.apache.flink.table.runtime.typeutils.DecimalDataSerializer;
import org.apache.flink.table.runtime.typeutils.ExternalSerializer;
import org.apache.flink.table.runtime.typeutils.LinkedListSerializer;
import org.apache.flink.table.runtime.typeutils.MapDataSerializer;
import org.apache.flink.table.runtime.typeutils.RawValueDataSerializer;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.runtime.typeutils.SortedMapSerializer;
import org.apache.flink.table.runtime.typeutils.StringDataSerializer;
import org.apache.flink.table.runtime.typeutils.TimestampDataSerializer;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.jspecify.annotations.Nullable;

/**
 * The types of Flink SQL's serializers. Only loaded for a serializer of {@link #PACKAGE}: a cluster
 * may have no classes of it.
 */
final class TableTypes {

    /** How the names of the classes begin that this class knows. */
    static final String PACKAGE = "org.apache.flink.table.";

    private static final String LINKED = PACKAGE + "runtime.sequencedmultisetstate.linked.";

    private TableTypes() {}

    /**
     * @param parts gives the type of any serializer
     * @return null if the serializer is not known
     * @throws ReflectiveOperationException if a serializer has other fields than expected
     */
    static @Nullable ColumnType of(
            TypeSerializer<?> serializer, Function<TypeSerializer<?>, ColumnType> parts)
            throws ReflectiveOperationException {
        try {
            return known(serializer, parts);
        } catch (IllegalArgumentException e) {
            return ColumnTypes.opaque(serializer.getClass().getName(), "has " + e.getMessage());
        }
    }

    // One branch a class: the list itself is what there is to read. Old aggregates have views.
    @SuppressWarnings("deprecation")
    private static @Nullable ColumnType known(
            TypeSerializer<?> serializer, Function<TypeSerializer<?>, ColumnType> parts)
            throws ReflectiveOperationException {
        Class<?> type = serializer.getClass();
        if (type == RowDataSerializer.class) {
            return ofRow(serializer);
        } else if (type == ExternalSerializer.class) {
            return ofExternal(serializer, parts);
        } else if (type == StringDataSerializer.class) {
            return ColumnTypes.utf8();
        } else if (type == DecimalDataSerializer.class) {
            return ColumnTypes.unscaled(
                    number(serializer, "precision"), number(serializer, "scale"));
        } else if (type == TimestampDataSerializer.class) {
            return ColumnTypes.millisAndNanos(number(serializer, "precision"), false);
        } else if (type == ArrayDataSerializer.class) {
            LogicalType element = (LogicalType) get(serializer, "eleType");
            return sql(serializer, SqlTypes.array(LogicalTypes.of(element)));
        } else if (type == MapDataSerializer.class) {
            SqlType key = LogicalTypes.of((LogicalType) get(serializer, "keyType"));
            SqlType value = LogicalTypes.of((LogicalType) get(serializer, "valueType"));
            return sql(serializer, SqlTypes.map(key, value));
        } else if (type == RawValueDataSerializer.class) {
            return ColumnTypes.bytes();
        } else if (type == BinaryRowDataSerializer.class) {
            return opaque(serializer, "does not know the types of its fields");
        } else if (type == TimeWindow.Serializer.class) {
            return longs("start", "end");
        } else if (type == CountWindow.Serializer.class) {
            return ColumnTypes.int64();
        } else if (type == GlobalWindow.Serializer.class || type == NullSerializer.class) {
            return ColumnTypes.nothing();
        } else if (type == MapViewSerializer.class) {
            return parts.apply(((MapViewSerializer<?, ?>) serializer).getMapSerializer());
        } else if (type == ListViewSerializer.class) {
            return parts.apply(((ListViewSerializer<?>) serializer).getListSerializer());
        } else if (type == NullAwareMapSerializer.class) {
            NullAwareMapSerializer<?, ?> map = (NullAwareMapSerializer<?, ?>) serializer;
            return ColumnTypes.map(
                    ColumnTypes.nullable(parts.apply(map.getKeySerializer())),
                    parts.apply(map.getValueSerializer()));
        } else if (type == SortedMapSerializer.class) {
            SortedMapSerializer<?, ?> map = (SortedMapSerializer<?, ?>) serializer;
            return ColumnTypes.map(
                    parts.apply(map.getKeySerializer()), parts.apply(map.getValueSerializer()));
        } else if (type == LinkedListSerializer.class) {
            return Boolean.FALSE.equals(get(serializer, "hasNullMask"))
                    ? ColumnTypes.list(
                            parts.apply(
                                    ((LinkedListSerializer<?>) serializer).getElementSerializer()))
                    : opaque(serializer, "has a bit for each element that is null");
        } else if (type.getName().startsWith(LINKED)) {
            return ofLinked(serializer, type, parts);
        }
        return null;
    }

    /** Serializers of the sink's and the joins' multisets, which have no public names. */
    private static @Nullable ColumnType ofLinked(
            TypeSerializer<?> serializer,
            Class<?> type,
            Function<TypeSerializer<?>, ColumnType> parts)
            throws ReflectiveOperationException {
        switch (type.getSimpleName()) {
            case "RowDataKeySerializer" -> {
                return parts.apply(SerializerParts.serializer(serializer, type, "serializer"));
            }
            case "RowSqnInfoSerializer" -> {
                return longs("first", "last");
            }
            case "MetaSqnInfoSerializer" -> {
                return longs("highest", "size");
            }
            case "NodeSerializer" -> {
                List<ColumnType> fields = new ArrayList<>();
                for (TypeSerializer<?> field :
                        SerializerParts.serializers(
                                serializer, CompositeSerializer.class, "fieldSerializers")) {
                    fields.add(parts.apply(field));
                }
                return ColumnTypes.struct(
                        List.of("row", "number", "previous", "next", "next_of_row", "timestamp"),
                        fields);
            }
            default -> {
                return null;
            }
        }
    }

    private static ColumnType ofRow(TypeSerializer<?> serializer)
            throws ReflectiveOperationException {
        List<String> names = new ArrayList<>();
        List<SqlType> fields = new ArrayList<>();
        for (LogicalType field : (LogicalType[]) get(serializer, "types")) {
            names.add("f" + names.size());
            fields.add(LogicalTypes.of(field));
        }
        return sql(serializer, SqlTypes.row(names, fields));
    }

    /** What a function's state has outside of Flink SQL's own classes is written as inside. */
    private static ColumnType ofExternal(
            TypeSerializer<?> serializer, Function<TypeSerializer<?>, ColumnType> parts)
            throws ReflectiveOperationException {
        LogicalType type = ((DataType) get(serializer, "dataType")).getLogicalType();
        ColumnType inside =
                parts.apply(
                        SerializerParts.serializer(
                                serializer, ExternalSerializer.class, "internalSerializer"));
        return switch (type.getTypeRoot()) {
            // Here the fields have names, and a timestamp says what it is.
            case ROW, STRUCTURED_TYPE -> sql(serializer, LogicalTypes.of(type));
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
                    ColumnTypes.millisAndNanos(LogicalTypes.precision(type), true);
            default -> inside;
        };
    }

    private static ColumnType sql(TypeSerializer<?> serializer, SqlType type) {
        try {
            return ColumnTypes.sql(type);
        } catch (IllegalArgumentException e) {
            return opaque(serializer, "has a row without fields in it");
        }
    }

    private static ColumnType longs(String first, String second) {
        return ColumnTypes.struct(
                List.of(first, second), List.of(ColumnTypes.int64(), ColumnTypes.int64()));
    }

    private static ColumnType opaque(TypeSerializer<?> serializer, String reason) {
        return ColumnTypes.opaque(serializer.getClass().getName(), reason);
    }

    private static Object get(TypeSerializer<?> serializer, String fieldName)
            throws ReflectiveOperationException {
        Object value = SerializerParts.get(serializer, serializer.getClass(), fieldName);
        if (value == null) {
            throw new NoSuchFieldException(fieldName);
        }
        return value;
    }

    private static int number(TypeSerializer<?> serializer, String fieldName)
            throws ReflectiveOperationException {
        return (Integer) get(serializer, fieldName);
    }
}
