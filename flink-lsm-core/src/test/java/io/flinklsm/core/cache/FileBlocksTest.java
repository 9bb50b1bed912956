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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Blocks of files that come and go, in a cache that is too small for them. */
final class FileBlocksTest {

    private static final int BLOCK_BYTES = 64;
    private static final int ROOM_BLOCKS = 16;

    private final MemoryBudget budget = MemoryBudget.root("cache", ROOM_BLOCKS * BLOCK_BYTES);
    private final BlockCache cache = new BlockCache(budget);

    @AfterEach
    void findLeaks() {
        cache.close();
        assertThat(cache.usedBytes()).isZero();
        budget.close();
    }

    @Test
    void blocksOfOneFileAreNotThoseOfAnother() {
        FileBlocks first = cache.open(2);
        FileBlocks second = cache.open(2);
        put(first, 0, 1);
        put(second, 0, 2);

        assertThat(content(first, 0)).isEqualTo(1);
        assertThat(content(second, 0)).isEqualTo(2);

        first.drop();
        assertThat(content(first, 0)).isNull();
        assertThat(content(second, 0)).isEqualTo(2);
        assertThat(cache.usedBytes()).isEqualTo(BLOCK_BYTES);
    }

    @Test
    void fileIsDroppedOnce() {
        FileBlocks file = cache.open(1);
        put(file, 0, 1);

        file.drop();
        file.drop();

        assertThat(cache.usedBytes()).isZero();
    }

    @Test
    void secondOfTwoEqualBlocksIsNotCounted() {
        FileBlocks file = cache.open(1);
        put(file, 0, 1);

        put(file, 0, 2);

        assertThat(content(file, 0)).isEqualTo(1);
        assertThat(cache.usedBytes()).isEqualTo(BLOCK_BYTES);
        assertThat(budget.usedBytes()).isEqualTo(BLOCK_BYTES);
    }

