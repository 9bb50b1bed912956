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
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageNames;
import io.flinklsm.core.storage.StorageOutput;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
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
 * thread that wants the room. What a compaction makes of remote files is uploaded while it is
 * written.
 *
 * <p>{@link DiskRoom} says what gives way on the disk, {@link RemoteRequests} what requests have in
 * common, and a {@link TieredFile} where the bytes of one file are.
 *
 * <p>A <em>home</em> is a remote file that others promise to keep. The caller that gives one with
 * {@link #adopt} or {@link #setHome} takes it back with {@link #forgetHome} before the promise
 * ends.
 */
public final class TieredStorage implements Storage, AutoCloseable {

    // Immutable.
    private final Storage delegate;
    private final TieredOptions options;
    private final RemoteRequests requests;
    private final DiskRoom room;
    private final @Nullable EarlyUpload earlyUpload;

    // Safe for any thread.
    private final Map<String, TieredFile> files = new ConcurrentHashMap<>();

    /** Adopted files and where their tails begin, until they are handed to the background. */
    @GuardedBy("adopted")
    private final Map<TieredFile, Long> adopted = new LinkedHashMap<>();

    private volatile @Nullable BackgroundFetch background;

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
     * @param earlyUpload for files that no checkpoint has: local ones that take more of the disk
     *     than the options allow, and those that are written in place of remote ones; null if they
     *     have to stay
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
        this.options = options;
        this.requests = new RemoteRequests(options.retry(), clock, random, memory);
        this.earlyUpload = earlyUpload;
        this.room = new DiskRoom(directory, options, requests, earlyUpload);
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
                TieredFile.remote(this, name, sizeBytes, home, room.newChunks(name, sizeBytes));
        if (delegate.exists(name) || files.putIfAbsent(name, file) != null) {
            file.release();
            throw new FileAlreadyExistsException(name, null, "is there; use a name once");
        }
        synchronized (adopted) {
            adopted.put(file, tailOffset);
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
        synchronized (adopted) {
            adopted.forEach(fetch::add);
            adopted.clear();
        }
        background = fetch;
        fetch.start(workers);
    }

    /**
     * Names of files with a home, wherever their bytes are, and of those that were uploaded early
     * and are in a checkpoint: each may be read there.
     */
    public Set<String> namesWithHome() {
        Set<String> names = new LinkedHashSet<>();
        for (TieredFile file : files.values()) {
            if (file.isPromised()) {
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
                room.becameEvictable(file);
            }
        }
    }

    /**
     * The file's remote home may go, or where it was uploaded early and is in a checkpoint: makes
     * it a local file first, which may take as long as reading all of it. Nothing happens if it is
     * in neither place.
     *
     * @throws LocalDiskFullException if there is no room for it
     */
    public void forgetHome(String name) throws IOException {
        TieredFile file = files.get(name);
        if (file != null && file.isPromised()) {
            file.forgetHome();
        }
    }

    /** Files that are where they were uploaded early, by their names. */
    public Map<String, EarlyUpload.Uploaded> allEarly() {
        Map<String, EarlyUpload.Uploaded> uploads = new LinkedHashMap<>();
        for (TieredFile file : files.values()) {
            EarlyUpload.Uploaded uploaded = file.early();
            if (uploaded != null) {
                uploads.put(file.name(), uploaded);
            }
        }
        return uploads;
    }

    /** Where the file was uploaded early; null if it was not, or is not needed there any more. */
    public EarlyUpload.@Nullable Uploaded early(String name) {
        TieredFile file = files.get(name);
        return file == null ? null : file.early();
    }

    /** Whether files with a home need not be local ones. */
    public boolean staysRemote() {
        return options.evicts();
    }

    /**
     * The file is in another place as well, which may become its home; until then it is read there
     * if the home is gone. Nothing happens if it is not one of {@link #namesWithHome}.
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
        TieredCounters counters = requests.counters();
        return new TieredStats(
                counters.hits.sum(),
                counters.misses.sum(),
                new TieredStats.Requests(
                        counters.remoteRequests.sum(),
                        counters.remoteBytes.sum(),
                        counters.retries.sum()),
                counters.notKept.sum(),
                counters.evictions.sum(),
                counters.earlyUploads.sum(),
                counters.remoteOutputs.sum(),
                new TieredStats.Contents(
                        remoteFiles, missingBytes, room.localBytes() + chunkBytes));
    }

    /** From now on no request is made; who waits for one is told. Idempotent. */
    public void stop() {
        requests.stop();
        BackgroundFetch fetch = background;
        if (fetch != null) {
            fetch.stop();
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
        ChunkCache cache = room.cache();
        if (cache != null) {
            parts.add(cache);
        }
        Cleanup.closeAll(parts);
    }

    // ----------------------------------------------------------------------------------- Storage

    @Override
    public StorageOutput create(String name) throws IOException {
        return create(name, List.of());
    }

    /**
     * With placement remote, a file that takes the place of files that are not here is written to
     * remote storage at once, and to the local disk as well as long as there is room.
     */
    @Override
    public StorageOutput create(String name, Collection<String> replaced) throws IOException {
        if (files.containsKey(name)) {
            throw new FileAlreadyExistsException(
                    describe(name), null, "is on remote storage; use a name once");
        }
        if (!options.evicts()) {
            return delegate.create(name);
        }
        room.makeRoom(0);
        EarlyUpload upload = areRemote(replaced) && !requests.isStopped() ? earlyUpload : null;
        return new TieredOutput(this, room, name, delegate.create(name), upload);
    }

    @Override
    public boolean link(String name, Path file) throws IOException {
        if (!delegate.link(name, file)) {
            return false;
        }
        if (options.evicts()) {
            track(name, delegate.size(name), true, null);
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
        file.delete();
        files.remove(name);
        room.remove(file);
        synchronized (adopted) {
            adopted.remove(file);
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
        return requests.counters();
    }

    RemoteRequests requests() {
        return requests;
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
            room.addFetched(file);
        } else {
            // An ordinary file from now on; inputs that are open go on through this one.
            files.remove(file.name(), file);
        }
    }

    /** Local files take so many bytes more, or less. */
    void countLocal(long bytes) {
        room.count(bytes);
    }

    /**
     * A file was written: to the local disk, to remote storage, or to both.
     *
     * @param uploaded is deleted if this fails
     */
    void track(
            String name, long sizeBytes, boolean isLocal, EarlyUpload.@Nullable Uploaded uploaded)
            throws IOException {
        Invariants.check(isLocal || uploaded != null, "a file is nowhere", "sizeBytes", sizeBytes);
        TieredFile file = isLocal ? TieredFile.local(this, name, sizeBytes) : null;
        if (file == null) {
            try {
                Chunks chunks = room.newChunks(name, sizeBytes);
                file = TieredFile.remote(this, name, sizeBytes, null, chunks);
            } finally {
                if (file == null && uploaded != null) {
                    uploaded.delete();
                }
            }
        }
        if (uploaded != null) {
            file.wasUploadedEarly(uploaded);
        }
        if (isLocal) {
            // Before another thread can find the file and delete it.
            room.count(sizeBytes);
        }
        files.put(name, file);
        if (isLocal && uploaded == null) {
            room.addWritten(file);
        } else if (isLocal) {
            room.becameEvictable(file);
        }
    }

    /** Whether most bytes of the files are on remote storage alone. */
    private boolean areRemote(Collection<String> names) {
        long bytes = 0;
        long remoteBytes = 0;
        for (String name : names) {
            TieredFile file = files.get(name);
            if (file != null) {
                bytes += file.size();
                remoteBytes += file.isLocal() ? 0 : file.size();
            }
        }
        return 2 * remoteBytes > bytes;
    }

    /** For tests: every file that may be evicted is. */
    void evictAll() throws IOException {
        room.evictAll();
    }

    /** For tests: a remote file becomes a local one. */
    void makeLocal(String name) throws IOException {
        TieredFile file = files.get(name);
        if (file != null) {
            file.makeLocal();
        }
    }
}
