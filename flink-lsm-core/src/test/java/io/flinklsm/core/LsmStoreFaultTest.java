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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.checkpoint.PendingCheckpoint;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.errors.StoreFailedException;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.restore.RestoreSource;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.TreeOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What goes wrong below a store: it fails cleanly, and what was checkpointed is never lost. */
class LsmStoreFaultTest {

    private static final int KEYS = 400;

    private final InMemoryStorage disk = new InMemoryStorage();
    private final HostileStorage storage = new HostileStorage(disk);
    private final KeyBuffer key = new KeyBuffer();
    private final ValueBuffer value = new ValueBuffer();
    private final LsmStoreOptions options = StoreFixture.tinyOptions(CompactionStyle.LEVELED);

    private StoreResources resources = newResources();

    private static StoreResources newResources() {
        return StoreResources.create("fault", 8 << 20, 1, Clock.system());
    }

    @AfterEach
    void nothingLeaks() {
        resources.close();
        storage.assertNoOpenHandles();
    }

    @Test
    void everyStorageCallMayFailAndTheLastCheckpointStillHolds() throws Exception {
        int lastCall = Integer.MAX_VALUE;
        for (int call = 1; call <= lastCall; call++) {
            InMemoryStorage healthy = new InMemoryStorage();
            HostileStorage hostile = new HostileStorage(healthy);
            String manifest = firstCheckpoint(hostile);

            hostile.failCall(call);
            boolean failed = !tryToGoOn(hostile, manifest);
            if (hostile.injectedCount() == 0) {
                assertThat(failed).as("nothing failed, so all must have worked").isFalse();
                lastCall = call;
            }
            heal(hostile);

            try (LsmStore store = LsmStore.open(hostile, options, resources, manifest)) {
                LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
                for (int i = 0; i < KEYS; i++) {
                    assertValue(tree, i, "first-" + i);
                }
            }
            hostile.assertNoOpenHandles();
        }
        assertThat(lastCall).as("calls that were failed in turn").isGreaterThan(20);
    }

    /** Opens, writes, compacts and checkpoints again; false if a failure came out, as it should. */
    private boolean tryToGoOn(HostileStorage hostile, String manifest) throws Exception {
        try (LsmStore store = LsmStore.open(hostile, options, resources, manifest)) {
            LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
            for (int i = 0; i < KEYS; i++) {
                put(tree, i, "second-" + i);
            }
            try (PendingCheckpoint pending = store.beginCheckpoint(2)) {
                store.writeManifest(pending.complete());
            }
            tree.compactAll();
            for (int i = 0; i < KEYS; i++) {
                assertValue(tree, i, "second-" + i);
            }
            store.awaitIdle();
            return true;
        } catch (IOException e) {
            assertThat(e).hasStackTraceContaining(HostileStorage.INJECTED);
            return false;
        }
    }

