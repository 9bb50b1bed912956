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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.checkpoint.PendingCheckpoint;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.StoreFailedException;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.TreeOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All entries of a tree are replaced by others, and nothing in the background meets the old. */
class RewrittenTreeTest {

    private static final int KEYS = 2_000;
    private static final TreeOptions OLD =
            new TreeOptions(MemtableKind.ENTRIES, new AppendOperator(','), null);

    /** A filter of values that were rewritten: it cannot read others. */
    private static final EntryFilter NEW_VALUES_ONLY =
            (key, value, replacement) -> {
                if (!text(value).startsWith("new")) {
                    throw new IllegalStateException("an old value: " + text(value));
                }
                return EntryFilter.Decision.KEEP;
            };

    private static final TreeOptions NEW =
            new TreeOptions(MemtableKind.ENTRIES, new AppendOperator(','), NEW_VALUES_ONLY);

    private final InMemoryStorage disk = new InMemoryStorage();
    private final HostileStorage storage = new HostileStorage(disk);
    private final KeyBuffer key = new KeyBuffer();
    private final ValueBuffer value = new ValueBuffer();

    private StoreResources resources;
    private LsmStore store;

    @BeforeEach
    void open() {
        resources = StoreResources.create("test", 8 << 20, 2, Clock.system());
        store = create(CompactionStyle.LEVELED);
    }

    private LsmStore create(CompactionStyle style) {
        return LsmStore.create(storage, StoreFixture.tinyOptions(style), resources);
    }

    @AfterEach
    void nothingLeaks() throws IOException {
        store.close();
        resources.close();
        storage.assertNoOpenHandles();
    }

    @ParameterizedTest
    @EnumSource(CompactionStyle.class)
    void nothingOfBeforeIsLeft(CompactionStyle style) throws Exception {
        try (LsmStore other = create(style)) {
            LsmTree tree = other.openTree("lists", OLD);
            // Flushes and compactions are at work when the rewriting begins, and while it goes on.
            for (int round = 0; round < 12; round++) {
                for (int i = 0; i < KEYS; i++) {
                    write(tree, i, round);
                }
            }

            tree.rewrite(NEW, before -> copy(before, tree));

            for (int i = 0; i < KEYS; i += 3) {
                merge(tree, i, "new too");
            }
            tree.compactAll();
            other.awaitIdle();
            long live = 0;
            for (int i = 0; i < KEYS; i++) {
                assertThat(get(tree, i)).isEqualTo(expected(i));
                live += expected(i) == null ? 0 : 1;
            }
            assertThat(tree.stats().filterFailures()).isZero();
            assertThat(entries(tree)).isEqualTo(live);
        }
    }

    private void write(LsmTree tree, int number, int round) throws IOException {
        if (number % 10 == 9) {
            delete(tree, number);
        } else if (round % 4 == 0) {
            put(tree, number, "old-" + round);
        } else {
            merge(tree, number, "old-" + round);
        }
    }

    private static String expected(int number) {
        boolean more = number % 3 == 0;
        if (number % 10 == 9) {
            return more ? "new too" : null;
        }
        return "new of old-8,old-9,old-10,old-11" + (more ? ",new too" : "");
    }

