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
package io.flinklsm.inspect.sql;

import io.flinklsm.inspect.arrow.ArrowColumns;
import io.flinklsm.inspect.merge.EntryDecoder.MapEntry;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Array;
import java.sql.Blob;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Struct;
import java.sql.Timestamp;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.types.pojo.Field;
import org.duckdb.DuckDBStruct;
import org.jspecify.annotations.Nullable;

/** Values of a result as the plain values that the rest of the tool prints: those of a decoder. */
final class SqlValues {

    /** Years that no microseconds since 1970 reach; the engine's infinities are there. */
    private static final int LAST_YEAR = 294_246;

    private SqlValues() {}

    /**
     * @param field what the column comes from, if it is known: it tells instants from local times
     */
    static @Nullable Object at(
            ResultSet rows, int column, boolean isTimestamp, @Nullable Field field)
            throws SQLException {
        if (isTimestamp) {
            LocalDateTime time = rows.getObject(column, LocalDateTime.class);
            return time == null ? null : text(time, field);
        }
        return plain(rows.getObject(column), field);
    }

    private static @Nullable Object plain(@Nullable Object value, @Nullable Field field)
            throws SQLException {
        if (value instanceof Byte || value instanceof Short) {
            return ((Number) value).intValue();
        } else if (value instanceof BigInteger number) {
            return new BigDecimal(number);
        } else if (value instanceof Blob blob) {
            return blob.getBytes(1, Math.toIntExact(blob.length()));
        } else if (value instanceof Timestamp time) {
            return text(time.toLocalDateTime(), field);
        } else if (value instanceof OffsetDateTime time) {
            String text = text(time.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime(), null);
            return text.endsWith("infinity") ? text : text + "Z";
        } else if (value instanceof LocalTime time) {
            return DateTimeFormatter.ISO_LOCAL_TIME.format(time);
        } else if (value instanceof DuckDBStruct struct) {
            return fields(struct.getMap(), field);
        } else if (value instanceof Struct struct) {
            return list(struct.getAttributes(), null);
        } else if (value instanceof Array array) {
            return list((Object[]) array.getArray(), child(field, 0));
        } else if (value instanceof Map<?, ?> map) {
            Field ofEntries = child(field, 0);
            Field ofKeys = child(ofEntries, 0);
            Field ofValues = child(ofEntries, 1);
            List<@Nullable Object> entries = new ArrayList<>();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                entries.add(
                        new MapEntry(
                                plain(entry.getKey(), ofKeys), plain(entry.getValue(), ofValues)));
            }
            return entries;
        } else if (value == null || value instanceof Number || value instanceof Boolean) {
            return value;
        }
        return value.toString();
    }

    private static @Nullable Field child(@Nullable Field field, int index) {
        return field == null ? null : field.getChildren().get(index);
    }

    private static List<@Nullable Object> list(
            @Nullable Object[] elements, @Nullable Field ofElements) throws SQLException {
        List<@Nullable Object> list = new ArrayList<>();
        for (Object element : elements) {
            list.add(plain(element, ofElements));
        }
        return list;
    }

    private static Map<String, @Nullable Object> fields(
            Map<String, Object> struct, @Nullable Field ofStruct) throws SQLException {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        for (Map.Entry<String, Object> field : struct.entrySet()) {
            // The engine keeps the fields in their order.
            Field of = child(ofStruct, fields.size());
            fields.put(field.getKey(), plain(field.getValue(), of));
        }
        return fields;
    }

    /** ISO-8601. */
    private static String text(LocalDateTime time, @Nullable Field field) {
        if (Math.abs((long) time.getYear()) > LAST_YEAR) {
            return time.getYear() > 0 ? "infinity" : "-infinity";
        }
        String text = DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(time);
        return field != null && ArrowColumns.isInstant(field) ? text + "Z" : text;
    }
}
