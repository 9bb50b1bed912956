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

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.testing.ListCursor;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes and reads SSTables; closing it finds leaks of memory and handles. */
final class SstableFixture implements AutoCloseable {

    /** Blocks of some entries, row groups of some blocks: everything happens with little data. */
    static final SstableOptions TINY =
            new SstableOptions(64, 4, 700, 10.6, SstableCodec.LZ4_RAW, 0);

    static final SstableOptions ONE_BLOCK =
            new SstableOptions(1 << 20, 1 << 14, 4 << 20, 10.6, SstableCodec.LZ4_RAW, 0);

    final InMemoryStorage memory = new InMemoryStorage();
    final HostileStorage storage;
    final MemoryBudget budget;
    final BlockCache cache;
    final OpenSstables open;
    private int files;

    SstableFixture() {
        this(64 << 20);
    }

    SstableFixture(long memoryBytes) {
        this(null, memoryBytes, 100);
    }

    SstableFixture(@Nullable Storage storage, long memoryBytes, int maxOpen) {
        this.storage = new HostileStorage(storage == null ? memory : storage);
        this.budget = MemoryBudget.root("test", memoryBytes);
        this.cache = new BlockCache(budget);
        this.open = new OpenSstables(this.storage, budget, cache, maxOpen);
    }

    SstableMeta write(SstableOptions options, List<Entry> entries) throws IOException {
        return write("file-" + files++ + ".parquet", options, entries);
    }

    SstableMeta write(String fileName, SstableOptions options, List<Entry> entries)
            throws IOException {
        return write(fileName, options, null, entries);
    }

    SstableMeta write(SstableOptions options, EntryColumns columns, List<Entry> entries)
            throws IOException {
        return write("file-" + files++ + ".parquet", options, columns, entries);
    }

    SstableMeta write(
            String fileName,
            SstableOptions options,
            @Nullable EntryColumns columns,
            List<Entry> entries)
            throws IOException {
        return write(fileName, 1, options, columns, entries);
    }

    SstableMeta write(
            String fileName,
            int level,
            SstableOptions options,
            @Nullable EntryColumns columns,
            List<Entry> entries)
            throws IOException {
        NewSstable identity =
                new NewSstable(
                        new SstableIdentity(fileName, "counts", 42, 1000, 2000),
                        level,
                        false,
                        1_795_379_880_123L);
        Slice key = new Slice();
        Slice value = new Slice();
        try (SstableWriter writer =
                new SstableWriter(storage, identity, options, columns, budget)) {
            for (Entry entry : entries) {
                writer.add(key.setOwned(entry.key()), entry.kind(), value.setOwned(entry.value()));
            }
            return writer.finish();
        }
    }

    /** Writes a file out of another as a compaction does, typed values column by column. */
    SstableMeta rewrite(SstableMeta from, SstableOptions options, @Nullable EntryColumns columns)
            throws IOException {
        NewSstable identity =
                new NewSstable(
                        new SstableIdentity(
                                "file-" + files++ + ".parquet", "counts", 43, 1000, 2000),
                        2,
                        false,
                        1_795_379_880_123L);
        try (EntryCursor entries = open.of(from).cursor(KeyRange.ALL, false);
                SstableWriter writer =
                        new SstableWriter(storage, identity, options, columns, budget)) {
            while (entries.next()) {
                writer.add(entries);
            }
            return writer.finish();
        }
    }

    List<Entry> read(SstableMeta meta) throws IOException {
        return read(meta, KeyRange.ALL, false);
    }

    List<Entry> read(SstableMeta meta, KeyRange range, boolean fillCache) throws IOException {
        return ListCursor.drain(open.of(meta).cursor(range, fillCache));
    }

    /** What a lookup of the key finds in this file: the entry, or null. */
    @Nullable Entry get(SstableMeta meta, OwnedSlice key) throws IOException {
        Lookup lookup = new Lookup();
        ValueBuffer out = new ValueBuffer();
        lookup.start(new AppendOperator(0), out);
        KeyBuffer buffer = new KeyBuffer().set(key);
        boolean done;
        boolean found;
        try {
            done = open.of(meta).get(buffer, lookup);
            found = lookup.finish();
        } finally {
            lookup.end();
        }
        if (!done && !found) {
            return null;
        }
        EntryKind kind = !found ? EntryKind.DELETE : done ? EntryKind.PUT : EntryKind.MERGE;
        return new Entry(key, kind, OwnedSlice.wrap(out.toBytes()));
    }

    static Entry put(String key, String value) {
        return new Entry(OwnedSlice.ofText(key), EntryKind.PUT, OwnedSlice.ofText(value));
    }

    static Entry delete(String key) {
        return new Entry(OwnedSlice.ofText(key), EntryKind.DELETE, OwnedSlice.EMPTY);
    }

    static Entry merge(String key, String value) {
        return new Entry(OwnedSlice.ofText(key), EntryKind.MERGE, OwnedSlice.ofText(value));
    }

    /** Entries {@code k000000, k000002, ...} with values; odd numbers are absent. */
    static List<Entry> numbered(int count) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(put(numberedKey(2 * i), "value-" + i));
        }
        return entries;
    }

    /** Entries with values of 100 bytes: a third is random, a third repeats, a third is random. */
    static List<Entry> randomAndRepeating(int count) {
        Random random = new Random(3);
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[100];
            if (i < count / 3 || i >= 2 * count / 3) {
                random.nextBytes(value);
            }
            entries.add(
                    new Entry(
                            OwnedSlice.ofText(numberedKey(i)),
                            EntryKind.PUT,
                            OwnedSlice.wrap(value)));
        }
        return entries;
    }

    static String numberedKey(int number) {
        return String.format("k%06d", number);
    }

    /** Sorted entries of all kinds with keys and values of hostile lengths and bytes. */
    static List<Entry> random(Random random, int count, int maxKeyBytes, int maxValueBytes) {
        TreeMap<OwnedSlice, Entry> entries = new TreeMap<>();
        int deletePercent = random.nextInt(4) == 0 ? 100 : random.nextInt(60);
        while (entries.size() < count) {
            OwnedSlice key = randomBytes(random, maxKeyBytes);
            int dice = random.nextInt(100);
            EntryKind kind =
                    dice < deletePercent
                            ? EntryKind.DELETE
                            : dice % 7 == 0 ? EntryKind.MERGE : EntryKind.PUT;
            OwnedSlice value =
                    kind == EntryKind.DELETE
                            ? OwnedSlice.EMPTY
                            : randomBytes(random, maxValueBytes);
            entries.put(key, new Entry(key, kind, value));
        }
        return new ArrayList<>(entries.values());
    }

    static OwnedSlice randomBytes(Random random, int maxBytes) {
        byte[] bytes = new byte[random.nextInt(random.nextInt(8) == 0 ? maxBytes + 1 : 9)];
        int style = random.nextInt(4);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] =
                    switch (style) {
                        case 0 -> (byte) random.nextInt(256);
                        case 1 -> (byte) (random.nextBoolean() ? 0x00 : 0xFF);
                        case 2 -> (byte) 'a';
                        default -> (byte) ('a' + random.nextInt(4));
                    };
        }
        return OwnedSlice.wrap(bytes);
    }

    @Override
    public void close() {
        open.close();
        cache.close();
        storage.assertNoOpenHandles();
        budget.close();
    }
}
