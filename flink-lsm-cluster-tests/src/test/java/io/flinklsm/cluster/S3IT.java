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
package io.flinklsm.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.flinklsm.cluster.testing.FaultProxy;
import io.flinklsm.cluster.testing.FaultProxy.Action;
import io.flinklsm.cluster.testing.FileSystems;
import io.flinklsm.cluster.testing.S3Place;
import io.flinklsm.cluster.testing.Waiting;
import io.flinklsm.statebackend.LsmBackendOptions;
import io.flinklsm.statebackend.LsmStateBackend;
import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.StateSample;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.runtime.checkpoint.CheckpointType;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.filesystem.FsCheckpointStreamFactory;
import org.apache.flink.util.ExceptionUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checkpoints on an S3 server, through Flink's plugins for S3, with a proxy between that delays,
 * refuses and breaks off: what comes of it is exact, or an error that says what was wrong.
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
final class S3IT {

    private static final int KEYS = 60;
    private static final int GROUPS = 8;

    @TempDir private static Path serverDirectory;

    private static S3Place server;
    private static FaultProxy proxy;

    @TempDir private Path root;
    private BackendHarness harness;
    private FileSystem s3;
    private String job;
    private Duration requestTimeout = Duration.ofSeconds(20);
    private Duration deadline = Duration.ofMinutes(2);

    @BeforeAll
    static void start() throws Exception {
        server = new S3Place(serverDirectory);
        proxy = new FaultProxy(server.serverPort());
        server.reachedThrough(proxy.port());
    }

    @AfterAll
    static void stop() throws Exception {
        FileSystems.initialize(Map.of(), Path.of("none"));
        proxy.close();
        server.close();
    }

    @BeforeEach
    void open() throws Exception {
        proxy.obey((method, path, request) -> Action.PASS);
        harness = new BackendHarness(root, GROUPS);
    }

    @AfterEach
    void close() throws Exception {
        proxy.obey((method, path, request) -> Action.PASS);
        harness.close();
    }

    private void use(String plugin) throws Exception {
        Map<String, String> settings = new HashMap<>(server.settings());
        // The backend tries again itself; what the client tries before that only takes time.
        settings.put("s3.attempts.maximum", "2");
        settings.put("s3.retry.limit", "2");
        settings.put("s3.retry.interval", "20ms");
        settings.put("s3.retry.throttle.limit", "2");
        settings.put("s3.retry.throttle.interval", "20ms");
        settings.put("s3.connection.timeout", "60000");
        settings.put("s3.retry.max-num-retries", "2");
        FileSystems.initialize(settings, FileSystems.plugins(plugin));
        s3 = FileSystem.get(URI.create(server.checkpoints()));
        job = server.checkpoints() + "/" + Long.toHexString(System.nanoTime());
    }

    // --------------------------------------------------------------------------- what passes by

    @ParameterizedTest
    @ValueSource(strings = {"hadoop", "native"})
    void checkpointRestoreRescaleAndSubsumeBehindASlowAndFaultyNetwork(String plugin)
            throws Exception {
        use(plugin);
        Random random = new Random(5);
        KeyedStateHandle first = firstCheckpoint();
        proxy.obey(
                (method, path, request) -> {
                    synchronized (random) {
                        int dice = random.nextInt(30);
                        boolean read = method.equals("GET");
                        return switch (dice) {
                            case 0 -> Action.PASS.after(Duration.ofMillis(200));
                            case 1 -> read ? Action.SLOW_DOWN : Action.PASS;
                            case 2 -> read ? Action.RESET : Action.PASS;
                            case 3 -> read ? Action.PASS.resettingAfter(2_000) : Action.PASS;
                            case 4 -> Action.PASS.closingAfter(Duration.ofMillis(200));
                            default -> Action.PASS.after(Duration.ofMillis(5));
                        };
                    }
                });
        AbstractKeyedStateBackend<String> restored = restore(harness.allKeyGroups(), first);
        StateSample sample = new StateSample(restored);
        sample.check(KEYS, 0);
        sample.write(KEYS, 1);
        KeyedStateHandle second = checkpoint(restored, 2);
        restored.notifyCheckpointComplete(2);
        restored.notifyCheckpointSubsumed(1);
        sample.check(KEYS, 1);
        harness.dispose(restored);

        for (KeyGroupRange range :
                List.of(KeyGroupRange.of(0, GROUPS / 2 - 1), KeyGroupRange.of(4, GROUPS - 1))) {
            new StateSample(restore(range, second)).check(KEYS, 1);
        }
        assertThat(proxy.faults()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"hadoop", "native"})
    void serverThatIsStoppedAndStartedAgainIsWaitedFor(String plugin) throws Exception {
        use(plugin);
        KeyedStateHandle first = firstCheckpoint();
        AbstractKeyedStateBackend<String> restored = restore(harness.allKeyGroups(), first);
        server.stop();
        CompletableFuture<Void> again =
                CompletableFuture.runAsync(
                        () -> {
                            try {
                                Waiting.pause(TimeUnit.SECONDS.toNanos(1));
                                server.start();
                            } catch (Exception e) {
                                throw new IllegalStateException(e);
                            }
                        });

        new StateSample(restored).check(KEYS, 0);

        again.get();
    }

