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
package io.flinklsm.inspect.command;

import com.fasterxml.jackson.core.JsonGenerator;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.inspect.merge.EntryDecoder;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.merge.StateCursor;
import io.flinklsm.inspect.merge.TimerText;
import io.flinklsm.inspect.merge.ValueText;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.Table;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Entries of one state for people, or as JSON: decoded where the footer says how, in hexadecimal
 * digits where it does not. Confined to one thread.
 */
final class EntryPrinter {

    /** Rows of which the widths of a table are found; more would not fit into memory. */
    private static final int BATCH = 1000;

    private static final int SHOWN_BYTES = 48;

    private static final String RAW_KEY = "key (bytes)";
    private static final String RAW_VALUE = "value (bytes)";

    /** Of a timer. */
    private static final String TIME_COLUMN = "timestamp";

    private final MergedState state;
    private final int keyGroupBytes;

    EntryPrinter(MergedState state) {
        this.state = state;
        EntryColumns columns = state.columns();
        this.keyGroupBytes =
                columns == null ? state.view().keyGroupBytes() : columns.keyGroupBytes();
    }

    /**
     * A decoded entry.
     *
     * @param key columns of the key; empty if it stays bytes
     * @param value columns of the value; null if it stays bytes
     */
    record Decoded(
            int keyGroup,
            OwnedSlice keyBytes,
            Map<String, @Nullable Object> key,
            @Nullable Map<String, @Nullable Object> value,
            OwnedSlice valueBytes) {

        /** The key's own column as text; hexadecimal digits if it stays bytes. */
        String keyText() {
            Object own = key.get(EntryColumns.KEY_COLUMN);
            // The element of a queue of timers has the key inside.
            if (own instanceof Map<?, ?> element && element.containsKey(EntryColumns.KEY_COLUMN)) {
                own = element.get(EntryColumns.KEY_COLUMN);
            }
            return own == null && key.isEmpty() ? KeyGroups.hex(keyBytes) : ValueText.of(own);
        }

        @Nullable String column(String name) {
            return key.containsKey(name) ? ValueText.of(key.get(name)) : null;
        }
    }

    private Decoded decode(StateCursor cursor) throws IOException {
        EntryDecoder decoder = cursor.decoder();
        return decode(
                cursor,
                decoder == null ? null : decoder.value(cursor.value()),
                cursor.value().toOwned());
    }

    private Decoded decode(
            StateCursor cursor, @Nullable Map<String, @Nullable Object> value, OwnedSlice bytes)
            throws IOException {
        EntryDecoder decoder = cursor.decoder();
        OwnedSlice key = cursor.key().toOwned();
        return new Decoded(
                keyGroupBytes == 0 ? -1 : KeyGroups.of(key, keyGroupBytes),
                key,
                decoder == null ? Map.of() : decoder.key(cursor.key()),
                value,
                bytes);
    }

    /**
     * Entries that pass the filter, up to the limit.
     *
     * @param count how many were given
     * @param hasMore whether the limit cut the rest off
     */
    record Printed(long count, boolean hasMore) {}

    /** What to do with each entry. */
    private interface Sink {
        void accept(Decoded entry) throws IOException;
    }

    /**
     * @param limit 0 for none
     * @param tick called for every entry, printed or not
     */
    private Printed forEach(
            StateCursor cursor, Predicate<Decoded> filter, long limit, Runnable tick, Sink sink)
            throws IOException {
        long count = 0;
        while (cursor.next()) {
            tick.run();
            Decoded entry = decode(cursor);
            if (!filter.test(entry)) {
                continue;
            }
            if (limit > 0 && count == limit) {
                return new Printed(count, true);
            }
            sink.accept(entry);
            count++;
        }
        return new Printed(count, false);
    }

    /**
     * Counts entries by their keys alone.
     *
     * @param keys whose values say nothing
     * @param filter null if all of them pass: then none is taken apart
     */
    long count(StateCursor keys, @Nullable Predicate<Decoded> filter, Runnable tick)
            throws IOException {
        long count = 0;
        while (keys.next()) {
            tick.run();
            if (filter == null || filter.test(decode(keys, null, OwnedSlice.EMPTY))) {
                count++;
            }
        }
        return count;
    }

