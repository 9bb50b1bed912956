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
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableIdentity;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.testing.LsmPicture;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionChecker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Random lives of a tree without any file: flushes and compactions, several at once, of keys that
 * carry the time of their write. Whatever is picked, a newer word on a key must never stand below
 * an older one, and a tombstone must never be dropped above an older word.
 */
class PickerOrderTest {

    private static final int KEYS = 26;

    @Test
    void noPlanBreaksTheOrderOfAge() {
        int compactions = 0;
        for (long seed = 0; seed < 300; seed++) {
            compactions += new Life(seed).live(150);
        }
        // Else the pickers were hardly asked.
        assertThat(compactions).isGreaterThan(300 * 10);
    }

    private static final class Life {
        private final Random random;
        private final String name;
        private final LsmPicture picture = new LsmPicture();
        private final CompactionPicker picker;
        private final CompactionSlots slots = new CompactionSlots();

        /** What each file says: key to time of write; negative for a tombstone. */
        private final Map<String, TreeMap<String, Integer>> content = new HashMap<>();

        private final Map<String, Integer> truth = new HashMap<>();
        private final List<CompactionPlan> running = new ArrayList<>();
        private Version version = Version.EMPTY;
        private int time;
        private int files;
        private long generation;

        Life(long seed) {
            random = new Random(seed);
            CompactionOptions options =
                    new CompactionOptions(2 + random.nextInt(4), 40, 60, 2 + random.nextInt(3));
            picker =
                    random.nextBoolean()
                            ? new LeveledPicker(options)
                            : new SizeTieredPicker(options);
            name = "seed " + seed + " " + picker;
        }

        int live(int steps) {
            int compactions = 0;
            try (picture) {
                for (int i = 0; i < steps; i++) {
                    if (random.nextInt(3) == 0) {
                        flush();
                    } else if (random.nextBoolean() && running.size() < 3) {
                        CompactionPlan plan = picker.pick(version, slots);
                        if (plan != null) {
                            slots.begin(plan);
                            running.add(plan);
                        }
                    } else if (!running.isEmpty()) {
                        finish(running.remove(random.nextInt(running.size())));
                        compactions++;
                    }
                    check();
                }
            }
            return compactions;
        }

        private void flush() {
            TreeMap<String, Integer> entries = new TreeMap<>();
            int from = random.nextInt(KEYS);
            int width = 1 + random.nextInt(KEYS - from);
            for (int i = 1 + random.nextInt(6); i > 0; i--) {
                String key = "" + (char) ('a' + from + random.nextInt(width));
                int word = random.nextInt(3) == 0 ? - ++time : ++time;
                entries.put(key, word);
                truth.put(key, word);
            }
            List<SstableMeta> metas = version.metas();
            metas.add(file(0, generation++, entries));
            version = picture.version(metas);
        }

        private SstableMeta file(int level, long ofGeneration, TreeMap<String, Integer> entries) {
            String file = "f" + files++;
            content.put(file, entries);
            long tombstones = entries.values().stream().filter(word -> word < 0).count();
            return new SstableMeta(
                    new SstableIdentity(file, LsmPicture.TREE, ofGeneration, 0, 0),
                    new SstableMeta.Extent(entries.size() * 10L, 0, 0),
                    new SstableMeta.Content(
                            entries.size(),
                            tombstones,
                            0,
                            OwnedSlice.ofText(entries.firstKey()),
                            OwnedSlice.ofText(entries.lastKey())),
                    level,
                    null);
        }

        private void finish(CompactionPlan plan) {
            List<SstableMeta> metas = version.metas();
            metas.removeAll(plan.inputMetas());
            if (plan.movable()) {
                plan.inputMetas().forEach(meta -> metas.add(meta.withLevel(plan.outputLevel())));
            } else {
                TreeMap<String, Integer> merged = new TreeMap<>();
                for (SortedRun run : plan.inputs()) {
                    for (Sstable sstable : run.sstables()) {
                        content.get(sstable.meta().fileName()).forEach(merged::putIfAbsent);
                    }
                }
                merged.entrySet()
                        .removeIf(
                                entry ->
                                        entry.getValue() < 0
                                                && plan.olderRanges().stream()
                                                        .noneMatch(
                                                                range ->
                                                                        range.contains(
                                                                                OwnedSlice.ofText(
                                                                                        entry
                                                                                                .getKey()))));
                while (!merged.isEmpty()) {
                    TreeMap<String, Integer> part = new TreeMap<>();
                    for (int i = 1 + random.nextInt(6); i > 0 && !merged.isEmpty(); i--) {
                        Map.Entry<String, Integer> entry = merged.pollFirstEntry();
                        part.put(entry.getKey(), entry.getValue());
                    }
                    metas.add(file(plan.outputLevel(), plan.generation(), part));
                }
            }
            slots.end(plan);
            version = picture.version(metas);
        }

        private void check() {
            assertThat(VersionChecker.findProblem(version)).as(name).isNull();
            Map<String, Integer> newest = new HashMap<>();
            for (SortedRun run : version.runs()) {
                for (Sstable sstable : run.sstables()) {
                    content.get(sstable.meta().fileName()).forEach(newest::putIfAbsent);
                }
            }
            truth.forEach(
                    (key, word) -> {
                        Integer found = newest.get(key);
                        if (word > 0 || found != null) {
                            assertThat(found).as("%s, key %s", name, key).isEqualTo(word);
                        }
                    });
        }
    }
}
