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
import io.flinklsm.core.storage.ClosedInputException;
import io.flinklsm.core.storage.StorageStoppedException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The requests for chunks of one file that are under way. Threads that want the same chunk wait for
 * one request; a reader that reads in order has more with each. Safe for any thread.
 *
 * <p>A row group has its columns one behind the other, so a scan or a compaction reads in order at
 * as many places as there are columns, by turns, until it comes to the next group. So the places
 * where requests ended are remembered, and what the last requests of a reader in order brought
 * stays for the other columns.
 */
final class ChunkFetches {

    /** At most so many chunks come with one request, unless one reader wants more at once. */
    static final int MAX_CHUNKS = 16;

    /** So many chunks ahead, a reader is taken to read all of the file. */
    private static final int STREAMS_FROM = 4;

    /** What one reader wants at once is read in parts of so many chunks. */
    static final int MAX_CHUNKS_WANTED = 256;

    /** So many places of one file are remembered; the one that was not used for longest goes. */
    private static final int MAX_PLACES = 32;

    /** So many chunks of readers in order stay in memory, more than a row group has. */
    private static final int MAX_WINDOW_CHUNKS = 3 * MAX_CHUNKS;

    /** Where a request for a reader ended, and how many chunks the next one there takes. */
    private static final class Place {
        private int end;
        private int readAhead = 1;
    }

    /** A request that is under way for chunks from {@code first} to before {@code end}. */
    static final class Fetch {
        final int first;
        final int end;

        /** The chunks' bytes, once they are here. */
        byte @Nullable [] bytes;

        private @Nullable IOException failure;
        private boolean done;

        /** Whether the chunks are for a reader that reads in order, and go past the cache. */
        private final boolean streams;

        /** Of the memory that fetches may take; given back once. */
        private long reservedBytes;

        private Fetch(int first, int end, boolean streams, long reservedBytes) {
            this.first = first;
            this.end = end;
            this.streams = streams;
            this.reservedBytes = reservedBytes;
        }

        boolean has(int chunk) {
            return chunk >= first && chunk < end;
        }
    }

    // Immutable.
    private final TieredStorage storage;
    private final TieredFile file;
    private final RemotePlaces places;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final Map<Integer, Fetch> fetches = new HashMap<>();

    /** The one that was used last comes first. */
    @GuardedBy("lock")
    private final ArrayDeque<Place> ends = new ArrayDeque<>();

    /** What came for readers in order, kept in memory alone; what was read last comes first. */
    @GuardedBy("lock")
    private final ArrayDeque<Fetch> windows = new ArrayDeque<>();

    ChunkFetches(TieredStorage storage, TieredFile file, RemotePlaces places) {
        this.storage = storage;
        this.file = file;
        this.places = places;
    }

    /**
     * Fetches the chunk, those behind it that the reader wants too, and some more if the file is
     * read in order; or waits for a thread that does. Null if the chunk is here now.
     */
    @Nullable Fetch forReader(Chunks here, int chunk, int lastWanted) throws IOException {
        Invariants.check(
                chunk >= 0 && chunk <= lastWanted && lastWanted < Chunks.count(file.size()),
                "a reader wants what its file does not have",
                "chunk",
                chunk,
                "last",
                lastWanted);
        Fetch mine;
        lock.lock();
        try {
            if (here.has(chunk)) {
                return null;
            }
            Fetch window = windowOf(chunk);
            if (window != null) {
                return window;
            }
            Fetch other = fetches.get(chunk);
            if (other != null) {
                await(other);
                return other;
            }
            Place place = placeAt(chunk);
            int first = firstOf(here, place, chunk);
            int wanted = Math.min(lastWanted - chunk + 1, MAX_CHUNKS_WANTED);
            // The third request in a row is a scan's or a compaction's: what is read often stays
            // in the cache, and what comes by once does not take its place.
            boolean streams = storage.staysRemote() && place.readAhead >= STREAMS_FROM;
            mine = begin(here, first, chunk, Math.max(wanted, place.readAhead), streams);
            place.end = mine.end;
        } finally {
            lock.unlock();
        }
        storage.wanted(file);
        run(mine, here);
        return mine;
    }

