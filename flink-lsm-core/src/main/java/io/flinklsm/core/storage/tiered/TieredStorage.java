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
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.storage.RetryPolicy;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageNames;
import io.flinklsm.core.storage.StorageOutput;
import io.flinklsm.core.storage.StorageStoppedException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A local storage whose files may be on remote storage, too, or there alone: the local disk is a
 * cache of them. Who reads does not know which; see {@link TieredFile} for the three conditions.
 * Safe for any thread.
 *
 * <p>Two placements. <em>Local</em>: what was adopted is fetched in the background until it is an
 * ordinary local file, and nothing is evicted. <em>Remote</em>: files stay on remote storage, and
 * local copies and chunks take as much of the disk as the options allow, half of it each. A file
 * without a home cannot be evicted; if such files alone take more, they are uploaded early, by the
 * thread that wants the room.
 *
 * <p>A <em>home</em> is a remote file that others promise to keep. The caller that gives one with
 * {@link #adopt} or {@link #setHome} takes it back with {@link #forgetHome} before the promise
 * ends.
 */
public final class TieredStorage implements Storage, AutoCloseable {

    /** Below this much free space on the disk, what can be evicted is. */
    private static final long MIN_FREE_BYTES = 64L << 20;

    // Immutable.
    private final Storage delegate;
    private final Path directory;
    private final TieredOptions options;
    private final Clock clock;
    private final RandomGenerator random;
    private final FetchMemory memory;
    private final @Nullable EarlyUpload earlyUpload;
    private final TieredCounters counters = new TieredCounters();

    // Safe for any thread.
    private final Map<String, TieredFile> files = new ConcurrentHashMap<>();
    private final AtomicLong localBytes = new AtomicLong();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition stop = lock.newCondition();

    /** Local files that have a home, as a clock. */
    @GuardedBy("lock")
    private final ArrayDeque<TieredFile> evictable = new ArrayDeque<>();

    /** Local files that are nowhere else yet, in the order in which they were written. */
    @GuardedBy("lock")
    private final LinkedHashSet<TieredFile> alone = new LinkedHashSet<>();

    /** Adopted files and where their tails begin, until they are handed to the background. */
    @GuardedBy("lock")
    private final Map<TieredFile, Long> adopted = new LinkedHashMap<>();

    @GuardedBy("lock")
    private @Nullable ChunkCache cache;

    private volatile @Nullable BackgroundFetch background;
    private volatile boolean stopped;

    /**
     * @param delegate the local files
     * @param directory where they are, on the same file system; chunks are kept there under hidden
     *     names
     * @param random spreads retries
     */
    public TieredStorage(
            Storage delegate,
            Path directory,
            TieredOptions options,
            Clock clock,
            RandomGenerator random) {
        this(delegate, directory, options, clock, random, FetchMemory.UNLIMITED, null);
    }

    /**
     * @param delegate the local files
     * @param directory where they are, on the same file system; chunks are kept there under hidden
     *     names
     * @param random spreads retries
     * @param memory for what comes from remote storage
     * @param earlyUpload for local files that no checkpoint has, if these take more of the disk
     *     than the options allow; null if they have to stay
     */
    public TieredStorage(
            Storage delegate,
            Path directory,
            TieredOptions options,
            Clock clock,
            RandomGenerator random,
            FetchMemory memory,
            @Nullable EarlyUpload earlyUpload) {
        this.delegate = delegate;
        this.directory = directory;
        this.options = options;
        this.clock = clock;
        this.random = random;
        this.memory = memory;
        this.earlyUpload = earlyUpload;
    }

    // ------------------------------------------------------------------------------ remote files

    /**
     * Takes in a file that is on remote storage; no byte of it is read before it is wanted.
     *
     * @param tailOffset from here to the end is read when the file is opened
     * @throws FileAlreadyExistsException if the name is in use
     */
    public void adopt(String name, long sizeBytes, long tailOffset, RemoteSource home)
            throws IOException {
        StorageNames.check(name);
        if (sizeBytes < 1 || tailOffset < 0 || tailOffset > sizeBytes) {
            throw new IllegalArgumentException(
                    "["
                            + name
                            + "] not a file with a tail: sizeBytes="
                            + sizeBytes
                            + ", tailOffset="
                            + tailOffset);
        }
        TieredFile file =
                TieredFile.remote(this, name, sizeBytes, home, newChunks(name, sizeBytes));
        if (delegate.exists(name) || files.putIfAbsent(name, file) != null) {
            file.release();
            throw new FileAlreadyExistsException(name, null, "is there; use a name once");
        }
        lock.lock();
        try {
            adopted.put(file, tailOffset);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Begins to bring the adopted files here, in the order in which they were adopted; with
     * placement remote their tails alone. Call it once, when all are adopted.
     *
     * @param executor runs tasks on other threads; if it runs them on this one, nothing is fetched
     *     but what readers want
     * @param workers how many requests may be under way
     */
    public void startFetching(Executor executor, int workers, TieredListener listener) {
        BackgroundFetch fetch = new BackgroundFetch(this, executor, listener, options.evicts());
        lock.lock();
        try {
            adopted.forEach(fetch::add);
            adopted.clear();
        } finally {
            lock.unlock();
        }
        background = fetch;
        fetch.start(workers);
    }

    /** Names of files with a home, wherever their bytes are: each may be read there. */
    public Set<String> namesWithHome() {
        Set<String> names = new LinkedHashSet<>();
        for (TieredFile file : files.values()) {
            if (file.home() != null) {
                names.add(file.name());
            }
        }
        return names;
    }

    /**
     * A checkpoint has the file, under this address, for as long as {@link #forgetHome} is not
     * called: its local copy may be evicted. Nothing happens with placement local, or if there is
     * no such file.
     */
    public void setHome(String name, RemoteSource home) {
        TieredFile file = files.get(name);
        if (file != null && options.evicts()) {
            boolean had = file.isSomewhere();
            file.setHome(home);
            if (!had) {
                becameEvictable(file);
            }
        }
    }

    /**
     * The file's remote home may go: makes it a local file first, which may take as long as reading
     * all of it. Nothing happens if it has no home.
     *
     * @throws LocalDiskFullException if there is no room for it
     */
    public void forgetHome(String name) throws IOException {
        TieredFile file = files.get(name);
        if (file != null && file.home() != null) {
            file.forgetHome();
        }
    }

    /** Whether files with a home need not be local ones. */
    public boolean staysRemote() {
        return options.evicts();
    }

    /**
     * The file is in another place as well, which may become its home; until then it is read there
     * if the home is gone. Nothing happens if it has no home.
     *
     * @param owner who has put it there
     */
    public void addCopy(String name, long owner, RemoteSource copy) {
        TieredFile file = files.get(name);
        if (file != null) {
            file.addCopy(owner, copy);
        }
    }

    /** What the owner has put somewhere is not there any more. */
    public void removeCopies(long owner) {
        files.values().forEach(file -> file.removeCopy(owner));
    }

    public TieredStats stats() {
        int remoteFiles = 0;
        long missingBytes = 0;
        long chunkBytes = 0;
        for (TieredFile file : files.values()) {
            if (!file.isLocal()) {
                long here = file.localBytes();
                remoteFiles++;
                missingBytes += Math.max(0, file.size() - here);
                chunkBytes += here;
            }
        }
        return new TieredStats(
                counters.hits.sum(),
                counters.misses.sum(),
                counters.remoteRequests.sum(),
                counters.remoteBytes.sum(),
                counters.retries.sum(),
                counters.notKept.sum(),
                counters.evictions.sum(),
                counters.earlyUploads.sum(),
                remoteFiles,
                missingBytes,
                localBytes.get() + chunkBytes);
    }

    /** From now on no request is made; who waits for one is told. Idempotent. */
    public void stop() {
        stopped = true;
        BackgroundFetch fetch = background;
        if (fetch != null) {
            fetch.stop();
        }
        lock.lock();
        try {
            stop.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Gives chunks back; local files stay. When no reader is left. */
    @Override
    public void close() throws IOException {
        stop();
        List<AutoCloseable> parts = new ArrayList<>();
        for (TieredFile file : files.values()) {
            parts.add(file::release);
        }
        lock.lock();
        try {
            if (cache != null) {
                parts.add(cache);
            }
        } finally {
            lock.unlock();
        }
        Cleanup.closeAll(parts);
    }

    // ----------------------------------------------------------------------------------- Storage

    @Override
    public StorageOutput create(String name) throws IOException {
        if (files.containsKey(name)) {
            throw new FileAlreadyExistsException(
                    describe(name), null, "is on remote storage; use a name once");
        }
        if (!options.evicts()) {
            return delegate.create(name);
        }
        makeRoom(0);
        return new CountedOutput(delegate.create(name), name);
    }

    @Override
    public boolean link(String name, Path file) throws IOException {
        if (!delegate.link(name, file)) {
            return false;
        }
        if (options.evicts()) {
            track(name, delegate.size(name));
        }
        return true;
    }

    @Override
    public boolean linkTo(String name, Path target) throws IOException {
        return delegate.linkTo(name, target);
    }

    @Override
    public StorageInput open(String name) throws IOException {
        TieredFile file = files.get(name);
        return file == null || !(options.evicts() || !file.isLocal())
                ? delegate.open(name)
                : new TieredInput(file);
    }

    @Override
    public boolean answersAtOnce(String name) {
        TieredFile file = files.get(name);
        return file == null || file.isLocal();
    }

    @Override
    public long size(String name) throws IOException {
        TieredFile file = files.get(name);
        return file == null ? delegate.size(name) : file.size();
    }

    @Override
    public boolean exists(String name) throws IOException {
        return files.containsKey(name) || delegate.exists(name);
    }

    @Override
    public void delete(String name) throws IOException {
        TieredFile file = files.get(name);
        if (file == null) {
            delegate.delete(name);
            return;
        }
        boolean wasLocal = file.delete();
        files.remove(name);
        if (wasLocal && options.evicts()) {
            localBytes.addAndGet(-file.size());
        }
        lock.lock();
        try {
            evictable.remove(file);
            alone.remove(file);
            adopted.remove(file);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<String> list() throws IOException {
        Set<String> names = new LinkedHashSet<>(delegate.list());
        names.addAll(files.keySet());
        return new ArrayList<>(names);
    }

    @Override
    public String describe(String name) {
        TieredFile file = files.get(StorageNames.check(name));
        return file == null ? delegate.describe(name) : file.describe();
    }

    // --------------------------------------------------------------------------------- for files

    Storage delegate() {
        return delegate;
    }

    TieredCounters counters() {
        return counters;
    }

    RetryPolicy retry() {
        return options.retry();
    }

    FetchMemory memory() {
        return memory;
    }

    Clock clock() {
        return clock;
    }

    RandomGenerator random() {
        return random;
    }

    boolean isStopped() {
        return stopped;
    }

    void checkRunning(String name) throws StorageStoppedException {
        if (stopped) {
            throw new StorageStoppedException(
                    "["
                            + name
                            + "] remote storage is not read any more: the store is being closed, so"
                            + " there is nothing to do");
        }
    }

    /** Waits before a request is made again. */
    void pause(String name, long nanos) throws IOException {
        lock.lock();
        try {
            long left = nanos;
            while (left > 0 && !stopped) {
                left = stop.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException)
                    new InterruptedIOException(
                                    "["
                                            + name
                                            + "] interrupted while waiting for remote storage; the"
                                            + " task is being stopped, so there is nothing to do")
                            .initCause(e);
        } finally {
            lock.unlock();
        }
        checkRunning(name);
    }

    /** A reader had to wait for the file. */
    void wanted(TieredFile file) {
        BackgroundFetch fetch = background;
        if (fetch != null) {
            fetch.wanted(file);
        }
    }

    void becameLocal(TieredFile file) throws IOException {
        if (options.evicts()) {
            localBytes.addAndGet(file.size());
            if (file.isSomewhere()) {
                becameEvictable(file);
            }
        } else {
            // An ordinary file from now on; inputs that are open go on through this one.
            files.remove(file.name(), file);
        }
    }

    // ---------------------------------------------------------------------------------- eviction

    private void track(String name, long sizeBytes) throws IOException {
        TieredFile file = TieredFile.local(this, name, sizeBytes);
        files.put(name, file);
        localBytes.addAndGet(sizeBytes);
        lock.lock();
        try {
            alone.add(file);
        } finally {
            lock.unlock();
        }
        makeRoom(0);
    }

    private void becameEvictable(TieredFile file) {
        lock.lock();
        try {
            alone.remove(file);
            evictable.addLast(file);
        } finally {
            lock.unlock();
        }
        try {
            makeRoom(0);
        } catch (IOException e) {
            // It is tried again with the next file; what is not evicted is only more than wanted.
            counters.notKept.increment();
        }
    }

    /** Evicts until local files take no more than their half, less the bytes. */
    private void makeRoom(long bytes) throws IOException {
        long limit = options.cacheBytes() / 2 - bytes;
        while (localBytes.get() > limit || isDiskFull()) {
            TieredFile victim = nextVictim();
            if (victim == null) {
                victim = uploadEarly();
            }
            if (victim == null) {
                return;
            }
            long freed = victim.evict(newChunks(victim.name(), victim.size()));
            localBytes.addAndGet(-freed);
        }
    }

    /**
     * Uploads the oldest local file that is nowhere else.
     *
     * @return the file; null if there is none, or it cannot be uploaded now
     */
    private @Nullable TieredFile uploadEarly() {
        EarlyUpload upload = earlyUpload;
        if (upload == null || stopped) {
            return null;
        }
        while (true) {
            TieredFile oldest;
            lock.lock();
            try {
                Iterator<TieredFile> files = alone.iterator();
                if (!files.hasNext()) {
                    return null;
                }
                oldest = files.next();
                files.remove();
            } finally {
                lock.unlock();
            }
            try {
                if (oldest.uploadEarly(upload)) {
                    return oldest;
                }
            } catch (IOException | RuntimeException e) {
                // More than is wanted stays on the disk; if it is full, the write that wants room
                // says so.
                counters.notKept.increment();
                lock.lock();
                try {
                    alone.add(oldest);
                } finally {
                    lock.unlock();
                }
                return null;
            }
        }
    }

    private boolean isDiskFull() {
        return directory.toFile().getUsableSpace() < MIN_FREE_BYTES;
    }

    private @Nullable TieredFile nextVictim() {
        lock.lock();
        try {
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
        } finally {
            lock.unlock();
        }
    }

    private Chunks newChunks(String name, long sizeBytes) throws IOException {
        if (!options.evicts()) {
            return ChunkFile.create(directory.resolve("." + name + ".chunks"), sizeBytes);
        }
        lock.lock();
        try {
            if (cache == null) {
                cache =
                        ChunkCache.create(
                                directory.resolve(".chunks"), options.cacheBytes() / 2, counters);
            }
            return cache.open(sizeBytes);
        } finally {
            lock.unlock();
        }
    }

    /** Tells when the file is there, and makes room for it while it is written. */
    private final class CountedOutput implements StorageOutput {

        private static final long STEP_BYTES = 1 << 20;

        private final StorageOutput output;
        private final String name;
        private long nextStep = STEP_BYTES;

        CountedOutput(StorageOutput output, String name) {
            this.output = output;
            this.name = name;
        }

        @Override
        public void write(byte[] bytes, int from, int byteCount) throws IOException {
            output.write(bytes, from, byteCount);
            if (output.position() >= nextStep) {
                nextStep = output.position() + STEP_BYTES;
                makeRoom(output.position());
            }
        }

        @Override
        public long position() {
            return output.position();
        }

        @Override
        public void finish() throws IOException {
            output.finish();
            track(name, output.position());
        }

        @Override
        public void close() throws IOException {
            output.close();
        }
    }

    /** For tests: every file that may be evicted is. */
    void evictAll() throws IOException {
        Collection<TieredFile> all;
        lock.lock();
        try {
            all = List.copyOf(evictable);
            evictable.clear();
        } finally {
            lock.unlock();
        }
        for (TieredFile file : all) {
            localBytes.addAndGet(-file.evict(newChunks(file.name(), file.size())));
        }
    }

    /** For tests: a remote file becomes a local one. */
    void makeLocal(String name) throws IOException {
        TieredFile file = files.get(name);
        if (file != null) {
            file.makeLocal();
        }
    }
}
