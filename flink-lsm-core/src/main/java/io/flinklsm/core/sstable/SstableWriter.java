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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.storage.Storage;
import java.io.IOException;

/**
 * Writes one SSTable: entries in strictly ascending key order in, a finished file and its meta out.
 * Confined to one thread.
 */
public final class SstableWriter implements AutoCloseable {

    /**
     * @param expectedEntries sizes the bloom filter; more entries than that are an error, fewer
     *     shrink it
     * @param budget pays for buffered pages and the bloom filter
     */
    public SstableWriter(
            Storage storage,
            SstableIdentity identity,
            SstableOptions options,
            MemoryBudget budget) {
        throw new UnsupportedOperationException();
    }

    public void add(Slice key, EntryKind kind, Slice value) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Bytes that the file would have now, roughly; for splitting outputs. */
    public long estimatedBytes() {
        throw new UnsupportedOperationException();
    }

    public long entryCount() {
        throw new UnsupportedOperationException();
    }

    /**
     * Writes what is left, closes and publishes the file. At least one entry must have been added.
     */
    public SstableMeta finish() throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Deletes the half-written file unless finished; idempotent. */
    @Override
    public void close() throws IOException {
        throw new UnsupportedOperationException();
    }
}
