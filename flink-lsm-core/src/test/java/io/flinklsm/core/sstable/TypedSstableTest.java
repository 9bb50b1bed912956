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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.testing.ListCursor;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** SSTables whose values stand in typed columns, mixed with rows that do not fit them. */
final class TypedSstableTest {

    private static final ColumnType PERSON =
            ColumnTypes.struct(
                    List.of("name", "active", "score", "balance", "tags"),
                    List.of(
                            ColumnTypes.string(),
                            ColumnTypes.bool(),
                            ColumnTypes.nullable(ColumnTypes.float64()),
                            ColumnTypes.unscaled(20, 2),
                            ColumnTypes.list(ColumnTypes.string())));

    private final SstableFixture fixture = new SstableFixture();

    @AfterEach
    void findLeaks() {
        fixture.close();
    }

    @Test
    void theFilterOfAFileKnowsWhichMapsItHas() throws IOException {
        EntryColumns columns =
                new EntryColumns(
                        StateKind.MAP,
                        1,
                        false,
                        ColumnTypes.int32(),
                        ColumnTypes.nothing(),
                        ColumnTypes.int32(),
                        ColumnTypes.int32());
        List<Entry> entries = new ArrayList<>();
        for (int map = 0; map < 2_000; map += 2) {
            for (int mapKey = 0; mapKey < 3; mapKey++) {
                ByteBuffer row = ByteBuffer.allocate(10).put((byte) 1).putInt(map);
                row.put((byte) 0).putInt(mapKey);
                entries.add(
                        new Entry(
                                OwnedSlice.wrap(row.array()),
                                EntryKind.PUT,
                                OwnedSlice.wrap(new byte[4])));
            }
        }
        SstableOptions options = SstableOptions.DEFAULTS.withKeyGroupBytes(1);
        SstableMeta written = fixture.write(options, columns, entries);
        SstableMeta compacted = fixture.rewrite(written, options, columns);
        SstableMeta untyped = fixture.write(options, entries);

        assertThat(absentMapsThatMayBeIn(written)).isBetween(0, 50);
        assertThat(absentMapsThatMayBeIn(compacted)).isBetween(0, 50);
        assertThat(absentMapsThatMayBeIn(untyped)).isEqualTo(999);

        SstableOptions smallGroups = new SstableOptions(64, 4, 200, 10.6, SstableCodec.LZ4_RAW, 1);
        SstableMeta inGroups = fixture.write(smallGroups, columns, entries);
        assertThat(absentMapsThatMayBeIn(inGroups)).isBetween(0, 100);
        SstableMeta clipped =
                inGroups.withClip(new KeyRange(map(500).toOwned(), map(700).toOwned()));
        for (int map = 0; map < 2_000; map += 2) {
            assertThat(fixture.open.of(clipped).mayHavePrefix(map(map)))
                    .as("map %s", map)
                    .isEqualTo(map >= 500 && map < 700);
        }
    }

    private static KeyBuffer map(int map) {
        byte[] bytes = ByteBuffer.allocate(6).put((byte) 1).putInt(map).array();
        return new KeyBuffer().set(bytes, 0, bytes.length);
    }

    /** Of the maps that are not there; those that are must be found. */
    private int absentMapsThatMayBeIn(SstableMeta meta) throws IOException {
        int count = 0;
        for (int map = 0; map < 1_999; map++) {
            KeyBuffer prefix = map(map);
            KeyRange range = KeyRange.ofPrefix(prefix.toOwned());
            EntryCursor cursor = fixture.open.of(meta).prefixCursor(prefix, range);
            assertThat(fixture.open.of(meta).mayHavePrefix(prefix))
                    .as("map %s", map)
                    .isEqualTo(cursor != null);
            if (map % 2 == 0) {
                assertThat(cursor).isNotNull();
                assertThat(ListCursor.drain(cursor)).as("map %s", map).hasSize(3);
            } else if (cursor != null) {
                assertThat(ListCursor.drain(cursor)).isEmpty();
                count++;
            }
        }
        return count;
    }

