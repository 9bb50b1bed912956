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

import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.FarFileSystem;
import io.flinklsm.statebackend.testing.StateSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RunnableFuture;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.jobgraph.JobVertexID;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.BackendBuildingException;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalLocalKeyedStateHandle;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.LocalRecoveryConfig;
import org.apache.flink.runtime.state.LocalSnapshotDirectoryProviderImpl;
import org.apache.flink.runtime.state.PhysicalStateHandleID;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Checkpoints that Flink keeps on the local disk, too, and restarts from them. */
@Timeout(120)
class LocalRecoveryTest {

    private static final int KEYS = 200;

    @TempDir Path root;
    private BackendHarness harness;

    private enum Damage {
        SSTABLE_IS_MISSING {
            @Override
            void to(Path directory) throws IOException {
                Files.delete(sstable(directory));
            }
        },
        SSTABLE_IS_CUT {
            @Override
            void to(Path directory) throws IOException {
                Path file = sstable(directory);
                byte[] bytes = Files.readAllBytes(file);
                replace(file, Arrays.copyOf(bytes, bytes.length / 2));
            }
        },
        TAIL_IS_WRONG {
            @Override
            void to(Path directory) throws IOException {
                Path file = sstable(directory);
                byte[] bytes = Files.readAllBytes(file);
                bytes[bytes.length - 200] ^= 1;
                replace(file, bytes);
            }
        },
        MANIFEST_IS_WRONG {
            @Override
            void to(Path directory) throws IOException {
                Path file = directory.resolve("MANIFEST");
                byte[] bytes = Files.readAllBytes(file);
                bytes[bytes.length / 2] ^= 1;
                replace(file, bytes);
            }
        },
        META_IS_MISSING {
            @Override
            void to(Path directory) throws IOException {
                Files.delete(directory.resolve("meta"));
            }
        };

        abstract void to(Path directory) throws IOException;

        /** Not in place: the store that wrote the file may have it open. */
        static void replace(Path file, byte[] bytes) throws IOException {
            Files.delete(file);
            Files.write(file, bytes);
        }

        static Path sstable(Path directory) throws IOException {
            try (Stream<Path> files = Files.list(directory)) {
                return files.filter(file -> file.toString().endsWith(".parquet"))
                        .findFirst()
                        .orElseThrow();
            }
        }
    }

    @BeforeEach
    void open() throws Exception {
        FarFileSystem.behave();
        harness =
                new BackendHarness(
                        root,
                        8,
                        TtlTimeProvider.DEFAULT,
                        LocalRecoveryConfig.backupAndRecoveryEnabled(
                                new LocalSnapshotDirectoryProviderImpl(
                                        Files.createDirectories(root.resolve("task-local"))
                                                .toFile(),
                                        new JobID(1, 1),
                                        new JobVertexID(1, 1),
                                        0)));
    }

    @AfterEach
    void close() throws Exception {
        FarFileSystem.behave();
        harness.close();
    }

    @Test
    void restartFromTheLocalCopyReadsNoRemoteByteAndUploadsNothingAgain() throws Exception {
        SnapshotResult<KeyedStateHandle> first = firstCheckpoint(backend());
        FarFileSystem.behave(
                (file, request) -> {
                    throw new IOException("nothing is to be read there");
                });

        AbstractKeyedStateBackend<String> restored = restore(local(first));
        SnapshotResult<KeyedStateHandle> second = checkpoint(restored, 2);
        new StateSample(restored).check(KEYS, 0);

        assertThat(FarFileSystem.requests()).isZero();
        assertThat(addresses(second.getJobManagerOwnedSnapshot()))
                .isNotEmpty()
                .isEqualTo(addresses(first.getJobManagerOwnedSnapshot()));
        assertThat(addresses(local(second))).isEqualTo(addresses(local(first)));
    }

    @Test
    void localCopyStaysAsItIsWhateverTheStoreDoes() throws Exception {
        SnapshotResult<KeyedStateHandle> first = firstCheckpoint(backend());
        Map<String, byte[]> before = content(directory(first));

        AbstractKeyedStateBackend<String> restored = restore(local(first));
        StateSample sample = new StateSample(restored);
        for (int round = 1; round < 5; round++) {
            sample.write(KEYS, round);
            checkpoint(restored, round + 1);
            restored.notifyCheckpointComplete(round + 1);
        }
        harness.dispose(restored);

        Map<String, byte[]> after = content(directory(first));
        assertThat(after.keySet()).isEqualTo(before.keySet());
        after.forEach((name, bytes) -> assertThat(bytes).isEqualTo(before.get(name)));
        new StateSample(restore(local(first))).check(KEYS, 0);
    }

