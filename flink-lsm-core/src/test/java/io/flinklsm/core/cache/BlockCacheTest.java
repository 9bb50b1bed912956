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
package io.flinklsm.core.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BlockCacheTest {

    private static final int BLOCK_BYTES = 64;

    private final MemoryBudget budget = MemoryBudget.root("test", 10 * BLOCK_BYTES);
    private final BlockCache cache = new BlockCache(budget);

    @AfterEach
    void findLeaks() {
        cache.close();
        budget.close();
    }

    @Test
    void blockThatWasPutIsFound() {
        FileBlocks file = cache.open(3);
        put(file, 1, 42).release();

        assertThat(file.get(0)).isNull();
        CachedBlock found = file.get(1);
        assertThat(RawMemory.getLong(null, found.address())).isEqualTo(42);
        found.release();
        assertThat(cache.hitCount()).isEqualTo(1);
        assertThat(cache.missCount()).isEqualTo(1);
        assertThat(cache.usedBytes()).isEqualTo(BLOCK_BYTES);
    }

    @Test
    void blockIsWorthBuildingWhenItIsMissedTheSecondTime() {
        FileBlocks file = cache.open(2);

        assertThat(file.isWorthBuilding(0)).isFalse();
        assertThat(file.isWorthBuilding(0)).isTrue();
        assertThat(file.isWorthBuilding(1)).isFalse();
        assertThat(file.get(0)).isNull();
    }

    @Test
    void secondOfTwoEqualBlocksGivesWay() {
        FileBlocks file = cache.open(1);
        put(file, 0, 1).release();

        CachedBlock winner = put(file, 0, 2);

        assertThat(RawMemory.getLong(null, winner.address())).isEqualTo(1);
        winner.release();
        assertThat(budget.usedBytes()).isEqualTo(BLOCK_BYTES);
    }

    @Test
    void newBlocksDriveOutThoseNotReadLately() {
        FileBlocks file = cache.open(100);
        for (int i = 0; i < 100; i++) {
            put(file, i, i).release();
            CachedBlock hot = file.get(0);
            assertThat(hot).as("block 0 after %d", i).isNotNull();
            hot.release();
            assertThat(budget.usedBytes()).isLessThanOrEqualTo(10 * BLOCK_BYTES);
        }

        assertThat(file.get(1)).isNull();
    }

    @Test
    void whatWasBorrowedIsGivenBackAndTheCachesOwnPartIsNot() {
        try (MemoryBudget wide = MemoryBudget.root("wide", 64 * BLOCK_BYTES);
                BlockCache borrowing = new BlockCache(wide)) {
            FileBlocks file = borrowing.open(30);
            for (int i = 0; i < 30; i++) {
                put(file, i, i).release();
            }

            assertThat(borrowing.reclaimBorrowed(3 * BLOCK_BYTES)).isEqualTo(3 * BLOCK_BYTES);
            assertThat(borrowing.usedBytes()).isEqualTo(27 * BLOCK_BYTES);

            // Four blocks are a sixteenth.
            assertThat(borrowing.reclaimBorrowed(Long.MAX_VALUE)).isEqualTo(23 * BLOCK_BYTES);
            assertThat(borrowing.reclaimBorrowed(1)).isZero();
            assertThat(borrowing.usedBytes()).isEqualTo(4 * BLOCK_BYTES);
        }
    }

    @Test
    void evictedBlockLivesAsLongAsItsReader() {
        FileBlocks file = cache.open(1);
        CachedBlock held = put(file, 0, 7);

        assertThat(cache.reclaim(1)).isEqualTo(BLOCK_BYTES);

        assertThat(file.get(0)).isNull();
        assertThat(RawMemory.getLong(null, held.address())).isEqualTo(7);
        assertThat(budget.usedBytes()).isEqualTo(BLOCK_BYTES);
        held.release();
        assertThat(budget.usedBytes()).isZero();
        assertThatThrownBy(held::release).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void droppedFileHoldsNothingAndTakesNothing() {
        FileBlocks file = cache.open(10);
        for (int i = 0; i < 5; i++) {
            put(file, i, i).release();
        }

        file.drop();

        assertThat(cache.usedBytes()).isZero();
        assertThat(budget.usedBytes()).isZero();
        assertThat(put(file, 0, 1)).isNull();
        assertThat(budget.usedBytes()).isZero();
        assertThat(cache.reclaim(1)).isZero();
    }

    @Test
    void fullBudgetAsksTheCacheForMemory() throws Exception {
        FileBlocks file = cache.open(10);
        for (int i = 0; i < 10; i++) {
            put(file, i, i).release();
        }

        MemoryBlock block = budget.allocate(5 * BLOCK_BYTES, 1000);

        assertThat(cache.usedBytes()).isLessThanOrEqualTo(5 * BLOCK_BYTES);
        block.release();
    }

    @Test
    void closedCacheTakesNothing() {
        FileBlocks file = cache.open(1);
        cache.close();

        assertThat(put(file, 0, 1)).isNull();
        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void readersNeverSeeTheMemoryOfAnotherBlock() throws Exception {
        FileBlocks file = cache.open(40);
        ExecutorService executor = Executors.newFixedThreadPool(3);
        try {
            List<Callable<Long>> tasks = new ArrayList<>();
            for (int thread = 0; thread < 3; thread++) {
                long seed = thread;
                tasks.add(() -> readAndPut(file, seed));
            }
            for (Future<Long> wrong : executor.invokeAll(tasks)) {
                assertThat(wrong.get()).isZero();
            }
        } finally {
            executor.shutdownNow();
        }
        file.drop();
        assertThat(cache.usedBytes()).isZero();
        assertThat(budget.usedBytes()).isZero();
    }

    private long readAndPut(FileBlocks file, long seed) {
        Random random = new Random(seed);
        long wrong = 0;
        for (int i = 0; i < 30_000; i++) {
            int index = random.nextInt(40);
            CachedBlock block = file.get(index);
            if (block == null) {
                block = put(file, index, index);
            }
            if (block != null) {
                wrong += RawMemory.getLong(null, block.address()) == index ? 0 : 1;
                wrong += RawMemory.getLong(null, block.address() + 8) == ~index ? 0 : 1;
                block.release();
            }
        }
        return wrong;
    }

    /** The block that is in the cache afterwards; null if there is no room. */
    private static CachedBlock put(FileBlocks file, int index, long content) {
        MemoryBlock memory = file.allocate(BLOCK_BYTES);
        if (memory == null) {
            return null;
        }
        RawMemory.putLong(null, memory.address(), content);
        RawMemory.putLong(null, memory.address() + 8, ~content);
        return file.put(index, memory);
    }
}
