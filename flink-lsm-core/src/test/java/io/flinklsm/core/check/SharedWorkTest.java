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

import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class SharedWorkTest {

    private static final int ROUNDS = 2000;
    private static final int TASKS = 16;
    private static final int HELPERS = 3;

    @Test
    void tasksAreTakenInOrderAndOnce() {
        SharedWork work = new SharedWork(2);

        assertThat(work.take()).isZero();
        assertThat(work.take()).isEqualTo(1);
        assertThat(work.take()).isEqualTo(-1);
        assertThat(work.end()).isNull();
    }

    @Test
    void addedTaskHasTheNextNumber() {
        SharedWork work = new SharedWork(1);
        work.take();
        assertThat(work.take()).isEqualTo(-1);

        assertThat(work.add()).isTrue();

        assertThat(work.take()).isEqualTo(1);
        assertThat(work.take()).isEqualTo(-1);
        work.fail(new IOException("first"));
        assertThat(work.add()).isFalse();
        assertThat(work.take()).isEqualTo(-1);
        assertThat(work.end()).hasMessage("first");
    }

    @Test
    void nothingIsBegunAfterAFailure() throws IOException {
        SharedWork work = new SharedWork(3);
        work.take();
        IOException first = new IOException("first");
        work.fail(first);
        work.fail(first);
        work.fail(new IllegalStateException("second"));

        assertThat(work.take()).isEqualTo(-1);
        assertThat(work.join()).isFalse();
        assertThat(work.end()).isSameAs(first);
        assertThat(first.getSuppressed()).hasSize(1);
    }

    @Test
    void helperThatComesLateIsNotWaitedFor() {
        SharedWork work = new SharedWork(3);

        assertThat(work.end()).isNull();

        assertThat(work.join()).isFalse();
        assertThat(work.take()).isEqualTo(-1);
    }

    @Test
    void helperLeavesOnceForEachTimeItHasJoined() {
        SharedWork work = new SharedWork(1);
        assertThat(work.join()).isTrue();
        work.leave();

        assertThatThrownBy(work::leave).isInstanceOf(AssertionError.class);
    }

    @Test
    void interruptedOwnerWaitsForItsHelpersAndStaysInterrupted() throws Exception {
        SharedWork work = new SharedWork(1);
        assertThat(work.join()).isTrue();
        AtomicBoolean left = new AtomicBoolean();
        Thread owner = Thread.currentThread();
        Thread helper =
                new Thread(
                        () -> {
                            // Only once the owner waits: the interrupt must meet it there.
                            while (owner.getState() != Thread.State.WAITING) {
                                Thread.onSpinWait();
                            }
                            owner.interrupt();
                            while (owner.isInterrupted()) {
                                Thread.onSpinWait();
                            }
                            left.set(true);
                            work.leave();
                        });
        helper.start();

        work.end();

        assertThat(left).isTrue();
        assertThat(Thread.interrupted()).isTrue();
        helper.join();
    }

    @Test
    void failuresAreThrownAsWhatTheyAre() throws IOException {
        SharedWork.rethrow(null);

        assertThatThrownBy(() -> SharedWork.rethrow(new IOException("disk")))
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("disk");
        assertThatThrownBy(() -> SharedWork.rethrow(new IllegalStateException("bug")))
                .isExactlyInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> SharedWork.rethrow(new AssertionError("bug")))
                .isExactlyInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> SharedWork.rethrow(new InterruptedException("stop")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("stop");
    }

    /** However helpers come and go: each task is done once, and none after the end. */
    @Test
    void ownerAndHelpersRace() throws Exception {
        AtomicBoolean late = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(HELPERS);
        try {
            for (int round = 0; round < ROUNDS; round++) {
                SharedWork work = new SharedWork(TASKS);
                AtomicIntegerArray done = new AtomicIntegerArray(TASKS);
                AtomicBoolean ended = new AtomicBoolean();
                for (int i = 0; i < HELPERS; i++) {
                    threads.execute(
                            () -> {
                                if (work.join()) {
                                    doAll(work, done, ended, late);
                                    work.leave();
                                }
                            });
                }
                doAll(work, done, ended, late);
                assertThat(work.end()).isNull();
                ended.set(true);
                for (int task = 0; task < TASKS; task++) {
                    assertThat(done.get(task)).as("task %s", task).isEqualTo(1);
                }
            }
        } finally {
            threads.shutdown();
            assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(late).as("a task was begun after the end").isFalse();
    }

    private static void doAll(
            SharedWork work, AtomicIntegerArray done, AtomicBoolean ended, AtomicBoolean late) {
        for (int task = work.take(); task >= 0; task = work.take()) {
            if (ended.get()) {
                late.set(true);
            }
            done.incrementAndGet(task);
        }
    }
}
