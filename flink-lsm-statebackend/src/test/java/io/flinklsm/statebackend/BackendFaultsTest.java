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

import io.flinklsm.core.StoreResources;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.statebackend.memory.MemoryRequest;
import io.flinklsm.statebackend.memory.SlotMemory;
import io.flinklsm.statebackend.memory.ThreadRequest;
import io.flinklsm.statebackend.registry.StateRegistry;
import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.EngineThreads;
import io.flinklsm.statebackend.testing.ForwardingStreams;
import io.flinklsm.statebackend.testing.StateSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RunnableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.checkpoint.CheckpointType;
import org.apache.flink.runtime.execution.CancelTaskException;
import org.apache.flink.runtime.memory.OpaqueMemoryResource;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.BackendBuildingException;
import org.apache.flink.runtime.state.CheckpointStateOutputStream;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.CheckpointedStateScope;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.PhysicalStateHandleID;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.metrics.LatencyTrackingStateConfig;
import org.apache.flink.runtime.state.metrics.SizeTrackingStateConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Full disks, failing checkpoint storage, cancellation, and what is left afterwards: nothing. */
@Timeout(120)
class BackendFaultsTest {

    private static final int KEYS = 100;

    @TempDir Path root;
    private final EngineThreads threads = new EngineThreads();
    private BackendHarness harness;

    @BeforeEach
    void open() throws Exception {
        harness = new BackendHarness(root, 8);
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    @Test
    void fullDiskDuringTheFlushDeclinesTheCheckpointAndTheEarlierOneRestores() throws Exception {
        AtomicReference<HostileStorage> hostile = new AtomicReference<>();
        // No compaction, which could meet the full disk before the flush of the checkpoint does.
        AbstractKeyedStateBackend<String> backend =
                onHostileStorage(backend().set(LsmBackendOptions.LEVEL0_TRIGGER, 100), hostile);
        StateSample sample = new StateSample(backend);
        sample.write(KEYS, 0);
        KeyedStateHandle first = harness.checkpoint(backend, 1);
        backend.notifyCheckpointComplete(1);
        sample.write(KEYS, 1);
        long filesBefore = checkpointFiles();
        // Nor a flush of its own: the store is at rest when the disk gets full.
        awaitIdle(backend);

        hostile.get().diskFullAfter(100);

        assertThatThrownBy(() -> harness.checkpoint(backend, 2))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseInstanceOf(IOException.class)
                .rootCause()
                .hasMessageContaining(HostileStorage.INJECTED);
        assertThat(checkpointFiles()).isEqualTo(filesBefore);
        // Only the checkpoint failed: the task goes on.
        sample.check(KEYS, 1);
        hostile.get().diskFullAfter(Long.MAX_VALUE);
        KeyedStateHandle third = harness.checkpoint(backend, 3);
        harness.dispose(backend);
        new StateSample(restore(first)).check(KEYS, 0);
        new StateSample(restore(third)).check(KEYS, 1);
    }

    @Test
    void fullDiskDuringAFlushInTheBackgroundFailsTheTaskAndLosesNoCheckpoint() throws Exception {
        AtomicReference<HostileStorage> hostile = new AtomicReference<>();
        AbstractKeyedStateBackend<String> backend = onHostileStorage(hostile);
        StateSample sample = new StateSample(backend);
        sample.write(KEYS, 0);
        KeyedStateHandle first = harness.checkpoint(backend, 1);

        hostile.get().diskFullAfter(100);

        assertThatThrownBy(
                        () -> {
                            for (int round = 1; round < 10_000; round++) {
                                sample.write(KEYS, round);
                            }
                        })
                .hasRootCauseInstanceOf(IOException.class)
                .rootCause()
                .hasMessageContaining(HostileStorage.INJECTED);
        harness.dispose(backend);
        assertThat(harness.localDirectory()).isEmptyDirectory();
        new StateSample(restore(first)).check(KEYS, 0);
    }

    @Test
    void failingCheckpointStorageDeclinesTheCheckpointLeavesNothingAndTheNextSucceeds()
            throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(backend(), KEY_SERIALIZER);
        StateSample sample = new StateSample(backend);
        sample.write(KEYS, 0);
        harness.checkpoint(backend, 1);
        backend.notifyCheckpointComplete(1);
        sample.write(KEYS, 1);
        long filesBefore = checkpointFiles();

        for (int failingStream = 0; failingStream < 4; failingStream++) {
            CheckpointStreamFactory failing = new FailingStreams(harness.streams(2), failingStream);
            assertThatThrownBy(
                            () -> harness.snapshot(backend, 2, CheckpointType.CHECKPOINT, failing))
                    .isInstanceOf(ExecutionException.class)
                    .hasRootCauseMessage("No space left on device")
                    // The job manager logs it with the checkpoint that it declines.
                    .hasMessageMatching(
                            "(?s).*\\[\\S+\\] the file could not be put on the checkpoint storage:"
                                + " No space left on device; see that execution.checkpointing.dir"
                                + " has room and can be written\\.");
            assertThat(checkpointFiles()).isEqualTo(filesBefore);
            backend.notifyCheckpointAborted(2);
        }

        KeyedStateHandle third = harness.checkpoint(backend, 3);
        sample.check(KEYS, 1);
        new StateSample(restore(third)).check(KEYS, 1);
    }

