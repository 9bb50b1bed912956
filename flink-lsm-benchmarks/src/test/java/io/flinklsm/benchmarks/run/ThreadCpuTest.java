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
package io.flinklsm.benchmarks.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.benchmarks.run.ThreadCpu.Kind;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ThreadCpuTest {

    private static final long BURNT_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    @ParameterizedTest
    @CsvSource({
        "java:Join[4] -> Calc[5] -> digest (1/1)#0, TASK",
        "java:Source: bid[1] (12/128)#3, TASK",
        "java:lsm-1a2b-flush-1, FLUSH",
        "java:lsm-1a2b-compaction-2, COMPACTION",
        "native:rocksdb:high0, FLUSH",
        "native:rocksdb:low1, COMPACTION",
        "java:AsyncOperations-thread-1, CHECKPOINT",
        "java:flink-taskexecutor-io-thread-2, CHECKPOINT",
        "native:C2 CompilerThre, COMPILER",
        "native:GC Thread#0, GC",
        "native:G1 Service, GC"
    })
    void aThreadsNameSaysWhatItIsFor(String name, Kind kind) {
        assertThat(Kind.of(name)).isEqualTo(kind);
    }

    @Test
    void otherThreadsAreOfNoKind() {
        assertThat(Kind.of("java:main")).isNull();
        assertThat(Kind.of("native:Join[4] (1/1)#0")).isNull();
        assertThat(Kind.of("java:flush")).isNull();
    }

    @Test
    void aThreadThatHasEndedIsCounted() throws Exception {
        Thread earlier = burner("Earlier[1] (1/1)#0", new CountDownLatch(0), new CountDownLatch(0));
        earlier.join();
        CountDownLatch mayEnd = new CountDownLatch(1);
        try (ThreadCpu cpu = ThreadCpu.start()) {
            CountDownLatch burnt = new CountDownLatch(1);
            Thread thread = burner("Later[1] (1/1)#0", burnt, mayEnd);
            burnt.await();
            cpu.lookNow();
            mayEnd.countDown();
            thread.join();

            Map<Kind, Long> nanos = cpu.nanosByKind();

            assertThat(nanos).containsOnlyKeys(Kind.values());
            assertThat(nanos.get(Kind.TASK)).isBetween(BURNT_NANOS, 3 * BURNT_NANOS);
            assertThat(nanos.get(Kind.FLUSH)).isZero();
        }
    }

    private static Thread burner(String name, CountDownLatch burnt, CountDownLatch mayEnd) {
        Thread thread =
                new Thread(
                        () -> {
                            java.lang.management.ThreadMXBean threads =
                                    java.lang.management.ManagementFactory.getThreadMXBean();
                            long sum = 0;
                            while (threads.getCurrentThreadCpuTime() < BURNT_NANOS) {
                                sum += System.nanoTime();
                            }
                            assertThat(sum).isNotZero();
                            burnt.countDown();
                            try {
                                mayEnd.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        name);
        thread.start();
        return thread;
    }
}
