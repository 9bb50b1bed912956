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

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memory.MemoryReclaimer;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.sketch.KeySketch;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The SSTables of one store that are open: a bounded set of readers (file handle, bloom filter,
 * block index), the least recently used closed first when the bound or the budget asks for it. Safe
 * for any thread.
 *
 * <p>A reader in use is never closed under its user: it leaves the set and closes with its last
 * user. So the bound may be passed by as many readers as there are cursors and lookups at work.
 */
public final class OpenSstables implements MemoryReclaimer, AutoCloseable {

    // Immutable.
    private final Storage storage;
    private final MemoryBudget budget;
    private final BlockCache cache;
    private final int maxOpen;

    // Safe for any thread.
    private final Map<String, Handle> handles = new ConcurrentHashMap<>();

    /** By the text of their columns; empty for raw bytes. As many as states have had types. */
    private final Map<String, DecodedBlockPool> pools = new ConcurrentHashMap<>();

    private final Object lock = new Object();

    /** Handles with an open reader, as a clock: the hand passes over those used since. */
    @GuardedBy("lock")
    private final ArrayDeque<Handle> ring = new ArrayDeque<>();

    @GuardedBy("lock")
    private boolean closed;

    /**
     * @param budget pays for indexes and bloom filters; asks this set for memory when it is full
     * @param maxOpen how many readers may be open while they are not in use, at least 1
     */
    public OpenSstables(Storage storage, MemoryBudget budget, BlockCache cache, int maxOpen) {
        if (maxOpen < 1) {
            throw new IllegalArgumentException("maxOpen must be at least 1: maxOpen=" + maxOpen);
        }
        this.storage = storage;
        this.budget = budget;
        this.cache = cache;
        this.maxOpen = maxOpen;
        budget.addReclaimer(this);
    }

    /** The SSTable of this meta; opens nothing yet. */
    public Sstable of(SstableMeta meta) {
        return new Sstable(meta, handles.computeIfAbsent(meta.fileName(), Handle::new));
    }

    /**
     * Opens the file and checks it against its meta: size, tail checksum, footer, format version.
     *
     * @throws io.flinklsm.core.errors.CorruptionException naming the file, if it is not what the
     *     meta says
     */
    public void verify(SstableMeta meta) throws IOException {
        Handle handle = handles.computeIfAbsent(meta.fileName(), Handle::new);
        boolean wasOpen = handle.reader != null;
        handle.acquire(meta).release();
        if (wasOpen) {
            // What is in memory was checked when it was read; the file may have changed since.
            readAndCheckTail(meta);
        }
    }

    /**
     * Checks size and identity of a file by its first and last bytes, in a time that does not
     * depend on its size, and opens nothing: the first user of the file checks the rest. Of a file
     * that another machine must be asked for, nothing is read: all of it is checked at first use.
     *
     * @throws io.flinklsm.core.errors.CorruptionException naming the file, if it is not the one
     *     that the meta describes
     */
    public void identify(SstableMeta meta) throws IOException {
        if (!storage.answersAtOnce(meta.fileName())) {
            return;
        }
        try (StorageInput input = storage.open(meta.fileName())) {
            SstableTail.identify(input, name(meta), meta);
        }
    }

    /**
     * Checks what {@link #verify} checks, of a file that was not used so far; does not open it.
     *
     * @throws io.flinklsm.core.errors.CorruptionException naming the file, if it is damaged
     */
    public void verifyUnlessOpen(SstableMeta meta) throws IOException {
        Handle handle = handles.get(meta.fileName());
        if (handle != null && handle.reader != null) {
            return;
        }
        readAndCheckTail(meta);
    }

    private void readAndCheckTail(SstableMeta meta) throws IOException {
        try (StorageInput input = storage.open(meta.fileName())) {
            FileLayout.of(SstableTail.read(input, meta.fileName(), name(meta), meta));
        } catch (MalformedPageException e) {
            throw Corruption.of(name(meta), e.getMessage(), e);
        }
    }

    /** Reads and checks every block too: checksums, order, counts, key range. */
    public void verifyBlocks(SstableMeta meta) throws IOException {
        verifyBlocks(meta, block -> {});
    }