    /** The place that a reader has come to, and takes more from now on; else one that begins. */
    @GuardedBy("lock")
    private Place placeAt(int chunk) {
        Place found = null;
        for (Place place : ends) {
            if (place.end == chunk) {
                found = place;
                break;
            }
            // The next column begins in front of a reader that reads all columns.
            if (place.readAhead >= STREAMS_FROM
                    && place.end < chunk
                    && chunk - place.end < MAX_CHUNKS) {
                found = place;
            }
        }
        if (found == null) {
            found = new Place();
            if (ends.size() == MAX_PLACES) {
                ends.removeLast();
            }
        } else {
            ends.remove(found);
            found.readAhead = Math.min(2 * found.readAhead, MAX_CHUNKS);
        }
        ends.addFirst(found);
        return found;
    }

    /** What lies between the place and the chunk is read soon, too, and comes with it. */
    @GuardedBy("lock")
    private int firstOf(Chunks here, Place place, int chunk) {
        int first = chunk;
        if (place.readAhead >= STREAMS_FROM) {
            while (first > place.end
                    && !isHere(here, first - 1)
                    && !fetches.containsKey(first - 1)) {
                first--;
            }
        }
        return first;
    }

    @GuardedBy("lock")
    private void await(Fetch other) throws IOException {
        while (!other.done) {
            try {
                changed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw interrupted(e);
            }
        }
        IOException failure = other.failure;
        if (failure instanceof ClosedInputException || failure instanceof StorageStoppedException) {
            throw failure;
        }
        if (failure != null) {
            throw new IOException(failure.getMessage(), failure);
        }
    }

    /**
     * @param from the first that comes, if there is memory for all up to the chunk
     * @param chunk comes in any case
     * @param countMax at most so many from the chunk on
     */
    @GuardedBy("lock")
    private Fetch begin(Chunks here, int from, int chunk, int countMax, boolean streams) {
        Invariants.check(
                countMax > 0 && from <= chunk && chunk < Chunks.count(file.size()),
                "nothing is fetched",
                "chunk",
                chunk,
                "countMax",
                countMax);
        int end = chunk + 1;
        int endMax = Math.min(Chunks.count(file.size()), chunk + countMax);
        while (end < endMax && !isHere(here, end) && !fetches.containsKey(end)) {
            end++;
        }
        // With less memory come fewer chunks; one comes in any case, or no reader could go on.
        int first = from;
        long reserved = Chunks.offset(end - first);
        while (!storage.requests().memory().tryReserve(reserved)) {
            if (!windows.isEmpty()) {
                release(windows.removeLast());
                continue;
            }
            if (first == chunk && end == chunk + 1) {
                reserved = 0;
                break;
            }
            end = chunk + Math.max(1, (end - chunk) / 2);
            first = chunk;
            reserved = Chunks.offset(end - first);
        }
        // What memory does not have room for goes to the cache, and is not held.
        Fetch fetch = new Fetch(first, end, streams && reserved > 0, reserved);
        for (int i = first; i < end; i++) {
            Fetch other = fetches.put(i, fetch);
            Invariants.check(other == null, "a chunk is fetched twice at once", "chunk", i);
        }
        return fetch;
    }

    /**
     * Brings the chunk here, and missing ones behind it; if another thread fetches it, waits.
     *
     * @param countMax at most so many with one request
     */
    void bring(Chunks here, int chunk, int countMax) throws IOException {
        Fetch mine;
        lock.lock();
        try {
            if (here.has(chunk)) {
                return;
            }
            Fetch other = fetches.get(chunk);
            if (other != null) {
                await(other);
                return;
            }
            mine = begin(here, chunk, chunk, countMax, false);
        } finally {
            lock.unlock();
        }
        run(mine, here);
    }

