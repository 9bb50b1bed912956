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
import io.flinklsm.core.events.LsmEventListener;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.tiered.TieredStorage;
import io.flinklsm.statebackend.async.AsyncStats;
import io.flinklsm.statebackend.async.ReadThreads;
import io.flinklsm.statebackend.directory.LocalDirectories;
import io.flinklsm.statebackend.directory.WorkingDirectory;
import io.flinklsm.statebackend.key.TaskKeyContext;
import io.flinklsm.statebackend.life.BackendLife;
import io.flinklsm.statebackend.life.PoolOfTaskManager;
import io.flinklsm.statebackend.memory.MemoryRequest;
import io.flinklsm.statebackend.memory.MemorySource;
import io.flinklsm.statebackend.memory.SlotMemory;
import io.flinklsm.statebackend.memory.TaskManagerThreads;
import io.flinklsm.statebackend.metrics.EventCounters;
import io.flinklsm.statebackend.metrics.EventLog;
import io.flinklsm.statebackend.metrics.LsmMetrics;
import io.flinklsm.statebackend.metrics.MetricScope;
import io.flinklsm.statebackend.metrics.MetricSources;
import io.flinklsm.statebackend.registry.StateRegistry;
import io.flinklsm.statebackend.remote.FetchBudget;
import io.flinklsm.statebackend.remote.RemoteFiles;
import io.flinklsm.statebackend.remote.TaskOwnedUpload;
import io.flinklsm.statebackend.restore.LsmRestoreOperation;
import io.flinklsm.statebackend.restore.RestoreContext;
import io.flinklsm.statebackend.restore.RestoredBackend;
import io.flinklsm.statebackend.snapshot.LocalBackup;
import io.flinklsm.statebackend.snapshot.LsmSnapshots;
import io.flinklsm.statebackend.snapshot.SnapshotContext;
import io.flinklsm.statebackend.snapshot.TransferCounters;
import io.flinklsm.statebackend.snapshot.TransferThreads;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.execution.CancelTaskException;
import org.apache.flink.runtime.execution.Environment;
import org.apache.flink.runtime.state.AbstractStateBackend;
import org.apache.flink.runtime.state.BackendBuildingException;
import org.apache.flink.runtime.state.CompositeKeySerializationUtils;
import org.apache.flink.runtime.state.KeyGroupRange;
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

    private final TransferCounters transfers = new TransferCounters();
    private Map<String, String> changedOptions = Map.of();
    private Consumer<LsmEventListener> listenerTo = listener -> {};
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

    /** Hands over whom the store tells its events; for tests of events that are rare. */
    LsmKeyedStateBackendBuilder<K> showListener(Consumer<LsmEventListener> to) {
        listenerTo = to;
        return this;
    }

    /** Says in the log of a new slot which options are set to something else than their default. */
    LsmKeyedStateBackendBuilder<K> announcing(Map<String, String> changed) {
        changedOptions = Map.copyOf(changed);
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
        ReadThreads threads = resources.hold(readThreads());
        AsyncStats stats = new AsyncStats();
        if (settings.metrics() != MetricScope.NONE) {
            LsmMetrics.registerAsync(parameters.getMetricGroup(), stats);
        }
        return new LsmAsyncKeyedStateBackend<>(
                backend,
                owner,
                environment.getExecutionConfig(),
                threads,
                stats,
                Objects.requireNonNull(remoteFiles, "made with the backend"));
    }

    private ReadThreads readThreads() throws BackendBuildingException {
        try {
            TaskManagerThreads.Lease lease =
                    resources.hold(
                            TaskManagerThreads.lease(
                                    environment.getSharedResources(),
                                    settings.threads().request()));
            return new ReadThreads(lease.threads(), settings.threads().read());
        } catch (IOException e) {
            Cleanup.undo(e, resources);
            throw new BackendBuildingException(
                    "[" + parameters.getOperatorIdentifier() + "] has no threads", e);
        }
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
        long beginNanos = System.nanoTime();
        WorkingDirectory directory = resources.hold(createDirectory());
        MemoryRequest memoryRequest =
                new MemoryRequest(
                        parameters.getManagedMemoryFraction(),
                        settings.memory().slotBytes(),
                        settings.memory().taskManagerBytes(),
                        settings.memory().memtableShare(),
                        settings.threads().request());
        MemorySource memorySource = SlotMemory.source(environment, memoryRequest);
        StoreResources memory =
                resources
                        .hold(
                                SlotMemory.lease(
                                        environment,
                                        memoryRequest,
                                        Clock.system(),
                                        bytes -> logStart(bytes, memorySource, directory.path())))
                        .getResourceHandle();
        Executor executor = new PoolOfTaskManager(environment.getIOManager().getExecutorService());
        FetchBudget fetchBudget = resources.hold(new FetchBudget(memory.memory()));
        CloseableRegistry cancelRegistry = new CloseableRegistry();
        TaskOwnedUpload uploads =
                new TaskOwnedUpload(
                        environment, cancelRegistry, settings.remote().requestTimeout(), executor);
        TieredStorage storage =
                resources.hold(
                        new TieredStorage(
                                storageWrapper.apply(
                                        new LocalStorage(
                                                directory.path(), false, settings.local().reads())),
                                directory.path(),
                                settings.tieredOptions(),
                                Clock.system(),
                                new SecureRandom(),
                                fetchBudget,
                                uploads));
        // Closed before the storage: what is under way ends.
        resources.hold(cancelRegistry);
        RemoteFiles remote =
                new RemoteFiles(
                        storage,
                        uploads,
                        cancelRegistry,
                        settings.remote().requestTimeout(),
                        executor,
                        settings.threads().transfer());
        remoteFiles = remote;
        logBegin();
        StateSerializerProvider<K> keySerializerProvider =
                StateSerializerProvider.fromNewRegisteredSerializer(parameters.getKeySerializer());
        RestoredBackend restored =
                new LsmRestoreOperation<>(
                                new RestoreContext(
                                        new RestoreContext.Files(
                                                storage,
                                                directory.path(),
                                                remote,
                                                settings.remote().lazyRestore()),
                                        settings.storeOptions(
                                                memory.memory().limitBytes(), keyGroupBytes),
                                        memory,
                                        new RestoreContext.Keys(
                                                parameters.getKeyGroupRange(), keyGroupBytes),
                                        environment.getUserCodeClassLoader().asClassLoader(),
                                        new TransferThreads(
                                                executor,
                                                settings.threads().transfer(),
                                                parameters.getCancelStreamRegistry()),
                                        parameters.getCustomInitializationMetrics(),
                                        transfers),
                                keySerializerProvider)
                        .restore(parameters.getStateHandles());
        resources.hold(restored.store());
        // Before the store, which waits for what reads remote files in the background.
        resources.hold(remote::stop);
        logReady(restored, directory.path(), System.nanoTime() - beginNanos);
        return assemble(
                restored,
                memory,
                memorySource,
                directory.path(),
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
            MemorySource memorySource,
            Path directory,
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
                        parameters.getOperatorIdentifier(),
                        SnapshotContext.operatorIdIn(parameters.getOperatorIdentifier()),
                        new SnapshotContext.Keys<>(
                                parameters.getKeyGroupRange(), keyGroupBytes, keySerializer),
                        new SnapshotContext.Files(
                                storage, remote, localBackup(storage), settings.incremental()),
                        new TransferThreads(
                                executor, settings.threads().transfer(), cancelRegistry),
                        compression,
                        transfers);
        EventCounters events = new EventCounters();
        EventLog eventLog =
                new EventLog(parameters.getOperatorIdentifier(), restored.store(), Clock.system());
        LsmEventListener listener =
                event -> {
                    events.onEvent(event);
                    eventLog.onEvent(event);
                };
        restored.store().setListener(listener);
        listenerTo.accept(listener);
        LsmKeyedStateBackend<K> backend =
                new LsmKeyedStateBackend<>(
                        new LsmBackendParts<>(
                                new LsmBackendParts.OfTask(
                                        parameters.getKvStateRegistry(),
                                        environment.getUserCodeClassLoader().asClassLoader(),
                                        environment.getExecutionConfig(),
                                        parameters.getTtlTimeProvider(),
                                        latencyTracking,
                                        sizeTracking,
                                        cancelRegistry,
                                        compression),
                                keySerializer,
                                new TaskKeyContext<>(
                                        parameters.getKeyGroupRange(),
                                        parameters.getNumberOfKeyGroups()),
                                restored.registry(),
                                new LsmSnapshots<>(
                                        snapshotContext,
                                        restored.store(),
                                        restored.registry(),
                                        life,
                                        restored.uploaded()),
                                settings.store().timerHeads(),
                                life,
                                settings.compatIdentifier()));
        // Held last, so closed before the store, which would miss their memory.
        resources.hold(backend::closeKeyStreams);
        if (!parameters.getStateHandles().isEmpty()) {
            remote.startFetching(parameters.getOperatorIdentifier(), restored.store());
        }
        // Last: what is registered there cannot be taken back.
        registerMetrics(
                new MetricSources(
                        restored.store(),
                        memory,
                        memorySource.unaccountedBytes(memory.memory().limitBytes()),
                        storage,
                        directory,
                        settings.remote().localCacheBytes(),
                        events,
                        transfers),
                restored.registry(),
                life);
        return backend;
    }

    private void registerMetrics(MetricSources sources, StateRegistry registry, BackendLife life) {
        MetricGroup group = parameters.getMetricGroup();
        if (settings.metrics() == MetricScope.NONE) {
            sources.store().setCountsReads(false);
        } else {
            LsmMetrics.register(group, sources, life);
        }
        if (settings.metrics() == MetricScope.STATE) {
            registry.whenOpened(tree -> LsmMetrics.registerState(group, tree, life));
        }
    }

    /** The backend makes the slot's memory: it is the first that the slot sees of this job. */
    private void logStart(long memoryBytes, MemorySource memorySource, Path directory) {
        LOG.info(
                "[slot] flink-lsm starts: version={}, commit={}, memoryBytes={}, memoryFrom={},"
                        + " placement={}, directory={}, changedOptions={}",
                BuildVersion.version(),
                BuildVersion.commit(),
                memoryBytes,
                memorySource.text(),
                placement(),
                directory,
                new TreeMap<>(changedOptions));
        JarCopies.warning(environment.getUserCodeClassLoader().asClassLoader())
                .ifPresent(LOG::warn);
    }

    private void logReady(RestoredBackend restored, Path directory, long nanos) {
        List<KeyedStateHandle> handles =
                parameters.getStateHandles().stream().filter(Objects::nonNull).toList();
        if (handles.isEmpty()) {
            LOG.info(
                    "[{}] the keyed state backend is ready, with no state: keyGroups={},"
                            + " directory={}",
                    parameters.getOperatorIdentifier(),
                    parameters.getKeyGroupRange(),
                    directory);
            return;
        }
        LOG.info(
                "[{}] the keyed state backend is ready, with state restored: handles={},"
                        + " clippedHandles={}, files={}, bytes={}, fetchedFiles={},"
                        + " fetchedBytes={}, states={}, keyGroups={}, directory={}, millis={}",
                parameters.getOperatorIdentifier(),
                handles.size(),
                handles.stream().filter(this::isClipped).count(),
                transfers.restoredFiles(),
                bytes(handles),
                transfers.downloadedFiles(),
                transfers.downloadedBytes(),
                restored.registry().all().size(),
                parameters.getKeyGroupRange(),
                directory,
                TimeUnit.NANOSECONDS.toMillis(nanos));
    }

    /** Whether the handle has key groups of others too, which are not seen. */
    private boolean isClipped(KeyedStateHandle handle) {
        KeyGroupRange theirs = handle.getKeyGroupRange();
        return !theirs.getIntersection(parameters.getKeyGroupRange()).equals(theirs);
    }

    private static long bytes(Collection<KeyedStateHandle> handles) {
        return handles.stream()
                .filter(Objects::nonNull)
                .mapToLong(KeyedStateHandle::getStateSize)
                .sum();
    }

    private String placement() {
        return settings.remote().localCacheBytes() > 0 ? "remote" : "local";
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
                    bytes(parameters.getStateHandles()),
                    settings.remote().lazyRestore() ? "lazy" : "eager",
                    placement());
        }
    }

    private WorkingDirectory createDirectory() throws IOException {
        List<String> configured = settings.local().directories();
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
