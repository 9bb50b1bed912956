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
package io.flinklsm.core.sstable;

import io.flinklsm.core.columns.EntryColumns;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Decoders that wait for the next reader, so that a lookup allocates nothing. Safe for any thread;
 * never waits: who finds none gets a new one, and what finds no place is left to the collector.
 */
final class DecodedBlockPool {

    private final @Nullable EntryColumns columns;

    private static final int SLOTS = 16;

    private final AtomicReferenceArray<DecodedBlock> slots = new AtomicReferenceArray<>(SLOTS);

    /**
     * @param columns the typed columns of the files to be read; null if their values are raw bytes
     */
    DecodedBlockPool(@Nullable EntryColumns columns) {
        this.columns = columns;
    }

    DecodedBlock take() {
        int start = start();
        for (int i = 0; i < SLOTS; i++) {
            int slot = (start + i) & (SLOTS - 1);
            if (slots.getPlain(slot) != null) {
                DecodedBlock block = slots.getAndSet(slot, null);
                if (block != null) {
                    return block;
                }
            }
        }
        return new DecodedBlock(columns);
    }

    void giveBack(DecodedBlock block) {
        block.dropLarge();
        int start = start();
        for (int i = 0; i < SLOTS; i++) {
            int slot = (start + i) & (SLOTS - 1);
            if (slots.getPlain(slot) == null && slots.compareAndSet(slot, null, block)) {
                return;
            }
        }
    }

    /** Threads begin at different slots, and each finds again what it gave back. */
    private static int start() {
        return (int) Thread.currentThread().getId();
    }
}