    @Test
    void typedAndRawRowsComeBackInEveryShape() throws IOException {
        for (long seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            EntryColumns columns = columns(random.nextBoolean() ? PERSON : ColumnTypes.ttl(PERSON));
            List<Entry> entries = people(random, columns, 1 + random.nextInt(400));
            SstableOptions options =
                    new SstableOptions(
                            64 << random.nextInt(6),
                            1 + random.nextInt(100),
                            1000 + random.nextInt(50_000),
                            10,
                            SstableCodec.values()[random.nextInt(SstableCodec.values().length)],
                            1);

            SstableMeta meta = fixture.write(options, columns, entries);

            assertThat(fixture.read(meta)).as("seed %d", seed).isEqualTo(entries);
            // Again and again: from the pages, then out of the cache.
            for (int i = 0; i < 3; i++) {
                assertThat(fixture.read(meta, KeyRange.ALL, true))
                        .as("seed %d", seed)
                        .isEqualTo(entries);
                for (Entry entry : entries) {
                    assertThat(fixture.get(meta, entry.key())).as("seed %d", seed).isEqualTo(entry);
                }
            }
            fixture.open.verifyBlocks(meta);
        }
    }

    @Test
    void aRewriteKeepsEveryValueWhateverTheColumns() throws IOException {
        for (long seed = 0; seed < 30; seed++) {
            Random random = new Random(seed);
            EntryColumns columns = columns(PERSON);
            List<Entry> entries = people(random, columns, 300);
            SstableMeta typed = fixture.write(SstableFixture.TINY, columns, entries);

            SstableMeta copied = fixture.rewrite(typed, SstableFixture.TINY, columns(PERSON));
            SstableMeta other =
                    fixture.rewrite(
                            copied,
                            SstableFixture.TINY,
                            columns(ColumnTypes.delimited(ColumnTypes.string())));
            SstableMeta binary =
                    fixture.rewrite(
                            other,
                            SstableFixture.TINY.withValueColumns(ValueColumns.BINARY),
                            columns);
            SstableMeta back = fixture.rewrite(binary, SstableFixture.TINY, columns);

            for (SstableMeta meta : List.of(copied, other, binary, back)) {
                assertThat(fixture.read(meta)).as("seed %d, %s", seed, meta).isEqualTo(entries);
                fixture.open.verifyBlocks(meta);
            }
            assertThat(typedRows(copied)).isEqualTo(typedRows(typed)).isPositive();
            assertThat(typedRows(back)).isEqualTo(typedRows(typed));
            assertThat(typedRows(binary)).isZero();
        }
    }

    @Test
    void queuesHaveEmptyValuesAndNoColumnOfThem() throws IOException {
        EntryColumns columns =
                new EntryColumns(
                        StateKind.QUEUE,
                        1,
                        false,
                        ColumnTypes.struct(
                                List.of("timestamp", "key"),
                                List.of(ColumnTypes.int64(), ColumnTypes.int64())),
                        ColumnTypes.nothing(),
                        null,
                        null);
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            byte[] key = new byte[17];
            key[16] = (byte) i;
            entries.add(
                    new Entry(
                            OwnedSlice.wrap(key),
                            i % 7 == 0 ? EntryKind.DELETE : EntryKind.PUT,
                            OwnedSlice.EMPTY));
        }

        SstableMeta meta = fixture.write(SstableFixture.TINY, columns, entries);

