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

import io.flinklsm.core.bytes.KeyHash;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class EntryCacheTest {

    private static final int KIND = 1;
    private static final int BUDGET_BYTES = 1 << 20;

    private final MemoryBudget budget = MemoryBudget.root("test", BUDGET_BYTES);
    private final BlockCache cache = new BlockCache(budget);
    private final FileBlocks file = cache.open(1);

    @AfterEach
    void findLeaks() {
        cache.close();
        budget.close();
    }

    @Test
    void entryThatWasAddedIsFoundWithItsKindAndValue() {
        add(file, "a", KIND, "one");
        add(file, "b", 2, "");

        assertThat(find(file, "a")).isEqualTo("1 one");
        assertThat(find(file, "b")).isEqualTo("2 ");
        assertThat(find(file, "c")).isNull();
        assertThat(cache.hitCount()).isEqualTo(2);
    }

    @Test
    void sameKeyOfAnotherFileIsAnotherEntry() {
        FileBlocks other = cache.open(1);
        add(file, "a", KIND, "one");
        add(other, "a", KIND, "two");

        assertThat(find(file, "a")).isEqualTo("1 one");
        assertThat(find(other, "a")).isEqualTo("1 two");
    }

    @Test
    void entriesOfAFileThatWasOpenedAgainAreNotFound() {
        add(file, "a", KIND, "one");
        FileBlocks again = cache.open(1);

        file.drop();

        assertThat(find(again, "a")).isNull();
    }

    @Test
    void entriesWithEqualHashesAreToldApartByTheirKeys() {
        file.addEntry(7, slice("a"), KIND, slice("one"));
        file.addEntry(7, slice("b"), KIND, slice("two"));
        Slice value = new Slice();

        assertThat(file.findEntry(7, slice("b"), value)).isEqualTo(KIND);
        assertThat(text(value)).isEqualTo("two");
        file.endEntry(7);
        assertThat(file.findEntry(7, slice("c"), value)).isEqualTo(-1);
    }

    @Test
    void entryThatIsTooLargeIsNotKept() {
        String large = "x".repeat(EntryCache.MAX_ENTRY_BYTES);
        add(file, "a", KIND, large);
        add(file, large, KIND, "a");

        assertThat(find(file, "a")).isNull();
        assertThat(find(file, large)).isNull();
        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void entriesThatAreFoundOutliveThoseThatAreNot() {
        String value = "v".repeat(200);
        int hot = 200;
        int lost = 0;
        int found = 0;
        for (int i = 0; i < 40_000; i++) {
            add(file, "cold" + i, KIND, value);
            String key = "hot" + i % hot;
            if (find(file, key) == null) {
                lost++;
                add(file, key, KIND, value);
            } else {
                found++;
            }
            assertThat(budget.usedBytes()).isLessThanOrEqualTo(BUDGET_BYTES);
        }

        assertThat(lost).isLessThan(2 * hot);
        assertThat(found).isGreaterThan(39_000);
        assertThat(find(file, "cold0")).isNull();
    }

    @Test
    void wrongValueIsNeverFoundWhateverIsEvicted() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 200_000; i++) {
            String key = "k" + Math.abs((int) (random.nextGaussian() * 3000));
            String found = find(file, key);
            if (found == null) {
                add(file, key, KIND, valueOf(key));
            } else {
                assertThat(found).as("seed %d", seed).isEqualTo(KIND + " " + valueOf(key));
            }
            if (random.nextInt(1000) == 0) {
                cache.reclaim(1 + random.nextInt(BUDGET_BYTES / 2));
            }
        }
        assertThat(cache.hitCount()).as("seed %d", seed).isGreaterThan(10_000);
    }

    @Test
    void everythingIsGivenBackOnDemand() {
        for (int i = 0; i < 2000; i++) {
            add(file, "k" + i, KIND, valueOf("k" + i));
            find(file, "k" + i);
        }
        assertThat(budget.usedBytes()).isPositive();

        cache.reclaim(Long.MAX_VALUE);

        assertThat(budget.usedBytes()).isZero();
        assertThat(cache.usedBytes()).isZero();
        add(file, "a", KIND, "one");
        assertThat(find(file, "a")).isEqualTo("1 one");
    }

    @Test
    void lastFileTakesTheEntriesWithIt() {
        add(file, "a", KIND, "one");

        file.drop();

        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void fullBudgetTakesNoEntriesAndFailsNobody() {
        MemoryBlock all = budget.tryAllocate(BUDGET_BYTES);
        assertThat(all).isNotNull();

        add(file, "a", KIND, "one");

        assertThat(find(file, "a")).isNull();
        all.release();
    }

    @Test
    void readersOfManyThreadsFindRightValuesOnly() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Integer>> tasks = new ArrayList<>();
            for (int thread = 0; thread < 3; thread++) {
                long seed = thread;
                tasks.add(() -> readAndAdd(seed));
            }
            tasks.add(this::takeMemoryAway);
            for (Future<Integer> wrong : executor.invokeAll(tasks)) {
                assertThat(wrong.get()).isZero();
            }
        } finally {
            executor.shutdownNow();
        }
        file.drop();
        assertThat(budget.usedBytes()).isZero();
    }

    private int readAndAdd(long seed) {
        Random random = new Random(seed);
        int wrong = 0;
        for (int i = 0; i < 60_000; i++) {
            String key = "k" + Math.abs((int) (random.nextGaussian() * 2000));
            String found = find(file, key);
            if (found == null) {
                add(file, key, KIND, valueOf(key));
            } else {
                wrong += found.equals(KIND + " " + valueOf(key)) ? 0 : 1;
            }
        }
        return wrong;
    }

    private int takeMemoryAway() {
        Random random = new Random(9);
        for (int i = 0; i < 300; i++) {
            cache.reclaim(1 + random.nextInt(BUDGET_BYTES));
            Thread.yield();
        }
        return 0;
    }

    private static String valueOf(String key) {
        return (key + "=").repeat(1 + (key.hashCode() & 31));
    }

    private static void add(FileBlocks file, String key, int kind, String value) {
        file.addEntry(hash(key), slice(key), kind, slice(value));
    }

    private static String find(FileBlocks file, String key) {
        Slice value = new Slice();
        int kind = file.findEntry(hash(key), slice(key), value);
        if (kind < 0) {
            return null;
        }
        String found = kind + " " + text(value);
        file.endEntry(hash(key));
        return found;
    }

    private static long hash(String key) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        return KeyHash.hash(bytes, 0, bytes.length);
    }

    private static Slice slice(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new Slice().setBytes(bytes, 0, bytes.length);
    }

    private static String text(Slice slice) {
        return new String(slice.toBytes(), StandardCharsets.UTF_8);
    }
}
