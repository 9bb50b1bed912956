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

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.BigDecSerializer;
import org.apache.flink.api.common.typeutils.base.BigIntSerializer;
import org.apache.flink.api.common.typeutils.base.BitmapSerializer;
import org.apache.flink.api.common.typeutils.base.BooleanSerializer;
import org.apache.flink.api.common.typeutils.base.BooleanValueSerializer;
import org.apache.flink.api.common.typeutils.base.ByteSerializer;
import org.apache.flink.api.common.typeutils.base.ByteValueSerializer;
import org.apache.flink.api.common.typeutils.base.CharSerializer;
import org.apache.flink.api.common.typeutils.base.CharValueSerializer;
import org.apache.flink.api.common.typeutils.base.DateSerializer;
import org.apache.flink.api.common.typeutils.base.DoubleSerializer;
import org.apache.flink.api.common.typeutils.base.DoubleValueSerializer;
import org.apache.flink.api.common.typeutils.base.EnumSerializer;
import org.apache.flink.api.common.typeutils.base.FloatSerializer;
import org.apache.flink.api.common.typeutils.base.FloatValueSerializer;
import org.apache.flink.api.common.typeutils.base.GenericArraySerializer;
import org.apache.flink.api.common.typeutils.base.InstantSerializer;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.IntValueSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.LocalDateSerializer;
import org.apache.flink.api.common.typeutils.base.LocalDateTimeSerializer;
import org.apache.flink.api.common.typeutils.base.LocalTimeSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.LongValueSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.api.common.typeutils.base.SetSerializer;
import org.apache.flink.api.common.typeutils.base.ShortSerializer;
import org.apache.flink.api.common.typeutils.base.ShortValueSerializer;
import org.apache.flink.api.common.typeutils.base.SqlDateSerializer;
import org.apache.flink.api.common.typeutils.base.SqlTimeSerializer;
import org.apache.flink.api.common.typeutils.base.SqlTimestampSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.common.typeutils.base.StringValueSerializer;
import org.apache.flink.api.common.typeutils.base.array.BooleanPrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.CharPrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.DoublePrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.FloatPrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.IntPrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.LongPrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.ShortPrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.StringArraySerializer;
import org.apache.flink.api.java.tuple.Tuple12;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.typeutils.runtime.EitherSerializer;
import org.apache.flink.api.java.typeutils.runtime.NullableSerializer;
import org.apache.flink.api.java.typeutils.runtime.RowSerializer;
import org.apache.flink.runtime.state.ArrayListSerializer;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.ttl.TtlStateFactory;
import org.apache.flink.runtime.state.ttl.TtlValue;
import org.apache.flink.streaming.api.datastream.CoGroupedStreams;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.apache.flink.streaming.api.operators.TimerSerializer;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.streaming.runtime.streamrecord.StreamElementSerializer;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.types.BooleanValue;
import org.apache.flink.types.ByteValue;
import org.apache.flink.types.CharValue;
import org.apache.flink.types.DoubleValue;
import org.apache.flink.types.Either;
import org.apache.flink.types.FloatValue;
import org.apache.flink.types.IntValue;
import org.apache.flink.types.LongValue;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.types.ShortValue;
import org.apache.flink.types.StringValue;
import org.apache.flink.types.bitmap.Bitmap;
import org.apache.flink.util.TaggedUnion;

/**
 * Serializers of Flink with values that they write: ordinary ones, and such as are not expected.
 */
final class SerializerSamples {

    private static final String MAX_STRING = "\uD83D\uDE00 \u00e4\u0000".repeat(50_000);

    /**
     * @param typed values that must be in columns
     * @param hostile values that may also stay bytes
     */
    record Sample(String name, TypeSerializer<Object> serializer, List<?> typed, List<?> hostile) {

        @Override
        public String toString() {
            return name;
        }
    }

