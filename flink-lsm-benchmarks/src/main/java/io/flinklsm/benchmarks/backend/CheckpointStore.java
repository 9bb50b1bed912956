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
package io.flinklsm.benchmarks.backend;

import java.io.IOException;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.SharedStateRegistry;
import org.apache.flink.runtime.state.SharedStateRegistryImpl;
import org.apache.flink.runtime.state.filesystem.FsCheckpointStreamFactory;

/**
 * What the JobManager is to the checkpoints of a slot: a directory, ids that go up, and the
 * registry that knows the files which several checkpoints share. Confined to the task thread.
 */
final class CheckpointStore {

    /** Flink's defaults for checkpoints in files. */
    private static final int INLINE_BYTES = 20 * 1024;

    private static final int WRITE_BUFFER_BYTES = 4 * 1024;

    private final Path directory;
    private final SharedStateRegistry registry = new SharedStateRegistryImpl();
    private long lastId;

    private CheckpointStore(Path directory) {
        this.directory = directory;
    }

    /** Keeps checkpoints in {@code directory}, which is made if need be. */
    static CheckpointStore in(Path directory) throws IOException {
        directory.getFileSystem().mkdirs(directory);
        return new CheckpointStore(directory);
    }

    long nextId() {
        return ++lastId;
    }

    /** Where a checkpoint's files go: {@code chk-N}, and {@code shared} beside it. */
    FsCheckpointStreamFactory streams(long checkpointId) throws IOException {
        FileSystem fileSystem = directory.getFileSystem();
        Path shared = new Path(directory, "shared");
        Path exclusive = new Path(directory, "chk-" + checkpointId);
        fileSystem.mkdirs(shared);
        fileSystem.mkdirs(exclusive);
        return new FsCheckpointStreamFactory(
                fileSystem, exclusive, shared, INLINE_BYTES, WRITE_BUFFER_BYTES);
    }

    /** Makes the handle one to restore from: its placeholders become the files they stand for. */
    void register(KeyedStateHandle handle, long checkpointId) {
        handle.registerSharedStates(registry, checkpointId);
    }
}
