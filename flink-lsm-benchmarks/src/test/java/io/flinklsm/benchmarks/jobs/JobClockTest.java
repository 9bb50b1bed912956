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
package io.flinklsm.benchmarks.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class JobClockTest {

    @AfterEach
    void forget() {
        JobClock.reset(0);
    }

    @Test
    void readsWhileThreadsStartAndEnd() throws InterruptedException {
        JobClock.start();
        AtomicBoolean stop = new AtomicBoolean();
        Thread starter =
                new Thread(
                        () -> {
                            while (!stop.get()) {
                                new Thread(() -> {}).start();
                            }
                        });
        starter.start();
        try {
            assertThatCode(
                            () -> {
                                for (int i = 0; i < 2_000; i++) {
                                    JobClock.sinceStart();
                                }
                            })
                    .doesNotThrowAnyException();
        } finally {
            stop.set(true);
            starter.join();
        }
        assertThat(JobClock.sinceStart().cpuNanos()).isPositive();
    }
}
