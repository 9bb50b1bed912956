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
package io.flinklsm.core.memtable;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What memory a frozen generation is sorted with when none is free. */
class GenerationSortTest {

    private static final int ENTRIES = 5_000;

    private final MemoryBudget budget = MemoryBudget.root("test", 2 << 20);
    private final Segments segments = new Segments(budget);
    private final Generation generation =
            new Generation(segments, false, 1, Generation.Condition.OPEN, 0);
    private final List<Long> asked = new ArrayList<>();

    @Test
    void aFlushAsksCleanEntriesForItAndAScanDoesNot() throws IOException {
        fill();
        MemoryBlock rest = budget.tryAllocate((int) (budget.limitBytes() - budget.usedBytes()));
        budget.setSpare(
                bytes -> {
                    asked.add(bytes);
                    if (asked.size() > 1) {
                        return 0;
                    }
                    rest.release();
                    return rest.sizeBytes();
                });

        assertAscending();
        assertThat(asked).as("by a scan").isEmpty();

        generation.becomeClean();
        generation.sort();
        assertThat(asked).as("by a flush").containsExactly(RecordSorter.windowBytes(ENTRIES));
        assertThat(budget.usedBytes()).as("given back").isLessThan(budget.limitBytes() / 2);
        assertAscending();

        segments.all().forEach(segments::release);
        budget.close();
    }

    @Test
    void aFlushSortsWithoutItWhereNothingCanBeSpared() throws IOException {
        fill();
        MemoryBlock rest = budget.tryAllocate((int) (budget.limitBytes() - budget.usedBytes()));
        budget.setSpare(
                bytes -> {
                    asked.add(bytes);
                    return 0;
                });

        generation.sort();

        assertThat(asked).hasSize(1);
        assertAscending();
        rest.release();
        generation.becomeClean();
        segments.all().forEach(segments::release);
        budget.close();
    }

    private void fill() {
        for (int i = 0; i < ENTRIES; i++) {
            byte[] key = ByteBuffer.allocate(8).putLong(i * 7919L % ENTRIES).array();
            int sizeBytes = (int) Records.sizeBytes(Records.PUT, key.length, 0);
            assertThat(generation.reserveOrder()).isTrue();
            generation.addEntry();
            generation.addRecord();
            int ref = segments.allocate(generation, sizeBytes);
            Records.init(segments.address(ref), sizeBytes, key, key.length, 0, Records.PUT, 0);
        }
        generation.freeze(0);
    }

    private void assertAscending() throws IOException {
        int count = 0;
        try (EntryCursor cursor = generation.cursor(KeyRange.ALL)) {
            while (cursor.next()) {
                assertThat(ByteBuffer.wrap(cursor.key().toBytes()).getLong()).isEqualTo(count++);
            }
        }
        assertThat(count).isEqualTo(ENTRIES);
    }
}