    @SuppressWarnings("unchecked")
    private static Sample sample(TypeSerializer<?> serializer, List<?> typed, Object... hostile) {
        return new Sample(
                serializer.getClass().getSimpleName() + " " + typed.size(),
                (TypeSerializer<Object>) serializer,
                typed,
                Arrays.asList(hostile));
    }

    /** With a null as well, which is typed. */
    private static Sample nullable(TypeSerializer<?> serializer, List<?> typed, Object... hostile) {
        List<Object> all = new ArrayList<>(typed);
        all.add(null);
        return sample(serializer, all, hostile);
    }

    static <T> TypeSerializer<T> serializer(TypeInformation<T> type) {
        return type.createSerializer(new SerializerConfigImpl());
    }

    static Stream<Sample> numbers() {
        return Stream.of(
                sample(BooleanSerializer.INSTANCE, List.of(true, false)),
                sample(ByteSerializer.INSTANCE, List.of((byte) 0, Byte.MIN_VALUE, Byte.MAX_VALUE)),
                sample(ShortSerializer.INSTANCE, List.of((short) 0, Short.MIN_VALUE)),
                sample(IntSerializer.INSTANCE, List.of(0, -1, Integer.MIN_VALUE)),
                sample(LongSerializer.INSTANCE, List.of(0L, -1L, Long.MIN_VALUE, Long.MAX_VALUE)),
                sample(
                        FloatSerializer.INSTANCE,
                        List.of(0f, -0f, Float.intBitsToFloat(0x7FC00001))),
                sample(
                        DoubleSerializer.INSTANCE,
                        List.of(
                                0d,
                                -0d,
                                Double.NEGATIVE_INFINITY,
                                Double.longBitsToDouble(0xFFF8_0000_DEAD_BEEFL),
                                Double.longBitsToDouble(0x7FF0_0000_0000_0001L))),
                sample(BooleanValueSerializer.INSTANCE, List.of(new BooleanValue(true))),
                sample(ByteValueSerializer.INSTANCE, List.of(new ByteValue((byte) -1))),
                sample(ShortValueSerializer.INSTANCE, List.of(new ShortValue((short) -1))),
                sample(IntValueSerializer.INSTANCE, List.of(new IntValue(-1))),
                sample(LongValueSerializer.INSTANCE, List.of(new LongValue(-1))),
                sample(FloatValueSerializer.INSTANCE, List.of(new FloatValue(-0f))),
                sample(DoubleValueSerializer.INSTANCE, List.of(new DoubleValue(Double.NaN))),
                nullable(
                        BigIntSerializer.INSTANCE,
                        List.of(
                                BigInteger.ZERO,
                                BigInteger.ONE,
                                BigInteger.TEN,
                                new BigInteger("0"),
                                new BigInteger("1"),
                                new BigInteger("10"),
                                new BigInteger("-128"),
                                new BigInteger("-129"),
                                new BigInteger("255"),
                                BigInteger.valueOf(Long.MIN_VALUE),
                                BigInteger.ONE.shiftLeft(8000)),
                        BigInteger.ONE.shiftLeft(100_000)),
                nullable(
                        BigDecSerializer.INSTANCE,
                        List.of(
                                BigDecimal.ZERO,
                                BigDecimal.ONE,
                                BigDecimal.TEN,
                                new BigDecimal("0.00"),
                                new BigDecimal("1.0"),
                                new BigDecimal("-12345678901234567890123456789.0123456789"),
                                new BigDecimal("1E+30"),
                                new BigDecimal("1E-30"),
                                new BigDecimal(new BigInteger("1"), 2)),
                        new BigDecimal(BigInteger.ONE, Integer.MIN_VALUE),
                        new BigDecimal(BigInteger.ONE, Integer.MAX_VALUE),
                        new BigDecimal(BigInteger.ONE.shiftLeft(100_000), 3)));
    }

