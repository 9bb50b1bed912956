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
package io.flinklsm.core.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.merge.CollapsingCursor;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.sstable.SstableCodec;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.testing.ListCursor;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.IOException;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Flushes and compactions of real files against a map, with both pickers and random options. */
class CompactionModelTest {

    @Test
    void compactionNeverChangesWhatAReaderSees() throws IOException {
        for (long seed = 0; seed < 40; seed++) {
            new Run(seed).run();
        }
    }

    private static final class Run {
        private final Random random;
        private final String name;
        private final CompactionPicker picker;
        private final InMemoryStorage storage = new InMemoryStorage();
        private final TreeMap<OwnedSlice, String> model = new TreeMap<>();
        private final int keySpace;

        Run(long seed) {
            random = new Random(seed);
            keySpace = 20 + random.nextInt(400);
            CompactionOptions options =
                    new CompactionOptions(
                            2 + random.nextInt(4),
                            1 + random.nextInt(8000),
                            1 + random.nextInt(20000),
                            2 + random.nextInt(5));
            picker =
                    random.nextBoolean()
                            ? new LeveledPicker(options)
                            : new SizeTieredPicker(options);
            name = "seed " + seed + " " + picker;
        }

        void run() throws IOException {
            try (TreeOnDisk tree = new TreeOnDisk(storage, random.nextLong())) {
                tree.targetFileBytes = 1000 + random.nextInt(8000);
                tree.options =
                        new SstableOptions(
                                64 + random.nextInt(2000),
                                1 + random.nextInt(64),
                                256 + random.nextInt(20000),
                                random.nextBoolean() ? 0 : 10.6,
                                random.nextBoolean()
                                        ? SstableCodec.LZ4_RAW
                                        : SstableCodec.UNCOMPRESSED,
                                0);
                for (int i = 0; i < 30; i++) {
                    flush(tree);
                    for (int rounds = random.nextInt(4); rounds > 0; rounds--) {
                        CompactionPlan plan = picker.pick(tree.versions.current());
                        if (plan == null) {
                            break;
                        }
                        tree.compact(plan);
                    }
                    check(tree);
                }
                tree.compact(picker.pickAll(tree.versions.current()));
                check(tree);
                assertThat(tree.versions.current().runs()).as(name).hasSizeLessThanOrEqualTo(1);
                assertThat(ListCursor.drain(CollapsingCursor.live(tree.cursors(), null)))
                        .as("%s: no operand and no tombstone is left", name)
                        .hasSize(model.size());
            }
        }

        private void flush(TreeOnDisk tree) throws IOException {
            TreeMap<OwnedSlice, Entry> entries = new TreeMap<>();
            for (int i = 1 + random.nextInt(120); i > 0; i--) {
                OwnedSlice key = OwnedSlice.ofText("key" + random.nextInt(keySpace));
                if (entries.containsKey(key)) {
                    continue;
                }
                EntryKind kind = EntryKind.ofCode(random.nextInt(3));
                String value = kind == EntryKind.DELETE ? "" : "" + random.nextInt(100_000);
                entries.put(key, new Entry(key, kind, OwnedSlice.ofText(value)));
                switch (kind) {
                    case PUT -> model.put(key, value);
                    case DELETE -> model.remove(key);
                    case MERGE -> model.merge(key, value, (older, newer) -> older + "," + newer);
                }
            }
            tree.flush(new ListCursor(entries.values().stream().toList()));
        }

        private void check(TreeOnDisk tree) throws IOException {
            TreeMap<OwnedSlice, String> seen = new TreeMap<>();
            ListCursor.drain(CollapsingCursor.live(tree.cursors(), tree.operator))
                    .forEach(entry -> seen.put(entry.key(), entry.value().toString()));
            assertThat(seen).as(name).isEqualTo(model);
            Lookup lookup = new Lookup();
            ValueBuffer out = new ValueBuffer();
            for (int i = 0; i < 20; i++) {
                OwnedSlice key = OwnedSlice.ofText("key" + random.nextInt(keySpace));
                lookup.start(tree.operator, out);
                tree.versions.current().get(new KeyBuffer().set(key), lookup);
                String found = lookup.finish() ? OwnedSlice.wrap(out.toBytes()).toString() : null;
                assertThat(found).as("%s, %s", name, key).isEqualTo(model.get(key));
            }
            TreeSet<String> listed = new TreeSet<>();
            tree.versions.current().metas().forEach(meta -> listed.add(meta.fileName()));
            assertThat(new TreeSet<>(storage.list())).as("%s: files", name).isEqualTo(listed);
        }
    }
}
