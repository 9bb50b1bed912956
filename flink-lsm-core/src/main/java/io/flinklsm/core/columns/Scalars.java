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

import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.Annotation.Kind;
import io.flinklsm.core.columns.leaf.AvroCodecs;
import io.flinklsm.core.columns.leaf.CharCodec;
import io.flinklsm.core.columns.leaf.Codecs;
import io.flinklsm.core.columns.leaf.DecimalCodec;
import io.flinklsm.core.columns.leaf.KryoCodec;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.columns.leaf.ScalarCodec;
import io.flinklsm.core.columns.leaf.StringCodec;
import io.flinklsm.core.columns.leaf.TimeCodec;
import io.flinklsm.core.columns.leaf.TimestampUnit;
import io.flinklsm.core.columns.leaf.TypeText;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Every type that is one leaf column: its name, its column and its codec. */
final class Scalars {

    static final ScalarType BOOLEAN =
            type("boolean", Physical.BOOLEAN, Annotation.NONE, Codecs.BOOLEAN);
    static final ScalarType INT8 =
            type("int8", Physical.INT32, Annotation.integer(8, true), Codecs.BYTE);
    static final ScalarType INT16 =
            type("int16", Physical.INT32, Annotation.integer(16, true), Codecs.SHORT);
    static final ScalarType INT32 = type("int32", Physical.INT32, Annotation.NONE, Codecs.INT);
    static final ScalarType INT64 = type("int64", Physical.INT64, Annotation.NONE, Codecs.LONG);
    static final ScalarType FLOAT = type("float", Physical.FLOAT, Annotation.NONE, Codecs.INT);
    static final ScalarType DOUBLE = type("double", Physical.DOUBLE, Annotation.NONE, Codecs.LONG);
    static final ScalarType BYTES = type("bytes", Physical.BYTES, Annotation.NONE, Codecs.BYTES);
    static final ScalarType STRING = nullableText("string", new StringCodec(true));

    /** As a StringValue writes it: never null. */
    static final ScalarType STRING_VALUE = text("string-value", new StringCodec(false));

    static final ScalarType CHAR = text("char", new CharCodec(false));

    /** An array of them, as a string. */
    static final ScalarType CHARS = text("chars", new CharCodec(true));

    static final ScalarType BIG_INTEGER = nullableText("big-integer", new DecimalCodec(false));
    static final ScalarType BIG_DECIMAL = nullableText("big-decimal", new DecimalCodec(true));
    static final ScalarType UTF8 = text("utf8", Codecs.UTF8);

    /** Milliseconds since 1970 in UTC; the smallest long is null. java.util.Date and its like. */
    static final ScalarType DATE_MILLIS =
            time("date-millis", timestamp(Kind.TIMESTAMP_MILLIS), TimeCodec.MILLIS);

    static final ScalarType SQL_TIMESTAMP =
            time("sql-timestamp", timestamp(Kind.TIMESTAMP_NANOS), TimeCodec.SQL_TIMESTAMP);
    static final ScalarType INSTANT =
            time("instant", timestamp(Kind.TIMESTAMP_NANOS), TimeCodec.INSTANT);
    static final ScalarType LOCAL_DATE =
            new ScalarType(
                    TypeText.of("local-date"),
                    Physical.INT32,
                    Annotation.DATE,
                    true,
                    TimeCodec.LOCAL_DATE);
    static final ScalarType LOCAL_TIME =
            time("local-time", Annotation.TIME_NANOS, TimeCodec.LOCAL_TIME);
    static final ScalarType LOCAL_DATE_TIME =
            time(
                    "local-date-time",
                    Annotation.timestamp(Kind.TIMESTAMP_NANOS, false),
                    TimeCodec.LOCAL_DATE_TIME);

    /** Avro's date, time-millis and time-micros, and a uuid of sixteen bytes. */
    static final ScalarType EPOCH_DAY =
            type("epoch-day", Physical.INT32, Annotation.DATE, AvroCodecs.DAY);

    static final ScalarType MILLIS_OF_DAY =
            type("millis-of-day", Physical.INT32, Annotation.TIME_MILLIS, AvroCodecs.MILLIS_OF_DAY);
    static final ScalarType MICROS_OF_DAY =
            type("micros-of-day", Physical.INT64, Annotation.TIME_NANOS, AvroCodecs.MICROS_OF_DAY);
    static final ScalarType UUID_OF_BYTES = text("uuid", AvroCodecs.UUID_OF_BYTES);

    /** The timestamp of a timer; part of its type, so that no text names it. */
    static final ScalarType SORTED_INT64 =
            type("flipped", Physical.INT64, Annotation.NONE, Codecs.SORTED_LONG);

    static final String ENUM_NAME = "enum";
    static final String DECIMAL_NAME = "unscaled";
    static final String KRYO_NAME = "kryo";
    static final String TIMESTAMP_NAME = "millis-and-nanos";
    static final String EPOCH_NAME = "epoch";
    static final String FIXED_NAME = "fixed";
    static final String DECIMAL_BYTES_NAME = "decimal-bytes";
    static final String DECIMAL_FIXED_NAME = "decimal-fixed";

