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
package io.flinklsm.statebackend;

import io.flinklsm.core.StoreResources;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.tiered.TieredStorage;
import io.flinklsm.statebackend.async.AsyncStats;
import io.flinklsm.statebackend.async.ReadThreads;
import io.flinklsm.statebackend.directory.LocalDirectories;
import io.flinklsm.statebackend.directory.WorkingDirectory;
import io.flinklsm.statebackend.key.TaskKeyContext;
import io.flinklsm.statebackend.life.BackendLife;
import io.flinklsm.statebackend.memory.MemoryRequest;
import io.flinklsm.statebackend.memory.SlotMemory;
import io.flinklsm.statebackend.metrics.EventLog;
import io.flinklsm.statebackend.metrics.LsmMetrics;
import io.flinklsm.statebackend.remote.FetchBudget;
import io.flinklsm.statebackend.remote.RemoteFiles;
import io.flinklsm.statebackend.remote.TaskOwnedUpload;
import io.flinklsm.statebackend.restore.LsmRestoreOperation;
import io.flinklsm.statebackend.restore.RestoreContext;
import io.flinklsm.statebackend.restore.RestoredBackend;
import io.flinklsm.statebackend.snapshot.LocalBackup;
import io.flinklsm.statebackend.snapshot.LsmSnapshots;
import io.flinklsm.statebackend.snapshot.SnapshotContext;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.runtime.execution.CancelTaskException;
import org.apache.flink.runtime.execution.Environment;
import org.apache.flink.runtime.state.AbstractStateBackend;
import org.apache.flink.runtime.state.BackendBuildingException;
import org.apache.flink.runtime.state.CompositeKeySerializationUtils;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.LocalRecoveryConfig;
import org.apache.flink.runtime.state.StateBackend.KeyedStateBackendParameters;
import org.apache.flink.runtime.state.StateSerializerProvider;
import org.apache.flink.runtime.state.StreamCompressionDecorator;
import org.apache.flink.runtime.state.metrics.LatencyTrackingStateConfig;
import org.apache.flink.runtime.state.metrics.SizeTrackingStateConfig;
import org.apache.flink.runtime.taskmanager.TaskManagerRuntimeInfo;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one keyed backend: directory, memory, restore, backend. If any step fails, what the ones
 * before made is undone, for Flink then tries the next copy of the checkpoint.
 */
final class LsmKeyedStateBackendBuilder<K> {

    private static final Logger LOG = LoggerFactory.getLogger(LsmKeyedStateBackendBuilder.class);

    private final KeyedStateBackendParameters<K> parameters;
    private final Environment environment;
    private final LsmBackendSettings settings;
    private final int directoryTurn;
    private final LatencyTrackingStateConfig latencyTracking;
    private final SizeTrackingStateConfig sizeTracking;
    private final int keyGroupBytes;
    private final BackendResources resources = new BackendResources();
    // Set while the backend is made.
    private @Nullable RemoteFiles remoteFiles;

    private UnaryOperator<Storage> storageWrapper = UnaryOperator.identity();

    /**
     * @param directoryTurn which of several local directories is next
     */
    LsmKeyedStateBackendBuilder(
            KeyedStateBackendParameters<K> parameters,
            LsmBackendSettings settings,
            int directoryTurn,
            LatencyTrackingStateConfig latencyTracking,
            SizeTrackingStateConfig sizeTracking) {
        this.parameters = parameters;
        this.environment = parameters.getEnv();
        this.settings = settings;
        this.directoryTurn = directoryTurn;
        this.latencyTracking = latencyTracking;
        this.sizeTracking = sizeTracking;
        this.keyGroupBytes =
                CompositeKeySerializationUtils.computeRequiredBytesInKeyGroupPrefix(
                        parameters.getNumberOfKeyGroups());
    }

    /** Puts something between the store and its directory; for tests of faults. */
    LsmKeyedStateBackendBuilder<K> wrapStorage(UnaryOperator<Storage> wrapper) {
        storageWrapper = wrapper;
        return this;
    }

