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
package io.flinklsm.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.check.Clock;
import io.flinklsm.core.compaction.CompactionOptions;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.sstable.SstableCodec;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.write.WriteLimits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** One tree of a store is written and merged in another way than its neighbour. */
final class TreeTuningTest {

    private static final int KEYS = 500;
    private static final SstableOptions PACKED =
            new SstableOptions(512, 16, 16 << 10, 10.6, SstableCodec.LZ4_RAW, 0);
    private static final SstableOptions PLAIN =
            new SstableOptions(512, 16, 16 << 10, 10.6, SstableCodec.UNCOMPRESSED, 0);

    private final InMemoryStorage disk = new InMemoryStorage();
    private final KeyBuffer key = new KeyBuffer();

    @Test
    void filesOfOneTreeAreNotCompressed() throws Exception {
        var tuning = new TreeTuning(CompactionStyle.LEVELED, PLAIN);
        try (StoreResources resources = StoreResources.create("test", 8 << 20, 2, Clock.system());
                LsmStore store = LsmStore.create(disk, options(tuning), resources)) {
            LsmTree tuned = store.openTree("tuned", TreeOptions.DEFAULTS);
            LsmTree other = store.openTree("other", TreeOptions.DEFAULTS);
            for (LsmTree tree : new LsmTree[] {tuned, other}) {
                write(tree, 0);
                tree.flush();
            }
            store.awaitIdle();
            assertThat(bytes(tuned)).isGreaterThan(2 * bytes(other));

            // The outputs of compactions are as the flushed files.
            tuned.compactAll();
            other.compactAll();
            assertThat(bytes(tuned)).isGreaterThan(2 * bytes(other));
        }
    }

    @Test
    void runsOfOneTreeAreMergedByAnotherStyle() throws Exception {
        var tuning = new TreeTuning(CompactionStyle.SIZE_TIERED, PACKED);
        try (StoreResources resources = StoreResources.create("test", 8 << 20, 2, Clock.system());
                LsmStore store = LsmStore.create(disk, options(tuning), resources)) {
            LsmTree tuned = store.openTree("tuned", TreeOptions.DEFAULTS);
            LsmTree other = store.openTree("other", TreeOptions.DEFAULTS);
            for (int round = 0; round < 8; round++) {
                for (LsmTree tree : new LsmTree[] {tuned, other}) {
                    write(tree, round);
                    tree.flush();
                    store.awaitIdle();
                }
            }

            // Size-tiered merges within level 0 only; leveled moves down.
            assertThat(tuned.stats().levels()).singleElement();
            assertThat(other.stats().levels()).hasSizeGreaterThan(1);
        }
    }

    private static LsmStoreOptions options(TreeTuning tuning) {
        return new LsmStoreOptions(
                1 << 20,
                CompactionStyle.LEVELED,
                new CompactionOptions(2, 4 << 10, 16 << 10, 4),
                new WriteLimits(6, 10, 3),
                20,
                PACKED,
                Map.of("tuned", tuning));
    }

    private void write(LsmTree tree, int round) throws IOException {
        for (int i = 0; i < KEYS; i++) {
            byte[] value =
                    (round + " the same words again and again ".repeat(6) + i)
                            .getBytes(StandardCharsets.UTF_8);
            tree.put(key.set(StoreFixture.key(i)), value, 0, value.length);
        }
    }

    private static long bytes(LsmTree tree) {
        return tree.stats().levels().stream().mapToLong(TreeStats.LevelStats::bytes).sum();
    }
}