        assertThat(fixture.read(meta)).isEqualTo(entries);
        fixture.open.verifyBlocks(meta);
    }

    @Test
    void aPageOfAnotherFileIsFoundByTheVerifier() throws IOException {
        EntryColumns columns = columns(ColumnTypes.int64());
        List<Entry> ones = numbers(columns, 1);
        List<Entry> twos = numbers(columns, 2);
        SstableOptions options =
                new SstableOptions(4096, 100, 1 << 20, 10, SstableCodec.UNCOMPRESSED, 1);
        SstableMeta meta = fixture.write("a.parquet", options, columns, ones);
        fixture.write("b.parquet", options, columns, twos);
        byte[] bytes = fixture.memory.bytes("a.parquet");
        byte[] other = fixture.memory.bytes("b.parquet");
        System.arraycopy(other, 0, bytes, 0, (int) meta.tailOffset());
        fixture.memory.put("a.parquet", bytes);

        assertThatThrownBy(() -> fixture.open.verifyBlocks(meta))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("a.parquet")
                .hasMessageContaining("checksum");
    }

    private int typedRows(SstableMeta meta) throws IOException {
        int count = 0;
        try (EntryCursor cursor = fixture.open.of(meta).cursor(KeyRange.ALL, false)) {
            while (cursor.next()) {
                count += cursor.typedValue() == null ? 0 : 1;
            }
        }
        return count;
    }

    static EntryColumns peopleColumns() {
        return columns(ColumnTypes.ttl(PERSON));
    }

    private static EntryColumns columns(ColumnType value) {
        return new EntryColumns(
                StateKind.VALUE, 1, false, ColumnTypes.int32(), ColumnTypes.nothing(), null, value);
    }

    private static byte[] key(int number) {
        byte[] key = new byte[6];
        for (int i = 0; i < 4; i++) {
            key[1 + i] = (byte) (number >> (24 - 8 * i));
        }
        return key;
    }

    private static List<Entry> numbers(EntryColumns columns, int value) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            byte[] bytes = new byte[8];
            bytes[7] = (byte) (value + i);
            entries.add(new Entry(OwnedSlice.wrap(key(i)), EntryKind.PUT, OwnedSlice.wrap(bytes)));
        }
        return entries;
    }

    /** Mostly people, some of them damaged, some tombstones and operands between. */
    static List<Entry> people(Random random, EntryColumns columns, int count) {
        boolean hasTtl = columns.toString().contains("ttl");
        int damagedPercent = random.nextInt(3) * 10;
        int deletedPercent = random.nextInt(3) * 15;
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean isDeleted = random.nextInt(100) < deletedPercent;
            byte[] value = person(random, hasTtl);
            if (random.nextInt(100) < damagedPercent) {
                value = new byte[random.nextInt(30)];
                random.nextBytes(value);
            }
            entries.add(
                    new Entry(
                            OwnedSlice.wrap(key(i * 3)),
                            isDeleted
                                    ? EntryKind.DELETE
                                    : random.nextInt(10) == 0 ? EntryKind.MERGE : EntryKind.PUT,
                            isDeleted ? OwnedSlice.EMPTY : OwnedSlice.wrap(value)));
        }
        return entries;
    }

    private static byte[] person(Random random, boolean hasTtl) {
        ValueBuffer out = new ValueBuffer();
        if (hasTtl) {
            out.appendLong(random.nextLong());
        }
        string(random, out);
        out.append((byte) random.nextInt(2));
        if (random.nextInt(3) == 0) {
            out.append((byte) 1);
        } else {
            out.append((byte) 0).appendLong(random.nextLong());
        }
        byte[] balance = new BigInteger(60, random).negate().toByteArray();
        out.appendInt(balance.length).append(balance, 0, balance.length);
        int tags = random.nextInt(4);
        out.appendInt(tags);
        for (int i = 0; i < tags; i++) {
            string(random, out);
        }
        return out.toBytes();
    }

    private static void string(Random random, ValueBuffer out) {
        int length = random.nextInt(12);
        if (length == 0) {
            out.append((byte) 0);
            return;
        }
        out.append((byte) length);
        for (int i = 1; i < length; i++) {
            out.append((byte) random.nextInt(128));
        }
    }
}
