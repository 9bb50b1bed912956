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
package io.flinklsm.core.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The files of one directory of any file system that Hadoop knows: HDFS, object stores. For the
 * engine alone; Hadoop, 3.3 or newer, is an optional dependency that the application brings along.
 * Safe for any thread.
 *
 * <p>A file grows under a hidden name and gets its own by a rename, complete; on an object store,
 * where a file can be seen when it is closed and a rename is a copy, it has its own name from the
 * start. Neither lists anything. No other process writes to the directory.
 *
 * <p>Hadoop's clients try again by themselves what is worth it, as they are configured. Nothing is
 * tried again here; {@link io.flinklsm.core.storage.tiered.TieredStorage} does so for the files
 * that it reads remotely.
 */
public final class HadoopStorage implements Storage {

    private static final String UNFINISHED_SUFFIX = ".unfinished";

    private static final String GONE =
            "is not there; see that nothing else deletes files of this directory";

    // Immutable.
    private final FileSystem fileSystem;
    private final Path root;

    /** Whether a file can be seen when it is closed and not before, as on object stores. */
    private final boolean seenWhenClosed;

    /** Names of files that are being written. Safe for any thread. */
    private final Set<String> unfinished = ConcurrentHashMap.newKeySet();

    /**
     * Creates the directory if there is none.
     *
     * @param fileSystem of the directory; the caller closes it, after this storage's last use
     */
    public HadoopStorage(FileSystem fileSystem, Path root) throws IOException {
        this.fileSystem = fileSystem;
        this.root = fileSystem.makeQualified(root);
        this.seenWhenClosed =
                fileSystem.hasPathCapability(this.root, CommonPathCapabilities.ABORTABLE_STREAM);
        if (!fileSystem.mkdirs(this.root)) {
            throw new IOException(
                    "["
                            + display(this.root)
                            + "] the directory cannot be made; see who may write to the one"
                            + " above.");
        }
    }

    @Override
    public StorageOutput create(String name) throws IOException {
        Path path = path(name);
        if (!unfinished.add(name)) {
            throw new FileAlreadyExistsException(
                    display(path), null, "is being written; use a name once");
        }
        try {
            if (fileSystem.exists(path)) {
                throw alreadyExists(path);
            }
            if (seenWhenClosed) {
                return new HadoopOutput(this, name, path, fileSystem.create(path, false));
            }
            Path hidden = new Path(root, "." + name + UNFINISHED_SUFFIX);
            // No reader looks for what a killed process left under this name.
            return new HadoopOutput(this, name, hidden, fileSystem.create(hidden, true));
        } catch (org.apache.hadoop.fs.FileAlreadyExistsException e) {
            unfinished.remove(name);
            FileAlreadyExistsException known = alreadyExists(path);
            known.initCause(e);
            throw known;
        } catch (FileAlreadyExistsException e) {
            unfinished.remove(name);
            throw e;
        } catch (IOException e) {
            unfinished.remove(name);
            throw failed(path, "cannot be created", e);
        } catch (RuntimeException | Error e) {
            unfinished.remove(name);
            throw e;
        }
    }

    private static FileAlreadyExistsException alreadyExists(Path path) {
        return new FileAlreadyExistsException(display(path), null, "is there; use a name once");
    }

    @Override
    public StorageInput open(String name) throws IOException {
        Path path = path(name);
        FileStatus status = status(name, path);
        return new HadoopInput(display(path), status.getLen(), stream(path, status));
    }

    /** With its status, which object stores would otherwise ask for once more. */
    private FSDataInputStream stream(Path path, FileStatus status) throws IOException {
        try {
            return fileSystem
                    .openFile(path)
                    .opt("fs.option.openfile.read.policy", "random")
                    .withFileStatus(status)
                    .build()
                    .get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted =
                    new InterruptedIOException(
                            "["
                                    + display(path)
                                    + "] interrupted while it was opened; open it again");
            interrupted.initCause(e);
            throw interrupted;
        } catch (ExecutionException e) {
            throw failed(path, "cannot be opened", e.getCause() == null ? e : e.getCause());
        } catch (FileNotFoundException e) {
            throw missing(path, e);
        }
    }

    private FileStatus status(String name, Path path) throws IOException {
        if (unfinished.contains(name)) {
            throw new NoSuchFileException(
                    display(path), null, "is being written; open it when it is finished");
        }
        try {
            FileStatus status = fileSystem.getFileStatus(path);
            if (status.isFile()) {
                return status;
            }
            throw new NoSuchFileException(
                    display(path), null, "is no file; see what else uses this directory");
        } catch (FileNotFoundException e) {
            throw missing(path, e);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            throw failed(path, "cannot be looked at", e);
        }
    }

    private static NoSuchFileException missing(Path path, FileNotFoundException cause) {
        NoSuchFileException missing = new NoSuchFileException(display(path), null, GONE);
        missing.initCause(cause);
        return missing;
    }

    @Override
    public long size(String name) throws IOException {
        return status(name, path(name)).getLen();
    }

    @Override
    public boolean exists(String name) throws IOException {
        try {
            return status(name, path(name)).isFile();
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public void delete(String name) throws IOException {
        Path path = path(name);
        try {
            // False says that there is none.
            fileSystem.delete(path, false);
        } catch (FileNotFoundException e) {
            return;
        } catch (IOException e) {
            throw failed(path, "cannot be deleted", e);
        }
    }

    @Override
    public List<String> list() throws IOException {
        List<String> names = new ArrayList<>();
        FileStatus[] children;
        try {
            children = fileSystem.listStatus(root);
        } catch (IOException e) {
            throw failed(root, "cannot be listed", e);
        }
        for (FileStatus child : children) {
            String name = child.getPath().getName();
            if (child.isFile() && StorageNames.isValid(name) && !unfinished.contains(name)) {
                names.add(name);
            }
        }
        return names;
    }

    @Override
    public String describe(String name) {
        return display(path(name));
    }

    /** Gives a complete file its name. */
    void publish(Path written, String name) throws IOException {
        Path path = path(name);
        if (!written.equals(path)) {
            // No other process writes to the directory, and `unfinished` holds the name.
            if (fileSystem.exists(path)) {
                throw alreadyExists(path);
            }
            if (!fileSystem.rename(written, path)) {
                throw new IOException(
                        "["
                                + display(path)
                                + "] the file is written and does not get its name: writtenAs="
                                + written.getName()
                                + "; see that nothing else uses the directory.");
            }
        }
        unfinished.remove(name);
    }

    /** Deletes what was written of a file that is given up. */
    void abort(Path written, String name) throws IOException {
        try {
            fileSystem.delete(written, false);
        } finally {
            unfinished.remove(name);
        }
    }

    private Path path(String name) {
        return new Path(root, StorageNames.check(name));
    }

    /** Without what stands in front of the host, where keys travel. */
    static String display(Path path) {
        URI uri = path.toUri();
        if (uri.getScheme() == null) {
            return uri.getPath();
        }
        String authority = uri.getAuthority() == null ? "" : uri.getAuthority();
        return uri.getScheme()
                + "://"
                + authority.substring(authority.lastIndexOf('@') + 1)
                + uri.getPath();
    }

    static IOException failed(Path path, String what, Throwable cause) {
        return failed(display(path), what, cause);
    }

    static IOException failed(String location, String what, Throwable cause) {
        return new IOException(
                "["
                        + location
                        + "] "
                        + what
                        + ": cause="
                        + cause.getMessage()
                        + "; check the file system, and that this process may use it.",
                cause);
    }
}