    static Stream<Sample> texts() {
        return Stream.of(
                nullable(
                        StringSerializer.INSTANCE,
                        List.of("", "abc", "\u00e4\u20ac\u0000", MAX_STRING, "x".repeat(300_000)),
                        "\uD800",
                        "\uDC00\uD800",
                        "a\uDBFFb",
                        "\uD83D".repeat(1000)),
                sample(
                        StringValueSerializer.INSTANCE,
                        List.of(new StringValue(""), new StringValue("\u00e4\uD83D\uDE00")),
                        new StringValue("\uD800")),
                sample(
                        CharSerializer.INSTANCE,
                        List.of('a', '\u0000', '\uFFFF'),
                        '\uD800',
                        '\uDFFF'),
                sample(CharValueSerializer.INSTANCE, List.of(new CharValue('a'))),
                sample(
                        CharPrimitiveArraySerializer.INSTANCE,
                        List.of(new char[0], "a\uD83D\uDE00".toCharArray()),
                        new char[] {'\uD800'},
                        new char[] {'\uDC00', '\uD800'}),
                sample(
                        StringArraySerializer.INSTANCE,
                        List.of(new String[0], new String[] {"a", null, "", MAX_STRING}),
                        (Object) new String[] {"a", "\uD800"}),
                sample(
                        new EnumSerializer<>(DayOfWeek.class),
                        List.of(DayOfWeek.MONDAY, DayOfWeek.SUNDAY)),
                sample(
                        BytePrimitiveArraySerializer.INSTANCE,
                        List.of(new byte[0], new byte[] {-1, 0}, new byte[1 << 20])),
                sample(BitmapSerializer.INSTANCE, List.of(Bitmap.empty())));
    }

    static Stream<Sample> times() {
        return Stream.of(
                nullable(
                        DateSerializer.INSTANCE,
                        List.of(new Date(0), new Date(-1), new Date(1_795_000_000_123L)),
                        new Date(Long.MAX_VALUE),
                        new Date(Long.MIN_VALUE)),
                nullable(
                        SqlDateSerializer.INSTANCE,
                        List.of(java.sql.Date.valueOf("2026-11-22")),
                        new java.sql.Date(Long.MAX_VALUE)),
                nullable(SqlTimeSerializer.INSTANCE, List.of(Time.valueOf("23:59:59"))),
                nullable(
                        SqlTimestampSerializer.INSTANCE,
                        List.of(
                                Timestamp.valueOf("2026-11-22 23:59:59.123456789"),
                                Timestamp.valueOf("1969-12-31 00:00:00.999999999"),
                                new Timestamp(-1)),
                        new Timestamp(Long.MAX_VALUE),
                        new Timestamp(Long.MIN_VALUE),
                        Timestamp.valueOf("9999-12-31 23:59:59.999999999")),
                nullable(
                        InstantSerializer.INSTANCE,
                        List.of(
                                Instant.EPOCH,
                                Instant.parse("2026-11-22T23:59:59.123456789Z"),
                                Instant.parse("1700-01-01T00:00:00.000000001Z")),
                        Instant.MIN,
                        Instant.MAX,
                        Instant.ofEpochSecond(9_223_372_036L, 854_775_807),
                        Instant.ofEpochSecond(9_223_372_036L, 854_775_808),
                        Instant.ofEpochSecond(-9_223_372_037L, 145_224_191)),
                nullable(
                        LocalDateSerializer.INSTANCE,
                        List.of(
                                LocalDate.EPOCH,
                                LocalDate.of(2024, 2, 29),
                                LocalDate.of(1, 1, 1),
                                LocalDate.of(9999, 12, 31)),
                        LocalDate.MIN,
                        LocalDate.MAX),
                nullable(LocalTimeSerializer.INSTANCE, List.of(LocalTime.MIN, LocalTime.MAX)),
                nullable(
                        LocalDateTimeSerializer.INSTANCE,
                        List.of(
                                LocalDateTime.of(2026, 11, 22, 23, 59, 59, 999_999_999),
                                LocalDateTime.of(1900, 1, 1, 0, 0, 0, 1)),
                        LocalDateTime.MIN,
                        LocalDateTime.MAX));
    }

