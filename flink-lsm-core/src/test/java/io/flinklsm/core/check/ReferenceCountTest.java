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

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class ReferenceCountTest {

    private static final int THREADS = 4;
    private static final int ROUNDS = 2000;
    private static final int RETAINS = 20;

    private final ReferenceCount references = new ReferenceCount();

    @Test
    void lastReleaseIsToldOnce() {
        assertThat(references.tryRetain()).isTrue();
        assertThat(references.count()).isEqualTo(2);

        assertThat(references.release("block")).isEqualTo(1);
        assertThat(references.release("block")).isZero();
    }

    @Test
    void whatHasEndedIsNotRetained() {
        references.release("block");

        assertThat(references.tryRetain()).isFalse();
        assertThat(references.count()).isZero();
    }

    @Test
    void releaseTooManyFailsAndChangesNothing() {
        references.release("block 7");

        assertThatThrownBy(() -> references.release("block 7"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("[block 7] was released more often than retained");
        assertThat(references.count()).isZero();
        assertThat(references.tryRetain()).isFalse();
    }

    /** Threads retain and release while the owner lets go: a holder never meets what has ended. */
    @Test
    void holdersAndTheOwnerRace() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            for (int round = 0; round < ROUNDS; round++) {
                race(threads);
            }
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static void race(ExecutorService threads) throws Exception {
        ReferenceCount raced = new ReferenceCount();
        AtomicBoolean ended = new AtomicBoolean();
        AtomicInteger ends = new AtomicInteger();
        CyclicBarrier start = new CyclicBarrier(THREADS);
        List<Future<?>> racing = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            boolean isOwner = i == 0;
            racing.add(
                    threads.submit(
                            () -> {
                                start.await();
                                if (isOwner) {
                                    release(raced, ended, ends);
                                } else {
                                    hold(raced, ended, ends);
                                }
                                return null;
                            }));
        }
        for (Future<?> each : racing) {
            each.get();
        }
        assertThat(ends).hasValue(1);
        assertThat(raced.count()).isZero();
    }

    private static void hold(ReferenceCount raced, AtomicBoolean ended, AtomicInteger ends) {
        for (int i = 0; i < RETAINS && raced.tryRetain(); i++) {
            assertThat(ended).as("the thing, while it is held").isFalse();
            release(raced, ended, ends);
        }
    }

    private static void release(ReferenceCount raced, AtomicBoolean ended, AtomicInteger ends) {
        if (raced.release("the thing") == 0) {
            ended.set(true);
            ends.incrementAndGet();
        }
    }
}
