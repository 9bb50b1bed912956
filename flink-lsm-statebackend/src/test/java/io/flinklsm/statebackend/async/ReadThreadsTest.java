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
package io.flinklsm.statebackend.async;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.statebackend.memory.TaskManagerThreads;
import io.flinklsm.statebackend.memory.ThreadRequest;
import io.flinklsm.statebackend.testing.EngineThreads;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.runtime.memory.SharedResources;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ReadThreadsTest {

    private final EngineThreads engineThreads = new EngineThreads();

    @Test
    void backendReadsWithAsManyThreadsAsItMayAndTheTaskManagerHas() throws Exception {
        try (TaskManagerThreads.Lease lease =
                TaskManagerThreads.lease(new SharedResources(), new ThreadRequest(1, 1, 3))) {
            assertThat(new ReadThreads(lease.threads(), 2).count()).isEqualTo(2);
            ReadThreads all = new ReadThreads(lease.threads(), 32);
            assertThat(all.count()).isEqualTo(3);
            assertThat(all.atHandCount()).isBetween(1, 3);
        }
    }

    @Test
    void threadsBeginWithTheFirstJobs() throws Exception {
        try (TaskManagerThreads.Lease lease =
                        TaskManagerThreads.lease(
                                new SharedResources(), new ThreadRequest(1, 1, 8));
                ReadThreads threads = new ReadThreads(lease.threads(), 2)) {
            assertThat(engineThreads.left()).isEmpty();

            // Two jobs that wait for each other need two threads.
            CountDownLatch both = new CountDownLatch(2);
            CountDownLatch done = new CountDownLatch(2);
            for (int i = 0; i < 2; i++) {
                threads.execute(
                        () -> {
                            both.countDown();
                            awaitUninterrupted(both);
                            done.countDown();
                        });
            }
            done.await();
        }

        assertThat(engineThreads.left()).isEmpty();
    }

    @Test
    void closedOnesDoWhatIsInTheQueueAndTakeNoMore() throws Exception {
        try (TaskManagerThreads.Lease lease =
                TaskManagerThreads.lease(new SharedResources(), new ThreadRequest(1, 1, 1))) {
            ReadThreads threads = new ReadThreads(lease.threads(), 1);
            CountDownLatch closed = new CountDownLatch(1);
            CountDownLatch done = new CountDownLatch(2);
            for (int i = 0; i < 2; i++) {
                threads.execute(
                        () -> {
                            awaitUninterrupted(closed);
                            done.countDown();
                        });
            }
            threads.close();
            closed.countDown();

            done.await();
            assertThatThrownBy(() -> threads.execute(() -> {}))
                    .isInstanceOf(RejectedExecutionException.class);
        }
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
