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
package io.flinklsm.core.flush;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.CompactionStyle;
import io.flinklsm.core.StoreFixture;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memory.WriterBudgets;
import io.flinklsm.core.memtable.EntryTier;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.memtable.Generation;
import io.flinklsm.core.memtable.TierMemory;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.FlushPlan;
import io.flinklsm.core.tree.FlushProgress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class SharedFlushTest {

    private static final int ENTRIES = 20;
    private static final List<KeyRange> HALVES =
            List.of(
                    new KeyRange(OwnedSlice.EMPTY, StoreFixture.key(10)),
                    new KeyRange(StoreFixture.key(10), null));

    private final MemoryBudget pool = MemoryBudget.root("test", 64 << 20);
    private final WriterBudgets budgets = new WriterBudgets(pool, 4 << 20, 1);
    private final InMemoryStorage disk = new InMemoryStorage();
    private final HostileStorage storage = new HostileStorage(disk);
    private final TierMemory memory = new TierMemory(pool, pool.limitBytes());
    private final EntryTier tier = new EntryTier(memory, 7, null, true, 0);
    private final List<Generation> frozen = new ArrayList<>();
    private final Set<Thread> workers = ConcurrentHashMap.newKeySet();

    @AfterEach
    void close() {
        tier.close();
        budgets.close();
        pool.close();
    }

    @Test
    void eachOfTwoThreadsWritesAHalf() throws Exception {
        CountDownLatch bothWork = new CountDownLatch(2);

        List<SstableMeta> written = newFlush(bothWork).run(SharedFlushTest::inNewThread);

        assertHalves(written);
        assertThat(workers).hasSize(2);
    }

    @Test
    void aThreadWithoutHelpWritesBothHalves() throws Exception {
        Executor ended =
                task -> {
                    throw new RejectedExecutionException("ended");
                };

        assertHalves(newFlush(new CountDownLatch(0)).run(ended));
        assertThat(workers).containsExactly(Thread.currentThread());
    }

    @Test
    void helpThatComesTooLateDoesNothing() throws Exception {
        List<Runnable> queue = new ArrayList<>();

        assertHalves(newFlush(new CountDownLatch(0)).run(queue::add));
        queue.forEach(Runnable::run);

        assertThat(disk.list()).hasSize(2);
    }

    @Test
    void aHelperWithoutMemoryLeavesTheWorkToItsOwner() throws Exception {
        MemoryBudget taken = budgets.beginFlush();
        List<Boolean> helped = new ArrayList<>();

        assertHalves(
                newFlush(new CountDownLatch(0))
                        .run(
                                task -> {
                                    MemoryBudget last = budgets.tryBeginFlush();
                                    task.run();
                                    helped.add(!workers.isEmpty());
                                    budgets.endFlush(last);
                                }));

        assertThat(helped).containsExactly(false);
        budgets.endFlush(taken);
    }

    @Test
    void oneRangeAsksForNoHelp() throws Exception {
        fill();
        SharedFlush flush = new SharedFlush(budgets, List.of(KeyRange.ALL), this::newJob);

        List<SstableMeta> written =
                flush.run(
                        task -> {
                            throw new AssertionError("asked for help");
                        });

        assertThat(written).singleElement().extracting(SstableMeta::entryCount).isEqualTo(20L);
    }

    /** Whatever call fails, on whichever thread: no file is left, and the flush can be repeated. */
    @Test
    void aFailureOfAnyCallLeavesNoFile() throws Exception {
        fill();
        int call = 0;
        boolean failed = true;
        while (failed) {
            storage.failCall(++call);
            SharedFlush flush = new SharedFlush(budgets, HALVES, this::newJob);
            try {
                assertHalves(flush.run(SharedFlushTest::inNewThread));
                failed = false;
            } catch (IOException e) {
                assertThat(e).hasStackTraceContaining(HostileStorage.INJECTED);
                assertThat(disk.list()).isEmpty();
            }
        }
        assertThat(call).as("calls that were failed in turn").isGreaterThan(4);
        assertThat(storage.injectedCount()).isEqualTo(call - 1);
        storage.assertNoOpenHandles();
    }

    @Test
    void anErrorOfTheHelperIsTheFlushs() {
        fill();
        CountDownLatch bothWork = new CountDownLatch(2);
        SharedFlush flush =
                new SharedFlush(
                        budgets,
                        HALVES,
                        (range, budget) -> {
                            FlushJob job = newJob(range, budget);
                            arrive(bothWork);
                            if (Thread.currentThread().getName().equals("helper")) {
                                throw new IllegalStateException("of the helper");
                            }
                            return job;
                        });

        assertThatThrownBy(() -> flush.run(SharedFlushTest::inNewThread))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("of the helper");
        assertThat(disk.list()).isEmpty();
    }

    @Test
    void aLargePlanHasTwoRangesAndASmallOneHasOne() {
        fill();
        assertThat(plan().ranges()).containsExactly(KeyRange.ALL);

        frozen.clear();
        byte[] value = new byte[1 << 20];
        for (int i = 0; i < 9; i++) {
            assertThat(tier.put(new KeyBuffer().set(StoreFixture.key(i)), value, 0, value.length))
                    .isTrue();
        }
        freeze();

        assertThat(plan().ranges())
                .containsExactly(
                        new KeyRange(OwnedSlice.EMPTY, StoreFixture.key(4)),
                        new KeyRange(StoreFixture.key(4), null));
    }

    private SharedFlush newFlush(CountDownLatch bothWork) {
        fill();
        return new SharedFlush(
                budgets,
                HALVES,
                (range, budget) -> {
                    workers.add(Thread.currentThread());
                    arrive(bothWork);
                    return newJob(range, budget);
                });
    }

    private void fill() {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < ENTRIES; i++) {
            numbers.add(i);
        }
        Collections.shuffle(numbers, new Random(1));
        for (int number : numbers) {
            byte[] value = {(byte) number};
            assertThat(tier.put(new KeyBuffer().set(StoreFixture.key(number)), value, 0, 1))
                    .isTrue();
        }
        freeze();
    }

    private void freeze() {
        frozen.add(Objects.requireNonNull(tier.freeze(8, 0)));
    }

    private FlushPlan plan() {
        return new FlushPlan(List.of(new FrozenGeneration(frozen.get(0), 0)), true);
    }

    private FlushJob newJob(KeyRange range, MemoryBudget budget) {
        return new FlushJob(
                plan(),
                range,
                "tree",
                null,
                null,
                new FlushTools(
                        storage,
                        StoreFixture.tinyOptions(CompactionStyle.LEVELED).sstable(),
                        budget,
                        Clock.system(),
                        new Random(),
                        FlushProgress.UNHEARD));
    }

    private void assertHalves(List<SstableMeta> written) throws IOException {
        assertThat(written).hasSize(2);
        assertThat(written)
                .extracting(SstableMeta::minKey)
                .containsExactly(StoreFixture.key(0), StoreFixture.key(10));
        assertThat(written)
                .extracting(SstableMeta::maxKey)
                .containsExactly(StoreFixture.key(9), StoreFixture.key(19));
        assertThat(disk.list())
                .containsExactlyInAnyOrderElementsOf(
                        written.stream().map(SstableMeta::fileName).toList());
    }

    private static void inNewThread(Runnable task) {
        new Thread(task, "helper").start();
    }

    private static void arrive(CountDownLatch latch) {
        latch.countDown();
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
