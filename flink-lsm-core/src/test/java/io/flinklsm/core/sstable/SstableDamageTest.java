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
import static io.flinklsm.core.sstable.SstableFixture.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.parquet.footer.ParquetFile;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whatever happens to a file: exact entries, or a CorruptionException that names it. */
final class SstableDamageTest {

    private static final String FILE = "damaged.parquet";

    private final SstableFixture fixture = new SstableFixture();

    @AfterEach
    void findLeaks() {
        fixture.close();
    }

    @Test
    void everyFlippedBitIsFoundOrHarmless() throws IOException {
        for (SstableCodec codec : SstableCodec.values()) {
            SstableOptions options = new SstableOptions(40, 4, 300, 10.6, codec, 1);
            List<Entry> entries = smallFile();
            SstableMeta meta = fixture.write(FILE, options, entries);
            int harmless = 0;
            int found = 0;
            for (long bit = 0; bit < 8 * meta.sizeBytes(); bit++) {
                fixture.storage.heal().flipBits(FILE, bit);
                if (isRefusedOrExact(meta, entries, "codec " + codec + ", bit " + bit)) {
                    found++;
                } else {
                    harmless++;
                }
            }
            fixture.storage.heal();
            fixture.open.forget(FILE);
            fixture.storage.delete(FILE);

            // Harmless are only the pages of key groups, which reading entries does not touch.
            assertThat(found).as("bits found").isGreaterThan(30 * harmless / 10);
        }
    }

    @Test
    void everyFlippedBitIsFoundByVerification() throws IOException {
        for (SstableCodec codec : SstableCodec.values()) {
            findEveryFlippedBitByVerification(codec);
        }
    }

    private void findEveryFlippedBitByVerification(SstableCodec codec) throws IOException {
        fixture.storage.heal();
        SstableMeta meta =
                fixture.write(
                        codec + FILE, new SstableOptions(40, 4, 300, 10.6, codec, 1), smallFile());
        for (long bit = 0; bit < 8 * meta.sizeBytes(); bit++) {
            fixture.storage.heal().flipBits(codec + FILE, bit);
            fixture.open.forget(codec + FILE);

            assertThat(catchThrowable(() -> fixture.open.verifyBlocks(meta)))
                    .as("%s, bit %d, tail from byte %d", codec, bit, meta.tailOffset())
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining(FILE);
        }
    }

    @Test
    void everyFlippedBitIsFoundWithoutAManifest() throws IOException {
        SstableMeta meta = fixture.write(FILE, SstableFixture.TINY, smallFile());
        for (long bit = 8 * meta.tailOffset(); bit < 8 * meta.sizeBytes(); bit++) {
            fixture.storage.heal().flipBits(FILE, bit);

            assertThat(catchThrowable(() -> OpenSstables.readMeta(fixture.storage, FILE)))
                    .as("bit %d", bit)
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining(FILE);
        }
        fixture.storage.heal();
        assertThat(OpenSstables.readMeta(fixture.storage, FILE)).isEqualTo(meta);
    }

    @Test
    void everyTruncationIsFound() throws IOException {
        SstableMeta meta = fixture.write(FILE, SstableFixture.TINY, smallFile());
        for (long size = 0; size < meta.sizeBytes(); size++) {
            fixture.storage.truncate(FILE, size);
            fixture.open.forget(FILE);

            assertThat(catchThrowable(() -> fixture.read(meta)))
                    .as("size %d", size)
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining(FILE);
            assertThat(catchThrowable(() -> OpenSstables.readMeta(fixture.storage, FILE)))
                    .as("size %d", size)
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining(FILE);
        }
    }

    @Test
    void fileThatIsCutWhileItIsOpenIsNamed() throws IOException {
        List<Entry> entries = smallFile();
        SstableMeta meta = fixture.write(FILE, SstableFixture.TINY, entries);
        fixture.open.verify(meta);

        fixture.storage.truncate(FILE, meta.tailOffset());

        assertThatThrownBy(() -> fixture.open.verify(meta))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining(FILE);
    }

