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

import io.flinklsm.core.columns.sql.SqlType;
import io.flinklsm.core.columns.sql.SqlTypes;
import java.util.List;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DistinctType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/** The types of Flink SQL as they stand in its binary rows. */
final class LogicalTypes {

    private LogicalTypes() {}

    /**
     * @throws IllegalArgumentException if the type has no binary form that is known
     */
    static SqlType of(LogicalType type) {
        return switch (type.getTypeRoot()) {
            case BOOLEAN -> SqlTypes.bool();
            case TINYINT -> SqlTypes.int8();
            case SMALLINT -> SqlTypes.int16();
            case INTEGER, INTERVAL_YEAR_MONTH -> SqlTypes.int32();
            case BIGINT, INTERVAL_DAY_TIME -> SqlTypes.int64();
            case FLOAT -> SqlTypes.float32();
            case DOUBLE -> SqlTypes.float64();
            case CHAR, VARCHAR -> SqlTypes.string();
            case BINARY, VARBINARY -> SqlTypes.bytes();
            case DECIMAL -> {
                DecimalType decimal = (DecimalType) type;
                yield SqlTypes.decimal(decimal.getPrecision(), decimal.getScale());
            }
            case DATE -> SqlTypes.date();
            case TIME_WITHOUT_TIME_ZONE -> SqlTypes.time();
            case TIMESTAMP_WITHOUT_TIME_ZONE -> SqlTypes.timestamp(precision(type), false);
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> SqlTypes.timestamp(precision(type), true);
            case ARRAY -> SqlTypes.array(of(((ArrayType) type).getElementType()));
            case MULTISET ->
                    SqlTypes.map(of(((MultisetType) type).getElementType()), SqlTypes.int32());
            case MAP -> {
                MapType map = (MapType) type;
                yield SqlTypes.map(of(map.getKeyType()), of(map.getValueType()));
            }
            case ROW, STRUCTURED_TYPE -> {
                List<SqlType> fields = type.getChildren().stream().map(LogicalTypes::of).toList();
                yield SqlTypes.row(LogicalTypeChecks.getFieldNames(type), fields);
            }
            case DISTINCT_TYPE -> of(((DistinctType) type).getSourceType());
            case RAW, VARIANT, BITMAP -> SqlTypes.raw();
            default ->
                    throw new IllegalArgumentException(
                            "a type without a known binary form: type=" + type.asSummaryString());
        };
    }

    static int precision(LogicalType type) {
        return LogicalTypeChecks.getPrecision(type);
    }
}