    /**
     * A backend for State V2.
     *
     * @throws BackendBuildingException with the cause of the failure
     */
    LsmAsyncKeyedStateBackend<K> buildAsync() throws BackendBuildingException {
        LsmKeyedStateBackend<K> backend = build();
        String owner = parameters.getOperatorIdentifier();
        ReadThreads threads = resources.hold(new ReadThreads(owner, settings.readThreads()));
        AsyncStats stats = new AsyncStats();
        LsmMetrics.registerAsync(parameters.getMetricGroup(), stats);
        return new LsmAsyncKeyedStateBackend<>(
                backend,
                owner,
                environment.getExecutionConfig(),
                threads,
                stats,
                Objects.requireNonNull(remoteFiles, "made with the backend"));
    }

    /**
     * @throws BackendBuildingException with the cause of the failure
     */
    LsmKeyedStateBackend<K> build() throws BackendBuildingException {
        try {
            return buildUnguarded();
        } catch (Error e) {
            // Of a file system plug-in, or of a user's class: Flink fails the task with it.
            Cleanup.undo(e, resources);
            throw e;
        } catch (Exception e) {
            Cleanup.undo(e, resources);
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            if (parameters.getCancelStreamRegistry().isClosed()) {
                throw new BackendBuildingException(
                        "Task was cancelled", new CancelTaskException(e));
            }
            throw new BackendBuildingException(
                    "["
                            + parameters.getOperatorIdentifier()
                            + "] the keyed state backend could not be made: handles="
                            + parameters.getStateHandles().size()
                            + ", keyGroups="
                            + parameters.getKeyGroupRange()
                            + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private LsmKeyedStateBackend<K> buildUnguarded() throws Exception {
        WorkingDirectory directory = resources.hold(createDirectory());
        StoreResources memory =
                resources
                        .hold(
                                SlotMemory.lease(
                                        environment,
                                        new MemoryRequest(
                                                parameters.getManagedMemoryFraction(),
                                                settings.slotMemoryBytes(),
                                                settings.taskManagerMemoryBytes(),
                                                settings.backgroundThreads()),
                                        Clock.system()))
                        .getResourceHandle();
        Executor executor = environment.getIOManager().getExecutorService();
        FetchBudget fetchBudget = resources.hold(new FetchBudget(memory.memory()));
        CloseableRegistry cancelRegistry = new CloseableRegistry();
        TieredStorage storage =
                resources.hold(
                        new TieredStorage(
                                storageWrapper.apply(new LocalStorage(directory.path(), false)),
                                directory.path(),
                                settings.tieredOptions(),
                                Clock.system(),
                                new SecureRandom(),
                                fetchBudget,
                                new TaskOwnedUpload(
                                        environment,
                                        cancelRegistry,
                                        settings.remoteRequestTimeout(),
                                        executor)));
        // Closed before the storage: what is under way ends.
        resources.hold(cancelRegistry);
        RemoteFiles remote =
                new RemoteFiles(
                        storage,
                        cancelRegistry,
                        settings.remoteRequestTimeout(),
                        executor,
                        settings.transferThreads());
        remoteFiles = remote;
        logBegin();
        StateSerializerProvider<K> keySerializerProvider =
                StateSerializerProvider.fromNewRegisteredSerializer(parameters.getKeySerializer());
        RestoredBackend restored =
                new LsmRestoreOperation<>(
                                new RestoreContext(
                                        storage,
                                        remote,
                                        settings.lazyRestore(),
                                        settings.storeOptions(
                                                memory.memory().limitBytes(), keyGroupBytes),
                                        memory,
                                        parameters.getKeyGroupRange(),
                                        keyGroupBytes,
                                        environment.getUserCodeClassLoader().asClassLoader(),
                                        executor,
                                        settings.transferThreads(),
                                        parameters.getCancelStreamRegistry(),
                                        parameters.getCustomInitializationMetrics()),
                                keySerializerProvider)
                        .restore(parameters.getStateHandles());
        resources.hold(restored.store());
        // Before the store, which waits for what reads remote files in the background.
        resources.hold(remote::stop);
        LOG.info(
                "[{}] the keyed state backend is ready: handles={}, states={}, keyGroups={},"
                        + " directory={}",
                parameters.getOperatorIdentifier(),
                parameters.getStateHandles().size(),
                restored.registry().all().size(),
                parameters.getKeyGroupRange(),
                directory.path());
        return assemble(
                restored,
                memory,
                storage,
                remote,
                cancelRegistry,
                executor,
                // After restore, which may have reconfigured it.
                keySerializerProvider.currentSchemaSerializer());
    }

    private LsmKeyedStateBackend<K> assemble(
            RestoredBackend restored,
            StoreResources memory,
            TieredStorage storage,
            RemoteFiles remote,
            CloseableRegistry cancelRegistry,
            Executor executor,
            TypeSerializer<K> keySerializer) {
        BackendLife life =
                new BackendLife(
                        parameters.getOperatorIdentifier(), Thread.currentThread(), resources);
        StreamCompressionDecorator compression =
                AbstractStateBackend.getCompressionDecorator(environment.getExecutionConfig());
        SnapshotContext<K> snapshotContext =
                new SnapshotContext<>(
                        restored.backendId(),
                        SnapshotContext.operatorIdIn(parameters.getOperatorIdentifier()),
                        parameters.getKeyGroupRange(),
                        keyGroupBytes,
                        keySerializer,
                        storage,
                        remote,
                        localBackup(storage),
                        settings.incremental(),
                        executor,
                        settings.transferThreads(),
                        cancelRegistry,
                        compression);
        restored.store().setListener(new EventLog(parameters.getOperatorIdentifier()));
        LsmKeyedStateBackend<K> backend =
                new LsmKeyedStateBackend<>(
                        new LsmBackendParts<>(
                                parameters.getKvStateRegistry(),
                                keySerializer,
                                environment.getUserCodeClassLoader().asClassLoader(),
                                environment.getExecutionConfig(),
                                parameters.getTtlTimeProvider(),
                                latencyTracking,
                                sizeTracking,
                                cancelRegistry,
                                compression,
                                new TaskKeyContext<>(
                                        parameters.getKeyGroupRange(),
                                        parameters.getNumberOfKeyGroups()),
                                restored.store(),
                                restored.registry(),
                                new LsmSnapshots<>(
                                        snapshotContext,
                                        restored.store(),
                                        restored.registry(),
                                        life,
                                        restored.uploaded()),
                                life,
                                settings.compatIdentifier()));
        // Held last, so closed before the store, which would miss their memory.
        resources.hold(backend::closeKeyStreams);
        if (!parameters.getStateHandles().isEmpty()) {
            remote.startFetching(parameters.getOperatorIdentifier(), restored.store());
        }
        // Last: what is registered there cannot be taken back.
        LsmMetrics.register(parameters.getMetricGroup(), restored.store(), memory, storage, life);
        return backend;
    }

    /** Null if Flink is not to keep checkpoints on this machine. */
    private @Nullable LocalBackup localBackup(Storage storage) {
        LocalRecoveryConfig config = environment.getTaskStateManager().createLocalRecoveryConfig();
        return config.isLocalBackupEnabled()
                ? config.getLocalStateDirectoryProvider()
                        .map(directories -> new LocalBackup(storage, directories))
                        .orElse(null)
                : null;
    }

    private void logBegin() {
        if (!parameters.getStateHandles().isEmpty()) {
            LOG.info(
                    "[{}] the restore begins: handles={}, bytes={}, restore={}, placement={}",
                    parameters.getOperatorIdentifier(),
                    parameters.getStateHandles().size(),
                    parameters.getStateHandles().stream()
                            .filter(Objects::nonNull)
                            .mapToLong(KeyedStateHandle::getStateSize)
                            .sum(),
                    settings.lazyRestore() ? "lazy" : "eager",
                    settings.localCacheBytes() > 0 ? "remote" : "local");
        }
    }

    private WorkingDirectory createDirectory() throws IOException {
        List<String> configured = settings.localDirectories();
        TaskManagerRuntimeInfo taskManager = environment.getTaskManagerInfo();
        LocalDirectories directories =
                configured.isEmpty()
                        ? LocalDirectories.ofTaskManager(
                                taskManager.getTmpWorkingDirectory().toPath(),
                                Stream.of(taskManager.getTmpDirectories()).map(Path::of).toList())
                        : LocalDirectories.configured(configured.stream().map(Path::of).toList());
        return directories.create(
                directoryTurn, parameters.getJobID(), parameters.getOperatorIdentifier());
    }
}
