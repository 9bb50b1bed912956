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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.StoreResources;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.testing.Fault;
import io.flinklsm.core.testing.Faults;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.statebackend.memory.MemoryRequest;
import io.flinklsm.statebackend.memory.SlotMemory;
import io.flinklsm.statebackend.memory.ThreadRequest;
import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.EngineThreads;
import io.flinklsm.statebackend.testing.FaultyCheckpointStorage;
import io.flinklsm.statebackend.testing.FaultySerializer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.RunnableFuture;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReducingState;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.memory.OpaqueMemoryResource;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.KeyGroupedInternalPriorityQueue;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.StateBackend.CustomInitializationMetrics;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.metrics.LatencyTrackingStateConfig;
import org.apache.flink.runtime.state.metrics.SizeTrackingStateConfig;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.apache.flink.streaming.api.operators.TimerSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever fails while a backend is made, restored, used, snapshotted and closed, and however: the
 * slot's memory, the local directory, files of checkpoints, streams, descriptors and threads are
 * afterwards what they were before. What fails is each call in turn of the local disk, of the
 * checkpoint storage, and of the user's serializers.
 */
@Timeout(600)
class BackendCleanupTest {

    private static final FaultySerializer SERIALIZER = new FaultySerializer();
    private static final int KEYS = 12;

    @TempDir Path root;
    private final EngineThreads threads = new EngineThreads();
    private KeyedStateHandle nativeHandle;
    private KeyedStateHandle canonicalHandle;

    /** Two snapshots to restore from. */
    @BeforeEach
    void takeSnapshots() throws Exception {
        FaultySerializer.failWith(new Faults());
        try (Run run = new Run(root.resolve("base"), new Faults())) {
            AbstractKeyedStateBackend<String> backend = run.backend(List.of());
            run.use(backend);
            nativeHandle = run.harness.checkpoint(backend, 1);
            canonicalHandle = run.harness.canonicalSavepoint(backend, 2);
        }
    }

