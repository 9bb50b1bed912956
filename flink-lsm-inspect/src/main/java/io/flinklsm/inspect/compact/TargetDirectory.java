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
package io.flinklsm.inspect.compact;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.storage.FileName;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageNames;
import io.flinklsm.core.storage.StorageOutput;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Locations;
import io.flinklsm.inspect.source.MetadataFile;
import io.flinklsm.inspect.source.TimeLimit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.filesystem.FsCheckpointMetadataOutputStream;
import org.apache.flink.runtime.state.filesystem.RelativeFileStateHandle;
import org.jspecify.annotations.Nullable;

/**
 * The directory that a checkpoint is written to. It is empty when one begins, or has what a run
 * left behind that was killed, which goes first; it has the whole checkpoint at the end, or nothing
 * if the run fails. Safe for two threads, one that writes and one that calls {@link #close} when
 * the process is told to end.
 *
 * <pre>
 * DIR/_compacting   while a run is under way: says that it may be begun again
 * DIR/*.parquet     SSTables           DIR/*.manifest, *.meta   one of each a subtask
 * DIR/*.state       state that is not ours, as it was
 * DIR/_metadata     last
 * </pre>
 */
final class TargetDirectory implements Storage, AutoCloseable {

    /** Not a name that anything else has. */
    static final String MARKER = "_compacting";

    /** What a run writes beside SSTables, and what Flink calls a metadata that is being written. */
    private static final Pattern OWN_NAMES =
            Pattern.compile(
                    "[0-9a-f]{32}-[0-9]+-[0-9]+\\.(manifest|meta|state)"
                            + "|_metadata|\\._metadata\\.inprogress\\..*");

    private static final int BUFFER_BYTES = 1 << 18;

    private final Path directory;
    private final FileSystem fileSystem;

    /** Tells this run from another one that has taken the directory meanwhile. */
    private final String marker;

    private final boolean isNew;
    private final Thread cleaner;

    /** Files that are finished, by name: their lengths. */
    @GuardedBy("this")
    private final Map<String, Long> written = new LinkedHashMap<>();

    /** Names of files that may be there, in the order in which they were begun. */
    @GuardedBy("this")
    private final List<String> begun = new ArrayList<>();

    @GuardedBy("this")
    private boolean complete;

    @GuardedBy("this")
    private boolean closed;

    private TargetDirectory(Path directory, FileSystem fileSystem, String marker, boolean isNew) {
        this.directory = directory;
        this.fileSystem = fileSystem;
        this.marker = marker;
        this.isNew = isNew;
        this.cleaner = new Thread(this::deleteAll, "flink-lsm-compact");
    }

    /**
     * Makes the directory ready.
     *
     * @param what is said in the marker, for people
     * @throws InspectException if there is anything in it that no killed run has left
     */
    static TargetDirectory open(Path directory, String what) throws IOException {
        FileSystem fileSystem = Locations.fileSystem(directory);
        FileStatus status = Locations.status(directory);
        if (status != null && !status.isDir()) {
            throw InspectException.usage(
                    "["
                            + Locations.display(directory)
                            + "] is no directory; give one that is new or empty.");
        }
        if (status != null) {
            makeEmpty(directory);
        }
        var target =
                new TargetDirectory(
                        directory,
                        fileSystem,
                        what + "\n" + UUID.randomUUID() + "\n",
                        status == null);
        Runtime.getRuntime().addShutdownHook(target.cleaner);
        try {
            TimeLimit.run(Locations.display(directory), () -> fileSystem.mkdirs(directory));
            target.write(MARKER, target.marker.getBytes(StandardCharsets.UTF_8));
            return target;
        } catch (Throwable failure) {
            try {
                target.close();
            } catch (RuntimeException e) {
                failure.addSuppressed(e);
            }
            throw failure;
        }
    }

    private static void makeEmpty(Path directory) throws IOException {
        List<FileStatus> children = Locations.list(directory);
        boolean wasBegun = children.stream().anyMatch(child -> isCalled(child, MARKER));
        boolean isComplete = hasCheckpoint(directory, children, wasBegun);
        for (FileStatus child : children) {
            if (isComplete || !wasBegun || child.isDir() || !isOwnName(child)) {
                throw InspectException.usage(
                        "["
                                + Locations.display(directory)
                                + "] is not empty: "
                                + (isComplete
                                        ? "it has a checkpoint"
                                        : "it has " + Locations.display(child.getPath()))
                                + "; give a directory that is new or empty.");
            }
        }
        for (FileStatus child : children) {
            if (!isCalled(child, MARKER)) {
                Locations.delete(child.getPath());
            }
        }
        // Last, so that a directory that is half cleaned can be cleaned again.
        Locations.delete(new Path(directory, MARKER));
    }

