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
package io.flinklsm.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.RunnableFuture;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.memory.MemoryManager;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.runtime.state.CheckpointableKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedStateBackendParametersImpl;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.StateBackendLoader;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.filesystem.FsCheckpointStreamFactory;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.apache.flink.runtime.util.TestingTaskManagerRuntimeInfo;
import org.apache.flink.util.IOUtils;

/**
 * One keyed backend with long keys, loaded by name as Flink loads it, in the surroundings of a task
 * without a cluster. Confined to the task thread. Whoever opens it closes it; its directories are
 * the caller's to delete.
 */
final class BenchmarkedBackend implements AutoCloseable {

    private static final int KEY_GROUPS = 128;
    private static final int PAGE_BYTES = 32 * 1024;

    private final MockEnvironment environment;
    private final CheckpointableKeyedStateBackend<Long> backend;
    private final FsCheckpointStreamFactory checkpointStreams;
    private long checkpointId;

    private BenchmarkedBackend(
            MockEnvironment environment,
            CheckpointableKeyedStateBackend<Long> backend,
            FsCheckpointStreamFactory checkpointStreams) {
        this.environment = environment;
        this.backend = backend;
        this.checkpointStreams = checkpointStreams;
    }

    /**
     * Opens an empty backend.
     *
     * @param directory an existing directory for the backend's files and its checkpoints
     * @param managedBytes managed memory of the slot, all of it for this backend
     */
    static BenchmarkedBackend open(Peer peer, Path directory, long managedBytes) throws Exception {
        Path temporary = Files.createDirectories(directory.resolve("tmp"));
        Path shared = Files.createDirectories(directory.resolve("shared"));
        Path exclusive = Files.createDirectories(directory.resolve("exclusive"));
        Configuration configuration = peer.configuration();
        MockEnvironment environment =
                new MockEnvironmentBuilder()
                        .setTaskName("state-benchmark")
                        .setMaxParallelism(KEY_GROUPS)
                        .setMemoryManager(MemoryManager.create(managedBytes, PAGE_BYTES))
                        .setTaskConfiguration(configuration)
                        .setTaskManagerRuntimeInfo(
                                new TestingTaskManagerRuntimeInfo(
                                        configuration, temporary.toFile()))
                        .build();
        StateBackend stateBackend =
                StateBackendLoader.loadStateBackendFromConfig(
                        configuration, BenchmarkedBackend.class.getClassLoader(), null);
        JobID jobId = new JobID();
        CheckpointableKeyedStateBackend<Long> backend =
                stateBackend.createKeyedStateBackend(
                        new KeyedStateBackendParametersImpl<>(
                                environment,
                                jobId,
                                "state-benchmark",
                                LongSerializer.INSTANCE,
                                KEY_GROUPS,
                                KeyGroupRange.of(0, KEY_GROUPS - 1),
                                environment.getTaskKvStateRegistry(),
                                TtlTimeProvider.DEFAULT,
                                new UnregisteredMetricsGroup(),
                                (name, value) -> {},
                                List.of(),
                                new CloseableRegistry(),
                                1.0));
        FsCheckpointStreamFactory streams =
                new FsCheckpointStreamFactory(
                        FileSystem.getLocalFileSystem(),
                        new org.apache.flink.core.fs.Path(exclusive.toUri()),
                        new org.apache.flink.core.fs.Path(shared.toUri()),
                        20 * 1024,
                        4 * 1024);
        return new BenchmarkedBackend(environment, backend, streams);
    }

    /** Makes {@code key} the key of the following accesses. */
    void setKey(long key) {
        backend.setCurrentKey(key);
    }

    /** The state of a descriptor, in the void namespace. */
    <S extends State> S state(StateDescriptor<S, ?> descriptor) throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor);
    }

    /** Takes a checkpoint, both parts of it on this thread, and confirms it. */
    void checkpoint() throws Exception {
        checkpointId++;
        RunnableFuture<SnapshotResult<KeyedStateHandle>> snapshot =
                backend.snapshot(
                        checkpointId,
                        checkpointId,
                        checkpointStreams,
                        CheckpointOptions.forCheckpointWithDefaultLocation());
        snapshot.run();
        snapshot.get();
        if (backend instanceof CheckpointListener) {
            ((CheckpointListener) backend).notifyCheckpointComplete(checkpointId);
        }
    }

    @Override
    public void close() throws Exception {
        IOUtils.closeAll(backend::dispose, backend, environment);
    }
}