    /**
     * Like {@link #verifyBlocks(SstableMeta)}.
     *
     * @param progress gets the number of each block that was found sound
     */
    public void verifyBlocks(SstableMeta meta, IntConsumer progress) throws IOException {
        verify(meta);
        SstableReader reader = handles.computeIfAbsent(meta.fileName(), Handle::new).acquire(meta);
        try {
            SstableVerifier.verify(reader, progress);
        } finally {
            reader.release();
        }
    }

    /** Forgets a file that is about to be deleted: closes its reader and drops its blocks. */
    public void forget(String fileName) {
        Handle handle = handles.remove(fileName);
        if (handle != null) {
            SstableReader reader = takeOut(handle);
            if (reader != null) {
                reader.release();
            }
        }
    }

    /**
     * The meta that a file's own footer gives, without a manifest.
     *
     * @throws io.flinklsm.core.errors.CorruptionException naming the file, if it is damaged or no
     *     SSTable
     */
    public static SstableMeta readMeta(Storage storage, String fileName) throws IOException {
        String name = storage.describe(fileName);
        try (StorageInput input = storage.open(fileName)) {
            SstableTail tail = SstableTail.read(input, fileName, name, null);
            FileLayout.of(tail);
            return tail.meta();
        } catch (MalformedPageException e) {
            throw Corruption.of(name, e.getMessage(), e);
        }
    }

    /**
     * The properties in a file's own footer, whose tail is checked first: text by name, such as
     * {@code flinklsm.columns} (docs/format.md#footer).
     *
     * @throws io.flinklsm.core.errors.CorruptionException naming the file, if it is damaged or no
     *     SSTable
     */
    public static Map<String, String> readProperties(Storage storage, String fileName)
            throws IOException {
        try (StorageInput input = storage.open(fileName)) {
            return SstableTail.read(input, fileName, storage.describe(fileName), null)
                    .footer()
                    .properties();
        }
    }

    /**
     * What a file's own footer says of its keys, whose tail is checked first; null if nothing,
     * since it is small or was written before there were sketches.
     *
     * @throws io.flinklsm.core.errors.CorruptionException naming the file, if it is damaged or no
     *     SSTable
     */
    public static @Nullable KeySketch readSketch(Storage storage, String fileName)
            throws IOException {
        String text = readProperties(storage, fileName).get(SstableFormat.SKETCH_PROPERTY);
        try {
            return text == null ? null : KeySketch.parse(text);
        } catch (IllegalArgumentException e) {
            throw Corruption.of(storage.describe(fileName), String.valueOf(e.getMessage()), e);
        }
    }

    /** Bytes of bloom filters and indexes in memory, for statistics. */
    public long residentBytes() {
        synchronized (lock) {
            long bytes = 0;
            for (Handle handle : ring) {
                SstableReader reader = handle.reader;
                bytes += reader == null ? 0 : reader.residentBytes();
            }
            return bytes;
        }
    }

    /** Length of the files with an open reader, for statistics. */
    public long openBytes() {
        synchronized (lock) {
            long bytes = 0;
            for (Handle handle : ring) {
                SstableReader reader = handle.reader;
                bytes += reader == null ? 0 : reader.meta().sizeBytes();
            }
            return bytes;
        }
    }

    /** How many readers are open. */
    public int openCount() {
        synchronized (lock) {
            return ring.size();
        }
    }

    /** Closes readers that are not in use, least recently used first. */
    @Override
    public long reclaim(long bytes) {
        Invariants.check(bytes >= 0, "less than nothing is reclaimed", "bytes", bytes);
        long freed = 0;
        while (freed < bytes) {
            SstableReader victim = nextVictim(true);
            if (victim == null) {
                break;
            }
            freed += victim.residentBytes();
            victim.release();
        }
        return freed;
    }

    /** Closes all readers; those in use close with their last user. */
    @Override
    public void close() {
        List<SstableReader> readers = new ArrayList<>();
        synchronized (lock) {
            closed = true;
            for (Handle handle : ring) {
                SstableReader reader = handle.reader;
                if (reader != null) {
                    handle.reader = null;
                    readers.add(reader);
                }
            }
            ring.clear();
        }
        budget.removeReclaimer(this);
        handles.clear();
        Cleanup.runAll(
                readers.stream().<Runnable>map(reader -> reader::release).toArray(Runnable[]::new));
    }

    private DecodedBlockPool pool(@Nullable EntryColumns columns) {
        return pools.computeIfAbsent(
                columns == null ? "" : columns.toString(), text -> new DecodedBlockPool(columns));
    }

