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

import static java.util.Map.entry;

import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Serializers that are the same for all their values: their snapshots are a name alone. */
final class SimpleSerializers {

    private static final String BASE = "org.apache.flink.api.common.typeutils.base.";
    private static final String ARRAYS = BASE + "array.";

    /**
     * @param length bytes of every value; -1 if they differ
     */
    record Simple(ColumnType type, int length) {}

    /** By the name of the serializer's class, in which the class of the snapshot is nested. */
    private static final Map<String, Simple> ALL =
            Map.ofEntries(
                    base("Boolean", ColumnTypes.bool(), 1),
                    base("BooleanValue", ColumnTypes.bool(), 1),
                    base("Byte", ColumnTypes.int8(), 1),
                    base("ByteValue", ColumnTypes.int8(), 1),
                    base("Short", ColumnTypes.int16(), 2),
                    base("ShortValue", ColumnTypes.int16(), 2),
                    base("Int", ColumnTypes.int32(), 4),
                    base("IntValue", ColumnTypes.int32(), 4),
                    base("Long", ColumnTypes.int64(), 8),
                    base("LongValue", ColumnTypes.int64(), 8),
                    base("Float", ColumnTypes.float32(), 4),
                    base("FloatValue", ColumnTypes.float32(), 4),
                    base("Double", ColumnTypes.float64(), 8),
                    base("DoubleValue", ColumnTypes.float64(), 8),
                    base("Char", ColumnTypes.character(), 2),
                    base("CharValue", ColumnTypes.character(), 2),
                    base("String", ColumnTypes.string(), -1),
                    base("StringValue", ColumnTypes.stringValue(), -1),
                    base("BigInt", ColumnTypes.bigInteger(), -1),
                    base("BigDec", ColumnTypes.bigDecimal(), -1),
                    base("Date", ColumnTypes.dateMillis(), 8),
                    base("SqlDate", ColumnTypes.dateMillis(), 8),
                    base("SqlTime", ColumnTypes.dateMillis(), 8),
                    base("SqlTimestamp", ColumnTypes.sqlTimestamp(), 12),
                    base("Instant", ColumnTypes.instant(), 12),
                    base("LocalDate", ColumnTypes.localDate(), 6),
                    base("LocalTime", ColumnTypes.localTime(), 7),
                    base("LocalDateTime", ColumnTypes.localDateTime(), 13),
                    base("Bitmap", ColumnTypes.bytes(), -1),
                    base("Void", ColumnTypes.nothing(), 1),
                    array("BytePrimitive", ColumnTypes.bytes()),
                    array("CharPrimitive", ColumnTypes.characters()),
                    array("BooleanPrimitive", ColumnTypes.list(ColumnTypes.bool())),
                    array("ShortPrimitive", ColumnTypes.list(ColumnTypes.int16())),
                    array("IntPrimitive", ColumnTypes.list(ColumnTypes.int32())),
                    array("LongPrimitive", ColumnTypes.list(ColumnTypes.int64())),
                    array("FloatPrimitive", ColumnTypes.list(ColumnTypes.float32())),
                    array("DoublePrimitive", ColumnTypes.list(ColumnTypes.float64())),
                    array("String", ColumnTypes.list(ColumnTypes.string())),
                    entry(
                            "org.apache.flink.table.runtime.typeutils.StringDataSerializer",
                            new Simple(ColumnTypes.utf8(), -1)),
                    entry(
                            "org.apache.flink.runtime.state.VoidNamespaceSerializer",
                            new Simple(ColumnTypes.nothing(), 0)),
                    entry(
                            "org.apache.flink.streaming.api.windowing.windows"
                                    + ".GlobalWindow$Serializer",
                            new Simple(ColumnTypes.nothing(), 1)),
                    entry(
                            "org.apache.flink.streaming.api.windowing.windows"
                                    + ".TimeWindow$Serializer",
                            new Simple(
                                    ColumnTypes.struct(
                                            List.of("start", "end"),
                                            List.of(ColumnTypes.int64(), ColumnTypes.int64())),
                                    16)));

    private SimpleSerializers() {}

    private static Map.Entry<String, Simple> base(String name, ColumnType type, int length) {
        return entry(BASE + name + "Serializer", new Simple(type, length));
    }

    private static Map.Entry<String, Simple> array(String name, ColumnType type) {
        return entry(ARRAYS + name + "ArraySerializer", new Simple(type, -1));
    }

    /** Null if the snapshot is not of one of them. */
    static @Nullable Simple of(String snapshotClass) {
        int end = snapshotClass.lastIndexOf('$');
        return end < 0 ? null : ALL.get(snapshotClass.substring(0, end));
    }
}
