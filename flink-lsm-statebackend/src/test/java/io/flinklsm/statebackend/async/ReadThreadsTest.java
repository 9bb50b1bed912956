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

import io.flinklsm.statebackend.testing.EngineThreads;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ReadThreadsTest {

    private final EngineThreads engineThreads = new EngineThreads();

    @Test
    void threadsBeginWithTheFirstJobsAndEndWithoutOne() throws Exception {
        try (ReadThreads threads = new ReadThreads("owner", 2, 1)) {
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

            // They are waited for, and the pool is open all the while.
            assertThat(engineThreads.left()).isEmpty();
            CountDownLatch again = new CountDownLatch(1);
            threads.execute(again::countDown);
            again.await();
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
