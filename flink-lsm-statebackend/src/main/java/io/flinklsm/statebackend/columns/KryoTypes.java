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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryBinding;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import io.flinklsm.core.columns.leaf.KryoCodec.Form;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.LeafCursor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.java.typeutils.runtime.kryo.KryoSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Classes of the JDK that Flink gives to Kryo and whose form is known. Which number Kryo gives a
 * class depends on what a job registers, and a job may register a serializer of its own for it; so
 * the serializer is asked what it writes for samples, and believed only if each is a constant and
 * the known form.
 */
final class KryoTypes {

    /**
     * @param byteCount of the value in the known form, behind its class
     * @param column what must stand in the column: a string or a number
     */
    private record Sample(Object value, int byteCount, Object column) {}

    private record Known(Form form, List<Sample> samples) {}

    private static final Map<Class<?>, Known> KNOWN =
            Map.of(
                    UUID.class,
                    new Known(
                            Form.UUID,
                            List.of(
                                    id("01020304-0506-0708-090a-0b0c0d0e0f10"),
                                    id("ffffffff-ffff-ffff-0000-000000000000"))),
                    LocalDate.class,
                    new Known(
                            Form.LOCAL_DATE,
                            List.of(
                                    day(LocalDate.of(2026, 11, 29), 4),
                                    day(LocalDate.of(1, 2, 3), 3))),
                    LocalTime.class,
                    new Known(
                            Form.LOCAL_TIME,
                            List.of(
                                    time(LocalTime.of(13, 0), 1),
                                    time(LocalTime.of(1, 2), 2),
                                    time(LocalTime.of(1, 2, 3), 3),
                                    time(LocalTime.of(1, 2, 3, 300), 5))),
                    LocalDateTime.class,
                    new Known(
                            Form.LOCAL_DATE_TIME,
                            List.of(
                                    instant(LocalDateTime.of(2026, 11, 29, 0, 0), 5),
                                    instant(LocalDateTime.of(1999, 2, 3, 4, 5, 6, 7), 8))));

    private KryoTypes() {}

    private static Sample id(String text) {
        return new Sample(UUID.fromString(text), 16, text);
    }

    private static Sample day(LocalDate day, int byteCount) {
        return new Sample(day, byteCount, day.toEpochDay());
    }

    private static Sample time(LocalTime time, int byteCount) {
        return new Sample(time, byteCount, time.toNanoOfDay());
    }

    private static Sample instant(LocalDateTime time, int byteCount) {
        long seconds = time.toEpochSecond(ZoneOffset.UTC);
        return new Sample(time, byteCount, seconds * 1_000_000_000 + time.getNano());
    }

    /** The type, null if the class or what is written for it is not known. */
    static @Nullable ColumnType of(KryoSerializer<?> serializer)
            throws ReflectiveOperationException {
        Object type = SerializerParts.get(serializer, KryoSerializer.class, "type");
        Known known = type instanceof Class<?> key ? KNOWN.get(key) : null;
        if (known == null) {
            return null;
        }
        try {
            return asked(serializer.duplicate(), known);
        } catch (IOException e) {
            return null;
        }
    }

    private static @Nullable ColumnType asked(KryoSerializer<?> own, Known known)
            throws IOException {
        byte[] prefix = null;
        ColumnType found = null;
        for (Sample sample : known.samples()) {
            byte[] bytes = bytes(own, sample.value());
            int prefixBytes = bytes.length - sample.byteCount();
            if (prefix == null) {
                if (prefixBytes <= 0 || bytes[0] == 0) {
                    return null;
                }
                prefix = Arrays.copyOf(bytes, prefixBytes);
                found = ColumnTypes.kryo(prefix, known.form());
            }
            if (found == null || !sample.column().equals(column(found, bytes))) {
                return null;
            }
        }
        return found;
    }

    /** What stands in the column of a value; null if the value is not typed. */
    private static @Nullable Object column(ColumnType type, byte[] value) {
        EntryBinding binding =
                new EntryBinding(
                        new EntryColumns(
                                StateKind.VALUE,
                                0,
                                false,
                                ColumnTypes.nothing(),
                                ColumnTypes.nothing(),
                                null,
                                type));
        if (!binding.addValue(new Slice(value))) {
            return null;
        }
        Leaf leaf = binding.valueLeaves().get(0);
        LeafCursor cursor = leaf.cursor();
        cursor.setBuffer(leaf.buffer(), 1);
        cursor.seekRow(0);
        return switch (leaf.column().physical()) {
            case BYTES ->
                    new String(
                            cursor.bytes(),
                            cursor.bytesFrom(),
                            cursor.bytesLength(),
                            StandardCharsets.ISO_8859_1);
            case INT32 -> (long) cursor.intValue();
            default -> cursor.longValue();
        };
    }

    @SuppressWarnings("unchecked")
    private static <T> byte[] bytes(TypeSerializer<T> serializer, Object value) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize((T) value, out);
        return out.getCopyOfBuffer();
    }
}
