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

import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.FarFileSystem;
import io.flinklsm.statebackend.testing.Gauges;
import io.flinklsm.statebackend.testing.LiveDirectory;
import io.flinklsm.statebackend.testing.StateSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.CheckpointType;
import org.apache.flink.runtime.checkpoint.SavepointType;
import org.apache.flink.runtime.checkpoint.SnapshotType;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.filesystem.FsCheckpointStorageAccess;
import org.apache.flink.runtime.state.filesystem.RelativeFileStateHandle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A checkpoint storage that copies files itself: who uses it, and what becomes of its faults. */
@Timeout(180)
class FastCopiesTest {

    private static final int KEYS = 200;
    private static final int GROUPS = 8;
    private static final SnapshotType SAVEPOINT =
            SavepointType.savepoint(SavepointFormatType.NATIVE);

    @TempDir Path root;
    private BackendHarness harness;
    private final Gauges gauges = new Gauges();

    @BeforeEach
    void open() throws Exception {
        FarFileSystem.behave();
        harness = new BackendHarness(root, GROUPS);
        harness.setMetricGroup(gauges);
    }

    @AfterEach
    void close() throws Exception {
        FarFileSystem.behave();
        harness.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "remote"})
    void firstCheckpointWithoutClaimUploadsNoFileThatTheRestoredOneHas(String placement)
            throws Exception {
        KeyedStateHandle first = firstCheckpoint();
        AbstractKeyedStateBackend<String> restored = restore(backend(placement), first);
        StateSample sample = new StateSample(restored);
        FarFileSystem.copy();

        KeyedStateHandle second = take(restored, 2, CheckpointType.FULL_CHECKPOINT);

        assertThat(FarFileSystem.copiedFiles()).isEqualTo(files(first).size());
        assertThat(gauges.value("lsm.copiedFiles")).isEqualTo(files(first).size());
        // Manifest and meta file.
        assertThat(gauges.value("lsm.uploadedFiles")).isEqualTo(2);
        assertThat(paths(second)).doesNotContainAnyElementsOf(paths(first));
        restored.notifyCheckpointComplete(2);
        deleteFiles(first);
        sample.check(KEYS, 0);
        // The next one lists the copies.
        KeyedStateHandle third = take(restored, 3, CheckpointType.CHECKPOINT);
        assertThat(files(third)).containsKeys(files(first).keySet().toArray(new String[0]));
        files(second).forEach((name, copy) -> assertThat(files(third).get(name)).isEqualTo(copy));
        harness.dispose(restored);
        new StateSample(restore(backend(placement), second)).check(KEYS, 0);
    }

    @Test
    void nativeSavepointOfARunningJobUploadsNoFileThatItsLastCheckpointHas() throws Exception {
        AbstractKeyedStateBackend<String> backend =
                harness.create(backend("local"), KEY_SERIALIZER);
        new StateSample(backend).write(KEYS, 0);
        KeyedStateHandle checkpoint = take(backend, 1, CheckpointType.CHECKPOINT);
        backend.notifyCheckpointComplete(1);
        FarFileSystem.copy();
        long uploadedBefore = gauges.value("lsm.uploadedFiles");

        KeyedStateHandle savepoint = take(backend, 2, SAVEPOINT);

        assertThat(FarFileSystem.copiedFiles()).isEqualTo(files(checkpoint).size());
        assertThat(gauges.value("lsm.uploadedFiles") - uploadedBefore).isEqualTo(2);
        // All of it is in the savepoint's own directory, which a user may move.
        for (HandleAndLocalPath file : privateFiles(savepoint)) {
            assertThat(file.getHandle()).isInstanceOf(RelativeFileStateHandle.class);
            RelativeFileStateHandle handle = (RelativeFileStateHandle) file.getHandle();
            assertThat(handle.getFilePath().getParent().getName()).isEqualTo("chk-2");
            assertThat(handle.getRelativePath()).isEqualTo(handle.getFilePath().getName());
        }
        harness.dispose(backend);
        deleteFiles(checkpoint);
        new StateSample(restore(backend("local"), savepoint)).check(KEYS, 0);
    }

    /** Flink's own duplicates would have the source's name, and be one file. */
    @Test
    void subtasksThatShareARestoredFileMakeCopiesOfTheirOwn() throws Exception {
        KeyedStateHandle first = firstCheckpoint();
        FarFileSystem.copy();
        List<KeyedStateHandle> halves = new ArrayList<>();
        for (int half = 0; half < 2; half++) {
            AbstractKeyedStateBackend<String> restored =
                    harness.restore(
                            backend("remote"),
                            KEY_SERIALIZER,
                            KeyGroupRange.of(4 * half, 4 * half + 3),
                            List.of(first));
            new StateSample(restored).check(KEYS, 0);
            halves.add(take(restored, 2, CheckpointType.FULL_CHECKPOINT));
        }

        assertThat(FarFileSystem.copiedFiles()).isPositive();
        assertThat(paths(halves.get(0))).doesNotContainAnyElementsOf(paths(halves.get(1)));
        harness.disposeAll();
        deleteFiles(halves.get(0));
        new StateSample(
                        harness.restore(
                                backend("local"),
                                KEY_SERIALIZER,
                                KeyGroupRange.of(4, 7),
                                List.of(halves.get(1))))
                .check(KEYS, 0);
    }

    /** A full checkpoint of a job that has checkpoints copies out of the directory it writes to. */
    @Test
    void fullCheckpointDoesNotCopyFilesOntoThemselves() throws Exception {
        AbstractKeyedStateBackend<String> backend =
                harness.create(backend("local"), KEY_SERIALIZER);
        StateSample sample = new StateSample(backend);
        sample.write(KEYS, 0);
        KeyedStateHandle first = take(backend, 1, CheckpointType.CHECKPOINT);
        backend.notifyCheckpointComplete(1);
        FarFileSystem.copy();

        KeyedStateHandle second = take(backend, 2, CheckpointType.FULL_CHECKPOINT);

        assertThat(FarFileSystem.copiedFiles()).isEqualTo(files(first).size());
        assertThat(paths(second)).doesNotContainAnyElementsOf(paths(first));
        harness.dispose(backend);
        new StateSample(restore(backend("local"), first)).check(KEYS, 0);
        new StateSample(restore(backend("local"), second)).check(KEYS, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fails", "stops half way", "is short"})
    void whatTheStorageDoesNotCopyIsUploadedAndNothingIsLeftOfIt(String fault) throws Exception {
        KeyedStateHandle first = firstCheckpoint();
        AbstractKeyedStateBackend<String> restored =
                restore(backend("local").set(LsmBackendOptions.TRANSFER_THREADS, 1), first);
        StateSample sample = new StateSample(restored);
        List<Path> copies = new ArrayList<>();
        FarFileSystem.copyBy(
                (from, to) -> {
                    copies.add(to);
                    if (fault.equals("fails")) {
                        throw new IOException("no copies today");
                    }
                    Files.copy(from, to);
                    if (copies.size() == files(first).size()) {
                        if (fault.equals("is short")) {
                            Files.write(to, new byte[1], StandardOpenOption.TRUNCATE_EXISTING);
                        } else {
                            throw new IOException("no more copies today");
                        }
                    }
                });

        KeyedStateHandle second = take(restored, 2, CheckpointType.FULL_CHECKPOINT);

        assertThat(FarFileSystem.copyCalls()).isPositive();
        assertThat(copies).isNotEmpty().allMatch(Files::notExists);
        assertThat(gauges.value("lsm.copiedFiles")).isZero();
        assertThat(gauges.value("lsm.failedUploads")).isZero();
        restored.notifyCheckpointComplete(2);
        deleteFiles(first);
        sample.check(KEYS, 0);
        harness.dispose(restored);
        new StateSample(restore(backend("local"), second)).check(KEYS, 0);
    }

    @Test
    void eagerRestoreLetsTheFileSystemBringTheFilesHere() throws Exception {
        KeyedStateHandle first = firstCheckpoint();
        FarFileSystem.copy();

        AbstractKeyedStateBackend<String> restored =
                restore(backend("local").set(LsmBackendOptions.RESTORE, "eager"), first);

        assertThat(FarFileSystem.copiedFiles()).isEqualTo(files(first).size());
        assertThat(gauges.value("lsm.downloadedFiles")).isEqualTo(files(first).size());
        // Manifest and meta file.
        assertThat(FarFileSystem.requests()).isEqualTo(2);
        assertThat(leftHere(".fetched")).isZero();
        deleteFiles(first);
        new StateSample(restored).check(KEYS, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fails", "is short"})
    void whatTheFileSystemDoesNotBringIsRead(String fault) throws Exception {
        KeyedStateHandle first = firstCheckpoint();
        FarFileSystem.copyBy(
                (from, to) -> {
                    if (fault.equals("fails")) {
                        throw new IOException("no copies today");
                    }
                    Files.write(to, new byte[1]);
                });

        AbstractKeyedStateBackend<String> restored =
                restore(backend("local").set(LsmBackendOptions.RESTORE, "eager"), first);

        assertThat(FarFileSystem.copyCalls()).isPositive();
        assertThat(gauges.value("lsm.downloadedFiles")).isEqualTo(files(first).size());
        assertThat(leftHere(".fetched")).isZero();
        new StateSample(restored).check(KEYS, 0);
    }

    /** Placement remote: a full checkpoint wants files of its own. */
    @Test
    void whatWasUploadedEarlyIsCopiedByAFullCheckpoint() throws Exception {
        harness.environment()
                .setCheckpointStorageAccess(
                        new FsCheckpointStorageAccess(
                                FarFileSystem.far(Files.createDirectories(root.resolve("owned"))),
                                null,
                                new JobID(1, 1),
                                0,
                                4096));
        AbstractKeyedStateBackend<String> backend =
                harness.create(
                        backend("remote")
                                .set(LsmBackendOptions.LOCAL_CACHE_SIZE, MemorySize.parse("8mb")),
                        KEY_SERIALIZER);
        ValueState<byte[]> state = values(backend);
        for (int key = 0; key < 1_500; key++) {
            backend.setCurrentKey("key-" + key);
            state.update(bytesOf(key));
        }
        assertThat(gauges.value("lsm.earlyUploads")).isPositive();
        FarFileSystem.copy();

        KeyedStateHandle checkpoint = take(backend, 1, CheckpointType.FULL_CHECKPOINT);

        assertThat(gauges.value("lsm.copiedFiles")).isPositive();
        // What the checkpoint lists is its own: the early copies go.
        backend.notifyCheckpointComplete(1);
        assertThat(paths(checkpoint)).allMatch(path -> path.getParent().endsWith("shared"));
        harness.dispose(backend);
        assertThat(LiveDirectory.files(root.resolve("owned"))).isEmpty();
        AbstractKeyedStateBackend<String> restored = restore(backend("remote"), checkpoint);
        ValueState<byte[]> again = values(restored);
        for (int key = 0; key < 1_500; key++) {
            restored.setCurrentKey("key-" + key);
            assertThat(again.value()).isEqualTo(bytesOf(key));
        }
    }

    private static ValueState<byte[]> values(AbstractKeyedStateBackend<String> backend)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new ValueStateDescriptor<>(
                        "value", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
    }

    private static byte[] bytesOf(int key) {
        byte[] bytes = new byte[10_000];
        new Random(key).nextBytes(bytes);
        return bytes;
    }

    private static LsmStateBackend backend(String placement) {
        return new LsmStateBackend(true)
                .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"))
                .set(LsmBackendOptions.PLACEMENT, placement);
    }

    /** Of a backend that is gone. */
    private KeyedStateHandle firstCheckpoint() throws Exception {
        try (BackendHarness other = new BackendHarness(root, GROUPS)) {
            AbstractKeyedStateBackend<String> backend =
                    other.create(backend("local"), KEY_SERIALIZER);
            new StateSample(backend).write(KEYS, 0);
            KeyedStateHandle handle =
                    other.snapshot(backend, 1, CheckpointType.CHECKPOINT, other.farStreams(1));
            FarFileSystem.behave();
            return harness.register(BackendHarness.send(handle), 1);
        }
    }

    /** As the job manager gets it. */
    private KeyedStateHandle take(AbstractKeyedStateBackend<?> backend, long id, SnapshotType type)
            throws Exception {
        KeyedStateHandle handle =
                BackendHarness.send(harness.snapshot(backend, id, type, harness.farStreams(id)));
        return type.isSavepoint() ? handle : harness.register(handle, id);
    }

    private AbstractKeyedStateBackend<String> restore(
            LsmStateBackend stateBackend, KeyedStateHandle handle) throws Exception {
        return harness.restore(
                stateBackend,
                KEY_SERIALIZER,
                harness.allKeyGroups(),
                List.of(BackendHarness.send(handle)));
    }

    /** The shared files by their names in the store. */
    private static Map<String, FileStateHandle> files(KeyedStateHandle handle) {
        Map<String, FileStateHandle> files = new HashMap<>();
        for (HandleAndLocalPath file :
                ((IncrementalRemoteKeyedStateHandle) handle).getSharedState()) {
            files.put(file.getLocalPath(), (FileStateHandle) file.getHandle());
        }
        return files;
    }

    private static List<HandleAndLocalPath> privateFiles(KeyedStateHandle handle) {
        return ((IncrementalRemoteKeyedStateHandle) handle)
                .getPrivateState().stream()
                        .filter(file -> file.getLocalPath().endsWith(".parquet"))
                        .toList();
    }

    private static List<Path> paths(KeyedStateHandle handle) {
        return files(handle).values().stream()
                .map(file -> FarFileSystem.near(file.getFilePath()))
                .toList();
    }

    private static void deleteFiles(KeyedStateHandle handle) throws IOException {
        for (Path file : paths(handle)) {
            Files.delete(file);
        }
    }

    private long leftHere(String suffix) throws IOException {
        try (Stream<Path> paths = Files.walk(harness.localDirectory())) {
            return paths.filter(path -> path.toString().endsWith(suffix)).count();
        }
    }
}