    static Stream<Sample> composites() {
        TypeSerializer<String> string = StringSerializer.INSTANCE;
        TypeSerializer<Long> number = LongSerializer.INSTANCE;
        return Stream.of(
                sample(
                        BooleanPrimitiveArraySerializer.INSTANCE,
                        List.of(new boolean[0], new boolean[] {true, false})),
                sample(ShortPrimitiveArraySerializer.INSTANCE, List.of(new short[] {1, -1})),
                sample(IntPrimitiveArraySerializer.INSTANCE, List.of(new int[] {1, -1})),
                sample(LongPrimitiveArraySerializer.INSTANCE, List.of(new long[70_000])),
                sample(FloatPrimitiveArraySerializer.INSTANCE, List.of(new float[] {-0f})),
                sample(DoublePrimitiveArraySerializer.INSTANCE, List.of(new double[] {Double.NaN})),
                sample(
                        new GenericArraySerializer<>(Long.class, number),
                        List.of(new Long[0], new Long[] {1L, null, 3L})),
                sample(
                        new ListSerializer<>(string),
                        List.of(List.of(), Arrays.asList("a", null, "")),
                        List.of("\uD800")),
                sample(
                        new ArrayListSerializer<>(new ListSerializer<>(number)),
                        List.of(new ArrayList<>(List.of(List.of(1L), List.of(), List.of(2L, 3L))))),
                sample(
                        new SetSerializer<>(string),
                        List.of(Set.of(), Set.of("a", "b"), Collections.singleton(null))),
                sample(
                        new MapSerializer<>(string, new ListSerializer<>(number)),
                        List.of(
                                Map.of(),
                                Map.of("a", List.of(1L), "b", List.of()),
                                Collections.singletonMap("a", null)),
                        Collections.singletonMap(null, List.of(1L))),
                sample(
                        new EitherSerializer<>(string, number),
                        List.of(Either.Left("a"), Either.Right(1L)),
                        Either.Left("\uD800")),
                nullable(NullableSerializer.wrap(string, false), List.of("a")),
                nullable(NullableSerializer.wrap(number, true), List.of(1L)),
                sample(
                        new TtlStateFactory.TtlSerializer<>(number, string),
                        List.of(new TtlValue<>("a", 5), new TtlValue<>(null, Long.MAX_VALUE))),
                sample(
                        new org.apache.flink.runtime.state.v2.ttl.TtlStateFactory.TtlSerializer<>(
                                number, string),
                        List.of(new TtlValue<>("a", 5))),
                sample(new TimeWindow.Serializer(), List.of(new TimeWindow(1, Long.MAX_VALUE))),
                sample(
                        new TimerSerializer<>(string, VoidNamespaceSerializer.INSTANCE),
                        List.of(
                                new TimerHeapInternalTimer<>(
                                        Long.MAX_VALUE, "k", VoidNamespace.INSTANCE),
                                new TimerHeapInternalTimer<>(-1, "k", VoidNamespace.INSTANCE))),
                sample(
                        new StreamElementSerializer<>(string),
                        List.of(new StreamRecord<>("a", 5), new StreamRecord<>("b")),
                        new Watermark(7)),
                sample(
                        new CoGroupedStreams.UnionSerializer<>(string, number),
                        List.of(TaggedUnion.one("a"), TaggedUnion.two(2L))));
    }

    public enum Color {
        RED,
        GREEN
    }

    /** With fields of every shape. */
    public static class Person {
        public String name;
        public int age;
        public Long id;
        public Color color;
        public List<String> tags;
        public Map<String, Double> scores;
        public Person2 friend;

        public Person() {}

        static Person of(String name) {
            Person person = new Person();
            person.name = name;
            person.age = 7;
            person.tags = new ArrayList<>(Arrays.asList("a", "b"));
            person.scores = new HashMap<>(Map.of("x", -0d));
            person.friend = new Person2();
            return person;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Person person && Objects.equals(name, person.name);
        }

        @Override
        public int hashCode() {
            return Objects.hashCode(name);
        }
    }

