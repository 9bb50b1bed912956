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

import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.storage.Storage;
import java.io.IOException;

/**
 * The SSTables of one store that are open: a bounded set of readers (file handle, bloom filter,
 * block index), the least recently used closed first when the bound or the budget asks for it. Safe
 * for any thread.
 */
public final class OpenSstables implements AutoCloseable {

    public OpenSstables(Storage storage, MemoryBudget budget, BlockCache cache, int maxOpen) {
        throw new UnsupportedOperationException();
    }

    /** The SSTable of this meta; opens nothing yet. */
    public Sstable of(SstableMeta meta) {
        throw new UnsupportedOperationException();
    }

    /**
     * Opens the file and checks it against its meta: size, tail checksum, footer, format version.
     *
     * @throws io.flinklsm.core.errors.CorruptionException naming the file, if it is not what the
     *     meta says
     */
    public void verify(SstableMeta meta) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Reads and checks every block too: checksums, order, counts, key range. */
    public void verifyBlocks(SstableMeta meta) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Forgets a file that is about to be deleted: closes its reader and drops its blocks. */
    public void forget(String fileName) {
        throw new UnsupportedOperationException();
    }

    /** The meta that a file's own footer gives, without a manifest. */
    public static SstableMeta readMeta(Storage storage, String fileName) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Bytes of bloom filters and indexes in memory, for statistics. */
    public long residentBytes() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
