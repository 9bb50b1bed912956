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
package io.flinklsm.statebackend.directory;

import io.flinklsm.core.check.Cleanup;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.RuntimeMXBean;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lock file beside a working directory, {@code <directory>.<process>.lock}: locked while its
 * process lives, whatever way that ends. It is there before its directory is and goes after it, so
 * every directory without an owner is found by its lock file.
 *
 * <p>Several TaskManagers of a machine may start, end and sweep at the same time. A sweeper deletes
 * only what it has locked; a starter that finds its new lock file swept away takes another name.
 *
 * <p>The name carries the process, because on POSIX systems a process that opens and closes a
 * locked file loses its own lock on it: files of our own process are left alone unopened.
 */
final class InstanceLock implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(InstanceLock.class);

    private static final String SUFFIX = ".lock";

    private final Path file;
    private final FileChannel channel;

    private InstanceLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Locks the name of a directory that is not there yet; null if a sweep came between. */
    static @Nullable InstanceLock tryHold(Path directory) throws IOException {
        Path file = directory.resolveSibling(directory.getFileName() + "." + process() + SUFFIX);
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try {
            boolean isLocked = lock(channel, directory);
            // A sweeper may have locked and deleted the file since it was created.
            if (isLocked && Files.exists(file)) {
                return new InstanceLock(file, channel);
            }
            channel.close();
            return null;
        } catch (Throwable failure) {
            Cleanup.undo(failure, channel, () -> Files.deleteIfExists(file));
            throw failure;
        }
    }

    /** False if a sweeper has the lock. A file system without locks does without. */
    private static boolean lock(FileChannel channel, Path directory) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (IOException e) {
            LOG.warn(
                    "[{}] the file system has no locks: other processes may sweep this directory"
                            + " away; choose a local directory on a local disk.",
                    directory,
                    e);
            return true;
        }
    }

    /**
     * Deletes the directories in here whose process is gone. What cannot be deleted is logged, and
     * the next sweep tries it again.
     */
    static void sweep(Path parent) {
        String ours = "." + process() + SUFFIX;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(parent, "*" + SUFFIX)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                int process = name.lastIndexOf('.', name.length() - SUFFIX.length() - 1);
                // Another user may put a pipe or a link under such a name into a shared directory.
                if (process > 0
                        && !name.endsWith(ours)
                        && WorkingDirectory.isName(name.substring(0, process))
                        && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    sweepOne(file, parent.resolve(name.substring(0, process)));
                }
            }
        } catch (NoSuchFileException | NotDirectoryException | AccessDeniedException e) {
            LOG.debug("[{}] there is nothing of ours to look for", parent, e);
        } catch (IOException | DirectoryIteratorException e) {
            LOG.warn("[{}] leftovers of dead processes could not be looked for", parent, e);
        }
    }

    private static void sweepOne(Path file, Path directory) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            if (channel.tryLock() != null) {
                LOG.info("[{}] the working directory of a dead process is deleted", directory);
                WorkingDirectory.deleteTree(directory);
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException | AccessDeniedException | OverlappingFileLockException e) {
            LOG.debug(
                    "[{}] another process is at this directory, or it is another user's", file, e);
        } catch (IOException e) {
            LOG.warn("[{}] the directory of a dead process could not be deleted", directory, e);
        }
    }

    /** Names this process, the same in every class loader, and differently on every host. */
    private static String process() {
        RuntimeMXBean runtime = ManagementFactory.getRuntimeMXBean();
        String host = runtime.getName().replaceAll("[^a-zA-Z0-9\\-]", "_");
        return host.substring(0, Math.min(host.length(), 60)) + "_" + runtime.getStartTime();
    }

    /** Idempotent. */
    @Override
    public void close() throws IOException {
        try {
            // Deleted while it is still locked: a sweeper must not see it unlocked.
            Files.deleteIfExists(file);
        } finally {
            channel.close();
        }
    }

    /** Lets go of a directory that could not be deleted: a later process sweeps it. */
    void abandon() throws IOException {
        channel.close();
    }
}
