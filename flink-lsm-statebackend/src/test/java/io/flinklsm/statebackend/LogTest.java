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

import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.events.LsmEvent.StallCause;
import io.flinklsm.core.events.LsmEventListener;
import io.flinklsm.statebackend.metrics.EventLog;
import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.LogLines;
import io.flinklsm.statebackend.testing.StateSample;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.CheckpointableKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedStateBackendParametersImpl;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.metrics.LatencyTrackingStateConfig;
import org.apache.flink.runtime.state.metrics.SizeTrackingStateConfig;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** docs/operations.md, "The log": which lines there are, and when. */
@Timeout(180)
final class LogTest {

    private static final long MILLI = 1_000_000;

    @TempDir Path root;
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
    void aSlotStartsWithOneLine() throws Exception {
        try (LogLines log = LogLines.of(LsmKeyedStateBackendBuilder.class)) {
            LsmStateBackend backend =
                    new LsmStateBackend(true)
                            .set(LsmBackendOptions.LEVEL0_TRIGGER, 3)
                            .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.ofMebiBytes(256));
            harness.create(backend, KEY_SERIALIZER);
            harness.create(backend, KEY_SERIALIZER);

            long bytes = harness.environment().getMemoryManager().computeMemorySize(0.4);
            assertThat(log.infos())
                    .filteredOn(line -> line.startsWith("[slot]"))
                    .singleElement()
                    .asString()
                    .matches(".*starts: version=\\d+\\.\\S+, commit=([0-9a-f]{7,}|unknown), .*")
                    .contains("memoryBytes=" + bytes + ", memoryFrom=managed memory,")
                    .contains("placement=local, directory=" + harness.localDirectory())
                    .endsWith(
                            "changedOptions={execution.checkpointing.incremental=true,"
                                    + " state.backend.lsm.compaction.level0-trigger=3}");
            assertThat(log.warnings()).isEmpty();
        }
    }

    @Test
    void aSlotSaysWhereItsMemoryComesFrom() throws Exception {
        try (LogLines log = LogLines.of(LsmKeyedStateBackendBuilder.class)) {
            harness.create(
                    new LsmStateBackend()
                            .set(LsmBackendOptions.FIXED_MEMORY_PER_SLOT, MemorySize.parse("9mb")),
                    KEY_SERIALIZER);

            assertThat(log.infos().get(0))
                    .contains("memoryBytes=" + (9 << 20))
                    .contains("memoryFrom=state.backend.lsm.memory.fixed-per-slot,");
        }
    }

    @Test
    void aRestoreEndsWithOneLine() throws Exception {
        AbstractKeyedStateBackend<String> backend =
                harness.create(new LsmStateBackend(true), KEY_SERIALIZER);
        new StateSample(backend).write(100, 0);
        KeyedStateHandle checkpoint = harness.checkpoint(backend, 1);
        harness.dispose(backend);
        try (LogLines log = LogLines.of(LsmKeyedStateBackendBuilder.class)) {
            harness.restore(
                    new LsmStateBackend(true),
                    KEY_SERIALIZER,
                    KeyGroupRange.of(0, 3),
                    List.of(checkpoint));

            assertThat(log.infos())
                    .filteredOn(line -> line.contains("with state restored"))
                    .singleElement()
                    .asString()
                    .startsWith("[operator (1/1)] ")
                    .contains("handles=1, clippedHandles=1, files=")
                    .doesNotContain("files=0,")
                    .matches(".*, bytes=[1-9]\\d*, .*, millis=\\d+");
        }
    }

    @Test
    void writersThatAreStoppedForASecondAreWarnedOfOnceAMinute() throws Exception {
        AtomicReference<LsmEventListener> listener = new AtomicReference<>();
        backendShowing(listener);
        try (LogLines log = LogLines.of(EventLog.class)) {
            listener.get().onEvent(stall(StallCause.MEMORY, true, 600));
            assertThat(log.warnings()).isEmpty();
            listener.get().onEvent(stall(StallCause.MEMORY, true, 600));
            listener.get().onEvent(stall(StallCause.MEMORY, true, 5000));

            assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .contains("writers were stopped: millis=1200, waitedFor=MEMORY,")
                    .contains("compactionDebtBytes=0")
                    .endsWith("flushes end earlier.");
        }
    }

    @Test
    void compactionsThatAreFarBehindAreWarnedOf() throws Exception {
        AtomicReference<LsmEventListener> listener = new AtomicReference<>();
        backendShowing(listener);
        try (LogLines log = LogLines.of(EventLog.class)) {
            listener.get().onEvent(stall(StallCause.FLUSH, false, 5000));
            assertThat(log.warnings()).isEmpty();
            listener.get().onEvent(stall(StallCause.COMPACTION, false, 1500));

            assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .contains("compactions are far behind")
                    .contains("level0Sstables=0, compactionDebtBytes=0")
                    .contains("state.backend.lsm.background-threads");
        }
    }

    @Test
    void aFileThatCannotBeDeletedIsWarnedOf() throws Exception {
        AtomicReference<LsmEventListener> listener = new AtomicReference<>();
        backendShowing(listener);
        try (LogLines log = LogLines.of(EventLog.class)) {
            listener.get()
                    .onEvent(
                            new LsmEvent.FileDeleteFailed("/data/1.parquet", new IOException("x")));

            assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .startsWith("[/data/1.parquet] an obsolete file could not be deleted");
        }
    }

    @Test
    void aCheckpointThatUploadsMostOfTheStateSaysWhy() throws Exception {
        String logger = "io.flinklsm.statebackend.snapshot.LargeUploads";
        try (LogLines log = LogLines.of(Class.forName(logger))) {
            AbstractKeyedStateBackend<String> backend =
                    harness.create(new LsmStateBackend(true), KEY_SERIALIZER);
            ValueState<byte[]> state =
                    backend.getPartitionedState(
                            VoidNamespace.INSTANCE,
                            VoidNamespaceSerializer.INSTANCE,
                            new ValueStateDescriptor<>("counts", byte[].class));
            write(backend, state, 1);
            harness.checkpoint(backend, 1);
            assertThat(log.warnings()).isEmpty();

            harness.checkpoint(backend, 2);
            assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .startsWith("[operator (1/1)] a checkpoint has uploaded more than half")
                    .contains("no earlier checkpoint is known to be complete");

            backend.notifyCheckpointComplete(2);
            harness.checkpoint(backend, 3);
            assertThat(log.warnings()).hasSize(1);

            backend.notifyCheckpointComplete(3);
            write(backend, state, 2);
            Objects.requireNonNull(
                            ((LsmKeyedStateBackend<String>) backend).registry().state("counts"))
                    .tree()
                    .compactAll();
            harness.checkpoint(backend, 4);
            assertThat(log.warnings())
                    .hasSize(2)
                    .last()
                    .asString()
                    .contains("most files are new since the last complete checkpoint");
        }
    }

    @Test
    void twoCopiesOfTheJarAreWarnedOf() throws Exception {
        String file = LsmStateBackend.class.getName().replace('.', '/') + ".class";
        Path other = root.resolve("other");
        Files.createDirectories(other.resolve(file).getParent());
        try (var bytes =
                Objects.requireNonNull(LsmStateBackend.class.getResourceAsStream("/" + file))) {
            Files.copy(bytes, other.resolve(file));
        }
        try (URLClassLoader userCode =
                        new URLClassLoader(
                                new URL[] {other.toUri().toURL()}, getClass().getClassLoader());
                MockEnvironment environment =
                        MockEnvironment.builder()
                                .setManagedMemorySize(64 << 20)
                                .setUserCodeClassLoader(userCode)
                                .build();
                LogLines log = LogLines.of(LsmKeyedStateBackendBuilder.class)) {
            CheckpointableKeyedStateBackend<String> backend =
                    new LsmStateBackend()
                            .createKeyedStateBackend(
                                    new KeyedStateBackendParametersImpl<>(
                                            environment,
                                            new JobID(),
                                            "operator",
                                            KEY_SERIALIZER,
                                            8,
                                            KeyGroupRange.of(0, 7),
                                            environment.getTaskKvStateRegistry(),
                                            TtlTimeProvider.DEFAULT,
                                            new UnregisteredMetricsGroup(),
                                            (name, value) -> {},
                                            List.of(),
                                            new CloseableRegistry(),
                                            0.5));
            backend.close();
            backend.dispose();

            assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .contains("more than one copy of flink-lsm")
                    .contains(other.toString())
                    .contains("leave one of them, best that in Flink's lib/");
        }
    }

    private static void write(
            AbstractKeyedStateBackend<String> backend, ValueState<byte[]> state, int seed)
            throws IOException {
        Random random = new Random(seed);
        byte[] value = new byte[10_000];
        // More than is worth a warning.
        for (int key = 0; key < 8000; key++) {
            random.nextBytes(value);
            backend.setCurrentKey("key-" + key);
            state.update(value);
        }
    }

    private void backendShowing(AtomicReference<LsmEventListener> listener) throws Exception {
        AbstractKeyedStateBackend<String> backend =
                harness.track(
                        new LsmKeyedStateBackendBuilder<>(
                                        harness.parameters(
                                                KEY_SERIALIZER,
                                                harness.allKeyGroups(),
                                                List.of(),
                                                new CloseableRegistry()),
                                        new LsmStateBackend(true).settings(),
                                        0,
                                        LatencyTrackingStateConfig.disabled(),
                                        SizeTrackingStateConfig.disabled())
                                .showListener(listener::set)
                                .build());
        backend.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new ValueStateDescriptor<>("counts", byte[].class));
    }

    private static LsmEvent stall(StallCause cause, boolean stopped, long millis) {
        return new LsmEvent.Stall("kv/counts", cause, stopped, millis * MILLI);
    }
}
