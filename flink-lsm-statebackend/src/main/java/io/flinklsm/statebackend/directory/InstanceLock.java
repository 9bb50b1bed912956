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

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.RuntimeMXBean;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lock file beside a working directory, {@code <directory>.<process>.lock}: locked while its
 * process lives, whatever way that ends.
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
            FileLock lock = channel.tryLock();
            // A sweeper may have locked and deleted the file since it was created.
            if (lock != null && Files.exists(file)) {
                return new InstanceLock(file, channel);
            }
            channel.close();
            return null;
        } catch (IOException | RuntimeException e) {
            channel.close();
            Files.deleteIfExists(file);
            throw e;
        }
    }

    /** Deletes the directories in here whose process is gone. A failure is logged, not thrown. */
    static void sweep(Path parent) {
        String ours = "." + process() + SUFFIX;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(parent, "*" + SUFFIX)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                int process = name.lastIndexOf('.', name.length() - SUFFIX.length() - 1);
                if (process > 0
                        && !name.endsWith(ours)
                        && WorkingDirectory.isName(name.substring(0, process))) {
                    sweepOne(file, parent.resolve(name.substring(0, process)));
                }
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("[{}] leftovers of dead processes could not be looked for", parent, e);
        }
    }

    private static void sweepOne(Path file, Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                LOG.info("[{}] the working directory of a dead process is deleted", directory);
                WorkingDirectory.deleteTree(directory);
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException | OverlappingFileLockException e) {
            LOG.debug("[{}] somebody else is at this directory", directory, e);
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
        // Deleted while it is still locked: a sweeper must not see it unlocked.
        Files.deleteIfExists(file);
        channel.close();
    }
}
