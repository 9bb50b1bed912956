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
package io.flinklsm.statebackend.testing;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RunnableFuture;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.core.fs.local.LocalFileSystem;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.checkpoint.CheckpointType;
import org.apache.flink.runtime.checkpoint.SavepointType;
import org.apache.flink.runtime.checkpoint.SnapshotType;
import org.apache.flink.runtime.io.disk.iomanager.IOManagerAsync;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.AsyncKeyedStateBackend;
import org.apache.flink.runtime.state.CheckpointStorageLocationReference;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedStateBackendParametersImpl;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.LocalRecoveryConfig;
import org.apache.flink.runtime.state.SavepointResources;
import org.apache.flink.runtime.state.SavepointSnapshotStrategy;
import org.apache.flink.runtime.state.SharedStateRegistry;
import org.apache.flink.runtime.state.SharedStateRegistryImpl;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.SnapshotStrategyRunner;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.StateBackend.CustomInitializationMetrics;
import org.apache.flink.runtime.state.StateBackend.KeyedStateBackendParameters;
import org.apache.flink.runtime.state.TestTaskStateManager;
import org.apache.flink.runtime.state.filesystem.FsCheckpointStreamFactory;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.apache.flink.runtime.util.TestingTaskManagerRuntimeInfo;
import org.apache.flink.util.InstantiationUtil;
import org.apache.flink.util.concurrent.ExecutorThreadFactory;

/**
 * Makes backends of any kind outside a cluster, takes their snapshots into files below one
 * directory, and plays the job manager's registry of shared files. Closes what it made.
 */
public final class BackendHarness implements AutoCloseable {

    private final Path root;
    private final int maxParallelism;
    private final TtlTimeProvider clock;
    private final ExecutorService ioThreads =
            Executors.newFixedThreadPool(8, new ExecutorThreadFactory("harness-io"));
    private final IOManagerAsync ioManager;
    private final MockEnvironment environment;
    private MetricGroup metricGroup = UnregisteredMetricsGroup.createOperatorMetricGroup();
    private final SharedStateRegistry sharedStates = new SharedStateRegistryImpl();
    private final List<AbstractKeyedStateBackend<?>> backends = new ArrayList<>();
    private final List<AsyncKeyedStateBackend<?>> asyncBackends = new ArrayList<>();

    public BackendHarness(Path root, int maxParallelism) throws Exception {
        this(root, maxParallelism, TtlTimeProvider.DEFAULT);
    }

    public BackendHarness(Path root, int maxParallelism, TtlTimeProvider clock) throws Exception {
        this(root, maxParallelism, clock, LocalRecoveryConfig.BACKUP_AND_RECOVERY_DISABLED);
    }

    /**
     * @param localRecovery where Flink wants checkpoints on the local disk
     */
    public BackendHarness(
            Path root, int maxParallelism, TtlTimeProvider clock, LocalRecoveryConfig localRecovery)
            throws Exception {
        this.root = root;
        this.clock = clock;
        this.maxParallelism = maxParallelism;
        File local = Files.createDirectories(root.resolve("local")).toFile();
        ioManager =
                new IOManagerAsync(
                        Files.createDirectories(root.resolve("io")).toString(), ioThreads);
        environment =
                new MockEnvironmentBuilder()
                        .setIOManager(ioManager)
                        .setTaskStateManager(new TestTaskStateManager(localRecovery))
                        .setManagedMemorySize(512L << 20)
                        .setTaskManagerRuntimeInfo(
                                new TestingTaskManagerRuntimeInfo(new Configuration(), local))
                        .build();
    }

    public MockEnvironment environment() {
        return environment;
    }

    /** Backends that are made from now on compress what they write in Flink's own formats. */
    public BackendHarness compressSnapshots(boolean isCompressed) {
        environment.getExecutionConfig().setUseSnapshotCompression(isCompressed);
        return this;
    }

    /** Backends that are made from now on register their metrics there. */
    public void setMetricGroup(MetricGroup metricGroup) {
        this.metricGroup = metricGroup;
    }

    /** Where backends keep their files while they run. */
    public Path localDirectory() {
        return root.resolve("local");
    }

    /** Where snapshots go. */
    public Path checkpointDirectory() {
        return root.resolve("checkpoints");
    }

    public KeyGroupRange allKeyGroups() {
        return KeyGroupRange.of(0, maxParallelism - 1);
    }

