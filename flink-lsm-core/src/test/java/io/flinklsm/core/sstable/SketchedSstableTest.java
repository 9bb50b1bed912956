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
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.sketch.HeavyKey;
import io.flinklsm.core.sketch.KeySketch;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The sketch in the footer of an SSTable. */
final class SketchedSstableTest {

    private static final SstableOptions OPTIONS = SstableOptions.DEFAULTS.withKeyGroupBytes(1);

    private static final EntryColumns MAPS =
            new EntryColumns(
                    StateKind.MAP,
                    1,
                    false,
                    ColumnTypes.int32(),
                    ColumnTypes.nothing(),
                    ColumnTypes.int32(),
                    ColumnTypes.int64());

    private final SstableFixture fixture = new SstableFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    /** A thousand maps of 20 entries, but the map 7 has 3,000, all of them tombstones. */
    private static List<Entry> maps() {
        Random random = new Random(1);
        List<Entry> entries = new ArrayList<>();
        for (int map = 0; map < 1000; map++) {
            for (int mapKey = 0; mapKey < (map == 7 ? 3000 : 20); mapKey++) {
                byte[] key =
                        ByteBuffer.allocate(10)
                                .put((byte) (map / 100))
                                .putInt(map)
                                .put((byte) 0)
                                .putInt(mapKey)
                                .array();
                byte[] value = ByteBuffer.allocate(8).putLong(random.nextLong()).array();
                EntryKind kind = map == 7 ? EntryKind.DELETE : EntryKind.PUT;
                entries.add(
                        new Entry(
                                OwnedSlice.wrap(key),
                                kind,
                                map == 7 ? OwnedSlice.EMPTY : OwnedSlice.wrap(value)));
            }
        }
        return entries;
    }

    private KeySketch sketch(SstableMeta meta) throws IOException {
        return Objects.requireNonNull(OpenSstables.readSketch(fixture.storage, meta.fileName()));
    }

    @Test
    void aFileSaysWhichOfItsKeysAreLargestAfterAFlushAndAfterACompaction() throws IOException {
        SstableMeta written = fixture.write(OPTIONS, MAPS, maps());
        SstableMeta compacted = fixture.rewrite(written, OPTIONS, MAPS);

        KeySketch sketch = sketch(written);

        assertThat(sketch(compacted)).usingRecursiveComparison().isEqualTo(sketch);
        assertThat(sketch.keyCount()).isEqualTo(1000);
        assertThat(sketch.wholeKeys()).isFalse();
        HeavyKey largest = sketch.heavy().list().get(0);
        assertThat(largest.key().toBytes()).containsExactly(0, 0, 0, 0, 7);
        assertThat(largest.entries()).isEqualTo(3000);
        assertThat(largest.tombstones()).isEqualTo(3000);
        assertThat(largest.bytes()).isEqualTo(3000 * 10);
        assertThat(sketch.groups()).hasSize(10);
        assertThat(sketch.heavy().omittedBytes()).isEqualTo(20 * 18);
        assertThat(sketch.sample().estimate()).isBetween(800L, 1200L);
    }

    @Test
    void aSketchTakesAtMostTheHundredthPartOfItsFile() throws IOException {
        SstableMeta meta = fixture.write(OPTIONS, MAPS, maps());

        String text =
                OpenSstables.readProperties(fixture.storage, meta.fileName())
                        .get("flinklsm.sketch");

        assertThat(text.length()).isLessThanOrEqualTo((int) (meta.sizeBytes() / 100));
    }

    @Test
    void aSmallFileHasNone() throws IOException {
        SstableMeta meta = fixture.write(OPTIONS, MAPS, maps().subList(0, 100));

        assertThat(OpenSstables.readSketch(fixture.storage, meta.fileName())).isNull();
    }

    @Test
    void withoutColumnsEveryEntryIsAKeyOfItsOwn() throws IOException {
        SstableMeta meta = fixture.write(OPTIONS, maps());

        KeySketch sketch = sketch(meta);

        assertThat(sketch.wholeKeys()).isTrue();
        assertThat(sketch.keyCount()).isEqualTo(22_980);
    }

    @Test
    void aDamagedSketchIsToldByTheNameOfItsFile() throws IOException {
        SstableMeta meta = fixture.write(OPTIONS, MAPS, maps());
        byte[] file = fixture.memory.bytes(meta.fileName());
        int at = new String(file, StandardCharsets.ISO_8859_1).indexOf("flinklsm.sketch");
        file[at + 30] ^= 1;
        fixture.memory.put(meta.fileName(), file);

        assertThatThrownBy(() -> OpenSstables.readSketch(fixture.storage, meta.fileName()))
                .hasMessageContaining(meta.fileName())
                .hasMessageContaining("checksum");
    }
}