    private String name(SstableMeta meta) {
        return SstableReader.name(storage, meta.treeName(), meta.fileName());
    }

    /** Puts a reader that was just opened into the set; gives one to release, if any has to go. */
    private @Nullable SstableReader install(Handle handle, SstableReader reader) {
        synchronized (lock) {
            if (closed) {
                throw new IllegalStateException(
                        "[" + reader.name() + "] the store is closed: openSstables=0");
            }
            Invariants.check(
                    handle.reader == null, "a file is opened that is open", "open", ring.size());
            handle.reader = reader;
            ring.addLast(handle);
            if (ring.size() <= maxOpen) {
                return null;
            }
        }
        return nextVictim(false);
    }

    private @Nullable SstableReader takeOut(Handle handle) {
        synchronized (lock) {
            SstableReader reader = handle.reader;
            if (reader != null) {
                handle.reader = null;
                boolean wasListed = ring.remove(handle);
                Invariants.check(wasListed, "an open file is not in the ring", "open", ring.size());
            }
            return reader;
        }
    }

    /**
     * Takes a reader out of the set, for the caller to release; null if there is none.
     *
     * @param idleOnly whether those in use are passed over
     */
    private @Nullable SstableReader nextVictim(boolean idleOnly) {
        synchronized (lock) {
            // Two rounds: the first takes all marks away.
            for (int steps = 2 * ring.size(); steps > 0; steps--) {
                Handle handle = ring.pollFirst();
                if (handle == null) {
                    return null;
                }
                SstableReader reader = handle.reader;
                if (reader == null) {
                    continue;
                }
                if (handle.recentlyUsed || (idleOnly && !reader.isIdle())) {
                    handle.recentlyUsed = false;
                    ring.addLast(handle);
                    continue;
                }
                handle.reader = null;
                return reader;
            }
            return null;
        }
    }

    /** One file of the store: its reader while it is open. Safe for any thread. */
    final class Handle {

        private final String fileName;

        /** Held while the file is opened, so that it is opened once. */
        private final Object opening = new Object();

        /** Written under {@link #lock}; a reader of it holds it by {@code tryRetain}. */
        private volatile @Nullable SstableReader reader;

        private volatile boolean recentlyUsed;

        Handle(String fileName) {
            this.fileName = fileName;
        }

        /** The open reader, to be released by the caller; opens the file if need be. */
        SstableReader acquire(SstableMeta meta) throws IOException {
            SstableReader open = acquireOpen(meta);
            return open != null ? open : openAndAcquire(meta);
        }

        /** The reader if it is open, to be released by the caller; else null. */
        @Nullable SstableReader acquireOpen(SstableMeta meta) throws IOException {
            SstableReader open = reader;
            if (open == null || !open.tryRetain()) {
                return null;
            }
            if (!recentlyUsed) {
                recentlyUsed = true;
            }
            return checkSame(open, meta);
        }

        boolean answersAtOnce() {
            return storage.answersAtOnce(fileName);
        }

        private SstableReader openAndAcquire(SstableMeta meta) throws IOException {
            synchronized (opening) {
                SstableReader open = reader;
                if (open != null && open.tryRetain()) {
                    return checkSame(open, meta);
                }
                open = SstableReader.open(storage, meta, budget, cache, OpenSstables.this::pool);
                SstableReader victim;
                try {
                    open.tryRetain();
                    victim = install(this, open);
                } catch (Throwable failure) {
                    Cleanup.undo(failure, open::release, open::release);
                    throw failure;
                }
                try {
                    if (victim != null) {
                        victim.release();
                    }
                    return open;
                } catch (Throwable failure) {
                    Cleanup.undo(failure, open::release);
                    throw failure;
                }
            }
        }

        private SstableReader checkSame(SstableReader open, SstableMeta meta) throws IOException {
            if (open.meta().tailChecksum() == meta.tailChecksum()
                    && open.meta().sizeBytes() == meta.sizeBytes()) {
                return open;
            }
            open.release();
            throw Corruption.of(
                    open.name(),
                    "is not the file that was written: tailChecksum="
                            + Integer.toHexString(open.meta().tailChecksum())
                            + ", written="
                            + Integer.toHexString(meta.tailChecksum()));
        }

        @Override
        public String toString() {
            return fileName;
        }
    }
}
