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
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.sstable.SstableWriters;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.tree.FlushProgress;
import java.util.random.RandomGenerator;

/**
 * What a flush works with.
 *
 * @param budget pays for what the writer buffers
 * @param random gives new files their unique names
 * @param progress hears of every few entries
 */
public record FlushTools(
        Storage storage,
        SstableOptions sstable,
        MemoryBudget budget,
        Clock clock,
        RandomGenerator random,
        FlushProgress progress) {

    /** For the writers of one job. */
    SstableWriters newWriters() {
        return new SstableWriters(storage, sstable, budget, clock::currentTimeMillis, random);
    }
}
