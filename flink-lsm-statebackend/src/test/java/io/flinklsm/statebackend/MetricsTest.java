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
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.events.LsmEvent.StallCause;
import io.flinklsm.core.events.LsmEventListener;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.ManifestCodec;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageOutput;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.statebackend.metrics.EventLog;
import io.flinklsm.statebackend.snapshot.MetaFile;
import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.FarFileSystem;
import io.flinklsm.statebackend.testing.Gauges;
import io.flinklsm.statebackend.testing.LogLines;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.runtime.checkpoint.CheckpointType;
import org.apache.flink.runtime.checkpoint.SavepointType;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.filesystem.FsCheckpointStorageAccess;
import org.apache.flink.runtime.state.metrics.LatencyTrackingStateConfig;
import org.apache.flink.runtime.state.metrics.SizeTrackingStateConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** docs/metrics.md: what is registered is on the page, and each metric is seen to move. */
@Timeout(180)
final class MetricsTest {

    private static final Path PAGE = Path.of("../docs/metrics.md");
    private static final Pattern ROW = Pattern.compile("\\| `([A-Za-z0-9.<>]+)` \\|.*");
    private static final int VALUE_BYTES = 1000;

    /** As the page says. */
    private static final int LEVELS = 7;

    /** Asserted by the tests of State V2. */
    private static final Pattern OF_STATE_V2 = Pattern.compile("lsm\\.async\\..*");

    @TempDir Path root;
    private BackendHarness harness;
    private final Gauges gauges = new Gauges();
    private final Random random = new Random(7);

    @BeforeEach
    void open() throws Exception {
        FarFileSystem.behave();
        harness = new BackendHarness(root, 8);
        harness.setMetricGroup(gauges);
    }

    @AfterEach
    void close() throws Exception {
        FarFileSystem.behave();
        harness.close();
    }

