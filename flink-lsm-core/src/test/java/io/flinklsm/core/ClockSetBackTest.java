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

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.checkpoint.PendingCheckpoint;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.testing.ManualClock;
import io.flinklsm.core.tree.TreeOptions;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A machine's clock may be set back while a store writes: nothing fails of that. */
final class ClockSetBackTest {

    private final ManualClock clock = new ManualClock();
    private final StoreResources resources =
            StoreResources.create("clock", StoreResources.MIN_MEMORY_BYTES, 1, clock);
    private final LsmStore store =
            LsmStore.create(
                    new InMemoryStorage(),
                    StoreFixture.tinyOptions(CompactionStyle.LEVELED),
                    resources);

    @AfterEach
    void close() throws IOException {
        store.close();
        resources.close();
    }

    @ParameterizedTest
    @EnumSource(MemtableKind.class)
    void generationsAreFlushedAndCompacted(MemtableKind kind) throws Exception {
        clock.advanceMillis(1_000_000);
        LsmTree tree = store.openTree("counts", new TreeOptions(kind, null, null));
        for (int round = 0; round < 5; round++) {
            put(tree, round);
            clock.setBackMillis(3_600);
            tree.flush();
        }
        tree.compactAll();

        for (int round = 0; round < 5; round++) {
            assertThat(tree.get(key(round), new ValueBuffer())).isTrue();
        }
        store.checkHealthy();
    }

    @Test
    void imageSaysWhenItsFilesWereWritten() throws Exception {
        clock.advanceMillis(1_000_000);
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        put(tree, 1);
        clock.setBackMillis(600_000);

        List<SstableMeta> files;
        try (PendingCheckpoint checkpoint = store.beginCheckpoint(1)) {
            CheckpointImage image = checkpoint.complete();
            files = image.trees().stream().map(TreeImage::sstables).findFirst().orElseThrow();
        }

        assertThat(files).hasSize(1);
        assertThat(files.get(0).minWriteTimeMillis()).isEqualTo(1_000_000);
        assertThat(files.get(0).maxWriteTimeMillis()).isEqualTo(1_000_000);
    }

    private static void put(LsmTree tree, int number) throws IOException {
        tree.put(key(number), new byte[] {1}, 0, 1);
    }

    private static KeyBuffer key(int number) {
        return new KeyBuffer().set(StoreFixture.key(number));
    }
}
