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
package io.flinklsm.core.columns.sql;

import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.Codecs;
import io.flinklsm.core.columns.leaf.DecimalRange;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.columns.leaf.TimestampUnit;
import io.flinklsm.core.columns.leaf.TypeText;
import java.util.List;

/** All types of fields and elements of Flink SQL. */
public final class SqlTypes {

    private static final String DECIMAL = "decimal";
    private static final String TIMESTAMP = "timestamp";

    private static final SqlType BOOLEAN =
            new SqlFixed(TypeText.of("boolean"), Physical.BOOLEAN, Annotation.NONE, 1, 0, 1);
    private static final SqlType INT8 = integer("int8", Annotation.integer(8, true), 1);
    private static final SqlType INT16 = integer("int16", Annotation.integer(16, true), 2);
    private static final SqlType INT32 = integer("int32", Annotation.NONE, 4);
    private static final SqlType INT64 = unbounded("int64", Physical.INT64, 8);

    /** Raw bits, so that every NaN comes back as it was. */
    private static final SqlType FLOAT = unbounded("float", Physical.FLOAT, 4);

    private static final SqlType DOUBLE = unbounded("double", Physical.DOUBLE, 8);

    /** The ends of the range say "infinity" elsewhere. */
    private static final SqlType DATE =
            new SqlFixed(
                    TypeText.of("date"),
                    Physical.INT32,
                    Annotation.DATE,
                    4,
                    -(Integer.MAX_VALUE - 1),
                    Integer.MAX_VALUE - 1);

    private static final SqlType TIME =
            new SqlFixed(
                    TypeText.of("time"),
                    Physical.INT32,
                    Annotation.TIME_MILLIS,
                    4,
                    0,
                    24 * 60 * 60 * 1000 - 1);

    private static final SqlType STRING = new SqlVarying("string", Annotation.STRING, true);
    private static final SqlType BYTES = new SqlVarying("bytes", Annotation.NONE, true);
    private static final SqlType RAW = new SqlVarying("raw", Annotation.NONE, false);

    private SqlTypes() {}

    private static SqlType integer(String name, Annotation annotation, int width) {
        long limit = 1L << (Byte.SIZE * width - 1);
        return new SqlFixed(
                TypeText.of(name), Physical.INT32, annotation, width, -limit, limit - 1);
    }

    private static SqlType unbounded(String name, Physical physical, int width) {
        return new SqlFixed(
                TypeText.of(name),
                physical,
                Annotation.NONE,
                width,
                Long.MIN_VALUE,
                Long.MAX_VALUE);
    }

    public static SqlType bool() {
        return BOOLEAN;
    }

    public static SqlType int8() {
        return INT8;
    }

    public static SqlType int16() {
        return INT16;
    }

    /** Also an interval of months. */
    public static SqlType int32() {
        return INT32;
    }

    /** Also an interval of milliseconds. */
    public static SqlType int64() {
        return INT64;
    }

    public static SqlType float32() {
        return FLOAT;
    }

    public static SqlType float64() {
        return DOUBLE;
    }

    public static SqlType date() {
        return DATE;
    }

    /** Milliseconds of a day. */
    public static SqlType time() {
        return TIME;
    }

    /** UTF-8. */
    public static SqlType string() {
        return STRING;
    }

    public static SqlType bytes() {
        return BYTES;
    }

    /** Bytes that only their serializer understands. */
    public static SqlType raw() {
        return RAW;
    }

    /**
     * @param precision digits, 1 to 38
     * @param scale how many of them are behind the point
     */
    public static SqlType decimal(int precision, int scale) {
        if (precision > Codecs.LONG_DIGITS) {
            return new SqlDecimal(precision, scale);
        }
        long limit = DecimalRange.maxUnscaled(precision);
        return new SqlFixed(
                decimalText(precision, scale),
                Physical.INT64,
                Annotation.decimal(precision, scale),
                Long.BYTES,
                -limit,
                limit);
    }

    /**
     * @param precision digits of a second, 0 to 9
     * @param isUtc whether it is an instant; else it is local time
     */
    public static SqlType timestamp(int precision, boolean isUtc) {
        if (precision > 3) {
            return new SqlTimestamp(precision, isUtc);
        }
        return new SqlFixed(
                timestampText(precision, isUtc),
                Physical.INT64,
                TimestampUnit.MILLIS.annotation(isUtc),
                Long.BYTES,
                -TimestampUnit.MILLIS.maxMillis(),
                TimestampUnit.MILLIS.maxMillis());
    }

    /** Also one without any field, which has no columns. */
    public static SqlType row(List<String> names, List<SqlType> fields) {
        return new SqlRow(names, fields);
    }

    public static SqlType array(SqlType element) {
        return new SqlArray(element);
    }

    /** Also a multiset, whose values are int32. */
    public static SqlType map(SqlType key, SqlType value) {
        return new SqlMap(key, value);
    }

    static TypeText decimalText(int precision, int scale) {
        return TypeText.of(DECIMAL, List.of(Integer.toString(precision), Integer.toString(scale)));
    }

    static TypeText timestampText(int precision, boolean isUtc) {
        return TypeText.of(TIMESTAMP, List.of(Integer.toString(precision), isUtc ? "1" : "0"));
    }

    public static int precision(TypeText decimal) {
        return decimal.intAttribute(0, 1, DecimalRange.MAX_PRECISION);
    }

    public static int scale(TypeText decimal) {
        return decimal.intAttribute(1, 0, precision(decimal));
    }

    public static SqlType of(TypeText text) {
        return switch (text.name()) {
            case "boolean" -> BOOLEAN;
            case "int8" -> INT8;
            case "int16" -> INT16;
            case "int32" -> INT32;
            case "int64" -> INT64;
            case "float" -> FLOAT;
            case "double" -> DOUBLE;
            case "date" -> DATE;
            case "time" -> TIME;
            case "string" -> STRING;
            case "bytes" -> BYTES;
            case "raw" -> RAW;
            case DECIMAL -> decimal(precision(text), scale(text));
            case TIMESTAMP ->
                    timestamp(text.intAttribute(0, 0, 9), text.intAttribute(1, 0, 1) == 1);
            case SqlRow.NAME ->
                    row(text.labels(), text.children().stream().map(SqlTypes::of).toList());
            case SqlArray.NAME -> array(of(text.child(0, 1)));
            case SqlMap.NAME -> map(of(text.child(0, 2)), of(text.child(1, 2)));
            default ->
                    throw new IllegalArgumentException(
                            "type is unknown in Flink SQL's rows: name="
                                    + text.name()
                                    + "; the file was written by a newer version");
        };
    }
}
