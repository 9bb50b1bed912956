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
package io.flinklsm.inspect.source;

import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageOutput;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filemerging.SegmentFileStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.memory.ByteStreamStateHandle;
import org.jspecify.annotations.Nullable;

/**
 * The files of one subtask's store, wherever they are; only for reading. A file that is not where
 * the checkpoint says is looked for beside the checkpoint, so that a copied checkpoint opens. Safe
 * for any thread.
 */
public final class SourceStorage implements Storage {

    /** The last bytes of a file, which say where its footer begins, are less. */
    private static final int MIN_END_BYTES = 16;

    private static final int MAX_END_BYTES = 64 << 10;

    private final AtomicReference<@Nullable End> lastEnd = new AtomicReference<>();

    private final Map<String, SourceFile> files;
    private final @Nullable Path home;
    private final AtomicLong bytesRead = new AtomicLong();

    /** By name: the location that was opened last. */
    private final Map<String, String> readFrom = new ConcurrentHashMap<>();

    /**
     * @param home the directory of the checkpoint
     */
    SourceStorage(Map<String, SourceFile> files, @Nullable Path home) {
        this.files = Map.copyOf(files);
        this.home = home;
    }

    /**
     * A single file of a checkpoint, under a name that the caller gives it.
     *
     * @param home the directory of the checkpoint
     */
    public static SourceStorage of(String name, StreamStateHandle handle, Path home) {
        return new SourceStorage(
                Map.of(name, CheckpointReader.file(name, handle, false, home)), home);
    }

    /** By the names in the manifest. */
    public Map<String, SourceFile> files() {
        return files;
    }

    /** Bytes that were read through this storage so far. */
    public long bytesRead() {
        return bytesRead.get();
    }

    @Override
    public StorageInput open(String name) throws IOException {
        HandleInput input = open(file(name));
        readFrom.put(name, input.location());
        return new EndInput(name, input);
    }

    private HandleInput open(SourceFile file) throws IOException {
        StreamStateHandle handle = file.handle();
        if (handle instanceof SegmentFileStateHandle segment) {
            FileStatus status = found(file, segment.getFilePath());
            return new HandleInput(
                    opened(file, status),
                    Locations.display(status.getPath()),
                    segment.getStartPos(),
                    Math.min(
                            segment.getStateSize(),
                            Math.max(0, status.getLen() - segment.getStartPos())),
                    bytesRead);
        }
        if (handle instanceof FileStateHandle plain) {
            FileStatus status = found(file, plain.getFilePath());
            return new HandleInput(
                    opened(file, status),
                    Locations.display(status.getPath()),
                    0,
                    status.getLen(),
                    bytesRead);
        }
        if (handle instanceof ByteStreamStateHandle) {
            // Its bytes stand in the metadata.
            return new HandleInput(
                    handle.openInputStream(), file.location(), 0, file.sizeBytes(), bytesRead);
        }
        throw InspectException.unreadable(
                "["
                        + file.location()
                        + "] a kind of file that this program does not open: handle="
                        + handle.getClass().getSimpleName()
                        + "; look at it with a newer version.");
    }

    private FileStatus found(SourceFile file, Path named) throws IOException {
        FileStatus status = find(named);
        if (status == null) {
            throw missing(file);
        }
        return status;
    }

    private FSDataInputStream opened(SourceFile file, FileStatus status) throws IOException {
        try {
            return Locations.open(status);
        } catch (FileNotFoundException e) {
            throw missing(file);
        }
    }

    /**
     * @throws InspectException if the whole checkpoint has gone: then the file is not what is wrong
     */
    private NoSuchFileException missing(SourceFile file) throws IOException {
        if (home != null) {
            MetadataFile.checkStillThere(home);
        }
        return new NoSuchFileException(file.location());
    }

    private @Nullable FileStatus find(Path named) throws IOException {
        // Another host or bucket is never asked: the writer of the metadata chose its name.
        FileStatus status =
                home == null || Locations.sameOrigin(named, home) ? Locations.status(named) : null;
        if (status != null || home == null) {
            return status;
        }
        Path shared = new Path(home.getParent(), "shared");
        for (Path directory : List.of(home, shared)) {
            status = Locations.status(new Path(directory, named.getName()));
            if (status != null) {
                return status;
            }
        }
        return null;
    }

    private SourceFile file(String name) throws IOException {
        SourceFile file = files.get(name);
        if (file == null) {
            throw new NoSuchFileException(name, null, "the checkpoint does not list it");
        }
        return file;
    }

    @Override
    public long size(String name) throws IOException {
        try (StorageInput input = open(name)) {
            return input.size();
        }
    }

    @Override
    public boolean exists(String name) throws IOException {
        try (StorageInput input = open(name)) {
            return input.size() >= 0;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public List<String> list() {
        return List.copyOf(files.keySet());
    }

    /** Where the file was read, if it was, which need not be where the checkpoint says. */
    @Override
    public String describe(String name) {
        SourceFile file = files.get(name);
        return readFrom.getOrDefault(name, file == null ? name : file.location());
    }

    @Override
    public StorageOutput create(String name) {
        throw new UnsupportedOperationException("[" + name + "] the inspect tool only reads");
    }

    @Override
    public void delete(String name) {
        throw new UnsupportedOperationException("[" + name + "] the inspect tool only reads");
    }

    /** The end of a file, which is read for its footer and once more when the file is opened. */
    private record End(String name, long position, byte[] bytes) {}

    /** Remembers the end that was read last, if it is short, until it is asked for again. */
    private final class EndInput implements StorageInput {
        private final String name;
        private final HandleInput input;

        EndInput(String name, HandleInput input) {
            this.name = name;
            this.input = input;
        }

        @Override
        public long size() {
            return input.size();
        }

        @Override
        public void readFully(long position, byte[] target, int at, int byteCount)
                throws IOException {
            boolean isEnd = position + byteCount == input.size() && byteCount > MIN_END_BYTES;
            End known = isEnd ? lastEnd.getAndSet(null) : null;
            if (known != null
                    && known.name.equals(name)
                    && known.position == position
                    && known.bytes.length == byteCount) {
                System.arraycopy(known.bytes, 0, target, at, byteCount);
                return;
            }
            input.readFully(position, target, at, byteCount);
            if (isEnd && byteCount <= MAX_END_BYTES) {
                lastEnd.set(
                        new End(name, position, Arrays.copyOfRange(target, at, at + byteCount)));
            }
        }

        @Override
        public void close() throws IOException {
            input.close();
        }
    }
}
