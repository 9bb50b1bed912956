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
package io.flinklsm.core.compaction;

import io.flinklsm.core.check.Clock;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.sstable.SstableWriters;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.version.ObsoleteFiles;
import java.util.random.RandomGenerator;

/**
 * What the compactions of a store work with.
 *
 * @param targetFileBytes outputs are split at about this size
 * @param budget pays for what the writers buffer
 * @param random gives new files their unique names
 * @param obsoleteFiles gets outputs of failed jobs that could not be deleted at once
 * @param pace lets a job rest between its entries
 */
public record CompactionTools(
        Storage storage,
        SstableOptions sstable,
        long targetFileBytes,
        MemoryBudget budget,
        Clock clock,
        RandomGenerator random,
        ObsoleteFiles obsoleteFiles,
        CompactionPace pace) {
    public CompactionTools {
        if (targetFileBytes < 1) {
            throw new IllegalArgumentException(
                    "an output has room: targetFileBytes=" + targetFileBytes);
        }
    }

    /** For the writers of one job. */
    SstableWriters newWriters() {
        return new SstableWriters(storage, sstable, budget, clock::currentTimeMillis, random);
    }
}
