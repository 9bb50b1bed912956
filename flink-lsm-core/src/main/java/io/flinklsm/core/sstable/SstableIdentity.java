package io.flinklsm.core.sstable;

/**
 * What a new SSTable is: everything about it that is not in its entries.
 *
 * @param fileName see {@code storage.FileName}
 * @param createdMillis when it was written, milliseconds since the epoch
 */
public record SstableIdentity(
        String fileName,
        String treeName,
        int level,
        long generation,
        long createdMillis,
        long minWriteTimeMillis,
        long maxWriteTimeMillis) {}
