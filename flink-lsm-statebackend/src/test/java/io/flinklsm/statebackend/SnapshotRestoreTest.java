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
import io.flinklsm.statebackend.testing.StateSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.CheckpointType;
import org.apache.flink.runtime.checkpoint.SavepointType;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.PlaceholderStreamStateHandle;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.runtime.state.memory.ByteStreamStateHandle;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every kind of snapshot, restored whole, in parts and joined again. */
class SnapshotRestoreTest {

    private static final int KEYS = 150;
    private static final int MAX_PARALLELISM = 16;

    @TempDir Path root;
    private BackendHarness harness;

    @BeforeEach
    void open() throws Exception {
        harness = new BackendHarness(root, MAX_PARALLELISM);
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void checkpointRestoresExactly(boolean incremental) throws Exception {
        AbstractKeyedStateBackend<String> backend = create(lsm(incremental));
        StateSample sample = new StateSample(backend);
        sample.write(KEYS, 0);
        sample.write(KEYS, 1);

        KeyedStateHandle handle = harness.checkpoint(backend, 1);
        sample.write(KEYS, 2);

        new StateSample(restore(lsm(incremental), handle)).check(KEYS, 1);
        sample.check(KEYS, 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"native", "canonical"})
    void queueMayHaveTheNameOfAState(String format) throws Exception {
        AbstractKeyedStateBackend<String> backend = create(lsm(true));
        new StateSample(backend, StateSample.NAME_OF_A_STATE).write(KEYS, 0);

        AbstractKeyedStateBackend<String> restored = restore(lsm(true), take(format, backend, 1));

        new StateSample(restored, StateSample.NAME_OF_A_STATE).check(KEYS, 0);
    }

    @Test
    void chainOfIncrementalCheckpointsAndRestoresKeepsEverything() throws Exception {
        AbstractKeyedStateBackend<String> backend = create(lsm(true));
        StateSample sample = new StateSample(backend);
        for (int round = 0; round < 8; round++) {
            sample.write(KEYS, round);
            KeyedStateHandle handle = harness.checkpoint(backend, round);
            if (round % 3 != 1) {
                backend.notifyCheckpointComplete(round);
            }
            if (round % 2 == 1) {
                harness.dispose(backend);
                backend = restore(lsm(true), handle);
                sample = new StateSample(backend);
            }
            sample.check(KEYS, round);
        }
    }

    @Test
    void confirmedFilesAreReferredToInsteadOfUploaded() throws Exception {
        AbstractKeyedStateBackend<String> backend = create(quiet(true));
        new StateSample(backend).write(KEYS, 0);
        IncrementalRemoteKeyedStateHandle first = remote(harness.checkpoint(backend, 1));
        backend.notifyCheckpointComplete(1);

        IncrementalRemoteKeyedStateHandle second =
                remote(harness.snapshot(backend, 2, CheckpointType.CHECKPOINT, harness.streams(2)));

        assertThat(names(second)).isNotEmpty().isEqualTo(names(first));
        assertThat(second.getSharedState())
                .allMatch(file -> file.getHandle() instanceof PlaceholderStreamStateHandle);
        assertThat(second.getCheckpointedSize()).isLessThan(first.getCheckpointedSize());
        assertThat(second.getStateSize()).isEqualTo(first.getStateSize());
    }

    @Test
    void restoreFromTheSameDiskCopiesNothingAndOutlivesTheCheckpoint() throws Exception {
        AbstractKeyedStateBackend<String> backend = create(quiet(true));
        new StateSample(backend).write(KEYS, 0);
        IncrementalRemoteKeyedStateHandle checkpoint = remote(harness.checkpoint(backend, 1));
        harness.dispose(backend);

        AbstractKeyedStateBackend<String> restored = restore(quiet(true), checkpoint);

        Set<Object> workingFiles = inodes(harness.localDirectory());
        for (HandleAndLocalPath file : checkpoint.getSharedState()) {
            Path uploaded = Path.of(((FileStateHandle) file.getHandle()).getFilePath().getPath());
            assertThat(workingFiles).contains(Files.getAttribute(uploaded, "unix:ino"));
            Files.delete(uploaded);
        }
        new StateSample(restored).check(KEYS, 0);
    }

    private static Set<Object> inodes(Path directory) throws IOException {
        Set<Object> inodes = new HashSet<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                inodes.add(Files.getAttribute(file, "unix:ino"));
            }
        }
        return inodes;
    }

    @Test
    void restoredCheckpointIsTheBaseOfTheNext() throws Exception {
        AbstractKeyedStateBackend<String> backend = create(quiet(true));
        new StateSample(backend).write(KEYS, 0);
        IncrementalRemoteKeyedStateHandle first = remote(harness.checkpoint(backend, 1));

        AbstractKeyedStateBackend<String> restored = restore(quiet(true), first);
        IncrementalRemoteKeyedStateHandle second = remote(harness.checkpoint(restored, 2));

        assertThat(second.getBackendIdentifier()).isEqualTo(first.getBackendIdentifier());
        assertThat(second.getSharedState()).containsAll(first.getSharedState());
        new StateSample(restore(quiet(true), second)).check(KEYS, 0);
    }

    @Test
    void fullCheckpointSharesNoFileWithEarlierOnes() throws Exception {
        AbstractKeyedStateBackend<String> backend = create(quiet(true));
        new StateSample(backend).write(KEYS, 0);
        IncrementalRemoteKeyedStateHandle first = remote(harness.checkpoint(backend, 1));
        backend.notifyCheckpointComplete(1);

        IncrementalRemoteKeyedStateHandle full = remote(harness.fullCheckpoint(backend, 2));
        backend.notifyCheckpointComplete(2);
        IncrementalRemoteKeyedStateHandle third = remote(harness.checkpoint(backend, 3));

        assertThat(full.getSharedState()).doesNotContainAnyElementsOf(first.getSharedState());
        assertThat(third.getSharedState()).containsAll(full.getSharedState());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nativeSavepointStandsAloneAndIsNotABase(boolean incremental) throws Exception {
        AbstractKeyedStateBackend<String> backend = create(lsm(incremental));
        StateSample sample = new StateSample(backend);
        sample.write(KEYS, 0);
        harness.checkpoint(backend, 1);
        backend.notifyCheckpointComplete(1);

        KeyedStateHandle savepoint = harness.nativeSavepoint(backend, 2);
        backend.notifyCheckpointComplete(2);
        sample.write(KEYS, 1);

        new StateSample(restore(lsm(incremental), savepoint)).check(KEYS, 0);
    }

    @ParameterizedTest
    @CsvSource({"lsm,lsm", "lsm,hashmap", "lsm,rocksdb", "hashmap,lsm", "rocksdb,lsm"})
    void canonicalSavepointChangesTheBackend(String from, String to) throws Exception {
        AbstractKeyedStateBackend<String> backend = create(byName(from));
        StateSample sample = new StateSample(backend);
        sample.write(KEYS, 0);
        sample.write(KEYS, 1);

        KeyedStateHandle savepoint = harness.canonicalSavepoint(backend, 1);
        sample.write(KEYS, 2);

        AbstractKeyedStateBackend<String> restored = restore(byName(to), savepoint);
        StateSample restoredSample = new StateSample(restored);
        restoredSample.check(KEYS, 1);
        restoredSample.write(KEYS, 2);
        restoredSample.check(KEYS, 2);
    }

    @Test
    void compressedCanonicalSavepointGoesThereAndBack() throws Exception {
        harness.environment().getExecutionConfig().setUseSnapshotCompression(true);
        AbstractKeyedStateBackend<String> backend = create(new HashMapStateBackend());
        new StateSample(backend).write(KEYS, 0);

        AbstractKeyedStateBackend<String> ours =
                restore(lsm(false), harness.canonicalSavepoint(backend, 1));
        new StateSample(ours).check(KEYS, 0);
        KeyedStateHandle back = harness.canonicalSavepoint(ours, 2);

        new StateSample(restore(new HashMapStateBackend(), back)).check(KEYS, 0);
    }

    /** Two bytes of key group. */
    @ParameterizedTest
    @ValueSource(strings = {"native", "canonical"})
    void manyKeyGroupsRescale(String format) throws Exception {
        harness.close();
        harness = new BackendHarness(root, 1000);
        rescaleUpAndDown(format);
    }

    @ParameterizedTest
    @ValueSource(strings = {"native", "canonical", "full"})
    void fewKeyGroupsRescale(String format) throws Exception {
        rescaleUpAndDown(format);
    }

    private void rescaleUpAndDown(String format) throws Exception {
        AbstractKeyedStateBackend<String> one = create(lsm(true));
        StateSample sample = new StateSample(one);
        sample.write(KEYS, 0);
        sample.write(KEYS, 1);

        List<KeyedStateHandle> whole = List.of(take(format, one, 1));
        List<KeyedStateHandle> thirds = new ArrayList<>();
        for (KeyGroupRange range : split(3)) {
            AbstractKeyedStateBackend<String> third = restore(range, whole);
            StateSample part = new StateSample(third);
            part.check(KEYS, 1);
            part.write(KEYS, 2);
            thirds.add(take(format, third, 2));
        }
        List<KeyedStateHandle> halves = new ArrayList<>();
        for (KeyGroupRange range : split(2)) {
            AbstractKeyedStateBackend<String> half = restore(range, thirds);
            StateSample part = new StateSample(half);
            part.check(KEYS, 2);
            halves.add(take(format, half, 3));
        }
        AbstractKeyedStateBackend<String> joined = restore(harness.allKeyGroups(), halves);
        StateSample all = new StateSample(joined);
        all.check(KEYS, 2);
        all.write(KEYS, 3);
        all.check(KEYS, 3);
    }

    private KeyedStateHandle take(String format, AbstractKeyedStateBackend<String> backend, long id)
            throws Exception {
        return switch (format) {
            case "native" -> harness.checkpoint(backend, id);
            case "full" -> harness.fullCheckpoint(backend, id);
            default -> harness.canonicalSavepoint(backend, id);
        };
    }

    private List<KeyGroupRange> split(int parts) {
        int keyGroups = harness.allKeyGroups().getNumberOfKeyGroups();
        List<KeyGroupRange> ranges = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            ranges.add(
                    KeyGroupRange.of(part * keyGroups / parts, (part + 1) * keyGroups / parts - 1));
        }
        return ranges;
    }

    @Test
    void backendWithoutStatesHasNothingToSnapshot() throws Exception {
        AbstractKeyedStateBackend<String> backend = create(lsm(true));

        assertThat(harness.checkpoint(backend, 1)).isNull();
        assertThat(harness.canonicalSavepoint(backend, 2)).isNull();
    }

    @Test
    void statesThatNobodyRegistersAreCarriedOn() throws Exception {
        AbstractKeyedStateBackend<String> backend = create(lsm(true));
        StateSample sample = new StateSample(backend);
        sample.write(KEYS, 0);
        sample.write(KEYS, 1);

        AbstractKeyedStateBackend<String> carrier =
                restore(lsm(true), harness.checkpoint(backend, 1));
        AbstractKeyedStateBackend<String> second =
                restore(lsm(true), harness.checkpoint(carrier, 2));
        AbstractKeyedStateBackend<String> third =
                restore(lsm(true), harness.canonicalSavepoint(second, 3));

        new StateSample(third).check(KEYS, 1);
    }

    @Test
    void handleOfOthersKeyGroupsGivesNothing() throws Exception {
        AbstractKeyedStateBackend<String> left = restore(KeyGroupRange.of(0, 7), List.of());
        new StateSample(left).write(KEYS, 0);
        KeyedStateHandle handle = harness.checkpoint(left, 1);

        AbstractKeyedStateBackend<String> right = restore(KeyGroupRange.of(8, 15), List.of(handle));

        assertThat(right.numKeyValueStateEntries()).isZero();
    }

    /** Other readers of Parquet do not look into Flink's metadata. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everySstableOfANativeSavepointIsAFileHoweverSmall(boolean incremental) throws Exception {
        AbstractKeyedStateBackend<String> backend = create(lsm(incremental));
        new StateSample(backend).write(KEYS, 0);
        int threshold = 1 << 20;

        IncrementalRemoteKeyedStateHandle checkpoint =
                remote(
                        harness.snapshot(
                                backend,
                                1,
                                CheckpointType.CHECKPOINT,
                                harness.streams(1, threshold)));
        IncrementalRemoteKeyedStateHandle savepoint =
                remote(
                        harness.snapshot(
                                backend,
                                2,
                                SavepointType.savepoint(SavepointFormatType.NATIVE),
                                harness.streams(2, threshold)));

        assertThat(sstables(checkpoint))
                .isNotEmpty()
                .hasOnlyElementsOfType(ByteStreamStateHandle.class);
        assertThat(sstables(savepoint)).isNotEmpty().hasOnlyElementsOfType(FileStateHandle.class);
        new StateSample(restore(lsm(incremental), savepoint)).check(KEYS, 0);
    }

    private static List<StreamStateHandle> sstables(IncrementalRemoteKeyedStateHandle handle) {
        return Stream.concat(handle.getSharedState().stream(), handle.getPrivateState().stream())
                .filter(file -> file.getLocalPath().endsWith(".parquet"))
                .map(HandleAndLocalPath::getHandle)
                .toList();
    }

    private AbstractKeyedStateBackend<String> create(StateBackend backend) throws Exception {
        return harness.create(backend, KEY_SERIALIZER);
    }

    private AbstractKeyedStateBackend<String> restore(StateBackend backend, KeyedStateHandle handle)
            throws Exception {
        return harness.restore(backend, KEY_SERIALIZER, harness.allKeyGroups(), List.of(handle));
    }

    private AbstractKeyedStateBackend<String> restore(
            KeyGroupRange range, List<KeyedStateHandle> handles) throws Exception {
        return harness.restore(lsm(true), KEY_SERIALIZER, range, handles);
    }

    private static StateBackend byName(String name) {
        return switch (name) {
            case "hashmap" -> new HashMapStateBackend();
            case "rocksdb" -> new EmbeddedRocksDBStateBackend();
            default -> lsm(true);
        };
    }

    /** Small limits, so that flushes and compactions happen all the time. */
    private static LsmStateBackend lsm(boolean incremental) {
        return new LsmStateBackend(incremental)
                .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"))
                .set(LsmBackendOptions.LEVEL0_TRIGGER, 2);
    }

    /** No compaction of its own accord. */
    private static LsmStateBackend quiet(boolean incremental) {
        return new LsmStateBackend(incremental).set(LsmBackendOptions.LEVEL0_TRIGGER, 100);
    }

    private static IncrementalRemoteKeyedStateHandle remote(KeyedStateHandle handle) {
        return (IncrementalRemoteKeyedStateHandle) handle;
    }

    private static List<String> names(IncrementalRemoteKeyedStateHandle handle) {
        return handle.getSharedState().stream()
                .map(HandleAndLocalPath::getLocalPath)
                .sorted()
                .toList();
    }
}
