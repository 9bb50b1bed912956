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

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each writer has a part that is its own; there are as many writers as budgets. */
@Timeout(60)
final class WriterBudgetsTest {

    private final MemoryBudget pool = MemoryBudget.root("slot", 10_000);
    private final WriterBudgets budgets = new WriterBudgets(pool, 5000, 3);

    @AfterEach
    void close() {
        budgets.close();
        pool.close();
    }

    @Test
    void reserveIsSharedOutEvenly() {
        assertThat(budgets.bytesEach()).isEqualTo(1000);
    }

    @Test
    void writerHasItsPartWhateverOthersTake() throws Exception {
        assertThat(pool.tryReserve(5000)).isTrue();
        assertThat(pool.tryReserve(1)).as("the rest is set aside").isFalse();
        MemoryBudget flush = budgets.beginFlush();

        assertThat(flush.tryReserve(1000)).isTrue();
        assertThat(flush.tryReserve(1)).isFalse();

        flush.unreserve(1000);
        budgets.endFlush(flush);
        pool.unreserve(5000);
    }

    @Test
    void writerMayTakeFreeMemoryBeyondItsPart() throws Exception {
        MemoryBudget compaction = budgets.beginCompaction();

        assertThat(compaction.tryReserve(6000)).isTrue();
        assertThat(compaction.tryReserve(1)).as("others keep their parts").isFalse();

        compaction.unreserve(6000);
        budgets.endCompaction(compaction);
    }

    @Test
    void thirdFlushWaitsForOneOfTheOthers() throws Exception {
        MemoryBudget first = budgets.beginFlush();
        MemoryBudget second = budgets.beginFlush();
        assertThat(second).isNotSameAs(first);
        FutureTask<MemoryBudget> third = new FutureTask<>(budgets::beginFlush);
        Thread thread = new Thread(third);
        thread.start();
        awaitWaiting(thread);
        assertThat(third.isDone()).isFalse();

        budgets.endFlush(first);

        assertThat(third.get(60, TimeUnit.SECONDS)).isSameAs(first);
        budgets.endFlush(first);
        budgets.endFlush(second);
        thread.join();
    }

    @Test
    void compactionsDoNotTakeWhatIsForFlushes() throws Exception {
        MemoryBudget[] compactions = new MemoryBudget[3];
        for (int i = 0; i < compactions.length; i++) {
            compactions[i] = budgets.beginCompaction();
        }

        MemoryBudget flush = budgets.beginFlush();

        assertThat(compactions).doesNotContain(flush);
        budgets.endFlush(flush);
        for (MemoryBudget compaction : compactions) {
            budgets.endCompaction(compaction);
        }
    }

    @Test
    void writerThatIsInterruptedWhileItWaitsIsToldSo() throws Exception {
        MemoryBudget first = budgets.beginFlush();
        MemoryBudget second = budgets.beginFlush();
        Thread.currentThread().interrupt();

        assertThatThrownBy(budgets::beginFlush)
                .isInstanceOf(InterruptedIOException.class)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("waiting for another writer");
        assertThat(Thread.interrupted()).isTrue();

        budgets.endFlush(first);
        budgets.endFlush(second);
    }

    @Test
    void whatIsGivenBackTwiceOrInUseOrForeignIsOurFault() throws Exception {
        MemoryBudget flush = budgets.beginFlush();
        assertThat(flush.tryReserve(1)).isTrue();
        assertThatThrownBy(() -> budgets.endFlush(flush))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("keeps memory: usedBytes=1");
        flush.unreserve(1);
        budgets.endFlush(flush);
        assertThatThrownBy(() -> budgets.endFlush(flush))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("twice");
        assertThatThrownBy(() -> budgets.endFlush(pool))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("was not given");
        MemoryBudget compaction = budgets.beginCompaction();
        budgets.endCompaction(compaction);
        assertThatThrownBy(() -> budgets.endCompaction(compaction))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("twice");
    }

    @Test
    void noThreadAndNegativeMemoryAreRefused() {
        assertThatThrownBy(() -> new WriterBudgets(pool, 100, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("compactionThreads=0");
        assertThatThrownBy(() -> new WriterBudgets(pool, -1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("reservedBytes=-1");
    }

    @Test
    void closedBudgetsGiveTheirReserveBackToThePool() {
        budgets.close();

        assertThat(pool.tryReserve(10_000)).isTrue();
        pool.unreserve(10_000);
    }

    private static void awaitWaiting(Thread thread) {
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
    }
}
