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

import static java.util.Map.entry;

import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeutils.CompositeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.BigDecSerializer;
import org.apache.flink.api.common.typeutils.base.BigIntSerializer;
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
import org.apache.flink.api.common.typeutils.base.VoidSerializer;
import org.apache.flink.api.common.typeutils.base.array.BooleanPrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.CharPrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.DoublePrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.FloatPrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.IntPrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.LongPrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.ShortPrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.StringArraySerializer;
import org.apache.flink.api.java.typeutils.runtime.EitherSerializer;
import org.apache.flink.api.java.typeutils.runtime.NullableSerializer;
import org.apache.flink.api.java.typeutils.runtime.PojoSerializer;
import org.apache.flink.api.java.typeutils.runtime.RowSerializer;
import org.apache.flink.api.java.typeutils.runtime.TupleSerializer;
import org.apache.flink.api.java.typeutils.runtime.kryo.KryoSerializer;
import org.apache.flink.runtime.state.ArrayListSerializer;
import org.apache.flink.runtime.state.JavaSerializer;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.ttl.TtlAwareSerializer;
import org.apache.flink.runtime.state.ttl.TtlStateFactory;
import org.apache.flink.streaming.api.datastream.CoGroupedStreams;
import org.apache.flink.streaming.api.operators.TimerSerializer;
import org.apache.flink.streaming.api.operators.co.IntervalJoinOperator;
import org.apache.flink.streaming.api.windowing.windows.GlobalWindow;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.streaming.runtime.streamrecord.StreamElementSerializer;
import org.jspecify.annotations.Nullable;

/**
 * The column type of what a serializer writes. Goes by the exact class: a subclass may write
 * anything. Stateless: safe for any thread.
 */
public final class SerializerTypes {

    /** Below what the text of a type may be nested. */
    static final int MAX_DEPTH = 32;

    /** Serializers that are the same for all their values, and know no others. */
    private static final Map<Class<?>, ColumnType> SIMPLE =
            Map.ofEntries(
                    entry(BooleanSerializer.class, ColumnTypes.bool()),
                    entry(BooleanValueSerializer.class, ColumnTypes.bool()),
                    entry(ByteSerializer.class, ColumnTypes.int8()),
                    entry(ByteValueSerializer.class, ColumnTypes.int8()),
                    entry(ShortSerializer.class, ColumnTypes.int16()),
                    entry(ShortValueSerializer.class, ColumnTypes.int16()),
                    entry(IntSerializer.class, ColumnTypes.int32()),
                    entry(IntValueSerializer.class, ColumnTypes.int32()),
                    entry(LongSerializer.class, ColumnTypes.int64()),
                    entry(LongValueSerializer.class, ColumnTypes.int64()),
                    entry(FloatSerializer.class, ColumnTypes.float32()),
                    entry(FloatValueSerializer.class, ColumnTypes.float32()),
                    entry(DoubleSerializer.class, ColumnTypes.float64()),
                    entry(DoubleValueSerializer.class, ColumnTypes.float64()),
                    entry(CharSerializer.class, ColumnTypes.character()),
                    entry(CharValueSerializer.class, ColumnTypes.character()),
                    entry(StringSerializer.class, ColumnTypes.string()),
                    entry(StringValueSerializer.class, ColumnTypes.stringValue()),
                    entry(BigIntSerializer.class, ColumnTypes.bigInteger()),
                    entry(BigDecSerializer.class, ColumnTypes.bigDecimal()),
                    entry(DateSerializer.class, ColumnTypes.dateMillis()),
                    entry(SqlDateSerializer.class, ColumnTypes.dateMillis()),
                    entry(SqlTimeSerializer.class, ColumnTypes.dateMillis()),
                    entry(SqlTimestampSerializer.class, ColumnTypes.sqlTimestamp()),
                    entry(InstantSerializer.class, ColumnTypes.instant()),
                    entry(LocalDateSerializer.class, ColumnTypes.localDate()),
                    entry(LocalTimeSerializer.class, ColumnTypes.localTime()),
                    entry(LocalDateTimeSerializer.class, ColumnTypes.localDateTime()),
                    entry(BytePrimitiveArraySerializer.class, ColumnTypes.bytes()),
                    entry(CharPrimitiveArraySerializer.class, ColumnTypes.characters()),
                    entry(BooleanPrimitiveArraySerializer.class, listOf(ColumnTypes.bool())),
                    entry(ShortPrimitiveArraySerializer.class, listOf(ColumnTypes.int16())),
                    entry(IntPrimitiveArraySerializer.class, listOf(ColumnTypes.int32())),
                    entry(LongPrimitiveArraySerializer.class, listOf(ColumnTypes.int64())),
                    entry(FloatPrimitiveArraySerializer.class, listOf(ColumnTypes.float32())),
                    entry(DoublePrimitiveArraySerializer.class, listOf(ColumnTypes.float64())),
                    entry(StringArraySerializer.class, listOf(ColumnTypes.string())),
                    entry(VoidSerializer.class, ColumnTypes.nothing()),
                    entry(VoidNamespaceSerializer.class, ColumnTypes.nothing()),
                    entry(GlobalWindow.Serializer.class, ColumnTypes.nothing()),
                    entry(
                            TimeWindow.Serializer.class,
                            ColumnTypes.struct(
                                    List.of("start", "end"),
                                    List.of(ColumnTypes.int64(), ColumnTypes.int64()))));