    @Test
    void uploadsRunBesideWhatTheCheckpointsOwnThreadWrites() throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(backend(), KEY_SERIALIZER);
        StateSample sample = new StateSample(backend);
        sample.write(KEYS, 0);
        CountDownLatch ownFile = new CountDownLatch(1);
        CheckpointStreamFactory streams =
                new StreamsByScope(
                        harness.streams(1), () -> await(ownFile), () -> ownFile.countDown());

        KeyedStateHandle first =
                harness.register(
                        harness.snapshot(backend, 1, CheckpointType.CHECKPOINT, streams), 1);

        harness.dispose(backend);
        new StateSample(restore(first)).check(KEYS, 0);
    }

    @Test
    void failureBesideUploadsWaitsForThemAndLeavesNothing() throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(backend(), KEY_SERIALIZER);
        StateSample sample = new StateSample(backend);
        sample.write(KEYS, 0);
        CountDownLatch uploading = new CountDownLatch(1);
        CountDownLatch failed = new CountDownLatch(1);
        CheckpointStreamFactory streams =
                new StreamsByScope(
                        harness.streams(1),
                        () -> {
                            uploading.countDown();
                            await(failed);
                        },
                        () -> {
                            await(uploading);
                            failed.countDown();
                            throw new IOException("No space left on device");
                        });

        assertThatThrownBy(() -> harness.snapshot(backend, 1, CheckpointType.CHECKPOINT, streams))
                .hasRootCauseMessage("No space left on device");

        assertThat(checkpointFiles()).isZero();
        backend.notifyCheckpointAborted(1);
        KeyedStateHandle second = harness.checkpoint(backend, 2);
        harness.dispose(backend);
        new StateSample(restore(second)).check(KEYS, 0);
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            if (!latch.await(60, TimeUnit.SECONDS)) {
                throw new IOException("nothing came of what was to run beside this");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Test
    void cancelledUploadEndsAndLeavesNothing() throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(backend(), KEY_SERIALIZER);
        new StateSample(backend).write(KEYS, 0);
        BlockingStreams blocking = new BlockingStreams(harness.streams(1));
        RunnableFuture<SnapshotResult<KeyedStateHandle>> future =
                backend.snapshot(
                        1, 0, blocking, CheckpointOptions.forCheckpointWithDefaultLocation());
        Thread async = new Thread(future, "async part");
        async.start();
        blocking.reached.await();

        future.cancel(true);
        async.join();

        assertThat(checkpointFiles()).isZero();
        harness.dispose(backend);
        assertThat(harness.localDirectory()).isEmptyDirectory();
    }

    @Test
    void disposeWaitsForNobodyOnceTheUploadIsCancelledByClose() throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(backend(), KEY_SERIALIZER);
        new StateSample(backend).write(KEYS, 0);
        BlockingStreams blocking = new BlockingStreams(harness.streams(1));
        RunnableFuture<SnapshotResult<KeyedStateHandle>> future =
                backend.snapshot(
                        1, 0, blocking, CheckpointOptions.forCheckpointWithDefaultLocation());
        Thread async = new Thread(future, "async part");
        async.start();
        blocking.reached.await();

        harness.dispose(backend);
        async.join();

        assertThat(harness.localDirectory()).isEmptyDirectory();
    }

    @Test
    void snapshotThatNeverRunsIsReleasedByItsCancellation() throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(backend(), KEY_SERIALIZER);
        new StateSample(backend).write(KEYS, 0);
        RunnableFuture<SnapshotResult<KeyedStateHandle>> future =
                backend.snapshot(
                        1,
                        0,
                        harness.streams(1),
                        CheckpointOptions.forCheckpointWithDefaultLocation());

        future.cancel(true);
        harness.dispose(backend);

        assertThat(harness.localDirectory()).isEmptyDirectory();
    }

    @Test
    void cancelledRestoreSaysSoAndLeavesNothing() throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(backend(), KEY_SERIALIZER);
        new StateSample(backend).write(KEYS, 0);
        IncrementalRemoteKeyedStateHandle handle =
                (IncrementalRemoteKeyedStateHandle) harness.checkpoint(backend, 1);
        harness.dispose(backend);
        CloseableRegistry cancelRegistry = new CloseableRegistry();
        for (HandleAndLocalPath file : handle.getSharedState()) {
            file.replaceHandle(new CancellingHandle(file.getHandle(), cancelRegistry));
        }

        assertThatThrownBy(
                        () ->
                                harness.restore(
                                        backend().set(LsmBackendOptions.RESTORE, "eager"),
                                        KEY_SERIALIZER,
                                        harness.allKeyGroups(),
                                        List.of(handle),
                                        cancelRegistry))
                .isInstanceOf(BackendBuildingException.class)
                .hasCauseInstanceOf(CancelTaskException.class);
        assertThat(harness.localDirectory()).isEmptyDirectory();
    }

    @Test
    void backendsComeAndGoAndLeaveNothing() throws Exception {
        cycle();
        long descriptors = openDescriptors();

        for (int i = 0; i < 20; i++) {
            cycle();
        }

        assertThat(threads.left()).isEmpty();
        assertThat(openDescriptors()).isLessThanOrEqualTo(descriptors + 2);
        assertThat(harness.localDirectory()).isEmptyDirectory();
        assertThat(harness.environment().getMemoryManager().verifyEmpty()).isTrue();
    }

    @Test
    void configuredDirectoriesAreTakenInTurnAndLeftEmpty() throws Exception {
        Path one = Files.createDirectory(root.resolve("one"));
        Path two = root.resolve("not there yet/two");
        LsmStateBackend stateBackend =
                backend().set(LsmBackendOptions.LOCAL_DIRECTORIES, one + "," + two);

        AbstractKeyedStateBackend<String> first = harness.create(stateBackend, KEY_SERIALIZER);
        AbstractKeyedStateBackend<String> second = harness.create(stateBackend, KEY_SERIALIZER);
        new StateSample(first).write(KEYS, 0);
        new StateSample(second).write(KEYS, 0);

        // The directory of each and its lock.
        assertThat(one).isDirectoryContaining(Files::isDirectory);
        assertThat(two).isDirectoryContaining(Files::isDirectory);
        harness.dispose(first);
        harness.dispose(second);
        assertThat(one).isEmptyDirectory();
        assertThat(two).isEmptyDirectory();
    }

    /** FLINK-8676. */
    @Test
    void streamsOfKeysThatNobodyClosesHoldNoMemoryBeyondTheBackend() throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(backend(), KEY_SERIALIZER);
        new StateSample(backend).write(KEYS, 0);

        assertThat(backend.getKeys("list", 0).count()).isEqualTo(KEYS);
        assertThat(backend.getKeys(List.of("list", "map"), 0).iterator().next()).isNotNull();
        assertThat(backend.getKeysAndNamespaces("map").iterator().next()).isNotNull();
        harness.dispose(backend);

        assertThat(harness.environment().getMemoryManager().verifyEmpty()).isTrue();
        assertThat(harness.localDirectory()).isEmptyDirectory();
        assertThat(threads.left()).isEmpty();
    }

    @Test
    void everyByteOfTheSlotsMemoryComesBack() throws Exception {
        try (OpaqueMemoryResource<StoreResources> lease =
                SlotMemory.lease(
                        harness.environment(),
                        new MemoryRequest(0.4, 0, 0, 0.5, new ThreadRequest(1, 1, 1)),
                        Clock.system(),
                        bytes -> {})) {
            for (int i = 0; i < 10; i++) {
                cycle();
                // At once after a savepoint, while what it froze is being flushed.
                AbstractKeyedStateBackend<String> backend =
                        harness.create(backend(), KEY_SERIALIZER);
                StateSample sample = new StateSample(backend);
                sample.write(KEYS, 0);
                assertThat(backend.getKeys("list", 0).count()).isEqualTo(KEYS);
                assertThat(sample.countTimers()).isEqualTo(2 * KEYS);
                harness.canonicalSavepoint(backend, 1);
                harness.dispose(backend);
                MemoryBudget memory = lease.getResourceHandle().memory();
                assertThat(memory.usedBytes()).as("round %s: %s", i, memory).isZero();
            }
        }
    }

    private void cycle() throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(backend(), KEY_SERIALIZER);
        new StateSample(backend).write(KEYS, 0);
        KeyedStateHandle handle = harness.checkpoint(backend, 1);
        harness.canonicalSavepoint(backend, 2);
        harness.dispose(backend);
        AbstractKeyedStateBackend<String> restored = restore(handle);
        new StateSample(restored).check(KEYS, 0);
        harness.dispose(restored);
    }

    /** 0 where the system does not tell. */
    private static long openDescriptors() throws IOException {
        Path descriptors = Path.of("/proc/self/fd");
        if (!Files.isDirectory(descriptors)) {
            return 0;
        }
        try (Stream<Path> paths = Files.list(descriptors)) {
            return paths.count();
        }
    }

    private AbstractKeyedStateBackend<String> restore(KeyedStateHandle handle) throws Exception {
        return harness.restore(backend(), KEY_SERIALIZER, harness.allKeyGroups(), List.of(handle));
    }

    private AbstractKeyedStateBackend<String> onHostileStorage(
            AtomicReference<HostileStorage> hostile) throws Exception {
        return onHostileStorage(backend(), hostile);
    }

    private AbstractKeyedStateBackend<String> onHostileStorage(
            LsmStateBackend stateBackend, AtomicReference<HostileStorage> hostile)
            throws Exception {
        return harness.track(
                new LsmKeyedStateBackendBuilder<>(
                                harness.parameters(
                                        KEY_SERIALIZER,
                                        harness.allKeyGroups(),
                                        List.of(),
                                        new CloseableRegistry()),
                                stateBackend.settings(),
                                0,
                                LatencyTrackingStateConfig.disabled(),
                                SizeTrackingStateConfig.disabled())
                        .wrapStorage(
                                storage -> {
                                    hostile.set(new HostileStorage(storage));
                                    return hostile.get();
                                })
                        .build());
    }

    private static void awaitIdle(AbstractKeyedStateBackend<String> backend) throws Exception {
        StateRegistry registry = ((LsmKeyedStateBackend<String>) backend).registry();
        Objects.requireNonNull(registry.state(StateSample.NAME_OF_A_STATE)).tree().awaitIdle();
    }

    private long checkpointFiles() throws IOException {
        try (Stream<Path> paths = Files.walk(harness.checkpointDirectory())) {
            return paths.filter(Files::isRegularFile).count();
        }
    }

    private static LsmStateBackend backend() {
        return new LsmStateBackend(true)
                .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"))
                .set(LsmBackendOptions.LEVEL0_TRIGGER, 2);
    }

    /** Lets the n-th stream and all after it fail when they are written to. */
    private static final class FailingStreams extends ForwardingStreams {
        private int left;

        FailingStreams(CheckpointStreamFactory delegate, int good) {
            super(delegate);
            this.left = good;
        }

        @Override
        public synchronized CheckpointStateOutputStream createCheckpointStateOutputStream(
                CheckpointedStateScope scope) throws IOException {
            CheckpointStateOutputStream stream = super.createCheckpointStateOutputStream(scope);
            return left-- > 0
                    ? stream
                    : new StreamWrapper(
                            stream,
                            () -> {
                                throw new IOException("No space left on device");
                            });
        }
    }

    /** Does something before each write of a shared file, and of one of the checkpoint's own. */
    private static final class StreamsByScope extends ForwardingStreams {
        private final BeforeWrite beforeShared;
        private final BeforeWrite beforeOwn;

        StreamsByScope(
                CheckpointStreamFactory delegate, BeforeWrite beforeShared, BeforeWrite beforeOwn) {
            super(delegate);
            this.beforeShared = beforeShared;
            this.beforeOwn = beforeOwn;
        }

        @Override
        public CheckpointStateOutputStream createCheckpointStateOutputStream(
                CheckpointedStateScope scope) throws IOException {
            return new StreamWrapper(
                    super.createCheckpointStateOutputStream(scope),
                    scope == CheckpointedStateScope.SHARED ? beforeShared : beforeOwn);
        }
    }

    /** Blocks the first write until the stream is closed or the thread interrupted. */
    private static final class BlockingStreams extends ForwardingStreams {
        final CountDownLatch reached = new CountDownLatch(1);

        BlockingStreams(CheckpointStreamFactory delegate) {
            super(delegate);
        }

        @Override
        public CheckpointStateOutputStream createCheckpointStateOutputStream(
                CheckpointedStateScope scope) throws IOException {
            CountDownLatch closed = new CountDownLatch(1);
            return new StreamWrapper(
                    super.createCheckpointStateOutputStream(scope),
                    () -> {
                        reached.countDown();
                        try {
                            closed.await();
                        } catch (InterruptedException e) {
                            throw new IOException(e);
                        }
                        throw new IOException("closed");
                    }) {
                @Override
                public void close() throws IOException {
                    closed.countDown();
                    super.close();
                }
            };
        }
    }

    private interface BeforeWrite {
        void run() throws IOException;
    }

    private static class StreamWrapper extends CheckpointStateOutputStream {
        private final CheckpointStateOutputStream delegate;
        private final BeforeWrite beforeWrite;

        StreamWrapper(CheckpointStateOutputStream delegate, BeforeWrite beforeWrite) {
            this.delegate = delegate;
            this.beforeWrite = beforeWrite;
        }

        @Override
        public StreamStateHandle closeAndGetHandle() throws IOException {
            return delegate.closeAndGetHandle();
        }

        @Override
        public void close() throws IOException {
            delegate.close();
        }

        @Override
        public long getPos() throws IOException {
            return delegate.getPos();
        }

        @Override
        public void flush() throws IOException {
            delegate.flush();
        }

        @Override
        public void sync() throws IOException {
            delegate.sync();
        }

        @Override
        public void write(int value) throws IOException {
            beforeWrite.run();
            delegate.write(value);
        }

        @Override
        public void write(byte[] bytes, int from, int byteCount) throws IOException {
            beforeWrite.run();
            delegate.write(bytes, from, byteCount);
        }
    }

    /** Cancels the restore when it is read. */
    private static final class CancellingHandle implements StreamStateHandle {
        private static final long serialVersionUID = 1L;

        private final StreamStateHandle delegate;
        private final transient CloseableRegistry registry;

        CancellingHandle(StreamStateHandle delegate, CloseableRegistry registry) {
            this.delegate = delegate;
            this.registry = registry;
        }

        @Override
        public FSDataInputStream openInputStream() throws IOException {
            registry.close();
            return delegate.openInputStream();
        }

        @Override
        public Optional<byte[]> asBytesIfInMemory() {
            return delegate.asBytesIfInMemory();
        }

        @Override
        public PhysicalStateHandleID getStreamStateHandleID() {
            return delegate.getStreamStateHandleID();
        }

        @Override
        public void discardState() throws Exception {
            delegate.discardState();
        }

        @Override
        public long getStateSize() {
            return delegate.getStateSize();
        }
    }
}