    /** Flink then takes the remote one; it would take the damaged one at every restart. */
    @ParameterizedTest
    @EnumSource(Damage.class)
    void damagedLocalCopyIsRefusedBeforeItIsUsedAndTheRemoteOneIsThere(Damage damage)
            throws Exception {
        SnapshotResult<KeyedStateHandle> first = firstCheckpoint(backend());
        damage.to(directory(first));

        assertThatThrownBy(() -> restore(local(first)))
                .isInstanceOf(BackendBuildingException.class);

        assertThat(harness.localDirectory()).isEmptyDirectory();
        new StateSample(restore(first.getJobManagerOwnedSnapshot())).check(KEYS, 0);
    }

    @Test
    void discardedLocalCopyIsGoneAndTheRemoteFilesStay() throws Exception {
        SnapshotResult<KeyedStateHandle> first = firstCheckpoint(backend());

        local(first).discardState();

        assertThat(directory(first)).doesNotExist();
        new StateSample(restore(first.getJobManagerOwnedSnapshot())).check(KEYS, 0);
    }

    @Test
    void checkpointThatIsNotIncrementalHasALocalCopyToo() throws Exception {
        SnapshotResult<KeyedStateHandle> first = firstCheckpoint(new LsmStateBackend(false));

        new StateSample(restore(local(first))).check(KEYS, 0);
    }

    @Test
    void checkpointWithAFileThatIsNotHereHasNoLocalCopy() throws Exception {
        SnapshotResult<KeyedStateHandle> first = firstCheckpoint(backend());
        FarFileSystem.behave(
                (file, request) -> {
                    if (FarFileSystem.isShared(file)) {
                        throw new IOException("503 SlowDown");
                    }
                });

        AbstractKeyedStateBackend<String> restored = restore(first.getJobManagerOwnedSnapshot());
        SnapshotResult<KeyedStateHandle> second = checkpoint(restored, 2);

        assertThat(second.getTaskLocalSnapshot()).isNull();
        assertThat(addresses(second.getJobManagerOwnedSnapshot()))
                .isEqualTo(addresses(first.getJobManagerOwnedSnapshot()));
        assertThat(directory(first).getParent().getParent().resolve("chk_2"))
                .satisfiesAnyOf(
                        path -> assertThat(path).doesNotExist(),
                        path -> assertThat(path).isEmptyDirectory());
    }

    // ----------------------------------------------------------------------------------- helpers

    private static LsmStateBackend backend() {
        return new LsmStateBackend(true);
    }

    private SnapshotResult<KeyedStateHandle> firstCheckpoint(LsmStateBackend stateBackend)
            throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(stateBackend, KEY_SERIALIZER);
        new StateSample(backend).write(KEYS, 0);
        SnapshotResult<KeyedStateHandle> result = checkpoint(backend, 1);
        harness.dispose(backend);
        return result;
    }

    private SnapshotResult<KeyedStateHandle> checkpoint(
            AbstractKeyedStateBackend<String> backend, long id) throws Exception {
        RunnableFuture<SnapshotResult<KeyedStateHandle>> future =
                backend.snapshot(
                        id,
                        0,
                        harness.farStreams(id),
                        CheckpointOptions.forCheckpointWithDefaultLocation());
        future.run();
        SnapshotResult<KeyedStateHandle> result = future.get();
        harness.register(result.getJobManagerOwnedSnapshot(), id);
        return result;
    }

    /** As Flink reads it from the local disk after a restart. */
    private static IncrementalLocalKeyedStateHandle local(SnapshotResult<KeyedStateHandle> result)
            throws Exception {
        return (IncrementalLocalKeyedStateHandle)
                BackendHarness.send(result.getTaskLocalSnapshot());
    }

    private static Path directory(SnapshotResult<KeyedStateHandle> result) throws Exception {
        return local(result).getDirectoryStateHandle().getDirectory();
    }

    private AbstractKeyedStateBackend<String> restore(KeyedStateHandle handle) throws Exception {
        return harness.restore(backend(), KEY_SERIALIZER, harness.allKeyGroups(), List.of(handle));
    }

    private static Map<String, PhysicalStateHandleID> addresses(KeyedStateHandle handle) {
        List<HandleAndLocalPath> shared =
                new ArrayList<>(
                        handle instanceof IncrementalLocalKeyedStateHandle local
                                ? local.getSharedStateHandles()
                                : ((IncrementalRemoteKeyedStateHandle) handle).getSharedState());
        Map<String, PhysicalStateHandleID> addresses = new HashMap<>();
        shared.forEach(
                file ->
                        addresses.put(
                                file.getLocalPath(), file.getHandle().getStreamStateHandleID()));
        return addresses;
    }

    private static Map<String, byte[]> content(Path directory) throws IOException {
        Map<String, byte[]> content = new HashMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                content.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        return content;
    }
}