    /** New in Flink 2.3: by its name, so that this class loads in older ones, too. */
    private static final String BITMAP_SERIALIZER =
            "org.apache.flink.api.common.typeutils.base.BitmapSerializer";

    /** Whether fields that are not known become columns of bytes beside those that are. */
    private final boolean keepsFields;

    private SerializerTypes(boolean keepsFields) {
        this.keepsFields = keepsFields;
    }

    private static ColumnType listOf(ColumnType element) {
        return ColumnTypes.list(element);
    }

    /** The type; opaque, with the reason, if it or a part of it is not known. */
    public static ColumnType of(TypeSerializer<?> serializer) {
        return new SerializerTypes(false).of(serializer, 0);
    }

    /**
     * The type of values. A field that is not known is a column of bytes if another field of the
     * same object is known; its serializer will be called wherever values are written to files,
     * with the class loader of the calling thread. Keys have no such fields: they are taken apart
     * again in every compaction.
     */
    public static ColumnType ofValue(TypeSerializer<?> serializer) {
        return new SerializerTypes(true).of(serializer, 0);
    }

    private ColumnType of(TypeSerializer<?> serializer, int depth) {
        ColumnType simple = SIMPLE.get(serializer.getClass());
        if (simple != null) {
            return simple;
        }
        if (serializer.getClass().getName().equals(BITMAP_SERIALIZER)) {
            return ColumnTypes.bytes();
        }
        if (depth > MAX_DEPTH) {
            return opaque(serializer, "is nested deeper than " + MAX_DEPTH + " types");
        }
        try {
            ColumnType type = ofComposite(serializer, depth + 1);
            return type != null ? type : opaque(serializer, reason(serializer));
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            return opaque(serializer, "could not be looked into: " + e);
        }
    }

    private static ColumnType opaque(TypeSerializer<?> serializer, String reason) {
        return ColumnTypes.opaque(serializer.getClass().getName(), reason);
    }

    // One branch a class: the list itself is what there is to read.
    private @Nullable ColumnType ofComposite(TypeSerializer<?> serializer, int depth)
            throws ReflectiveOperationException {
        Class<?> type = serializer.getClass();
        if (type == ListSerializer.class) {
            return ColumnTypes.list(
                    of(((ListSerializer<?>) serializer).getElementSerializer(), depth));
        } else if (type == ArrayListSerializer.class) {
            return ColumnTypes.list(
                    of(((ArrayListSerializer<?>) serializer).getElementSerializer(), depth));
        } else if (type == SetSerializer.class) {
            TypeSerializer<?> element = ((SetSerializer<?>) serializer).getElementSerializer();
            return ColumnTypes.list(ColumnTypes.nullable(of(element, depth)));
        } else if (type == GenericArraySerializer.class) {
            TypeSerializer<?> element =
                    ((GenericArraySerializer<?>) serializer).getComponentSerializer();
            return ColumnTypes.list(ColumnTypes.present(of(element, depth)));
        } else if (type == MapSerializer.class) {
            MapSerializer<?, ?> map = (MapSerializer<?, ?>) serializer;
            return ColumnTypes.map(
                    of(map.getKeySerializer(), depth), of(map.getValueSerializer(), depth));
        } else if (type == TupleSerializer.class) {
            TypeSerializer<?>[] fields = ((TupleSerializer<?>) serializer).getFieldSerializers();
            return ColumnTypes.struct(numbered(fields.length), fields(List.of(fields), depth));
        } else if (type == PojoSerializer.class) {
            return ofPojo(serializer, depth);
        } else if (type == RowSerializer.class) {
            return ofRow(serializer, depth);
        } else if (type == KryoSerializer.class) {
            return KryoTypes.of((KryoSerializer<?>) serializer);
        } else if (type.getName().equals(AvroTypes.SERIALIZER)) {
            return AvroTypes.of(serializer, keepsFields, MAX_DEPTH - depth);
        } else if (type == EnumSerializer.class) {
            return ofEnum(serializer);
        } else if (type == EitherSerializer.class) {
            EitherSerializer<?, ?> either = (EitherSerializer<?, ?>) serializer;
            return ColumnTypes.either(
                    1,
                    0,
                    List.of("left", "right"),
                    of(either.getLeftSerializer(), depth),
                    of(either.getRightSerializer(), depth));
        } else if (type == NullableSerializer.class) {
            byte[] padding = (byte[]) SerializerParts.get(serializer, type, "padding");
            return ColumnTypes.nullable(
                    of(SerializerParts.serializer(serializer, type, "originalSerializer"), depth),
                    padding == null ? 0 : padding.length);
        } else if (type == TtlStateFactory.TtlSerializer.class
                || type
                        == org.apache.flink.runtime.state.v2.ttl.TtlStateFactory.TtlSerializer
                                .class) {
            return ColumnTypes.ttl(
                    of(
                            SerializerParts.serializers(
                                            serializer,
                                            CompositeSerializer.class,
                                            "fieldSerializers")
                                    .get(1),
                            depth));
        } else if (serializer instanceof TtlAwareSerializer<?, ?> aware) {
            return of(aware.getOriginalTypeSerializer(), depth);
        } else if (type == TimerSerializer.class) {
            TimerSerializer<?, ?> timer = (TimerSerializer<?, ?>) serializer;
            return ColumnTypes.timer(
                    of(timer.getKeySerializer(), depth), of(timer.getNamespaceSerializer(), depth));
        } else if (type == StreamElementSerializer.class) {
            return ColumnTypes.record(
                    of(
                            ((StreamElementSerializer<?>) serializer).getContainedTypeSerializer(),
                            depth));
        } else if (type == IntervalJoinOperator.BufferEntrySerializer.class) {
            return ColumnTypes.struct(
                    List.of("has_been_joined", "element"),
                    List.of(
                            ColumnTypes.bool(),
                            of(
                                    SerializerParts.serializer(
                                            serializer, type, "elementSerializer"),
                                    depth)));
        } else if (type == CoGroupedStreams.UnionSerializer.class) {
            return ColumnTypes.either(
                    1,
                    2,
                    List.of("one", "two"),
                    of(SerializerParts.serializer(serializer, type, "oneSerializer"), depth),
                    of(SerializerParts.serializer(serializer, type, "twoSerializer"), depth));
        }
        return type.getName().startsWith(TableTypes.PACKAGE)
                ? TableTypes.of(serializer, part -> of(part, depth))
                : null;
    }

