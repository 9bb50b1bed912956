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
package io.flinklsm.benchmarks;

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import io.flinklsm.core.columns.sql.SqlType;
import io.flinklsm.core.columns.sql.SqlTypes;
import io.flinklsm.statebackend.columns.SerializerTypes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * Entries of a value state as Flink's serializers write them, all but one made without Flink: keys
 * are key group, a long, and the void namespace; half of a value's content repeats, as state does.
 */
enum EntryShape {
    LONG("Long", ColumnTypes.int64()) {
        @Override
        void write(SplittableRandom random, ValueBuffer out) {
            out.appendLong(random.nextLong() >>> random.nextInt(40));
        }
    },
    STRING("String of 40", ColumnTypes.string()) {
        @Override
        void write(SplittableRandom random, ValueBuffer out) {
            string("https://example.org/item/" + digits(random, 15), out);
        }
    },
    POJO(
            "6-field POJO",
            ColumnTypes.pojo(
                    List.of("id", "count", "name", "price", "active", "seen"),
                    List.of(
                            ColumnTypes.int64(),
                            ColumnTypes.int32(),
                            ColumnTypes.string(),
                            ColumnTypes.float64(),
                            ColumnTypes.bool(),
                            ColumnTypes.int64()))) {
        @Override
        void write(SplittableRandom random, ValueBuffer out) {
            out.append((byte) 2);
            out.append((byte) 0).appendLong(random.nextInt(1 << 24));
            out.append((byte) 0).appendInt(random.nextInt(1000));
            out.append((byte) 0);
            string("customer-" + digits(random, 8), out);
            out.append((byte) 0)
                    .appendLong(Double.doubleToLongBits(random.nextInt(100_000) / 100.0));
            out.append((byte) 0).append((byte) random.nextInt(2));
            out.append((byte) 0).appendLong(1_700_000_000_000L + random.nextInt(1 << 30));
        }
    },
    ROW_DATA("10-field RowData", ColumnTypes.sql(rowType())) {
        @Override
        void write(SplittableRandom random, ValueBuffer out) {
            byte[] name = ("customer-" + digits(random, 8)).getBytes(StandardCharsets.UTF_8);
            byte[] page =
                    ("https://example.org/item/" + digits(random, 9))
                            .getBytes(StandardCharsets.UTF_8);
            int nameAt = 8 + 10 * 8;
            int pageAt = nameAt + padded(name.length);
            ByteBuffer row =
                    ByteBuffer.allocate(pageAt + padded(page.length))
                            .order(ByteOrder.LITTLE_ENDIAN);
            row.putLong(8, random.nextInt(1 << 24));
            row.putInt(16, random.nextInt(1000));
            row.putLong(24, (long) nameAt << 32 | name.length);
            row.putLong(32, Double.doubleToLongBits(random.nextInt(100_000) / 100.0));
            row.put(40, (byte) random.nextInt(2));
            row.putLong(48, 1_700_000_000_000L + random.nextInt(1 << 30));
            row.putLong(56, random.nextInt(100_000));
            row.putInt(64, 19_000 + random.nextInt(1000));
            row.putLong(72, (long) pageAt << 32 | page.length);
            row.putLong(80, random.nextInt(1 << 20));
            row.put(nameAt, name);
            row.put(pageAt, page);
            out.appendInt(row.capacity());
            out.append(row.array(), 0, row.capacity());
        }
    },
    KRYO_FIELD("Tuple of a Long and a TreeSet", SerializerTypes.ofValue(WithKryo.SERIALIZER)) {
        @Override
        void write(SplittableRandom random, ValueBuffer out) {
            TreeSet<Long> set = new TreeSet<>();
            for (int i = 0; i < 8; i++) {
                set.add(random.nextLong(1 << 20));
            }
            DataOutputSerializer bytes = new DataOutputSerializer(64);
            try {
                WithKryo.SERIALIZER.serialize(Tuple2.of(random.nextLong(1 << 24), set), bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            out.append(bytes.getSharedBuffer(), 0, bytes.length());
        }
    };

    /** A tuple with a field that Flink gives to Kryo. */
    private static final class WithKryo {
        static final TypeSerializer<Tuple2<Long, TreeSet<Long>>> SERIALIZER =
                TypeInformation.of(new TypeHint<Tuple2<Long, TreeSet<Long>>>() {})
                        .createSerializer(new SerializerConfigImpl());
    }

    private final String label;
    private final ColumnType type;

    EntryShape(String label, ColumnType type) {
        this.label = label;
        this.type = type;
    }

    String label() {
        return label;
    }

    EntryColumns columns() {
        return new EntryColumns(
                StateKind.VALUE, 1, false, ColumnTypes.int64(), ColumnTypes.nothing(), null, type);
    }

    /** Appends a value. */
    abstract void write(SplittableRandom random, ValueBuffer out);

    /** Writes the key with this number over the array; keys ascend with their numbers. */
    static void key(int number, byte[] key) {
        key[0] = (byte) (number >>> 14 & 0x7F);
        for (int i = 0; i < Integer.BYTES; i++) {
            key[8 - i] = (byte) (number >>> 8 * i);
        }
    }

    static final int KEY_BYTES = 10;

    private static SqlType rowType() {
        return SqlTypes.row(
                List.of(
                        "id", "count", "name", "price", "active", "seen", "amount", "day", "page",
                        "visits"),
                List.of(
                        SqlTypes.int64(),
                        SqlTypes.int32(),
                        SqlTypes.string(),
                        SqlTypes.float64(),
                        SqlTypes.bool(),
                        SqlTypes.timestamp(3, false),
                        SqlTypes.decimal(10, 2),
                        SqlTypes.date(),
                        SqlTypes.string(),
                        SqlTypes.int64()));
    }

    private static int padded(int byteCount) {
        return (byteCount + 7) / 8 * 8;
    }

    private static String digits(SplittableRandom random, int count) {
        StringBuilder digits = new StringBuilder();
        for (int i = 0; i < count; i++) {
            digits.append((char) ('0' + random.nextInt(10)));
        }
        return digits.toString();
    }

    private static void string(String ascii, ValueBuffer out) {
        out.append((byte) (ascii.length() + 1));
        byte[] bytes = ascii.getBytes(StandardCharsets.US_ASCII);
        out.append(bytes, 0, bytes.length);
    }
}
