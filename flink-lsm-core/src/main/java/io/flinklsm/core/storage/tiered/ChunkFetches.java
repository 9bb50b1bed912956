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
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The requests for chunks of one file that are under way. Threads that want the same chunk wait for
 * one request; a reader that reads in order has more with each. Safe for any thread.
 */
final class ChunkFetches {

    /** At most so many chunks come with one request, unless one reader wants more at once. */
    static final int MAX_CHUNKS = 16;

    /** So many chunks ahead, a reader is taken to read all of the file. */
    private static final int STREAMS_FROM = 4;

    /** What one reader wants at once is read in parts of so many chunks. */
    static final int MAX_CHUNKS_WANTED = 256;

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
    }

    // Immutable.
    private final TieredStorage storage;
    private final TieredFile file;
    private final RemotePlaces places;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final Map<Integer, Fetch> fetches = new HashMap<>();

    /** Where the last request for a reader ended, and how many chunks the next one there takes. */
    @GuardedBy("lock")
    private int lastEnd = -1;

    @GuardedBy("lock")
    private int readAhead = 1;

    /** What came last for a reader that reads in order; kept in memory alone. */
    @GuardedBy("lock")
    private @Nullable Fetch stream;

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
            Fetch other = fetches.get(chunk);
            if (other != null) {
                await(other);
                return other;
            }
            readAhead = chunk == lastEnd ? Math.min(2 * readAhead, MAX_CHUNKS) : 1;
            int wanted = Math.min(lastWanted - chunk + 1, MAX_CHUNKS_WANTED);
            // The third request in a row is a scan's or a compaction's: what is read often stays
            // in the cache, and what comes by once does not take its place.
            boolean streams = storage.staysRemote() && readAhead >= STREAMS_FROM;
            mine = begin(here, chunk, Math.max(wanted, readAhead), streams);
            lastEnd = mine.end;
        } finally {
            lock.unlock();
        }
        storage.wanted(file);
        run(mine, here);
        return mine;
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

    @GuardedBy("lock")
    private Fetch begin(Chunks here, int chunk, int countMax, boolean streams) {
        Invariants.check(
                countMax > 0 && chunk < Chunks.count(file.size()),
                "nothing is fetched",
                "chunk",
                chunk,
                "countMax",
                countMax);
        int end = chunk + 1;
        int endMax = Math.min(Chunks.count(file.size()), chunk + countMax);
        while (end < endMax && !here.has(end) && !fetches.containsKey(end)) {
            end++;
        }
        // With less memory come fewer chunks; one comes in any case, or no reader could go on.
        long reserved = Chunks.offset(end - chunk);
        while (!storage.requests().memory().tryReserve(reserved)) {
            if (end == chunk + 1) {
                reserved = 0;
                break;
            }
            end = chunk + (end - chunk) / 2;
            reserved = Chunks.offset(end - chunk);
        }
        Fetch fetch = new Fetch(chunk, end, streams, reserved);
        for (int i = chunk; i < end; i++) {
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
            mine = begin(here, chunk, countMax, false);
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
                if (fetch.streams && bytes != null) {
                    Fetch before = stream;
                    stream = fetch;
                    release(before);
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
    private void release(@Nullable Fetch fetch) {
        if (fetch != null && fetch.reservedBytes > 0) {
            storage.requests().memory().release(fetch.reservedBytes);
            fetch.reservedBytes = 0;
        }
    }

    /** What is here of the last request of a reader that reads in order; null if nothing is. */
    @Nullable Fetch streamed(int chunk) {
        lock.lock();
        try {
            Fetch last = stream;
            return last != null && chunk >= last.first && chunk < last.end ? last : null;
        } finally {
            lock.unlock();
        }
    }

    /** Gives the memory back that a reader that reads in order has; it may begin anew. */
    void forgetStream() {
        lock.lock();
        try {
            release(stream);
            stream = null;
        } finally {
            lock.unlock();
        }
    }

    /** A reader has come to the end of what it was given; one that reads in order goes on. */
    void readToTheEnd(Fetch fetch) {
        lock.lock();
        try {
            if (fetch == stream) {
                release(fetch);
                stream = null;
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
