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

import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.FarFileSystem;
import io.flinklsm.statebackend.testing.LiveDirectory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.checkpoint.CheckpointType;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.SharedStateRegistry;
import org.apache.flink.runtime.state.SharedStateRegistryImpl;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checkpoints in a row, between which one key in a hundred changes: what the last ones cost is what
 * the first ones did. As many as {@code -Dflinklsm.checkpoints=10000} says. Times are printed and
 * not judged.
 */
@Timeout(value = 2, unit = TimeUnit.HOURS)
class ManyCheckpointsTest {

    private static final int CHECKPOINTS = Integer.getInteger("flinklsm.checkpoints", 300);

    /** What is compared: the checkpoints of one window with those of another. */
    private static final int WINDOW = 100;

    /**
     * What code that is compiled meanwhile and the like may take. The stated checks of a store
     * remember the names of all files that it deleted, some 300 bytes a checkpoint; they are off in
     * production.
     */
    private static final long HEAP_MARGIN_BYTES = (4L << 20) + 300L * CHECKPOINTS;

    private static final int KEYS = 2_000;
    private static final int CHANGED = KEYS / 100;
    private static final int VALUE_BYTES = 200;

    /** The most that was seen in one window. */
    private static final class Seen {
        long nanos;
        long remoteFiles;
        long listedFiles;
        long localFiles;
        long descriptors;
        long heapBytes;

        void add(long newRemoteFiles, long newListedFiles, long newLocalFiles) throws IOException {
            remoteFiles = Math.max(remoteFiles, newRemoteFiles);
            listedFiles = Math.max(listedFiles, newListedFiles);
            localFiles = Math.max(localFiles, newLocalFiles);
            descriptors = Math.max(descriptors, openDescriptors());
        }

        @Override
        public String toString() {
            return "millisEach="
                    + TimeUnit.NANOSECONDS.toMicros(nanos) / WINDOW / 1000.0
                    + ", remoteFiles="
                    + remoteFiles
                    + ", listedFiles="
                    + listedFiles
                    + ", localFiles="
                    + localFiles
                    + ", descriptors="
                    + descriptors
                    + ", heapMB="
                    + (heapBytes >> 20);
        }
    }

    @TempDir Path root;

    @AfterEach
    void far() {
        FarFileSystem.behave();
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "remote"})
    void theLastCheckpointsCostWhatTheFirstOnesDid(String placement) throws Exception {
        Random random = new Random(1);
        SharedStateRegistry registry = new SharedStateRegistryImpl();
        List<Seen> windows = new ArrayList<>();
        int[] rounds = new int[KEYS];
        try (BackendHarness harness = new BackendHarness(root, 8)) {
            AbstractKeyedStateBackend<Integer> backend =
                    harness.create(backend(placement), IntSerializer.INSTANCE);
            ValueState<byte[]> state = state(backend);
            for (int key = 0; key < KEYS; key++) {
                write(backend, state, key, 0);
            }
            KeyedStateHandle last = null;
            for (int id = 1; id <= CHECKPOINTS; id++) {
                if ((id - 1) % WINDOW == 0) {
                    windows.add(new Seen());
                }
                for (int i = 0; i < CHANGED; i++) {
                    int key = random.nextInt(KEYS);
                    write(backend, state, key, ++rounds[key]);
                }
                // How many files a checkpoint has does not depend on how fast the machine is.
                ((LsmKeyedStateBackend<Integer>) backend)
                        .registry()
                        .state("value")
                        .tree()
                        .awaitIdle();
                long begin = System.nanoTime();
                KeyedStateHandle handle =
                        harness.snapshot(
                                backend, id, CheckpointType.CHECKPOINT, harness.farStreams(id));
                Seen seen = windows.get(windows.size() - 1);
                seen.nanos += System.nanoTime() - begin;
                handle = BackendHarness.send(handle);
                handle.registerSharedStates(registry, id);
                backend.notifyCheckpointComplete(id);
                if (last != null) {
                    // The job manager retains one.
                    registry.unregisterUnusedState(id);
                    last.discardState();
                    Files.delete(exclusive(harness, id - 1));
                }
                last = handle;
                if (id % 10 != 0) {
                    continue;
                }
                IncrementalRemoteKeyedStateHandle files =
                        (IncrementalRemoteKeyedStateHandle) handle;
                seen.add(
                        LiveDirectory.files(harness.checkpointDirectory()).size(),
                        files.getSharedState().size() + files.getPrivateState().size(),
                        LiveDirectory.files(harness.localDirectory()).size());
                if (id % WINDOW == 0) {
                    seen.heapBytes = heapBytes();
                }
            }
            System.out.println("ManyCheckpointsTest " + placement + ": first " + windows.get(0));
            System.out.println(
                    "ManyCheckpointsTest "
                            + placement
                            + ": last of "
                            + CHECKPOINTS
                            + " "
                            + windows.get(windows.size() - 1));
            check(windows.get(0), windows.get(windows.size() - 1));
            harness.dispose(backend);

            AbstractKeyedStateBackend<Integer> restored =
                    harness.restore(
                            backend(placement),
                            IntSerializer.INSTANCE,
                            harness.allKeyGroups(),
                            List.of(last));
            ValueState<byte[]> again = state(restored);
            for (int key = 0; key < KEYS; key++) {
                restored.setCurrentKey(key);
                assertThat(again.value()).isEqualTo(valueOf(key, rounds[key]));
            }
        }
    }

    private static void check(Seen first, Seen last) {
        assertThat(last.remoteFiles).as("files").isLessThanOrEqualTo(first.remoteFiles * 3 / 2);
        assertThat(last.listedFiles).as("listed").isLessThanOrEqualTo(first.listedFiles * 3 / 2);
        assertThat(last.localFiles).as("local").isLessThanOrEqualTo(first.localFiles * 3 / 2);
        assertThat(last.descriptors).as("open").isLessThanOrEqualTo(first.descriptors + 10);
        assertThat(last.heapBytes)
                .as("heap")
                .isLessThanOrEqualTo(first.heapBytes + HEAP_MARGIN_BYTES);
    }

    private static LsmStateBackend backend(String placement) {
        return new LsmStateBackend(true)
                .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"))
                .set(LsmBackendOptions.PLACEMENT, placement)
                .set(LsmBackendOptions.LOCAL_CACHE_SIZE, MemorySize.parse("8mb"));
    }

    private static ValueState<byte[]> state(AbstractKeyedStateBackend<Integer> backend)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new ValueStateDescriptor<>(
                        "value", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
    }

    private static void write(
            AbstractKeyedStateBackend<Integer> backend,
            ValueState<byte[]> state,
            int key,
            int round)
            throws IOException {
        backend.setCurrentKey(key);
        state.update(valueOf(key, round));
    }

    private static byte[] valueOf(int key, int round) {
        byte[] bytes = new byte[VALUE_BYTES];
        new Random(key * 1_000_003L + round).nextBytes(bytes);
        return bytes;
    }

    /** Of the checkpoint that was discarded: what is left is a directory, as Flink would delete. */
    private static Path exclusive(BackendHarness harness, long id) throws IOException {
        try (Stream<Path> jobs = Files.list(harness.checkpointDirectory())) {
            return jobs.findFirst().orElseThrow().resolve("chk-" + id);
        }
    }

    private static long heapBytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
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
