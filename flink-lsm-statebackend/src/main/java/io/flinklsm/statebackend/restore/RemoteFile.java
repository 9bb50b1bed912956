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
package io.flinklsm.statebackend.restore;

import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageOutput;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.PathsCopyingFileSystem;
import org.apache.flink.core.fs.PathsCopyingFileSystem.CopyRequest;
import org.apache.flink.core.fs.local.LocalFileSystem;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.jspecify.annotations.Nullable;

/**
 * One file of a checkpoint on the checkpoint storage. Its streams are in the registry while they
 * are open.
 *
 * @param name what the checkpoint calls it
 */
record RemoteFile(String name, StreamStateHandle handle, CloseableRegistry registry) {

    private static final int BUFFER_BYTES = 64 << 10;

    /** For errors: the name and where it is. */
    String describe() {
        return name + " at " + handle.getStreamStateHandleID().getKeyString();
    }

    /** The whole content; for small files. */
    byte[] readAll() throws IOException {
        long stated = handle.getStateSize();
        FSDataInputStream in = open();
        try {
            byte[] content = new byte[0];
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int count; (count = in.read(buffer)) >= 0; ) {
                int length = content.length;
                content = Arrays.copyOf(content, Math.addExact(length, count));
                System.arraycopy(buffer, 0, content, length, count);
            }
            checkLength(content.length, stated);
            return content;
        } catch (IOException e) {
            throw unreadable(e);
        } finally {
            close(in, null);
        }
    }

    /** Whether its bytes must be asked for, and do not come with the handle. */
    boolean isElsewhere() {
        return handle.asBytesIfInMemory().isEmpty();
    }

    /** Holds what the handle says of the length against the manifest. */
    void checkStatedLength(long sizeBytes) throws CorruptionException {
        checkLength(handle.getStateSize(), sizeBytes);
    }

    /**
     * Makes the file one of the storage by a link, if it lies on the same local disk.
     *
     * @return false if it does not: nothing has happened
     */
    boolean linkTo(Storage storage, long sizeBytes) throws IOException {
        Path local = localPath();
        if (local == null) {
            return false;
        }
        if (!Files.isRegularFile(local)) {
            // Told at once, and not when a key of it is first wanted.
            throw unreadable(new FileNotFoundException(local + " does not exist"));
        }
        if (!storage.link(name, local)) {
            return false;
        }
        checkLength(storage.size(name), sizeBytes);
        return true;
    }

    /**
     * Brings the file into the storage: as a link if the checkpoint lies on the same local disk, so
     * that it takes no time whatever the size, as a copy otherwise.
     *
     * @param sizeBytes its length, as the manifest has it
     */
    void bringTo(Storage storage, long sizeBytes) throws IOException {
        if (!linkTo(storage, sizeBytes)) {
            copyTo(storage, sizeBytes);
        }
    }

    /**
     * The file system that brings whole files to the local disk itself, faster than this process
     * reads them; null if it does not offer that for this file.
     *
     * @param to where on the local disk
     */
    @Nullable PathsCopyingFileSystem fetcher(Path to) throws IOException {
        if (handle instanceof FileStateHandle file) {
            FileSystem fileSystem = FileSystem.getUnguardedFileSystem(file.getFilePath().toUri());
            if (fileSystem instanceof PathsCopyingFileSystem copying
                    && copying.canCopyPaths(file.getFilePath(), flinkPath(to))) {
                return copying;
            }
        }
        return null;
    }

    /** To be asked of the {@link #fetcher}. */
    CopyRequest fetchTo(Path to) {
        return CopyRequest.of(
                ((FileStateHandle) handle).getFilePath(), flinkPath(to), handle.getStateSize());
    }

    /** Makes a file that was fetched one of the storage; false if it cannot be linked there. */
    boolean take(Path fetched, Storage storage, long sizeBytes) throws IOException {
        checkLength(Files.size(fetched), sizeBytes);
        return storage.link(name, fetched);
    }

    private static org.apache.flink.core.fs.Path flinkPath(Path local) {
        return new org.apache.flink.core.fs.Path(local.toUri());
    }

    /** Where the whole file is in the local file system; null if it is not there. */
    private @Nullable Path localPath() throws IOException {
        if (handle instanceof FileStateHandle file) {
            FileSystem fileSystem = FileSystem.getUnguardedFileSystem(file.getFilePath().toUri());
            return fileSystem instanceof LocalFileSystem localFiles
                    ? localFiles.pathToFile(file.getFilePath()).toPath()
                    : null;
        }
        // A segment of a larger file, bytes in the metadata, or something unknown.
        return null;
    }

    private void copyTo(Storage storage, long sizeBytes) throws IOException {
        FSDataInputStream in = open();
        StorageOutput out = null;
        try {
            out = storage.create(name);
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int count; (count = in.read(buffer)) >= 0; ) {
                if (out.position() + count > sizeBytes) {
                    throw wrongLength("more than " + sizeBytes, sizeBytes);
                }
                out.write(buffer, 0, count);
            }
            checkLength(out.position(), sizeBytes);
            out.finish();
        } catch (IOException e) {
            throw unreadable(e);
        } finally {
            close(in, out);
        }
    }

    private FSDataInputStream open() throws IOException {
        FSDataInputStream in;
        try {
            in = handle.openInputStream();
        } catch (IOException e) {
            throw unreadable(e);
        }
        try {
            registry.registerCloseable(in);
            return in;
        } catch (IOException e) {
            Cleanup.undo(e, in);
            throw unreadable(e);
        } catch (RuntimeException | Error e) {
            Cleanup.undo(e, in);
            throw e;
        }
    }

    private void close(FSDataInputStream in, @Nullable StorageOutput out) throws IOException {
        try {
            if (registry.unregisterCloseable(in)) {
                in.close();
            }
        } finally {
            if (out != null) {
                out.close();
            }
        }
    }

    private void checkLength(long length, long stated) throws CorruptionException {
        if (length != stated) {
            throw wrongLength(Long.toString(length), stated);
        }
    }

    private CorruptionException wrongLength(String length, long stated) {
        return new CorruptionException(
                "["
                        + describe()
                        + "] the file is not as long as it was written: length="
                        + length
                        + ", written="
                        + stated
                        + "; it is damaged, restore an earlier checkpoint.");
    }

    private IOException unreadable(IOException e) {
        return e instanceof CorruptionException
                ? e
                : new IOException(
                        "["
                                + describe()
                                + "] the file of the checkpoint cannot be read: "
                                + e.getMessage()
                                + "; see that the checkpoint storage is there, or restore an"
                                + " earlier checkpoint.",
                        e);
    }
}
