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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RawValueData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.CharType;
import org.apache.flink.table.types.logical.DateType;
import org.apache.flink.table.types.logical.DayTimeIntervalType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.RawType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.SmallIntType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.logical.YearMonthIntervalType;
import org.jspecify.annotations.Nullable;

/** Random types and values of Flink SQL, as its operators hand them to serializers. */
final class RandomTableData {

    private static final List<LogicalType> SIMPLE =
            List.of(
                    new BooleanType(),
                    new TinyIntType(),
                    new SmallIntType(),
                    new IntType(),
                    new BigIntType(),
                    new FloatType(),
                    new DoubleType(),
                    new CharType(3),
                    VarCharType.STRING_TYPE,
                    new VarBinaryType(VarBinaryType.MAX_LENGTH),
                    new DecimalType(5, 2),
                    new DecimalType(18, 0),
                    new DecimalType(19, 19),
                    new DecimalType(38, 18),
                    new DateType(),
                    new TimeType(),
                    new TimestampType(0),
                    new TimestampType(3),
                    new TimestampType(6),
                    new TimestampType(9),
                    new LocalZonedTimestampType(3),
                    new LocalZonedTimestampType(9),
                    new YearMonthIntervalType(
                            YearMonthIntervalType.YearMonthResolution.YEAR_TO_MONTH),
                    new DayTimeIntervalType(DayTimeIntervalType.DayTimeResolution.DAY_TO_SECOND),
                    new RawType<>(Long.class, LongSerializer.INSTANCE));

    private final Random random;

    RandomTableData(long seed) {
        this.random = new Random(seed);
    }

    static List<LogicalType> simpleTypes() {
        return SIMPLE;
    }

    RowType rowType(int fields, int depth) {
        LogicalType[] types = new LogicalType[fields];
        String[] names = new String[fields];
        for (int i = 0; i < fields; i++) {
            types[i] = type(depth);
            names[i] = "c" + i;
        }
        return RowType.of(types, names);
    }

    private LogicalType type(int depth) {
        int pick = depth == 0 ? 9 : random.nextInt(10);
        return switch (pick) {
            case 0, 1 -> rowType(1 + random.nextInt(3), depth - 1);
            case 2, 3 -> new ArrayType(type(depth - 1));
            case 4 -> new MapType(simple(), type(depth - 1));
            case 5 -> new MultisetType(simple());
            default -> simple();
        };
    }

    private LogicalType simple() {
        return SIMPLE.get(random.nextInt(SIMPLE.size()));
    }

    GenericRowData row(RowType type) {
        GenericRowData row = new GenericRowData(type.getFieldCount());
        for (int i = 0; i < type.getFieldCount(); i++) {
            row.setField(i, nullOr(type.getTypeAt(i)));
        }
        return row;
    }

    private @Nullable Object nullOr(LogicalType type) {
        return random.nextInt(5) == 0 ? null : value(type);
    }

    Object value(LogicalType type) {
        return switch (type.getTypeRoot()) {
            case BOOLEAN -> random.nextBoolean();
            case TINYINT -> (byte) random.nextInt();
            case SMALLINT -> (short) random.nextInt();
            case INTEGER, INTERVAL_YEAR_MONTH -> pick(0, -1, Integer.MIN_VALUE, random.nextInt());
            case BIGINT, INTERVAL_DAY_TIME -> pick(0L, -1L, Long.MIN_VALUE, random.nextLong());
            case FLOAT -> Float.intBitsToFloat(pick(0x7FC1_2345, 0x8000_0000, 1, random.nextInt()));
            case DOUBLE ->
                    Double.longBitsToDouble(
                            pick(0x7FF8_0000_0000_0001L, Long.MIN_VALUE, 1L, random.nextLong()));
            case DATE -> random.nextInt(100_000) - 50_000;
            case TIME_WITHOUT_TIME_ZONE -> random.nextInt(86_400_000);
            case CHAR, VARCHAR -> StringData.fromString(text());
            case VARBINARY -> text().getBytes(java.nio.charset.StandardCharsets.UTF_16);
            case DECIMAL -> decimal((DecimalType) type);
            case TIMESTAMP_WITHOUT_TIME_ZONE -> timestamp(((TimestampType) type).getPrecision());
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
                    timestamp(((LocalZonedTimestampType) type).getPrecision());
            case RAW -> RawValueData.fromBytes(new byte[random.nextInt(20)]);
            case ARRAY -> array(((ArrayType) type).getElementType());
            case MAP -> map(((MapType) type).getKeyType(), ((MapType) type).getValueType());
            case MULTISET -> map(((MultisetType) type).getElementType(), new IntType(false));
            case ROW -> row((RowType) type);
            default -> throw new IllegalArgumentException(type.toString());
        };
    }

    @SafeVarargs
    private <T> T pick(T... values) {
        return values[random.nextInt(values.length)];
    }

    private String text() {
        String all = "0123456äß€😀\u0000\uFFFD漢";
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(4) == 0 ? 40 : random.nextInt(10); i > 0; i--) {
            text.appendCodePoint(all.codePointAt(all.offsetByCodePoints(0, random.nextInt(14))));
        }
        return text.toString();
    }

    private DecimalData decimal(DecimalType type) {
        BigInteger limit = BigInteger.TEN.pow(type.getPrecision()).subtract(BigInteger.ONE);
        BigInteger unscaled =
                pick(
                        BigInteger.ZERO,
                        limit,
                        limit.negate(),
                        new BigInteger(limit.bitLength() - 1, random));
        return DecimalData.fromBigDecimal(
                new BigDecimal(unscaled, type.getScale()), type.getPrecision(), type.getScale());
    }

    private TimestampData timestamp(int precision) {
        long millis = random.nextLong() >> 21;
        int nanos = random.nextInt(1_000_000);
        int kept = precision <= 3 ? 0 : precision <= 6 ? nanos / 1000 * 1000 : nanos;
        return TimestampData.fromEpochMillis(millis, kept);
    }

    private GenericArrayData array(LogicalType element) {
        Object[] values = new Object[random.nextInt(4) == 0 ? 0 : random.nextInt(40)];
        for (int i = 0; i < values.length; i++) {
            values[i] = nullOr(element);
        }
        return new GenericArrayData(values);
    }

    private GenericMapData map(LogicalType key, LogicalType value) {
        Map<Object, @Nullable Object> map = new LinkedHashMap<>();
        List<Object> keys = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            keys.add(value(key));
        }
        keys.forEach(each -> map.put(each, nullOr(value)));
        return new GenericMapData(map);
    }
}
