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
package io.flinklsm.core.columns;

import io.flinklsm.core.columns.leaf.EndFinder;
import io.flinklsm.core.columns.leaf.KryoCodec;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.sql.SqlRow;
import io.flinklsm.core.columns.sql.SqlType;
import io.flinklsm.core.columns.sql.SqlTypes;
import java.util.ArrayList;
import java.util.List;

/** All types, by their texts; and what makes them where the serializers are known. */
public final class ColumnTypes {

    /** The most bytes that a type of a fixed size has. */
    public static final int MAX_FIXED = 1 << 20;

    private ColumnTypes() {}

    public static ColumnType bool() {
        return Scalars.BOOLEAN;
    }

    public static ColumnType int8() {
        return Scalars.INT8;
    }

    public static ColumnType int16() {
        return Scalars.INT16;
    }

    public static ColumnType int32() {
        return Scalars.INT32;
    }

    public static ColumnType int64() {
        return Scalars.INT64;
    }

    public static ColumnType float32() {
        return Scalars.FLOAT;
    }

    public static ColumnType float64() {
        return Scalars.DOUBLE;
    }

    public static ColumnType bytes() {
        return Scalars.BYTES;
    }

    public static ColumnType string() {
        return Scalars.STRING;
    }

    /** As {@code StringValue} writes itself. */
    public static ColumnType stringValue() {
        return Scalars.STRING_VALUE;
    }

    public static ColumnType character() {
        return Scalars.CHAR;
    }

    /** An array of characters. */
    public static ColumnType characters() {
        return Scalars.CHARS;
    }

    public static ColumnType bigInteger() {
        return Scalars.BIG_INTEGER;
    }

    public static ColumnType bigDecimal() {
        return Scalars.BIG_DECIMAL;
    }

    /** Milliseconds since 1970, the smallest long for null: java.util.Date, java.sql's as well. */
    public static ColumnType dateMillis() {
        return Scalars.DATE_MILLIS;
    }

    /** java.sql.Timestamp. */
    public static ColumnType sqlTimestamp() {
        return Scalars.SQL_TIMESTAMP;
    }

    public static ColumnType instant() {
        return Scalars.INSTANT;
    }

    public static ColumnType localDate() {
        return Scalars.LOCAL_DATE;
    }

    public static ColumnType localTime() {
        return Scalars.LOCAL_TIME;
    }

    public static ColumnType localDateTime() {
        return Scalars.LOCAL_DATE_TIME;
    }

    /**
     * @param names of the constants, by the number that is written
     */
    public static ColumnType enumeration(List<String> names) {
        return Scalars.enumeration(names);
    }

    /** Fields one behind the other. */
    public static ColumnType struct(List<String> names, List<ColumnType> fields) {
        return isTyped(fields) ? new StructType(names, fields) : firstOpaque(names, fields);
    }

    /** A byte of flags, then each field behind a flag that is 1 for null. */
    public static ColumnType pojo(List<String> names, List<ColumnType> fields) {
        return isTyped(fields) ? new PojoType(names, fields) : firstOpaque(names, fields);
    }

    /**
     * A mask, then the fields that are not null.
     *
     * @param hasKind whether the mask begins with the kind of the row
     */
    public static ColumnType row(boolean hasKind, List<String> names, List<ColumnType> fields) {
        return isTyped(fields) ? new RowType(hasKind, names, fields) : firstOpaque(names, fields);
    }

    /**
     * One of two, behind a byte that tells which.
     *
     * @param names of the left and the right one
     */
    public static ColumnType either(
            int leftTag, int rightTag, List<String> names, ColumnType left, ColumnType right) {
        List<ColumnType> sides = List.of(left, right);
        return isTyped(sides)
                ? new EitherType(leftTag, rightTag, names, sides)
                : firstOpaque(sides);
    }

