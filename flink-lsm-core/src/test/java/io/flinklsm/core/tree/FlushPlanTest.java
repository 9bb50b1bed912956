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

import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.EntryTier;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.memtable.TierMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FlushPlanTest {

    private final MemoryBudget budget = MemoryBudget.root("test", 64 << 20);
    private final TierMemory memory = new TierMemory(budget, budget.limitBytes());
    private final EntryTier tier = new EntryTier(memory, 0, null, true, 0);
    private final List<FrozenGeneration> queue = new ArrayList<>();

    @AfterEach
    void close() {
        tier.close();
        budget.close();
    }

    @Test
    void emptyQueueHasNoPlan() {
        assertThat(FlushPlan.of(queue, true, 1)).isNull();
    }

    @Test
    void smallGenerationsAreFlushedTogether() {
        add(0);
        add(0);

        assertThat(plan(Long.MAX_VALUE)).isEqualTo(queue);
    }

    @Test
    void aGenerationThatIsFullIsFlushedAlone() {
        long bytes = add(0).generation().usedBytes();
        add(0);
        add(0);

        assertThat(plan(bytes)).isEqualTo(queue.subList(0, 1));
        assertThat(plan(bytes + 1)).isEqualTo(queue.subList(0, 2));
    }

    @Test
    void noPlanCrossesTheBarrierOfACheckpoint() {
        add(0);
        add(0);
        add(1);

        assertThat(plan(Long.MAX_VALUE)).isEqualTo(queue.subList(0, 2));
    }

    @Test
    void aPlanIsOfOneSideOfACheckpointAndOldestFirst() {
        FrozenGeneration older = add(0);
        FrozenGeneration newer = add(0);
        FrozenGeneration behind = add(1);

        assertThatThrownBy(() -> new FlushPlan(List.of(newer, older), true))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("do not stand oldest first");
        assertThatThrownBy(() -> new FlushPlan(List.of(newer, behind), true))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("both sides of a checkpoint: older=0, newer=1");
    }

    private List<FrozenGeneration> plan(long maxBytes) {
        return Objects.requireNonNull(FlushPlan.of(queue, true, maxBytes)).oldestFirst();
    }

    private FrozenGeneration add(long barrier) {
        byte[] bytes = {1, 2, 3, (byte) queue.size()};
        assertThat(tier.put(new KeyBuffer().set(bytes, 0, 4), bytes, 0, 4)).isTrue();
        long next = queue.size() + 1L;
        FrozenGeneration frozen =
                new FrozenGeneration(Objects.requireNonNull(tier.freeze(next, 0)), barrier);
        queue.add(frozen);
        return frozen;
    }
}