    // ------------------------------------------------------------------------------------ tables

    Printed printTables(
            StateCursor cursor, Predicate<Decoded> filter, long limit, Runnable tick, Console to)
            throws IOException {
        List<Decoded> batch = new ArrayList<>();
        Printed printed =
                forEach(
                        cursor,
                        filter,
                        limit,
                        tick,
                        entry -> {
                            batch.add(entry);
                            if (batch.size() == BATCH) {
                                printBatch(batch, to);
                            }
                        });
        if (!batch.isEmpty()) {
            printBatch(batch, to);
        }
        return printed;
    }

    private void printBatch(List<Decoded> batch, Console to) {
        Set<String> keys = new LinkedHashSet<>();
        Set<String> values = new LinkedHashSet<>();
        for (Decoded entry : batch) {
            keys.addAll(entry.key().isEmpty() ? Set.of(RAW_KEY) : entry.key().keySet());
            if (entry.value() != null) {
                values.addAll(entry.value().keySet());
            } else if (!state.view().isQueue()) {
                values.add(RAW_VALUE);
            }
        }
        Table table = new Table().right("key group");
        keys.forEach(table::name);
        values.forEach(table::left);
        for (Decoded entry : batch) {
            List<String> row = new ArrayList<>();
            row.add(entry.keyGroup() < 0 ? "-" : Integer.toString(entry.keyGroup()));
            for (String column : keys) {
                row.add(keyCell(entry, column));
            }
            for (String column : values) {
                row.add(valueCell(entry, column));
            }
            table.row(row.toArray());
        }
        table.print(to);
        batch.clear();
    }

    private String keyCell(Decoded entry, String column) {
        if (column.equals(RAW_KEY)) {
            return entry.key().isEmpty() ? hex(entry.keyBytes()) : "";
        }
        if (state.view().isQueue()
                && column.equals(TIME_COLUMN)
                && entry.key().get(column) instanceof Long time) {
            return TimerText.of(time);
        }
        return entry.key().containsKey(column) ? ValueText.of(entry.key().get(column)) : "";
    }

    private static String valueCell(Decoded entry, String column) {
        Map<String, @Nullable Object> value = entry.value();
        if (column.equals(RAW_VALUE)) {
            return value == null ? hex(entry.valueBytes()) : "";
        }
        return value != null && value.containsKey(column) ? ValueText.of(value.get(column)) : "";
    }

    private static String hex(OwnedSlice bytes) {
        if (bytes.length() <= SHOWN_BYTES) {
            return "0x" + KeyGroups.hex(bytes);
        }
        String head = HexFormat.of().formatHex(bytes.toBytes(), 0, SHOWN_BYTES);
        return "0x" + head + "… (" + bytes.length() + " bytes)";
    }

    // -------------------------------------------------------------------------------------- JSON

    /** Writes the fields {@code entries} and {@code has_more}. */
    Printed writeJson(
            StateCursor cursor,
            Predicate<Decoded> filter,
            long limit,
            Runnable tick,
            JsonGenerator json)
            throws IOException {
        json.writeArrayFieldStart("entries");
        Printed printed = forEach(cursor, filter, limit, tick, entry -> write(entry, json));
        json.writeEndArray();
        json.writeBooleanField("has_more", printed.hasMore());
        return printed;
    }

    private static void write(Decoded entry, JsonGenerator json) throws IOException {
        json.writeStartObject();
        if (entry.keyGroup() >= 0) {
            json.writeNumberField("key_group", entry.keyGroup());
        }
        for (Map.Entry<String, @Nullable Object> column : entry.key().entrySet()) {
            json.writeFieldName(column.getKey());
            ValueText.write(column.getValue(), json);
        }
        json.writeStringField("key_hex", KeyGroups.hex(entry.keyBytes()));
        Map<String, @Nullable Object> value = entry.value();
        if (value == null) {
            if (entry.valueBytes().length() > 0) {
                json.writeStringField("value_hex", KeyGroups.hex(entry.valueBytes()));
            }
        } else {
            for (Map.Entry<String, @Nullable Object> column : value.entrySet()) {
                json.writeFieldName(column.getKey());
                ValueText.write(column.getValue(), json);
            }
        }
        json.writeEndObject();
    }
}