    @Test
    void everyByteReplacedAtRandomIsFoundOrHarmless() throws IOException {
        List<Entry> entries = smallFile();
        SstableMeta meta = fixture.write(FILE, SstableFixture.TINY, entries);
        byte[] good = fixture.memory.bytes(FILE);
        for (long seed = 1; seed <= 1500; seed++) {
            Random random = new Random(seed);
            byte[] bad = good.clone();
            int from = random.nextInt(bad.length);
            int to = Math.min(bad.length, from + 1 + random.nextInt(40));
            for (int i = from; i < to; i++) {
                bad[i] = (byte) (random.nextBoolean() ? 0xFF : random.nextInt(256));
            }
            fixture.memory.put(FILE, bad);

            isRefusedOrExact(meta, entries, "seed " + seed);
        }
    }

    @Test
    void hostileTailWithARightChecksumIsRefused() throws IOException {
        List<Entry> entries = smallFile();
        SstableMeta meta = fixture.write(FILE, SstableFixture.TINY, entries);
        byte[] good = fixture.memory.bytes(FILE);
        int tailOffset = (int) meta.tailOffset();
        for (long seed = 1; seed <= 3000; seed++) {
            Random random = new Random(seed);
            byte[] bad = good.clone();
            int changes = 1 + random.nextInt(3);
            for (int i = 0; i < changes; i++) {
                int at = tailOffset + random.nextInt(bad.length - tailOffset);
                bad[at] = (byte) (random.nextInt(3) == 0 ? 0xFF : random.nextInt(256));
            }
            int checksum = forgeChecksum(bad, tailOffset);
            fixture.memory.put(FILE, bad);
            fixture.open.forget(FILE);
            SstableMeta forged =
                    new SstableMeta(
                            new SstableIdentity(
                                    FILE,
                                    meta.treeName(),
                                    meta.generation(),
                                    meta.minWriteTimeMillis(),
                                    meta.maxWriteTimeMillis()),
                            new SstableMeta.Extent(meta.sizeBytes(), meta.tailOffset(), checksum),
                            new SstableMeta.Content(
                                    meta.entryCount(),
                                    meta.tombstoneCount(),
                                    meta.mergeCount(),
                                    meta.minKey(),
                                    meta.maxKey()),
                            meta.level(),
                            null);
            try {
                fixture.open.verifyBlocks(forged);
                fixture.read(forged);
            } catch (CorruptionException e) {
                assertThat(e).as("seed %d", seed).hasMessageContaining(FILE);
            } catch (IOException | RuntimeException | Error e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    @Test
    void fileOfAnotherFormatIsRefusedByName() throws IOException {
        SstableMeta meta = fixture.write(FILE, SstableFixture.TINY, smallFile());
        byte[] bytes = fixture.memory.bytes(FILE);
        byte[] property = "flinklsm.format".getBytes(StandardCharsets.US_ASCII);
        int at = indexOf(bytes, property) + property.length + 2;
        assertThat(bytes[at]).isEqualTo((byte) '1');
        bytes[at] = '7';
        forgeChecksum(bytes, (int) meta.tailOffset());
        fixture.memory.put(FILE, bytes);

        assertThatThrownBy(() -> OpenSstables.readMeta(fixture.storage, FILE))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining(FILE)
                .hasMessageContaining("flinklsm.format=7");
    }

    @Test
    void footerLengthBeyondTheFileAllocatesNothing() throws IOException {
        SstableMeta meta = fixture.write(FILE, SstableFixture.TINY, smallFile());
        byte[] bytes = fixture.memory.bytes(FILE);
        Arrays.fill(bytes, bytes.length - 8, bytes.length - 4, (byte) 0xFF);
        fixture.memory.put(FILE, bytes);

        assertThatThrownBy(() -> OpenSstables.readMeta(fixture.storage, FILE))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("footer larger than the file");
        assertThatThrownBy(() -> fixture.read(meta))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining(FILE);
    }

    @Test
    void fileOfAnotherMetaIsRefused() throws IOException {
        SstableMeta meta = fixture.write(FILE, SstableFixture.TINY, smallFile());
        fixture.write("other.parquet", SstableFixture.TINY, smallFile());
        byte[] other = fixture.memory.bytes("other.parquet");
        SstableMeta elsewhere =
                fixture.write("third.parquet", SstableFixture.TINY, List.of(put("zz", "1")));

        fixture.memory.put(FILE, fixture.memory.bytes("third.parquet"));

        assertThatThrownBy(() -> fixture.read(meta))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining(FILE)
                .hasMessageContaining("another size");
        assertThat(elsewhere.sizeBytes()).isNotEqualTo(other.length);
    }

    @Test
    void missingFileIsNamed() throws IOException {
        SstableMeta meta = fixture.write(FILE, SstableFixture.TINY, smallFile());
        fixture.storage.delete(FILE);

        assertThatThrownBy(() -> fixture.open.verify(meta))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining(FILE);
    }

    @Test
    void readThatFailsIsNotTakenForDamageAndCanBeRepeated() throws IOException {
        List<Entry> entries = smallFile();
        SstableMeta meta = fixture.write(FILE, SstableFixture.TINY, entries);
        int failures = 0;
        for (int n = 1; ; n++) {
            fixture.open.forget(FILE);
            fixture.storage.failCall(n);
            try {
                assertThat(fixture.read(meta)).isEqualTo(entries);
                break;
            } catch (IOException e) {
                assertThat(e)
                        .isNotInstanceOf(CorruptionException.class)
                        .hasMessageContaining(HostileStorage.INJECTED);
                failures++;
            }
        }
        assertThat(failures).isGreaterThan(3);
    }

    @Test
    void aParquetFileOfSomebodyElseIsNotTakenForAnSstable() {
        byte[] foreign = new byte[100];
        System.arraycopy(ParquetFile.magic(), 0, foreign, 0, 4);
        System.arraycopy(ParquetFile.magic(), 0, foreign, 96, 4);
        foreign[92] = 40;
        fixture.memory.put("foreign.parquet", foreign);

        assertThatThrownBy(() -> OpenSstables.readMeta(fixture.storage, "foreign.parquet"))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("foreign.parquet")
                .hasMessageContaining("no SSTable of flink-lsm");
    }

    /** True if the damage was noticed; fails on wrong entries or another exception. */
    private boolean isRefusedOrExact(SstableMeta meta, List<Entry> entries, String description) {
        fixture.open.forget(FILE);
        try {
            assertThat(fixture.read(meta, KeyRange.ALL, false)).as(description).isEqualTo(entries);
            for (Entry entry : entries) {
                assertThat(fixture.get(meta, entry.key())).as(description).isEqualTo(entry);
            }
            assertThat(fixture.get(meta, OwnedSlice.ofText("ax"))).as(description).isNull();
            return false;
        } catch (CorruptionException e) {
            assertThat(e).as(description).hasMessageContaining(FILE);
            return true;
        } catch (IOException | RuntimeException e) {
            throw new AssertionError(description, e);
        }
    }

    private static List<Entry> smallFile() {
        List<Entry> entries =
                new ArrayList<>(
                        List.of(
                                put("a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
                                put("b", ""),
                                delete("c"),
                                merge("d", "0123456789"),
                                delete("e"),
                                put("f", "x"),
                                put("g", "ffffffffffffffffffffffffffffffffffffffffff"),
                                delete("h")));
        entries.addAll(numbered(20));
        // A page that is compressed and one that is not, in one column.
        byte[] random = new byte[70];
        new Random(4).nextBytes(random);
        entries.add(new Entry(OwnedSlice.ofText("random"), EntryKind.PUT, OwnedSlice.wrap(random)));
        entries.add(put("repeats", "r".repeat(70)));
        return entries;
    }

    private static int forgeChecksum(byte[] file, int tailOffset) {
        byte[] property = SstableFormat.TAIL_CHECKSUM_PROPERTY.getBytes(StandardCharsets.US_ASCII);
        int at = lastIndexOf(file, property);
        if (at < 0 || at + property.length + 10 > file.length) {
            return 0;
        }
        at += property.length + 2;
        Arrays.fill(file, at, at + 8, (byte) '0');
        CRC32C crc = new CRC32C();
        crc.update(file, tailOffset, file.length - tailOffset);
        byte[] digits = String.format("%08x", crc.getValue()).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(digits, 0, file, at, 8);
        return (int) crc.getValue();
    }

    private static int indexOf(byte[] bytes, byte[] wanted) {
        for (int at = 0; at + wanted.length <= bytes.length; at++) {
            if (Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
                return at;
            }
        }
        return -1;
    }

    private static int lastIndexOf(byte[] bytes, byte[] wanted) {
        for (int at = bytes.length - wanted.length; at >= 0; at--) {
            if (Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
                return at;
            }
        }
        return -1;
    }
}