    /** Inside another. */
    public static class Person2 {
        public BigDecimal amount = new BigDecimal("1.50");
        public LocalDate day = LocalDate.of(2026, 11, 22);
        public Instant at;
        public byte[] bytes = {1};

        public Person2() {}
    }

    /** Not the class that the serializer was made for. */
    public static class Employee extends Person {
        public String office = "B";

        public Employee() {}
    }

    /** A record is written as a POJO is. */
    public record Point(int x, String y) {}

    static Stream<Sample> objects() throws Exception {
        // Left alone, Flink gives a LocalDate to Kryo, and all of the object stays bytes.
        TypeInformation<Person2> friend =
                Types.POJO(
                        Person2.class,
                        Map.of(
                                "amount", Types.BIG_DEC,
                                "day", Types.LOCAL_DATE,
                                "at", Types.INSTANT,
                                "bytes", Types.PRIMITIVE_ARRAY(Types.BYTE)));
        TypeInformation<Person> person =
                Types.POJO(
                        Person.class,
                        new LinkedHashMap<>(
                                Map.of(
                                        "name",
                                        Types.STRING,
                                        "age",
                                        Types.INT,
                                        "id",
                                        Types.LONG,
                                        "color",
                                        Types.ENUM(Color.class),
                                        "tags",
                                        Types.LIST(Types.STRING),
                                        "scores",
                                        Types.MAP(Types.STRING, Types.DOUBLE),
                                        "friend",
                                        friend)));
        Tuple12<
                        Integer,
                        Long,
                        String,
                        Boolean,
                        Double,
                        Short,
                        Byte,
                        Float,
                        String,
                        Long,
                        Integer,
                        String>
                wide = Tuple12.of(1, 2L, "3", true, -0d, (short) 5, (byte) 6, 7f, "", 9L, 10, "11");
        TypeInformation<?>[] fields = new TypeInformation<?>[12];
        Arrays.fill(fields, Types.STRING);
        fields[11] = Types.ROW_NAMED(new String[] {"inner", "INNER"}, Types.INT, Types.LONG);
        Row row = new Row(12);
        row.setField(0, "a");
        row.setField(9, "");
        row.setField(11, Row.of(7, null));
        Row deleted = Row.copy(row);
        deleted.setKind(RowKind.DELETE);
        Row named = Row.withNames(RowKind.UPDATE_AFTER);
        named.setField("x", 5);
        return Stream.of(
                nullable(
                        serializer(person),
                        List.of(Person.of("a"), Person.of("\u00e4"), new Person()),
                        new Employee(),
                        Person.of("\uD800")),
                nullable(serializer(Types.POJO(Point.class)), List.of(new Point(1, null))),
                sample(
                        serializer(
                                Types.TUPLE(
                                        Types.INT,
                                        Types.LONG,
                                        Types.STRING,
                                        Types.BOOLEAN,
                                        Types.DOUBLE,
                                        Types.SHORT,
                                        Types.BYTE,
                                        Types.FLOAT,
                                        Types.STRING,
                                        Types.LONG,
                                        Types.INT,
                                        Types.STRING)),
                        List.of(wide)),
                sample(
                        serializer(Types.TUPLE(Types.STRING, Types.TUPLE(Types.INT, Types.STRING))),
                        List.of(
                                Tuple2.of("a", Tuple2.of(1, "b")),
                                Tuple2.of(null, Tuple2.of(1, "")))),
                sample(serializer(Types.ROW(fields)), List.of(row, deleted, new Row(12))),
                sample(
                        serializer(
                                Types.ROW_NAMED(new String[] {"x", "y"}, Types.INT, Types.STRING)),
                        List.of(Row.of(1, "a"), named)),
                sample(
                        new RowSerializer(
                                new TypeSerializer<?>[] {IntSerializer.INSTANCE}, null, false),
                        List.of(Row.of(1), Row.of((Object) null))));
    }

    private SerializerSamples() {}
}