    @Test
    void aCheckpointThatWasPendingHasTheEntriesOfBefore() throws Exception {
        LsmTree tree = store.openTree("lists", OLD);
        put(tree, 1, "flushed");
        tree.flush();
        put(tree, 2, "in memory");
        try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
            tree.rewrite(NEW, before -> copy(before, tree));
            put(tree, 3, "new");
            tree.compactAll();

            String manifest = store.writeManifest(pending.complete());

            LsmStoreOptions options = StoreFixture.tinyOptions(CompactionStyle.LEVELED);
            try (LsmStore restored = LsmStore.open(storage, options, resources, manifest)) {
                LsmTree copy = restored.openTree("lists", OLD);
                assertThat(get(copy, 1)).isEqualTo("flushed");
                assertThat(get(copy, 2)).isEqualTo("in memory");
                assertThat(get(copy, 3)).isNull();
            }
        }
        assertThat(get(tree, 1)).isEqualTo("new of flushed");
        assertThat(get(tree, 2)).isEqualTo("new of in memory");
    }

    @Test
    void aScanThatWasOpenGoesOnWithTheEntriesOfBefore() throws Exception {
        LsmTree tree = store.openTree("lists", OLD);
        put(tree, 1, "old");
        tree.flush();
        try (EntryCursor scan = tree.scan(KeyRange.ALL)) {
            tree.rewrite(NEW, before -> copy(before, tree));
            tree.compactAll();

            assertThat(scan.next()).isTrue();
            assertThat(text(scan.value())).isEqualTo("old");
        }
    }

    @Test
    void filesOfBeforeGo() throws Exception {
        LsmTree tree = store.openTree("lists", OLD);
        for (int i = 0; i < KEYS; i++) {
            put(tree, i, "old");
        }
        tree.flush();
        List<String> before = disk.list();
        assertThat(before).isNotEmpty();

        tree.rewrite(NEW, entries -> {});
        store.awaitIdle();

        assertThat(disk.list()).isEmpty();
        assertThat(entries(tree)).isZero();
        assertThat(get(tree, 1)).isNull();
    }

    /** Pages of a prefix are kept outside of the sources. */
    @Test
    void pagesThatWereKeptAreForgotten() throws Exception {
        TreeOptions maps = new TreeOptions(MemtableKind.MAPS, null, null);
        LsmTree tree = store.openTree("maps", maps);
        KeyBuffer prefix = new KeyBuffer().set(new byte[] {7}, 0, 1);
        byte[] old = "old".getBytes(StandardCharsets.UTF_8);
        tree.put(mapKey(), old, 0, old.length);
        tree.flush();
        assertThat(page(tree, prefix)).contains("old");
        assertThat(page(tree, prefix)).contains("old");

        byte[] rewritten = "new".getBytes(StandardCharsets.UTF_8);
        tree.rewrite(maps, before -> tree.put(mapKey(), rewritten, 0, rewritten.length));

        assertThat(page(tree, prefix)).contains("new").doesNotContain("old");
    }

    private static KeyBuffer mapKey() {
        return new KeyBuffer().set(new byte[] {7}, 0, 1).setSuffix(new byte[] {1}, 0, 1);
    }

    private String page(LsmTree tree, KeyBuffer prefix) throws IOException {
        tree.readPage(prefix, null, 10, 1000, value);
        return new String(value.toBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void aFailureStopsTheStore() throws Exception {
        LsmTree tree = store.openTree("lists", OLD);
        put(tree, 1, "old");

        assertThatThrownBy(
                        () ->
                                tree.rewrite(
                                        NEW,
                                        before -> {
                                            throw new IOException("cannot be read");
                                        }))
                .isInstanceOf(IOException.class)
                .hasMessage("cannot be read");

        assertThatThrownBy(() -> get(tree, 1))
                .isInstanceOf(StoreFailedException.class)
                .hasMessageContaining("cannot be read");
        assertThatThrownBy(() -> store.beginCheckpoint(1)).isInstanceOf(StoreFailedException.class);
    }

    /** Before anything was taken out, nothing has happened. */
    @Test
    void aFailedFlushBeforeItChangesNothing() throws Exception {
        LsmTree tree = store.openTree("lists", OLD);
        put(tree, 1, "old");
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> tree.rewrite(NEW, before -> copy(before, tree)))
                .isInstanceOf(InterruptedException.class);

        assertThat(get(tree, 1)).isEqualTo("old");
        assertThat(tree.options()).isEqualTo(OLD);
    }

    private void copy(EntryCursor before, LsmTree tree) throws IOException {
        KeyBuffer copied = new KeyBuffer();
        while (before.next()) {
            copied.set(before.key(), before.key().length());
            byte[] bytes = ("new of " + text(before.value())).getBytes(StandardCharsets.UTF_8);
            tree.put(copied, bytes, 0, bytes.length);
        }
    }

    private static long entries(LsmTree tree) {
        List<SstableMeta> metas = new ArrayList<>(tree.state().version().metas());
        return metas.stream().mapToLong(SstableMeta::entryCount).sum();
    }

    private void put(LsmTree tree, int number, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        tree.put(key.set(StoreFixture.key(number)), bytes, 0, bytes.length);
    }

    private void merge(LsmTree tree, int number, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        tree.merge(key.set(StoreFixture.key(number)), bytes, 0, bytes.length);
    }

    private void delete(LsmTree tree, int number) throws IOException {
        tree.delete(key.set(StoreFixture.key(number)));
    }

    private String get(LsmTree tree, int number) throws IOException {
        key.set(StoreFixture.key(number));
        return tree.get(key, value) ? new String(value.toBytes(), StandardCharsets.UTF_8) : null;
    }

    private static String text(Slice slice) {
        return new String(slice.toBytes(), StandardCharsets.UTF_8);
    }
}
