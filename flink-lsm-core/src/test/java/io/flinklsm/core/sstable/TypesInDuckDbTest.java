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
package io.flinklsm.core.sstable;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.RandomTypes;
import io.flinklsm.core.columns.RoundTrip;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What DuckDB shows of every type, up to the bounds of what is typed. */
final class TypesInDuckDbTest {

    private static Connection connection;

    @TempDir private Path directory;

    private SstableFixture fixture;

    @BeforeAll
    static void startDuckDb() throws SQLException {
        connection = DriverManager.getConnection("jdbc:duckdb:");
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TimeZone = 'UTC'");
        }
    }

    @AfterAll
    static void stopDuckDb() throws SQLException {
        connection.close();
    }

    @BeforeEach
    void open() throws IOException {
        fixture = new SstableFixture(new LocalStorage(directory, false), 64 << 20, 100);
    }

    @AfterEach
    void findLeaks() {
        fixture.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "boolean | 01 | true",
                "int8 | 80 | -128",
                "int16 | 8000 | -32768",
                "double | 8000000000000000 | -0.0",
                "double | 7FF8000000000001 | NaN",
                "string | 05C39F0061F09F | null, since no such string is written",
                "string | 0361E401 | a\u00e4",
                "string-value | 0261E401 | a\u00e4",
                "char | 20AC | \u20ac",
                "chars | 000000020041D7FF | A\ud7ff",
                "big-integer | 0000000D008000000000000000 | 9223372036854775808",
                "big-decimal | 000000058500000002 | -1.23",
                "date-millis | 0000000000000001 | 1970-01-01T00:00:00.001Z",
                "date-millis | FFFFC77CEDD32800 | 0001-01-01T00:00Z",
                "date-millis | 0000E677D21FDBFF | 9999-12-31T23:59:59.999Z",
                "sql-timestamp | 0000000000000001000F4240 | 1970-01-01T00:00:00.001Z",
                "instant | 000000000000000100000FFF | 1970-01-01T00:00:01.000004",
                "instant | FFFFFFFDDA3E82FD00000000 | 1677-09-21T00:12:45Z",
                "instant | 0000000225C17D0300000000 | 2262-04-11T23:47:15Z",
                "local-date | 000000010101 | 0001-01-01",
                "local-date | 0000270F0C1F | 9999-12-31",
                "local-time | 173B3B3B9AC9FF | 23:59:59.999999",
                "local-date-time | 000007EA0B16173B3B3B9AC9FF | 2026-11-22 23:59:59.999999999",
                "enum[\"A\",\"B\"] | 00000001 | B",
                "list(int32) | 000000020000000100000002 | [1, 2]",
                "map(int8,string) | 00000002010002610201 | {1=a, 2=NULL}",
                "row[\"1\"](\"a\":int8,\"b\":int8) | D007 | {'a': 7, 'b': NULL, '_row_kind': -D}",
                "either[\"1\",\"0\"](\"left\":int8,\"right\":int8) | 0107 | {'left': 7, 'right':"
                        + " NULL}"
            })
    void aValueIsShownAsWhatItIs(String type, String hex, String shown) throws Exception {
        byte[] value = HexFormat.of().parseHex(hex);
        SstableMeta meta = write(ColumnType.parse(type), List.of(value));

        if (shown.startsWith("null, ")) {
            assertThat(query("SELECT value IS NULL, hex(_value) FROM " + quoted(meta)))
                    .containsExactly("true|" + hex);
        } else {
            assertThat(query("SELECT value FROM " + quoted(meta) + " WHERE _value IS NULL"))
                    .singleElement()
                    .asString()
                    .startsWith(shown);
        }
    }

    @Test
    void valuesOfAnyShapeCanBeRead() throws Exception {
        for (long seed = 0; seed < 120; seed++) {
            RandomTypes.Sample sample = new RandomTypes(new Random(seed)).next(3);
            List<byte[]> values = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                values.add(sample.bytes());
            }
            SstableMeta meta = write(sample.type(), values);

            List<String> rows = query("SELECT * FROM " + quoted(meta));
            assertThat(rows).as("seed %s: %s", seed, sample.type()).hasSize(values.size());
            assertThat(query("SELECT count(_value) FROM " + quoted(meta)))
                    .as("seed %s: %s", seed, sample.type())
                    .containsExactly("0");
        }
    }

    /** Numbers that are near each other are packed, block by block; others stand as they are. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "int32 | 4",
                "int64 | 8",
                "nullable(int64) | 8",
                "date-millis | 8",
                "unscaled[\"12\",\"2\"] | 8"
            })
    void packedNumbersAreReadBesideOthers(String type, int bytes) throws Exception {
        Random random = new Random(17);
        List<Entry> entries = new ArrayList<>();
        List<Long> expected = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            long wide = Math.floorMod(random.nextLong(), bytes == 4 ? 1L << 31 : 99_999_999_999L);
            long number = i / 1000 == 1 ? wide : 1_000_000 + random.nextInt(5000);
            expected.add(number);
            ByteBuffer value = ByteBuffer.allocate(1 + bytes).put((byte) 0);
            if (bytes == 4) {
                value.putInt((int) number);
            } else {
                value.putLong(number);
            }
            byte[] key = ByteBuffer.allocate(10).put((byte) 1).putLong(i).put((byte) 0).array();
            int from = type.startsWith("nullable") ? 0 : 1;
            entries.add(
                    new Entry(
                            OwnedSlice.wrap(key),
                            EntryKind.PUT,
                            OwnedSlice.wrap(Arrays.copyOfRange(value.array(), from, 1 + bytes))));
        }
        SstableOptions options = SstableOptions.DEFAULTS.withKeyGroupBytes(1);
        EntryColumns columns = RoundTrip.row(ColumnType.parse(type));

        SstableMeta meta = fixture.write(options, columns, entries);
        SstableMeta rewritten = fixture.rewrite(meta, options, columns);

        for (SstableMeta each : List.of(meta, rewritten)) {
            assertThat(fixture.read(each)).isEqualTo(entries);
            fixture.open.verifyBlocks(each);
            for (int i = 0; i < entries.size(); i += 37) {
                assertThat(fixture.get(each, entries.get(i).key())).isEqualTo(entries.get(i));
            }
            String number = type.startsWith("date") ? "epoch_ms(value)" : "value";
            String whole = type.startsWith("unscaled") ? "(value * 100)::BIGINT" : number;
            assertThat(query("SELECT " + whole + " FROM " + quoted(each) + " ORDER BY _key"))
                    .isEqualTo(expected.stream().map(String::valueOf).toList());
            assertThat(
                            query(
                                    "SELECT encodings FROM parquet_metadata("
                                            + quoted(each)
                                            + ") WHERE path_in_schema = 'value'"))
                    .allMatch(found -> found.contains("DELTA_BINARY_PACKED"));
            // A third of the numbers stands as it is, and so do pages that came too early after.
            assertThat(columnBytes(each)).isLessThan(entries.size() * bytes * 8L / 10);
        }
    }

    private long columnBytes(SstableMeta meta) throws SQLException {
        return Long.parseLong(
                query(
                                "SELECT sum(total_compressed_size)::BIGINT FROM parquet_metadata("
                                        + quoted(meta)
                                        + ") WHERE path_in_schema = 'value'")
                        .get(0));
    }

    /** Columns have names in UTF-8; the type's text keeps what the job calls them. */
    @Test
    void fieldsMayHaveAnyName() throws Exception {
        List<String> names =
                List.of(
                        "\ud800",
                        "\ud801",
                        "\\ud800",
                        "?",
                        "\ud83d\ude00",
                        "",
                        "_",
                        "a.b",
                        "a",
                        "A",
                        "\u00e4",
                        "a\u0308",
                        "\u0130",
                        "\n",
                        "'",
                        "x".repeat(100_000));
        ColumnType type =
                ColumnTypes.struct(names, names.stream().map(name -> ColumnTypes.int32()).toList());
        ByteBuffer value = ByteBuffer.allocate(Integer.BYTES * names.size());
        for (int i = 0; i < names.size(); i++) {
            value.putInt(i);
        }

        SstableMeta meta = write(type, List.of(value.array()));

        assertThat(EntryColumns.parse(RoundTrip.row(type).toString()))
                .hasToString(RoundTrip.row(type).toString());
        assertThat(query("SELECT unnest(value) FROM " + quoted(meta)))
                .containsExactly("0|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15");
    }

    private SstableMeta write(ColumnType type, List<byte[]> values) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            byte[] key = ByteBuffer.allocate(10).put((byte) 1).putLong(i).put((byte) 0).array();
            entries.add(
                    new Entry(OwnedSlice.wrap(key), EntryKind.PUT, OwnedSlice.wrap(values.get(i))));
        }
        SstableMeta meta =
                fixture.write(
                        SstableFixture.TINY.withKeyGroupBytes(1), RoundTrip.row(type), entries);
        assertThat(fixture.read(meta)).isEqualTo(entries);
        return meta;
    }

    private String quoted(SstableMeta meta) {
        return "'" + directory.resolve(meta.fileName()) + "'";
    }

    private static List<String> query(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    row.add(String.valueOf(result.getString(i)));
                }
                rows.add(String.join("|", row));
            }
            return rows;
        }
    }
}