    @AfterEach
    void disarm() {
        FaultySerializer.failWith(new Faults());
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void everyStepMayFailFromTheFirstToTheLast(Fault fault) throws Exception {
        int runs = 0;
        long descriptors = 0;
        boolean struck = true;
        for (int step = 1; struck; step += 1 + step / 25) {
            Faults faults = new Faults();
            FaultySerializer.failWith(faults);
            Run run = new Run(root.resolve("run-" + fault + step), faults);
            faults.arm(fault, step);

            Throwable failure = run.life(nativeHandle, canonicalHandle);

            struck = faults.hasStruck();
            if (failure != null && !struck) {
                throw new AssertionError("failed without a fault", failure);
            }
            run.close();
            run.assertNothingIsLeft(fault + " at " + faults.struckAt());
            if (++runs == 10) {
                descriptors = openDescriptors();
            }
        }
        assertThat(runs).as("steps that failed in turn").isGreaterThan(60);
        assertThat(openDescriptors()).isLessThanOrEqualTo(descriptors + 5);
    }

    /** Found from outside: each attempt kept its part of the slot's memory and its directory. */
    @Test
    void anErrorWhileABackendIsMadeLeavesNothingAndIsToldAsItIs() throws Exception {
        try (BackendHarness harness = new BackendHarness(root.resolve("error"), 8)) {
            for (int attempt = 0; attempt < 3; attempt++) {
                assertThatThrownBy(
                                () ->
                                        builder(harness, List.of(), (name, value) -> {})
                                                .wrapStorage(
                                                        storage -> {
                                                            throw new NoClassDefFoundError("Some");
                                                        })
                                                .build())
                        .isInstanceOf(NoClassDefFoundError.class)
                        .hasMessage("Some");
                assertThat(harness.localDirectory()).isEmptyDirectory();
                assertThat(harness.environment().getMemoryManager().verifyEmpty()).isTrue();
            }
            assertThat(threads.left()).isEmpty();
        }
    }

    private static LsmKeyedStateBackendBuilder<String> builder(
            BackendHarness harness,
            List<KeyedStateHandle> handles,
            CustomInitializationMetrics metrics) {
        return new LsmKeyedStateBackendBuilder<>(
                harness.parameters(
                        SERIALIZER,
                        harness.allKeyGroups(),
                        handles,
                        new CloseableRegistry(),
                        metrics),
                new LsmStateBackend(true)
                        .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"))
                        .set(LsmBackendOptions.LEVEL0_TRIGGER, 2)
                        .settings(),
                0,
                LatencyTrackingStateConfig.disabled(),
                SizeTrackingStateConfig.disabled());
    }

    /** One slot, in which backends come and go. */
    private static final class Run implements AutoCloseable {

        private final EngineThreads threads = new EngineThreads();
        private final Faults faults;
        private final BackendHarness harness;
        private final FaultyCheckpointStorage checkpoints;
        private final List<HostileStorage> disks = new ArrayList<>();
        private final OpaqueMemoryResource<StoreResources> lease;
        private long usedBytes;
        private boolean freed;
        private boolean checkpointed;
        private boolean saved;

        Run(Path root, Faults faults) throws Exception {
            this.faults = faults;
            harness = new BackendHarness(root, 8);
            checkpoints = new FaultyCheckpointStorage(faults);
            // A lease of our own shows what memory the backends' leases leave behind.
            lease =
                    SlotMemory.lease(
                            harness.environment(),
                            new MemoryRequest(0.4, 0, 0, 0.5, new ThreadRequest(1, 1, 1)),
                            Clock.system(),
                            bytes -> {});
        }

        AbstractKeyedStateBackend<String> backend(List<KeyedStateHandle> handles) throws Exception {
            return harness.track(
                    builder(
                                    harness,
                                    handles,
                                    (name, value) -> faults.uncheckedStep("metric " + name))
                            .wrapStorage(
                                    storage -> {
                                        HostileStorage disk = new HostileStorage(storage, faults);
                                        disks.add(disk);
                                        return disk;
                                    })
                            .build());
        }

        /** Restores, works, takes a checkpoint and a savepoint, restores again. */
        Throwable life(KeyedStateHandle nativeHandle, KeyedStateHandle canonicalHandle) {
            Throwable failure = null;
            try {
                AbstractKeyedStateBackend<String> backend =
                        backend(List.of(checkpoints.wrap(nativeHandle)));
                use(backend);
                checkpoint(backend, checkpoints.streams(harness.streams(2)));
                backend.setCurrentKey("later");
                state(backend, new ValueStateDescriptor<>("value", SERIALIZER)).update("later");
                harness.canonicalSavepoint(backend, 3, checkpoints.streams(harness.streams(3)));
                saved = true;
                harness.dispose(backend);
                AbstractKeyedStateBackend<String> second =
                        backend(List.of(checkpoints.wrap(canonicalHandle)));
                use(second);
                harness.dispose(second);
            } catch (Throwable e) {
                failure = e;
            }
            faults.disarm();
            return failure;
        }

        private void checkpoint(
                AbstractKeyedStateBackend<String> backend, CheckpointStreamFactory streams)
                throws Exception {
            RunnableFuture<SnapshotResult<KeyedStateHandle>> future =
                    backend.snapshot(
                            2, 0, streams, CheckpointOptions.forCheckpointWithDefaultLocation());
            future.run();
            boolean interrupted = Thread.interrupted();
            future.get();
            checkpointed = true;
            if (interrupted) {
                throw new InterruptedException();
            }
        }

        /** Writes and reads state of every kind. */
        void use(AbstractKeyedStateBackend<String> backend) throws Exception {
            ValueState<String> value =
                    state(backend, new ValueStateDescriptor<>("value", SERIALIZER));
            ListState<String> list = state(backend, new ListStateDescriptor<>("list", SERIALIZER));
            MapState<String, String> map =
                    state(backend, new MapStateDescriptor<>("map", SERIALIZER, SERIALIZER));
            ReducingState<String> reducing =
                    state(
                            backend,
                            new ReducingStateDescriptor<>(
                                    "reducing", (a, b) -> a.length() > 9 ? b : a + b, SERIALIZER));
            KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<String, VoidNamespace>> timers =
                    backend.create(
                            "timers",
                            new TimerSerializer<>(SERIALIZER, VoidNamespaceSerializer.INSTANCE));
            for (int i = 0; i < KEYS; i++) {
                backend.setCurrentKey("key" + i);
                value.update("value" + i);
                list.add("element" + i);
                map.put("user key" + i % 3, "entry" + i);
                reducing.add("r");
                timers.add(new TimerHeapInternalTimer<>(i, "key" + i, VoidNamespace.INSTANCE));
            }
            assertThat(value.value()).isNotNull();
            assertThat(list.get()).isNotEmpty();
            assertThat(map.entries()).isNotEmpty();
            assertThat(reducing.get()).isNotEmpty();
            assertThat(timers.poll()).isNotNull();
            // Neither is closed, as by many users.
            Iterator<?> elements = timers.iterator();
            while (elements.hasNext()) {
                elements.next();
            }
            backend.getKeys(List.of("value", "map"), VoidNamespace.INSTANCE).iterator().next();
        }

        private static <S extends State> S state(
                AbstractKeyedStateBackend<String> backend, StateDescriptor<S, ?> descriptor)
                throws Exception {
            return backend.getPartitionedState(
                    VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor);
        }

        @Override
        public void close() throws Exception {
            // Flink's task thread, too, may be interrupted while it disposes.
            boolean interrupted = Thread.currentThread().isInterrupted();
            harness.disposeAll();
            assertThat(Thread.interrupted()).isEqualTo(interrupted);
            usedBytes = lease.getResourceHandle().memory().usedBytes();
            lease.close();
            freed = harness.environment().getMemoryManager().verifyEmpty();
            harness.close();
        }

        void assertNothingIsLeft(String where) throws Exception {
            assertThat(usedBytes).as(where).isZero();
            assertThat(freed).as(where).isTrue();
            assertThat(harness.localDirectory()).as(where).isEmptyDirectory();
            disks.forEach(HostileStorage::assertNoOpenHandles);
            assertThat(checkpoints.openStreams()).as(where).isZero();
            assertThat(threads.left()).as(where).isEmpty();
            if (!checkpointed) {
                assertThat(files("shared") + files("chk-2")).as(where).isZero();
            }
            if (!saved) {
                assertThat(files("chk-3")).as(where).isZero();
            }
        }

        private long files(String directory) throws IOException {
            Path path = harness.checkpointDirectory().resolve(directory);
            if (!Files.exists(path)) {
                return 0;
            }
            try (Stream<Path> files = Files.list(path)) {
                return files.count();
            }
        }
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
}