    /** On file systems where a file grows in its place, a killed run may leave a part of one. */
    private static boolean hasCheckpoint(
            Path directory, List<FileStatus> children, boolean wasBegun) throws IOException {
        for (FileStatus child : children) {
            if (isCalled(child, MetadataFile.NAME)) {
                return !wasBegun || isWhole(child, directory);
            }
        }
        return false;
    }

    private static boolean isWhole(FileStatus metadata, Path directory) throws IOException {
        try {
            MetadataFile.readWhole(metadata, directory);
            return true;
        } catch (InspectException e) {
            if (e.exitCode() == InspectException.CORRUPT) {
                return false;
            }
            throw e;
        }
    }

    private static boolean isCalled(FileStatus child, String name) {
        return child.getPath().getName().equals(name);
    }

    private static boolean isOwnName(FileStatus child) {
        String name = child.getPath().getName();
        if (name.equals(MARKER) || OWN_NAMES.matcher(name).matches()) {
            return true;
        }
        try {
            FileName.parse(name);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** A handle of a file here that moves with the directory. */
    RelativeFileStateHandle handle(String name, long bytes) {
        return new RelativeFileStateHandle(path(name), name, bytes);
    }

    /** Writes a small file. */
    RelativeFileStateHandle write(String name, byte[] content) throws IOException {
        try (StorageOutput output = create(name)) {
            output.write(content, 0, content.length);
            output.finish();
        }
        return handle(name, content.length);
    }

    /**
     * Makes the checkpoint complete. Before, all files are looked at again: if another run has
     * begun in this directory, it has deleted them.
     */
    void complete(CheckpointMetadata metadata) throws IOException {
        checkOwned();
        for (Map.Entry<String, Long> file : writtenSoFar().entrySet()) {
            FileStatus status = Locations.status(path(file.getKey()));
            if (status == null || status.getLen() != file.getValue()) {
                throw new IOException(
                        "["
                                + describe(file.getKey())
                                + "] is not what was written: writtenBytes="
                                + file.getValue()
                                + ", bytes="
                                + (status == null ? "none" : status.getLen())
                                + "; see that nothing else uses the directory and run the command"
                                + " again.");
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Checkpoints.storeCheckpointMetadata(metadata, bytes);
        begin(MetadataFile.NAME);
        TimeLimit.run(
                describe(MetadataFile.NAME),
                () -> {
                    // As Flink writes it: there as a whole or not at all, where that is possible.
                    try (var out =
                            new FsCheckpointMetadataOutputStream(
                                    fileSystem, path(MetadataFile.NAME), directory)) {
                        out.write(bytes.toByteArray());
                        out.closeAndFinalizeCheckpoint();
                    }
                });
        synchronized (this) {
            if (closed) {
                throw ended(MetadataFile.NAME);
            }
            complete = true;
        }
        try {
            Locations.delete(path(MARKER));
        } catch (IOException | InspectException e) {
            // The checkpoint is complete all the same, and the marker does no harm to it.
            return;
        }
    }

    private void checkOwned() throws IOException {
        byte[] expected = marker.getBytes(StandardCharsets.UTF_8);
        byte[] found =
                TimeLimit.call(
                        describe(MARKER),
                        () -> {
                            try (FSDataInputStream in = fileSystem.open(path(MARKER))) {
                                return in.readNBytes(expected.length + 1);
                            }
                        });
        if (!Arrays.equals(expected, found)) {
            throw new IOException(
                    "["
                            + describe(MARKER)
                            + "] another run has begun in this directory; let one end before the"
                            + " next.");
        }
    }

    private synchronized Map<String, Long> writtenSoFar() {
        return new LinkedHashMap<>(written);
    }

    /** How many files there are, the metadata among them. */
    synchronized int fileCount() {
        return begun.size() - 1;
    }

    synchronized long writtenBytes() {
        long sum = 0;
        for (Map.Entry<String, Long> file : written.entrySet()) {
            sum += file.getKey().equals(MARKER) ? 0 : file.getValue();
        }
        return sum;
    }

    /** From now on it goes when the run does not end well. */
    private synchronized void begin(String name) throws IOException {
        if (closed) {
            throw ended(name);
        }
        begun.add(name);
    }

    private synchronized void finished(String name, long bytes) throws IOException {
        if (closed) {
            throw ended(name);
        }
        written.put(name, bytes);
    }

    private IOException ended(String name) {
        return new IOException("[" + describe(name) + "] the program was told to end");
    }

    private Path path(String name) {
        return new Path(directory, name);
    }

    // --------------------------------------------------------------------------------------- files

    @Override
    public StorageOutput create(String name) throws IOException {
        StorageNames.check(name);
        begin(name);
        FSDataOutputStream out =
                TimeLimit.call(
                        describe(name),
                        () -> fileSystem.create(path(name), FileSystem.WriteMode.NO_OVERWRITE));
        return new Output(name, out);
    }

    /** Buffered; each write to the file system is bounded in time. */
    private final class Output implements StorageOutput {

        private final String name;
        private final byte[] buffer = new byte[BUFFER_BYTES];
        private @Nullable FSDataOutputStream out;
        private int buffered;
        private long position;

        Output(String name, FSDataOutputStream out) {
            this.name = name;
            this.out = out;
        }

        @Override
        public void write(byte[] bytes, int from, int byteCount) throws IOException {
            position += byteCount;
            if (byteCount > buffer.length - buffered) {
                flush();
            }
            if (byteCount > buffer.length) {
                writeOut(bytes, from, byteCount);
            } else {
                System.arraycopy(bytes, from, buffer, buffered, byteCount);
                buffered += byteCount;
            }
        }

        private void flush() throws IOException {
            if (buffered > 0) {
                writeOut(buffer, 0, buffered);
                buffered = 0;
            }
        }

        private void writeOut(byte[] bytes, int from, int byteCount) throws IOException {
            FSDataOutputStream stream = open();
            TimeLimit.run(describe(name), () -> stream.write(bytes, from, byteCount));
        }

        private FSDataOutputStream open() {
            if (out == null) {
                throw new IllegalStateException("[" + describe(name) + "] is finished");
            }
            return out;
        }

        @Override
        public long position() {
            return position;
        }

        @Override
        public void finish() throws IOException {
            flush();
            FSDataOutputStream stream = open();
            out = null;
            TimeLimit.run(
                    describe(name),
                    () -> {
                        try (stream) {
                            if (Locations.isLocal(directory)) {
                                stream.sync();
                            }
                        }
                    });
            finished(name, position);
        }

        @Override
        public void close() throws IOException {
            FSDataOutputStream stream = out;
            out = null;
            if (stream != null) {
                // What is there of it goes with all the rest.
                TimeLimit.run(describe(name), stream::close);
            }
        }
    }

    @Override
    public String describe(String name) {
        return Locations.display(path(name));
    }

    @Override
    public void delete(String name) throws IOException {
        Locations.delete(path(StorageNames.check(name)));
    }

    @Override
    public StorageInput open(String name) {
        throw onlyWritten(name);
    }

    @Override
    public long size(String name) {
        throw onlyWritten(name);
    }

    @Override
    public boolean exists(String name) {
        throw onlyWritten(name);
    }

    @Override
    public List<String> list() {
        throw onlyWritten("");
    }

    private UnsupportedOperationException onlyWritten(String name) {
        return new UnsupportedOperationException("[" + describe(name) + "] is only written");
    }

    // ------------------------------------------------------------------------------------- the end

    /** Deletes all that was written unless the checkpoint is complete; idempotent. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(cleaner);
        } catch (IllegalStateException e) {
            // The process ends already, and the hook does what is done here.
            return;
        }
        deleteAll();
    }

    private void deleteAll() {
        List<String> names;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            if (complete) {
                return;
            }
            names = new ArrayList<>(begun);
        }
        // The marker, the first of them, goes last: what is left can be cleaned by the next run.
        boolean isClean = true;
        for (int i = names.size() - 1; i >= 0 && (i > 0 || isClean); i--) {
            try {
                Locations.delete(path(names.get(i)));
            } catch (IOException | RuntimeException e) {
                // The failure that ends the run is told; the next run deletes what is left.
                isClean = false;
            }
        }
        if (isNew && isClean) {
            try {
                Locations.delete(directory);
            } catch (IOException | RuntimeException e) {
                // An empty directory is as good as none.
                return;
            }
        }
    }
}
