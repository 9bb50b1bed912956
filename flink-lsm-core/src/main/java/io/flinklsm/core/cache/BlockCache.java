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
package io.flinklsm.core.cache;

import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memory.MemoryReclaimer;

/**
 * Decoded blocks of SSTables, bounded in bytes, shared by the stores of a slot; gives memory back
 * when the budget is full. Safe for any thread. The rest of its contract is the sstable package's.
 */
public final class BlockCache implements MemoryReclaimer, AutoCloseable {

    public BlockCache(MemoryBudget budget) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long reclaim(long bytes) {
        throw new UnsupportedOperationException();
    }

    public long usedBytes() {
        throw new UnsupportedOperationException();
    }

    public long hitCount() {
        throw new UnsupportedOperationException();
    }

    public long missCount() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
