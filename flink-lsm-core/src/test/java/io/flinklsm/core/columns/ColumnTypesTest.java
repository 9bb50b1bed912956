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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.columns.leaf.EndFinder;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.LeafBuffer;
import io.flinklsm.core.columns.leaf.LeafCursor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ColumnTypesTest {

    @Test
    void valuesOfAnyTypeComeBackToTheByte() throws IOException {
        for (long seed = 0; seed < 600; seed++) {
            Random random = new Random(seed);
            RandomTypes.Sample sample = new RandomTypes(random).next(3);
            List<byte[]> values = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                values.add(sample.bytes());
            }
            assertThat(RoundTrip.check(sample.type(), values))
                    .as("seed %s: %s", seed, sample.type())
                    .containsOnly(true);
            RoundTrip.fuzz(sample.type(), values, seed, 100);
        }
    }

    /** Values that stand one behind the other, as in files without lengths. */
    @Test
    void endsAreFoundByTheTypeAlone() throws IOException {
        for (long seed = 0; seed < 300; seed++) {
            RandomTypes.Sample sample = new RandomTypes(new Random(seed)).next(3);
            EndFinder ends = Objects.requireNonNull(sample.type().ends());
            byte[] first = sample.bytes();
            byte[] both = Arrays.copyOf(first, first.length + 20);
            byte[] second = sample.bytes();
            System.arraycopy(
                    second,
                    0,
                    both,
                    first.length,
                    Math.min(second.length, both.length - first.length));

            assertThat(ends.length(both, 0, both.length))
                    .as("seed %s: %s", seed, sample.type())
                    .isEqualTo(first.length);
            assertThat(ends.length(both, 0, first.length)).isEqualTo(first.length);
            for (int to = 0; to < Math.min(first.length, 100); to++) {
                assertThat(ends.length(both, 0, to)).as("to=%s", to).isEqualTo(-1);
            }
        }
        assertThat(Objects.requireNonNull(ColumnTypes.nothing().ends()).length(new byte[3], 1, 3))
                .isEqualTo(1);
        assertThat(ColumnTypes.opaque("S", "no reason").ends()).isNull();
        assertThat(ColumnTypes.delimited(ColumnTypes.int32()).ends()).isNull();
    }

    /** A state may get other types while files still have values of the ones before. */
    @Test
    void valuesOfOneTypeUnderAnotherAreRefusedOrComeBackToTheByte() throws IOException {
        for (long seed = 0; seed < 600; seed++) {
            RandomTypes types = new RandomTypes(new Random(seed));
            RandomTypes.Sample before = types.next(3);
            RandomTypes.Sample now = types.next(3);
            List<byte[]> values = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                values.add(i % 2 == 0 ? before.bytes() : now.bytes());
            }

            List<Boolean> typed = RoundTrip.check(now.type(), values);

            for (int i = 1; i < values.size(); i += 2) {
                assertThat(typed.get(i)).as("seed %s: %s", seed, now.type()).isTrue();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        // A flag, a mask or a tag that nobody writes.
        "boolean, 02",
        "'pojo(\"a\":int8)', 0400",
        "'pojo(\"a\":int8)', 020200",
        "'row[\"1\"](\"a\":int8)', 0107",
        "'either[\"1\",\"0\"](\"l\":int8,\"r\":int8)', 0207",
        "record(int8), 0207",
        "nullable(int8), 0107",
        "'nullable[\"1\"](int8)', 0107",
        // Nulls that are said twice, and keys that are null.
        "nullable(string), 0000",
        "'map(string,int8)', 00000001000007",
        // Numbers with more bytes than they need.
        "big-integer, 0000000600FF0001",
        "big-integer, 000000060000",
        "big-integer, 00000006FFFF",
        "big-integer, 00000004",
        "string, 820000",
        // Halves of surrogate pairs.
        "char, D800",
        "chars, 00000002DC00D800",
        "string-value, 0180B003",
        // Times that do not exist or that readers cannot show.
        "local-date, 000007E9021D",
        "local-date, 000027100101",
        "local-date, 0000000000000101",
        "local-date, 800000008001",
        "local-time, 18000000000000",
        "local-date-time, 000027100101000000000000",
        "instant, 000000000000000080000000",
        "instant, 7FFFFFFFFFFFFFFF00000000",
        "sql-timestamp, 000000000000000500000000",
        "date-millis, 7FFFFFFFFFFFFFFF",
        "'enum[\"A\"]', 00000001",
        // Counts of more than there is.
        "list(int8), 7FFFFFFF00",
        "bytes, FFFFFFFF",
        "delimited(int8), ''",
        // What Avro never writes: an end that is missing, a second block, a count that is too long.
        "block(int8), 0107",
        "block(int8), 0107010800",
        "block(int8), 8100",
        "block(int8), 81000700",
        "block(int8), FFFFFFFF0F",
        "'block-map(utf8,int8)', 01000000014107",
        "'union[\"0\"](\"a\":int8)', 0000000207",
        "'union[\"0\"](\"a\":int8)', FFFFFFFF",
        "'union(\"a\":int8,\"b\":int16)', 0000000207",
        "'union(\"a\":int8,\"b\":int16)', FFFFFFFF",
        "'fixed[\"4\"]', 000000",
        // Decimals with more bytes or digits than they have, and times that do not exist.
        "'decimal-bytes[\"4\",\"2\"]', 000000020001",
        "'decimal-bytes[\"4\",\"2\"]', 000000022710",
        "'decimal-bytes[\"4\",\"2\"]', 00000000",
        "'decimal-fixed[\"4\",\"2\",\"3\"]', 002710",
        "'decimal-fixed[\"4\",\"2\",\"3\"]', FFD8F0",
        "epoch-day, 7FFFFFFF",
        "millis-of-day, 05265C00",
        "micros-of-day, 000000141DD76000",
        "'epoch[\"3\",\"1\"]', 7FFFFFFFFFFFFFFF",
        "'epoch[\"9\",\"0\"]', 8000000000000000"
    })
    void bytesThatWouldNotComeBackAreRefused(String type, String hex) {
        byte[] value = HexFormat.of().parseHex(hex);

        assertThat(RoundTrip.check(ColumnType.parse(type), List.of(value))).containsExactly(false);
    }

    @ParameterizedTest
    @CsvSource({
        "string, 00",
        "big-integer, 00000000",
        "big-decimal, 00000000",
        "date-millis, 8000000000000000",
        "sql-timestamp, 800000000000000000000000",
        "instant, 800000000000000080000000",
        "local-date, 800000008000",
        "local-time, 80800080000000",
        "local-date-time, 80000000800080800080000000",
        "'pojo(\"a\":int8)', 01",
        "'nullable[\"3\"](int8)', 01000000"
    })
    void aNullIsANull(String text, String hex) {
        byte[] value = HexFormat.of().parseHex(hex);
        ColumnType type = ColumnType.parse(text);

        assertThat(RoundTrip.check(type, List.of(value))).containsExactly(true);
        // Also inside of others, where its column is optional for its sake alone.
        byte[] list = ByteBuffer.allocate(4 + value.length).putInt(1).put(value).array();
        assertThat(RoundTrip.check(ColumnTypes.list(type), List.of(list))).containsExactly(true);
    }

    @ParameterizedTest
    @CsvSource({
        "big-decimal, 0000000200000000, 1",
        "big-decimal, 000000050100000000, +1",
        "big-decimal, 0000000300000001, 1.0",
        "big-decimal, 000000058500000002, -1.23",
        "big-decimal, 000000050700000000, 7",
        "big-decimal, 0000000507FFFFFFFD, 7E+3",
        "big-integer, 00000001, 0",
        "big-integer, 0000000500, +0",
        "big-integer, 0000000D008000000000000000, 9223372036854775808",
        "'enum[\"A\",\"B\"]', 00000001, B",
        "char, 00E4, \u00e4",
        "chars, 000000020041D7FF, A\ud7ff"
    })
    void textColumnsShowTheValue(String type, String hex, String expected) {
        EntryBinding binding = new EntryBinding(RoundTrip.row(ColumnType.parse(type)));
        assertThat(binding.addValue(new Slice(HexFormat.of().parseHex(hex)))).isTrue();
        LeafBuffer buffer = binding.valueLeaves().get(0).buffer();

        assertThat(new String(buffer.data(), 0, buffer.dataLength(), StandardCharsets.UTF_8))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "date-millis, 0000000000000001, 1",
        "sql-timestamp, FFFFFFFFFFFFFFFF3B9AC9FF, -1",
        "instant, FFFFFFFFFFFFFFFF3B9AC9FF, -1",
        "local-date-time, 000007B2010200000000000007, 86400000000007",
        "local-time, 01000000000001, 3600000000001"
    })
    void timesCountFromTheEpoch(String type, String hex, long expected) {
        EntryBinding binding = new EntryBinding(RoundTrip.row(ColumnType.parse(type)));
        byte[] value = HexFormat.of().parseHex(hex);
        assertThat(binding.addValue(new Slice(value))).isTrue();
        LeafCursor cursor = binding.valueLeaves().get(0).cursor();
        cursor.setBuffer(binding.valueLeaves().get(0).buffer(), 1);
        cursor.seekRow(0);

        assertThat(cursor.longValue()).isEqualTo(expected);
    }

    @Test
    void timersStandBesideEachOtherAtTheRoot() {
        EntryColumns columns =
                queue(
                        ColumnTypes.timer(
                                ColumnTypes.int32(),
                                ColumnTypes.struct(
                                        List.of("start", "end"),
                                        List.of(ColumnTypes.int64(), ColumnTypes.int64()))));
        EntryBinding binding = new EntryBinding(EntryColumns.parse(columns.toString()));
        assertThat(paths(binding))
                .containsExactly("timestamp", "key", "namespace.start", "namespace.end");

        binding.addKey(
                new Slice(
                        ByteBuffer.allocate(30)
                                .putShort((short) 5)
                                .putLong(Long.MIN_VALUE + 77)
                                .putInt(9)
                                .putLong(1)
                                .putLong(Long.MAX_VALUE)
                                .array()));

        assertThat(firstLong(binding, 0)).isEqualTo(77);
        assertThat(firstLong(binding, 2)).isEqualTo(1);
        assertThat(firstLong(binding, 3)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aTimerShowsItsTimestampWhateverItsKeyIs() {
        ColumnType kryo = ColumnTypes.opaque("Kryo", "nobody knows");
        EntryBinding binding =
                new EntryBinding(queue(ColumnTypes.timer(kryo, ColumnTypes.nothing())));
        assertThat(paths(binding)).containsExactly("timestamp");

        binding.addKey(new Slice(ByteBuffer.allocate(13).putShort((short) 5).putLong(77).array()));

        assertThat(firstLong(binding, 0)).isEqualTo(77 ^ Long.MIN_VALUE);
    }

    private static EntryColumns queue(ColumnType element) {
        return new EntryColumns(
                StateKind.QUEUE, 2, false, element, ColumnTypes.nothing(), null, null);
    }

    private static List<String> paths(EntryBinding binding) {
        return binding.keyLeaves().stream()
                .map(leaf -> String.join(".", leaf.column().path()))
                .toList();
    }

    private static long firstLong(EntryBinding binding, int leaf) {
        Leaf column = binding.keyLeaves().get(leaf);
        column.cursor().setBuffer(column.buffer(), 1);
        column.cursor().seekRow(0);
        return column.cursor().longValue();
    }

    @Test
    void whatIsInsideAnotherTypeHasColumnsOrTheWholeIsOpaque() {
        ColumnType kryo = ColumnTypes.opaque("Kryo", "nobody knows");

        assertThat(ColumnTypes.list(kryo)).isEqualTo(kryo);
        assertThat(ColumnTypes.map(ColumnTypes.int8(), kryo)).isEqualTo(kryo);
        assertThat(ColumnTypes.ttl(ColumnTypes.delimited(ColumnTypes.int8())).toString())
                .startsWith("opaque");
    }

    @Test
    void theReasonNamesTheFieldThatKeepsACompositeBytes() {
        ColumnType kryo = ColumnTypes.opaque("Kryo", "says nothing");
        ColumnType inner =
                ColumnTypes.row(false, List.of("id", "b"), List.of(ColumnTypes.int8(), kryo));
        ColumnType outer =
                ColumnTypes.pojo(List.of("a", "c"), List.of(ColumnTypes.list(inner), kryo));

        assertThat(inner).isEqualTo(ColumnTypes.opaque("Kryo", "field b: says nothing"));
        assertThat(outer).isEqualTo(ColumnTypes.opaque("Kryo", "field a.b: says nothing"));
        assertThat(ColumnTypes.struct(List.of("\ud800"), List.of(kryo)))
                .isEqualTo(ColumnTypes.opaque("Kryo", "field \\ud800: says nothing"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "list(void)",
                "list(delimited(int8))",
                "struct(\"a\":opaque[\"a\",\"b\"])",
                "struct",
                "pojo",
                "row[\"1\"]",
                "row[\"2\"](\"a\":int8)",
                "row(\"a\":int8)",
                "map(int8)",
                "either[\"1\",\"1\"](\"l\":int8,\"r\":int8)",
                "either[\"1\",\"0\"](\"l\":int8)",
                "enum",
                "enum[\"A\",\"A\"]",
                "enum[\"\\ud800\"]",
                "nullable[\"-1\"](int8)",
                "nullable[\"999999999\"](int8)"
            })
    void typesThatCannotBeAreRefused(String text) {
        assertThatThrownBy(() -> ColumnType.parse(text))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void columnsThatNobodyWroteAreRefused() {
        ColumnType decimal = ColumnTypes.bigDecimal();
        EntryBinding binding = new EntryBinding(RoundTrip.row(decimal));
        LeafBuffer buffer = binding.valueLeaves().get(0).buffer();
        for (String text : List.of("", "x", "1".repeat(100_000), "1E+99999999999")) {
            buffer.clear();
            buffer.addRow(new Slice(text.getBytes(StandardCharsets.UTF_8)));
            binding.valueLeaves().get(0).cursor().setBuffer(buffer, 1);
            assertThatThrownBy(() -> binding.assembleValue(0, new ValueBuffer()))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }
}
