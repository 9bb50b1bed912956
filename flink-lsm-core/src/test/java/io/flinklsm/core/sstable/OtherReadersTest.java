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

import static io.flinklsm.core.sstable.SstableFixture.delete;
import static io.flinklsm.core.sstable.SstableFixture.merge;
import static io.flinklsm.core.sstable.SstableFixture.numbered;
import static io.flinklsm.core.sstable.SstableFixture.numberedKey;
import static io.flinklsm.core.sstable.SstableFixture.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.RoundTrip;
import io.flinklsm.core.columns.StateKind;
import io.flinklsm.core.columns.sql.SqlTypes;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.values.bloomfilter.BloomFilter;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.internal.column.columnindex.BoundaryOrder;
import org.apache.parquet.internal.column.columnindex.ColumnIndex;
import org.apache.parquet.internal.column.columnindex.OffsetIndex;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DuckDB and Apache Parquet's own reader see in our files what we wrote. */
final class OtherReadersTest {

    private static Connection connection;

    @TempDir private Path directory;

    private SstableFixture fixture;

    @BeforeAll
    static void startDuckDb() throws SQLException {
        connection = DriverManager.getConnection("jdbc:duckdb:");
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

    @Test
    void bothReadTheSameEntriesFromFilesOfEveryShape() throws Exception {
        Random random = new Random(11);
        byte[] large = new byte[70_000];
        random.nextBytes(large);
        List<List<Entry>> contents =
                List.of(
                        List.of(put("", "")),
                        List.of(delete("a")),
                        List.of(put("a", "1"), delete("b"), merge("c", "2"), put("d", "")),
                        List.of(
                                new Entry(bytes(0), EntryKind.PUT, bytes(0, 0)),
                                new Entry(bytes(0, 0), EntryKind.PUT, bytes(0xFF)),
                                new Entry(bytes(0, 0xFF), EntryKind.MERGE, bytes(0xFF, 0)),
                                new Entry(bytes(0xFF), EntryKind.DELETE, OwnedSlice.EMPTY),
                                new Entry(bytes(0xFF, 0xFF), EntryKind.PUT, bytes())),
                        List.of(
                                put("before", "x"),
                                new Entry(
                                        OwnedSlice.ofText("large"),
                                        EntryKind.PUT,
                                        OwnedSlice.wrap(large)),
                                put("next", "y")),
                        numbered(5000),
                        SstableFixture.randomAndRepeating(3000),
                        SstableFixture.random(random, 700, 200, 3000),
                        SstableFixture.random(random, 700, 20, 30),
                        SstableFixture.random(random, 700, 20, 30));
        for (SstableOptions options :
                List.of(
                        SstableFixture.TINY,
                        SstableOptions.DEFAULTS,
                        SstableFixture.ONE_BLOCK,
                        new SstableOptions(50, 7, 2000, 8, SstableCodec.UNCOMPRESSED, 0),
                        new SstableOptions(8192, 256, 4 << 20, 10.6, SstableCodec.ZSTD, 0))) {
            for (List<Entry> entries : contents) {
                SstableMeta meta = fixture.write(options, entries);

                assertThat(readWithParquet(meta)).isEqualTo(entries);
                assertThat(readWithDuckDb(meta)).isEqualTo(entries);
            }
        }
    }

    @Test
    void bothReadAHundredThousandEntriesOfEachCodec() throws Exception {
        for (SstableCodec codec : SstableCodec.values()) {
            readAHundredThousandEntries(codec);
        }
    }

    private void readAHundredThousandEntries(SstableCodec codec) throws Exception {
        List<Entry> entries = numbered(100_000);
        SstableOptions options = new SstableOptions(4096, 200, 200_000, 10.6, codec, 1);

        SstableMeta meta = fixture.write(options, entries);

        assertThat(query("select distinct compression from parquet_metadata(" + quoted(meta) + ")"))
                .containsExactly(codec.name());

        assertThat(readWithParquet(meta)).isEqualTo(entries);
        assertThat(readWithDuckDb(meta)).isEqualTo(entries);
        assertThat(
                        query(
                                        "select count(distinct row_group_id) from parquet_metadata("
                                                + quoted(meta)
                                                + ")")
                                .get(0))
                .satisfies(count -> assertThat(Integer.parseInt(count)).isGreaterThan(1));
    }

    @Test
    void keyGroupIsTheNumberInFrontOfTheKey() throws Exception {
        List<Entry> entries = new ArrayList<>();
        for (int group : new int[] {0, 1, 127, 128, 255, 256, 32767}) {
            entries.add(
                    new Entry(
                            bytes(group >> 8, group & 0xFF, 'k'),
                            EntryKind.PUT,
                            OwnedSlice.ofText("" + group)));
        }

        SstableMeta meta = fixture.write(SstableFixture.TINY.withKeyGroupBytes(2), entries);

        assertThat(query("select key_group || '=' || _value::varchar from " + quoted(meta)))
                .containsExactly(
                        "0=0", "1=1", "127=127", "128=128", "255=255", "256=256", "32767=32767");
    }

    @Test
    void bloomFilterInDuckDbNeverExcludesAPresentKeyAndMostlyAbsentOnes() throws Exception {
        SstableMeta meta = fixture.write(SstableOptions.DEFAULTS, numbered(2000));

        int excluded = 0;
        for (int i = 0; i < 300; i++) {
            assertThat(isExcluded(meta, numberedKey(2 * i))).as("key %d", 2 * i).isFalse();
            excluded += isExcluded(meta, numberedKey(2 * i + 1)) ? 1 : 0;
        }

        assertThat(excluded).isGreaterThan(280);
    }

    @Test
    void bloomFilterInParquetJavaFindsEveryKey() throws Exception {
        List<Entry> entries = SstableFixture.random(new Random(3), 500, 60, 10);
        SstableMeta meta = fixture.write(SstableFixture.TINY, entries);

        try (ParquetFileReader reader = parquet(meta)) {
            int row = 0;
            for (BlockMetaData group : reader.getRowGroups()) {
                BloomFilter filter = reader.readBloomFilter(column(group, "_key"));
                for (int i = 0; i < group.getRowCount(); i++, row++) {
                    Binary key = Binary.fromConstantByteArray(entries.get(row).key().toBytes());
                    assertThat(filter.findHash(filter.hash(key))).isTrue();
                }
            }
            assertThat(row).isEqualTo(entries.size());
        }
    }

    @Test
    void parquetJavaSeesThePageIndexes() throws Exception {
        List<Entry> entries = numbered(300);
        SstableMeta meta = fixture.write(SstableFixture.TINY, entries);

        try (ParquetFileReader reader = parquet(meta)) {
            assertThat(reader.getRowGroups().size()).isGreaterThan(1);
            int row = 0;
            for (BlockMetaData group : reader.getRowGroups()) {
                ColumnChunkMetaData keys = column(group, "_key");
                OffsetIndex keyPages = reader.readOffsetIndex(keys);
                OffsetIndex valuePages = reader.readOffsetIndex(column(group, "_value"));
                ColumnIndex bounds = reader.readColumnIndex(keys);

                assertThat(bounds.getBoundaryOrder()).isEqualTo(BoundaryOrder.ASCENDING);
                assertThat(keyPages.getPageCount()).isEqualTo(valuePages.getPageCount());
                for (int page = 0; page < keyPages.getPageCount(); page++) {
                    int first = row + (int) keyPages.getFirstRowIndex(page);
                    int last = row + (int) keyPages.getLastRowIndex(page, group.getRowCount());
                    assertThat(valuePages.getFirstRowIndex(page))
                            .isEqualTo(keyPages.getFirstRowIndex(page));
                    assertThat(key(bounds.getMinValues().get(page)))
                            .isEqualTo(entries.get(first).key());
                    assertThat(key(bounds.getMaxValues().get(page)))
                            .isEqualTo(entries.get(last).key());
                }
                assertThat(key(keys.getStatistics().getMinBytes()))
                        .isEqualTo(entries.get(row).key());
                row += (int) group.getRowCount();
                assertThat(key(keys.getStatistics().getMaxBytes()))
                        .isEqualTo(entries.get(row - 1).key());
            }
        }
    }

    @Test
    void kindsOfPutsAloneTakeOnePageARowGroup() throws Exception {
        SstableMeta meta = fixture.write(SstableFixture.TINY, numbered(300));

        try (ParquetFileReader reader = parquet(meta)) {
            for (BlockMetaData group : reader.getRowGroups()) {
                assertThat(reader.readOffsetIndex(column(group, "_op")).getPageCount()).isOne();
            }
        }
    }

    @Test
    void filteredRangeGivesTheSameRowsWhateverTheBlocks() throws Exception {
        List<Entry> entries = numbered(300);
        SstableMeta meta = fixture.write(SstableFixture.ONE_BLOCK, entries);
        SstableMeta small = fixture.write(SstableFixture.TINY, entries);

        String where =
                " where _key >= '"
                        + numberedKey(100)
                        + "'::blob and _key < '"
                        + numberedKey(120)
                        + "'::blob";

        assertThat(query("select count(*) from " + quoted(meta) + where)).containsExactly("10");
        assertThat(query("select count(*) from " + quoted(small) + where)).containsExactly("10");
    }

    /** Readers that take ENUM for bytes know STRING. */
    @Test
    void enumsAreTextForEveryReader() throws Exception {
        ColumnType type = ColumnTypes.enumeration(List.of("RED", "gr\u00fcn"));
        SstableMeta meta =
                fixture.write(
                        SstableOptions.DEFAULTS.withKeyGroupBytes(1),
                        RoundTrip.row(type),
                        List.of(
                                new Entry(
                                        OwnedSlice.wrap(new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
                                        EntryKind.PUT,
                                        OwnedSlice.wrap(new byte[] {0, 0, 0, 1}))));

        assertThat(query("select value || typeof(value) from " + quoted(meta)))
                .containsExactly("gr\u00fcnVARCHAR");
        try (ParquetFileReader reader = parquet(meta)) {
            assertThat(
                            reader.getFooter()
                                    .getFileMetaData()
                                    .getSchema()
                                    .getType("value")
                                    .getLogicalTypeAnnotation())
                    .isEqualTo(LogicalTypeAnnotation.stringType());
        }
    }

    @Test
    void bothReadTypedColumns() throws Exception {
        EntryColumns columns =
                new EntryColumns(
                        StateKind.MAP,
                        1,
                        false,
                        ColumnTypes.int64(),
                        ColumnTypes.nothing(),
                        ColumnTypes.string(),
                        ColumnTypes.nullable(
                                ColumnTypes.struct(
                                        List.of("ok", "half", "tags"),
                                        List.of(
                                                ColumnTypes.bool(),
                                                ColumnTypes.float64(),
                                                ColumnTypes.list(ColumnTypes.string())))));
        long[] keys = {0, 1, 7, Long.MAX_VALUE, Long.MIN_VALUE, -1};
        List<Entry> entries = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (long key : keys) {
            for (int i = 0; i < 500; i++) {
                String mapKey = String.format("map-key-%03d", i);
                ValueBuffer row = new ValueBuffer().append((byte) 3).appendLong(key);
                row.append((byte) 0).append((byte) (mapKey.length() + 1));
                row.append(mapKey.getBytes(StandardCharsets.US_ASCII), 0, mapKey.length());
                ValueBuffer value = new ValueBuffer();
                String shown;
                if (i % 11 == 0) {
                    value.append((byte) 1);
                    shown = "null";
                } else {
                    value.append((byte) 0).append((byte) (i % 2));
                    value.appendLong(Double.doubleToLongBits(i / 2.0)).appendInt(i % 3);
                    List<String> tags = new ArrayList<>();
                    for (int tag = 0; tag < i % 3; tag++) {
                        value.append((byte) 3).append((byte) 't').append((byte) ('0' + tag));
                        tags.add("t" + tag);
                    }
                    shown = (i % 2 == 1) + " " + i / 2.0 + " " + tags;
                }
                boolean isRaw = i % 97 == 5;
                if (isRaw) {
                    value.append((byte) 99);
                    shown = "null";
                }
                entries.add(
                        new Entry(
                                OwnedSlice.wrap(row.toBytes()),
                                EntryKind.PUT,
                                OwnedSlice.wrap(value.toBytes())));
                expected.add(key + " " + mapKey + " " + shown + " " + isRaw);
            }
        }

        for (SstableOptions options :
                List.of(
                        new SstableOptions(400, 20, 9000, 10, SstableCodec.LZ4_RAW, 1),
                        new SstableOptions(8192, 300, 1 << 20, 10, SstableCodec.UNCOMPRESSED, 1))) {
            SstableMeta meta = fixture.write(options, columns, entries);

            assertThat(
                            query(
                                    "select key || ' ' || map_key || ' ' || case when value is null"
                                            + " then 'null' else value.ok || ' ' || value.half"
                                            + " || ' ' || value.tags::varchar end"
                                            + " || ' ' || (_value is not null) from "
                                            + quoted(meta)
                                            + " order by _key"))
                    .isEqualTo(expected);
            assertThat(readTypedWithParquet(meta)).isEqualTo(expected);
        }
    }

    /** What is typed at all can be shown: an error of a single value would hide all others. */
    @Test
    void duckDbReadsTheEndsOfAllRanges() throws Exception {
        ColumnType all =
                ColumnTypes.struct(
                        List.of("d18", "d38", "t3", "z3", "t6", "z6", "t9", "z9", "row"),
                        List.of(
                                ColumnTypes.unscaled(18, 0),
                                ColumnTypes.unscaled(38, 0),
                                ColumnTypes.millisAndNanos(3, false),
                                ColumnTypes.millisAndNanos(3, true),
                                ColumnTypes.millisAndNanos(6, false),
                                ColumnTypes.millisAndNanos(6, true),
                                ColumnTypes.millisAndNanos(9, false),
                                ColumnTypes.millisAndNanos(9, true),
                                ColumnTypes.sql(
                                        SqlTypes.row(
                                                List.of("day", "time"),
                                                List.of(SqlTypes.date(), SqlTypes.time())))));
        EntryColumns columns =
                new EntryColumns(StateKind.VALUE, 1, false, all, ColumnTypes.nothing(), null, all);
        List<Entry> entries = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        BigInteger limit = BigInteger.TEN.pow(38).subtract(BigInteger.ONE);
        for (int sign : new int[] {1, 0, -1}) {
            long d18 = sign * 999_999_999_999_999_999L;
            byte[] d38 = limit.multiply(BigInteger.valueOf(sign)).toByteArray();
            long millis = sign * 9_223_372_022_399_999L;
            long nearMillis = sign * 9_223_286_399_999L;
            int day = sign * (Integer.MAX_VALUE - 1);
            ValueBuffer value = new ValueBuffer().appendLong(d18);
            value.appendInt(d38.length).append(d38, 0, d38.length);
            value.appendLong(millis).appendLong(millis);
            value.appendLong(millis).appendInt(999_000).appendLong(millis).appendInt(999_000);
            value.appendLong(nearMillis).appendInt(999_999);
            value.appendLong(nearMillis).appendInt(999_999);
            value.appendInt(24).appendLong(0).appendInt(Integer.reverseBytes(day)).appendInt(0);
            value.appendInt(Integer.reverseBytes(sign == 0 ? 0 : 86_399_999)).appendInt(0);
            ValueBuffer key = new ValueBuffer().append((byte) (1 - sign)).append(value);
            entries.add(
                    new Entry(
                            OwnedSlice.wrap(key.append((byte) 0).toBytes()),
                            EntryKind.PUT,
                            OwnedSlice.wrap(value.toBytes())));
            expected.add(
                    d18
                            + " "
                            + new BigInteger(d38)
                            + " "
                            + millis
                            + " "
                            + (millis * 1000 + 999)
                            + " "
                            + (nearMillis * 1_000_000 + 999_999)
                            + " "
                            + day
                            + " "
                            + (sign == 0 ? "00:00:00" : "23:59:59.999"));
        }

        SstableMeta meta = fixture.write(SstableFixture.TINY, columns, entries);

        for (String part : List.of("key", "value")) {
            String shown =
                    "p.d18 || ' ' || p.d38 || ' ' || epoch_ms(p.t3) || ' ' || epoch_us(p.t6)"
                            + " || ' ' || epoch_ns(p.t9) || ' ' || (p.row.day - date '1970-01-01')"
                            + " || ' ' || p.row.time";
            assertThat(query("select " + shown.replace("p.", part + ".") + " from " + quoted(meta)))
                    .isEqualTo(expected);
            assertThat(query("select " + part + "::varchar from " + quoted(meta))).hasSize(3);
        }
    }

    private List<String> readTypedWithParquet(SstableMeta meta) throws IOException {
        List<String> rows = new ArrayList<>();
        try (ParquetFileReader reader = parquet(meta)) {
            MessageType schema = reader.getFooter().getFileMetaData().getSchema();
            for (PageReadStore pages = reader.readNextRowGroup();
                    pages != null;
                    pages = reader.readNextRowGroup()) {
                RecordReader<Group> records =
                        new ColumnIOFactory()
                                .getColumnIO(schema)
                                .getRecordReader(pages, new GroupRecordConverter(schema));
                for (long i = 0; i < pages.getRowCount(); i++) {
                    Group row = records.read();
                    rows.add(
                            row.getLong("key", 0)
                                    + " "
                                    + row.getString("map_key", 0)
                                    + " "
                                    + shown(row)
                                    + " "
                                    + (row.getFieldRepetitionCount("_value") > 0));
                }
            }
        }
        return rows;
    }

    private static String shown(Group row) {
        if (row.getFieldRepetitionCount("value") == 0) {
            return "null";
        }
        Group value = row.getGroup("value", 0);
        Group tags = value.getGroup("tags", 0);
        List<String> elements = new ArrayList<>();
        for (int i = 0; i < tags.getFieldRepetitionCount("list"); i++) {
            elements.add(tags.getGroup("list", i).getString("element", 0));
        }
        return value.getBoolean("ok", 0) + " " + value.getDouble("half", 0) + " " + elements;
    }

    @Test
    void footerTellsWhatTheFileIs() throws Exception {
        SstableMeta meta = fixture.write(SstableFixture.TINY, List.of(put("a", "1"), delete("b")));

        assertThat(
                        query(
                                "select decode(key) || '=' || decode(value) from"
                                        + " parquet_kv_metadata("
                                        + quoted(meta)
                                        + ")"))
                .contains(
                        "flinklsm.format=1",
                        "flinklsm.tree=counts",
                        "flinklsm.level=1",
                        "flinklsm.generation=42",
                        "flinklsm.created=2026-11-22T20:38:00.123Z",
                        "flinklsm.entries=2",
                        "flinklsm.tombstones=1",
                        "flinklsm.merges=0",
                        "flinklsm.min-write-time=1000",
                        "flinklsm.max-write-time=2000",
                        "flinklsm.min-key=61",
                        "flinklsm.max-key=62",
                        String.format("flinklsm.tail-offset=%016x", meta.tailOffset()),
                        String.format("flinklsm.tail-crc32c=%08x", meta.tailChecksum()));
    }

    private boolean isExcluded(SstableMeta meta, String key) throws SQLException {
        List<String> excludes =
                query(
                        "select bloom_filter_excludes from parquet_bloom_probe("
                                + quoted(meta)
                                + ", '_key', '"
                                + key
                                + "'::blob)");
        assertThat(excludes).hasSize(1);
        return Boolean.parseBoolean(excludes.get(0));
    }

    private List<Entry> readWithDuckDb(SstableMeta meta) throws SQLException {
        List<Entry> entries = new ArrayList<>();
        try (PreparedStatement statement =
                connection.prepareStatement("select _key, _op, _value from read_parquet(?)")) {
            statement.setString(1, fixture.storage.describe(meta.fileName()));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    byte[] value = rows.getBytes(3);
                    entries.add(entry(rows.getBytes(1), rows.getInt(2), value));
                }
            }
        }
        return entries;
    }