    @Test
    void thePageListsWhatIsRegisteredAndNothingElse() throws Exception {
        AbstractKeyedStateBackend<String> backend =
                harness.create(backend().set(LsmBackendOptions.METRICS, "state"), KEY_SERIALIZER);
        state(backend, "counts");
        harness.restoreAsync(backend(), KEY_SERIALIZER, harness.allKeyGroups(), List.of());

        Set<String> registered = new TreeSet<>();
        for (String name : gauges.names()) {
            registered.add(
                    name.replaceFirst("^lsm\\.", "")
                            .replaceFirst("^level\\.[0-9]+", "level.<n>")
                            .replaceFirst("^waitsFor\\.[a-z]+", "waitsFor.<cause>")
                            .replaceFirst("^state\\.[^.]+", "state.<name>"));
        }
        Set<String> onPage = new TreeSet<>();
        for (String line : Files.readAllLines(PAGE)) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                onPage.add(row.group(1));
            }
        }

        assertThat(onPage).isEqualTo(registered);
    }

    @Test
    void optionSaysWhichAreRegistered() throws Exception {
        harness.create(backend().set(LsmBackendOptions.METRICS, "none"), KEY_SERIALIZER);
        assertThat(gauges.names()).isEmpty();

        state(harness.create(backend(), KEY_SERIALIZER), "counts");
        assertThat(gauges.names()).contains("lsm.sstables").noneMatch(name -> isOfState(name));

        state(
                harness.create(backend().set(LsmBackendOptions.METRICS, "state"), KEY_SERIALIZER),
                "counts");
        assertThat(gauges.names()).contains("lsm.sstables").anyMatch(name -> isOfState(name));
    }

    @Test
    void backendThatIsGoneHasNothing() throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(backend(), KEY_SERIALIZER);
        write(backend, state(backend, "counts"), 0, 10);
        assertThat(gauges.value("lsm.entriesEstimated")).isEqualTo(10);

        harness.dispose(backend);

        assertThat(gauges.value("lsm.entriesEstimated")).isZero();
        assertThat(gauges.moved()).isEmpty();
    }

    /** One scenario after another on backends of one group; each says what its figures are. */
    @Test
    void everyMetricMoves() throws Exception {
        Set<String> moved = new TreeSet<>();
        try (LogLines log = LogLines.of(EventLog.class)) {
            contentAndWork(moved);
            KeyedStateHandle checkpoint = transfers(moved);
            eagerRestore(checkpoint, moved);
            remoteReads(checkpoint, moved);
            noMemory(moved);
            levels(moved);
            waits(moved);
            assertThat(log.warnings()).hasSizeGreaterThanOrEqualTo(3);
        }

        assertThat(moved.stream().map(MetricsTest::ofAnyState))
                .containsAll(
                        gauges.names().stream()
                                .map(MetricsTest::ofAnyState)
                                .filter(name -> !OF_STATE_V2.matcher(name).matches())
                                .toList());
    }

    /**
     * As many levels as there are figures for are for terabytes: so a checkpoint says of its files
     * that they are in them.
     */
    private void levels(Set<String> moved) throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(backend(), KEY_SERIALIZER);
        for (int level = 0; level < LEVELS; level++) {
            write(backend, state(backend, "level-" + level), 0, 10 + level);
        }
        IncrementalRemoteKeyedStateHandle checkpoint =
                (IncrementalRemoteKeyedStateHandle) harness.checkpoint(backend, 1);
        harness.dispose(backend);
        moveToTheirLevels(checkpoint);

        AbstractKeyedStateBackend<String> restored =
                restore(backend().set(LsmBackendOptions.RESTORE, "eager"), checkpoint);

        long bytesAbove = 0;
        for (int level = 0; level < LEVELS; level++) {
            assertThat(gauges.value("lsm.level." + level + ".sstables")).isEqualTo(1);
            // Each has more entries than the one above, which do not compress.
            assertThat(gauges.value("lsm.level." + level + ".bytes")).isGreaterThan(bytesAbove);
            bytesAbove = gauges.value("lsm.level." + level + ".bytes");
        }
        moved.addAll(gauges.moved());
        harness.dispose(restored);
    }

    private static void moveToTheirLevels(IncrementalRemoteKeyedStateHandle checkpoint)
            throws IOException {
        Path manifestPath =
                checkpoint.getPrivateState().stream()
                        .filter(file -> file.getLocalPath().equals("MANIFEST"))
                        .map(file -> path(file.getHandle()))
                        .findFirst()
                        .orElseThrow();
        Path metaPath = path(checkpoint.getMetaDataStateHandle());
        byte[] before = Files.readAllBytes(manifestPath);
        CheckpointImage image = ManifestCodec.decode(before, "before");
        List<TreeImage> trees = new ArrayList<>();
        for (TreeImage tree : image.trees()) {
            String name = tree.treeName();
            int level = Integer.parseInt(name.substring(name.length() - 1));
            trees.add(
                    new TreeImage(
                            name, tree.sstables().stream().map(s -> s.withLevel(level)).toList()));
        }
        byte[] manifest =
                ManifestCodec.encode(
                        new CheckpointImage(image.checkpointId(), image.createdMillis(), trees),
                        "0".repeat(before.length - ManifestCodec.encode(image).length));
        byte[] meta = Files.readAllBytes(metaPath);
        byte[] body = Arrays.copyOf(meta, MetaFile.check(meta, before, "before"));
        Files.write(manifestPath, manifest);
        Files.write(metaPath, MetaFile.encode(body, manifest));
    }

    private static Path path(StreamStateHandle handle) {
        return Path.of(((FileStateHandle) handle).getFilePath().getPath());
    }

    private static String ofAnyState(String name) {
        return name.replaceFirst("^lsm\\.state\\.[^.]+", "lsm.state");
    }

    private void contentAndWork(Set<String> moved) throws Exception {
        Gate flushes = new Gate("-flush");
        Gate compactions = new Gate("-compaction");
        LsmStateBackend stateBackend =
                backend()
                        .set(LsmBackendOptions.METRICS, "state")
                        .set(LsmBackendOptions.BACKGROUND_THREADS, 1)
                        .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"))
                        .set(LsmBackendOptions.LEVEL0_TRIGGER, 2);
        AbstractKeyedStateBackend<String> backend =
                harness.track(
                        builder(stateBackend)
                                .wrapStorage(storage -> flushes.around(compactions.around(storage)))
                                .build());
        ValueState<byte[]> counts = state(backend, "counts");
        ValueState<byte[]> sums = state(backend, "sums");

        write(backend, counts, 0, 10);
        assertThat(gauges.value("lsm.entriesEstimated")).isEqualTo(10);
        assertThat(gauges.value("lsm.state.counts.entriesEstimated")).isEqualTo(10);
        assertThat(gauges.value("lsm.memtableBytes")).isGreaterThan(10 * VALUE_BYTES);
        assertThat(gauges.value("lsm.slotUnflushedBytes")).isGreaterThan(10 * VALUE_BYTES);
        moved.addAll(gauges.moved());

        flushes.close();
        write(backend, counts, 0, 100);
        await(() -> gauges.value("lsm.flushesRunning") == 1);
        assertThat(gauges.value("lsm.flushesPending")).isPositive();
        moved.addAll(gauges.moved());
        flushes.open();

        compactions.close();
        for (int round = 0; round < 3; round++) {
            write(backend, counts, 0, 100);
            tree(backend, "counts").flush();
            write(backend, sums, 0, 100);
            moved.addAll(gauges.moved());
            tree(backend, "sums").flush();
        }
        await(() -> gauges.value("lsm.compactionsRunning") == 1);
        await(() -> gauges.value("lsm.compactionsPending") >= 1);
        assertThat(gauges.value("lsm.compactionDebtBytes")).isPositive();
        assertThat(gauges.value("lsm.mostSortedRuns")).isGreaterThanOrEqualTo(3);
        assertThat(gauges.value("lsm.level.0.sstables")).isGreaterThanOrEqualTo(3);
        // Level 0 has each key several times, the estimate one of them.
        assertThat(gauges.value("lsm.liveBytesEstimated"))
                .isBetween(1L, gauges.value("lsm.sstableBytes") - 1);
        moved.addAll(gauges.moved());
        compactions.open();
        tree(backend, "counts").awaitIdle();

        tree(backend, "counts").compactAll();
        tree(backend, "sums").compactAll();
        assertThat(gauges.value("lsm.compactionDebtBytes")).isZero();
        assertThat(gauges.value("lsm.mostSortedRuns")).isEqualTo(1);
        assertThat(gauges.value("lsm.entriesEstimated")).isEqualTo(200);
        assertThat(gauges.value("lsm.liveBytesEstimated"))
                .isEqualTo(gauges.value("lsm.sstableBytes"))
                .isEqualTo(gauges.value("lsm.level.1.bytes"))
                .isEqualTo(
                        gauges.value("lsm.state.counts.sstableBytes")
                                + gauges.value("lsm.state.sums.sstableBytes"));
        assertThat(gauges.value("lsm.compactionReadBytes"))
                .isGreaterThan(gauges.value("lsm.compactionWrittenBytes"));
        assertThat(gauges.value("lsm.slotMemoryUsedBytes"))
                .isLessThanOrEqualTo(gauges.value("lsm.slotMemoryPeakBytes"));
        // One gauge is read after the other, while what was compacted may still give memory back.
        await(
                () ->
                        gauges.value("lsm.slotMemoryUsedBytes")
                                == gauges.value("lsm.slotEntryBytes")
                                        + gauges.value("lsm.slotWriterBytes")
                                        + gauges.value("lsm.slotCacheBytes"));
        for (String state : List.of("counts", "sums")) {
            filterBadly(tree(backend, state));
            assertThat(gauges.value("lsm.state." + state + ".filterFailures")).isEqualTo(100);
        }
        assertThat(gauges.value("lsm.filterFailures")).isEqualTo(200);
        moved.addAll(gauges.moved());
        harness.dispose(backend);
    }

    /** As of a state with a time to live that its serializer cannot read. */
    private static void filterBadly(LsmTree tree) throws Exception {
        TreeOptions options = tree.options();
        tree.configure(
                new TreeOptions(
                        options.memtableKind(),
                        options.operator(),
                        (key, value, replacement) -> {
                            throw new IllegalStateException("cannot be read");
                        },
                        options.columns()));
        tree.compactAll();
    }

    private KeyedStateHandle transfers(Set<String> moved) throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(backend(), KEY_SERIALIZER);
        ValueState<byte[]> counts = state(backend, "counts");
        write(backend, counts, 0, 12_000);
        MapState<String, Integer> maps = maps(backend);
        for (int i = 0; i < 10; i++) {
            maps.put("entry-" + i, i);
        }
        harness.register(
                harness.snapshot(backend, 1, CheckpointType.CHECKPOINT, harness.farStreams(1)), 1);
        backend.notifyCheckpointComplete(1);
        long uploadedBytes = gauges.value("lsm.uploadedBytes");
        assertThat(uploadedBytes).isGreaterThanOrEqualTo(gauges.value("lsm.sstableBytes"));

        write(backend, counts, 0, 10);
        KeyedStateHandle second =
                harness.register(
                        harness.snapshot(
                                backend, 2, CheckpointType.CHECKPOINT, harness.farStreams(2)),
                        2);
        assertThat(gauges.value("lsm.reusedFiles")).isPositive();
        assertThat(gauges.value("lsm.uploadedBytes") - uploadedBytes).isLessThan(100_000);

        assertThat(gauges.value("lsm.failedUploads")).isZero();
        assertThatThrownBy(
                        () ->
                                harness.snapshot(
                                        backend,
                                        3,
                                        CheckpointType.CHECKPOINT,
                                        full(harness.farStreams(3))))
                .hasStackTraceContaining("could not be put on the checkpoint storage");
        // The SSTable, and the manifest unless it was known by then that the SSTable had failed.
        assertThat(gauges.value("lsm.failedUploads")).isBetween(1L, 2L);
        moved.addAll(gauges.moved());
        harness.dispose(backend);
        return second;
    }

    private void eagerRestore(KeyedStateHandle checkpoint, Set<String> moved) throws Exception {
        AbstractKeyedStateBackend<String> backend =
                restore(
                        backend()
                                .set(LsmBackendOptions.RESTORE, "eager")
                                .set(LsmBackendOptions.METRICS, "state"),
                        checkpoint);
        assertThat(gauges.value("lsm.restoredFiles"))
                .isPositive()
                .isEqualTo(gauges.value("lsm.downloadedFiles"));
        assertThat(gauges.value("lsm.restoredBytes"))
                .isEqualTo(gauges.value("lsm.downloadedBytes"))
                .isEqualTo(gauges.value("lsm.sstableBytes"));
        ValueState<byte[]> counts = state(backend, "counts");
        backend.setCurrentKey("key-1");
        assertThat(counts.value()).hasSize(VALUE_BYTES);
        assertThat(gauges.value("lsm.state.counts.fileReads")).isEqualTo(1);
        assertThat(counts.value()).hasSize(VALUE_BYTES);
        assertThat(gauges.value("lsm.state.counts.memoryReads")).isEqualTo(1);
        backend.setCurrentKey("key-11999");
        assertThat(maps(backend).entries()).hasSize(10);
        assertThat(gauges.value("lsm.mergedReads")).isPositive();
        FarFileSystem.copy();
        harness.snapshot(
                backend,
                4,
                SavepointType.savepoint(SavepointFormatType.NATIVE),
                harness.farStreams(4));
        assertThat(gauges.value("lsm.copiedFiles"))
                .isPositive()
                .isEqualTo(FarFileSystem.copiedFiles());
        FarFileSystem.behave();
        moved.addAll(gauges.moved());
        harness.dispose(backend);
    }

    /** The state is larger than its room on the disk; one request fails and is made again. */
    private void remoteReads(KeyedStateHandle checkpoint, Set<String> moved) throws Exception {
        AtomicInteger requests = new AtomicInteger();
        FarFileSystem.behave(
                (file, request) -> {
                    if (FarFileSystem.isShared(file) && requests.incrementAndGet() == 1) {
                        throw new IOException("503 SlowDown");
                    }
                });
        harness.environment()
                .setCheckpointStorageAccess(
                        new FsCheckpointStorageAccess(
                                new org.apache.flink.core.fs.Path(
                                        Files.createDirectories(root.resolve("owned")).toUri()),
                                null,
                                new JobID(1, 1),
                                0,
                                4096));
        AbstractKeyedStateBackend<String> backend =
                restore(
                        backend()
                                .set(LsmBackendOptions.PLACEMENT, "remote")
                                .set(LsmBackendOptions.LOCAL_CACHE_SIZE, MemorySize.parse("8mb")),
                        checkpoint);
        ValueState<byte[]> counts = state(backend, "counts");
        assertThat(gauges.value("lsm.localCacheLimitBytes")).isEqualTo(8 << 20);
        assertThat(gauges.value("lsm.remoteMissingBytes")).isPositive();
        for (int key = 0; key < 12_000; key++) {
            backend.setCurrentKey("key-" + key);
            assertThat(counts.value()).hasSize(VALUE_BYTES);
            if (key % 1000 == 0) {
                moved.addAll(gauges.moved());
            }
        }
        assertThat(gauges.value("lsm.fileReads") + gauges.value("lsm.cacheReads"))
                .isBetween(6_000L, 12_000L);
        // The newest of them are kept in memory.
        backend.setCurrentKey("key-11999");
        long memoryReads = gauges.value("lsm.memoryReads");
        assertThat(counts.value()).hasSize(VALUE_BYTES);
        assertThat(gauges.value("lsm.memoryReads")).isEqualTo(memoryReads + 1);
        for (int key = 0; key < 12_000; key++) {
            backend.setCurrentKey("key-" + key + "-absent");
            assertThat(counts.value()).isNull();
        }
        assertThat(gauges.value("lsm.filterNegatives"))
                .isGreaterThan(5 * gauges.value("lsm.filterFalsePositives"));
        // Merged where the files are.
        write(backend, counts, 0, 100);
        tree(backend, "counts").compactAll();
        moved.addAll(gauges.moved());
        write(backend, counts, 0, 12_000);
        tree(backend, "counts").flush();
        tree(backend, "counts").awaitIdle();
        moved.addAll(gauges.moved());
        harness.dispose(backend);
    }

    private void noMemory(Set<String> moved) throws Exception {
        AbstractKeyedStateBackend<String> backend =
                harness.create(
                        backend()
                                .set(
                                        LsmBackendOptions.FIXED_MEMORY_PER_SLOT,
                                        MemorySize.parse("8mb")),
                        KEY_SERIALIZER);
        assertThat(gauges.value("lsm.slotMemoryUnaccountedBytes"))
                .isEqualTo(gauges.value("lsm.slotMemoryLimitBytes"))
                .isEqualTo(8 << 20);
        moved.addAll(gauges.moved());
        harness.dispose(backend);
    }

    /** Events that only a slow machine has, told as the store tells them; and a full disk. */
    private void waits(Set<String> moved) throws Exception {
        AtomicReference<HostileStorage> hostile = new AtomicReference<>();
        AtomicReference<LsmEventListener> listener = new AtomicReference<>();
        AbstractKeyedStateBackend<String> backend =
                harness.track(
                        builder(backend())
                                .wrapStorage(
                                        storage -> {
                                            hostile.set(new HostileStorage(storage));
                                            return hostile.get();
                                        })
                                .showListener(listener::set)
                                .build());
        for (StallCause cause : StallCause.values()) {
            listener.get().onEvent(new LsmEvent.Stall("counts", cause, true, 7_000_000));
            listener.get().onEvent(new LsmEvent.Stall("counts", cause, false, 5_000_000));
            String group = "lsm.waitsFor." + cause.name().toLowerCase(Locale.ROOT);
            assertThat(gauges.value(group + ".writesStoppedMillis")).isEqualTo(7);
            assertThat(gauges.value(group + ".writesSlowedMillis")).isEqualTo(5);
        }
        ValueState<byte[]> counts = state(backend, "counts");
        write(backend, counts, 0, 100);
        tree(backend, "counts").flush();
        hostile.get().failAll(HostileStorage.Call.DELETE, true);
        write(backend, counts, 0, 100);
        tree(backend, "counts").compactAll();
        await(() -> gauges.value("lsm.failedDeletes") > 0);

        assertThat(gauges.value("lsm.backgroundFailed")).isZero();
        hostile.get().failAll(HostileStorage.Call.DELETE, false);
        hostile.get().diskFullAfter(0);
        assertThatThrownBy(() -> write(backend, counts, 0, 1_000_000))
                .hasStackTraceContaining(HostileStorage.INJECTED);
        assertThat(gauges.value("lsm.backgroundFailed")).isEqualTo(1);
        moved.addAll(gauges.moved());
        harness.dispose(backend);
    }

    private LsmKeyedStateBackendBuilder<String> builder(LsmStateBackend stateBackend) {
        return new LsmKeyedStateBackendBuilder<>(
                harness.parameters(
                        KEY_SERIALIZER, harness.allKeyGroups(), List.of(), new CloseableRegistry()),
                stateBackend.settings(),
                0,
                LatencyTrackingStateConfig.disabled(),
                SizeTrackingStateConfig.disabled());
    }

    private AbstractKeyedStateBackend<String> restore(
            LsmStateBackend stateBackend, KeyedStateHandle handle) throws Exception {
        return harness.restore(
                stateBackend,
                KEY_SERIALIZER,
                harness.allKeyGroups(),
                List.of(BackendHarness.send(handle)));
    }

    /** Checkpoint storage that takes no more files. */
    private static CheckpointStreamFactory full(CheckpointStreamFactory streams) {
        return (CheckpointStreamFactory)
                Proxy.newProxyInstance(
                        MetricsTest.class.getClassLoader(),
                        new Class<?>[] {CheckpointStreamFactory.class},
                        (proxy, method, arguments) -> {
                            if (method.getName().equals("createCheckpointStateOutputStream")) {
                                throw new IOException("No space left on device");
                            }
                            return method.invoke(streams, arguments);
                        });
    }

    private static LsmStateBackend backend() {
        return new LsmStateBackend(true);
    }

    private static boolean isOfState(String name) {
        return name.startsWith("lsm.state.");
    }

    private static ValueState<byte[]> state(AbstractKeyedStateBackend<String> backend, String name)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new ValueStateDescriptor<>(name, byte[].class));
    }

    private static MapState<String, Integer> maps(AbstractKeyedStateBackend<String> backend)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new MapStateDescriptor<>("maps", String.class, Integer.class));
    }

    private void write(
            AbstractKeyedStateBackend<String> backend, ValueState<byte[]> state, int from, int to)
            throws IOException {
        for (int key = from; key < to; key++) {
            backend.setCurrentKey("key-" + key);
            byte[] value = new byte[VALUE_BYTES];
            random.nextBytes(value);
            state.update(value);
        }
    }

    private static LsmTree tree(AbstractKeyedStateBackend<String> backend, String state) {
        return Objects.requireNonNull(
                        ((LsmKeyedStateBackend<String>) backend).registry().state(state))
                .tree();
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited for too long").isLessThan(end);
            Thread.onSpinWait();
        }
    }

    /** Holds up what threads of a kind write, while it is closed. */
    private static final class Gate {

        private final String threads;
        private volatile CountDownLatch latch = new CountDownLatch(0);

        Gate(String threads) {
            this.threads = threads;
        }

        void close() {
            latch = new CountDownLatch(1);
        }

        void open() {
            latch.countDown();
        }

        Storage around(Storage storage) {
            return proxy(Storage.class, storage, "create");
        }

        private <T> T proxy(Class<T> type, T target, String held) {
            return type.cast(
                    Proxy.newProxyInstance(
                            type.getClassLoader(),
                            new Class<?>[] {type},
                            (proxy, method, arguments) -> {
                                // Behind the first bytes: the rest is buffered by then.
                                if (method.getName().equals(held)
                                        && target instanceof StorageOutput output
                                        && output.position() > 4
                                        && Thread.currentThread().getName().contains(threads)) {
                                    latch.await();
                                }
                                try {
                                    Object result = method.invoke(target, arguments);
                                    return result instanceof StorageOutput created
                                            ? proxy(StorageOutput.class, created, "write")
                                            : result;
                                } catch (InvocationTargetException e) {
                                    throw e.getCause();
                                }
                            }));
        }
    }
}
