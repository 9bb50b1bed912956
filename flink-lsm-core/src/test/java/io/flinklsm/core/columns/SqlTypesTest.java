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
package io.flinklsm.core.columns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.sql.SqlType;
import io.flinklsm.core.columns.sql.SqlTypes;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Against bytes that are written here by the format's rules; Flink's own come in another module.
 */
final class SqlTypesTest {

    private static final ColumnType FLAT =
            ColumnTypes.sql(
                    SqlTypes.row(
                            List.of("i", "s", "d", "t"),
                            List.of(
                                    SqlTypes.int32(),
                                    SqlTypes.string(),
                                    SqlTypes.decimal(20, 2),
                                    SqlTypes.timestamp(6, false))));

    private static final ColumnType NESTED =
            ColumnTypes.sql(
                    SqlTypes.row(
                            List.of("r", "a", "m", "b"),
                            List.of(
                                    SqlTypes.row(
                                            List.of("x", "y"),
                                            List.of(SqlTypes.bool(), SqlTypes.string())),
                                    SqlTypes.array(SqlTypes.array(SqlTypes.int16())),
                                    SqlTypes.map(SqlTypes.string(), SqlTypes.int64()),
                                    SqlTypes.raw())));

    @Test
    void aRowComesBackToTheByte() {
        List<byte[]> rows =
                List.of(
                        sized(flatRow(7, "a string that stands behind", "123456789012345678901")),
                        sized(flatRow(-1, "short", "-5")),
                        sized(flatRow(Integer.MIN_VALUE, "", "99999999999999999999")),
                        sized(row(null, null, null, null)));

        // The first decimal has a digit too many.
        assertThat(RoundTrip.check(FLAT, rows)).containsExactly(false, true, true, true);
        RoundTrip.fuzz(FLAT, rows, 7, 30_000);
    }

    @Test
    void whatIsNestedComesBackToTheByte() {
        List<byte[]> rows =
                List.of(
                        sized(
                                row(
                                        part(row(place(1), inPlace("ab"))),
                                        part(
                                                elements(
                                                        8,
                                                        part(elements(2, shorts(3), null)),
                                                        null,
                                                        part(elements(2)))),
                                        part(
                                                map(
                                                        elements(8, inPlace("k"), inPlace("")),
                                                        elements(8, place(5), null))),
                                        part(new byte[0]))),
                        sized(row(null, part(elements(8)), null, part(new byte[] {1, 2, 3}))),
                        sized(
                                row(
                                        part(row(null, null)),
                                        null,
                                        part(map(elements(8), elements(8))),
                                        null)));

        assertThat(RoundTrip.check(NESTED, rows)).containsOnly(true);
        RoundTrip.fuzz(NESTED, rows, 11, 30_000);
    }

    @Test
    void everyDamagedByteIsRefusedOrComesBack() {
        byte[] row = sized(flatRow(7, "twelve bytes", "-12345678901234567890"));
        List<byte[]> damaged = new ArrayList<>();
        for (int i = 0; i < row.length; i++) {
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                byte[] copy = row.clone();
                copy[i] ^= (byte) (1 << bit);
                damaged.add(copy);
            }
        }

        List<Boolean> typed = RoundTrip.check(FLAT, damaged);