    @Test
    void aFullDiskFailsTheCheckpointAndTheNextOneWorks() throws Exception {
        try (LsmStore store = LsmStore.create(storage, options, resources)) {
            LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
            put(tree, 1, "one");
            storage.diskFullAfter(10);

            try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
                assertThatThrownBy(pending::complete).isInstanceOf(IOException.class);
            }
            assertThat(disk.list()).isEmpty();
            assertValue(tree, 1, "one");
            heal(storage);

            try (PendingCheckpoint pending = store.beginCheckpoint(2)) {
                CheckpointImage image = pending.complete();
                assertThat(image.trees().get(0).sstables()).hasSize(1);
            }
        }
    }

    @Test
    void aFailedBackgroundFlushStopsTheStoreWithItsCause() throws Exception {
        try (LsmStore store = LsmStore.create(storage, options, resources)) {
            LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
            storage.failAll(HostileStorage.Call.CREATE, true);

            assertThatThrownBy(
                            () -> {
                                for (int i = 0; i < 1_000_000; i++) {
                                    put(tree, i, "value-" + i);
                                }
                            })
                    .isInstanceOf(StoreFailedException.class)
                    .hasStackTraceContaining(HostileStorage.INJECTED);
            assertThatThrownBy(() -> value(tree, 1)).isInstanceOf(StoreFailedException.class);
        }
    }

    @Test
    void aMissingFileIsNamed() throws Exception {
        String manifest = firstCheckpoint(storage);
        String missing = sstables(manifest).get(0).fileName();
        disk.delete(missing);

        assertThatThrownBy(() -> LsmStore.open(storage, options, resources, manifest))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining(missing);
    }

    @Test
    void aTruncatedFileIsNamed() throws Exception {
        String manifest = firstCheckpoint(storage);
        SstableMeta meta = sstables(manifest).get(0);
        storage.truncate(meta.fileName(), meta.sizeBytes() - 1);

        assertThatThrownBy(() -> LsmStore.open(storage, options, resources, manifest))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining(meta.fileName());
    }

    @Test
    void anotherFileUnderTheNameIsRefused() throws Exception {
        String first = firstCheckpoint(storage);
        List<SstableMeta> metas = sstables(first);
        SstableMeta lying = metas.get(0);
        SstableMeta other = metas.get(metas.size() - 1);
        assertThat(metas).hasSizeGreaterThan(1);
        byte[] content = disk.bytes(other.fileName());
        disk.delete(lying.fileName());
        disk.put(lying.fileName(), content);

        assertThatThrownBy(() -> LsmStore.open(storage, options, resources, first))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining(lying.fileName());
    }

    @Test
    void damagedIndexesThatNobodyReadAreFoundInTheBackground() throws Exception {
        String manifest = firstCheckpoint(storage);
        List<SstableMeta> metas = sstables(manifest);
        SstableMeta damaged = metas.get(metas.size() - 1);
        storage.flipBits(damaged.fileName(), 8 * damaged.tailOffset() + 3);

        try (LsmStore store = LsmStore.open(storage, options, resources, manifest)) {
            assertThatThrownBy(store::awaitIdle)
                    .isInstanceOf(StoreFailedException.class)
                    .hasMessageContaining(damaged.fileName())
                    .hasCauseInstanceOf(CorruptionException.class);
            assertThatThrownBy(() -> store.openTree("counts", TreeOptions.DEFAULTS))
                    .isInstanceOf(StoreFailedException.class);
        }
    }

    @Test
    void aClipHidesAndNeverShowsAgain() throws Exception {
        CheckpointImage image = LsmStore.readManifest(storage, firstCheckpoint(storage));
        KeyRange lower = new KeyRange(KeyRange.ALL.start(), StoreFixture.key(200));

        try (LsmStore store =
                LsmStore.restore(
                        storage, options, resources, List.of(new RestoreSource(image, lower)))) {
            LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
            for (int round = 0; round < 2; round++) {
                assertValue(tree, 199, "first-199");
                assertThat(value(tree, 200)).isNull();
                assertThat(StoreFixture.count(tree)).isEqualTo(200);
                tree.compactAll();
            }
        }
    }

    private static void heal(HostileStorage hostile) {
        hostile.heal().failCall(0).diskFullAfter(Long.MAX_VALUE);
    }

    private List<SstableMeta> sstables(String manifest) throws IOException {
        return LsmStore.readManifest(storage, manifest).trees().get(0).sstables();
    }

    /** A store with some levels, closed; only its manifest's files count. */
    private String firstCheckpoint(HostileStorage on) throws Exception {
        try (LsmStore store = LsmStore.create(on, options, resources)) {
            LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
            for (int i = 0; i < KEYS; i++) {
                put(tree, i, "first-" + i);
                if (i % 150 == 149) {
                    tree.flush();
                }
            }
            store.awaitIdle();
            try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
                return store.writeManifest(pending.complete());
            }
        }
    }

    private void put(LsmTree tree, int number, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        key.set(StoreFixture.key(number));
        tree.put(key, bytes, 0, bytes.length);
    }

    private String value(LsmTree tree, int number) throws IOException {
        key.set(StoreFixture.key(number));
        return tree.get(key, value) ? new String(value.toBytes(), StandardCharsets.UTF_8) : null;
    }

    private void assertValue(LsmTree tree, int number, String expected) throws IOException {
        assertThat(value(tree, number)).as("key %d", number).isEqualTo(expected);
    }
}
