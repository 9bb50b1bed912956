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

import static io.flinklsm.statebackend.testing.StateSample.KEY_SERIALIZER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.LsmTree;
import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.FarFileSystem;
import io.flinklsm.statebackend.testing.ForwardingStreams;
import io.flinklsm.statebackend.testing.Gauges;
import io.flinklsm.statebackend.testing.LiveDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.RunnableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.checkpoint.CheckpointType;
import org.apache.flink.runtime.checkpoint.SnapshotType;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.CheckpointStateOutputStream;
import org.apache.flink.runtime.state.CheckpointStorageLocationReference;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.CheckpointedStateScope;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.PlaceholderStreamStateHandle;
import org.apache.flink.runtime.state.SharedStateRegistry;
import org.apache.flink.runtime.state.SharedStateRegistryImpl;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.filesystem.FsCheckpointStorageAccess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Placement remote: what a compaction makes of remote files goes to the checkpoint storage while it
 * is written, and a checkpoint only lists it. Whose it is, in every life of a checkpoint: at the
 * end nothing is on the storage that the job manager does not know.
 */
@Timeout(180)
class RemoteOutputsTest {

    private static final int KEYS = 600;
    private static final int CHANGED = 20;

    @TempDir Path root;
    private BackendHarness harness;
    private Path jobDirectory;
    private final Gauges gauges = new Gauges();
    private final SharedStateRegistry registry = new SharedStateRegistryImpl();
    private AbstractKeyedStateBackend<String> backend;
    private ValueState<byte[]> state;

    @BeforeEach
    void open() throws Exception {
        FarFileSystem.behave();
        harness = new BackendHarness(root, 8);
        harness.setMetricGroup(gauges);
        Path checkpoints = Files.createDirectories(harness.checkpointDirectory());
        harness.environment()
                .setCheckpointStorageAccess(
                        new FsCheckpointStorageAccess(
                                FarFileSystem.far(checkpoints), null, new JobID(1, 1), 0, 4096));
        jobDirectory = checkpoints.resolve(new JobID(1, 1).toString());
        KeyedStateHandle first = firstCheckpoint();
        backend =
                harness.restore(
                        stateBackend(), KEY_SERIALIZER, harness.allKeyGroups(), List.of(first));
        state = values(backend);
    }

    @AfterEach
    void close() throws Exception {
        FarFileSystem.behave();
        harness.close();
    }

    @Test
    void checkpointListsWhatACompactionWroteAndUploadsNoneOfIt() throws Exception {
        compact(1);
        Set<Path> written = taskOwned();
        assertThat(written).isNotEmpty();
        assertThat(gauges.value("lsm.remoteOutputs")).isEqualTo(written.size());

        KeyedStateHandle second = take(2, CheckpointType.CHECKPOINT);

        // Manifest and meta file.
        assertThat(gauges.value("lsm.uploadedFiles")).isEqualTo(2);
        assertThat(paths(second)).isEqualTo(written);
        complete(2);
        check(1);
        // They are the job manager's now, which is told of them by placeholders.
        IncrementalRemoteKeyedStateHandle third =
                (IncrementalRemoteKeyedStateHandle) snapshot(3, CheckpointType.CHECKPOINT);
        assertThat(third.getSharedState())
                .hasSize(written.size())
                .allSatisfy(
                        file ->
                                assertThat(file.getHandle())
                                        .isInstanceOf(PlaceholderStreamStateHandle.class));
        harness.dispose(backend);
        audit(second);
        restoreAndCheck(second, 1);
    }

    /** As after {@code kill -9}: nothing that the backend would do at its end is done. */
    @Test
    void killedBackendIsRestoredFromWhatTheCheckpointLists() throws Exception {
        compact(1);
        KeyedStateHandle second = take(2, CheckpointType.CHECKPOINT);
        complete(2);
        audit(second);

        restoreAndCheck(second, 1);
    }

    @Test
    void outputThatNoCheckpointListsGoesWithTheBackend() throws Exception {
        compact(1);
        assertThat(taskOwned()).isNotEmpty();

        harness.dispose(backend);

        awaitUntil(() -> taskOwned().isEmpty());
    }

    @Test
    void outputThatIsSupersededBeforeACheckpointListsItGoes() throws Exception {
        compact(1);
        Set<Path> before = taskOwned();

        compact(2);

        assertThat(before).isNotEmpty();
        awaitUntil(() -> taskOwned().stream().noneMatch(before::contains));
        KeyedStateHandle second = take(2, CheckpointType.CHECKPOINT);
        complete(2);
        audit(second);
        check(2);
    }

    @Test
    void outputOfACheckpointThatFailsWhileItIsWrittenIsTheBackendsAgain() throws Exception {
        compact(1);
        Set<Path> written = taskOwned();
        CheckpointStreamFactory failing = failing(harness.farStreams(2));
        assertThatThrownBy(() -> harness.snapshot(backend, 2, CheckpointType.CHECKPOINT, failing))
                .hasRootCauseMessage("no space");
        assertThat(taskOwned()).isEqualTo(written);
        check(1);

        harness.dispose(backend);

        awaitUntil(() -> taskOwned().isEmpty());
    }