    /** A record of a stream, with its timestamp if it has one. */
    public static ColumnType record(ColumnType value) {
        return isTyped(value) ? new RecordType(value) : firstOpaque(List.of(value));
    }

    /** A flag byte, 1 for null, then the value. */
    public static ColumnType nullable(ColumnType value) {
        return nullable(value, 0);
    }

    /**
     * A flag byte, 1 for null, then the value.
     *
     * @param padding zero bytes that a null has in the value's place
     */
    public static ColumnType nullable(ColumnType value, int padding) {
        return isTyped(value)
                ? new NullableType(value, NullableType.NULL_IS_ONE, padding)
                : firstOpaque(List.of(value));
    }

    /** A flag byte, 0 for null, then the value. */
    public static ColumnType present(ColumnType value) {
        return isTyped(value)
                ? new NullableType(value, NullableType.NULL_IS_ZERO, 0)
                : firstOpaque(List.of(value));
    }

    /** A count, then elements. */
    public static ColumnType list(ColumnType element) {
        return isTyped(element)
                ? new ListType(element, ListType.Framing.COUNTED)
                : firstOpaque(List.of(element));
    }

    /** A count, then keys, each with a flag, 1 for null, and the value. */
    public static ColumnType map(ColumnType key, ColumnType value) {
        List<ColumnType> types = List.of(key, value);
        return isTyped(types)
                ? new MapType(key, value, ListType.Framing.COUNTED)
                : firstOpaque(types);
    }

    /** Elements with a comma between them: list state. */
    public static ColumnType delimited(ColumnType element) {
        return isTyped(element)
                ? new ListType(element, ListType.Framing.DELIMITED)
                : firstOpaque(List.of(element));
    }

    /** A timestamp, then the value. */
    public static ColumnType ttl(ColumnType value) {
        return isTyped(value) ? new TtlType(value) : firstOpaque(List.of(value));
    }

    /** A timer: a timestamp that sorts as bytes do, key and namespace. */
    public static ColumnType timer(ColumnType key, ColumnType namespace) {
        return new TimerType(key, namespace);
    }

    /** One zero byte. */
    public static ColumnType nothing() {
        return new VoidType(new byte[1]);
    }

    /**
     * Always the same bytes.
     *
     * @param bytes at least one
     */
    public static ColumnType constant(byte[] bytes) {
        return new VoidType(bytes);
    }

    /**
     * A row, array or map of Flink SQL: its size, then its binary form. A row without fields is a
     * constant.
     *
     * @throws IllegalArgumentException for another type, or if a row inside it has no fields
     */
    public static ColumnType sql(SqlType type) {
        return type instanceof SqlRow row && row.isEmpty()
                ? constant(new byte[] {0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0})
                : new SqlSized(type);
    }

    /** The length as an int, then UTF-8. */
    public static ColumnType utf8() {
        return Scalars.UTF8;
    }

    /**
     * An unscaled value: a long up to 18 digits, else bytes with their number before them.
     *
     * @param precision digits, 1 to 38
     * @param scale how many of them are behind the point
     */
    public static ColumnType unscaled(int precision, int scale) {
        return Scalars.decimal(precision, scale);
    }

    /**
     * Milliseconds, and from the fourth digit on the nanoseconds in them as an int.
     *
     * @param precision digits of a second, 0 to 9
     * @param isUtc whether it is an instant; else it is local time
     */
    public static ColumnType millisAndNanos(int precision, boolean isUtc) {
        return Scalars.timestamp(precision, isUtc);
    }

    /** As Avro writes an array: a block of elements and its end, or the end alone. */
    public static ColumnType block(ColumnType element) {
        return isTyped(element)
                ? new ListType(element, ListType.Framing.BLOCK)
                : firstOpaque(List.of(element));
    }

    /** As Avro writes a map: a block of keys and values and its end, or the end alone. */
    public static ColumnType blockMap(ColumnType value) {
        return isTyped(value)
                ? new MapType(utf8(), value, ListType.Framing.BLOCK)
                : firstOpaque(List.of(value));
    }

