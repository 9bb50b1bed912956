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
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.read.BatchGet;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.ReadStats;
import io.flinklsm.core.tree.TreeOptions;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each read is counted once, where it ended. */
final class ReadCountersTest {

    private static final byte[] VALUE = new byte[100];
    private static final int KEYS = 1000;

    private final StoreResources resources =
            StoreResources.create("reads", 16 << 20, 1, Clock.system());
    private LsmStore store;

    @BeforeEach
    void open() {
        store = LsmStore.create(new InMemoryStorage(), LsmStoreOptions.DEFAULTS, resources);
    }

    @AfterEach
    void close() throws Exception {
        store.close();
        resources.close();
    }

    @Test
    void memoryAnswersWhatWasWritten() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        put(tree);

        for (int i = 0; i < 10; i++) {
            assertThat(tree.getAsWriter(key(i), new ValueBuffer())).isTrue();
        }
        assertThat(tree.get(key(1), new ValueBuffer())).isTrue();
        assertThat(tree.contains(key(2))).isTrue();

        ReadStats reads = tree.stats().reads();
        assertThat(reads.memory()).isEqualTo(12);
        assertThat(reads.cache() + reads.file() + reads.noBlock() + reads.merges()).isZero();
    }

    @Test
    void filesAnswerWhatIsNotInMemoryAnyMore() throws Exception {
        LsmTree tree = onFiles();

        assertThat(tree.getAsWriter(key(1), new ValueBuffer())).isTrue();
        ReadStats first = tree.stats().reads();
        assertThat(first.file() + first.cache()).isEqualTo(1);
        assertThat(first.filtersAsked()).isEqualTo(1);
        assertThat(first.filterNegatives() + first.filterFalsePositives()).isZero();

        // What was read is kept in memory.
        assertThat(tree.getAsWriter(key(1), new ValueBuffer())).isTrue();
        assertThat(tree.stats().reads().memory()).isEqualTo(first.memory() + 1);
    }

    @Test
    void filtersSpareBlocksOfKeysThatAreNotThere() throws Exception {
        LsmTree tree = onFiles();

        for (int i = 0; i < KEYS; i++) {
            assertThat(tree.get(absentKey(i), new ValueBuffer())).isFalse();
        }

        ReadStats reads = tree.stats().reads();
        assertThat(reads.filtersAsked())
                .isEqualTo(reads.filterNegatives() + reads.filterFalsePositives())
                .isBetween(KEYS - 2L, (long) KEYS);
        assertThat(reads.filterFalsePositives())
                .isEqualTo(reads.file() + reads.cache())
                .isBetween(1L, KEYS / 10L);
        assertThat(reads.noBlock()).isEqualTo(KEYS - reads.filterFalsePositives());
    }

    @Test
    void filesAreHardlyAskedForKeysThatWereNeverThere() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        put(tree);
        makeCold(tree);

        for (int i = 0; i < KEYS; i++) {
            assertThat(tree.get(absentKey(i), new ValueBuffer())).isFalse();
        }

        ReadStats reads = tree.stats().reads();
        assertThat(reads.filtersAsked()).isLessThan(KEYS / 20);
        assertThat(reads.memory()).isGreaterThan(KEYS * 9 / 10);
        assertThat(tree.get(key(1), new ValueBuffer())).isTrue();
    }

    @Test
    void blocksThatAreReadAgainComeFromTheCache() throws Exception {
        LsmTree tree = onFiles();
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < KEYS; i++) {
                // Not as the writer, who keeps what was read.
                assertThat(tree.get(key(i), new ValueBuffer())).isTrue();
            }
        }

        ReadStats reads = tree.stats().reads();
        assertThat(reads.cache() + reads.file()).isEqualTo(3 * KEYS);
        assertThat(reads.cache()).isGreaterThan(2 * KEYS);
        assertThat(reads.file()).isPositive();
    }

    @Test
    void missesOfABatchAreCountedWhenTheyAreRead() throws Exception {
        LsmTree tree = onFiles();
        BatchGet<Integer> batch = new BatchGet<>(1);
        BatchGet.Miss<Integer> miss = Objects.requireNonNull(tree.find(key(7), batch));
        BatchGet.Part<Integer> part = LsmTree.split(batch, 1, 1).get(0);
        ReadStats before = tree.stats().reads();

        part.read();

        ReadStats reads = tree.stats().reads();
        assertThat(reads.file() + reads.cache()).isEqualTo(before.file() + before.cache() + 1);
        assertThat(reads.filtersAsked()).isGreaterThan(before.filtersAsked());
        tree.keep(miss);
        part.release();
        assertThat(tree.find(key(7), batch)).isNull();
        assertThat(tree.stats().reads().memory()).isEqualTo(reads.memory() + 1);
    }

    @Test
    void pagesOfMapsAreMergesUntilMemoryHasThem() throws Exception {
        LsmTree tree = store.openTree("maps", new TreeOptions(MemtableKind.MAPS, null, null));
        for (int i = 0; i < 10; i++) {
            tree.put(mapKey(i), VALUE, 0, VALUE.length);
        }
        tree.flush();
        KeyBuffer prefix = new KeyBuffer().set(new byte[] {1}, 0, 1, 1);
        tree.readPage(prefix, null, 100, 1 << 20, new ValueBuffer());
        long ended = tree.stats().reads().merges() + tree.stats().reads().memory();
        assertThat(ended).isEqualTo(1);

        assertThat(tree.hasPrefix(prefix)).isTrue();
        assertThat(tree.stats().reads().merges() + tree.stats().reads().memory()).isEqualTo(2);
    }

    @Test
    void nothingIsCountedIfItIsNotWanted() throws Exception {
        store.setCountsReads(false);
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        put(tree);

        assertThat(tree.getAsWriter(key(1), new ValueBuffer())).isTrue();
        assertThat(tree.get(key(1), new ValueBuffer())).isTrue();

        assertThat(tree.stats().reads()).isEqualTo(new ReadStats(0, 0, 0, 0, 0, 0, 0, 0));
    }

    /** A tree whose entries are in one file alone. */
    /** One file, nothing in memory, and too much evicted to be remembered. */
    private LsmTree onFiles() throws Exception {
        LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
        tree.put(key(0), VALUE, 0, VALUE.length);
        makeCold(tree);
        put(tree);
        makeCold(tree);
        return tree;
    }

    private void makeCold(LsmTree tree) throws Exception {
        tree.compactAll();
        resources.slot().tierMemory().reclaim(Long.MAX_VALUE);
    }

    private static void put(LsmTree tree) throws Exception {
        for (int i = 0; i < KEYS; i++) {
            tree.put(key(i), VALUE, 0, VALUE.length);
        }
    }

    private static KeyBuffer key(int number) {
        byte[] bytes = {(byte) (number >> 8), (byte) number, 0};
        return new KeyBuffer().set(bytes, 0, bytes.length);
    }

    private static KeyBuffer absentKey(int number) {
        byte[] bytes = {(byte) (number >> 8), (byte) number, 1};
        return new KeyBuffer().set(bytes, 0, bytes.length);
    }

    private static KeyBuffer mapKey(int number) {
        byte[] bytes = {1, (byte) number};
        return new KeyBuffer().set(bytes, 0, bytes.length, 1);
    }
}
