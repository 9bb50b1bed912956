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

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.RoundTrip;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.data.utils.JoinedRowData;
import org.apache.flink.table.data.writer.BinaryRowWriter;
import org.apache.flink.table.dataview.MapViewSerializer;
import org.apache.flink.table.dataview.NullAwareMapSerializer;
import org.apache.flink.table.runtime.operators.window.CountWindow;
import org.apache.flink.table.runtime.operators.window.TimeWindow;
import org.apache.flink.table.runtime.typeutils.BinaryRowDataSerializer;
import org.apache.flink.table.runtime.typeutils.ExternalSerializer;
import org.apache.flink.table.runtime.typeutils.InternalSerializers;
import org.apache.flink.table.runtime.typeutils.LinkedListSerializer;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.runtime.typeutils.SortedMapSerializer;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.Test;

/** Flink SQL's own serializers write, columns take it apart and give it back. */
final class TableTypesTest {

    @Test
    void rowsOfAnyTypesComeBackToTheByte() throws IOException {
        for (long seed = 0; seed < 150; seed++) {
            RandomTableData data = new RandomTableData(seed);
            RowType type = data.rowType(seed % 10 == 0 ? 70 : 1 + (int) seed % 12, (int) seed % 3);
            RowDataSerializer serializer = InternalSerializers.create(type);
            List<byte[]> rows = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                rows.add(bytes(serializer, data.row(type)));
            }

            ColumnType columns = SerializerTypes.of(serializer);

            assertThat(RoundTrip.check(columns, rows))
                    .as("seed=%s, type=%s", seed, type)
                    .containsOnly(true);
            RoundTrip.fuzz(columns, rows, seed, 200);
        }
    }

    @Test
    void everyTypeAloneComesBackToTheByte() throws IOException {
        RandomTableData data = new RandomTableData(5);
        List<LogicalType> types = new ArrayList<>(RandomTableData.simpleTypes());
        for (int i = 0; i < 40; i++) {
            types.addAll(data.rowType(3, 2).getChildren());
        }
        for (LogicalType type : types) {
            TypeSerializer<Object> serializer = InternalSerializers.create(type);
            List<byte[]> values = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                values.add(bytes(serializer, data.value(type)));
            }

            ColumnType columns = SerializerTypes.of(serializer);

            assertThat(RoundTrip.check(columns, values)).as("type=%s", type).containsOnly(true);
            RoundTrip.fuzz(columns, values, 6, 500);
        }
    }

    @Test
    void rowsThatWereReadOrJoinedAreTypedAsWell() throws IOException {
        RandomTableData data = new RandomTableData(8);
        RowType left = data.rowType(6, 2);
        RowType right = data.rowType(6, 2);
        List<LogicalType> fields = new ArrayList<>(left.getChildren());
        fields.addAll(right.getChildren());
        RowDataSerializer serializer = new RowDataSerializer(fields.toArray(LogicalType[]::new));
        List<byte[]> rows = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            RowData read = InternalSerializers.create(left).toBinaryRow(data.row(left)).copy();
            rows.add(bytes(serializer, new JoinedRowData(read, data.row(right))));
        }

        assertThat(RoundTrip.check(SerializerTypes.of(serializer), rows)).containsOnly(true);
    }

    @Test
    void whatColumnsHaveNoRoomForStaysBytes() throws IOException {
        RowDataSerializer serializer =
                new RowDataSerializer(
                        new TimestampType(6), new TimestampType(9), VarCharType.STRING_TYPE);
        StringData broken =
                StringData.fromBytes(new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80});
        TimestampData far = TimestampData.fromEpochMillis(Long.MAX_VALUE, 0);
        TimestampData fine = TimestampData.fromEpochMillis(1, 1);
        GenericRowData update = GenericRowData.of(null, null, null);
        update.setRowKind(RowKind.UPDATE_AFTER);
        List<byte[]> rows = new ArrayList<>();
        for (RowData row :
                List.of(
                        GenericRowData.of(fine, null, null),
                        GenericRowData.of(far, null, null),
                        GenericRowData.of(null, far, null),
                        GenericRowData.of(null, null, broken),
                        update,
                        GenericRowData.of(null, fine, null))) {
            rows.add(bytes(serializer, row));
        }

        assertThat(RoundTrip.check(SerializerTypes.of(serializer), rows))
                .containsExactly(false, false, false, false, false, true);
    }

    @Test
    void aRowOfGeneratedCodeWithRoomForItsNullsIsRefusedOrComesBack() throws IOException {
        RowDataSerializer serializer =
                new RowDataSerializer(new DecimalType(38, 2), new IntType(), new TimestampType(9));
        BinaryRowData row = new BinaryRowData(3);
        BinaryRowWriter writer = new BinaryRowWriter(row);
        List<byte[]> rows = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            writer.reset();
            DecimalData decimal = DecimalData.fromBigDecimal(new BigDecimal("-1.25"), 38, 2);
            writer.writeDecimal(0, (i & 1) == 0 ? decimal : null, 38);
            writer.writeInt(1, i);
            if ((i & 2) != 0) {
                writer.setNullAt(1);
            }
            writer.writeTimestamp(2, (i & 4) == 0 ? TimestampData.fromEpochMillis(i, i) : null, 9);
            writer.complete();
            rows.add(bytes(serializer, row));
        }

        assertThat(RoundTrip.check(SerializerTypes.of(serializer), rows))
                .containsExactly(true, false, true, false, false, false, false, false);
    }

    @SuppressWarnings("deprecation")
    @Test
    void mapsAndListsOfAggregatesComeBackToTheByte() throws IOException {
        RandomTableData data = new RandomTableData(9);
        RowType type = data.rowType(3, 1);
        TypeSerializer<RowData> row = InternalSerializers.create(type);
        List<RowData> values = List.of(data.row(type), data.row(type));

        typed(
                new SortedMapSerializer<>(null, LongSerializer.INSTANCE, row),
                new TreeMap<>(Map.of(1L, values.get(0), -5L, values.get(1))));
        typed(
                new MapViewSerializer<>(new MapSerializer<>(LongSerializer.INSTANCE, row)),
                mapView(values));
        typed(
                new NullAwareMapSerializer<>(LongSerializer.INSTANCE, row),
                Map.of(7L, values.get(0)));
        typed(new LinkedListSerializer<>(row, false), new LinkedList<>(values));
        typed(new ListSerializer<>(row), values);
        typed(new TimeWindow.Serializer(), new TimeWindow(-1, Long.MAX_VALUE));
        typed(new CountWindow.Serializer(), new CountWindow(3));
    }

    private static MapView<Long, RowData> mapView(List<RowData> values) {
        MapView<Long, RowData> view = new MapView<>();
        view.setMap(Map.of(1L, values.get(0), 2L, values.get(1)));
        return view;
    }

    @Test
    void fieldsHaveTheNamesThatTheSerializerKnows() {
        assertThat(
                        SerializerTypes.of(
                                        new RowDataSerializer(
                                                new BigIntType(),
                                                RowType.of(
                                                        new LogicalType[] {new IntType()},
                                                        new String[] {"amount"})))
                                .toString())
                .isEqualTo("sql(row(\"f0\":int64,\"f1\":row(\"amount\":int32)))");
        assertThat(
                        SerializerTypes.of(
                                        ExternalSerializer.of(
                                                DataTypes.ROW(
                                                        DataTypes.FIELD("id", DataTypes.INT()))))
                                .toString())
                .isEqualTo("sql(row(\"id\":int32))");
        assertThat(SerializerTypes.of(ExternalSerializer.of(DataTypes.TIMESTAMP_LTZ(3))).toString())
                .isEqualTo("millis-and-nanos[\"3\",\"1\"]");
    }

    @Test
    void whatHasNoColumnsSaysWhy() {
        assertThat(SerializerTypes.of(new BinaryRowDataSerializer(2)).toString())
                .startsWith("opaque")
                .contains("does not know the types");
        assertThat(
                        SerializerTypes.of(new LinkedListSerializer<>(LongSerializer.INSTANCE))
                                .toString())
                .startsWith("opaque")
                .contains("null");
        assertThat(
                        SerializerTypes.of(new RowDataSerializer(new LogicalType[] {RowType.of()}))
                                .toString())
                .startsWith("opaque")
                .contains("without fields");
        assertThat(SerializerTypes.of(new RowDataSerializer(new LogicalType[0])).toString())
                .startsWith("void");
    }

    private static <T> void typed(TypeSerializer<T> serializer, T value) throws IOException {
        ColumnType columns = SerializerTypes.of(serializer);
        List<byte[]> values = List.of(bytes(serializer, value));

        assertThat(RoundTrip.check(columns, values)).as(columns.toString()).containsOnly(true);
        RoundTrip.fuzz(columns, values, 10, 300);
    }

    private static <T> byte[] bytes(TypeSerializer<T> serializer, T value) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(value, out);
        return Arrays.copyOf(out.getSharedBuffer(), out.length());
    }
}
