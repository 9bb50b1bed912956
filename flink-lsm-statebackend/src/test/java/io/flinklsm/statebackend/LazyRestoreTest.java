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
import io.flinklsm.statebackend.testing.LiveDirectory;
import io.flinklsm.statebackend.testing.StateSample;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.RunnableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.checkpoint.CheckpointType;
import org.apache.flink.runtime.checkpoint.SavepointType;
import org.apache.flink.runtime.checkpoint.SnapshotType;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.PlaceholderStreamStateHandle;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Restores from a checkpoint on another machine: what is read when, and what becomes of faults. */
@Timeout(180)
class LazyRestoreTest {

    private static final int KEYS = 200;
    private static final int GROUPS = 8;

    @TempDir Path root;
    private BackendHarness harness;

    @BeforeEach
    void open() throws Exception {
        FarFileSystem.behave();
        harness = new BackendHarness(root, GROUPS);
    }

    @AfterEach
    void close() throws Exception {
        FarFileSystem.behave();
        harness.close();
    }

    // ----------------------------------------------------------------------------------- restore

    @Test
    void restoreReadsNoSstableBeforeItServes() throws Exception {
        KeyedStateHandle checkpoint = firstCheckpoint(backend());
        CountDownLatch mayRead = new CountDownLatch(1);
        FarFileSystem.behave(
                (file, request) -> {
                    if (FarFileSystem.isShared(file)) {
                        await(mayRead);
                    }
                });

        AbstractKeyedStateBackend<String> restored = restore(backend(), checkpoint);
        mayRead.countDown();

        new StateSample(restored).check(KEYS, 0);
    }

    /** An object store takes long for each request, and takes many at a time. */
    @Test
    void manifestAndMetaFileAreAskedForAtOnce() throws Exception {
        KeyedStateHandle checkpoint = firstCheckpoint(backend());
        CyclicBarrier together = new CyclicBarrier(2);
        FarFileSystem.behave(
                (file, request) -> {
                    if (!FarFileSystem.isShared(file)) {
                        try {
                            together.await(30, TimeUnit.SECONDS);
                        } catch (InterruptedException
                                | BrokenBarrierException
                                | TimeoutException e) {
                            throw new IOException("one was read after the other", e);
                        }
                    }
                });

        AbstractKeyedStateBackend<String> restored = restore(backend(), checkpoint);

        new StateSample(restored).check(KEYS, 0);
    }

    @Test
    void onceTheFetchHasEndedNothingIsReadThereAnyMore() throws Exception {
        KeyedStateHandle checkpoint = firstCheckpoint(backend());

        AbstractKeyedStateBackend<String> restored = restore(backend(), checkpoint);
        StateSample sample = new StateSample(restored);
        sample.check(KEYS, 0);
        awaitFetched();
        FarFileSystem.behave(
                (file, request) -> {
                    throw new IOException("nothing is to be read any more");
                });

        sample.check(KEYS, 0);
        assertThat(FarFileSystem.requests()).isZero();
        assertThat(sstablesHere()).hasSize(files(checkpoint).size());
    }

    @Test
    void eagerRestoreHasAllFilesBeforeItServes() throws Exception {
        KeyedStateHandle checkpoint = firstCheckpoint(backend());

        AbstractKeyedStateBackend<String> restored =
                restore(backend().set(LsmBackendOptions.RESTORE, "eager"), checkpoint);
        assertThat(sstablesHere()).hasSize(files(checkpoint).size());
        FarFileSystem.behave(
                (file, request) -> {
                    throw new IOException("nothing is to be read any more");
                });

        new StateSample(restored).check(KEYS, 0);
    }

    @Test
    void backendThatIsClosedWhileItFetchesEndsAndLeavesNothing() throws Exception {
        KeyedStateHandle checkpoint = firstCheckpoint(backend());
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        FarFileSystem.behave(
                (file, request) -> {
                    if (FarFileSystem.isShared(file)) {
                        reading.countDown();
                        await(never);
                    }
                });
        AbstractKeyedStateBackend<String> restored = restore(backend(), checkpoint);
        reading.await();

        harness.dispose(restored);

        assertThat(harness.localDirectory()).isEmptyDirectory();
    }

    // ------------------------------------------------------------------------------- checkpoints

