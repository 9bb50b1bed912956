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
import static org.assertj.core.api.Assertions.catchThrowable;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Values that are read and written in parts. */
final class LargeValueTest {

    private static final String FILE = "large.parquet";
    private static final int LARGE = 5 << 20;

    private final SstableFixture fixture = new SstableFixture(512 << 10);

    @AfterEach
    void findLeaks() {
        fixture.close();
    }

    @Test
    void largeValuesStandBetweenSmallOnes() throws IOException {
        List<Entry> entries = entries();
        SstableMeta meta = fixture.write(FILE, SstableOptions.DEFAULTS, entries);

        assertThat(fixture.read(meta, KeyRange.ALL, false)).isEqualTo(entries);
        assertThat(fixture.read(meta, KeyRange.ALL, true)).isEqualTo(entries);
        for (Entry entry : entries) {
            assertThat(fixture.get(meta, entry.key())).isEqualTo(entry);
        }
        fixture.open.verifyBlocks(meta);
        assertThat(fixture.budget.peakBytes()).isLessThanOrEqualTo(512 << 10);
    }

    @Test
    void cursorHandsLargeValuesOnInParts() throws IOException {
        List<Entry> entries = entries();
        SstableMeta meta = fixture.write(FILE, SstableOptions.DEFAULTS, entries);
        int large = 0;
        int row = 0;
        try (EntryCursor cursor = fixture.open.of(meta).cursor(KeyRange.ALL, false)) {
            while (cursor.next()) {
                Entry expected = entries.get(row++);
                LargeValue value = cursor.largeValue();
                assertThat(value != null).isEqualTo(expected.value().length() == LARGE);
                if (value != null) {
                    large++;
                    assertThat(value.length()).isEqualTo(LARGE);
                    assertThat(OwnedSlice.wrap(value.toBytes())).isEqualTo(expected.value());
                }
                assertThat(OwnedSlice.wrap(cursor.copyValue())).isEqualTo(expected.value());
            }
        }
        assertThat(large).isEqualTo(2);
    }

    @Test
    void fileThatIsWrittenOutOfAnotherHasTheSameEntries() throws IOException {
        List<Entry> entries = entries();
        SstableMeta meta = fixture.write(FILE, SstableOptions.DEFAULTS, entries);
        SstableMeta again = fixture.rewrite(meta, SstableOptions.DEFAULTS, null);

        assertThat(fixture.read(again)).isEqualTo(entries);
        fixture.open.verifyBlocks(again);
    }

    @Test
    void damagedLargeValueIsFoundByEveryReader() throws IOException {
        SstableMeta meta = fixture.write(FILE, SstableOptions.DEFAULTS, entries());
        OwnedSlice key = OwnedSlice.ofText("k01");
        Random random = new Random(3);
        for (int i = 0; i < 20; i++) {
            // The first large value is the most of the file's first half.
            long bit = 8 * (meta.sizeBytes() / 8 + random.nextInt(LARGE / 2));
            fixture.storage.heal().flipBits(FILE, bit);
            fixture.open.forget(FILE);

            assertThatThrownBy(() -> fixture.get(meta, key))
                    .hasRootCauseInstanceOf(MalformedPageException.class)
                    .hasStackTraceContaining(CorruptionException.class.getName())
                    .hasMessageContaining(FILE);
            assertThat(catchThrowable(() -> copyAll(meta)))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining(FILE);
            assertThat(catchThrowable(() -> fixture.rewrite(meta, SstableOptions.DEFAULTS, null)))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining(FILE);
            assertThat(catchThrowable(() -> fixture.open.verifyBlocks(meta)))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining(FILE);
        }
        fixture.storage.heal();
    }

    @Test
    void damagedHeadOfALargePageIsFound() throws IOException {
        SstableMeta meta =
                fixture.write(
                        FILE,
                        SstableOptions.DEFAULTS,
                        List.of(
                                new Entry(
                                        OwnedSlice.ofText("k"),
                                        EntryKind.PUT,
                                        OwnedSlice.wrap(bytes(1, LARGE)))));
        // The pages of the other columns are few bytes; the head ends where the value begins.
        for (long bit = 8 * 4; bit < 8 * 300; bit++) {
            fixture.storage.heal().flipBits(FILE, bit);
            fixture.open.forget(FILE);

            assertThat(catchThrowable(() -> fixture.open.verifyBlocks(meta)))
                    .as("bit %d", bit)
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining(FILE);
        }
        fixture.storage.heal();
    }

    /** The checksum stands before the value, so a value that differs the second time is found. */
    @Test
    void valueThatChangesWhileItIsWrittenLeavesNoFile() throws IOException {
        AtomicInteger opened = new AtomicInteger();
        LargeValue changing =
                new LargeValue() {
                    @Override
                    public long length() {
                        return 1000;
                    }

                    @Override
                    public InputStream open() {
                        return new ByteArrayInputStream(bytes(opened.incrementAndGet(), 1000));
                    }
                };
        MemoryBudget budget = fixture.budget;
        NewSstable identity =
                new NewSstable(new SstableIdentity(FILE, "counts", 1, 0, 0), 0, false, 0);
        try (SstableWriter writer =
                new SstableWriter(fixture.storage, identity, SstableOptions.DEFAULTS, budget)) {
            assertThatThrownBy(() -> writer.add(new Slice(new byte[] {1}), EntryKind.PUT, changing))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("changed while it was written");
        }
        assertThat(opened).hasValue(2);
        assertThat(fixture.storage.list()).isEmpty();
    }

    private void copyAll(SstableMeta meta) throws IOException {
        try (EntryCursor cursor = fixture.open.of(meta).cursor(KeyRange.ALL, false)) {
            while (cursor.next()) {
                cursor.copyValue();
            }
        }
    }

    private static List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        EntryKind[] kinds = {EntryKind.PUT, EntryKind.PUT, EntryKind.DELETE, EntryKind.MERGE};
        int[] lengths = {100, LARGE, 0, LARGE, 1 << 10, 0, 300};
        for (int i = 0; i < lengths.length; i++) {
            entries.add(
                    new Entry(
                            OwnedSlice.ofText("k0" + i),
                            i < kinds.length ? kinds[i] : EntryKind.PUT,
                            OwnedSlice.wrap(bytes(i, lengths[i]))));
        }
        return entries;
    }

    private static byte[] bytes(int seed, int count) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
