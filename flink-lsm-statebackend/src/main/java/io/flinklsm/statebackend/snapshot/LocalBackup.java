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
package io.flinklsm.statebackend.snapshot;

import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.storage.Storage;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.apache.flink.runtime.state.DirectoryStateHandle;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalLocalKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.LocalSnapshotDirectoryProvider;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the files of checkpoints in Flink's task-local directory as well, so that a restart on the
 * same machine reads no remote byte. SSTables are hard links: a copy costs no space as long as the
 * store has the file, and no time. A checkpoint that cannot be kept so (another disk, a file that
 * is not here) has no local copy, and is none the worse for it. Safe for any thread.
 */
public final class LocalBackup {

    private static final Logger LOG = LoggerFactory.getLogger(LocalBackup.class);

    private final Storage storage;
    private final LocalSnapshotDirectoryProvider directories;

    /** Of chained operators, which share a directory: FLINK-12296. */
    private final String directoryName = UUID.randomUUID().toString();

    private volatile boolean told;

    public LocalBackup(Storage storage, LocalSnapshotDirectoryProvider directories) {
        this.storage = storage;
        this.directories = directories;
    }

    /**
     * Keeps one checkpoint.
     *
     * @param sstables the files of its image
     * @param shared what the checkpoint's handle lists, under real handles: a later checkpoint of a
     *     backend that was restored from the copy refers to these
     * @return null if there is no local copy
     */
    @Nullable IncrementalLocalKeyedStateHandle keep(
            UUID backendId,
            KeyGroupRange keyGroupRange,
            long checkpointId,
            Collection<String> sstables,
            byte[] manifest,
            byte[] meta,
            List<HandleAndLocalPath> shared) {
        Path directory =
                directories
                        .subtaskSpecificCheckpointDirectory(checkpointId)
                        .toPath()
                        .resolve(directoryName);
        try {
            Files.createDirectories(directory);
            for (String fileName : sstables) {
                if (!storage.linkTo(fileName, directory.resolve(fileName))) {
                    throw new IOException(
                            "["
                                    + storage.describe(fileName)
                                    + "] cannot be linked to "
                                    + directory
                                    + "; see that both are on one file system with hard links, and"
                                    + " that placement is local.");
                }
            }
            Files.write(directory.resolve(CheckpointNames.MANIFEST), manifest);
            Path metaFile = Files.write(directory.resolve(CheckpointNames.META), meta);
            return new IncrementalLocalKeyedStateHandle(
                    backendId,
                    checkpointId,
                    new DirectoryStateHandle(directory, sizeOf(directory)),
                    keyGroupRange,
                    new FileStateHandle(
                            new org.apache.flink.core.fs.Path(metaFile.toUri()), meta.length),
                    shared);
        } catch (IOException | RuntimeException e) {
            Cleanup.undo(e, () -> deleteTree(directory));
            tell(checkpointId, e);
            return null;
        }
    }

    private void tell(long checkpointId, Exception e) {
        if (told) {
            LOG.debug("checkpoint {} has no local copy", checkpointId, e);
        } else {
            told = true;
            LOG.warn(
                    "checkpoint {} has no local copy, so that a restart on this machine reads the"
                            + " checkpoint storage: {}",
                    checkpointId,
                    e.getMessage());
        }
    }

    private static long sizeOf(Path directory) throws IOException {
        long[] bytes = {0};
        Files.walkFileTree(
                directory,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                        bytes[0] += attributes.size();
                        return FileVisitResult.CONTINUE;
                    }
                });
        return bytes[0];
    }

    private static void deleteTree(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(
                directory,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path visited, @Nullable IOException failure) throws IOException {
                        Files.delete(visited);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
