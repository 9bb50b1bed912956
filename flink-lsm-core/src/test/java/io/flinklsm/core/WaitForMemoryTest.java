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

import io.flinklsm.core.check.Clock;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.testing.ManualClock;
import io.flinklsm.core.tree.StoreLock;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.write.MemoryWait;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A writer that waits for memory, in a slot whose memtable memory is gone, and what it does to its
 * neighbour. Nothing makes time pass but the tests.
 */
@Timeout(120)
final class WaitForMemoryTest {

    private static final byte[] VALUE = new byte[100];

    private final ManualClock clock = new ManualClock();
    private final StoreResources resources =
            StoreResources.create("waits", StoreResources.MIN_MEMORY_BYTES, 1, clock);
    private final LsmStore waiting =
            LsmStore.create(new InMemoryStorage(), LsmStoreOptions.DEFAULTS, resources);
    private final LsmStore neighbour =
            LsmStore.create(new InMemoryStorage(), LsmStoreOptions.DEFAULTS, resources);
    private final ExecutorService writerThread = Executors.newSingleThreadExecutor();

    private LsmTree waitingTree;
    private LsmTree neighbourTree;
    private long takenBytes;

    @BeforeEach
    void open() throws IOException {
        waitingTree = waiting.openTree("counts", TreeOptions.DEFAULTS);
        neighbourTree = neighbour.openTree("counts", TreeOptions.DEFAULTS);
    }

    @AfterEach
    void close() throws Exception {
        writerThread.shutdown();
        assertThat(writerThread.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        waiting.close();
        neighbour.close();
        resources.slot().tierBudget().unreserve(takenBytes);
        resources.close();
    }

    @Test
    void wakeUpsDoNotShortenTheLimit() throws Exception {
        takeAllMemtableMemory();
        Future<?> write = write(1);

        wakeOften(write);
        assertThat(write.isDone()).isFalse();

        clock.advanceMillis(MemoryWait.LIMIT_MILLIS - 1);
        wakeOften(write);
        assertThat(write.isDone()).isFalse();

        clock.advanceMillis(1);
        assertThatThrownBy(() -> wakeUntilDone(write))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IOException.class)
                .hasMessageContaining("no memory for an entry: entryBytes=104")
                .hasMessageContaining("waitedMillis=60000");
    }

    @Test
    void wakeUpsDoNotCutTheNeighboursMemtables() throws Exception {
        put(neighbourTree, 1);
        takeAllMemtableMemory();
        Future<?> write = write(1);

        wakeOften(write);

        assertThat(neighbourTree.stats().memory().frozenMemtables()).isZero();
        assertThat(neighbourTree.stats().levels()).allMatch(level -> level.sstables() == 0);
        giveMemoryBack(1 << 18);
        wakeUntilDone(write);
    }

    @Test
    void wakeUpsDoNotCutTheWritersOwnMemtables() throws Exception {
        put(waitingTree, 1);
        LsmTree other = waiting.openTree("other", TreeOptions.DEFAULTS);
        takeAllMemtableMemory();
        Future<?> write =
                writerThread.submit(
                        () -> {
                            put(other, 1);
                            return null;
                        });

        wakeOften(write);

        assertThat(waitingTree.stats().memory().frozenMemtables()).isZero();
        assertThat(waitingTree.stats().levels()).allMatch(level -> level.sstables() == 0);
        giveMemoryBack(1 << 18);
        wakeUntilDone(write);
    }

    @Test
    void neighbourThatHoldsMemoryGivesItOnce() throws Exception {
        for (int i = 0; i < 1000; i++) {
            put(neighbourTree, i);
        }
        takeAllMemtableMemory();
        Future<?> write = write(1);

        while (!write.isDone()) {
            wake();
            put(neighbourTree, 1);
        }

        write.get();
        neighbour.awaitIdle();
        assertThat(neighbourTree.stats().levels().get(0).sstables()).isEqualTo(1);
    }

    @Test
    void smallMemtablesAreWrittenBeforeAWriterFails() throws Exception {
        // Enough for what another tree begins with, and far too little to be frozen at once.
        for (int i = 0; i < 30; i++) {
            put(neighbourTree, i);
        }
        takeAllMemtableMemory();
        Future<?> write = write(1);
        wakeOften(write);

        clock.advanceMillis(MemoryWait.PATIENCE_MILLIS);
        while (!write.isDone() && neighbourTree.stats().levels().get(0).sstables() == 0) {
            wake();
            neighbourTree.contains(key(1));
        }

        wakeUntilDone(write);
    }

    @Test
    void blockIsWaitedForByTheClock() throws Exception {
        Clock frozenClock = clock;
        try (MemoryBudget budget = MemoryBudget.root("slot", 1000, frozenClock)) {
            assertThat(budget.tryReserve(1000)).isTrue();
            Future<?> allocation = writerThread.submit(() -> budget.allocate(500, 10_000));
            for (long asked = clock.askedCount(); clock.askedCount() < asked + 1000; ) {
                budget.unreserve(1);
                assertThat(budget.tryReserve(1)).isTrue();
            }
            assertThat(allocation.isDone()).isFalse();

            clock.advanceMillis(100_000);
            assertThatThrownBy(allocation::get)
                    .hasCauseInstanceOf(IOException.class)
                    .hasMessageContaining("waitedMillis=100000");
            budget.unreserve(1000);
        }
    }

    private void takeAllMemtableMemory() {
        for (long bytes = 1 << 20; bytes > 0; bytes /= 2) {
            while (resources.slot().tierBudget().tryReserve(bytes)) {
                takenBytes += bytes;
            }
        }
    }

    private void giveMemoryBack(long bytes) {
        resources.slot().tierBudget().unreserve(bytes);
        takenBytes -= bytes;
    }

    private Future<?> write(int number) {
        return writerThread.submit(
                () -> {
                    put(waitingTree, number);
                    return null;
                });
    }

    /** Wakes the writer until it has looked at the clock a thousand times, or has given up. */
    private void wakeOften(Future<?> write) throws IOException {
        long askedCount = clock.askedCount();
        while (clock.askedCount() < askedCount + 5000 && !write.isDone()) {
            wake();
            neighbourTree.contains(key(1));
        }
    }

    private void wakeUntilDone(Future<?> write) throws Exception {
        while (!write.isDone()) {
            wake();
        }
        write.get();
    }

    /** As a background task does that ends and gives back some memory that no memtable may use. */
    private void wake() {
        assertThat(resources.slot().cacheBudget().tryReserve(1)).isTrue();
        resources.slot().cacheBudget().unreserve(1);
        signal(neighbour);
        signal(waiting);
    }

    private static void signal(LsmStore store) {
        StoreLock lock = store.lock();
        lock.lock();
        try {
            lock.signalProgress();
        } finally {
            lock.unlock();
        }
    }

    private static KeyBuffer key(int number) {
        return new KeyBuffer().set(StoreFixture.key(number));
    }

    private static void put(LsmTree tree, int number) throws IOException {
        tree.put(key(number), VALUE, 0, VALUE.length);
    }
}
