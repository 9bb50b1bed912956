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
package io.flinklsm.core.storage.tiered;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.check.Invariants;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What the files of a {@link TieredStorage} take of the local disk, and which of them give way.
 * With placement <em>remote</em> local files have one half of what the options allow, and chunks
 * the other. A local file that is somewhere else, too, is evicted when the clock's hand comes by
 * and it was not read since; if all that is local is nowhere else, the oldest one is uploaded
 * early, by the thread that wants the room. With placement <em>local</em> nothing is evicted.
 *
 * <p>Safe for any thread.
 */
final class DiskRoom {

    /** Below this much free space on the disk, what can be evicted is. */
    private static final long MIN_FREE_BYTES = 64L << 20;

    // Immutable.
    private final Path directory;
    private final TieredOptions options;
    private final RemoteRequests requests;
    private final @Nullable EarlyUpload earlyUpload;

    // Safe for any thread.
    private final AtomicLong localBytes = new AtomicLong();

    private final Object lock = new Object();

    /** Local files that have a home, as a clock. */
    @GuardedBy("lock")
    private final ArrayDeque<TieredFile> evictable = new ArrayDeque<>();

    /** Local files that are nowhere else yet, in the order in which they were written. */
    @GuardedBy("lock")
    private final LinkedHashSet<TieredFile> alone = new LinkedHashSet<>();

    @GuardedBy("lock")
    private @Nullable ChunkCache cache;

    /**
     * @param directory where chunks are kept, under hidden names
     * @param earlyUpload see {@link TieredStorage}
     */
    DiskRoom(
            Path directory,
            TieredOptions options,
            RemoteRequests requests,
            @Nullable EarlyUpload earlyUpload) {
        this.directory = directory;
        this.options = options;
        this.requests = requests;
        this.earlyUpload = earlyUpload;
    }

    /** What local files take that may be evicted sooner or later. */
    long localBytes() {
        return localBytes.get();
    }

    // -------------------------------------------------------------------------- files come and go

    /**
     * Local files take so many bytes more, or less. Called while the file's condition cannot
     * change, or its bytes could be taken off before they were added.
     */
    void count(long bytes) {
        if (options.evicts()) {
            long now = localBytes.addAndGet(bytes);
            Invariants.check(now >= 0, "local files take less than nothing", "bytes", now);
        }
    }

    /** A local file was written that is nowhere else; its bytes are counted. */
    void addWritten(TieredFile file) throws IOException {
        synchronized (lock) {
            alone.add(file);
        }
        forgetIfDeleted(file);
        makeRoom(0);
    }

    /** A remote file is local now, too; its bytes are counted. */
    void addFetched(TieredFile file) {
        if (file.isSomewhere()) {
            becameEvictable(file);
        }
    }

    /** A local file is somewhere else now, too. */
    void becameEvictable(TieredFile file) {
        synchronized (lock) {
            alone.remove(file);
            evictable.addLast(file);
        }
        forgetIfDeleted(file);
        try {
            makeRoom(0);
        } catch (IOException e) {
            // It is tried again with the next file; what is not evicted is only more than wanted.
            requests.counters().notKept.increment();
        }
    }

    /** A file was deleted; its bytes are not counted any more. */
    void remove(TieredFile file) {
        synchronized (lock) {
            evictable.remove(file);
            alone.remove(file);
        }
    }

    /** A file that was deleted just before it came here would stay for good. */
    private void forgetIfDeleted(TieredFile file) {
        if (file.isDeleted()) {
            remove(file);
        }
    }

    // ---------------------------------------------------------------------------------- eviction

    /** Evicts until local files take no more than their half, less the bytes. */
    void makeRoom(long bytes) throws IOException {
        while (!hasRoom(bytes)) {
            TieredFile victim = nextVictim();
            if (victim == null) {
                victim = uploadEarly();
            }
            if (victim == null) {
                return;
            }
            evict(victim);
        }
    }

    /** Whether local files take no more than their half, less the bytes. */
    boolean hasRoom(long bytes) {
        return localBytes.get() <= options.cacheBytes() / 2 - bytes && !isDiskFull();
    }

    private void evict(TieredFile victim) throws IOException {
        long freed = victim.evict(newChunks(victim.name(), victim.size()));
        Invariants.check(
                freed == 0 || freed == victim.size(),
                "an eviction frees a part of a file",
                "freed",
                freed,
                "size",
                victim.size());
    }

    private boolean isDiskFull() {
        return directory.toFile().getUsableSpace() < MIN_FREE_BYTES;
    }

    private @Nullable TieredFile nextVictim() {
        synchronized (lock) {
            // Two rounds: the first takes all marks away.
            for (int steps = 2 * evictable.size(); steps > 0; steps--) {
                TieredFile file = evictable.pollFirst();
                if (file == null) {
                    return null;
                }
                if (!file.takeUsed()) {
                    return file;
                }
                evictable.addLast(file);
            }
            return evictable.pollFirst();
        }
    }

    /**
     * Uploads the oldest local file that is nowhere else.
     *
     * @return the file; null if there is none, or it cannot be uploaded now
     */
    private @Nullable TieredFile uploadEarly() {
        EarlyUpload upload = earlyUpload;
        if (upload == null || requests.isStopped()) {
            return null;
        }
        while (true) {
            TieredFile oldest = takeOldestAlone();
            if (oldest == null) {
                return null;
            }
            try {
                if (oldest.uploadEarly(upload)) {
                    return oldest;
                }
            } catch (IOException | RuntimeException e) {
                // More than is wanted stays on the disk; if it is full, the write that wants room
                // says so.
                requests.counters().notKept.increment();
                synchronized (lock) {
                    alone.add(oldest);
                }
                return null;
            }
        }
    }

    private @Nullable TieredFile takeOldestAlone() {
        synchronized (lock) {
            Iterator<TieredFile> files = alone.iterator();
            if (!files.hasNext()) {
                return null;
            }
            TieredFile oldest = files.next();
            files.remove();
            return oldest;
        }
    }

    /** For tests: every file that may be evicted is. */
    void evictAll() throws IOException {
        List<TieredFile> all;
        synchronized (lock) {
            all = List.copyOf(evictable);
            evictable.clear();
        }
        for (TieredFile file : all) {
            evict(file);
        }
    }

    // ------------------------------------------------------------------------------------ chunks

    /** A place for chunks of a file that is not local. */
    Chunks newChunks(String name, long sizeBytes) throws IOException {
        if (!options.evicts()) {
            return ChunkFile.create(
                    directory.resolve("." + name + ".chunks"), sizeBytes, options.reads());
        }
        synchronized (lock) {
            if (cache == null) {
                cache =
                        ChunkCache.create(
                                directory.resolve(".chunks"),
                                options.cacheBytes() / 2,
                                options.reads(),
                                requests.counters());
            }
            return cache.open(sizeBytes);
        }
    }

    /** What was made to keep chunks of several files, if it was. */
    @Nullable ChunkCache cache() {
        synchronized (lock) {
            return cache;
        }
    }
}