    /**
     * As Avro writes a union: the index of a type as an int, then its value.
     *
     * @param nullIndex of the type that has the value null alone; below 0 if there is none
     * @param names of the other types, in their order
     */
    public static ColumnType union(int nullIndex, List<String> names, List<ColumnType> members) {
        return isTyped(members)
                ? new UnionType(Math.max(nullIndex, UnionType.NO_NULL), names, members)
                : firstOpaque(names, members);
    }

    /**
     * So many bytes.
     *
     * @param size at most {@link #MAX_FIXED}
     */
    public static ColumnType fixed(int size) {
        return Scalars.fixed(size);
    }

    /** The bytes of an unscaled value behind their number, no more than needed. */
    public static ColumnType decimalBytes(int precision, int scale) {
        return Scalars.decimalBytes(precision, scale, 0);
    }

    /**
     * An unscaled value in so many bytes.
     *
     * @param size at most {@link #MAX_FIXED}
     */
    public static ColumnType decimalFixed(int precision, int scale, int size) {
        return Scalars.decimalBytes(precision, scale, size);
    }

    /** An int of days since 1970. */
    public static ColumnType epochDay() {
        return Scalars.EPOCH_DAY;
    }

    /** An int of milliseconds. */
    public static ColumnType millisOfDay() {
        return Scalars.MILLIS_OF_DAY;
    }

    /** A long of microseconds. */
    public static ColumnType microsOfDay() {
        return Scalars.MICROS_OF_DAY;
    }

    /**
     * A long since 1970.
     *
     * @param precision digits of a second that it counts: 3, 6 or 9
     * @param isUtc whether it is an instant; else it is local time
     */
    public static ColumnType epoch(int precision, boolean isUtc) {
        return Scalars.epoch(precision, isUtc);
    }

    /** An identifier in sixteen bytes, the highest one first. */
    public static ColumnType uuid() {
        return Scalars.UUID_OF_BYTES;
    }

    /**
     * @param serializer class that wrote the bytes
     * @param reason why they have no columns, for people
     */
    public static ColumnType opaque(String serializer, String reason) {
        return new OpaqueType(serializer, reason);
    }

    /**
     * A field that only its serializer understands, beside others that have columns.
     *
     * @param type of the field, which cannot be part of another
     * @param serializer class of the field's serializer
     * @param ends find the end of what the serializer wrote
     */
    public static ColumnType bytesOf(ColumnType type, String serializer, EndFinder.Source ends) {
        return type instanceof OpaqueType opaque
                ? opaque.asField(ends)
                : new BytesOfType(serializer, "has no columns inside another type", ends);
    }

    /**
     * An object of the JDK as Kryo writes it with its class.
     *
     * @param prefix what Kryo writes before every value
     */
    public static ColumnType kryo(byte[] prefix, KryoCodec.Form form) {
        return Scalars.kryo(prefix, form);
    }

    /** Whether it has columns, and a reader of the bytes finds their end. */
    public static boolean isTyped(ColumnType type) {
        return type.hasColumns() && type.findsItsEnd();
    }

    static boolean isTyped(List<ColumnType> types) {
        return types.stream().allMatch(ColumnTypes::isTyped);
    }

    /** What stands for a composite with a part that has no columns: the part says why. */
    static ColumnType firstOpaque(List<ColumnType> types) {
        for (ColumnType type : types) {
            if (!isTyped(type)) {
                return type instanceof OpaqueType
                        ? type
                        : opaque(type.toString(), "has no columns inside another type");
            }
        }
        throw new IllegalArgumentException("every part has columns: types=" + types);
    }

