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
package io.flinklsm.core.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.testing.ManualClock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the memory of a slot is shared out, and who is asked for it. */
final class SlotTest {

    /** A store that notes what it is asked for. */
    private static final class Asked implements Neighbour {

        final List<Long> asked = new ArrayList<>();

        @Override
        public void requestFlush(long fromBytes) {
            asked.add(fromBytes);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {2 << 20, 8 << 20, 64 << 20, 1L << 30, 20L << 30})
    void partsOfASlotFitIntoItWhateverItsSize(long memoryBytes) {
        Slot slot = new Slot("slot", memoryBytes, 2, new ManualClock());

        long writers = 4 * slot.writerBudgets().bytesEach();
        long shared = memoryBytes - writers;
        assertThat(writers).isPositive().isLessThanOrEqualTo(memoryBytes / 4);
        assertThat(slot.tierBudget().limitBytes()).isLessThan(shared + 4);
        assertThat(slot.cacheBudget().limitBytes()).isLessThanOrEqualTo(shared + 4);
        assertThat(slot.memtableShareBytes())
                .isPositive()
                .isLessThanOrEqualTo(slot.tierBudget().limitBytes());
        slot.close();
    }

    @Test
    void shareSaysHowMuchEntriesWithoutAnSstableMayTake() {
        for (double share : new double[] {0.1, 0.5, 0.9}) {
            Slot slot = slot(100 << 20, share);
            long shared = (100 << 20) - (8 << 20);

            assertThat(slot.tierMemory().dirtyLimitBytes()).isEqualTo((long) (shared * share));
            slot.close();
        }
        for (double share : new double[] {0, -1, 0.95, Double.NaN}) {
            assertThatThrownBy(() -> slot(100 << 20, share))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("unflushedShare=" + share);
        }
    }

    @Test
    void tiersLeaveAPartToTheCache() {
        Slot slot = new Slot("slot", 32 << 20, 1, new ManualClock());
        long tierBytes = slot.tierBudget().limitBytes();

        assertThat(slot.tierBudget().tryReserveFree(tierBytes)).isTrue();
        assertThat(slot.tierBudget().tryReserveFree(1)).isFalse();

        assertThat(slot.cacheBudget().tryReserveFree(1 << 20)).isTrue();
        slot.cacheBudget().unreserve(1 << 20);
        slot.tierBudget().unreserve(tierBytes);
        slot.close();
    }

    @Test
    void whatWritersHaveForThemselvesNobodyElseGets() throws Exception {
        Slot slot = new Slot("slot", 32 << 20, 1, new ManualClock());
        long taken = takeAll(slot.memory());

        MemoryBudget flush = slot.writerBudgets().beginFlush();
        assertThat(flush.tryReserve(slot.writerBudgets().bytesEach())).isTrue();

        flush.unreserve(slot.writerBudgets().bytesEach());
        slot.writerBudgets().endFlush(flush);
        slot.memory().unreserve(taken);
        slot.close();
    }

    @Test
    void storesHaveEqualSharesOfWhatMayBeDirty() {
        Slot slot = new Slot("slot", 32 << 20, 1, new ManualClock());
        long alone = slot.memtableShareBytes();
        Asked first = new Asked();
        Asked second = new Asked();

        slot.register(first);
        assertThat(slot.memtableShareBytes()).isEqualTo(alone);
        slot.register(second);
        assertThat(slot.memtableShareBytes()).isEqualTo(alone / 2);
        slot.unregister(first);
        assertThat(slot.memtableShareBytes()).isEqualTo(alone);

        slot.unregister(second);
        slot.close();
    }

    @Test
    void othersAreAskedAndTheOneWhoAsksIsNot() {
        Slot slot = new Slot("slot", 32 << 20, 1, new ManualClock());
        Asked asking = new Asked();
        Asked other = new Asked();
        Asked gone = new Asked();
        slot.register(asking);
        slot.register(other);
        slot.register(gone);
        slot.unregister(gone);

        slot.askOthersToFlush(asking, 17);

        assertThat(other.asked).containsExactly(17L);
        assertThat(asking.asked).isEmpty();
        assertThat(gone.asked).isEmpty();
        slot.unregister(asking);
        slot.unregister(other);
        slot.close();
    }

    @Test
    void neighbourMayLeaveWhileItIsAsked() {
        Slot slot = new Slot("slot", 32 << 20, 1, new ManualClock());
        Asked asking = new Asked();
        Asked last = new Asked();
        Neighbour leaving =
                new Neighbour() {
                    @Override
                    public void requestFlush(long fromBytes) {
                        slot.unregister(this);
                    }
                };
        slot.register(asking);
        slot.register(leaving);
        slot.register(last);

        slot.askOthersToFlush(asking, 1);

        assertThat(last.asked).containsExactly(1L);
        slot.unregister(asking);
        slot.unregister(last);
        slot.close();
    }

    @Test
    void slotWithAnOpenStoreIsNotClosedAndCanBeLater() {
        Slot slot = new Slot("slot", 32 << 20, 1, new ManualClock());
        Asked store = new Asked();
        slot.register(store);

        assertThatThrownBy(slot::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("stores are still open: count=1");
        slot.unregister(store);
        slot.close();
    }

    @Test
    void memoryThatWasNeverGivenBackIsReportedAndTheRestIsClosed() {
        Slot slot = new Slot("slot", 32 << 20, 1, new ManualClock());
        MemoryBlock leaked = slot.tierBudget().tryAllocate(100);

        assertThatThrownBy(slot::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("usedBytes=100");

        leaked.release();
        slot.tierBudget().close();
        slot.memory().close();
    }

    @Test
    void storeIsRegisteredOnce() {
        Slot slot = new Slot("slot", 32 << 20, 1, new ManualClock());
        Asked store = new Asked();
        slot.register(store);

        assertThatThrownBy(() -> slot.register(store)).isInstanceOf(AssertionError.class);

        slot.unregister(store);
        slot.close();
    }

    @Test
    void slotNeedsMemoryAndAThread() {
        assertThatThrownBy(() -> new Slot("slot", 0, 1, new ManualClock()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("memoryBytes=0");
        assertThatThrownBy(() -> new Slot("slot", 1 << 20, 0, new ManualClock()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("count=0");
    }

    @Test
    void fileNamesOfTwoSlotsAreNotTheSame() {
        Slot first = new Slot("slot", 2 << 20, 1, new ManualClock());
        Slot second = new Slot("slot", 2 << 20, 1, new ManualClock());

        assertThat(first.random().nextLong()).isNotEqualTo(second.random().nextLong());

        first.close();
        second.close();
    }

    private static Slot slot(long memoryBytes, double share) {
        return new Slot(
                "slot", memoryBytes, share, new BackgroundWork("slot", 1), new ManualClock());
    }

    private static long takeAll(MemoryBudget budget) {
        long taken = 0;
        for (long bytes = 1L << 30; bytes > 0; bytes /= 2) {
            while (budget.tryReserveFree(bytes)) {
                taken += bytes;
            }
        }
        return taken;
    }
}
