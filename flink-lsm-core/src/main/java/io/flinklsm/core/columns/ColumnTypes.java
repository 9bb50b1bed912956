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

import java.util.ArrayList;
import java.util.List;

/** All types, by their texts; and what makes them for whoever knows the serializers. */
public final class ColumnTypes {

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

    /** Fields one behind the other. */
    public static ColumnType struct(List<String> names, List<ColumnType> fields) {
        return isTyped(fields) ? new StructType(names, fields) : firstOpaque(fields);
    }

    /** A flag byte, 1 for null, then the value. */
    public static ColumnType nullable(ColumnType value) {
        return isTyped(value) ? new NullableType(value) : value;
    }

    /** A count, then elements. */
    public static ColumnType list(ColumnType element) {
        return isTyped(element) ? new ListType(element, true) : element;
    }

    /** Elements with a comma between them: list state. */
    public static ColumnType delimited(ColumnType element) {
        return isTyped(element) ? new ListType(element, false) : element;
    }

    /** A timestamp, then the value. */
    public static ColumnType ttl(ColumnType value) {
        return isTyped(value) ? new TtlType(value) : value;
    }

    /** One zero byte. */
    public static ColumnType nothing() {
        return new VoidType();
    }

    /**
     * @param serializer class that wrote the bytes
     * @param reason why they have no columns, for people
     */
    public static ColumnType opaque(String serializer, String reason) {
        return new OpaqueType(serializer, reason);
    }

    /** Whether it has columns, and a reader of the bytes finds their end. */
    static boolean isTyped(ColumnType type) {
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

    static ColumnType of(TypeText text) {
        return switch (text.name()) {
            case "boolean" -> Scalars.BOOLEAN;
            case "int8" -> Scalars.INT8;
            case "int16" -> Scalars.INT16;
            case "int32" -> Scalars.INT32;
            case "int64" -> Scalars.INT64;
            case "float" -> Scalars.FLOAT;
            case "double" -> Scalars.DOUBLE;
            case "bytes" -> Scalars.BYTES;
            case "string" -> Scalars.STRING;
            case StructType.NAME -> StructType.of(text);
            case NullableType.NAME -> NullableType.of(text);
            case ListType.COUNTED -> ListType.of(text, true);
            case ListType.DELIMITED -> ListType.of(text, false);
            case TtlType.NAME -> TtlType.of(text);
            case VoidType.NAME -> new VoidType();
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
            types.add(of(text));
        }
        return types;
    }
}