        assertThat(typed).contains(true).contains(false);
    }

    @Test
    void aRowThatIsNoInsertIsNotTyped() {
        byte[] row = sized(flatRow(7, "a", "1"));
        row[Integer.BYTES] = 3;

        assertThat(RoundTrip.check(FLAT, List.of(row))).containsExactly(false);
    }

    @Test
    void nullsInOtherPlacesThanFlinksAreNotTyped() {
        byte[] garbageUnderNull = sized(row(place(0), null, null, null));
        garbageUnderNull[Integer.BYTES + 1] |= 0b1111;
        garbageUnderNull[Integer.BYTES + 8] = 1;
        byte[] bitBehindTheLastField = sized(row(place(0), null, null, null));
        bitBehindTheLastField[Integer.BYTES + 2] |= 1;

        assertThat(RoundTrip.check(FLAT, List.of(garbageUnderNull, bitBehindTheLastField)))
                .containsExactly(false, false);
    }

    @Test
    void manyFieldsHaveSeveralWordsOfBits() {
        for (int fields : new int[] {1, 55, 56, 57, 64, 119, 120, 121, 200}) {
            List<String> names = new ArrayList<>();
            List<SqlType> types = new ArrayList<>();
            Object[] values = new Object[fields];
            for (int i = 0; i < fields; i++) {
                names.add("f" + i);
                types.add(SqlTypes.int64());
                values[i] = i % 3 == 0 ? null : place(i);
            }
            ColumnType type = ColumnTypes.sql(SqlTypes.row(names, types));

            assertThat(RoundTrip.check(type, List.of(sized(row(values))))).containsExactly(true);
            RoundTrip.fuzz(type, List.of(sized(row(values))), fields, 200);
        }
    }

    @Test
    void valuesThatStandAloneComeBackToTheByte() {
        ColumnType text = ColumnTypes.utf8();
        List<byte[]> texts =
                List.of(
                        sized(utf8("")),
                        sized(utf8("aä€😀")),
                        sized(bytes(0xED, 0xA0, 0x80)),
                        sized(bytes(0xC0, 0x80)),
                        sized(bytes(0xF4, 0x90, 0x80, 0x80)));
        assertThat(RoundTrip.check(text, texts)).containsExactly(true, true, false, false, false);
        RoundTrip.fuzz(text, texts, 1, 20_000);

        ColumnType decimal = ColumnTypes.unscaled(38, 10);
        BigInteger limit = BigInteger.TEN.pow(38);
        List<byte[]> decimals =
                List.of(
                        sized(limit.subtract(BigInteger.ONE).toByteArray()),
                        sized(limit.subtract(BigInteger.ONE).negate().toByteArray()),
                        sized(bytes(0)),
                        sized(limit.toByteArray()),
                        sized(limit.negate().toByteArray()),
                        sized(BigInteger.ONE.shiftLeft(127).negate().toByteArray()),
                        sized(bytes(0, 1)),
                        sized(bytes(0xFF, 0x80)));
        assertThat(RoundTrip.check(decimal, decimals))
                .containsExactly(true, true, true, false, false, false, false, false);
        RoundTrip.fuzz(decimal, decimals, 2, 20_000);

        ColumnType compact = ColumnTypes.unscaled(4, 2);
        assertThat(RoundTrip.check(compact, List.of(longs(9999), longs(-9999), longs(10_000))))
                .containsExactly(true, true, false);

        ColumnType nanos = ColumnTypes.millisAndNanos(9, true);
        List<byte[]> times =
                List.of(
                        stamp(-1, 999_999),
                        stamp(1_700_000_000_000L, 1),
                        stamp(0, 1_000_000),
                        stamp(Long.MAX_VALUE, 0));
        assertThat(RoundTrip.check(nanos, times)).containsExactly(true, true, false, false);
        RoundTrip.fuzz(nanos, times, 3, 20_000);
        assertThat(
                        RoundTrip.check(
                                ColumnTypes.millisAndNanos(6, true),
                                List.of(stamp(-1, 999_000), stamp(-1, 999_001))))
                .containsExactly(true, false);
        assertThat(
                        RoundTrip.check(
                                ColumnTypes.millisAndNanos(0, true),
                                List.of(longs(-1), longs(Long.MIN_VALUE))))
                .containsExactly(true, false);
    }

    @Test
    void aKeyWithoutFieldsIsAConstant() {
        EntryColumns columns =
                new EntryColumns(
                        StateKind.VALUE,
                        1,
                        false,
                        ColumnTypes.sql(SqlTypes.row(List.of(), List.of())),
                        ColumnTypes.sql(SqlTypes.row(List.of("w"), List.of(SqlTypes.int64()))),
                        null,
                        ColumnTypes.int32());
        EntryBinding binding = new EntryBinding(EntryColumns.parse(columns.toString()));
        ByteArrayOutputStream key = new ByteArrayOutputStream();
        key.write(3);
        key.writeBytes(sized(row()));
        key.writeBytes(sized(row(place(42))));

        binding.addKey(new io.flinklsm.core.bytes.Slice(key.toByteArray()));

        LeafCursor cursor = binding.keyLeaves().get(0).cursor();
        cursor.setBuffer(binding.keyLeaves().get(0).buffer(), 1);
        cursor.seekRow(0);
        assertThat(cursor.column().path()).containsExactly("namespace", "w");
        assertThat(cursor.longValue()).isEqualTo(42);
    }

    @Test
    void textsOfWhatCannotBeAreRefused() {
        assertThatThrownBy(() -> ColumnType.parse("sql(int32)")).hasMessageContaining("alone");
        assertThatThrownBy(() -> ColumnType.parse("sql(row(\"f\":row))"))
                .hasMessageContaining("alone");
        assertThatThrownBy(() -> ColumnType.parse("sql(row(\"f\":list(int32)))"))
                .hasMessageContaining("unknown");
        assertThatThrownBy(() -> ColumnType.parse("sql(array(decimal[\"39\",\"0\"]))"))
                .hasMessageContaining("out of range");
        assertThatThrownBy(() -> ColumnType.parse("sql(array(decimal[\"9\",\"10\"]))"))
                .hasMessageContaining("out of range");
    }

    /** A part behind the places, sized as it is. */
    private record Part(byte[] bytes, int size, long low) {}

    private static byte[] flatRow(int number, String text, String decimal) {
        byte[] unscaled = new BigInteger(decimal).toByteArray();
        byte[] sixteen = java.util.Arrays.copyOf(unscaled, 16);
        return row(
                place(number & 0xFFFF_FFFFL),
                text.length() <= 7 ? inPlace(text) : part(utf8(text)),
                new Part(sixteen, 16, unscaled.length),
                new Part(
                        ByteBuffer.allocate(8)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .putLong(-86_400_001L)
                                .array(),
                        8,
                        123_000));
    }

    private static Part part(byte[] bytes) {
        return new Part(bytes, bytes.length, bytes.length);
    }

    private static Long place(long value) {
        return value;
    }

    private static Long inPlace(String text) {
        long place = (0x80L | text.length()) << 56;
        for (int i = 0; i < text.length(); i++) {
            place |= (long) text.charAt(i) << (8 * i);
        }
        return place;
    }

    private static Long shorts(int value) {
        return (long) value;
    }

    /** Fields are null, a {@code Long} for the place, or a part. */
    private static byte[] row(Object... fields) {
        int places = (fields.length + 8 + 63) / 64 * 8;
        return write(places, 8, places + 8 * fields.length, 8, fields);
    }

    private static byte[] elements(int width, Object... elements) {
        int places = 4 + (elements.length + 31) / 32 * 4;
        int fixed = (places + width * elements.length + 7) / 8 * 8;
        byte[] bytes = write(places, width, fixed, 32, elements);
        bytes[0] = (byte) elements.length;
        return bytes;
    }

    private static byte[] map(byte[] keys, byte[] values) {
        return ByteBuffer.allocate(4 + keys.length + values.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(keys.length)
                .put(keys)
                .put(values)
                .array();
    }

    private static byte[] write(
            int placesFrom, int width, int fixed, int firstBit, Object... values) {
        int size = fixed;
        for (Object value : values) {
            size += value instanceof Part part ? (part.size + 7) / 8 * 8 : 0;
        }
        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        int behind = fixed;
        for (int i = 0; i < values.length; i++) {
            int at = placesFrom + i * width;
            if (values[i] == null) {
                int bit = firstBit + i;
                out.put(bit / 8, (byte) (out.get(bit / 8) | 1 << bit % 8));
            } else if (values[i] instanceof Part part) {
                out.putLong(at, (long) behind << 32 | part.low);
                out.put(behind, part.bytes);
                behind += (part.size + 7) / 8 * 8;
            } else if (width == 2) {
                out.putShort(at, ((Long) values[i]).shortValue());
            } else {
                out.putLong(at, (Long) values[i]);
            }
        }
        return out.array();
    }

    private static byte[] sized(byte[] bytes) {
        return ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes).array();
    }

    private static byte[] longs(long value) {
        return ByteBuffer.allocate(8).putLong(value).array();
    }

    private static byte[] stamp(long millis, int nanos) {
        return ByteBuffer.allocate(12).putLong(millis).putInt(nanos).array();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
