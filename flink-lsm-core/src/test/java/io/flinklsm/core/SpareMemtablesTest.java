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
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.Memtable;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SpareMemtablesTest {

    private static final int KEYS = 100;

    private final HostileStorage storage = new HostileStorage(new InMemoryStorage());
    private final KeyBuffer key = new KeyBuffer();
    private final ValueBuffer value = new ValueBuffer();
    private final StoreResources resources =
            StoreResources.create("spare", 4 << 20, 1, Clock.system());
    private final SpareMemtables spare = resources.spareMemtables();
    private @Nullable LsmStore store;

    @AfterEach
    void nothingLeaks() throws IOException {
        if (store != null) {
            store.close();
        }
        assertThat(spare.usedBytes()).isZero();
        resources.close();
        storage.assertNoOpenHandles();
    }

    @Test
    void theOldestGoFirstAndNoMoreThanAreWanted() throws Exception {
        MemoryBudget memtables = resources.memtableBudget();
        Memtable older = memtable(memtables);
        Memtable newer = memtable(memtables);
        LsmTree tree = openTree(MemtableKind.HASH);
        spare.add(tree, older);
        spare.add(tree, newer);

        assertThat(spare.reclaim(1)).isPositive();
        assertThat(older.tryRetain()).isFalse();
        assertThat(newer.tryRetain()).isTrue();
        newer.release();
        assertThat(spare.usedBytes()).isEqualTo(newer.usedBytes());

        spare.removeAll(tree);
        assertThat(newer.tryRetain()).isFalse();
        assertThat(spare.reclaim(1)).isZero();
    }

    @Test
    void whatNobodyReadsGoesBeforeWhatIsOlder() throws Exception {
        Memtable read = memtable(resources.memtableBudget());
        Memtable unread = memtable(resources.memtableBudget());
        LsmTree tree = openTree(MemtableKind.HASH);
        spare.add(tree, read);
        spare.add(tree, unread);

        spare.demote(unread);

        assertThat(spare.reclaim(1)).isPositive();
        assertThat(unread.tryRetain()).isFalse();
        assertThat(read.tryRetain()).isTrue();
        read.release();
        assertThat(spare.reclaim(Long.MAX_VALUE)).isPositive();
        assertThat(read.tryRetain()).isFalse();
    }

    /** The budget is asked through a sibling: a cache has room where a memtable is spare. */
    @Test
    void whoeverTakesMemoryGetsTheirs() throws Exception {
        spare.add(openTree(MemtableKind.HASH), memtable(resources.memtableBudget()));
        long most = resources.cacheBudget().limitBytes() - 1;

        assertThat(resources.cacheBudget().tryReserve(most)).isTrue();
        assertThat(spare.usedBytes()).isZero();
        resources.cacheBudget().unreserve(most);
    }

    @ParameterizedTest
    @EnumSource(MemtableKind.class)
    void whatWasFlushedIsReadWithoutItsFileUntilTheMemoryIsWanted(MemtableKind kind)
            throws Exception {
        LsmTree tree = openTree(kind);
        writeAndFlush(tree);
        long bytes = spare.usedBytes();
        assertThat(bytes).isPositive();

        storage.failAll(HostileStorage.Call.OPEN, true).failAll(HostileStorage.Call.READ, true);
        checkValues(tree);
        checkPrefix(tree);
        assertThat(storage.injectedCount()).isZero();

        assertThat(spare.reclaim(1)).isEqualTo(bytes);
        assertThatThrownBy(() -> checkValues(tree)).isInstanceOf(IOException.class);
        storage.failAll(HostileStorage.Call.OPEN, false).failAll(HostileStorage.Call.READ, false);
        checkValues(tree);
        checkPrefix(tree);
        assertThat(StoreFixture.count(tree)).isEqualTo(KEYS);
    }

    /** The operands would be folded in twice. */
    @Test
    void aMergedRunIsNoMemtablesAnyMore() throws Exception {
        LsmTree tree = openTree(MemtableKind.HASH);
        writeAndFlush(tree);
        byte[] more = "more".getBytes(StandardCharsets.UTF_8);
        tree.merge(keyOf(7), more, 0, more.length);
        tree.flush();
        assertThat(tree.get(keyOf(7), value)).isTrue();
        assertThat(text()).isEqualTo("value-7,more");

        tree.compactAll();

        assertThat(tree.get(keyOf(7), value)).isTrue();
        assertThat(text()).isEqualTo("value-7,more");
    }

    @Test
    void anOpenScanKeepsTheMemtableThatItReads() throws Exception {
        LsmTree tree = openTree(MemtableKind.ORDERED);
        writeAndFlush(tree);
        try (EntryCursor cursor = tree.scanPrefix(prefix())) {
            assertThat(cursor.next()).isTrue();
            spare.reclaim(Long.MAX_VALUE);
            storage.failAll(HostileStorage.Call.READ, true);
            int rest = 0;
            while (cursor.next()) {
                rest++;
            }
            assertThat(rest).isEqualTo(KEYS - 1);
        }
        assertThat(resources.memtableBudget().usedBytes()).isZero();
        storage.failAll(HostileStorage.Call.READ, false);
    }

    /** It may take as long as a savepoint. */
    @Test
    void aScanOfARangeKeepsNobodysMemory() throws Exception {
        LsmTree tree = openTree(MemtableKind.ORDERED);
        writeAndFlush(tree);
        try (EntryCursor cursor = tree.scan(KeyRange.ALL)) {
            assertThat(cursor.next()).isTrue();
            long used = resources.memtableBudget().usedBytes();
            assertThat(spare.reclaim(Long.MAX_VALUE)).isEqualTo(used);
            assertThat(resources.memtableBudget().usedBytes()).isZero();
            assertThat(cursor.next()).isTrue();
        }
    }

    @Test
    void aDroppedTreeLeavesNoMemtable() throws Exception {
        writeAndFlush(openTree(MemtableKind.HASH));

        store.dropTree("counts");

        assertThat(spare.usedBytes()).isZero();
        assertThat(resources.memtableBudget().usedBytes()).isZero();
    }

    private static Memtable memtable(MemoryBudget budget) {
        Memtable memtable = new Memtable(MemtableKind.HASH, 0, budget, null, 0);
        assertThat(memtable.put(new KeyBuffer().set(StoreFixture.key(1)), new byte[9], 0, 9))
                .isTrue();
        memtable.freeze(0);
        return memtable;
    }

    private LsmTree openTree(MemtableKind kind) throws IOException {
        store =
                LsmStore.create(
                        storage, StoreFixture.tinyOptions(CompactionStyle.LEVELED), resources);
        return store.openTree("counts", new TreeOptions(kind, new AppendOperator(','), null));
    }

    private void writeAndFlush(LsmTree tree) throws Exception {
        for (int i = 0; i < KEYS; i++) {
            byte[] bytes = ("value-" + i).getBytes(StandardCharsets.UTF_8);
            tree.put(keyOf(i), bytes, 0, bytes.length);
        }
        tree.flush();
        tree.awaitIdle();
    }

    private void checkValues(LsmTree tree) throws IOException {
        for (int i = 0; i < KEYS; i++) {
            assertThat(tree.get(keyOf(i), value)).isTrue();
            assertThat(text()).isEqualTo("value-" + i);
        }
        assertThat(tree.get(keyOf(KEYS), value)).isFalse();
    }

    private void checkPrefix(LsmTree tree) throws IOException {
        try (EntryCursor cursor = tree.scanPrefix(prefix())) {
            for (int i = 0; i < KEYS; i++) {
                assertThat(cursor.next()).isTrue();
                assertThat(cursor.key().toOwned()).isEqualTo(StoreFixture.key(i));
            }
            assertThat(cursor.next()).isFalse();
        }
    }

    private static KeyBuffer prefix() {
        return new KeyBuffer().set(StoreFixture.key(0).toBytes(), 0, 2);
    }

    private KeyBuffer keyOf(int number) {
        byte[] bytes = StoreFixture.key(number).toBytes();
        return key.set(bytes, 0, bytes.length, 2);
    }

    private String text() {
        return new String(value.toBytes(), StandardCharsets.UTF_8);
    }
}
