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
import io.flinklsm.core.storage.ClosedInputException;
import io.flinklsm.core.storage.RetryPolicy;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageOutput;
import io.flinklsm.core.storage.StorageStoppedException;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One file of a {@link TieredStorage}, in one of three conditions. Readers do not know which: a
 * read takes bytes from the local copy, from chunks that are here, or waits for remote storage.
 *
 * <pre>
 *   local, no home          ──setHome──►  local, with a home  ──evict──►  remote, some chunks here
 *   (flush, compaction)     ◄─forgetHome─ (a checkpoint has it) ◄─makeLocal─  (restore, eviction)
 * </pre>
 *
 * Safe for any thread. Threads that want the same chunk wait for one request. Changes of the
 * condition are made one at a time ({@link #changing} is held over their I/O); reads never wait for
 * them.
 */
final class TieredFile {

    /** At most so many chunks come with one request, unless one reader wants more at once. */
    private static final int MAX_CHUNKS = 16;

    /** What one reader wants at once is read in parts of so many chunks. */
    private static final int MAX_CHUNKS_WANTED = 256;

    private static final int COPY_BYTES = 1 << 20;

    /** A request that is under way for chunks from {@code first} to before {@code end}. */
    private static final class Fetch {
        final int first;
        final int end;

        /** The chunks' bytes, once they are here. */
        byte @Nullable [] bytes;

        @Nullable IOException failure;
        boolean done;

        Fetch(int first, int end) {
            this.first = first;
            this.end = end;
        }
    }

    // Immutable.
    private final TieredStorage storage;
    private final String name;
    private final long size;

    /** Held while the condition changes; taken before {@link #opening} if both are. */
    private final Object changing = new Object();

    /** Held while the local copy is opened or closed. */
    private final Object opening = new Object();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final Map<Integer, Fetch> fetches = new HashMap<>();

    /** Where the last request for a reader ended, and how many chunks the next one there takes. */
    @GuardedBy("lock")
    private int lastEnd = -1;

    @GuardedBy("lock")
    private int readAhead = 1;

    // Written while `changing` is held, read by any thread.
    private volatile @Nullable RemoteSource home;
    private volatile @Nullable Chunks chunks;

    /** Where else the file is, by who put it there; one of these may be its next home. */
    private volatile Map<Long, RemoteSource> copies = Map.of();

    private volatile boolean local;
    private volatile boolean deleted;

    /** The local copy, while it is open. Written while `opening` is held, read by any thread. */
    private volatile @Nullable StorageInput whole;

    /** How many inputs are open; the local copy is closed with the last. */
    @GuardedBy("opening")
    private int inputs;

    /** Whether the file was read since the hand of the clock passed by. */
    private volatile boolean used;

    private TieredFile(TieredStorage storage, String name, long size) {
        this.storage = storage;
        this.name = name;
        this.size = size;
    }

    static TieredFile remote(
            TieredStorage storage, String name, long size, RemoteSource home, Chunks chunks) {
        TieredFile file = new TieredFile(storage, name, size);
        file.home = home;
        file.chunks = chunks;
        return file;
    }

    static TieredFile local(TieredStorage storage, String name, long size) {
        TieredFile file = new TieredFile(storage, name, size);
        file.local = true;
        return file;
    }

    String name() {
        return name;
    }

    long size() {
        return size;
    }

    boolean isLocal() {
        return local;
    }

    @Nullable RemoteSource home() {
        return home;
    }

    /** Bytes that are on the local disk. */
    long localBytes() {
        Chunks here = chunks;
        return local ? size : here == null ? 0 : here.presentBytes();
    }

    boolean takeUsed() {
        boolean was = used;
        used = false;
        return was;
    }

    String describe() {
        RemoteSource source = home;
        return local || source == null
                ? storage.delegate().describe(name)
                : name + " at " + source.describe();
    }

    // -------------------------------------------------------------------------------------- read

    void opened() {
        synchronized (opening) {
            inputs++;
        }
    }

    void closed() throws IOException {
        synchronized (opening) {
            if (--inputs == 0) {
                closeWhole();
            }
        }
    }

    void readFully(long position, byte[] target, int at, int byteCount) throws IOException {
        Objects.checkFromIndexSize(at, byteCount, target.length);
        if (position < 0 || position > size - byteCount) {
            throw new EOFException(
                    "["
                            + describe()
                            + "] ends too early: position="
                            + position
                            + ", byteCount="
                            + byteCount
                            + ", size="
                            + size
                            + "; the file is damaged or not the one that was asked for.");
        }
        if (byteCount == 0) {
            return;
        }
        used = true;
        // The condition may change between two steps; each round sees a newer one.
        while (true) {
            if (readLocal(position, target, at, byteCount)) {
                storage.counters().hits.increment();
                return;
            }
            Chunks here = chunks;
            try {
                if (here != null && readChunks(here, position, target, at, byteCount)) {
                    return;
                }
            } catch (ClosedInputException e) {
                // It became local under a request that was to be made again.
                continue;
            }
            if (deleted) {
                throw new NoSuchFileException(
                        describe(), null, "was deleted; see that a reader keeps what it reads");
            }
        }
    }

    boolean answersAtOnce(long position, int byteCount) {
        Chunks here = chunks;
        if (!local && here != null) {
            int last = Chunks.at(position + Math.max(0, byteCount - 1));
            for (int chunk = Chunks.at(position); chunk <= last; chunk++) {
                if (!here.has(chunk)) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean readLocal(long position, byte[] target, int at, int byteCount)
            throws IOException {
        StorageInput input = whole;
        if (input == null && local) {
            input = openWhole();
        }
        if (input == null) {
            return false;
        }
        try {
            input.readFully(position, target, at, byteCount);
            return true;
        } catch (ClosedInputException e) {
            // Evicted, or closed with the last input but one, just now.
            return false;
        }
    }

    @GuardedBy("opening")
    private void closeWhole() throws IOException {
        StorageInput last = whole;
        whole = null;
        if (last != null) {
            last.close();
        }
    }

    private @Nullable StorageInput openWhole() throws IOException {
        synchronized (opening) {
            StorageInput input = whole;
            if (input == null && local) {
                // An interrupt of this reader would close the channel that all readers wait for.
                boolean interrupted = Thread.interrupted();
                try {
                    input = storage.delegate().open(name);
                } finally {
                    if (interrupted) {
                        Thread.currentThread().interrupt();
                    }
                }
                whole = input;
            }
            return input;
        }
    }

    /** False if these chunks are not the file's any more. */
    private boolean readChunks(Chunks here, long position, byte[] target, int at, int byteCount)
            throws IOException {
        boolean missed = false;
        long from = position;
        long end = position + byteCount;
        while (from < end) {
            int chunk = Chunks.at(from);
            int part = (int) (Math.min(end, Chunks.offset(chunk + 1)) - from);
            int to = at + (int) (from - position);
            try {
                if (here.read(from, target, to, part)) {
                    from += part;
                    continue;
                }
            } catch (ClosedInputException e) {
                return false;
            }
            if (chunks != here) {
                return false;
            }
            missed = true;
            Fetch fetch = fetchForReader(here, chunk, Chunks.at(end - 1));
            byte[] bytes = fetch == null ? null : fetch.bytes;
            if (fetch != null && bytes != null) {
                // Straight from the request: the local disk may have refused it.
                int offset = (int) (from - Chunks.offset(fetch.first));
                int count = (int) Math.min(end - from, bytes.length - (long) offset);
                System.arraycopy(bytes, offset, target, to, count);
                from += count;
            }
        }
        (missed ? storage.counters().misses : storage.counters().hits).increment();
        return true;
    }

    /**
     * Fetches the chunk, those behind it that the reader wants too, and some more if the file is
     * read in order; or waits for a thread that does. Null if the chunk is here now.
     */
    private @Nullable Fetch fetchForReader(Chunks here, int chunk, int lastWanted)
            throws IOException {
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
            mine = begin(here, chunk, Math.max(wanted, readAhead));
            lastEnd = mine.end;
        } finally {
            lock.unlock();
        }
        storage.wanted(this);
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
    private Fetch begin(Chunks here, int chunk, int countMax) {
        int end = chunk + 1;
        int endMax = Math.min(Chunks.count(size), chunk + countMax);
        while (end < endMax && !here.has(end) && !fetches.containsKey(end)) {
            end++;
        }
        Fetch fetch = new Fetch(chunk, end);
        for (int i = chunk; i < end; i++) {
            fetches.put(i, fetch);
        }
        return fetch;
    }

    /** Makes the request, and keeps what came if the local disk takes it. */
    private void run(Fetch fetch, Chunks here) throws IOException {
        byte[] bytes = null;
        IOException failure = null;
        try {
            long from = Chunks.offset(fetch.first);
            int byteCount = (int) (Math.min(size, Chunks.offset(fetch.end)) - from);
            byte[] read = new byte[byteCount];
            request(from, read, byteCount);
            bytes = read;
            keep(fetch, here, read);
        } catch (IOException e) {
            failure = e;
            throw e;
        } catch (RuntimeException | Error e) {
            failure =
                    new IOException(
                            "["
                                    + describe()
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
                for (int i = fetch.first; i < fetch.end; i++) {
                    fetches.remove(i);
                }
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void keep(Fetch fetch, Chunks here, byte[] bytes) {
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

    private void request(long from, byte[] target, int byteCount) throws IOException {
        RetryPolicy retry = storage.retry();
        long begin = storage.clock().nanoTime();
        Set<RemoteSource> gone = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int attempts = 1; ; attempts++) {
            RemoteSource source = nextSource(gone);
            storage.counters().remoteRequests.increment();
            try {
                storage.checkRunning(name);
                source.readFully(from, target, 0, byteCount);
                storage.counters().remoteBytes.add(byteCount);
                return;
            } catch (IOException e) {
                if (isGone(e) && gone.add(source) && !gone.containsAll(sources())) {
                    continue;
                }
                long elapsed = storage.clock().nanoTime() - begin;
                long pause = retry.pauseNanos(attempts, storage.random());
                if (!RetryPolicy.isWorthRetrying(e)
                        || deleted
                        || elapsed + pause > retry.deadlineNanos()) {
                    throw failed(source, from, byteCount, attempts, elapsed, e);
                }
                storage.counters().retries.increment();
                storage.pause(name, pause);
            }
        }
    }

    /** The home first, then the copies that may be the next one. */
    private List<RemoteSource> sources() {
        List<RemoteSource> sources = new ArrayList<>();
        RemoteSource first = home;
        if (first != null) {
            sources.add(first);
        }
        sources.addAll(copies.values());
        return sources;
    }

    private RemoteSource nextSource(Set<RemoteSource> gone) throws ClosedInputException {
        List<RemoteSource> sources = sources();
        for (RemoteSource source : sources) {
            if (!gone.contains(source)) {
                return source;
            }
        }
        if (sources.isEmpty()) {
            // It became local for good meanwhile; the caller looks again.
            throw new ClosedInputException("[" + name + "] is local now; read it there");
        }
        return sources.get(0);
    }

    private static boolean isGone(IOException e) {
        return e instanceof FileNotFoundException || e instanceof NoSuchFileException;
    }

    private IOException failed(
            RemoteSource source,
            long from,
            int byteCount,
            int attempts,
            long elapsedNanos,
            IOException cause) {
        if (cause instanceof StorageStoppedException) {
            return cause;
        }
        boolean gone = isGone(cause);
        String what;
        String remedy;
        if (gone) {
            what = "the file is gone from remote storage";
            remedy =
                    "see who deleted it: the files of a checkpoint must stay until the job that was"
                            + " restored from it has taken a checkpoint of its own";
        } else if (RetryPolicy.isWorthRetrying(cause)) {
            what = "remote storage did not give the file within the time";
            remedy = "see that it is there and not overloaded";
        } else {
            what = "remote storage refuses the file";
            remedy = "see the permissions and the address of the checkpoint storage";
        }
        return new IOException(
                "["
                        + name
                        + " at "
                        + source.describe()
                        + "] "
                        + what
                        + ": position="
                        + from
                        + ", byteCount="
                        + byteCount
                        + ", attempts="
                        + attempts
                        + ", millis="
                        + TimeUnit.NANOSECONDS.toMillis(elapsedNanos)
                        + ", cause="
                        + cause
                        + "; "
                        + remedy
                        + ".",
                cause);
    }

    private InterruptedIOException interrupted(@Nullable InterruptedException cause) {
        InterruptedIOException e =
                new InterruptedIOException(
                        "["
                                + describe()
                                + "] interrupted while waiting for remote storage; the task is"
                                + " being stopped, so there is nothing to do");
        if (cause != null) {
            e.initCause(cause);
        }
        return e;
    }

    // ----------------------------------------------------------------------- in the background

    /** Brings the bytes from the position to the end here, with as few requests as can be. */
    void fetchTail(long tailOffset) throws IOException {
        for (int chunk = Chunks.at(tailOffset); chunk < Chunks.count(size); chunk++) {
            Chunks here = chunks;
            if (here == null) {
                return;
            }
            fetchUnlessBusy(here, chunk, MAX_CHUNKS_WANTED);
        }
    }

    /**
     * Brings the next chunks that are missing here.
     *
     * @param from no chunk before this one is missing
     * @return the chunk behind those; the number of chunks if none is missing
     */
    int fetchNext(int from) throws IOException {
        int count = Chunks.count(size);
        for (int chunk = from; chunk < count; chunk++) {
            Chunks here = chunks;
            if (here == null) {
                return count;
            }
            if (!here.has(chunk)) {
                fetchUnlessBusy(here, chunk, MAX_CHUNKS);
                return chunk;
            }
        }
        return count;
    }

    /** If another thread fetches the chunk, waits for it. */
    private void fetchUnlessBusy(Chunks here, int chunk, int countMax) throws IOException {
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
            mine = begin(here, chunk, countMax);
        } finally {
            lock.unlock();
        }
        run(mine, here);
        if (!here.has(chunk) && chunks == here) {
            throw new LocalDiskFullException(
                    "["
                            + describe()
                            + "] the local disk does not take the file: sizeBytes="
                            + size
                            + ", hereBytes="
                            + here.presentBytes()
                            + "; make room in the local directory, or let the state be larger than"
                            + " the disk with placement=remote.");
        }
    }

    // ----------------------------------------------------------------------- change of condition

    /**
     * Makes the file one of the local storage, whole. Fetches what is missing.
     *
     * @throws LocalDiskFullException if there is no room for it
     */
    void makeLocal() throws IOException {
        if (local) {
            return;
        }
        Chunks here = chunks;
        if (here instanceof ChunkFile) {
            int next = 0;
            while (next < Chunks.count(size)) {
                next = fetchNext(next);
            }
        }
        synchronized (changing) {
            if (local || deleted) {
                return;
            }
            Chunks last = chunks;
            if (last instanceof ChunkFile file) {
                if (!storage.delegate().link(name, file.path())) {
                    copyHere();
                }
            } else {
                copyHere();
            }
            local = true;
            chunks = null;
            if (last != null) {
                last.close();
            }
        }
        storage.becameLocal(this);
    }

    @GuardedBy("changing")
    private void copyHere() throws IOException {
        try (StorageOutput output = storage.delegate().create(name)) {
            byte[] buffer = new byte[(int) Math.min(COPY_BYTES, size)];
            for (long position = 0; position < size; ) {
                int count = (int) Math.min(buffer.length, size - position);
                readFully(position, buffer, 0, count);
                output.write(buffer, 0, count);
                position += count;
            }
            output.finish();
        }
    }

    /** The file is on remote storage, too, and stays there until {@link #forgetHome}. */
    void setHome(RemoteSource source) {
        synchronized (changing) {
            home = source;
            copies = Map.of();
        }
    }

    /** Somebody has put the file there, too; it is read there if the home goes. */
    void addCopy(long owner, RemoteSource source) {
        synchronized (changing) {
            if (home != null) {
                Map<Long, RemoteSource> more = new LinkedHashMap<>(copies);
                more.put(owner, source);
                copies = Collections.unmodifiableMap(more);
            }
        }
    }

    void removeCopy(long owner) {
        synchronized (changing) {
            if (copies.containsKey(owner)) {
                Map<Long, RemoteSource> left = new LinkedHashMap<>(copies);
                left.remove(owner);
                copies = Collections.unmodifiableMap(left);
            }
        }
    }

    /** Nobody may rely on the remote file any more. */
    void forgetHome() throws IOException {
        makeLocal();
        synchronized (changing) {
            if (local) {
                home = null;
                copies = Map.of();
            }
        }
    }

    /**
     * Gives up the local copy, if the file has a home.
     *
     * @return bytes that are free now
     */
    long evict(Chunks empty) throws IOException {
        synchronized (changing) {
            if (!local || home == null || deleted) {
                return 0;
            }
            // First, so that a reader that does not find the local copy finds these.
            chunks = empty;
            synchronized (opening) {
                local = false;
                closeWhole();
            }
            storage.delegate().delete(name);
        }
        storage.counters().evictions.increment();
        return size;
    }

    /**
     * The file is not wanted any more; open inputs fail from now on, or later.
     *
     * @return whether it had a local copy
     */
    boolean delete() throws IOException {
        synchronized (changing) {
            deleted = true;
            Chunks here = chunks;
            chunks = null;
            if (here != null) {
                here.close();
            }
            boolean wasLocal = local;
            local = false;
            if (wasLocal) {
                storage.delegate().delete(name);
            }
            return wasLocal;
        }
    }

    /** Gives chunks and maps back; the local copy stays. */
    void release() throws IOException {
        synchronized (changing) {
            deleted = true;
            Chunks here = chunks;
            chunks = null;
            try {
                if (here != null) {
                    here.close();
                }
            } finally {
                synchronized (opening) {
                    closeWhole();
                }
            }
        }
    }

    @Override
    public String toString() {
        return describe();
    }
}
