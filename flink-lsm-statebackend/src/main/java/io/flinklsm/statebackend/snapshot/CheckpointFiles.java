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

import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.runtime.state.CheckpointStateOutputStream;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.CheckpointedStateScope;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filesystem.FsCheckpointStreamFactory.FsCheckpointStateOutputStream;
import org.apache.flink.util.IOUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the files of one checkpoint to the checkpoint storage, and remembers them, so that they
 * can be discarded if the checkpoint fails. Safe for any thread; every open stream is in the
 * registry, which cancels it.
 */
final class CheckpointFiles {

    private static final Logger LOG = LoggerFactory.getLogger(CheckpointFiles.class);

    private static final int COPY_BYTES = 64 << 10;

    private final CheckpointStreamFactory streamFactory;
    private final CloseableRegistry registry;
    private final boolean isSavepoint;
    private final TransferCounters transfers;

    // Guarded by itself.
    private final List<StreamStateHandle> written = new ArrayList<>();

    CheckpointFiles(
            CheckpointStreamFactory streamFactory,
            CloseableRegistry registry,
            boolean isSavepoint,
            TransferCounters transfers) {
        this.streamFactory = streamFactory;
        this.registry = registry;
        this.isSavepoint = isSavepoint;
        this.transfers = transfers;
    }

    /**
     * Copies a file of the store. In a savepoint it becomes a file of its own however small it is,
     * so that any reader of Parquet finds it; in a checkpoint, Flink may keep it in its metadata.
     */
    StreamStateHandle copy(
            Storage storage, String fileName, long sizeBytes, CheckpointedStateScope scope)
            throws IOException {
        try (StorageInput input = storage.open(fileName)) {
            if (input.size() != sizeBytes) {
                throw new CorruptionException(
                        "["
                                + storage.describe(fileName)
                                + "] the file's length changed since it was written: length="
                                + input.size()
                                + ", written="
                                + sizeBytes
                                + "; restore the last checkpoint.");
            }
            return write(
                    fileName,
                    scope,
                    out -> {
                        byte[] buffer = new byte[(int) Math.min(COPY_BYTES, sizeBytes)];
                        for (long position = 0; position < sizeBytes; ) {
                            int byteCount = (int) Math.min(buffer.length, sizeBytes - position);
                            input.readFully(position, buffer, 0, byteCount);
                            out.write(buffer, 0, byteCount);
                            position += byteCount;
                            // The task's records are not to wait for a time slice to end.
                            Thread.yield();
                        }
                        if (isSavepoint
                                && out instanceof FsCheckpointStateOutputStream fileStream) {
                            // A stream that has begun its file does not return bytes any more.
                            fileStream.flushToFile();
                        }
                    });
        }
    }

    /**
     * Lets the checkpoint storage copy files that it has, if it offers that.
     *
     * @param sources by the names of the files
     * @return those that were copied, by their names
     */
    Map<String, StreamStateHandle> copyThere(
            Map<String, StreamStateHandle> sources, CheckpointedStateScope scope)
            throws IOException {
        Map<String, StreamStateHandle> copies =
                new FastCopies(streamFactory, scope, registry).copy(sources);
        synchronized (written) {
            written.addAll(copies.values());
        }
        copies.values().forEach(copy -> transfers.copied());
        return copies;
    }

    /** Whether {@link #copyThere} is worth trying; asks no other machine. */
    boolean mayCopyThere(StreamStateHandle source, CheckpointedStateScope scope) {
        return new FastCopies(streamFactory, scope, registry).isOffered(source);
    }

    /** Writes a small file of this checkpoint alone. */
    StreamStateHandle write(String name, byte[] content) throws IOException {
        return write(name, CheckpointedStateScope.EXCLUSIVE, out -> out.write(content));
    }

    private interface Content {
        void writeTo(CheckpointStateOutputStream out) throws IOException;
    }

    private StreamStateHandle write(String name, CheckpointedStateScope scope, Content content)
            throws IOException {
        long beginNanos = System.nanoTime();
        try {
            StreamStateHandle handle = writeTo(name, scope, content);
            transfers.uploaded(
                    handle.getStateSize(),
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNanos));
            return handle;
        } catch (CorruptionException e) {
            // Of the store's own file: what it says is not about the checkpoint storage.
            throw e;
        } catch (IOException e) {
            if (registry.isClosed()) {
                // Cancelled: the checkpoint storage is not to blame.
                throw e;
            }
            transfers.uploadFailed();
            throw new IOException(
                    "["
                            + name
                            + "] the file could not be put on the checkpoint storage: "
                            + e.getMessage()
                            + "; see that execution.checkpointing.dir has room and can be"
                            + " written.",
                    e);
        }
    }

    private StreamStateHandle writeTo(String name, CheckpointedStateScope scope, Content content)
            throws IOException {
        CheckpointStateOutputStream out = streamFactory.createCheckpointStateOutputStream(scope);
        StreamStateHandle handle = null;
        try {
            registry.registerCloseable(out);
            content.writeTo(out);
            if (!registry.unregisterCloseable(out)) {
                throw new IOException(
                        "[" + name + "] the checkpoint was cancelled; the next one begins anew");
            }
            handle = out.closeAndGetHandle();
            if (handle == null) {
                throw new IOException(
                        "["
                                + name
                                + "] the checkpoint storage gave no handle for the file; see what"
                                + " the file system of execution.checkpointing.dir says in the"
                                + " log");
            }
            synchronized (written) {
                written.add(handle);
            }
            return handle;
        } finally {
            if (handle == null) {
                registry.unregisterCloseable(out);
                IOUtils.closeQuietly(out);
            }
        }
    }

    /** Bytes that this checkpoint wrote. */
    long writtenBytes() {
        synchronized (written) {
            return written.stream().mapToLong(StreamStateHandle::getStateSize).sum();
        }
    }

    /** Deletes what was written. */
    void discard() {
        synchronized (written) {
            for (StreamStateHandle handle : written) {
                try {
                    handle.discardState();
                } catch (Throwable e) {
                    // Whatever it is, the others go, and the failure of the checkpoint is told.
                    LOG.warn("[{}] a file of a failed checkpoint is left behind", handle, e);
                }
            }
            written.clear();
        }
    }
}
