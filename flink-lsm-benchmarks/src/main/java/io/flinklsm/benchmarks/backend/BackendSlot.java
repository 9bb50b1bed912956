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

import io.flinklsm.benchmarks.run.Peer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.entrypoint.ClusterEntrypointUtils;
import org.apache.flink.runtime.io.disk.iomanager.IOManagerAsync;
import org.apache.flink.runtime.memory.MemoryManager;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.runtime.state.AsyncKeyedStateBackend;
import org.apache.flink.runtime.state.CheckpointableKeyedStateBackend;
import org.apache.flink.runtime.state.KeyedStateBackendParametersImpl;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.StateBackendLoader;
import org.apache.flink.runtime.state.storage.FileSystemCheckpointStorage;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.apache.flink.runtime.util.TestingTaskManagerRuntimeInfo;
import org.apache.flink.util.concurrent.ExecutorThreadFactory;

/**
 * A slot of a TaskManager: managed memory that its backends share, a working directory and a
 * checkpoint directory. Backends are loaded by name as Flink loads them. Confined to the task
 * thread; closed after its backends. Its directories are the caller's to delete.
 */
public final class BackendSlot implements AutoCloseable {

    private static final int PAGE_BYTES = 32 * 1024;

    private static final String WORK = "tmp";
    private static final String CHECKPOINTS = "checkpoints";

    private final MockEnvironment environment;
    private final ExecutorService ioExecutor;
    private final StateBackend stateBackend;
    private final CheckpointStore checkpoints;
    private final JobID jobId = new JobID();

    private BackendSlot(
            MockEnvironment environment,
            ExecutorService ioExecutor,
            StateBackend stateBackend,
            CheckpointStore checkpoints) {
        this.environment = environment;
        this.ioExecutor = ioExecutor;
        this.stateBackend = stateBackend;
        this.checkpoints = checkpoints;
    }

    /**
     * Opens a slot without backends.
     *
     * @param directory is made if need be; for the backends' files and their checkpoints
     * @param managedBytes managed memory of all backends of the slot together
     * @param options laid over the peer's own configuration
     */
    public static BackendSlot open(
            Peer peer, Path directory, long managedBytes, Map<String, String> options)
            throws Exception {
        return open(peer, directory, managedBytes, options, directory.toUri());
    }

    /**
     * The same.
     *
     * @param checkpoints the directory that checkpoints go to, of whatever file system
     */
    public static BackendSlot open(
            Peer peer,
            Path directory,
            long managedBytes,
            Map<String, String> options,
            URI checkpoints)
            throws Exception {
        Path temporary = Files.createDirectories(directory.resolve(WORK));
        Configuration configuration = peer.configuration();
        options.forEach(configuration::setString);
        // As a TaskManager has it. The default of tests runs everything on the calling thread.
        ExecutorService ioExecutor =
                Executors.newFixedThreadPool(
                        ClusterEntrypointUtils.getPoolSize(configuration),
                        new ExecutorThreadFactory("benchmark-io"));
        MockEnvironment environment =
                new MockEnvironmentBuilder()
                        .setTaskName("state-benchmark")
                        .setMaxParallelism(BackendSpec.KEY_GROUPS)
                        .setMemoryManager(MemoryManager.create(managedBytes, PAGE_BYTES))
                        .setTaskConfiguration(configuration)
                        .setIOManager(new IOManagerAsync(temporary.toString(), ioExecutor))
                        .setTaskManagerRuntimeInfo(
                                new TestingTaskManagerRuntimeInfo(
                                        configuration, temporary.toFile()))
                        .build();
        // Asked for by ForSt, which may keep its files beside the checkpoints.
        environment.setCheckpointStorageAccess(
                new FileSystemCheckpointStorage(checkpoints)
                        .createCheckpointStorage(environment.getJobID()));
        StateBackend stateBackend =
                StateBackendLoader.loadStateBackendFromConfig(
                        configuration, BackendSlot.class.getClassLoader(), null);
        return new BackendSlot(
                environment,
                ioExecutor,
                stateBackend,
                CheckpointStore.in(
                        new org.apache.flink.core.fs.Path(
                                new org.apache.flink.core.fs.Path(checkpoints), CHECKPOINTS)));
    }

    /** Opens a backend, empty or restored; the caller closes it before the slot. */
    public BenchmarkedBackend open(BackendSpec spec) throws Exception {
        CheckpointableKeyedStateBackend<Long> backend =
                stateBackend.createKeyedStateBackend(parameters(spec));
        return new BenchmarkedBackend(backend, checkpoints, spec);
    }

    /** Opens a backend of State V2; the caller disposes it before the slot is closed. */
    public AsyncKeyedStateBackend<Long> openAsync(BackendSpec spec) throws Exception {
        return stateBackend.createAsyncKeyedStateBackend(parameters(spec));
    }

    private KeyedStateBackendParametersImpl<Long> parameters(BackendSpec spec) {
        return new KeyedStateBackendParametersImpl<>(
                environment,
                jobId,
                spec.operator(),
                LongSerializer.INSTANCE,
                spec.keyGroups(),
                spec.range(),
                environment.getTaskKvStateRegistry(),
                TtlTimeProvider.DEFAULT,
                new UnregisteredMetricsGroup(),
                (name, value) -> {},
                spec.handles(),
                new CloseableRegistry(),
                1.0);
    }

    /** Where the files of the backends of a slot in {@code directory} stand; no checkpoints. */
    public static Path workOf(Path directory) {
        return directory.resolve(WORK);
    }

    @Override
    public void close() throws Exception {
        environment.close();
        ioExecutor.shutdown();
    }
}
