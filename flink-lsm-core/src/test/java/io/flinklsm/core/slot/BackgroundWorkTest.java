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
package io.flinklsm.core.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The threads of a slot: one for flushes, some for compactions, none that stays behind. */
@Timeout(60)
final class BackgroundWorkTest {

    @Test
    void flushesRunOneAfterAnotherInTheirOrder() throws Exception {
        List<Integer> order = new ArrayList<>();
        try (BackgroundWork work = new BackgroundWork("slot", 4)) {
            CountDownLatch done = new CountDownLatch(100);
            for (int i = 0; i < 100; i++) {
                int number = i;
                work.flush(
                        () -> {
                            // Without a lock: there is one thread.
                            order.add(number);
                            done.countDown();
                        });
            }
            done.await();
        }

        assertThat(order).hasSize(100).isSorted();
    }

    @Test
    void compactionsRunBesideEachOtherAndNoMoreThanThereAreThreads() throws Exception {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch bothRun = new CountDownLatch(2);
        CountDownLatch done = new CountDownLatch(20);
        try (BackgroundWork work = new BackgroundWork("slot", 2)) {
            for (int i = 0; i < 20; i++) {
                work.compaction(
                        () -> {
                            most.accumulateAndGet(running.incrementAndGet(), Math::max);
                            bothRun.countDown();
                            awaitQuietly(bothRun);
                            running.decrementAndGet();
                            done.countDown();
                        });
            }
            done.await();
        }

        assertThat(most).hasValue(2);
    }

    @Test
    void flushDoesNotWaitForCompactions() throws Exception {
        CountDownLatch flushed = new CountDownLatch(1);
        try (BackgroundWork work = new BackgroundWork("slot", 1)) {
            work.compaction(() -> awaitQuietly(flushed));
            work.flush(flushed::countDown);

            flushed.await();
        }
    }

    @Test
    void threadsAreNamedAndKeepNoUsersClassLoader() throws Exception {
        Set<String> names = ConcurrentHashMap.newKeySet();
        ClassLoader users = new ClassLoader(getClass().getClassLoader()) {};
        List<ClassLoader> seen = new ArrayList<>();
        List<Boolean> daemons = new ArrayList<>();
        Thread creating = Thread.currentThread();
        ClassLoader before = creating.getContextClassLoader();
        creating.setContextClassLoader(users);
        try (BackgroundWork work = new BackgroundWork("slot-7", 1)) {
            CountDownLatch done = new CountDownLatch(2);
            Runnable note =
                    () -> {
                        names.add(Thread.currentThread().getName());
                        synchronized (seen) {
                            seen.add(Thread.currentThread().getContextClassLoader());
                            daemons.add(Thread.currentThread().isDaemon());
                        }
                        done.countDown();
                    };
            work.flush(note);
            work.compaction(note);
            done.await();
        } finally {
            creating.setContextClassLoader(before);
        }

        assertThat(names).containsExactlyInAnyOrder("slot-7-flush-1", "slot-7-compaction-1");
        assertThat(seen).hasSize(2).doesNotContain(users);
        assertThat(daemons).containsExactly(true, true);
    }

    @Test
    void taskThatFailsEndsNoOther() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        CountDownLatch caught = new CountDownLatch(1);
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> caught.countDown());
        try (BackgroundWork work = new BackgroundWork("slot", 1)) {
            work.flush(
                    () -> {
                        throw new IllegalStateException("this task fails");
                    });
            work.flush(done::countDown);
            done.await();
            caught.await();
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
    }

    @Test
    void closeWaitsForWhatRunsAlsoWhenItIsInterrupted() throws Exception {
        BackgroundWork work = new BackgroundWork("slot", 1);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger ended = new AtomicInteger();
        work.compaction(
                () -> {
                    begun.countDown();
                    awaitQuietly(goOn);
                    ended.incrementAndGet();
                });
        begun.await();
        boolean[] wasInterrupted = new boolean[1];
        int[] endedAtClose = new int[1];
        Thread closing =
                new Thread(
                        () -> {
                            work.close();
                            endedAtClose[0] = ended.get();
                            wasInterrupted[0] = Thread.currentThread().isInterrupted();
                        });
        closing.start();
        while (closing.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        closing.interrupt();
        // It goes back to waiting, or is on its way there: the task has not ended.
        assertThat(closing.isAlive()).isTrue();
        goOn.countDown();
        closing.join();

        assertThat(endedAtClose[0]).isEqualTo(1);
        assertThat(wasInterrupted[0]).isTrue();
    }

    @Test
    void closedWorkTakesNothing() {
        BackgroundWork work = new BackgroundWork("slot", 1);
        work.close();

        assertThatThrownBy(() -> work.flush(() -> {}))
                .isInstanceOf(RejectedExecutionException.class);
        assertThatThrownBy(() -> work.compaction(() -> {}))
                .isInstanceOf(RejectedExecutionException.class);
        work.close();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
