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
package io.flinklsm.inspect.savepoint;

import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.sql.SqlType;
import io.flinklsm.core.columns.sql.SqlTypes;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The snapshots of Flink SQL's serializers. A row's says the classes of its fields' types, as Java
 * objects, and behind them the fields' serializers, which say precisions. Types inside arrays and
 * maps stand only in Java objects: where the class alone does not say them, the row stays bytes.
 */
final class TableSnapshots {

    private static final String PACKAGE = "org.apache.flink.table.runtime.typeutils.";
    private static final String TYPES = "org.apache.flink.table.types.logical.";
    private static final int MAX_FIELDS = 1 << 12;

    /** Digits of a second that fit into eight bytes. */
    private static final int COMPACT_PRECISION = 3;

    private final DataInputStream in;

    TableSnapshots(DataInputStream in) {
        this.in = in;
    }

    /** Reads snapshots that are nested in one. */
    interface Nested {
        List<SerializerInfo> read(int wanted) throws IOException;
    }

    /** Null if it is none of them; then nothing was read. */
    @Nullable SerializerInfo read(String name, Nested nested) throws IOException {
        if (!name.startsWith(PACKAGE)) {
            return null;
        }
        return switch (SnapshotReader.simpleName(name)) {
            case "RowDataSerializerSnapshot" -> row(name, nested);
            case "DecimalSerializerSnapshot" -> decimal(name);
            case "TimestampDataSerializerSnapshot" -> timestamp(name);
            case "ArrayDataSerializerSnapshot" -> array(name);
            case "MapDataSerializerSnapshot" -> map(name);
            default -> null;
        };
    }

    private SerializerInfo row(String name, Nested nested) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > MAX_FIELDS) {
            throw new SnapshotReader.MalformedException("fields=" + count);
        }
        List<String> classes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            classes.add(JavaObjects.skip(in));
        }
        List<SerializerInfo> parts = nested.read(count);
        List<String> names = new ArrayList<>();
        List<SqlType> fields = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add("f" + i);
            SqlType field = sqlType(classes.get(i), parts.get(i));
            if (field == null) {
                return SerializerInfo.opaque(
                        name, "has a field of a type that is not said: type=" + classes.get(i));
            }
            fields.add(field);
        }
        return sized(name, SqlTypes.row(names, fields));
    }

    private SerializerInfo decimal(String name) throws IOException {
        int precision = in.readInt();
        int scale = in.readInt();
        try {
            return new SerializerInfo(
                    name,
                    ColumnTypes.unscaled(precision, scale),
                    -1,
                    List.of(),
                    SqlTypes.decimal(precision, scale));
        } catch (IllegalArgumentException e) {
            throw new SnapshotReader.MalformedException(
                    "precision=" + precision + ", scale=" + scale);
        }
    }

    private SerializerInfo timestamp(String name) throws IOException {
        int precision = in.readInt();
        if (precision < 0 || precision > 9) {
            throw new SnapshotReader.MalformedException("precision=" + precision);
        }
        return new SerializerInfo(
                name,
                ColumnTypes.millisAndNanos(precision, false),
                precision <= COMPACT_PRECISION ? 8 : 12,
                List.of(),
                SqlTypes.timestamp(precision, false));
    }

    private SerializerInfo array(String name) throws IOException {
        String element = JavaObjects.skip(in);
        JavaObjects.skip(in);
        SqlType type = sqlType(element, null);
        return type == null
                ? SerializerInfo.opaque(
                        name, "has elements of a type that is not said: type=" + element)
                : sized(name, SqlTypes.array(type));
    }

    private SerializerInfo map(String name) throws IOException {
        String key = JavaObjects.skip(in);
        String value = JavaObjects.skip(in);
        JavaObjects.skip(in);
        JavaObjects.skip(in);
        SqlType keyType = sqlType(key, null);
        SqlType valueType = sqlType(value, null);
        return keyType == null || valueType == null
                ? SerializerInfo.opaque(
                        name,
                        "has keys or values of a type that is not said: types="
                                + key
                                + ", "
                                + value)
                : sized(name, SqlTypes.map(keyType, valueType));
    }

    private static SerializerInfo sized(String name, SqlType type) {
        try {
            return new SerializerInfo(name, ColumnTypes.sql(type), -1, List.of(), type);
        } catch (IllegalArgumentException e) {
            return SerializerInfo.opaque(name, "has a row without fields in it");
        }
    }

    /**
     * A type in a binary row.
     *
     * @param part the serializer of the field, which knows what the class does not say; null if it
     *     cannot be read
     * @return null if it cannot be known
     */
    private static @Nullable SqlType sqlType(String className, @Nullable SerializerInfo part) {
        if (!className.startsWith(TYPES)) {
            return null;
        }
        SqlType said = part == null ? null : part.sql();
        return switch (className.substring(TYPES.length())) {
            case "BooleanType" -> SqlTypes.bool();
            case "TinyIntType" -> SqlTypes.int8();
            case "SmallIntType" -> SqlTypes.int16();
            case "IntType", "YearMonthIntervalType" -> SqlTypes.int32();
            case "BigIntType", "DayTimeIntervalType" -> SqlTypes.int64();
            case "FloatType" -> SqlTypes.float32();
            case "DoubleType" -> SqlTypes.float64();
            case "CharType", "VarCharType" -> SqlTypes.string();
            case "BinaryType", "VarBinaryType" -> SqlTypes.bytes();
            case "DateType" -> SqlTypes.date();
            case "TimeType" -> SqlTypes.time();
            case "DecimalType", "TimestampType", "RowType", "ArrayType", "MapType" -> said;
            case "LocalZonedTimestampType" ->
                    said == null
                            ? null
                            : SqlTypes.timestamp(said.text().intAttribute(0, 0, 9), true);
            default -> null;
        };
    }
}
