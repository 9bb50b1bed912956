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
package io.flinklsm.core.merge;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.bytes.Utf8;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.memory.BudgetedMemory;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memory.WriterBudgets;
import io.flinklsm.core.slot.Slot;
import io.flinklsm.core.testing.ListCursor;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Memory, its blocks and the folding of entries refuse what nothing asks for. */
final class StatedChecksTest {

    private final MemoryBudget budget = MemoryBudget.root("test", 1 << 20);

    @AfterEach
    void close() {
        budget.close();
    }

    @Test
    void bytesOutsideTheirArrayAreRefused() {
        byte[] bytes = {1, 2, 3};

        assertThatThrownBy(() -> OwnedSlice.copyOf(bytes, 2, 2))
                .isInstanceOf(IndexOutOfBoundsException.class);
        refused("nothing is joined", () -> LargeValue.joined(List.of(), (byte) 44));
        ourFault("from=2, byteCount=2", () -> Utf8.isValid(bytes, 2, 2));
        ourFault("byteCount=-1", () -> new ValueBuffer().appendZeros(-1));
        ourFault("byteCount=-1", () -> new ValueBuffer().appendAddress(0, -1));
        ourFault("keptBytesMax=-1", () -> new ValueBuffer().clearAbove(-1));
        ourFault(
                "length=-1",
                () ->
                        RawMemory.copy(
                                bytes,
                                RawMemory.BYTE_ARRAY_OFFSET,
                                bytes,
                                RawMemory.BYTE_ARRAY_OFFSET,
                                -1));
    }

    @Test
    void memoryThatIsNoneIsRefused() {
        refused("sizeBytes=0", () -> budget.tryAllocateFree(0));
        refused("timeoutMillis=-1", () -> budget.allocate(1, -1));
        refused(
                "sizeBytes=1, minBytes=2",
                () -> new BudgetedMemory(budget, "test").allocateUpTo(1, 2));
        refused("compactionThreads=0", () -> new WriterBudgets(budget, 1, 0));
        refused("count=0", () -> new Slot("s", 1 << 20, 0, Clock.system()));
    }

    @Test
    void aWriterGivesItsMemoryBackOnce() throws Exception {
        try (WriterBudgets budgets = new WriterBudgets(budget, 0, 1)) {
            MemoryBudget flush = budgets.beginFlush();
            budgets.endFlush(flush);

            ourFault("gives its memory back twice: free=2", () -> budgets.endFlush(flush));
        }
    }

    @Test
    void aFileHasTheBlocksItWasOpenedFor() {
        try (BlockCache cache = new BlockCache(budget)) {
            refused("blockCount=-1", () -> cache.open(-1));
            ourFault("bytes=-1", () -> cache.reclaim(-1));
        }
    }

    @Test
    void aKeyHasTheEntriesThatStandThere() throws Exception {
        try (MergingCursor cursor = new MergingCursor(List.of(ListCursor.of("a=1")))) {
            cursor.nextKey();

            ourFault("index=1, entries=1", () -> cursor.kind(1));
            ourFault("index=-1, entries=1", () -> cursor.value(-1));
        }
        ourFault("nothing was folded", new OperandFolder()::finish);
    }

    private static void refused(String why, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    private static void ourFault(String why, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(AssertionError.class).hasMessageContaining(why);
    }
}