    private List<String> query(String sql) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet results = statement.executeQuery()) {
            while (results.next()) {
                rows.add(results.getString(1));
            }
        }
        return rows;
    }

    private List<Entry> readWithParquet(SstableMeta meta) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (ParquetFileReader reader = parquet(meta)) {
            MessageType schema = reader.getFooter().getFileMetaData().getSchema();
            for (PageReadStore pages = reader.readNextRowGroup();
                    pages != null;
                    pages = reader.readNextRowGroup()) {
                RecordReader<Group> records =
                        new ColumnIOFactory()
                                .getColumnIO(schema)
                                .getRecordReader(pages, new GroupRecordConverter(schema));
                for (long i = 0; i < pages.getRowCount(); i++) {
                    Group row = records.read();
                    byte[] value =
                            row.getFieldRepetitionCount("_value") == 0
                                    ? null
                                    : row.getBinary("_value", 0).getBytes();
                    entries.add(
                            entry(
                                    row.getBinary("_key", 0).getBytes(),
                                    row.getInteger("_op", 0),
                                    value));
                }
            }
        }
        return entries;
    }

    /** Fails unless the value is null exactly for a tombstone. */
    private static Entry entry(byte[] key, int kind, byte[] value) {
        EntryKind entryKind = EntryKind.ofCode(kind);
        assertThat(value == null).isEqualTo(entryKind == EntryKind.DELETE);
        return new Entry(
                OwnedSlice.wrap(key),
                entryKind,
                value == null ? OwnedSlice.EMPTY : OwnedSlice.wrap(value));
    }

    private ParquetFileReader parquet(SstableMeta meta) throws IOException {
        // Not through Hadoop's file system, which JDK 24 and newer refuse.
        return ParquetFileReader.open(
                new LocalInputFile(Path.of(fixture.storage.describe(meta.fileName()))),
                ParquetReadOptions.builder().usePageChecksumVerification(true).build());
    }

    private String quoted(SstableMeta meta) {
        return "'" + fixture.storage.describe(meta.fileName()) + "'";
    }

    private static ColumnChunkMetaData column(BlockMetaData group, String name) {
        for (ColumnChunkMetaData column : group.getColumns()) {
            if (column.getPath().toDotString().equals(name)) {
                return column;
            }
        }
        throw new AssertionError("no column " + name);
    }

    private static OwnedSlice key(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return OwnedSlice.wrap(bytes);
    }

    private static OwnedSlice key(byte[] bytes) {
        return OwnedSlice.wrap(bytes);
    }

    private static OwnedSlice bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return OwnedSlice.wrap(bytes);
    }
}