    /** Flink discards on the TaskManager what was written for a checkpoint that is cancelled. */
    @Test
    void outputOfACheckpointThatIsCancelledAfterItWasWrittenIsTheBackendsAgain() throws Exception {
        compact(1);
        Set<Path> written = taskOwned();
        RunnableFuture<SnapshotResult<KeyedStateHandle>> future =
                backend.snapshot(
                        2,
                        0,
                        harness.farStreams(2),
                        new CheckpointOptions(
                                CheckpointType.CHECKPOINT,
                                CheckpointStorageLocationReference.getDefault()));
        future.run();
        future.get().discardState();
        backend.notifyCheckpointAborted(2);
        assertThat(taskOwned()).isEqualTo(written);
        check(1);

        // The next one may list it all the same.
        assertThat(paths(take(3, CheckpointType.CHECKPOINT))).isEqualTo(written);
        backend.notifyCheckpointAborted(3);
        harness.dispose(backend);
        // The job manager has it.
        assertThat(taskOwned()).isEqualTo(written);
    }

    @Test
    void cancelledOutputGoesWithTheBackend() throws Exception {
        compact(1);
        KeyedStateHandle second = snapshotHere(2);
        second.discardState();

        harness.dispose(backend);

        awaitUntil(() -> taskOwned().isEmpty());
    }

    /** Flink tells the backend of an abort before it ends what is being written. */
    @Test
    void outputOfACheckpointThatIsAbortedWhileItIsWrittenIsTheBackendsAgain() throws Exception {
        compact(1);
        RunnableFuture<SnapshotResult<KeyedStateHandle>> future =
                backend.snapshot(
                        2,
                        0,
                        harness.farStreams(2),
                        new CheckpointOptions(
                                CheckpointType.CHECKPOINT,
                                CheckpointStorageLocationReference.getDefault()));
        backend.notifyCheckpointAborted(2);
        future.cancel(true);
        check(1);

        harness.dispose(backend);

        awaitUntil(() -> taskOwned().isEmpty());
    }

    /** It was acknowledged: the job manager deletes it when a later one is complete without it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void outputOfAnAbortedCheckpointIsTheJobManagers(boolean isSuperseded) throws Exception {
        compact(1);
        Set<Path> written = taskOwned();
        take(2, CheckpointType.CHECKPOINT);
        backend.notifyCheckpointAborted(2);

        if (isSuperseded) {
            compact(2);
            // The backend gave it up, and it is not the backend's to delete.
            assertThat(taskOwned()).containsAll(written);
        }
        KeyedStateHandle third = take(3, CheckpointType.CHECKPOINT);
        complete(3);

        audit(third);
        assertThat(paths(third).equals(written)).isEqualTo(!isSuperseded);
        check(isSuperseded ? 2 : 1);
        harness.dispose(backend);
        restoreAndCheck(third, isSuperseded ? 2 : 1);
    }

    /** A full checkpoint has files of its own; outputs that no other one lists go. */
    @Test
    void fullCheckpointListsNoOutput() throws Exception {
        compact(1);

        KeyedStateHandle second = take(2, CheckpointType.FULL_CHECKPOINT);
        complete(2);

        audit(second);
        check(1);
        harness.dispose(backend);
        restoreAndCheck(second, 1);
    }

    /** Readers know both places until Flink says which one stays. */
    @Test
    void fullCheckpointAfterOneThatListedTheOutputMayLetItGo() throws Exception {
        compact(1);
        take(2, CheckpointType.CHECKPOINT);
        backend.notifyCheckpointAborted(2);

        KeyedStateHandle third = take(3, CheckpointType.FULL_CHECKPOINT);
        // The job manager is faster than what it tells the backend.
        registry.unregisterUnusedState(3);
        audit(third);
        check(1);
        backend.notifyCheckpointComplete(3);
        check(1);
        harness.dispose(backend);
        restoreAndCheck(third, 1);
    }

    /** File merging takes no handle that it has not made. */
    @Test
    void storageThatDoesNotReuseTheHandleGetsTheFileOnceMore() throws Exception {
        compact(1);
        CheckpointStreamFactory streams = harness.farStreams(2);
        KeyedStateHandle second =
                BackendHarness.send(
                        harness.snapshot(
                                backend,
                                2,
                                CheckpointType.CHECKPOINT,
                                new ForwardingStreams(streams) {
                                    @Override
                                    public boolean couldReuseStateHandle(StreamStateHandle handle) {
                                        return false;
                                    }
                                }));
        second.registerSharedStates(registry, 2);
        complete(2);

        assertThat(paths(second))
                .isNotEmpty()
                .allMatch(path -> path.getParent().endsWith("shared"));
        audit(second);
        check(1);
    }