    public <K> AbstractKeyedStateBackend<K> create(
            StateBackend stateBackend, TypeSerializer<K> keySerializer) throws Exception {
        return restore(stateBackend, keySerializer, allKeyGroups(), List.of());
    }

    public <K> AbstractKeyedStateBackend<K> restore(
            StateBackend stateBackend,
            TypeSerializer<K> keySerializer,
            KeyGroupRange range,
            Collection<KeyedStateHandle> handles)
            throws Exception {
        return restore(stateBackend, keySerializer, range, handles, new CloseableRegistry());
    }

    public <K> AbstractKeyedStateBackend<K> restore(
            StateBackend stateBackend,
            TypeSerializer<K> keySerializer,
            KeyGroupRange range,
            Collection<KeyedStateHandle> handles,
            CloseableRegistry cancelRegistry)
            throws Exception {
        List<KeyedStateHandle> ours = new ArrayList<>();
        for (KeyedStateHandle handle : handles) {
            KeyedStateHandle intersection = handle.getIntersection(range);
            if (intersection != null) {
                ours.add(intersection);
            }
        }
        return track(
                (AbstractKeyedStateBackend<K>)
                        stateBackend.createKeyedStateBackend(
                                parameters(keySerializer, range, ours, cancelRegistry)));
    }

    /** A backend for State V2; disposed when the harness is closed. */
    public <K> AsyncKeyedStateBackend<K> restoreAsync(
            StateBackend stateBackend,
            TypeSerializer<K> keySerializer,
            KeyGroupRange range,
            Collection<KeyedStateHandle> handles)
            throws Exception {
        List<KeyedStateHandle> ours = new ArrayList<>();
        for (KeyedStateHandle handle : handles) {
            KeyedStateHandle intersection = handle.getIntersection(range);
            if (intersection != null) {
                ours.add(intersection);
            }
        }
        AsyncKeyedStateBackend<K> backend =
                stateBackend.createAsyncKeyedStateBackend(
                        parameters(keySerializer, range, ours, new CloseableRegistry()));
        asyncBackends.add(backend);
        return backend;
    }

    public KeyedStateHandle snapshot(
            AsyncKeyedStateBackend<?> backend,
            long id,
            SnapshotType type,
            CheckpointStreamFactory streams)
            throws Exception {
        return finish(
                backend.snapshot(
                        id,
                        0,
                        streams,
                        new CheckpointOptions(
                                type, CheckpointStorageLocationReference.getDefault())));
    }

    public void dispose(AsyncKeyedStateBackend<?> backend) throws Exception {
        asyncBackends.remove(backend);
        backend.close();
        backend.dispose();
    }

    public <K> KeyedStateBackendParameters<K> parameters(
            TypeSerializer<K> keySerializer,
            KeyGroupRange range,
            Collection<KeyedStateHandle> handles,
            CloseableRegistry cancelRegistry) {
        return parameters(keySerializer, range, handles, cancelRegistry, (name, value) -> {});
    }

    public <K> KeyedStateBackendParameters<K> parameters(
            TypeSerializer<K> keySerializer,
            KeyGroupRange range,
            Collection<KeyedStateHandle> handles,
            CloseableRegistry cancelRegistry,
            CustomInitializationMetrics metrics) {
        return new KeyedStateBackendParametersImpl<>(
                environment,
                new JobID(1, 1),
                "operator (1/1)",
                keySerializer,
                maxParallelism,
                range,
                null,
                clock,
                metricGroup,
                metrics,
                handles,
                cancelRegistry,
                0.4);
    }

    /** The backend is disposed when the harness is closed. */
    public <K> AbstractKeyedStateBackend<K> track(AbstractKeyedStateBackend<K> backend) {
        backends.add(backend);
        return backend;
    }

    /** Takes a checkpoint and registers it, as the job manager would. */
    public KeyedStateHandle checkpoint(AbstractKeyedStateBackend<?> backend, long id)
            throws Exception {
        return register(snapshot(backend, id, CheckpointType.CHECKPOINT, streams(id)), id);
    }

    public KeyedStateHandle fullCheckpoint(AbstractKeyedStateBackend<?> backend, long id)
            throws Exception {
        return register(snapshot(backend, id, CheckpointType.FULL_CHECKPOINT, streams(id)), id);
    }