    @Test
    void checkpointBeforeTheFetchEndsListsTheSameFilesByTheirRealHandles() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        CountDownLatch mayRead = new CountDownLatch(1);
        FarFileSystem.behave(
                (file, request) -> {
                    if (FarFileSystem.isShared(file)) {
                        await(mayRead);
                    }
                });
        AbstractKeyedStateBackend<String> restored = restore(backend(), first);

        KeyedStateHandle second = checkpoint(restored, 2);

        assertThat(files(second)).isEqualTo(files(first));
        mayRead.countDown();
        StateSample sample = new StateSample(restored);
        sample.check(KEYS, 0);
        restored.notifyCheckpointComplete(2);
        sample.write(KEYS, 1);
        KeyedStateHandle third = checkpoint(restored, 3);
        harness.dispose(restored);
        new StateSample(restore(backend(), second)).check(KEYS, 0);
        new StateSample(restore(backend(), third)).check(KEYS, 1);
    }

    @Test
    void afterItsOwnCheckpointTheBackendListsPlaceholders() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        AbstractKeyedStateBackend<String> restored = restore(backend(), first);
        new StateSample(restored);
        checkpoint(restored, 2);
        restored.notifyCheckpointComplete(2);

        IncrementalRemoteKeyedStateHandle third =
                (IncrementalRemoteKeyedStateHandle)
                        harness.snapshot(
                                restored, 3, CheckpointType.CHECKPOINT, harness.farStreams(3));

        assertThat(third.getSharedState())
                .isNotEmpty()
                .allSatisfy(
                        file ->
                                assertThat(file.getHandle())
                                        .isInstanceOf(PlaceholderStreamStateHandle.class));
    }

    /** On the TaskManager Flink discards what a cancelled checkpoint lists. */
    @Test
    void cancelledCheckpointDeletesItsOwnFilesAndNoneThatItRefersTo() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        AbstractKeyedStateBackend<String> restored = restore(backend(), first);
        StateSample sample = new StateSample(restored);
        sample.write(KEYS, 1);
        long filesBefore = farFiles();

        KeyedStateHandle second =
                harness.snapshot(restored, 2, CheckpointType.CHECKPOINT, harness.farStreams(2));
        assertThat(farFiles()).isGreaterThan(filesBefore);
        second.discardState();
        restored.notifyCheckpointAborted(2);

        assertThat(farFiles()).isEqualTo(filesBefore);
        harness.dispose(restored);
        new StateSample(restore(backend(), first)).check(KEYS, 0);
    }

    @Test
    void whatLeavesTheTaskManagerIsFlinksOwnClass() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        AbstractKeyedStateBackend<String> restored = restore(backend(), first);
        new StateSample(restored);

        KeyedStateHandle here =
                harness.snapshot(restored, 2, CheckpointType.CHECKPOINT, harness.farStreams(2));
        KeyedStateHandle there = BackendHarness.send(here);

        assertThat(there.getClass()).isEqualTo(IncrementalRemoteKeyedStateHandle.class);
        assertThat(there.getStateHandleId()).isEqualTo(here.getStateHandleId());
        assertThat(files(there)).isEqualTo(files(here)).isEqualTo(files(first));
        assertThat(there.getStateSize()).isEqualTo(here.getStateSize());
    }

    /** NO_CLAIM: the first checkpoint stands by itself, whatever becomes of the restored one. */
    @Test
    void fullCheckpointBeforeTheFetchEndsMakesAllFilesLocal() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        AbstractKeyedStateBackend<String> restored = restore(backend(), first);
        StateSample sample = new StateSample(restored);

        KeyedStateHandle second = take(restored, 2, CheckpointType.FULL_CHECKPOINT);
        restored.notifyCheckpointComplete(2);
        deleteFiles(first);

        assertThat(files(second).values()).doesNotContainAnyElementsOf(files(first).values());
        sample.check(KEYS, 0);
        harness.dispose(restored);
        new StateSample(restore(backend(), second)).check(KEYS, 0);
    }

    /** Files of a checkpoint that is not incremental go with the checkpoint. */
    @Test
    void checkpointThatIsNotIncrementalMakesAllFilesLocal() throws Exception {
        KeyedStateHandle first = firstCheckpoint(notIncremental());
        AbstractKeyedStateBackend<String> restored = restore(notIncremental(), first);
        StateSample sample = new StateSample(restored);

        KeyedStateHandle second = checkpoint(restored, 2);
        restored.notifyCheckpointComplete(2);
        first.discardState();

        sample.check(KEYS, 0);
        harness.dispose(restored);
        new StateSample(restore(notIncremental(), second)).check(KEYS, 0);
    }

    @Test
    void nativeSavepointBeforeTheFetchEndsHasAllFiles() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        AbstractKeyedStateBackend<String> restored = restore(backend(), first);
        new StateSample(restored);

        KeyedStateHandle savepoint =
                harness.snapshot(
                        restored,
                        2,
                        SavepointType.savepoint(SavepointFormatType.NATIVE),
                        harness.farStreams(2));
        harness.dispose(restored);
        deleteFiles(first);

        new StateSample(restore(backend(), savepoint)).check(KEYS, 0);
    }

    // ----------------------------------------------------------------------------------- rescale

    @Test
    void rescaledBackendsListTheFilesAgainAndUploadNone() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        List<KeyedStateHandle> halves = new ArrayList<>();
        long filesBefore = sharedFiles();
        for (int half = 0; half < 2; half++) {
            AbstractKeyedStateBackend<String> restored =
                    harness.restore(
                            backend(),
                            KEY_SERIALIZER,
                            KeyGroupRange.of(4 * half, 4 * half + 3),
                            List.of(first));
            StateSample sample = new StateSample(restored);
            halves.add(checkpoint(restored, 2));
            sample.check(KEYS, 0);
        }

        // A file of half the key groups is listed by one half, another one by both.
        assertThat(sharedFiles()).isEqualTo(filesBefore);
        for (KeyedStateHandle half : halves) {
            assertThat(files(first)).containsAllEntriesOf(files(half));
            assertThat(half.getCheckpointedSize()).isLessThan(half.getStateSize() / 2);
        }
        harness.disposeAll();
        AbstractKeyedStateBackend<String> joined =
                harness.restore(backend(), KEY_SERIALIZER, harness.allKeyGroups(), halves);
        StateSample sample = new StateSample(joined);
        sample.check(KEYS, 0);
        sample.write(KEYS, 1);
        KeyedStateHandle third = checkpoint(joined, 3);
        sample.check(KEYS, 1);
        assertThat(files(third)).containsAllEntriesOf(files(first));
        harness.disposeAll();
        new StateSample(restore(backend(), third)).check(KEYS, 1);
    }

    // ------------------------------------------------------------------------------------ faults

    @Test
    void fileThatIsGoneFailsTheTaskAndSaysWhichAndWhoseItWas() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        deleteFiles(first);

        // The check of files in the background may be the first that meets it.
        assertThatThrownBy(() -> new StateSample(restore(backend(), first)).check(KEYS, 0))
                .hasRootCauseInstanceOf(FileNotFoundException.class)
                .hasStackTraceContaining("the file is gone from remote storage")
                .hasStackTraceContaining("(of job 00000000000000010000000000000001)")
                .hasStackTraceContaining(".parquet at far:");
    }

    @Test
    void fileThatIsRefusedFailsTheTaskAtOnce() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        FarFileSystem.behave(
                (file, request) -> {
                    if (FarFileSystem.isShared(file)) {
                        throw new IOException("Forbidden (Status Code: 403)");
                    }
                });

        // The check of files in the background may be the first that meets it.
        assertThatThrownBy(() -> new StateSample(restore(backend(), first)).check(KEYS, 0))
                .hasStackTraceContaining("remote storage refuses the file")
                .hasStackTraceContaining("attempts=1,");
    }

    @Test
    void requestThatTakesTooLongIsGivenUpAndMadeAgain() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        CountDownLatch never = new CountDownLatch(1);
        FarFileSystem.behave(
                (file, request) -> {
                    if (FarFileSystem.isShared(file) && request % 2 == 1) {
                        await(never);
                    }
                });
        LsmStateBackend impatient =
                backend().set(LsmBackendOptions.REMOTE_REQUEST_TIMEOUT, Duration.ofMillis(50));

        AbstractKeyedStateBackend<String> restored = restore(impatient, first);

        new StateSample(restored).check(KEYS, 0);
    }

    @Test
    void storageThatDoesNotAnswerIsGivenUpAtTheDeadline() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        FarFileSystem.behave(
                (file, request) -> {
                    if (FarFileSystem.isShared(file)) {
                        throw new IOException("503 SlowDown");
                    }
                });
        LsmStateBackend impatient =
                backend().set(LsmBackendOptions.REMOTE_RETRY_DEADLINE, Duration.ofMillis(300));

        // The check of files in the background may be the first that meets it.
        assertThatThrownBy(() -> new StateSample(restore(impatient, first)).check(KEYS, 0))
                .hasStackTraceContaining("did not give the file within the time")
                .hasStackTraceContaining("503 SlowDown");
    }

    @Test
    void damageInAFileThatIsReadRemotelyNamesTheFile() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        for (FileStateHandle handle : files(first).values()) {
            Path file = FarFileSystem.near(handle.getFilePath());
            byte[] bytes = Files.readAllBytes(file);
            for (int i = 4; i < bytes.length; i += 97) {
                bytes[i] ^= 0x10;
            }
            Files.write(file, bytes);
        }

        // The check of files in the background may be the first that meets it.
        assertThatThrownBy(() -> new StateSample(restore(backend(), first)).check(KEYS, 0))
                .hasStackTraceContaining("CorruptionException")
                .hasStackTraceContaining(".parquet");
    }

    /** Every read fails in turn, once for a moment and once for good. */
    @Test
    void eachReadMayFailOnceAndNothingIsWrong() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        int faultsHit = 0;
        for (boolean forGood : new boolean[] {false, true}) {
            boolean hit = true;
            for (int failing = 1; hit; failing++) {
                int failingNow = failing;
                CountDownLatch reached = new CountDownLatch(1);
                FarFileSystem.behave(
                        (file, request) -> {
                            if (request == failingNow) {
                                reached.countDown();
                                throw forGood
                                        ? new FileNotFoundException("gone")
                                        : new IOException("Connection reset");
                            }
                        });
                try {
                    AbstractKeyedStateBackend<String> restored = restore(backend(), first);
                    StateSample sample = new StateSample(restored);
                    sample.check(KEYS, 0);
                    KeyedStateHandle second = checkpoint(restored, 2);
                    // What a fetch in the background finds gone for good is never here as a whole.
                    boolean mayBeLost = forGood;
                    awaitUntil(
                            () ->
                                    localFiles(".chunks").isEmpty()
                                            || (mayBeLost && reached.getCount() == 0));
                    sample.check(KEYS, 0);
                    harness.disposeAll();
                    new StateSample(restore(backend(), second)).check(KEYS, 0);
                } catch (Exception e) {
                    // It fails with the fault as its cause, or it is right.
                    assertThat(e).rootCause().hasMessageMatching("gone|Connection reset");
                }
                harness.disposeAll();
                assertThat(harness.localDirectory()).isEmptyDirectory();
                hit = reached.getCount() == 0;
                faultsHit += hit ? 1 : 0;
            }
        }
        assertThat(faultsHit).isGreaterThan(20);
    }

    // -------------------------------------------------------------------------- placement remote

    @Test
    void stateThatIsLargerThanItsRoomOnTheDiskIsReadWhereItIs() throws Exception {
        LsmStateBackend remote = remote();
        AbstractKeyedStateBackend<String> backend = harness.create(remote, KEY_SERIALIZER);
        StateSample sample = new StateSample(backend);
        KeyedStateHandle last = null;
        int keys = 20 * KEYS;
        for (int round = 0; round < 4; round++) {
            sample.write(keys, round);
            last = checkpoint(backend, round + 1);
            backend.notifyCheckpointComplete(round + 1);
            sample.check(keys, round);
        }
        harness.disposeAll();

        AbstractKeyedStateBackend<String> restored = restore(remote, last);
        StateSample again = new StateSample(restored);
        again.check(keys, 3);
        again.write(keys, 4);
        KeyedStateHandle next = checkpoint(restored, 6);
        restored.notifyCheckpointComplete(6);
        again.check(keys, 4);
        harness.disposeAll();
        new StateSample(restore(backend(), next)).check(keys, 4);
    }

    /** NO_CLAIM with a state that is larger than the disk. */
    @Test
    void fullCheckpointOfFilesThatStayRemoteIsReadableWhicheverPlaceIsLeft() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        AbstractKeyedStateBackend<String> restored = restore(remote(), first);
        StateSample sample = new StateSample(restored);

        KeyedStateHandle second = take(restored, 2, CheckpointType.FULL_CHECKPOINT);
        assertThat(sstablesHere()).isEmpty();
        // The second one is complete, which this backend is not told yet.
        deleteFiles(first);
        sample.check(KEYS, 0);
        restored.notifyCheckpointComplete(2);
        sample.write(KEYS, 1);
        KeyedStateHandle third = checkpoint(restored, 3);

        assertThat(files(third)).containsAllEntriesOf(files(second));
        sample.check(KEYS, 1);
        harness.dispose(restored);
        new StateSample(restore(backend(), second)).check(KEYS, 0);
    }

    @Test
    void fullCheckpointThatIsAbortedLeavesTheFilesWhereTheyWere() throws Exception {
        KeyedStateHandle first = firstCheckpoint(backend());
        AbstractKeyedStateBackend<String> restored = restore(remote(), first);

        KeyedStateHandle second = take(restored, 2, CheckpointType.FULL_CHECKPOINT);
        restored.notifyCheckpointAborted(2);
        deleteFiles(second);

        new StateSample(restored).check(KEYS, 0);
    }

    // ----------------------------------------------------------------------------------- helpers

    private static LsmStateBackend remote() {
        return backend()
                .set(LsmBackendOptions.PLACEMENT, "remote")
                .set(LsmBackendOptions.LOCAL_CACHE_SIZE, MemorySize.parse("8mb"));
    }

    private static LsmStateBackend backend() {
        return new LsmStateBackend(true)
                .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"));
    }

    private static LsmStateBackend notIncremental() {
        return new LsmStateBackend(false);
    }

    /** Of a backend that is gone. */
    private KeyedStateHandle firstCheckpoint(LsmStateBackend stateBackend) throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(stateBackend, KEY_SERIALIZER);
        new StateSample(backend).write(KEYS, 0);
        KeyedStateHandle handle = checkpoint(backend, 1);
        harness.dispose(backend);
        return handle;
    }

    private KeyedStateHandle checkpoint(AbstractKeyedStateBackend<?> backend, long id)
            throws Exception {
        return take(backend, id, CheckpointType.CHECKPOINT);
    }

    /** As the job manager gets it. */
    private KeyedStateHandle take(AbstractKeyedStateBackend<?> backend, long id, SnapshotType type)
            throws Exception {
        RunnableFuture<SnapshotResult<KeyedStateHandle>> future =
                backend.snapshot(
                        id,
                        0,
                        harness.farStreams(id),
                        new CheckpointOptions(
                                type,
                                CheckpointOptions.forCheckpointWithDefaultLocation()
                                        .getTargetLocation()));
        return harness.register(BackendHarness.send(BackendHarness.finish(future)), id);
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

    private static void deleteFiles(KeyedStateHandle handle) throws IOException {
        for (FileStateHandle file : files(handle).values()) {
            Files.delete(FarFileSystem.near(file.getFilePath()));
        }
    }

    private long farFiles() throws IOException {
        try (Stream<Path> paths = Files.walk(harness.checkpointDirectory())) {
            return paths.filter(Files::isRegularFile).count();
        }
    }

    private long sharedFiles() throws IOException {
        try (Stream<Path> paths = Files.walk(harness.checkpointDirectory())) {
            return paths.filter(path -> path.getParent().endsWith("shared")).count();
        }
    }

    private List<Path> localFiles(String suffix) throws IOException {
        return LiveDirectory.files(harness.localDirectory()).stream()
                .filter(path -> path.getFileName().toString().endsWith(suffix))
                .toList();
    }

    private List<Path> sstablesHere() throws IOException {
        return localFiles(".parquet");
    }

    private void awaitFetched() throws Exception {
        awaitUntil(() -> localFiles(".chunks").isEmpty());
    }

    private static void awaitUntil(Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("waited for too long").isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException("Socket closed", e);
        }
    }
}
