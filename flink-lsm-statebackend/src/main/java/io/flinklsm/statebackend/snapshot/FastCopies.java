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

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.core.fs.EntropyInjector;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.PathsCopyingFileSystem;
import org.apache.flink.core.fs.PathsCopyingFileSystem.CopyRequest;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.CheckpointedStateScope;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.filesystem.FsCheckpointStreamFactory;
import org.apache.flink.runtime.state.filesystem.RelativeFileStateHandle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the checkpoint storage copy files itself, where its file system can: no byte passes through
 * this process. Safe for any thread.
 *
 * <p>{@link CheckpointStreamFactory#canFastDuplicate} is asked, and {@code duplicate} is not
 * called, since it keeps the name of the source: subtasks that share a restored file would write
 * the same one, what an aborted checkpoint discards late would be what the next one lists, and a
 * full checkpoint would copy its own files onto themselves. Here each copy has a name of its own,
 * as what is uploaded has.
 */
final class FastCopies {

    private static final Logger LOG = LoggerFactory.getLogger(FastCopies.class);

    private final CheckpointStreamFactory streamFactory;
    private final CheckpointedStateScope scope;
    private final CloseableRegistry registry;

    /** Of one copy. */
    private record Copy(Path to, long sizeBytes) {}

    /**
     * @param scope where the copies belong
     * @param registry ends what is under way when it is closed
     */
    FastCopies(
            CheckpointStreamFactory streamFactory,
            CheckpointedStateScope scope,
            CloseableRegistry registry) {
        this.streamFactory = streamFactory;
        this.scope = scope;
        this.registry = registry;
    }

    /** Whether the storage says that it can copy the file; asks no other machine. */
    boolean isOffered(StreamStateHandle source) {
        try {
            return source instanceof FileStateHandle
                    && streamFactory instanceof FsCheckpointStreamFactory
                    && streamFactory.canFastDuplicate(source, scope);
        } catch (IOException | RuntimeException e) {
            // The upload will tell if the storage cannot be used at all.
            LOG.debug("[{}] the storage does not say whether it copies the file", source, e);
            return false;
        }
    }

    /**
     * Copies the files, all with one call.
     *
     * @param sources by a name each; all are offered
     * @return the copies by these names; those that could not be made are missing, and nothing of
     *     them is left there
     */
    Map<String, StreamStateHandle> copy(Map<String, StreamStateHandle> sources) throws IOException {
        if (!(streamFactory instanceof FsCheckpointStreamFactory files) || sources.isEmpty()) {
            return Map.of();
        }
        Path directory = files.getTargetPath(scope);
        FileSystem fileSystem = FileSystem.getUnguardedFileSystem(directory.toUri());
        if (!(fileSystem instanceof PathsCopyingFileSystem copying)) {
            return Map.of();
        }
        Map<String, Copy> copies = new LinkedHashMap<>();
        List<CopyRequest> requests = new ArrayList<>();
        for (Map.Entry<String, StreamStateHandle> source : sources.entrySet()) {
            Path from = ((FileStateHandle) source.getValue()).getFilePath();
            Path to =
                    EntropyInjector.addEntropy(
                            fileSystem, new Path(directory, UUID.randomUUID().toString()));
            long sizeBytes = source.getValue().getStateSize();
            copies.put(source.getKey(), new Copy(to, sizeBytes));
            requests.add(CopyRequest.of(from, to, sizeBytes));
        }
        Map<String, StreamStateHandle> made = new LinkedHashMap<>();
        try {
            copying.copyFiles(requests, registry);
            boolean isRelative =
                    scope == CheckpointedStateScope.EXCLUSIVE
                            && !EntropyInjector.isEntropyInjecting(fileSystem, directory);
            for (Map.Entry<String, Copy> copy : copies.entrySet()) {
                made.put(copy.getKey(), check(fileSystem, copy.getValue(), isRelative));
            }
            return made;
        } catch (IOException | RuntimeException e) {
            // They are uploaded then, which says what is wrong if that is more than the copying.
            LOG.info(
                    "[{}] the checkpoint storage did not copy its files, so they are uploaded:"
                            + " files={}",
                    directory,
                    copies.size(),
                    e);
            copies.values().forEach(copy -> delete(fileSystem, copy.to()));
            return Map.of();
        }
    }

    private static StreamStateHandle check(FileSystem fileSystem, Copy copy, boolean isRelative)
            throws IOException {
        long length = fileSystem.getFileStatus(copy.to()).getLen();
        if (length != copy.sizeBytes()) {
            throw new IOException(
                    "["
                            + copy.to()
                            + "] the copy is not as long as the file: length="
                            + length
                            + ", of the file="
                            + copy.sizeBytes()
                            + "; see what the file system of the checkpoint storage does.");
        }
        // As Flink's streams name what they write: a savepoint can be moved as a whole.
        return isRelative
                ? new RelativeFileStateHandle(copy.to(), copy.to().getName(), length)
                : new FileStateHandle(copy.to(), length);
    }

    private static void delete(FileSystem fileSystem, Path file) {
        try {
            fileSystem.delete(file, false);
        } catch (IOException | RuntimeException e) {
            LOG.debug("[{}] a copy that was not finished cannot be deleted", file, e);
        }
    }
}