    public KeyedStateHandle nativeSavepoint(AbstractKeyedStateBackend<?> backend, long id)
            throws Exception {
        return snapshot(
                backend, id, SavepointType.savepoint(SavepointFormatType.NATIVE), streams(id));
    }

    public KeyedStateHandle snapshot(
            AbstractKeyedStateBackend<?> backend,
            long id,
            SnapshotType type,
            CheckpointStreamFactory streams)
            throws Exception {
        RunnableFuture<SnapshotResult<KeyedStateHandle>> future =
                backend.snapshot(
                        id,
                        0,
                        streams,
                        new CheckpointOptions(
                                type, CheckpointStorageLocationReference.getDefault()));
        return finish(future);
    }

    public KeyedStateHandle canonicalSavepoint(AbstractKeyedStateBackend<?> backend, long id)
            throws Exception {
        return canonicalSavepoint(backend, id, streams(id));
    }

    public <K> KeyedStateHandle canonicalSavepoint(
            AbstractKeyedStateBackend<K> backend, long id, CheckpointStreamFactory streams)
            throws Exception {
        return finish(beginCanonicalSavepoint(backend, id, streams));
    }

    /** The synchronous part is done; running the future is the asynchronous one. */
    public <K> RunnableFuture<SnapshotResult<KeyedStateHandle>> beginCanonicalSavepoint(
            AbstractKeyedStateBackend<K> backend, long id, CheckpointStreamFactory streams)
            throws Exception {
        SavepointResources<K> resources = backend.savepoint();
        return new SnapshotStrategyRunner<>(
                        "savepoint",
                        new SavepointSnapshotStrategy<>(resources.getSnapshotResources()),
                        new CloseableRegistry(),
                        resources.getPreferredSnapshotExecutionType())
                .snapshot(id, 0, streams, CheckpointOptions.forCheckpointWithDefaultLocation());
    }

    public KeyedStateHandle register(KeyedStateHandle handle, long id) {
        if (handle != null) {
            handle.registerSharedStates(sharedStates, id);
        }
        return handle;
    }

    /** Checkpoint storage in files; nothing is kept inline. */
    public CheckpointStreamFactory streams(long id) throws Exception {
        return streams(id, 0);
    }

    /**
     * Checkpoint storage in files.
     *
     * @param inlineThreshold what is not longer, Flink keeps in its metadata
     */
    public CheckpointStreamFactory streams(long id, int inlineThreshold) throws Exception {
        Path exclusive = Files.createDirectories(checkpointDirectory().resolve("chk-" + id));
        Path shared = Files.createDirectories(checkpointDirectory().resolve("shared"));
        return new FsCheckpointStreamFactory(
                LocalFileSystem.getSharedInstance(),
                new org.apache.flink.core.fs.Path(exclusive.toUri()),
                new org.apache.flink.core.fs.Path(shared.toUri()),
                inlineThreshold,
                4096);
    }

    /** Checkpoint storage that is on another machine: {@link FarFileSystem}. */
    public CheckpointStreamFactory farStreams(long id) throws Exception {
        Path job = checkpointDirectory().resolve("00000000000000010000000000000001");
        Path exclusive = Files.createDirectories(job.resolve("chk-" + id));
        Path shared = Files.createDirectories(job.resolve("shared"));
        return new FsCheckpointStreamFactory(
                new FarFileSystem(),
                FarFileSystem.far(exclusive),
                FarFileSystem.far(shared),
                0,
                4096);
    }

    /** What Flink sends to the job manager, as it comes there. */
    public static KeyedStateHandle send(KeyedStateHandle handle) throws Exception {
        return InstantiationUtil.clone(handle);
    }

    public static KeyedStateHandle finish(RunnableFuture<SnapshotResult<KeyedStateHandle>> future)
            throws Exception {
        future.run();
        return future.get().getJobManagerOwnedSnapshot();
    }

    public void dispose(AbstractKeyedStateBackend<?> backend) throws Exception {
        backends.remove(backend);
        backend.close();
        backend.dispose();
    }

    public void disposeAll() throws Exception {
        for (AbstractKeyedStateBackend<?> backend : List.copyOf(backends)) {
            dispose(backend);
        }
        for (AsyncKeyedStateBackend<?> backend : List.copyOf(asyncBackends)) {
            dispose(backend);
        }
    }

    @Override
    public void close() throws Exception {
        disposeAll();
        environment.close();
        ioManager.close();
        ioThreads.shutdownNow();
    }
}
