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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.statebackend.columns.SerializerTypes;
import io.flinklsm.statebackend.testing.AvroOrder;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.DayOfWeek;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.BooleanValueSerializer;
import org.apache.flink.api.common.typeutils.base.ByteValueSerializer;
import org.apache.flink.api.common.typeutils.base.CharValueSerializer;
import org.apache.flink.api.common.typeutils.base.DoubleValueSerializer;
import org.apache.flink.api.common.typeutils.base.FloatValueSerializer;
import org.apache.flink.api.common.typeutils.base.IntValueSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.LongValueSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.api.common.typeutils.base.ShortValueSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.common.typeutils.base.StringValueSerializer;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.api.common.typeutils.base.VoidSerializer;
import org.apache.flink.api.java.typeutils.runtime.EitherSerializer;
import org.apache.flink.api.java.typeutils.runtime.NullableSerializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.formats.avro.typeutils.AvroSerializer;
import org.apache.flink.runtime.state.ArrayListSerializer;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.ttl.TtlStateFactory;
import org.apache.flink.streaming.api.operators.TimerSerializer;
import org.apache.flink.streaming.api.windowing.windows.GlobalWindow;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.streaming.runtime.streamrecord.StreamElementSerializer;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.runtime.typeutils.DecimalDataSerializer;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.runtime.typeutils.StringDataSerializer;
import org.apache.flink.table.runtime.typeutils.TimestampDataSerializer;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Types are told from snapshots as the backend tells them from serializers. */
final class SnapshotReaderTest {

    /** What a job may have as a value. */
    public static final class Trip {
        public String route = "";
        public long minutes;
        public DayOfWeek day = DayOfWeek.MONDAY;
        public List<Integer> delays = List.of();
        public Map<String, Double> fares = Map.of();
    }

    /** A field of it goes to Kryo. */
    public static final class Tagged {
        public UUID id = new UUID(0, 0);
        public int number;
    }

    private static <T> TypeSerializer<T> of(TypeInformation<T> type) {
        return type.createSerializer(new SerializerConfigImpl());
    }

    private static TypeSerializer<?> row(DataType... fields) {
        return new RowDataSerializer((RowType) DataTypes.ROW(fields).getLogicalType());
    }

