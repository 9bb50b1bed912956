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
package io.flinklsm.benchmarks.storage;

import io.flinklsm.benchmarks.run.Peer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.entrypoint.ClusterEntrypointUtils;
import org.apache.flink.runtime.io.disk.iomanager.IOManagerAsync;
import org.apache.flink.runtime.memory.MemoryManager;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.runtime.state.CheckpointableKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyedStateBackendParametersImpl;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.SharedStateRegistry;
import org.apache.flink.runtime.state.SharedStateRegistryImpl;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.StateBackendLoader;
import org.apache.flink.runtime.state.filesystem.FsCheckpointStreamFactory;
import org.apache.flink.runtime.state.storage.FileSystemCheckpointStorage;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.apache.flink.runtime.util.TestingTaskManagerRuntimeInfo;
import org.apache.flink.util.concurrent.ExecutorThreadFactory;

/**
 * A job whose checkpoints are on remote storage: it opens its subtasks' backends, each in a slot
 * and a local directory of its own, as on other machines. Confined to one thread.
 */
final class RemoteJob {

    static final int KEY_GROUPS = 128;

    private static final int PAGE_BYTES = 32 * 1024;

    /** Flink's defaults for checkpoints in files. */
    private static final int INLINE_BYTES = 20 * 1024;

    private static final int WRITE_BUFFER_BYTES = 4 * 1024;

    private final Peer peer;
    private final Path directory;
    private final long managedBytes;
    private final JobID jobId = new JobID();
    private final SharedStateRegistry registry = new SharedStateRegistryImpl();
    private final FsCheckpointStreamFactory streams;
    private long lastCheckpointId;
    private int opened;

    /**
     * @param directory for the remote files and the local ones
     * @param managedBytes of each slot
     */
    RemoteJob(Peer peer, Path directory, long managedBytes) throws Exception {
        this.peer = peer;
        this.directory = directory;
        this.managedBytes = managedBytes;
        Path shared = Files.createDirectories(directory.resolve("remote/shared"));
        Path exclusive = Files.createDirectories(directory.resolve("remote/exclusive"));
        streams =
                new FsCheckpointStreamFactory(
                        SlowFileSystem.of(shared).getFileSystem(),
                        SlowFileSystem.of(exclusive),
                        SlowFileSystem.of(shared),
                        INLINE_BYTES,
                        WRITE_BUFFER_BYTES);
    }

    FsCheckpointStreamFactory streams() {
        return streams;
    }

    long nextCheckpointId() {
        return ++lastCheckpointId;
    }

    /** Makes the handle one to restore from: its placeholders become the files they stand for. */
    void register(KeyedStateHandle handle, long checkpointId) {
        handle.registerSharedStates(registry, checkpointId);
    }

    /**
     * Opens the backend of a subtask.
     *
     * @param handles of the former subtasks; those with keys of this one are used
     */
    RemoteBackend open(int subtask, int parallelism, List<KeyedStateHandle> handles)
            throws Exception {
        KeyGroupRange range =
                KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
                        KEY_GROUPS, parallelism, subtask);
        Path local = Files.createDirectories(directory.resolve("local-" + opened++));
        Configuration configuration = peer.configuration();
        configuration.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        ExecutorService ioExecutor =
                Executors.newFixedThreadPool(
                        ClusterEntrypointUtils.getPoolSize(configuration),
                        new ExecutorThreadFactory("benchmark-io"));
        MockEnvironment environment =
                new MockEnvironmentBuilder()
                        .setTaskName("storage-benchmark")
                        .setMaxParallelism(KEY_GROUPS)
                        .setMemoryManager(MemoryManager.create(managedBytes, PAGE_BYTES))
                        .setTaskConfiguration(configuration)
                        .setIOManager(new IOManagerAsync(local.toString(), ioExecutor))
                        .setTaskManagerRuntimeInfo(
                                new TestingTaskManagerRuntimeInfo(configuration, local.toFile()))
                        .build();
        environment.setCheckpointStorageAccess(
                new FileSystemCheckpointStorage(
                                SlowFileSystem.of(directory.resolve("remote")).toUri())
                        .createCheckpointStorage(environment.getJobID()));
        StateBackend stateBackend =
                StateBackendLoader.loadStateBackendFromConfig(
                        configuration, RemoteJob.class.getClassLoader(), null);
        CheckpointableKeyedStateBackend<Long> backend =
                stateBackend.createKeyedStateBackend(
                        new KeyedStateBackendParametersImpl<>(
                                environment,
                                jobId,
                                "storage-operator",
                                LongSerializer.INSTANCE,
                                KEY_GROUPS,
                                range,
                                environment.getTaskKvStateRegistry(),
                                TtlTimeProvider.DEFAULT,
                                new UnregisteredMetricsGroup(),
                                (name, value) -> {},
                                handles.stream()
                                        .filter(handle -> handle.getIntersection(range) != null)
                                        .toList(),
                                new CloseableRegistry(),
                                1.0));
        return new RemoteBackend(
                this,
                backend,
                () -> {
                    environment.close();
                    ioExecutor.shutdown();
                });
    }
}
