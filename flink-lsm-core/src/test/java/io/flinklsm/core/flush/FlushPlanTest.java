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
package io.flinklsm.core.flush;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.FrozenMemtable;
import io.flinklsm.core.memtable.Memtable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FlushPlanTest {

    private final MemoryBudget budget = MemoryBudget.root("test", 64 << 20);
    private final List<FrozenMemtable> queue = new ArrayList<>();

    @AfterEach
    void close() {
        queue.forEach(frozen -> frozen.memtable().release());
        budget.close();
    }

    @Test
    void emptyQueueHasNoPlan() {
        assertThat(FlushPlan.of(queue, true, 1)).isNull();
    }

    @Test
    void smallMemtablesAreFlushedTogether() {
        add(0);
        add(0);

        assertThat(plan(Long.MAX_VALUE)).isEqualTo(queue);
    }

    @Test
    void memtableThatIsFullIsFlushedAlone() {
        long bytes = add(0).memtable().usedBytes();
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

    private List<FrozenMemtable> plan(long maxBytes) {
        return Objects.requireNonNull(FlushPlan.of(queue, true, maxBytes)).oldestFirst();
    }

    private FrozenMemtable add(long barrier) {
        Memtable memtable = new Memtable(queue.size(), budget, null, 0);
        byte[] bytes = {1, 2, 3, (byte) queue.size()};
        assertThat(memtable.put(new KeyBuffer().set(bytes, 0, 4), bytes, 0, 4)).isTrue();
        memtable.freeze(0);
        FrozenMemtable frozen = new FrozenMemtable(memtable, barrier);
        queue.add(frozen);
        return frozen;
    }
}