    static Stream<TypeSerializer<?>> serializers() {
        return Stream.of(
                of(Types.BOOLEAN),
                of(Types.BYTE),
                of(Types.SHORT),
                of(Types.INT),
                of(Types.LONG),
                of(Types.FLOAT),
                of(Types.DOUBLE),
                of(Types.CHAR),
                of(Types.STRING),
                of(Types.BIG_INT),
                of(Types.BIG_DEC),
                of(Types.SQL_DATE),
                of(Types.SQL_TIME),
                of(Types.SQL_TIMESTAMP),
                of(Types.LOCAL_DATE),
                of(Types.LOCAL_TIME),
                of(Types.LOCAL_DATE_TIME),
                of(Types.INSTANT),
                of(TypeInformation.of(java.util.Date.class)),
                BooleanValueSerializer.INSTANCE,
                ByteValueSerializer.INSTANCE,
                ShortValueSerializer.INSTANCE,
                IntValueSerializer.INSTANCE,
                LongValueSerializer.INSTANCE,
                FloatValueSerializer.INSTANCE,
                DoubleValueSerializer.INSTANCE,
                CharValueSerializer.INSTANCE,
                StringValueSerializer.INSTANCE,
                VoidSerializer.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new TimeWindow.Serializer(),
                new GlobalWindow.Serializer(),
                of(Types.PRIMITIVE_ARRAY(Types.BYTE)),
                of(Types.PRIMITIVE_ARRAY(Types.CHAR)),
                of(Types.PRIMITIVE_ARRAY(Types.BOOLEAN)),
                of(Types.PRIMITIVE_ARRAY(Types.SHORT)),
                of(Types.PRIMITIVE_ARRAY(Types.INT)),
                of(Types.PRIMITIVE_ARRAY(Types.LONG)),
                of(Types.PRIMITIVE_ARRAY(Types.FLOAT)),
                of(Types.PRIMITIVE_ARRAY(Types.DOUBLE)),
                of(TypeInformation.of(String[].class)),
                of(Types.OBJECT_ARRAY(Types.LONG)),
                of(Types.ENUM(DayOfWeek.class)),
                of(Types.TUPLE(Types.LONG, Types.INT)),
                of(Types.TUPLE(Types.STRING, Types.INT)),
                of(Types.ROW(Types.STRING, Types.INT)),
                of(Types.POJO(Trip.class)),
                of(Types.LIST(Types.STRING)),
                new ArrayListSerializer<>(StringSerializer.INSTANCE),
                new MapSerializer<>(StringSerializer.INSTANCE, of(Types.POJO(Trip.class))),
                new EitherSerializer<>(StringSerializer.INSTANCE, LongSerializer.INSTANCE),
                NullableSerializer.wrap(LongSerializer.INSTANCE, true),
                NullableSerializer.wrap(StringSerializer.INSTANCE, false),
                new TimerSerializer<>(StringSerializer.INSTANCE, new TimeWindow.Serializer()),
                new StreamElementSerializer<>(StringSerializer.INSTANCE),
                new AvroSerializer<>(AvroOrder.class),
                new AvroSerializer<>(GenericRecord.class, AvroOrder.SCHEMA$),
                row(DataTypes.INT(), DataTypes.STRING()),
                row(
                        DataTypes.BOOLEAN(),
                        DataTypes.TINYINT(),
                        DataTypes.SMALLINT(),
                        DataTypes.BIGINT(),
                        DataTypes.FLOAT(),
                        DataTypes.DOUBLE(),
                        DataTypes.CHAR(3),
                        DataTypes.BYTES(),
                        DataTypes.DATE(),
                        DataTypes.TIME(),
                        DataTypes.DECIMAL(10, 2),
                        DataTypes.DECIMAL(30, 5),
                        DataTypes.TIMESTAMP(3),
                        DataTypes.TIMESTAMP(6),
                        DataTypes.TIMESTAMP_LTZ(9),
                        DataTypes.ARRAY(DataTypes.STRING()),
                        DataTypes.MAP(DataTypes.STRING(), DataTypes.BIGINT())),
                row(DataTypes.ROW(DataTypes.FIELD("f0", DataTypes.DECIMAL(4, 1)))),
                StringDataSerializer.INSTANCE,
                new DecimalDataSerializer(20, 3),
                new TimestampDataSerializer(6),
                new TimestampDataSerializer(3),
                new MapSerializer<>(row(DataTypes.BIGINT()), row(DataTypes.STRING())),
                new TtlStateFactory.TtlSerializer<>(
                        LongSerializer.INSTANCE, new ListSerializer<>(StringSerializer.INSTANCE)));
    }

    @ParameterizedTest
    @MethodSource("serializers")
    void typesAndLengthsAreThoseOfTheSerializer(TypeSerializer<?> serializer) throws IOException {
        SerializerInfo info = read(serializer.snapshotConfiguration());

        assertThat(info.type().toString()).isEqualTo(SerializerTypes.of(serializer).toString());
        assertThat(info.length()).isEqualTo(serializer.getLength());
    }

    @Test
    void aRowWhoseTypesAreNotSaidIsBytesAndHidesNothingThatFollows() throws IOException {
        var out = new DataOutputSerializer(64);
        TypeSerializerSnapshot.writeVersionedSnapshot(
                out,
                row(DataTypes.ARRAY(DataTypes.DECIMAL(9, 2)), DataTypes.INT())
                        .snapshotConfiguration());
        TypeSerializerSnapshot.writeVersionedSnapshot(
                out, LongSerializer.INSTANCE.snapshotConfiguration());
        var reader = new SnapshotReader(stream(out));

        assertThat(reader.read().type().toString())
                .contains("opaque[", "a type that is not said: type=", "ArrayType");
        assertThat(reader.read().type().toString()).isEqualTo("int64");
    }