    /** The same for fields, the first of which is named. */
    private static ColumnType firstOpaque(List<String> names, List<ColumnType> fields) {
        for (int i = 0; i < names.size(); i++) {
            if (!isTyped(fields.get(i))
                    && firstOpaque(List.of(fields.get(i))) instanceof OpaqueType part) {
                return part.inField(names.get(i));
            }
        }
        return firstOpaque(fields);
    }

    static ColumnType of(TypeText text) {
        ColumnType scalar = Scalars.named(text.name());
        return scalar != null ? scalar : ofParts(text);
    }

    private static ColumnType ofParts(TypeText text) {
        return switch (text.name()) {
            case Scalars.ENUM_NAME -> Scalars.enumeration(text.attributes());
            case StructType.NAME -> StructType.of(text);
            case PojoType.NAME -> PojoType.of(text);
            case RowType.NAME -> RowType.of(text);
            case EitherType.NAME -> EitherType.of(text);
            case RecordType.NAME -> RecordType.of(text);
            case MapType.NAME -> MapType.of(text, ListType.Framing.COUNTED);
            case MapType.BLOCK -> MapType.of(text, ListType.Framing.BLOCK);
            case TimerType.NAME -> TimerType.of(text);
            case NullableType.NAME -> NullableType.of(text);
            case NullableType.PRESENT -> NullableType.ofPresent(text);
            case ListType.COUNTED -> ListType.of(text, ListType.Framing.COUNTED);
            case ListType.DELIMITED -> ListType.of(text, ListType.Framing.DELIMITED);
            case ListType.BLOCK -> ListType.of(text, ListType.Framing.BLOCK);
            case UnionType.NAME -> UnionType.of(text);
            case TtlType.NAME -> TtlType.of(text);
            case VoidType.NAME -> VoidType.of(text);
            case SqlSized.NAME -> new SqlSized(SqlTypes.of(text.child(0, 1)));
            case Scalars.DECIMAL_NAME -> unscaled(SqlTypes.precision(text), SqlTypes.scale(text));
            case Scalars.TIMESTAMP_NAME ->
                    millisAndNanos(text.intAttribute(0, 0, 9), text.intAttribute(1, 0, 1) == 1);
            case Scalars.EPOCH_NAME ->
                    epoch(text.intAttribute(0, 0, 9), text.intAttribute(1, 0, 1) == 1);
            case Scalars.FIXED_NAME -> fixed(text.intAttribute(0, 1, MAX_FIXED));
            case Scalars.DECIMAL_BYTES_NAME ->
                    decimalBytes(SqlTypes.precision(text), SqlTypes.scale(text));
            case Scalars.DECIMAL_FIXED_NAME ->
                    decimalFixed(
                            SqlTypes.precision(text),
                            SqlTypes.scale(text),
                            text.intAttribute(2, 1, MAX_FIXED));
            case Scalars.KRYO_NAME -> Scalars.kryo(text);
            case BytesOfType.NAME -> BytesOfType.of(text);
            case OpaqueType.NAME -> OpaqueType.of(text);
            default ->
                    throw new IllegalArgumentException(
                            "type is unknown: name="
                                    + text.name()
                                    + "; the file was written by a newer version");
        };
    }

    static List<ColumnType> allOf(List<TypeText> texts) {
        List<ColumnType> types = new ArrayList<>();
        for (TypeText text : texts) {
            types.add(typedOf(text));
        }
        return types;
    }

    /**
     * A part of another type.
     *
     * @throws IllegalArgumentException if it cannot be one
     */
    static ColumnType typedOf(TypeText text) {
        ColumnType type = of(text);
        if (!isTyped(type)) {
            throw new IllegalArgumentException(
                    "type cannot be part of another: name=" + text.name());
        }
        return type;
    }

    static void checkFields(String name, List<String> names, List<ColumnType> fields) {
        if (names.size() != fields.size() || fields.isEmpty() || !isTyped(fields)) {
            throw new IllegalArgumentException(
                    "a " + name + " has a name for each of its fields, and one at least");
        }
    }
}
