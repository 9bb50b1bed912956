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
package io.flinklsm.core.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.RawMemory;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {

    @Test
    void blocksAreExactlyAsLargeAsAskedAndCountedSo() {
        try (MemoryBudget budget = MemoryBudget.root("slot", 10_000)) {
            MemoryBlock block = budget.tryAllocate(5001);

            assertThat(block.sizeBytes()).isEqualTo(5001);
            assertThat(budget.usedBytes()).isEqualTo(5001);
            RawMemory.fill(null, block.address(), 5001, (byte) 7);
            assertThat(RawMemory.getByte(null, block.address() + 5000)).isEqualTo((byte) 7);
            block.release();
            assertThat(budget.usedBytes()).isZero();
            assertThat(budget.peakBytes()).isEqualTo(5001);
        }
    }

    @Test
    void theLimitIsReachedToTheByteAndNeverPassed() {
        try (MemoryBudget budget = MemoryBudget.root("slot", 1000)) {
            MemoryBlock first = budget.tryAllocate(600);

            assertThat(budget.tryAllocate(401)).isNull();
            assertThat(budget.tryReserve(401)).isFalse();
            MemoryBlock second = budget.tryAllocate(400);

            assertThat(second).isNotNull();
            assertThat(budget.tryReserve(1)).isFalse();
            first.release();
            second.release();
        }
    }

    @Test
    void heapReservationsAndBlocksShareOneLimit() {
        try (MemoryBudget budget = MemoryBudget.root("slot", 1000)) {
            assertThat(budget.tryReserve(700)).isTrue();

            assertThat(budget.tryAllocate(301)).isNull();
            budget.unreserve(700);
            MemoryBlock block = budget.tryAllocate(1000);

            assertThat(block).isNotNull();
            block.release();
        }
    }

    @Test
    void aChildsReserveStaysItsOwnWhenTheParentIsFull() {
        try (MemoryBudget root = MemoryBudget.root("slot", 1000)) {
            MemoryBudget child = root.child("memtables", 300, 800);
            MemoryBlock rest = root.tryAllocate(700);
            assertThat(root.tryAllocate(1)).isNull();

            MemoryBlock own = child.tryAllocate(300);

            assertThat(own).isNotNull();
            assertThat(child.tryAllocate(1)).isNull();
            rest.release();
            MemoryBlock beyond = child.tryAllocate(500);
            assertThat(beyond).isNotNull();
            assertThat(child.tryReserve(1)).as("the child's own limit").isFalse();
            assertThat(root.usedBytes()).isEqualTo(800);
            own.release();
            beyond.release();
        }
    }

    @Test
    void aClosedChildGivesItsReserveBack() {
        try (MemoryBudget root = MemoryBudget.root("slot", 1000)) {
            MemoryBudget child = root.child("cache", 900, 900);
            assertThat(root.tryReserve(101)).isFalse();

            child.close();

            assertThat(root.tryReserve(1000)).isTrue();
            root.unreserve(1000);
            assertThatThrownBy(() -> child.tryReserve(1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("[cache]");
        }
    }

    @Test
    void aReserveLargerThanTheParentsRestIsRefused() {
        try (MemoryBudget root = MemoryBudget.root("slot", 1000)) {
            assertThatThrownBy(() -> root.child("cache", 1001, 2000))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("reservedBytes=1001")
                    .hasMessageContaining("limitBytes=1000");
            assertThatThrownBy(() -> root.child("cache", 2, 1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void reclaimersAreAskedInOrderUntilOneGivesEnough() throws Exception {
        try (MemoryBudget root = MemoryBudget.root("slot", 1000)) {
            MemoryBudget child = root.child("memtables", 0, 1000);
            ArrayDeque<MemoryBlock> cached = new ArrayDeque<>();
            cached.add(root.tryAllocate(400));
            cached.add(root.tryAllocate(600));
            List<String> asked = new ArrayList<>();
            child.addReclaimer(
                    bytes -> {
                        asked.add("store:" + bytes);
                        return 0;
                    });
            root.addReclaimer(
                    bytes -> {
                        asked.add("cache:" + bytes);
                        cached.remove().release();
                        return 400;
                    });
            MemoryReclaimer last =
                    bytes -> {
                        asked.add("last:" + bytes);
                        return 0;
                    };
            root.addReclaimer(last);

            MemoryBlock block = child.allocate(300, 1000);

            assertThat(asked).containsExactly("store:300", "cache:300");
            block.release();
            root.removeReclaimer(last);
            cached.remove().release();
        }
    }

    @Test
    void whatIsSpareIsTakenBeforeABudgetIsFull() {
        try (MemoryBudget root = MemoryBudget.root("slot", 1000)) {
            MemoryBudget memtables = root.child("memtables", 0, 600);
            MemoryBudget cache = root.child("cache", 0, 1000);
            ArrayDeque<MemoryBlock> flushed = new ArrayDeque<>();
            flushed.add(memtables.tryAllocate(300));
            flushed.add(memtables.tryAllocate(300));
            root.setSpare(
                    bytes -> {
                        MemoryBlock oldest = flushed.poll();
                        if (oldest == null) {
                            return 0;
                        }
                        oldest.release();
                        return 300;
                    });

            assertThat(cache.tryReserve(400)).isTrue();
            assertThat(flushed).hasSize(2);
            assertThat(memtables.tryReserve(100)).isTrue();
            assertThat(flushed).hasSize(1);
            assertThat(cache.tryReserve(500)).isTrue();
            assertThat(flushed).isEmpty();
            assertThat(cache.tryReserve(1)).isFalse();
            cache.unreserve(900);
            memtables.unreserve(100);
        }
    }

    @Test
    void allocateWaitsUntilAnotherThreadReleases() throws Exception {
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try (MemoryBudget budget = MemoryBudget.root("slot", 1000)) {
            MemoryBlock held = budget.tryAllocate(1000);
            CountDownLatch waiting = new CountDownLatch(2);
            budget.addReclaimer(
                    bytes -> {
                        waiting.countDown();
                        return 0;
                    });
            Future<MemoryBlock> waiter = threads.submit(() -> budget.allocate(800, 60_000));

            waiting.await();
            held.release();

            waiter.get().release();
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void allocateGivesUpAndNamesTheUsers() {
        try (MemoryBudget root = MemoryBudget.root("slot", 1000)) {
            MemoryBudget child = root.child("memtables", 0, 900);
            MemoryBudget cache = root.child("cache", 0, 900);
            MemoryBlock held = cache.tryAllocate(700);

            assertThatThrownBy(() -> child.allocate(500, 5))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("[memtables]")
                    .hasMessageContaining("wantedBytes=500")
                    .hasMessageContaining("limitBytes=1000")
                    .hasMessageContaining("budget=cache limitBytes=900 usedBytes=700");
            held.release();
        }
    }

    @Test
    void allocateGivesUpAlthoughOthersReleaseAndTakeAgain() {
        try (MemoryBudget budget = MemoryBudget.root("slot", 1000)) {
            MemoryBlock held = budget.tryAllocate(900);
            AtomicInteger rounds = new AtomicInteger();
            budget.addReclaimer(
                    bytes -> {
                        rounds.incrementAndGet();
                        assertThat(budget.tryReserve(10)).isTrue();
                        budget.unreserve(10);
                        return 0;
                    });

            assertThatThrownBy(() -> budget.allocate(500, 1)).isInstanceOf(IOException.class);

            assertThat(rounds.get()).isGreaterThan(1);
            held.release();
        }
    }

    @Test
    void closeReportsWhatWasNeverReleased() {
        MemoryBudget root = MemoryBudget.root("slot", 1000);
        MemoryBudget child = root.child("cache", 0, 1000);
        MemoryBlock leaked = child.tryAllocate(123);

        assertThatThrownBy(root::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("usedBytes=123")
                .hasMessageContaining("budget=cache");

        leaked.release();
        root.close();
        root.close();
    }

    @Test
    void aBlockIsReleasedOnlyOnce() {
        try (MemoryBudget budget = MemoryBudget.root("slot", 1000)) {
            MemoryBlock block = budget.tryAllocate(10);
            block.release();

            assertThatThrownBy(block::release)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("released twice");
            assertThat(budget.usedBytes()).isZero();
        }
    }

    @Test
    void givingBackMoreThanIsHeldIsRefused() {
        try (MemoryBudget budget = MemoryBudget.root("slot", 1000)) {
            assertThat(budget.tryReserve(5)).isTrue();

            assertThatThrownBy(() -> budget.unreserve(6)).isInstanceOf(IllegalStateException.class);
            budget.unreserve(5);
        }
    }

    @Test
    void theLimitHoldsUnderManyThreads() throws Exception {
        int threadCount = 4;
        ExecutorService threads = Executors.newFixedThreadPool(threadCount);
        try (MemoryBudget root = MemoryBudget.root("slot", 50_000)) {
            // All children first: a child's reserve is taken when it is made, and is refused when
            // its parent is already full of the others' blocks.
            List<MemoryBudget> children = new ArrayList<>();
            for (int t = 0; t < threadCount; t++) {
                children.add(root.child("part-" + t, 1000L * t, 30_000));
            }
            List<Future<?>> work = new ArrayList<>();
            for (int t = 0; t < threadCount; t++) {
                MemoryBudget child = children.get(t);
                int seed = t;
                work.add(
                        threads.submit(
                                () -> {
                                    Random random = new Random(seed);
                                    ArrayDeque<MemoryBlock> held = new ArrayDeque<>();
                                    for (int i = 0; i < 2000; i++) {
                                        MemoryBlock block =
                                                child.tryAllocate(1 + random.nextInt(6000));
                                        if (block != null) {
                                            held.add(block);
                                        }
                                        assertThat(root.usedBytes()).isLessThanOrEqualTo(50_000);
                                        if (!held.isEmpty()
                                                && (block == null || random.nextInt(3) == 0)) {
                                            held.remove().release();
                                        }
                                    }
                                    held.forEach(MemoryBlock::release);
                                }));
            }
            for (Future<?> w : work) {
                w.get();
            }
            assertThat(root.usedBytes()).isZero();
            assertThat(root.peakBytes()).isLessThanOrEqualTo(50_000);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void whatIsFreeIsFreeHereAndAbove() {
        try (MemoryBudget root = MemoryBudget.root("root", 100)) {
            MemoryBudget reserved = root.child("reserved", 40, 60);
            MemoryBudget other = root.child("other", 0, 100);

            assertThat(reserved.hasFree(60)).isTrue();
            assertThat(reserved.hasFree(61)).as("its own limit").isFalse();
            assertThat(other.hasFree(60)).isTrue();
            assertThat(other.hasFree(61)).as("what is set aside").isFalse();

            assertThat(other.tryReserve(50)).isTrue();
            assertThat(reserved.hasFree(50)).isTrue();
            assertThat(reserved.hasFree(51)).as("what the root has left").isFalse();
            other.unreserve(50);
        }
    }
}
