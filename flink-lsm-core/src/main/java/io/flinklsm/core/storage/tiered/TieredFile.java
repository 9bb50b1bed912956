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
import io.flinklsm.core.storage.FileRanges;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageOutput;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
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

    private static final int COPY_BYTES = 1 << 20;

    // Immutable.
    private final TieredStorage storage;
    private final String name;
    private final long size;

    private final LocalCopy copy;
    private final RemotePlaces places;
    private final ChunkFetches fetches;

    /** Held while the condition changes. */
    private final Object changing = new Object();

    // Written while `changing` is held, read by any thread.
    private volatile @Nullable Chunks chunks;
    private volatile boolean deleted;

    /** Whether the file was read since the hand of the clock passed by. */
    private volatile boolean used;

    private TieredFile(
            TieredStorage storage,
            String name,
            long size,
            @Nullable RemoteSource home,
            @Nullable Chunks chunks) {
        if (size < 0) {
            throw new IllegalArgumentException("a file has fewer bytes than none: size=" + size);
        }
        this.storage = storage;
        this.name = name;
        this.size = size;
        this.chunks = chunks;
        copy = new LocalCopy(storage.delegate(), name, chunks == null);
        places = new RemotePlaces(storage.requests(), name, home);
        fetches = new ChunkFetches(storage, this, places);
    }

    /**
     * @param home null if it {@link #wasUploadedEarly} alone
     */
    static TieredFile remote(
            TieredStorage storage,
            String name,
            long size,
            @Nullable RemoteSource home,
            Chunks chunks) {
        return new TieredFile(storage, name, size, home, chunks);
    }

    static TieredFile local(TieredStorage storage, String name, long size) {
        return new TieredFile(storage, name, size, null, null);
    }

    String name() {
        return name;
    }

    long size() {
        return size;
    }

    boolean isLocal() {
        return copy.isPresent();
    }

    boolean isDeleted() {
        return deleted;
    }

    @Nullable RemoteSource home() {
        return places.home();
    }

    EarlyUpload.@Nullable Uploaded early() {
        return places.early();
    }

    /** Bytes that are on the local disk. */
    long localBytes() {
        Chunks here = chunks;
        return isLocal() ? size : here == null ? 0 : here.presentBytes();
    }

    boolean takeUsed() {
        boolean was = used;
        used = false;
        return was;
    }

    String describe() {
        RemoteSource source = places.home() == null ? places.early() : places.home();
        return isLocal() || source == null
                ? storage.delegate().describe(name)
                : name + " at " + source.describe();
    }

    // -------------------------------------------------------------------------------------- read

    void opened() {
        copy.opened();
    }

    void closed() throws IOException {
        if (copy.closed()) {
            fetches.forgetStreams();
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
        markUsed();
        // The condition may change between two steps; each round sees a newer one.
        while (true) {
            if (copy.read(position, target, at, byteCount)) {
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

    /** False if the file is not on the local disk, or went just now: read one by one then. */
    boolean readFromCopy(FileRanges ranges, byte[] target) throws IOException {
        if (!copy.read(ranges, target)) {
            return false;
        }
        markUsed();
        storage.counters().hits.add(ranges.count());
        return true;
    }

    /** Not if the ranges might be fetched from remote storage, each for itself. */
    boolean readsTogether() {
        return copy.readsTogether();
    }

    /** A store for each read would hold up the reads behind it. */
    private void markUsed() {
        if (!used) {
            used = true;
        }
    }

    boolean answersAtOnce(long position, int byteCount) {
        Chunks here = chunks;
        if (!isLocal() && here != null) {
            int last = Chunks.at(position + Math.max(0, byteCount - 1));
            for (int chunk = Chunks.at(position); chunk <= last; chunk++) {
                if (!here.has(chunk) && fetches.streamed(chunk) == null) {
                    return false;
                }
            }
        }
        return true;
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
            ChunkFetches.Fetch fetch = fetches.streamed(chunk);
            if (fetch == null) {
                missed = true;
                fetch = fetches.forReader(here, chunk, Chunks.at(end - 1));
            }
            byte[] bytes = fetch == null ? null : fetch.bytes;
            if (fetch != null && bytes != null) {
                // Straight from the request: the local disk may have refused it.
                int offset = (int) (from - Chunks.offset(fetch.first));
                int count = (int) Math.min(end - from, bytes.length - (long) offset);
                Invariants.check(
                        offset >= 0 && count > 0,
                        "a fetch does not have what it was made for",
                        "offset",
                        offset,
                        "count",
                        count);
                System.arraycopy(bytes, offset, target, to, count);
                from += count;
                if (offset + count == bytes.length) {
                    fetches.readToTheEnd(fetch, here);
                }
            }
        }
        (missed ? storage.counters().misses : storage.counters().hits).increment();
        return true;
    }

    // ----------------------------------------------------------------------- in the background

    /** Brings the bytes from the position to the end here, with as few requests as can be. */
    void fetchTail(long tailOffset) throws IOException {
        Invariants.check(
                tailOffset >= 0 && tailOffset <= size,
                "a tail lies outside its file",
                "tailOffset",
                tailOffset,
                "size",
                size);
        for (int chunk = Chunks.at(tailOffset); chunk < Chunks.count(size); chunk++) {
            Chunks here = chunks;
            if (here == null) {
                return;
            }
            bring(here, chunk, ChunkFetches.MAX_CHUNKS_WANTED);
        }
    }

    /** Brings the chunks that are missing here, from the first to before the last. */
    void fetch(int from, int to) throws IOException {
        Invariants.check(
                from >= 0 && from <= to && to <= Chunks.count(size),
                "chunks are fetched that a file does not have",
                "from",
                from,
                "to",
                to);
        for (int chunk = from; chunk < to; chunk++) {
            Chunks here = chunks;
            if (here == null) {
                return;
            }
            if (!here.has(chunk)) {
                bring(here, chunk, Math.min(to - chunk, ChunkFetches.MAX_CHUNKS));
            }
        }
    }

    private void bring(Chunks here, int chunk, int countMax) throws IOException {
        fetches.bring(here, chunk, countMax);
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
        if (isLocal()) {
            return;
        }
        Chunks here = chunks;
        if (here instanceof ChunkFile) {
            fetch(0, Chunks.count(size));
        }
        synchronized (changing) {
            if (isLocal() || deleted) {
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
            storage.countLocal(size);
            copy.appeared();
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
            places.settle(source);
        }
        // Requests that are under way there find the file at home when they are made again.
        places.deleteEarly();
    }

    /**
     * Uploads a local file without a home, so that it may be evicted.
     *
     * @return whether it was
     */
    boolean uploadEarly(EarlyUpload upload) throws IOException {
        synchronized (changing) {
            if (!isLocal() || deleted || places.isSomewhere()) {
                return false;
            }
            try (StorageInput input = storage.delegate().open(name)) {
                EarlyUpload.Uploaded uploaded = upload.upload(name, input);
                if (uploaded == null) {
                    return false;
                }
                places.uploadedEarly(uploaded);
            }
        }
        storage.counters().earlyUploads.increment();
        return true;
    }

    /** The file was uploaded while it was written. */
    void wasUploadedEarly(EarlyUpload.Uploaded uploaded) {
        places.uploadedEarly(uploaded);
    }

    /** The file was put there, too; it is read there if the home goes. */
    void addCopy(long owner, RemoteSource source) {
        places.addCopy(owner, source);
    }

    void removeCopy(long owner) {
        places.removeCopy(owner);
    }

    /** No reader may rely on the remote file any more. */
    void forgetHome() throws IOException {
        makeLocal();
        synchronized (changing) {
            if (isLocal()) {
                places.forget();
                if (places.isPromised()) {
                    places.deleteEarly();
                }
            }
        }
    }

    /** Whether the file may be read where a checkpoint has it, and goes when that does. */
    boolean isPromised() {
        return places.isPromised();
    }

    /** Whether the local copy may go: the file is read elsewhere then. */
    boolean isSomewhere() {
        return places.isSomewhere();
    }

    /**
     * Gives up the local copy, if the file has a home.
     *
     * @return bytes that are free now
     */
    long evict(Chunks empty) throws IOException {
        synchronized (changing) {
            if (!isLocal() || !places.isSomewhere() || deleted) {
                return 0;
            }
            // First, so that a reader that does not find the local copy finds these.
            chunks = empty;
            copy.evict();
            storage.countLocal(-size);
        }
        storage.counters().evictions.increment();
        return size;
    }

    /** The file is not wanted any more; open inputs fail from now on, or later. */
    void delete() throws IOException {
        synchronized (changing) {
            deleted = true;
            places.abandon();
            fetches.forgetStreams();
            Chunks here = chunks;
            chunks = null;
            try {
                if (here != null) {
                    here.close();
                }
                if (copy.delete()) {
                    storage.countLocal(-size);
                }
            } finally {
                places.deleteEarly();
            }
        }
    }

    /** Gives chunks and maps back; the local copy stays. */
    void release() throws IOException {
        synchronized (changing) {
            deleted = true;
            places.abandon();
            Chunks here = chunks;
            chunks = null;
            fetches.forgetStreams();
            places.deleteEarly();
            try {
                if (here != null) {
                    here.close();
                }
            } finally {
                copy.release();
            }
        }
    }

    @Override
    public String toString() {
        return describe();
    }
}