    /** Makes the request, and keeps what came if the local disk takes it. */
    private void run(Fetch fetch, Chunks here) throws IOException {
        byte[] bytes = null;
        IOException failure = null;
        try {
            long from = Chunks.offset(fetch.first);
            int byteCount = (int) (Math.min(file.size(), Chunks.offset(fetch.end)) - from);
            byte[] read = new byte[byteCount];
            places.readFully(from, read, byteCount);
            bytes = read;
            if (!fetch.streams) {
                keep(fetch, here, read);
            }
        } catch (IOException e) {
            failure = e;
            throw e;
        } catch (RuntimeException | Error e) {
            failure =
                    new IOException(
                            "["
                                    + file.describe()
                                    + "] cannot be read: "
                                    + e
                                    + "; see what the file system of the checkpoint says in the"
                                    + " log.",
                            e);
            throw e;
        } finally {
            lock.lock();
            try {
                fetch.bytes = bytes;
                fetch.failure = bytes == null && failure == null ? interrupted(null) : failure;
                fetch.done = true;
                if (fetch.streams && bytes != null && !file.isDeleted()) {
                    windows.addFirst(fetch);
                    while (windowChunks() > MAX_WINDOW_CHUNKS && windows.size() > 1) {
                        release(windows.removeLast());
                    }
                } else {
                    release(fetch);
                }
                for (int i = fetch.first; i < fetch.end; i++) {
                    boolean wasOurs = fetches.remove(i, fetch);
                    Invariants.check(wasOurs, "a chunk was fetched by another", "chunk", i);
                }
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    @GuardedBy("lock")
    private void release(Fetch fetch) {
        if (fetch.reservedBytes > 0) {
            storage.requests().memory().release(fetch.reservedBytes);
            fetch.reservedBytes = 0;
        }
    }

    @GuardedBy("lock")
    private int windowChunks() {
        int chunks = 0;
        for (Fetch window : windows) {
            chunks += window.end - window.first;
        }
        return chunks;
    }

    @GuardedBy("lock")
    private boolean isHere(Chunks here, int chunk) {
        return here.has(chunk) || windowOf(chunk) != null;
    }

    @GuardedBy("lock")
    private @Nullable Fetch windowOf(int chunk) {
        for (Fetch window : windows) {
            if (window.has(chunk)) {
                return window;
            }
        }
        return null;
    }

    /** What readers that read in order have in memory of the chunk; null if they have it not. */
    @Nullable Fetch streamed(int chunk) {
        lock.lock();
        try {
            Fetch found = windowOf(chunk);
            if (found != null && windows.peekFirst() != found) {
                windows.remove(found);
                windows.addFirst(found);
            }
            return found;
        } finally {
            lock.unlock();
        }
    }

    /** Gives the memory back that readers in order have; they may begin anew. */
    void forgetStreams() {
        lock.lock();
        try {
            windows.forEach(this::release);
            windows.clear();
            ends.clear();
        } finally {
            lock.unlock();
        }
    }

    /**
     * A reader has come to the end of what it was given. If what comes next is here, all that is
     * read in order was read: in front of the tail, of which the rest stands in the cache.
     */
    void readToTheEnd(Fetch fetch, Chunks here) {
        lock.lock();
        try {
            if (fetch.streams && (fetch.end == Chunks.count(file.size()) || here.has(fetch.end))) {
                windows.forEach(this::release);
                windows.clear();
            }
        } finally {
            lock.unlock();
        }
    }

    private void keep(Fetch fetch, Chunks here, byte[] bytes) {
        Invariants.check(
                bytes.length > Chunks.offset(fetch.end - 1 - fetch.first),
                "a fetch brought less than its chunks",
                "bytes",
                bytes.length,
                "chunks",
                fetch.end - fetch.first);
        for (int chunk = fetch.first; chunk < fetch.end; chunk++) {
            int from = (int) (Chunks.offset(chunk) - Chunks.offset(fetch.first));
            try {
                here.put(chunk, bytes, from, Math.min(Chunks.BYTES, bytes.length - from));
            } catch (IOException e) {
                // No room: the reader has its bytes, and who needs a copy here is told.
                storage.counters().notKept.increment();
            }
        }
    }

    private InterruptedIOException interrupted(@Nullable InterruptedException cause) {
        InterruptedIOException e =
                new InterruptedIOException(
                        "["
                                + file.describe()
                                + "] interrupted while waiting for remote storage; the task is"
                                + " being stopped, so there is nothing to do");
        if (cause != null) {
            e.initCause(cause);
        }
        return e;
    }
}
