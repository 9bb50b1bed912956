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
package io.flinklsm.core.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SharedThreadsTest {

    @Test
    void lanesAreServedInTurn() throws Exception {
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        try (SharedThreads threads = new SharedThreads("turns", 1);
                SharedThreads.Lane gate = threads.lane(1);
                SharedThreads.Lane one = threads.lane(1);
                SharedThreads.Lane another = threads.lane(2)) {
            CountDownLatch goOn = new CountDownLatch(1);
            gate.execute(() -> await(goOn));
            for (int i = 0; i < 4; i++) {
                one.execute(() -> order.add("one"));
            }
            another.execute(() -> order.add("another"));
            another.execute(() -> order.add("another"));
            goOn.countDown();
        }

        assertThat(order).containsExactly("one", "another", "one", "another", "one", "one");
    }

    @Test
    void laneTakesNoMoreThreadsThanItMay() throws Exception {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch both = new CountDownLatch(2);
        try (SharedThreads threads = new SharedThreads("most", 4);
                SharedThreads.Lane lane = threads.lane(2)) {
            for (int i = 0; i < 100; i++) {
                lane.execute(
                        () -> {
                            most.accumulateAndGet(running.incrementAndGet(), Math::max);
                            both.countDown();
                            await(both);
                            running.decrementAndGet();
                        });
            }
        }

        assertThat(most).hasValue(2);
    }

    @Test
    void manyLanesFedByManyThreadsLoseNoTask() throws Exception {
        AtomicInteger ran = new AtomicInteger();
        try (SharedThreads threads = new SharedThreads("many", 3)) {
            List<Thread> feeders = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int most = 1 + i % 2;
                Thread feeder =
                        new Thread(
                                () -> {
                                    for (int round = 0; round < 200; round++) {
                                        try (SharedThreads.Lane lane = threads.lane(most)) {
                                            for (int task = 0; task < 5; task++) {
                                                lane.execute(ran::incrementAndGet);
                                            }
                                        }
                                    }
                                });
                feeder.start();
                feeders.add(feeder);
            }
            for (Thread feeder : feeders) {
                feeder.join();
            }
        }

        assertThat(ran).hasValue(4 * 200 * 5);
    }

    @Test
    void threadsEndWhenTheyHaveNothingToDoAndBeginAgain() throws Exception {
        Set<Thread> seen = ConcurrentHashMap.newKeySet();
        try (SharedThreads threads = new SharedThreads("idle", 1, 1);
                SharedThreads.Lane lane = threads.lane(1)) {
            for (int i = 0; i < 2; i++) {
                lane.execute(() -> seen.add(Thread.currentThread()));
                while (seen.size() <= i) {
                    Thread.onSpinWait();
                }
                for (Thread each : seen) {
                    each.join();
                }
            }
        }

        assertThat(seen).hasSize(2);
    }

    @Test
    void threadHoldsNoClassOfWhatHadItStarted() throws Exception {
        try (SharedThreads threads = new SharedThreads("loader", 1, 3_600);
                SharedThreads.Lane lane = threads.lane(1)) {
            WeakReference<ClassLoader> ofUser = startedByAUser(lane);

            awaitCollected(ofUser);

            // The same thread: it has outlived the loader.
            CountDownLatch done = new CountDownLatch(1);
            Set<String> names = ConcurrentHashMap.newKeySet();
            lane.execute(
                    () -> {
                        names.add(Thread.currentThread().getName());
                        done.countDown();
                    });
            done.await();
            assertThat(names).containsExactly("loader-1");
        }
    }

    /** A class of a loader of its own, as a user's function is. */
    public static final class Caller {

        private Caller() {}

        public static void call(Executor executor, Runnable task) {
            executor.execute(task);
        }
    }

    private static WeakReference<ClassLoader> startedByAUser(Executor executor) throws Exception {
        String name = Caller.class.getName();
        byte[] code;
        try (InputStream in =
                Objects.requireNonNull(
                        SharedThreadsTest.class.getResourceAsStream(
                                "SharedThreadsTest$Caller.class"))) {
            code = in.readAllBytes();
        }
        ClassLoader loader =
                new ClassLoader(null) {
                    @Override
                    protected Class<?> findClass(String wanted) {
                        ProtectionDomain own = new ProtectionDomain(null, null, this, null);
                        return defineClass(wanted, code, 0, code.length, own);
                    }
                };
        CountDownLatch done = new CountDownLatch(1);
        Runnable task = done::countDown;
        loader.loadClass(name)
                .getMethod("call", Executor.class, Runnable.class)
                .invoke(null, executor, task);
        done.await();
        return new WeakReference<>(loader);
    }

    @Test
    void closedLaneTakesNothingAndItsNeighbourGoesOn() throws Exception {
        try (SharedThreads threads = new SharedThreads("closed", 1);
                SharedThreads.Lane neighbour = threads.lane(1)) {
            SharedThreads.Lane lane = threads.lane(1);
            lane.close();

            assertThatThrownBy(() -> lane.execute(() -> {}))
                    .isInstanceOf(RejectedExecutionException.class);
            CountDownLatch done = new CountDownLatch(1);
            neighbour.execute(done::countDown);
            done.await();
        }
    }

    @Test
    void closedThreadsRefuseATaskAndForgetIt() {
        SharedThreads threads = new SharedThreads("ended", 1);
        SharedThreads.Lane lane = threads.lane(1);
        threads.close();

        assertThatThrownBy(() -> lane.execute(() -> {}))
                .isInstanceOf(RejectedExecutionException.class);
        // It would wait for the task.
        lane.close();
        assertThat(lane.completed()).isZero();
    }

    @Test
    void threadsMayBeClosedByOneOfThem() throws Exception {
        SharedThreads threads = new SharedThreads("own", 2);
        SharedThreads.Lane lane = threads.lane(2);
        CompletableFuture<Thread> closed = new CompletableFuture<>();
        lane.execute(
                () -> {
                    threads.close();
                    closed.complete(Thread.currentThread());
                });

        closed.get().join();
        assertThatThrownBy(() -> lane.execute(() -> {}))
                .isInstanceOf(RejectedExecutionException.class);
        threads.close();
    }

    @Test
    void workNeedsAThread() {
        assertThatThrownBy(() -> new SharedThreads("none", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("count=0");
        try (SharedThreads threads = new SharedThreads("one", 1)) {
            assertThatThrownBy(() -> threads.lane(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("most=0");
        }
    }

    private static void awaitCollected(WeakReference<?> held) {
        while (held.get() != null) {
            assertThat(Thread.currentThread().isInterrupted()).as("still held").isFalse();
            System.gc();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
