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
package io.flinklsm.core.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.errors.StoreFailedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class UpkeepTest {

    private final Upkeep upkeep = new Upkeep();
    private final StoreLock lock = upkeep.lock();

    @Test
    void firstFailureStopsTheStore() throws Exception {
        upkeep.checkOpen();

        upkeep.fail(new IllegalStateException("first"));
        upkeep.fail(new IllegalStateException("second"));

        assertThat(upkeep.hasFailed()).isTrue();
        assertThatThrownBy(upkeep::checkHealthy)
                .isInstanceOf(StoreFailedException.class)
                .hasMessageContaining("first")
                .hasRootCauseMessage("first");
    }

    @Test
    void closedStoreSaysSoAndDoesNotFailLater() throws Exception {
        upkeep.stop();
        upkeep.fail(new IllegalStateException("late"));

        upkeep.checkHealthy();
        assertThatThrownBy(upkeep::checkOpen)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("[store] is closed; open another");
    }

    @Test
    void taskThatNoThreadTakesFailsTheStore() {
        lock.lock();
        try {
            boolean begun =
                    upkeep.begin(
                            task -> {
                                throw new RejectedExecutionException("no thread");
                            },
                            () -> {});

            assertThat(begun).isFalse();
        } finally {
            lock.unlock();
        }
        assertThat(upkeep.hasFailed()).isTrue();
        // It does not wait for the task that never runs.
        upkeep.stop();
    }

    @Test
    void stopWaitsForTheTasksThatRun() throws Exception {
        List<Runnable> tasks = new ArrayList<>();
        AtomicBoolean ended = new AtomicBoolean();
        CountDownLatch stopped = new CountDownLatch(1);
        lock.lock();
        try {
            assertThat(upkeep.begin(tasks::add, () -> end(ended))).isTrue();
        } finally {
            lock.unlock();
        }
        Thread stopping =
                new Thread(
                        () -> {
                            upkeep.stop();
                            assertThat(ended).isTrue();
                            stopped.countDown();
                        });
        stopping.start();
        while (stopping.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        assertThat(stopped.getCount()).isEqualTo(1);

        tasks.get(0).run();

        stopped.await();
        stopping.join();
    }

    private void end(AtomicBoolean ended) {
        lock.lock();
        try {
            ended.set(true);
            upkeep.end();
        } finally {
            lock.unlock();
        }
    }

    @Test
    void pathsThatAreNotConnectedAreNamed() {
        lock.lock();
        try {
            assertThatThrownBy(upkeep::scheduleDeletion)
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("the paths of the store are not connected");
        } finally {
            lock.unlock();
        }
    }
}