    private static final Map<String, ScalarType> BY_NAME =
            Stream.of(
                            BOOLEAN,
                            INT8,
                            INT16,
                            INT32,
                            INT64,
                            FLOAT,
                            DOUBLE,
                            BYTES,
                            STRING,
                            STRING_VALUE,
                            CHAR,
                            CHARS,
                            BIG_INTEGER,
                            BIG_DECIMAL,
                            UTF8,
                            DATE_MILLIS,
                            SQL_TIMESTAMP,
                            INSTANT,
                            LOCAL_DATE,
                            LOCAL_TIME,
                            LOCAL_DATE_TIME,
                            EPOCH_DAY,
                            MILLIS_OF_DAY,
                            MICROS_OF_DAY,
                            UUID_OF_BYTES)
                    .collect(
                            Collectors.toUnmodifiableMap(
                                    ScalarType::toString, Function.identity()));

    private Scalars() {}

    /** The type of a name without attributes; null if none has it. */
    static @Nullable ScalarType named(String name) {
        return BY_NAME.get(name);
    }

    /**
     * @param names of the constants, by the number that is written
     * @throws IllegalArgumentException if two are the same
     */
    static ScalarType enumeration(List<String> names) {
        return new ScalarType(
                TypeText.of(ENUM_NAME, names),
                Physical.BYTES,
                Annotation.ENUM,
                false,
                Codecs.enumeration(names));
    }

    static ScalarType decimal(int precision, int scale) {
        return new ScalarType(
                TypeText.of(
                        DECIMAL_NAME,
                        List.of(Integer.toString(precision), Integer.toString(scale))),
                precision <= Codecs.LONG_DIGITS ? Physical.INT64 : Physical.BYTES,
                Annotation.decimal(precision, scale),
                false,
                Codecs.decimal(precision));
    }

    static ScalarType timestamp(int precision, boolean isUtc) {
        TimestampUnit unit = TimestampUnit.of(precision);
        return new ScalarType(
                TypeText.of(
                        TIMESTAMP_NAME, List.of(Integer.toString(precision), isUtc ? "1" : "0")),
                Physical.INT64,
                unit.annotation(isUtc),
                false,
                Codecs.timestamp(unit));
    }

    static ScalarType epoch(int precision, boolean isUtc) {
        TimestampUnit unit = TimestampUnit.of(precision);
        return new ScalarType(
                TypeText.of(EPOCH_NAME, List.of(Integer.toString(precision), isUtc ? "1" : "0")),
                Physical.INT64,
                unit.annotation(isUtc),
                false,
                AvroCodecs.epoch(unit));
    }

    static ScalarType fixed(int size) {
        return new ScalarType(
                TypeText.of(FIXED_NAME, List.of(Integer.toString(size))),
                Physical.BYTES,
                Annotation.NONE,
                false,
                AvroCodecs.fixed(size));
    }

    /**
     * @param size bytes of every value; 0 if each says its own
     */
    static ScalarType decimalBytes(int precision, int scale, int size) {
        String digits = Integer.toString(precision);
        return new ScalarType(
                size == 0
                        ? TypeText.of(DECIMAL_BYTES_NAME, List.of(digits, Integer.toString(scale)))
                        : TypeText.of(
                                DECIMAL_FIXED_NAME,
                                List.of(digits, Integer.toString(scale), Integer.toString(size))),
                precision <= Codecs.LONG_DIGITS ? Physical.INT64 : Physical.BYTES,
                Annotation.decimal(precision, scale),
                false,
                size == 0 ? AvroCodecs.decimal(precision) : AvroCodecs.decimal(precision, size));
    }

    /**
     * Reads what {@link #kryo} made.
     *
     * @throws IllegalArgumentException if the text is no such thing
     */
    static ScalarType kryo(TypeText text) {
        return kryo(
                HexFormat.of().parseHex(text.attribute(1)),
                KryoCodec.Form.valueOf(
                        text.attribute(0).replace('-', '_').toUpperCase(Locale.ROOT)));
    }

    /**
     * @param prefix what Kryo writes before every value
     */
    static ScalarType kryo(byte[] prefix, KryoCodec.Form form) {
        String name = form.name().replace('_', '-').toLowerCase(Locale.ROOT);
        return new ScalarType(
                TypeText.of(KRYO_NAME, List.of(name, HexFormat.of().formatHex(prefix))),
                form == KryoCodec.Form.UUID
                        ? Physical.BYTES
                        : form == KryoCodec.Form.LOCAL_DATE ? Physical.INT32 : Physical.INT64,
                switch (form) {
                    case UUID -> Annotation.STRING;
                    case LOCAL_DATE -> Annotation.DATE;
                    case LOCAL_TIME -> Annotation.TIME_NANOS;
                    case LOCAL_DATE_TIME -> Annotation.timestamp(Kind.TIMESTAMP_NANOS, false);
                },
                true,
                new KryoCodec(prefix, form));
    }

    private static ScalarType type(
            String name, Physical physical, Annotation annotation, ScalarCodec codec) {
        return new ScalarType(TypeText.of(name), physical, annotation, false, codec);
    }

    private static ScalarType text(String name, ScalarCodec codec) {
        return type(name, Physical.BYTES, Annotation.STRING, codec);
    }

    private static ScalarType nullableText(String name, ScalarCodec codec) {
        return new ScalarType(TypeText.of(name), Physical.BYTES, Annotation.STRING, true, codec);
    }

    private static ScalarType time(String name, Annotation annotation, ScalarCodec codec) {
        return new ScalarType(TypeText.of(name), Physical.INT64, annotation, true, codec);
    }

    private static Annotation timestamp(Kind kind) {
        return Annotation.timestamp(kind, true);
    }
}