    @Test
    void blockThatAReaderHoldsOutlivesItsFile() {
        FileBlocks file = cache.open(1);
        put(file, 0, 7);
        CachedBlock held = file.get(0);

        file.drop();

        assertThat(cache.usedBytes()).isZero();
        assertThat(budget.usedBytes()).as("the reader still reads it").isEqualTo(BLOCK_BYTES);
        assertThat(RawMemory.getLong(null, held.address())).isEqualTo(7);
        held.release();
        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void blockThatWasReadIsSparedOnce() {
        FileBlocks file = cache.open(ROOM_BLOCKS);
        for (int i = 0; i < ROOM_BLOCKS; i++) {
            put(file, i, i);
        }
        assertThat(content(file, 0)).isEqualTo(0);

        assertThat(cache.reclaim(BLOCK_BYTES)).isEqualTo(BLOCK_BYTES);
        assertThat(file.get(1)).as("not read, and the oldest").isNull();
        assertThat(cache.reclaim((ROOM_BLOCKS - 1) * BLOCK_BYTES))
                .isEqualTo((ROOM_BLOCKS - 1) * BLOCK_BYTES);
        assertThat(file.get(0)).as("its mark is gone").isNull();
    }

    @Test
    void reclaimTakesWhatIsWantedAndNoMoreThanABlockBeyond() {
        FileBlocks file = cache.open(ROOM_BLOCKS);
        for (int i = 0; i < ROOM_BLOCKS; i++) {
            put(file, i, i);
        }

        assertThat(cache.reclaim(0)).isZero();
        assertThat(cache.reclaim(BLOCK_BYTES + 1)).isEqualTo(2 * BLOCK_BYTES);
        assertThat(cache.reclaim(Long.MAX_VALUE)).isEqualTo((ROOM_BLOCKS - 2) * BLOCK_BYTES);
        assertThat(cache.reclaim(1)).isZero();
    }

    @Test
    void blockLargerThanTheCacheIsNotBuilt() {
        FileBlocks file = cache.open(1);

        assertThat(file.allocate(ROOM_BLOCKS * BLOCK_BYTES + 1)).isNull();
        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void largerBlockDrivesOutAsManySmallOnesAsItNeeds() {
        FileBlocks file = cache.open(ROOM_BLOCKS + 1);
        for (int i = 0; i < ROOM_BLOCKS; i++) {
            put(file, i, i);
        }

        MemoryBlock large = file.allocate(8 * BLOCK_BYTES);

        assertThat(large).isNotNull();
        CachedBlock block = file.put(ROOM_BLOCKS, large);
        assertThat(block).isNotNull();
        block.release();
        assertThat(cache.usedBytes()).isEqualTo(budget.usedBytes());
    }

    @Test
    void blockIsMissedAndHitAsOftenAsItIsAskedFor() {
        FileBlocks file = cache.open(2);
        put(file, 0, 1);

        for (int i = 0; i < 3; i++) {
            assertThat(content(file, 0)).isEqualTo(1);
        }
        assertThat(file.get(1)).isNull();

        assertThat(cache.hitCount()).isEqualTo(3);
        assertThat(cache.missCount()).isEqualTo(1);
    }

    @Test
    void blockThatComesBackLateIsNotWorthBuildingInAFullCache() {
        FileBlocks file = cache.open(1000);
        put(file, 999, 1);
        cache.reclaim(1);

        assertThat(file.isWorthBuilding(0)).isFalse();
        for (int i = 1; i < 100; i++) {
            file.isWorthBuilding(i);
        }
        assertThat(file.isWorthBuilding(99)).as("missed just now").isTrue();
    }

    @Test
    void howLateIsTooLateGoesByWhatBlocksHaveAndNotByWhatEntriesHave() {
        MemoryBudget large = MemoryBudget.root("large", 64 << 20);
        try (BlockCache shared = new BlockCache(large)) {
            FileBlocks blocks = shared.open(1000);
            // Entries have all but the sixteenth that is left to blocks: a quarter of it are 128.
            shared.reclaim(1);

            assertThat(blocks.isWorthBuilding(0)).isFalse();
            assertThat(blocks.isWorthBuilding(500)).isFalse();
            for (int i = 1; i <= 120; i++) {
                blocks.isWorthBuilding(i);
            }
            assertThat(blocks.isWorthBuilding(0)).as("within it").isTrue();
            for (int i = 121; i <= 250; i++) {
                blocks.isWorthBuilding(i);
            }
            shared.reclaim(1);
            assertThat(blocks.isWorthBuilding(500)).as("long ago").isFalse();
        }
        large.close();
    }

    @Test
    void blockThatTheFileDoesNotHaveIsOurFault() {
        FileBlocks file = cache.open(2);
        MemoryBlock memory = file.allocate(BLOCK_BYTES);

        assertThatThrownBy(() -> file.put(2, memory))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("index=2, blocks=2");
        memory.release();
        assertThatThrownBy(() -> cache.open(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("blockCount=-1");
        assertThat(cache.open(0).allocate(0 + BLOCK_BYTES)).satisfies(MemoryBlock::release);
    }

    @Test
    void blockOfAnotherFileIsOurFault() {
        FileBlocks first = cache.open(1);
        FileBlocks second = cache.open(1);
        put(first, 0, 1);
        CachedBlock block = first.get(0);

        assertThatThrownBy(() -> second.remove(block)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> cache.added(second, block)).isInstanceOf(AssertionError.class);
        block.release();
    }

    /** What the cache says to have is what was put last, whatever was evicted meanwhile. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void cacheNeverShowsAnotherBlock(long seed) {
        Random random = new Random(seed);
        List<FileBlocks> files = new ArrayList<>();
        List<Map<Integer, Long>> contents = new ArrayList<>();
        List<CachedBlock> held = new ArrayList<>();
        List<Long> heldContents = new ArrayList<>();
        long next = 1;
        for (int step = 0; step < 30_000; step++) {
            if (files.size() < 3) {
                files.add(cache.open(20));
                contents.add(new HashMap<>());
            }
            int number = random.nextInt(files.size());
            FileBlocks file = files.get(number);
            int index = random.nextInt(20);
            switch (random.nextInt(20)) {
                case 0 -> {
                    file.drop();
                    assertThat(file.get(index)).isNull();
                    files.remove(number);
                    contents.remove(number);
                }
                case 1 -> cache.reclaim(random.nextInt(5 * BLOCK_BYTES));
                case 2 -> {
                    for (int i = 0; i < held.size(); i++) {
                        assertThat(RawMemory.getLong(null, held.get(i).address()))
                                .isEqualTo(heldContents.get(i));
                        held.get(i).release();
                    }
                    held.clear();
                    heldContents.clear();
                }
                default -> {
                    CachedBlock block = file.get(index);
                    if (block == null) {
                        MemoryBlock memory = file.allocate(BLOCK_BYTES);
                        if (memory == null) {
                            break;
                        }
                        RawMemory.putLong(null, memory.address(), next);
                        contents.get(number).put(index, next++);
                        block = file.put(index, memory);
                    }
                    assertThat(RawMemory.getLong(null, block.address()))
                            .as("seed %s, step %s", seed, step)
                            .isEqualTo(contents.get(number).get(index));
                    if (held.size() < 5 && random.nextInt(4) == 0) {
                        held.add(block);
                        heldContents.add(RawMemory.getLong(null, block.address()));
                    } else {
                        block.release();
                    }
                }
            }
            assertThat(cache.usedBytes()).isLessThanOrEqualTo(budget.usedBytes());
            assertThat(budget.usedBytes()).isLessThanOrEqualTo(budget.limitBytes());
        }
        held.forEach(CachedBlock::release);
    }

    @Test
    void filesAreDroppedWhileOthersReadAndEvict() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        AtomicBoolean over = new AtomicBoolean();
        FileBlocks[] files = new FileBlocks[4];
        for (int i = 0; i < files.length; i++) {
            files[i] = cache.open(20);
        }
        try {
            List<Future<Long>> readers = new ArrayList<>();
            for (int thread = 0; thread < 2; thread++) {
                long seed = thread;
                readers.add(threads.submit(() -> readUntilOver(files, new Random(seed), over)));
            }
            Callable<Void> evicting =
                    () -> {
                        while (!over.get()) {
                            cache.reclaim(BLOCK_BYTES);
                        }
                        return null;
                    };
            Future<Void> evicter = threads.submit(evicting);
            for (int round = 0; round < 3000; round++) {
                int number = round % files.length;
                FileBlocks old = files[number];
                files[number] = cache.open(20);
                old.drop();
            }
            over.set(true);
            for (Future<Long> wrong : readers) {
                assertThat(wrong.get()).isZero();
            }
            evicter.get();
        } finally {
            over.set(true);
            threads.shutdownNow();
        }
        for (FileBlocks file : files) {
            file.drop();
        }
        assertThat(cache.usedBytes()).isZero();
        assertThat(budget.usedBytes()).isZero();
    }

    private static long readUntilOver(FileBlocks[] files, Random random, AtomicBoolean over) {
        long wrong = 0;
        while (!over.get()) {
            FileBlocks file = files[random.nextInt(files.length)];
            int index = random.nextInt(20);
            CachedBlock block = file.get(index);
            if (block == null) {
                MemoryBlock memory = file.allocate(BLOCK_BYTES);
                if (memory != null) {
                    RawMemory.putLong(null, memory.address(), index);
                    block = file.put(index, memory);
                }
            }
            if (block != null) {
                wrong += RawMemory.getLong(null, block.address()) == index ? 0 : 1;
                block.release();
            }
        }
        return wrong;
    }

    private static void put(FileBlocks file, int index, long content) {
        MemoryBlock memory = file.allocate(BLOCK_BYTES);
        RawMemory.putLong(null, memory.address(), content);
        file.put(index, memory).release();
    }

    private static @Nullable Long content(FileBlocks file, int index) {
        CachedBlock block = file.get(index);
        if (block == null) {
            return null;
        }
        long content = RawMemory.getLong(null, block.address());
        block.release();
        return content;
    }
}