    // ---------------------------------------------------------------------------- what does not

    @ParameterizedTest
    @ValueSource(strings = {"hadoop", "native"})
    void bucketThatRefusesIsToldAtOnce(String plugin) throws Exception {
        use(plugin);
        KeyedStateHandle first = firstCheckpoint();
        proxy.obey(
                (method, path, request) ->
                        path.contains("/shared/") ? Action.FORBIDDEN : Action.PASS);

        Throwable failure = catchThrowable(() -> readAll(first));

        assertThat(ExceptionUtils.stringifyException(failure))
                .contains("remote storage refuses the file")
                .contains("/shared/");
    }

    @ParameterizedTest
    @ValueSource(strings = {"hadoop", "native"})
    void objectsThatVanishAreNamed(String plugin) throws Exception {
        use(plugin);
        KeyedStateHandle first = firstCheckpoint();
        deleteShared();

        Throwable failure = catchThrowable(() -> readAll(first));

        assertThat(ExceptionUtils.stringifyException(failure))
                .contains("is gone from remote storage")
                .contains("/shared/");
    }

    @ParameterizedTest
    @ValueSource(strings = {"hadoop", "native"})
    void serverThatAnswersTooLateIsGivenUpAtTheDeadline(String plugin) throws Exception {
        use(plugin);
        KeyedStateHandle first = firstCheckpoint();
        proxy.obey(
                (method, path, request) ->
                        path.contains("/shared/")
                                ? Action.PASS.after(Duration.ofSeconds(20))
                                : Action.PASS);

        requestTimeout = Duration.ofMillis(500);
        deadline = Duration.ofSeconds(3);

        Throwable failure = catchThrowable(() -> readAll(first));

        assertThat(ExceptionUtils.stringifyException(failure))
                .contains("did not give the file within the time")
                .contains("attempts=");
    }

    // ------------------------------------------------------------------------------------- parts

    private void readAll(KeyedStateHandle handle) throws Exception {
        AbstractKeyedStateBackend<String> restored = restore(harness.allKeyGroups(), handle);
        new StateSample(restored).check(KEYS, 0);
    }

    private LsmStateBackend backend() {
        return new LsmStateBackend(true)
                .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"))
                .set(LsmBackendOptions.LEVEL0_TRIGGER, 2)
                .set(LsmBackendOptions.PLACEMENT, "remote")
                .set(LsmBackendOptions.LOCAL_CACHE_SIZE, MemorySize.parse("8mb"))
                .set(LsmBackendOptions.REMOTE_REQUEST_TIMEOUT, requestTimeout)
                .set(LsmBackendOptions.REMOTE_RETRY_DEADLINE, deadline);
    }

    private KeyedStateHandle firstCheckpoint() throws Exception {
        AbstractKeyedStateBackend<String> backend =
                harness.create(backend(), StateSample.KEY_SERIALIZER);
        new StateSample(backend).write(KEYS, 0);
        KeyedStateHandle handle = checkpoint(backend, 1);
        harness.dispose(backend);
        return handle;
    }

    private KeyedStateHandle checkpoint(AbstractKeyedStateBackend<?> backend, long id)
            throws Exception {
        KeyedStateHandle handle =
                harness.snapshot(
                        backend,
                        id,
                        CheckpointType.CHECKPOINT,
                        new FsCheckpointStreamFactory(
                                s3,
                                new org.apache.flink.core.fs.Path(job + "/chk-" + id),
                                new org.apache.flink.core.fs.Path(job + "/shared"),
                                0,
                                4096));
        return harness.register(BackendHarness.send(handle), id);
    }

    private AbstractKeyedStateBackend<String> restore(KeyGroupRange range, KeyedStateHandle handle)
            throws Exception {
        LsmStateBackend backend = backend();
        return harness.restore(backend, StateSample.KEY_SERIALIZER, range, List.of(handle));
    }

    private static void deleteShared() throws IOException {
        Files.walkFileTree(
                server.objects(),
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        if (file.getParent().endsWith("shared")) {
                            Files.delete(file);
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
