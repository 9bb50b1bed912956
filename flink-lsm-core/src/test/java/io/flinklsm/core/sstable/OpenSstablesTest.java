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

import static io.flinklsm.core.sstable.SstableFixture.numbered;
import static io.flinklsm.core.sstable.SstableFixture.numberedKey;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.ListCursor;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class OpenSstablesTest {

    @Test
    void nothingIsOpenedBeforeItIsRead() throws IOException {
        try (SstableFixture fixture = new SstableFixture()) {
            SstableMeta meta = fixture.write(SstableFixture.TINY, numbered(100));

            Sstable sstable = fixture.open.of(meta);
            assertThat(sstable.meta()).isEqualTo(meta);
            assertThat(fixture.get(meta, OwnedSlice.ofText("zzz"))).isNull();

            assertThat(fixture.open.openCount()).isZero();
            assertThat(fixture.storage.calls(HostileStorage.Call.OPEN)).isZero();
        }
    }

    @Test
    void atMostTheBoundStaysOpen() throws IOException {
        try (SstableFixture fixture = new SstableFixture(null, 64 << 20, 3)) {
            List<SstableMeta> metas = files(fixture, 8);
            for (int round = 0; round < 3; round++) {
                for (SstableMeta meta : metas) {
                    assertThat(fixture.read(meta)).isEqualTo(numbered(100));
                    assertThat(fixture.open.openCount()).isLessThanOrEqualTo(3);
                    assertThat(fixture.storage.openHandles()).isLessThanOrEqualTo(3);
                }
            }
        }
    }

    @Test
    void readerInUseOutlivesItsEviction() throws IOException {
        try (SstableFixture fixture = new SstableFixture(null, 64 << 20, 1)) {
            List<SstableMeta> metas = files(fixture, 3);
            try (EntryCursor cursor = fixture.open.of(metas.get(0)).cursor(KeyRange.ALL, true)) {
                assertThat(cursor.next()).isTrue();
                fixture.read(metas.get(1));
                fixture.read(metas.get(2));
                fixture.open.reclaim(Long.MAX_VALUE);
                fixture.cache.reclaim(Long.MAX_VALUE);

                assertThat(ListCursor.drain(cursor)).isEqualTo(numbered(100).subList(1, 100));
            }
            assertThat(fixture.storage.openHandles()).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void reclaimGivesTheMemoryOfIdleReadersBack() throws IOException {
        try (SstableFixture fixture = new SstableFixture()) {
            List<SstableMeta> metas = files(fixture, 4);
            for (SstableMeta meta : metas) {
                fixture.open.verify(meta);
            }
            long resident = fixture.open.residentBytes();
            assertThat(resident).isPositive().isEqualTo(fixture.budget.usedBytes());

            assertThat(fixture.open.reclaim(1)).isBetween(1L, resident / 2);
            fixture.open.reclaim(Long.MAX_VALUE);

            assertThat(fixture.open.residentBytes()).isZero();
            assertThat(fixture.budget.usedBytes()).isZero();
            assertThat(fixture.read(metas.get(0))).isEqualTo(numbered(100));
        }
    }

    @Test
    void indexOfARowGroupIsReadWhenItIsFirstUsed() throws IOException {
        try (SstableFixture fixture = new SstableFixture()) {
            SstableMeta meta = fixture.write(SstableFixture.TINY, numbered(1000));
            fixture.open.verify(meta);
            long opened = fixture.open.residentBytes();

            fixture.get(meta, OwnedSlice.ofText(numberedKey(500)));
            long one = fixture.open.residentBytes() - opened;
            fixture.read(meta);
            long all = fixture.open.residentBytes() - opened;

            assertThat(one).isPositive().isLessThan(all / 10);
            fixture.open.reclaim(Long.MAX_VALUE);
            assertThat(fixture.open.residentBytes()).isZero();
        }
    }

    @Test
    void indexTakesTwentyFourBytesABlockIfKeysAreNoLongerThanAHead() throws IOException {
        try (SstableFixture fixture = new SstableFixture()) {
            int blockEntries = 10;
            SstableOptions tenABlock =
                    new SstableOptions(
                            1 << 20, blockEntries, 4 << 20, 10.6, SstableCodec.LZ4_RAW, 0);
            SstableMeta meta = fixture.write(tenABlock, numbered(1000));
            fixture.open.verify(meta);
            long opened = fixture.open.residentBytes();

            fixture.get(meta, OwnedSlice.ofText(numberedKey(500)));

            int blocks = 1000 / blockEntries;
            int endBytes = 16;
            assertThat(fixture.open.residentBytes() - opened).isEqualTo(24L * blocks + endBytes);
        }
    }

    @Test
    void indexThatIsDamagedWhileTheFileIsOpenIsFound() throws IOException {
        try (SstableFixture fixture = new SstableFixture()) {
            SstableMeta meta = fixture.write("cut.parquet", SstableFixture.TINY, numbered(100));
            int found = 0;
            // From the last bit of the tail on, where the indexes and the footer are.
            for (long bit = 8 * meta.sizeBytes() - 1; bit >= 8 * meta.tailOffset(); bit -= 7) {
                fixture.storage.heal();
                fixture.open.forget(meta.fileName());
                fixture.open.verify(meta);
                fixture.storage.flipBits(meta.fileName(), bit);
                try {
                    assertThat(fixture.read(meta)).isEqualTo(numbered(100));
                } catch (CorruptionException e) {
                    assertThat(e).hasMessageContaining("cut.parquet").hasMessageContaining("index");
                    found++;
                }
            }

            assertThat(found).isGreaterThan(100);
        }
    }

    @Test
    void forgottenFileHoldsNothing() throws IOException {
        try (SstableFixture fixture = new SstableFixture()) {
            SstableMeta meta = fixture.write(SstableFixture.TINY, numbered(100));
            fixture.read(meta, KeyRange.ALL, true);
            fixture.read(meta, KeyRange.ALL, true);
            assertThat(fixture.cache.usedBytes()).isPositive();

            fixture.open.forget(meta.fileName());

            assertThat(fixture.cache.usedBytes()).isZero();
            assertThat(fixture.budget.usedBytes()).isZero();
            fixture.storage.assertNoOpenHandles();
        }
    }

    @Test
    void secondMissPutsABlockIntoTheCacheAndThenItHits() throws IOException {
        try (SstableFixture fixture = new SstableFixture()) {
            SstableMeta meta = fixture.write(SstableFixture.TINY, numbered(100));
            OwnedSlice key = OwnedSlice.ofText(numberedKey(50));

            fixture.get(meta, key);
            assertThat(fixture.cache.usedBytes()).isZero();
            fixture.get(meta, key);
            int reads = fixture.storage.calls(HostileStorage.Call.READ);
            fixture.get(meta, key);
            assertThat(fixture.storage.calls(HostileStorage.Call.READ)).isEqualTo(reads);
            assertThat(fixture.cache.hitCount()).isEqualTo(1);
            assertThat(fixture.cache.missCount()).isEqualTo(2);

            fixture.read(meta, KeyRange.ALL, true);
            fixture.read(meta, KeyRange.ALL, true);
            reads = fixture.storage.calls(HostileStorage.Call.READ);
            for (int i = 0; i < 100; i++) {
                fixture.get(meta, OwnedSlice.ofText(numberedKey(2 * i)));
            }

            assertThat(fixture.storage.calls(HostileStorage.Call.READ)).isEqualTo(reads);
        }
    }

    @Test
    void bloomFilterSparesTheReadOfAnAbsentKey() throws IOException {
        try (SstableFixture fixture = new SstableFixture()) {
            SstableMeta meta = fixture.write(SstableFixture.TINY, numbered(1000));
            fixture.open.verify(meta);
            int before = fixture.storage.calls(HostileStorage.Call.READ);

            for (int i = 0; i < 999; i++) {
                assertThat(fixture.get(meta, OwnedSlice.ofText(numberedKey(2 * i + 1)))).isNull();
            }

            assertThat(fixture.storage.calls(HostileStorage.Call.READ) - before).isLessThan(150);
        }
    }

    @Test
    void kindsOfOneKindAreNotRead() throws IOException {
        try (SstableFixture fixture = new SstableFixture()) {
            SstableMeta meta = fixture.write(SstableFixture.TINY, numbered(100));
            fixture.get(meta, OwnedSlice.ofText(numberedKey(96)));
            int before = fixture.storage.calls(HostileStorage.Call.READ);

            fixture.get(meta, OwnedSlice.ofText(numberedKey(100)));

            assertThat(fixture.storage.calls(HostileStorage.Call.READ) - before).isEqualTo(2);
        }
    }

    @Test
    void cursorOverTheWholeFileReadsAheadAndLeavesTheCacheAlone() throws IOException {
        try (SstableFixture fixture = new SstableFixture()) {
            SstableMeta meta =
                    fixture.write(
                            new SstableOptions(256, 16, 4 << 20, 10, SstableCodec.LZ4_RAW, 0),
                            numbered(20_000));
            fixture.open.verify(meta);
            int before = fixture.storage.calls(HostileStorage.Call.READ);

            assertThat(fixture.read(meta)).hasSize(20_000);

            // More than 1250 blocks.
            assertThat(fixture.storage.calls(HostileStorage.Call.READ) - before).isLessThan(40);
            assertThat(fixture.cache.usedBytes()).isZero();
        }
    }

    @Test
    void fullBudgetSlowsLookupsDownAndFailsNone() throws IOException {
        try (SstableFixture fixture = new SstableFixture(1 << 20)) {
            SstableMeta meta = fixture.write(SstableOptions.DEFAULTS, numbered(5000));
            fixture.open.verify(meta);
            List<MemoryBlock> hog = new ArrayList<>();
            for (int size = 1 << 19; size > 0; size /= 2) {
                MemoryBlock block = fixture.budget.tryAllocate(size);
                if (block != null) {
                    hog.add(block);
                }
            }

            for (int round = 0; round < 3; round++) {
                for (Entry entry : numbered(200)) {
                    assertThat(fixture.get(meta, entry.key())).isEqualTo(entry);
                }
                assertThat(fixture.read(meta, KeyRange.ALL, true)).isEqualTo(numbered(5000));
            }

            assertThat(fixture.budget.usedBytes()).isLessThanOrEqualTo(1 << 20);
            hog.forEach(MemoryBlock::release);
        }
    }

    @Test
    void cacheNeverExceedsItsBudgetAndTheBlocksOftenReadStay() throws IOException {
        try (SstableFixture fixture = new SstableFixture(512 << 10)) {
            SstableMeta meta =
                    fixture.write(
                            new SstableOptions(
                                    8 << 10, 256, 64 << 10, 10.6, SstableCodec.LZ4_RAW, 0),
                            numbered(20_000));
            OwnedSlice hot = OwnedSlice.ofText(numberedKey(2000));
            fixture.get(meta, hot);
            fixture.get(meta, hot);
            long misses = 0;
            for (int i = 0; i < 20_000; i += 20) {
                fixture.get(meta, OwnedSlice.ofText(numberedKey(2 * i)));
                fixture.get(meta, OwnedSlice.ofText(numberedKey(2 * i)));
                long before = fixture.cache.missCount();
                fixture.get(meta, hot);
                misses += fixture.cache.missCount() - before;
                assertThat(fixture.budget.usedBytes()).isLessThanOrEqualTo(512 << 10);
            }

            assertThat(misses).isLessThan(10);
        }
    }

    @Test
    void manyThreadsReadWhileReadersAndBlocksAreEvicted() throws Exception {
        try (SstableFixture fixture = new SstableFixture(null, 1 << 20, 2)) {
            List<Entry> entries = numbered(2000);
            List<SstableMeta> metas = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                metas.add(
                        fixture.write(
                                new SstableOptions(512, 64, 20_000, 10.6, SstableCodec.LZ4_RAW, 0),
                                entries));
            }
            AtomicInteger running = new AtomicInteger(3);
            ExecutorService executor = Executors.newFixedThreadPool(4);
            try {
                List<Callable<Void>> tasks = new ArrayList<>();
                for (int reader = 0; reader < 3; reader++) {
                    long seed = reader;
                    tasks.add(
                            () -> {
                                try {
                                    readAtRandom(fixture, metas, entries, seed);
                                } finally {
                                    running.decrementAndGet();
                                }
                                return null;
                            });
                }
                tasks.add(
                        () -> {
                            Random random = new Random(99);
                            while (running.get() > 0) {
                                if (random.nextBoolean()) {
                                    fixture.open.reclaim(random.nextInt(50_000));
                                } else {
                                    fixture.cache.reclaim(random.nextInt(50_000));
                                }
                                Thread.onSpinWait();
                            }
                            return null;
                        });
                for (Future<Void> future : executor.invokeAll(tasks)) {
                    future.get();
                }
            } finally {
                executor.shutdownNow();
            }
            fixture.open.reclaim(Long.MAX_VALUE);
            fixture.cache.reclaim(Long.MAX_VALUE);
            assertThat(fixture.cache.usedBytes()).isZero();
            assertThat(fixture.budget.usedBytes()).isZero();
        }
    }

    @Test
    void cursorAfterCloseOfTheSetStillEnds() throws IOException {
        SstableFixture fixture = new SstableFixture();
        SstableMeta meta = fixture.write(SstableFixture.TINY, numbered(50));
        EntryCursor cursor = fixture.open.of(meta).cursor(KeyRange.ALL, false);
        cursor.next();
        fixture.open.close();

        assertThat(ListCursor.drain(cursor)).hasSize(49);
        cursor.close();
        assertThatThrownBy(() -> fixture.open.verify(meta))
                .isInstanceOf(IllegalStateException.class);
        fixture.close();
    }

    private static void readAtRandom(
            SstableFixture fixture, List<SstableMeta> metas, List<Entry> entries, long seed)
            throws IOException {
        Random random = new Random(seed);
        for (int i = 0; i < 3000; i++) {
            SstableMeta meta = metas.get(random.nextInt(metas.size()));
            int at = random.nextInt(entries.size());
            Entry entry = entries.get(at);
            if (random.nextInt(50) == 0) {
                int to = Math.min(entries.size(), at + 100);
                OwnedSlice end = to == entries.size() ? null : entries.get(to).key();
                assertThat(fixture.read(meta, new KeyRange(entry.key(), end), random.nextBoolean()))
                        .as("seed %d, step %d", seed, i)
                        .isEqualTo(entries.subList(at, to));
            } else {
                assertThat(fixture.get(meta, entry.key()))
                        .as("seed %d, step %d", seed, i)
                        .isEqualTo(entry);
            }
        }
    }

    private static List<SstableMeta> files(SstableFixture fixture, int count) throws IOException {
        List<SstableMeta> metas = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            metas.add(fixture.write(SstableFixture.TINY, numbered(100)));
        }
        return metas;
    }
}