    @Test
    void whatOnlyKryoKnowsHidesNothingThatFollows() throws IOException {
        var out = new DataOutputSerializer(64);
        TypeSerializerSnapshot.writeVersionedSnapshot(
                out, of(TypeInformation.of(UUID.class)).snapshotConfiguration());
        TypeSerializerSnapshot.writeVersionedSnapshot(
                out, of(Types.POJO(Tagged.class)).snapshotConfiguration());
        TypeSerializerSnapshot.writeVersionedSnapshot(
                out, LongSerializer.INSTANCE.snapshotConfiguration());
        var reader = new SnapshotReader(stream(out));

        assertThat(reader.read().type().toString()).contains("type=java.util.UUID");
        assertThat(reader.read().type().toString()).contains("Kryo's bytes");
        assertThat(reader.read().type().toString()).isEqualTo("int64");
    }

    /** As most serializers of jobs are. */
    static final class OwnSerializer extends TypeSerializerSingleton<Long> {
        private static final long serialVersionUID = 1L;

        @Override
        public boolean isImmutableType() {
            return true;
        }

        @Override
        public Long createInstance() {
            return 0L;
        }

        @Override
        public Long copy(Long from) {
            return from;
        }

        @Override
        public Long copy(Long from, Long reuse) {
            return from;
        }

        @Override
        public int getLength() {
            return -1;
        }

        @Override
        public void serialize(Long value, DataOutputView target) throws IOException {
            target.writeUTF(Long.toString(value));
        }

        @Override
        public Long deserialize(DataInputView source) throws IOException {
            return Long.valueOf(source.readUTF());
        }

        @Override
        public Long deserialize(Long reuse, DataInputView source) throws IOException {
            return deserialize(source);
        }

        @Override
        public void copy(DataInputView source, DataOutputView target) throws IOException {
            target.writeUTF(source.readUTF());
        }

        @Override
        public TypeSerializerSnapshot<Long> snapshotConfiguration() {
            return new OwnSnapshot();
        }
    }

    /** Of a serializer of the job's own. */
    public static final class OwnSnapshot extends SimpleTypeSerializerSnapshot<Long> {
        public OwnSnapshot() {
            super(OwnSerializer::new);
        }
    }

    @Test
    void aSerializerOfTheJobsOwnIsBytesAndHidesNothingThatFollows() throws IOException {
        var out = new DataOutputSerializer(64);
        TypeSerializerSnapshot.writeVersionedSnapshot(
                out, new ListSerializer<>(new OwnSerializer()).snapshotConfiguration());
        TypeSerializerSnapshot.writeVersionedSnapshot(
                out, StringSerializer.INSTANCE.snapshotConfiguration());
        var reader = new SnapshotReader(stream(out));

        assertThat(reader.read().type().toString())
                .contains("opaque[", "OwnSnapshot", "of the job's own");
        assertThat(reader.read().type().toString()).isEqualTo("string");
    }

    @Test
    void aSnapshotWithoutEndIsRefused() throws IOException {
        var out = new DataOutputSerializer(64);
        for (int i = 0; i < 40; i++) {
            out.writeUTF("org.apache.flink.api.common.typeutils.base.ListSerializerSnapshot");
            out.writeInt(3);
            out.writeInt(911108);
            out.writeInt(1);
            out.writeInt(1333245);
            out.writeInt(1);
            out.writeInt(1);
        }

        assertThatThrownBy(() -> new SnapshotReader(stream(out)).read())
                .isInstanceOf(SnapshotReader.MalformedException.class)
                .hasMessageContaining("nested deeper");
    }

    private static SerializerInfo read(TypeSerializerSnapshot<?> snapshot) throws IOException {
        var out = new DataOutputSerializer(64);
        TypeSerializerSnapshot.writeVersionedSnapshot(out, snapshot);
        DataInputStream in = stream(out);
        SerializerInfo info = new SnapshotReader(in).read();
        assertThat(in.available()).isZero();
        return info;
    }

    private static DataInputStream stream(DataOutputSerializer out) {
        return new DataInputStream(new ByteArrayInputStream(out.getCopyOfBuffer()));
    }
}
