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
package io.flinklsm.core.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.testing.ManualClock;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Memory for what a user cannot do without: it takes less if it can, and waits if it cannot. */
@Timeout(60)
final class BudgetedMemoryTest {

    private final ManualClock clock = new ManualClock();
    private final MemoryBudget budget = MemoryBudget.root("writers", 1000, clock);
    private final BudgetedMemory memory = new BudgetedMemory(budget, "writer of a.parquet");
    private final List<MemoryBlock> held = new ArrayList<>();

    @AfterEach
    void release() {
        held.forEach(MemoryBlock::release);
        budget.close();
    }

    @Test
    void asMuchAsWasWishedIsGivenIfItIsThere() throws Exception {
        assertThat(hold(memory.allocateUpTo(800, 100)).sizeBytes()).isEqualTo(800);
    }

    @Test
    void sizeIsHalvedUntilItFits() throws Exception {
        hold(memory.allocate(500));

        assertThat(hold(memory.allocateUpTo(800, 100)).sizeBytes()).isEqualTo(400);
        assertThat(hold(memory.allocateUpTo(800, 100)).sizeBytes()).isEqualTo(100);
    }

    @Test
    void sizeNeverFallsBelowTheLeast() throws Exception {
        hold(memory.allocate(690));

        // 700 and 350 do not fit; 175 would be below what is of use.
        assertThat(hold(memory.allocateUpTo(700, 300)).sizeBytes()).isEqualTo(300);
    }

    @Test
    void sizesThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> memory.allocateUpTo(100, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[writer of a.parquet]");
        assertThatThrownBy(() -> memory.allocateUpTo(100, 101))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("sizeBytes=100, minBytes=101");
        assertThatThrownBy(() -> memory.allocate(0)).isInstanceOf(IllegalArgumentException.class);
        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void leastIsWaitedForUntilAnotherGivesMemoryBack() throws Exception {
        MemoryBlock other = memory.allocate(1000);
        FutureTask<MemoryBlock> waiting = new FutureTask<>(() -> memory.allocateUpTo(800, 100));
        Thread thread = new Thread(waiting);
        thread.start();
        awaitAsked();
        assertThat(waiting.isDone()).isFalse();

        other.release();

        assertThat(hold(waiting.get(60, TimeUnit.SECONDS)).sizeBytes()).isEqualTo(100);
        thread.join();
    }

    @Test
    void userIsNamedWhenItIsInterruptedAndTheThreadStaysInterrupted() throws Exception {
        hold(memory.allocate(1000));
        boolean[] wasInterrupted = new boolean[1];
        FutureTask<MemoryBlock> waiting =
                new FutureTask<>(
                        () -> {
                            try {
                                return memory.allocate(1);
                            } finally {
                                wasInterrupted[0] = Thread.currentThread().isInterrupted();
                            }
                        });
        Thread thread = new Thread(waiting);
        thread.start();
        awaitAsked();
        thread.interrupt();
        thread.join();

        assertThatThrownBy(waiting::get)
                .hasCauseInstanceOf(InterruptedIOException.class)
                .hasMessageContaining("[writer of a.parquet] interrupted")
                .hasMessageContaining("sizeBytes=1");
        assertThat(wasInterrupted[0]).isTrue();
    }

    @Test
    void waitEndsWithAnErrorThatNamesTheBudget() throws Exception {
        hold(memory.allocate(1000));
        FutureTask<MemoryBlock> waiting = new FutureTask<>(() -> memory.allocate(1));
        Thread thread = new Thread(waiting);
        thread.start();
        awaitAsked();

        clock.advanceMillis(BudgetedMemory.TIMEOUT_MILLIS);
        thread.join();

        assertThatThrownBy(waiting::get)
                .hasCauseInstanceOf(IOException.class)
                .hasMessageContaining("[writers] memory budget is used up: wantedBytes=1");
    }

    @Test
    void questionForRoomTakesNone() throws Exception {
        hold(memory.allocate(400));

        assertThat(memory.hasRoom(600)).isTrue();
        assertThat(memory.hasRoom(601)).isFalse();
        assertThat(memory.hasRoom(0)).isTrue();
        assertThat(budget.usedBytes()).isEqualTo(400);
        assertThatThrownBy(() -> memory.hasRoom(-1)).isInstanceOf(AssertionError.class);
    }

    @Test
    void guaranteedIsTheReserveOrElseTheLimit() {
        assertThat(memory.guaranteedBytes()).isEqualTo(1000);
        try (MemoryBudget child = budget.child("flush", 100, 1000)) {
            assertThat(new BudgetedMemory(child, "flush").guaranteedBytes()).isEqualTo(100);
        }
    }

    private MemoryBlock hold(MemoryBlock block) {
        held.add(block);
        return block;
    }

    /** Until the thread that waits has looked at the clock again. */
    private void awaitAsked() {
        long asked = clock.askedCount();
        while (clock.askedCount() < asked + 2) {
            Thread.onSpinWait();
        }
    }
}
