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

import io.flinklsm.core.check.Clock;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.FrozenMemtable;
import io.flinklsm.core.memtable.Memtable;
import io.flinklsm.core.merge.CollapsingCursor;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.merge.TombstoneRule;
import io.flinklsm.core.sstable.SstableIdentity;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.sstable.SstableWriter;
import io.flinklsm.core.storage.FileName;
import io.flinklsm.core.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A plan becomes one level-0 SSTable, or none if nothing is left of its entries. A failure leaves
 * no file and no change: the job can be run again.
 */
public final class FlushJob {

    private FlushJob() {}

    /**
     * Runs on the calling thread.
     *
     * @return the new SSTable's meta, or an empty list
     */
    public static List<SstableMeta> run(
            FlushPlan plan,
            String treeName,
            @Nullable MergeOperator operator,
            Storage storage,
            SstableOptions options,
            MemoryBudget budget,
            Clock clock,
            RandomGenerator random)
            throws IOException {
        List<EntryCursor> newestFirst = new ArrayList<>();
        long minWriteTimeMillis = Long.MAX_VALUE;
        long maxWriteTimeMillis = Long.MIN_VALUE;
        for (FrozenMemtable frozen : plan.oldestFirst()) {
            Memtable memtable = frozen.memtable();
            newestFirst.add(0, memtable.cursor(KeyRange.ALL));
            minWriteTimeMillis = Math.min(minWriteTimeMillis, memtable.minWriteTimeMillis());
            maxWriteTimeMillis = Math.max(maxWriteTimeMillis, memtable.maxWriteTimeMillis());
        }
        long nowMillis = clock.currentTimeMillis();
        try (EntryCursor entries =
                CollapsingCursor.compacting(
                        newestFirst,
                        operator,
                        null,
                        TombstoneRule.of(
                                plan.nothingOlder() ? List.of() : List.of(KeyRange.ALL)))) {
            if (!entries.next()) {
                return List.of();
            }
            SstableIdentity identity =
                    new SstableIdentity(
                            FileName.create(treeName, 0, plan.generation(), nowMillis, random)
                                    .format(),
                            treeName,
                            0,
                            plan.generation(),
                            nowMillis,
                            minWriteTimeMillis,
                            maxWriteTimeMillis);
            try (SstableWriter writer = new SstableWriter(storage, identity, options, budget)) {
                do {
                    writer.add(entries.key(), entries.kind(), entries.value());
                } while (entries.next());
                return List.of(writer.finish());
            }
        }
    }
}
