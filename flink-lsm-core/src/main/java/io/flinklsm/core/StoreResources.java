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
package io.flinklsm.core;

import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.memory.MemoryBudget;

/**
 * What the stores of one slot share: the memory budget, the block cache and the background threads.
 * Safe for any thread. Close it after all its stores.
 */
public final class StoreResources implements AutoCloseable {

    /**
     * @param name prefix of thread names
     * @param memoryBytes the budget's limit; at least 2 MiB
     * @param backgroundThreads threads for flushes and compactions, at least 1
     */
    public static StoreResources create(
            String name, long memoryBytes, int backgroundThreads, Clock clock) {
        throw new UnsupportedOperationException();
    }

    public MemoryBudget memory() {
        throw new UnsupportedOperationException();
    }

    public BlockCache blockCache() {
        throw new UnsupportedOperationException();
    }

    public Clock clock() {
        throw new UnsupportedOperationException();
    }

    /**
     * @throws IllegalStateException if a store is still open or memory still allocated
     */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
