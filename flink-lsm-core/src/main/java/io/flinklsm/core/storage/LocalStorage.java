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

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The files of one directory, which no other process writes to. A file is written under a hidden
 * temporary name in the same directory and appears under its own name by an atomic move, complete.
 * An interrupt of a reading thread closes no file, however {@link FileReads} has them read. Safe
 * for any thread.
 */
public final class LocalStorage implements Storage {

    private static final String UNFINISHED_SUFFIX = ".unfinished";

    private static final String GONE =
            "is not there; see that nothing else deletes files of this directory";

    // Immutable.
    private final Path root;
    private final boolean fsync;
    private final FileReads reads;

    // Safe for any thread.
    private final Set<String> unfinished = ConcurrentHashMap.newKeySet();

    /**
     * Creates the directory if there is none.
     *
     * @param fsync whether {@link StorageOutput#finish} waits until file and directory are on the
     *     disk; needless where files only live as long as the process, as Flink's working
     *     directories do
     */
    public LocalStorage(Path root, boolean fsync) throws IOException {
        this(root, fsync, FileReads.MAPPED);
    }

    /** Like {@link #LocalStorage(Path, boolean)}, and says how files are read. */
    public LocalStorage(Path root, boolean fsync, FileReads reads) throws IOException {
        this.root = Files.createDirectories(root.toAbsolutePath().normalize());
        this.fsync = fsync;
        this.reads = reads;
    }

    /** The directory. */
    public Path root() {
        return root;
    }

    @Override
    public StorageOutput create(String name) throws IOException {
        Path target = path(name);
        if (!unfinished.add(name)) {
            throw new FileAlreadyExistsException(
                    target.toString(), null, "is being written; use a name once");
        }
        try {
            if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileAlreadyExistsException(
                        target.toString(), null, "is there; use a name once");
            }
            String unfinishedName = "." + name + UNFINISHED_SUFFIX;
            return new LocalOutput(this, name, target, root.resolve(unfinishedName));
        } catch (IOException | RuntimeException | Error e) {
            unfinished.remove(name);
            throw e;
        }
    }

    @Override
    public boolean link(String name, Path file) throws IOException {
        Path target = path(name);
        if (unfinished.contains(name)) {
            throw new FileAlreadyExistsException(
                    target.toString(), null, "is being written; use a name once");
        }
        try {
            // A link to a symbolic link would be a symbolic link.
            Files.createLink(target, file.toRealPath());
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (UnsupportedOperationException | FileSystemException e) {
            // Another file system, one without links, another user's file, or no such file.
            return false;
        }
        if (fsync) {
            syncDirectory();
        }
        return true;
    }

    @Override
    public boolean linkTo(String name, Path target) throws IOException {
        try {
            Files.createLink(target, path(name));
            return true;
        } catch (UnsupportedOperationException | FileSystemException e) {
            // Another file system, one without links, or no such file.
            return false;
        }
    }

    @Override
    public StorageInput open(String name) throws IOException {
        Path path = path(name);
        if (!Files.isRegularFile(path)) {
            throw new NoSuchFileException(path.toString(), null, GONE);
        }
        return reads.open(path);
    }

    @Override
    public long size(String name) throws IOException {
        Path path = path(name);
        if (!Files.isRegularFile(path)) {
            throw new NoSuchFileException(path.toString(), null, GONE);
        }
        return Files.size(path);
    }

    @Override
    public boolean exists(String name) {
        return Files.isRegularFile(path(name));
    }

    @Override
    public void delete(String name) throws IOException {
        Files.deleteIfExists(path(name));
    }

    @Override
    public List<String> list() throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(root)) {
            for (Path path : paths) {
                String name = path.getFileName().toString();
                if (StorageNames.isValid(name) && Files.isRegularFile(path)) {
                    names.add(name);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    @Override
    public String describe(String name) {
        return root.resolve(StorageNames.check(name)).toString();
    }

    /** Moves a complete file to its name. */
    void publish(Path from, Path target) throws IOException {
        // No other program writes to the directory, and `unfinished` holds the name: no race here.
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(
                    target.toString(), null, "is there; use a name once");
        }
        Files.move(from, target, StandardCopyOption.ATOMIC_MOVE);
        if (fsync) {
            syncDirectory();
        }
    }

    private void syncDirectory() throws IOException {
        try (FileChannel directory = FileChannel.open(root, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    boolean fsync() {
        return fsync;
    }

    void forgetUnfinished(String name) {
        unfinished.remove(name);
    }

    private Path path(String name) {
        return root.resolve(StorageNames.check(name));
    }
}
