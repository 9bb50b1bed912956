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
import static io.flinklsm.core.sstable.SstableFixture.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Files of every released format open for ever. {@link #main} writes those of today's format. */
final class GoldenFileTest {

    private static final String FILE = "mixed.parquet";
    private static final String TYPED_FILE = "typed.parquet";

    private final SstableFixture fixture = new SstableFixture();

    @AfterEach
    void findLeaks() {
        fixture.close();
    }

    @Test
    void fileOfFormatOneOpensAndHasItsEntries() throws IOException {
        fixture.memory.put(FILE, golden("/golden/v1/" + FILE));

        SstableMeta meta = OpenSstables.readMeta(fixture.storage, FILE);

        assertThat(meta)
                .isEqualTo(
                        new SstableMeta(
                                new SstableIdentity(FILE, "counts", 42, 1000, 2000),
                                new SstableMeta.Extent(
                                        meta.sizeBytes(), meta.tailOffset(), meta.tailChecksum()),
                                new SstableMeta.Content(
                                        206,
                                        3,
                                        1,
                                        OwnedSlice.EMPTY,
                                        OwnedSlice.wrap(new byte[] {-1, 0, -1})),
                                1,
                                null));
        fixture.open.verifyBlocks(meta);
        assertThat(fixture.read(meta)).isEqualTo(entries());
        for (Entry entry : entries()) {
            assertThat(fixture.get(meta, entry.key())).isEqualTo(entry);
        }
    }

    @Test
    void typedFileOfFormatOneOpensAndHasItsEntries() throws IOException {
        fixture.memory.put(TYPED_FILE, golden("/golden/v1/" + TYPED_FILE));

        SstableMeta meta = OpenSstables.readMeta(fixture.storage, TYPED_FILE);

        fixture.open.verifyBlocks(meta);
        assertThat(fixture.open.of(meta).describedColumns())
                .isEqualTo(TypedSstableTest.peopleColumns());
        assertThat(fixture.read(meta)).isEqualTo(typedEntries());
        for (Entry entry : typedEntries()) {
            assertThat(fixture.get(meta, entry.key())).isEqualTo(entry);
        }
    }

    /** A type that stands in a footer is understood for ever. */
    @Test
    void columnsOfFormatOneAreUnderstood() throws IOException {
        String texts = new String(golden("/golden/v1/columns.txt"), StandardCharsets.UTF_8);

        assertThat(texts.lines())
                .hasSizeGreaterThan(10)
                .allSatisfy(
                        text -> assertThat(EntryColumns.parse(text).toString()).isEqualTo(text));
    }

    @Test
    void equalEntriesMakeEqualBytes() throws IOException {
        SstableMeta first = fixture.write("a.parquet", SstableFixture.TINY, entries());
        byte[] bytes = fixture.memory.bytes("a.parquet");
        fixture.storage.delete("a.parquet");
        SstableMeta second = fixture.write("a.parquet", SstableFixture.TINY, entries());

        assertThat(fixture.memory.bytes("a.parquet")).isEqualTo(bytes);
        assertThat(second).isEqualTo(first);
    }

    /** Writes today's golden files to the given directory. */
    public static void main(String[] args) throws IOException {
        try (SstableFixture fixture = new SstableFixture()) {
            fixture.write(FILE, SstableFixture.TINY, entries());
            Files.write(Path.of(args[0]).resolve(FILE), fixture.memory.bytes(FILE));
            fixture.write(
                    TYPED_FILE,
                    SstableFixture.TINY.withKeyGroupBytes(1),
                    TypedSstableTest.peopleColumns(),
                    typedEntries());
            Files.write(Path.of(args[0]).resolve(TYPED_FILE), fixture.memory.bytes(TYPED_FILE));
        }
    }

    private static List<Entry> typedEntries() {
        return TypedSstableTest.people(new Random(4), TypedSstableTest.peopleColumns(), 200);
    }

    private static List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        entries.add(put("", "the empty key"));
        entries.add(delete("a"));
        entries.add(merge("b", "operand"));
        entries.add(put("c", ""));
        entries.add(delete("d"));
        for (int i = 0; i < 199; i++) {
            entries.add(put(SstableFixture.numberedKey(i), "value " + i * i));
        }
        entries.add(delete("z"));
        entries.add(
                new Entry(
                        OwnedSlice.wrap(new byte[] {-1, 0, -1}),
                        EntryKind.PUT,
                        OwnedSlice.wrap(new byte[1000])));
        return entries;
    }

    private static byte[] golden(String resource) throws IOException {
        try (InputStream in = GoldenFileTest.class.getResourceAsStream(resource)) {
            assertThat(in).as(resource).isNotNull();
            return in.readAllBytes();
        }
    }
}
