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
package io.flinklsm.statebackend.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.slot.BackgroundWork;
import io.flinklsm.statebackend.testing.EngineThreads;
import io.flinklsm.statebackend.testing.LogLines;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.runtime.memory.SharedResources;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TaskManagerThreadsTest {

    private final EngineThreads engineThreads = new EngineThreads();
    private final SharedResources taskManager = new SharedResources();

    @Test
    void firstLeaseMakesThemAndTheLastOneEndsThem() throws Exception {
        TaskManagerThreads.Lease one =
                TaskManagerThreads.lease(taskManager, new ThreadRequest(2, 3, 4));
        TaskManagerThreads.Lease two =
                TaskManagerThreads.lease(taskManager, new ThreadRequest(2, 30, 40));

        assertThat(two.threads()).isSameAs(one.threads());
        assertThat(two.threads().readsOf(64).most()).isEqualTo(4);
        CountDownLatch done = new CountDownLatch(1);
        one.threads().readsOf(1).execute(done::countDown);
        one.close();
        one.close();
        done.await();
        two.close();

        assertThat(engineThreads.left()).isEmpty();
        try (TaskManagerThreads.Lease next =
                TaskManagerThreads.lease(taskManager, new ThreadRequest(2, 30, 40))) {
            assertThat(next.threads().readsOf(64).most()).isEqualTo(40);
        }
    }

    @Test
    void whoAsksForAnotherNumberIsToldWhatThereIs() throws Exception {
        try (LogLines log = LogLines.of(TaskManagerThreads.class)) {
            ThreadRequest request = new ThreadRequest(2, 3, 4);
            try (TaskManagerThreads.Lease one = TaskManagerThreads.lease(taskManager, request);
                    TaskManagerThreads.Lease same =
                            TaskManagerThreads.lease(taskManager, request)) {
                assertThat(same.threads()).isSameAs(one.threads());
                assertThat(log.warnings()).isEmpty();

                TaskManagerThreads.lease(taskManager, new ThreadRequest(2, 30, 40)).close();
            }

            assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .contains("wanted=30 and 40 that read, used=3 and 4 that read")
                    .contains("set state.backend.lsm.background-threads-per-tm");
        }
    }

    @Test
    void thereIsOneMoreThanASlotMayHaveUnlessTheyAreCounted() {
        int processors = Runtime.getRuntime().availableProcessors();

        assertThat(new ThreadRequest(1, 0, 1).compactionThreads())
                .isEqualTo(Math.max(2, processors));
        assertThat(new ThreadRequest(500, 0, 1).compactionThreads()).isEqualTo(501);
        assertThat(new ThreadRequest(500, 7, 1).compactionThreads()).isEqualTo(7);
    }

    @Test
    void manySlotsHaveNoMoreThreadsThanTheTaskManager() throws Exception {
        int slots = 8;
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(slots * 2 * 20);
        BackgroundWork[] work = new BackgroundWork[slots];
        for (int slot = 0; slot < slots; slot++) {
            work[slot] = slot(new ThreadRequest(2, 3, 1));
        }
        Runnable task =
                () -> {
                    most.accumulateAndGet(running.incrementAndGet(), Math::max);
                    Thread.yield();
                    running.decrementAndGet();
                    done.countDown();
                };
        for (int i = 0; i < 20; i++) {
            for (BackgroundWork each : work) {
                each.flush(task);
                each.compaction(task);
            }
        }
        done.await();

        assertThat(most.get()).isBetween(1, 3 + 3);
        for (BackgroundWork each : work) {
            each.close();
        }
        assertThat(engineThreads.left()).isEmpty();
    }

    @Test
    void slotWhoseCompactionsAreStuckKeepsNoOtherFromItsOwnNorFromFlushes() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch stuck = new CountDownLatch(2);
        try (BackgroundWork first = slot(new ThreadRequest(2, 3, 1));
                BackgroundWork second = slot(new ThreadRequest(2, 3, 1))) {
            for (int i = 0; i < 10; i++) {
                first.compaction(
                        () -> {
                            stuck.countDown();
                            await(goOn);
                        });
            }
            stuck.await();

            CountDownLatch done = new CountDownLatch(3);
            first.flush(done::countDown);
            second.flush(done::countDown);
            second.compaction(done::countDown);
            done.await();

            goOn.countDown();
        }
    }

    @Test
    void slotWhoseFlushIsStuckKeepsNoOtherFromFlushing() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        try (BackgroundWork first = slot(new ThreadRequest(1, 2, 1));
                BackgroundWork second = slot(new ThreadRequest(1, 2, 1))) {
            for (int i = 0; i < 10; i++) {
                first.flush(() -> await(goOn));
            }

            CountDownLatch done = new CountDownLatch(1);
            second.flush(done::countDown);
            done.await();

            goOn.countDown();
        }
    }

    private BackgroundWork slot(ThreadRequest request) throws Exception {
        return TaskManagerThreads.ofSlot(
                TaskManagerThreads.lease(taskManager, request), request.compactionsOfSlot());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