    // ------------------------------------------------------------------------------------- parts

    /** Of a backend that is gone; all values are of round 0. */
    private KeyedStateHandle firstCheckpoint() throws Exception {
        try (BackendHarness other = new BackendHarness(root, 8)) {
            backend = other.create(stateBackend(), KEY_SERIALIZER);
            state = values(backend);
            write(KEYS, 0);
            // Into one file, so that no other compaction comes first after the restore.
            compactAll();
            KeyedStateHandle handle =
                    BackendHarness.send(
                            other.snapshot(
                                    backend, 1, CheckpointType.CHECKPOINT, other.farStreams(1)));
            handle.registerSharedStates(registry, 1);
            return handle;
        }
    }

    /** Merges what is there with a few new values. */
    private void compact(int round) throws Exception {
        write(CHANGED, round);
        compactAll();
    }

    private void compactAll() throws Exception {
        LsmTree tree = ((LsmKeyedStateBackend<String>) backend).registry().state("value").tree();
        tree.compactAll();
        tree.awaitIdle();
    }

    /** The job manager has the checkpoint alone: 0 orphans, 0 missing. */
    private void audit(KeyedStateHandle checkpoint) throws Exception {
        awaitUntil(() -> written().equals(paths(checkpoint)));
    }

    /** Files are deleted by other threads. */
    private static void awaitUntil(Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("waited for too long").isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private KeyedStateHandle snapshotHere(long id) throws Exception {
        return harness.snapshot(backend, id, CheckpointType.CHECKPOINT, harness.farStreams(id));
    }

    private KeyedStateHandle snapshot(long id, SnapshotType type) throws Exception {
        return BackendHarness.send(harness.snapshot(backend, id, type, harness.farStreams(id)));
    }

    /** As the job manager gets it. */
    private KeyedStateHandle take(long id, SnapshotType type) throws Exception {
        KeyedStateHandle handle = snapshot(id, type);
        handle.registerSharedStates(registry, id);
        return handle;
    }

    /** The job manager retains one. */
    private void complete(long id) throws Exception {
        registry.unregisterUnusedState(id);
        backend.notifyCheckpointComplete(id);
    }

    private void restoreAndCheck(KeyedStateHandle handle, int round) throws Exception {
        backend =
                harness.restore(
                        stateBackend(),
                        KEY_SERIALIZER,
                        harness.allKeyGroups(),
                        List.of(BackendHarness.send(handle)));
        state = values(backend);
        check(round);
    }

    private void write(int keys, int round) throws IOException {
        for (int key = 0; key < keys; key++) {
            backend.setCurrentKey("key-" + key);
            state.update(bytesOf(key, round));
        }
    }

    private void check(int round) throws IOException {
        for (int key = 0; key < KEYS; key++) {
            backend.setCurrentKey("key-" + key);
            assertThat(state.value()).isEqualTo(bytesOf(key, key < CHANGED ? round : 0));
        }
    }

    private static byte[] bytesOf(int key, int round) {
        byte[] bytes = new byte[1_000];
        new Random(key * 31L + round).nextBytes(bytes);
        return bytes;
    }

    private Set<Path> taskOwned() throws IOException {
        return in("taskowned");
    }

    /** All files of SSTables on the checkpoint storage. */
    private Set<Path> written() throws IOException {
        Set<Path> files = in("shared");
        files.addAll(taskOwned());
        return files;
    }

    private Set<Path> in(String name) throws IOException {
        Path directory = jobDirectory.resolve(name);
        return Files.exists(directory)
                ? new TreeSet<>(LiveDirectory.files(directory))
                : new TreeSet<>();
    }

    private static Set<Path> paths(KeyedStateHandle handle) {
        return ((IncrementalRemoteKeyedStateHandle) handle)
                .getSharedState().stream()
                        .map(HandleAndLocalPath::getHandle)
                        .map(file -> FarFileSystem.near(((FileStateHandle) file).getFilePath()))
                        .collect(Collectors.toCollection(TreeSet::new));
    }

    private static LsmStateBackend stateBackend() {
        return new LsmStateBackend(true)
                .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"))
                .set(LsmBackendOptions.PLACEMENT, "remote")
                .set(LsmBackendOptions.LOCAL_CACHE_SIZE, MemorySize.parse("8mb"));
    }

    private static ValueState<byte[]> values(AbstractKeyedStateBackend<String> backend)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new ValueStateDescriptor<>(
                        "value", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
    }

    /** The manifest cannot be written, when all files are listed. */
    private static CheckpointStreamFactory failing(CheckpointStreamFactory streams) {
        return new ForwardingStreams(streams) {
            @Override
            public CheckpointStateOutputStream createCheckpointStateOutputStream(
                    CheckpointedStateScope scope) throws IOException {
                throw new IOException("no space");
            }
        };
    }
}
