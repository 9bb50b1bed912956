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
package io.flinklsm.inspect.merge;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Decoded values as text for people, and as JSON. */
public final class ValueText {

    private ValueText() {}

    /**
     * Scalars as they are, bytes as {@code 0x…}, {@code [a, b]}, {@code {name: value}}; null is
     * {@code null}.
     */
    public static String of(@Nullable Object value) {
        StringBuilder text = new StringBuilder();
        append(value, text);
        return text.toString();
    }

    private static void append(@Nullable Object value, StringBuilder text) {
        if (value instanceof byte[] bytes) {
            text.append("0x").append(HexFormat.of().formatHex(bytes));
        } else if (value instanceof List<?> list) {
            boolean map = !list.isEmpty() && list.get(0) instanceof EntryDecoder.MapEntry;
            text.append(map ? '{' : '[');
            for (int i = 0; i < list.size(); i++) {
                text.append(i == 0 ? "" : ", ");
                append(list.get(i), text);
            }
            text.append(map ? '}' : ']');
        } else if (value instanceof EntryDecoder.MapEntry entry) {
            append(entry.key(), text);
            text.append(": ");
            append(entry.value(), text);
        } else if (value instanceof Map<?, ?> map) {
            String gap = "{";
            for (Map.Entry<?, ?> field : map.entrySet()) {
                text.append(gap).append(field.getKey()).append(": ");
                append(field.getValue(), text);
                gap = ", ";
            }
            text.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof BigDecimal decimal) {
            text.append(decimal.toPlainString());
        } else {
            text.append(value);
        }
    }

    /** Maps become arrays of {@code {"key": …, "value": …}}; bytes become hexadecimal text. */
    public static void write(@Nullable Object value, JsonGenerator json) throws IOException {
        if (value == null) {
            json.writeNull();
        } else if (value instanceof byte[] bytes) {
            json.writeString(HexFormat.of().formatHex(bytes));
        } else if (value instanceof List<?> list) {
            json.writeStartArray();
            for (Object element : list) {
                write(element, json);
            }
            json.writeEndArray();
        } else if (value instanceof EntryDecoder.MapEntry entry) {
            json.writeStartObject();
            json.writeFieldName("key");
            write(entry.key(), json);
            json.writeFieldName("value");
            write(entry.value(), json);
            json.writeEndObject();
        } else if (value instanceof Map<?, ?> map) {
            json.writeStartObject();
            for (Map.Entry<?, ?> field : map.entrySet()) {
                json.writeFieldName(String.valueOf(field.getKey()));
                write(field.getValue(), json);
            }
            json.writeEndObject();
        } else if (value instanceof Boolean bool) {
            json.writeBoolean(bool);
        } else if (value instanceof Integer number) {
            json.writeNumber(number);
        } else if (value instanceof Long number) {
            json.writeNumber(number);
        } else if (value instanceof Float number) {
            json.writeNumber(number);
        } else if (value instanceof Double number) {
            json.writeNumber(number);
        } else if (value instanceof BigDecimal number) {
            json.writeNumber(number);
        } else {
            json.writeString(String.valueOf(value));
        }
    }
}
