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

import io.flinklsm.core.CompactionStyle;
import io.flinklsm.core.StoreFixture;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.EntryTier;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.memtable.Generation;
import io.flinklsm.core.memtable.TierMemory;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.FlushPlan;
import io.flinklsm.core.tree.FlushProgress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class FlushJobTest {

    private static final int ENTRIES = 20;
    private final MemoryBudget pool = MemoryBudget.root("test", 64 << 20);
    private final InMemoryStorage disk = new InMemoryStorage();
    private final HostileStorage storage = new HostileStorage(disk);
    private final TierMemory memory = new TierMemory(pool, pool.limitBytes());
    private final EntryTier tier = new EntryTier(memory, 7, null, true, 0);
    private final List<Generation> frozen = new ArrayList<>();

    @AfterEach
    void close() {
        tier.close();
        pool.close();
    }

    @Test
    void everyEntryIsInOneSstableInKeyOrder() throws Exception {
        fill();

        assertWhole(newJob().run());
        assertThat(disk.list()).hasSize(1);
    }

    /** Whatever call fails: no file is left, and the flush can be repeated. */
    @Test
    void aFailureOfAnyCallLeavesNoFile() throws Exception {
        fill();
        int call = 0;
        boolean failed = true;
        while (failed) {
            storage.failCall(++call);
            try {
                assertWhole(newJob().run());
                failed = false;
            } catch (IOException e) {
                assertThat(e).hasStackTraceContaining(HostileStorage.INJECTED);
                assertThat(disk.list()).isEmpty();
            }
        }
        assertThat(call).as("calls that were failed in turn").isGreaterThan(3);
        assertThat(storage.injectedCount()).isEqualTo(call - 1);
        storage.assertNoOpenHandles();
    }

    private void fill() {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < ENTRIES; i++) {
            numbers.add(i);
        }
        Collections.shuffle(numbers, new Random(1));
        for (int number : numbers) {
            byte[] value = {(byte) number};
            assertThat(tier.put(new KeyBuffer().set(StoreFixture.key(number)), value, 0, 1))
                    .isTrue();
        }
        freeze();
    }

    private void freeze() {
        frozen.add(Objects.requireNonNull(tier.freeze(8, 0)));
    }

    private FlushPlan plan() {
        return new FlushPlan(List.of(new FrozenGeneration(frozen.get(0), 0)), true);
    }

    private FlushJob newJob() {
        return new FlushJob(
                plan(),
                "tree",
                null,
                null,
                new FlushTools(
                        storage,
                        StoreFixture.tinyOptions(CompactionStyle.LEVELED).sstable(),
                        pool,
                        Clock.system(),
                        new Random(),
                        FlushProgress.UNHEARD));
    }

    private static void assertWhole(List<SstableMeta> written) {
        assertThat(written)
                .singleElement()
                .satisfies(
                        sstable -> {
                            assertThat(sstable.entryCount()).isEqualTo(ENTRIES);
                            assertThat(sstable.minKey()).isEqualTo(StoreFixture.key(0));
                            assertThat(sstable.maxKey()).isEqualTo(StoreFixture.key(ENTRIES - 1));
                        });
    }
}
