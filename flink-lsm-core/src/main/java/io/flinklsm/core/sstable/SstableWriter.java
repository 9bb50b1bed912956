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
     * @param expectedEntries sizes the bloom filter; more entries than that are an error, fewer shrink it
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

    /** Writes what is left, closes and publishes the file. At least one entry must have been added. */
    public SstableMeta finish() throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Deletes the half-written file unless finished; idempotent. */
    @Override
    public void close() throws IOException {
        throw new UnsupportedOperationException();
    }
}
