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
package io.flinklsm.statebackend.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TransfersTest {

    private final ExecutorService pool = Executors.newFixedThreadPool(4);

    @AfterEach
    void stopPool() {
        pool.shutdownNow();
    }

    @Test
    void allAreRunOnceSeveralAtATime() throws Exception {
        CyclicBarrier together = new CyclicBarrier(3);
        List<Integer> ran = Collections.synchronizedList(new ArrayList<>());
        List<Transfers.Transfer> transfers = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            int number = i;
            transfers.add(
                    () -> {
                        meet(together);
                        ran.add(number);
                    });
        }

        Transfers.run(transfers, pool, 3);

        assertThat(ran).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7, 8);
    }

    @Test
    void executorThatRefusesLeavesTheWorkToTheCaller() throws Exception {
        AtomicInteger ran = new AtomicInteger();

        Transfers.run(
                Collections.nCopies(5, ran::incrementAndGet),
                command -> {
                    throw new RejectedExecutionException();
                },
                4);

        assertThat(ran).hasValue(5);
    }

    @Test
    void oneTransferIsRunByTheCallerAndWakesNoThread() throws Exception {
        List<Thread> threads = new ArrayList<>();

        Transfers.run(
                List.of(() -> threads.add(Thread.currentThread())),
                task -> {
                    throw new AssertionError("a thread is woken for one transfer");
                },
                4);

        assertThat(threads).containsExactly(Thread.currentThread());
    }

    @Test
    void helperThatComesTooLateDoesNothing() throws Exception {
        List<Runnable> later = new ArrayList<>();
        AtomicInteger ran = new AtomicInteger();

        Transfers.run(Collections.nCopies(5, ran::incrementAndGet), later::add, 4);
        later.forEach(Runnable::run);

        assertThat(later).hasSize(3);
        assertThat(ran).hasValue(5);
    }

    @Test
    void firstFailureEndsTheRest() {
        AtomicInteger begun = new AtomicInteger();
        List<Transfers.Transfer> transfers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            transfers.add(
                    () -> {
                        if (begun.incrementAndGet() == 3) {
                            throw new IOException("disk full");
                        }
                    });
        }

        assertThatThrownBy(() -> Transfers.run(transfers, pool, 1))
                .isInstanceOf(IOException.class)
                .hasMessage("disk full");
        assertThat(begun).hasValue(3);
    }

    @Test
    void failureIsThrownWhenNoneRunsAnyMore() {
        AtomicInteger running = new AtomicInteger();
        CyclicBarrier together = new CyclicBarrier(3);
        CountDownLatch failed = new CountDownLatch(1);
        List<Transfers.Transfer> transfers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int number = i;
            transfers.add(
                    () -> {
                        running.incrementAndGet();
                        meet(together);
                        if (number == 0) {
                            running.decrementAndGet();
                            failed.countDown();
                            throw new IOException("disk full");
                        }
                        await(failed);
                        running.decrementAndGet();
                    });
        }

        assertThatThrownBy(() -> Transfers.run(transfers, pool, 3))
                .isInstanceOf(IOException.class)
                .hasMessage("disk full");
        assertThat(running).hasValue(0);
    }

    @Test
    void helpersBeginBeforeTheCallerHelps() throws Exception {
        CountDownLatch ran = new CountDownLatch(3);

        Transfers started = Transfers.start(Collections.nCopies(3, ran::countDown), pool, 2);

        assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
        started.finish();
    }

    @Test
    void helperRunsWhatIsAddedBeforeTheCallerHelps() throws Exception {
        Transfers started = Transfers.start(List.of(), pool, 1);
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(1);

        started.add(first::countDown);
        assertThat(first.await(30, TimeUnit.SECONDS)).isTrue();
        started.add(second::countDown);

        assertThat(second.await(30, TimeUnit.SECONDS)).isTrue();
        started.finish();
    }

    @Test
    void callerRunsWhatIsAddedIfNoHelperComes() throws Exception {
        List<Runnable> later = new ArrayList<>();
        AtomicInteger ran = new AtomicInteger();
        Transfers started = Transfers.start(List.of(ran::incrementAndGet), later::add, 2);

        started.add(ran::incrementAndGet);
        started.add(ran::incrementAndGet);

        started.finish();
        assertThat(ran).hasValue(3);
        // No more than were asked for.
        assertThat(later).hasSize(2);
    }

    @Test
    void whatIsAddedAfterAFailureNeverBegins() {
        List<Runnable> helpers = new ArrayList<>();
        AtomicInteger ran = new AtomicInteger();
        Transfers started =
                Transfers.start(
                        List.of(
                                () -> {
                                    throw new IOException("disk full");
                                }),
                        helpers::add,
                        1);
        helpers.get(0).run();

        started.add(ran::incrementAndGet);

        assertThatThrownBy(started::finish).hasMessage("disk full");
        assertThat(ran).hasValue(0);
        assertThat(helpers).hasSize(1);
    }

    @Test
    void stopWaitsForWhatRunsAndBeginsNothingMore() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger ran = new AtomicInteger();
        List<Transfers.Transfer> transfers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            transfers.add(
                    () -> {
                        ran.incrementAndGet();
                        begun.countDown();
                        await(goOn);
                        throw new IOException("stream closed");
                    });
        }
        Transfers started = Transfers.start(transfers, pool, 1);
        begun.await();
        IOException reason = new IOException("the flush failed");

        pool.execute(goOn::countDown);
        started.stop(reason);

        assertThat(ran).hasValue(1);
        assertThat(reason.getSuppressed())
                .singleElement()
                .satisfies(late -> assertThat(late).hasMessage("stream closed"));
    }

    private static void meet(CyclicBarrier barrier) throws IOException {
        try {
            barrier.await(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IOException("the transfers did not run together", e);
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
