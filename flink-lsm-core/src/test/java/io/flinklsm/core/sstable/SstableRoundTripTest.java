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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SstableRoundTripTest {

    private final SstableFixture fixture = new SstableFixture();

    @AfterEach
    void findLeaks() {
        fixture.close();
    }

    @Test
    void entriesOfAllKindsComeBack() throws IOException {
        List<Entry> entries =
                List.of(put("a", "1"), delete("b"), merge("c", "+"), put("d", ""), merge("e", ""));

        SstableMeta meta = fixture.write(SstableFixture.TINY, entries);

        assertThat(fixture.read(meta)).isEqualTo(entries);
        for (Entry entry : entries) {
            assertThat(fixture.get(meta, entry.key())).isEqualTo(entry);
        }
        fixture.open.verifyBlocks(meta);
    }

    @Test
    void metaTellsWhatTheFileHas() throws IOException {
        SstableMeta meta =
                fixture.write(
                        SstableFixture.TINY,
                        List.of(put("a", "1"), delete("b"), delete("c"), merge("d", "x")));

        assertThat(meta.entryCount()).isEqualTo(4);
        assertThat(meta.tombstoneCount()).isEqualTo(2);
        assertThat(meta.mergeCount()).isEqualTo(1);
        assertThat(meta.minKey()).isEqualTo(OwnedSlice.ofText("a"));
        assertThat(meta.maxKey()).isEqualTo(OwnedSlice.ofText("d"));
        assertThat(meta.level()).isEqualTo(1);
        assertThat(meta.generation()).isEqualTo(42);
        assertThat(meta.minWriteTimeMillis()).isEqualTo(1000);
        assertThat(meta.maxWriteTimeMillis()).isEqualTo(2000);
        assertThat(meta.sizeBytes()).isEqualTo(fixture.storage.size(meta.fileName()));
        assertThat(OpenSstables.readMeta(fixture.storage, meta.fileName())).isEqualTo(meta);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 8, 9, 100, 129, 1000, 20_000})
    void anyNumberOfEntriesComesBack(int count) throws IOException {
        List<Entry> entries = numbered(count);
        for (SstableOptions options :
                List.of(
                        SstableFixture.TINY,
                        SstableOptions.DEFAULTS,
                        new SstableOptions(100, 1000, 1 << 20, 0, SstableCodec.UNCOMPRESSED, 1))) {
            SstableMeta meta = fixture.write(options, entries);

            assertThat(fixture.read(meta)).isEqualTo(entries);
            assertThat(fixture.read(meta, KeyRange.ALL, true)).isEqualTo(entries);
            assertThat(fixture.read(meta, KeyRange.ALL, true)).isEqualTo(entries);
            assertThat(fixture.read(meta, KeyRange.ALL, true)).isEqualTo(entries);
            fixture.open.verifyBlocks(meta);
            for (int i = 0; i < count; i += 1 + count / 100) {
                Entry expected = entries.get(i);
                for (int times = 0; times < 3; times++) {
                    assertThat(fixture.get(meta, expected.key())).isEqualTo(expected);
                }
                assertThat(fixture.get(meta, OwnedSlice.ofText(numberedKey(2 * i + 1)))).isNull();
            }
        }
    }

    @Test
    void emptyKeyIsAKey() throws IOException {
        List<Entry> entries = List.of(put("", "empty"), put("\0", "zero"));

        SstableMeta meta = fixture.write(SstableFixture.TINY, entries);

        assertThat(fixture.read(meta)).isEqualTo(entries);
        assertThat(fixture.get(meta, OwnedSlice.EMPTY)).isEqualTo(entries.get(0));
    }

    @Test
    void valuesLargerThanABlockComeBack() throws IOException {
        List<Entry> entries = new ArrayList<>();
        Random random = new Random(5);
        for (int i = 0; i < 20; i++) {
            byte[] value = new byte[i % 3 == 0 ? 300_000 : 10];
            random.nextBytes(value);
            entries.add(
                    new Entry(
                            OwnedSlice.ofText(numberedKey(i)),
                            EntryKind.PUT,
                            OwnedSlice.wrap(value)));
        }

        SstableMeta meta = fixture.write(SstableOptions.DEFAULTS, entries);

        assertThat(fixture.read(meta)).isEqualTo(entries);
        for (Entry entry : entries) {
            assertThat(fixture.get(meta, entry.key())).isEqualTo(entry);
            assertThat(fixture.get(meta, entry.key())).isEqualTo(entry);
        }
    }

    @Test
    void pagesThatCompressionPaysForStandBesideOthers() throws IOException {
        List<Entry> entries = SstableFixture.randomAndRepeating(6000);

        SstableMeta meta = fixture.write(SstableOptions.DEFAULTS, entries);

        assertThat(fixture.read(meta)).isEqualTo(entries);
        fixture.open.verifyBlocks(meta);
        for (int i = 0; i < entries.size(); i += 50) {
            assertThat(fixture.get(meta, entries.get(i).key())).isEqualTo(entries.get(i));
        }
        // Two thirds of the values are random; keys and indexes take some bytes, and so do pages
        // of the last third that came too early after random ones.
        assertThat(meta.sizeBytes()).isBetween(400_000L, 520_000L);
    }

    @Test
    void youngFilesHaveNumbersAsTheyAreAndTextCompressed() throws IOException {
        List<Entry> numbers = new ArrayList<>();
        List<Entry> text = new ArrayList<>();
        Random random = new Random(8);
        for (int i = 0; i < 5000; i++) {
            OwnedSlice key = OwnedSlice.ofText(numberedKey(i));
            byte[] number = new byte[8];
            for (int at = 5; at < 8; at++) {
                number[at] = (byte) random.nextInt();
            }
            numbers.add(new Entry(key, EntryKind.PUT, OwnedSlice.wrap(number)));
            text.add(new Entry(key, EntryKind.PUT, OwnedSlice.ofText("of the kind " + i % 3)));
        }

        assertThat(sizeOfLevel(0, numbers)).isGreaterThan(sizeOfLevel(1, numbers) * 11 / 10);
        assertThat(sizeOfLevel(0, text)).isEqualTo(sizeOfLevel(1, text));
    }

    private long sizeOfLevel(int level, List<Entry> entries) throws IOException {
        String name = "level-" + level + "-" + entries.get(0).value().length() + ".parquet";
        SstableMeta meta = fixture.write(name, level, SstableOptions.DEFAULTS, null, entries);
        assertThat(fixture.read(meta)).isEqualTo(entries);
        return meta.sizeBytes();
    }

    @Test
    void fileOfTombstonesAloneComesBack() throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            entries.add(delete(numberedKey(i)));
        }

        SstableMeta meta = fixture.write(SstableFixture.TINY, entries);

        assertThat(fixture.read(meta)).isEqualTo(entries);
        assertThat(fixture.get(meta, entries.get(77).key())).isEqualTo(entries.get(77));
        assertThat(meta.tombstoneCount()).isEqualTo(500);
    }

    @Test
    void randomFilesComeBackInEveryShape() throws IOException {
        for (long seed = 1; seed <= 60; seed++) {
            Random random = new Random(seed);
            SstableOptions options =
                    new SstableOptions(
                            1 + random.nextInt(400),
                            1 + random.nextInt(300),
                            1 + random.nextInt(4000),
                            random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(16),
                            SstableCodec.values()[random.nextInt(SstableCodec.values().length)],
                            0);
            List<Entry> entries = SstableFixture.random(random, 1 + random.nextInt(600), 300, 2000);

            SstableMeta meta = fixture.write(options, entries);

            String description = "seed " + seed;
            assertThat(fixture.read(meta)).as(description).isEqualTo(entries);
            fixture.open.verifyBlocks(meta);
            TreeSet<OwnedSlice> present = new TreeSet<>();
            for (Entry entry : entries) {
                present.add(entry.key());
                assertThat(fixture.get(meta, entry.key())).as(description).isEqualTo(entry);
            }
            for (int i = 0; i < 100; i++) {
                OwnedSlice key = SstableFixture.randomBytes(random, 300);
                if (!present.contains(key)) {
                    assertThat(fixture.get(meta, key)).as(description).isNull();
                }
            }
        }
    }

    @Test
    void rangesGiveTheEntriesBetweenTheirBounds() throws IOException {
        for (long seed = 1; seed <= 30; seed++) {
            Random random = new Random(seed);
            List<Entry> entries = SstableFixture.random(random, 300, 40, 40);
            SstableMeta meta = fixture.write(SstableFixture.TINY, entries);
            for (int i = 0; i < 60; i++) {
                KeyRange range = randomRange(random);
                boolean fillCache = random.nextBoolean();

                List<Entry> found = fixture.read(meta, range, fillCache);

                assertThat(found)
                        .as("seed %d, range %s", seed, range)
                        .isEqualTo(inside(entries, range));
            }
        }
    }

    @Test
    void clipHidesWhatIsOutside() throws IOException {
        List<Entry> entries = numbered(200);
        KeyRange clip =
                new KeyRange(
                        OwnedSlice.ofText(numberedKey(100)), OwnedSlice.ofText(numberedKey(200)));

        SstableMeta meta = fixture.write(SstableFixture.TINY, entries).withClip(clip);

        assertThat(fixture.read(meta)).isEqualTo(inside(entries, clip));
        assertThat(fixture.get(meta, OwnedSlice.ofText(numberedKey(98)))).isNull();
        assertThat(fixture.get(meta, OwnedSlice.ofText(numberedKey(100)))).isNotNull();
        assertThat(fixture.get(meta, OwnedSlice.ofText(numberedKey(200)))).isNull();
        KeyRange outside = new KeyRange(OwnedSlice.ofText(numberedKey(200)), null);
        assertThat(fixture.read(meta, outside, true)).isEmpty();
    }

    @Test
    void keysMustAscend() throws IOException {
        assertThatThrownBy(
                        () ->
                                fixture.write(
                                        SstableFixture.TINY, List.of(put("b", "1"), put("a", "2"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ascend");
        assertThatThrownBy(
                        () ->
                                fixture.write(
                                        SstableFixture.TINY, List.of(put("a", "1"), put("a", "2"))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(fixture.memory.list()).isEmpty();
    }

    @Test
    void fileWithoutEntriesIsRefused() {
        assertThatThrownBy(() -> fixture.write(SstableFixture.TINY, List.of()))
                .isInstanceOf(IllegalStateException.class);
        assertThat(fixture.memory.list()).isEmpty();
    }

    @Test
    void writerShortOfMemoryEndsItsRowGroupsEarly() throws IOException {
        try (SstableFixture poor = new SstableFixture(512 << 10)) {
            Random random = new Random(8);
            List<Entry> entries = new ArrayList<>();
            for (int i = 0; i < 6000; i++) {
                byte[] value = new byte[200];
                random.nextBytes(value);
                entries.add(
                        new Entry(
                                OwnedSlice.ofText(numberedKey(i)),
                                EntryKind.PUT,
                                OwnedSlice.wrap(value)));
            }

            SstableMeta meta = poor.write(SstableOptions.DEFAULTS, entries);

            assertThat(meta.sizeBytes()).isGreaterThan(1 << 20);
            assertThat(poor.read(meta)).isEqualTo(entries);
            assertThat(poor.budget.peakBytes()).isLessThanOrEqualTo(512 << 10);
        }
    }

    @Test
    void valuesLargerThanTheBudgetAreWrittenNextToSmallOnes() throws IOException {
        try (SstableFixture poor = new SstableFixture(512 << 10)) {
            Random random = new Random(9);
            List<Entry> entries = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                byte[] value = new byte[i % 50 == 7 ? 2_000_000 : random.nextInt(2000)];
                random.nextBytes(value);
                boolean isTombstone = i % 50 == 8;
                entries.add(
                        new Entry(
                                OwnedSlice.ofText(numberedKey(i)),
                                isTombstone ? EntryKind.DELETE : EntryKind.PUT,
                                isTombstone ? OwnedSlice.EMPTY : OwnedSlice.wrap(value)));
            }

            SstableMeta meta = poor.write(SstableOptions.DEFAULTS, entries);

            assertThat(poor.read(meta)).isEqualTo(entries);
            poor.open.verifyBlocks(meta);
            for (Entry entry : entries) {
                assertThat(poor.get(meta, entry.key())).isEqualTo(entry);
            }
            assertThat(poor.budget.peakBytes()).isLessThanOrEqualTo(512 << 10);
        }
    }

    @Test
    void everyFailureOfTheStorageLeavesNoFileAndNoMemory() throws IOException {
        List<Entry> entries = numbered(100);
        int failures = 0;
        for (int n = 1; ; n++) {
            fixture.storage.failCall(n);
            try {
                fixture.write("attempt.parquet", SstableFixture.TINY, entries);
                break;
            } catch (IOException e) {
                assertThat(fixture.memory.list()).isEmpty();
                assertThat(fixture.budget.usedBytes()).isZero();
                fixture.storage.assertNoOpenHandles();
                failures++;
            }
        }
        assertThat(failures).isGreaterThan(50);
    }

    private static KeyRange randomRange(Random random) {
        OwnedSlice a = SstableFixture.randomBytes(random, 40);
        OwnedSlice b = SstableFixture.randomBytes(random, 40);
        return switch (random.nextInt(4)) {
            case 0 -> new KeyRange(a, null);
            case 1 -> KeyRange.ofPrefix(a);
            default -> a.compareTo(b) <= 0 ? new KeyRange(a, b) : new KeyRange(b, a);
        };
    }

    private static List<Entry> inside(List<Entry> entries, KeyRange range) {
        List<Entry> inside = new ArrayList<>();
        for (Entry entry : entries) {
            if (range.contains(entry.key())) {
                inside.add(entry);
            }
        }
        return inside;
    }
}