    private List<ColumnType> fields(List<? extends TypeSerializer<?>> serializers, int depth) {
        List<ColumnType> types =
                new ArrayList<>(
                        serializers.stream().map(serializer -> of(serializer, depth)).toList());
        if (keepsFields && types.stream().anyMatch(ColumnTypes::isTyped)) {
            for (int i = 0; i < types.size(); i++) {
                if (!ColumnTypes.isTyped(types.get(i))) {
                    TypeSerializer<?> field = serializers.get(i);
                    types.set(
                            i,
                            ColumnTypes.bytesOf(
                                    types.get(i),
                                    field.getClass().getName(),
                                    SerializerEnds.source(field)));
                }
            }
        }
        return types;
    }

    private static List<String> numbered(int count) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add("f" + i);
        }
        return names;
    }

    private ColumnType ofPojo(TypeSerializer<?> serializer, int depth)
            throws ReflectiveOperationException {
        List<TypeSerializer<?>> fields =
                SerializerParts.serializers(serializer, PojoSerializer.class, "fieldSerializers");
        Object declared = SerializerParts.get(serializer, PojoSerializer.class, "fields");
        List<String> names = numbered(fields.size());
        if (declared instanceof Field[] array) {
            for (int i = 0; i < names.size(); i++) {
                // A field that the class has lost since it was written has no name any more.
                if (array[i] != null) {
                    names.set(i, array[i].getName());
                }
            }
        }
        return fields.isEmpty()
                ? opaque(serializer, "has no fields")
                : ColumnTypes.pojo(names, fields(fields, depth));
    }

    private ColumnType ofRow(TypeSerializer<?> serializer, int depth)
            throws ReflectiveOperationException {
        Class<?> type = RowSerializer.class;
        List<TypeSerializer<?>> fields =
                SerializerParts.serializers(serializer, type, "fieldSerializers");
        boolean hasKind =
                Boolean.TRUE.equals(SerializerParts.get(serializer, type, "supportsRowKind"));
        List<String> names = numbered(fields.size());
        if (SerializerParts.get(serializer, type, "positionByName")
                instanceof Map<?, ?> positions) {
            positions.forEach((name, position) -> names.set((Integer) position, (String) name));
        }
        return fields.isEmpty()
                ? opaque(serializer, "has no fields")
                : ColumnTypes.row(hasKind, names, fields(fields, depth));
    }

    private static ColumnType ofEnum(TypeSerializer<?> serializer)
            throws ReflectiveOperationException {
        Object values = SerializerParts.get(serializer, EnumSerializer.class, "values");
        List<String> names = new ArrayList<>();
        for (Object value : values instanceof Object[] array ? array : new Object[0]) {
            names.add(((Enum<?>) value).name());
        }
        return ColumnTypes.enumeration(Collections.unmodifiableList(names));
    }

    private static String reason(TypeSerializer<?> serializer) throws ReflectiveOperationException {
        String name = serializer.getClass().getName();
        if (serializer instanceof KryoSerializer<?>) {
            Object type = SerializerParts.get(serializer, KryoSerializer.class, "type");
            return "Kryo's bytes say nothing to others: type=" + type;
        } else if (serializer instanceof JavaSerializer<?>) {
            return "Java's serialised objects say nothing to others";
        } else if (name.startsWith("org.apache.flink.")) {
            return "a serializer of Flink that has no columns yet";
        }
        return "a serializer of the job's own";
    }
}
