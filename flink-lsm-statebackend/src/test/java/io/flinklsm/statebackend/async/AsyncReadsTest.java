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
package io.flinklsm.statebackend.async;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.statebackend.LsmBackendOptions;
import io.flinklsm.statebackend.LsmStateBackend;
import io.flinklsm.statebackend.testing.AsyncTask;
import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.FarFileSystem;
import io.flinklsm.statebackend.testing.Gauges;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.v2.ValueState;
import org.apache.flink.api.common.state.v2.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.checkpoint.CheckpointType;
import org.apache.flink.runtime.state.AsyncKeyedStateBackend;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads of files on another machine, by a task with State V2. */
@Timeout(180)
class AsyncReadsTest {

    private static final int GROUPS = 8;
    private static final int STATES = 6;
    private static final int KEYS = 50;

    @TempDir Path root;
    private final Gauges gauges = new Gauges();
    private BackendHarness harness;

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

    @Test
    void readsOfOneRecordWaitForTheStorageTogether() throws Exception {
        AsyncKeyedStateBackend<Integer> backend = restored(file -> awaitAllJobs());
        AsyncTask<Integer> task = new AsyncTask<>(backend, GROUPS, 100);
        List<ValueState<Long>> states = states(backend);

        List<Long> values = new ArrayList<>();
        task.process(
                1,
                () -> {
                    for (ValueState<Long> state : states) {
                        state.asyncValue().thenAccept(values::add);
                        // The same once more, and what is written behind a read.
                        state.asyncValue().thenAccept(values::add);
                        state.asyncUpdate(-1L);
                        state.asyncValue().thenAccept(value -> assertThat(value).isEqualTo(-1L));
                    }
                });
        task.drain();

        assertThat(values).hasSize(2 * STATES).containsOnly(1L, 101L, 201L, 301L, 401L, 501L);
        assertThat(gauges.value("lsm.async.batches")).isPositive();
        assertThat(gauges.value("lsm.async.requests")).isEqualTo(4 * STATES);
        assertThat(gauges.value("lsm.async.fileReads")).isEqualTo(STATES);
        assertThat(gauges.value("lsm.async.sharedReads")).isEqualTo(STATES);
        assertThat(gauges.value("lsm.async.memoryReads")).isEqualTo(STATES);
        assertThat(gauges.value("lsm.async.jobs")).isEqualTo(STATES);
        assertThat(gauges.value("lsm.async.mostParallelJobs")).isEqualTo(STATES);
        task.close();
    }

    /** Files here take a processor's time; for those elsewhere a thread only waits. */
    @ParameterizedTest
    @CsvSource({"remote, lazy, 30, 30", "local, eager, 6, 18"})
    void filesOnThisMachineAreReadInFewerJobs(
            String placement, String restore, long jobsMin, long jobsMax) throws Exception {
        AsyncKeyedStateBackend<Integer> backend = restored(file -> {}, placement, restore);
        AsyncTask<Integer> task = new AsyncTask<>(backend, GROUPS, KEYS * STATES);
        List<ValueState<Long>> states = states(backend);
        List<Long> values = new ArrayList<>();

        for (int key = 0; key < KEYS; key++) {
            task.process(
                    key,
                    () -> {
                        for (ValueState<Long> state : states) {
                            state.asyncValue().thenAccept(values::add);
                        }
                    });
        }
        task.drain();

        assertThat(values).hasSize(KEYS * STATES).doesNotContainNull().doesNotHaveDuplicates();
        assertThat(gauges.value("lsm.async.batches")).isEqualTo(1);
        assertThat(gauges.value("lsm.async.fileReads")).isEqualTo(KEYS * STATES);
        assertThat(gauges.value("lsm.async.jobs")).isBetween(jobsMin, jobsMax);
        task.close();
    }

    @Test
    void whatWasReadIsInMemoryForLaterBatches() throws Exception {
        AsyncKeyedStateBackend<Integer> backend = restored(file -> {});
        AsyncTask<Integer> task = new AsyncTask<>(backend, GROUPS, 100);
        ValueState<Long> state = states(backend).get(0);
        List<Long> values = new ArrayList<>();

        // A reading thread answers before it hands over what it has read, so the next batch may be
        // too early. Without the hand-over this would go on until the time is up.
        while (gauges.value("lsm.async.memoryReads") == 0) {
            task.process(7, () -> state.asyncValue().thenAccept(values::add));
            task.drain();
        }

        assertThat(values).hasSizeGreaterThan(1).containsOnly(7L);
        task.close();
    }

    @Test
    void failedReadRejectsWhatWaitsAndWhatComesLater() throws Exception {
        AsyncKeyedStateBackend<Integer> backend =
                restored(
                        file -> {
                            throw new FileNotFoundException("the file is gone");
                        });
        AsyncTask<Integer> task = new AsyncTask<>(backend, GROUPS, 100);
        List<ValueState<Long>> states = states(backend);

        AtomicInteger answers = new AtomicInteger();
        assertThatThrownBy(
                        () -> {
                            task.process(
                                    1,
                                    () ->
                                            states.get(0)
                                                    .asyncValue()
                                                    .thenAccept(
                                                            value -> answers.incrementAndGet()));
                            task.drain();
                        })
                .rootCause()
                .hasMessageContaining("is gone");
        FarFileSystem.behave();

        assertThatThrownBy(() -> task.process(2, () -> states.get(0).update(1L)))
                .hasMessageContaining("a state request failed, and all that came after it");
        assertThat(answers).hasValue(0);
    }

    @Test
    void closingIsEnoughToReleaseEverything() throws Exception {
        AsyncKeyedStateBackend<Integer> backend = restored(file -> {});
        AsyncTask<Integer> task = new AsyncTask<>(backend, GROUPS, 100);
        ValueState<Long> state = states(backend).get(0);
        task.process(1, () -> state.asyncUpdate(7L));
        task.drain();
        assertThat(workingDirectories()).isPositive();

        backend.close();

        assertThat(workingDirectories()).isZero();
        backend.close();
        backend.dispose();
        backend.dispose();
    }

    @Test
    void disposeWaitsForReadsAndRejectsThem() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        AsyncKeyedStateBackend<Integer> backend =
                restored(
                        file -> {
                            reading.countDown();
                            await(never);
                        });
        AsyncTask<Integer> task = new AsyncTask<>(backend, GROUPS, 1);
        List<ValueState<Long>> states = states(backend);
        task.process(1, () -> states.get(0).asyncValue());
        await(reading);

        backend.dispose();

        assertThat(workingDirectories()).isZero();
    }

    /** Waits, throws, or returns for a file to be read. */
    private interface AtRead {
        void of(org.apache.flink.core.fs.Path file) throws IOException;
    }

    /** Restores states of which nothing is here; reads of their files begin as is said. */
    private AsyncKeyedStateBackend<Integer> restored(AtRead atRead) throws Exception {
        return restored(atRead, "remote", "lazy");
    }

    private AsyncKeyedStateBackend<Integer> restored(
            AtRead atRead, String placement, String restore) throws Exception {
        Configuration config = new Configuration();
        config.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        config.set(LsmBackendOptions.PLACEMENT, placement);
        config.set(LsmBackendOptions.RESTORE, restore);
        LsmStateBackend lsm = new LsmStateBackend().configure(config, getClass().getClassLoader());
        AsyncKeyedStateBackend<Integer> first =
                harness.restoreAsync(
                        lsm, IntSerializer.INSTANCE, harness.allKeyGroups(), List.of());
        try (AsyncTask<Integer> task = new AsyncTask<>(first, GROUPS, 100)) {
            List<ValueState<Long>> states = states(first);
            for (int key = 0; key < KEYS; key++) {
                long value = key;
                task.process(
                        key,
                        () -> {
                            for (int i = 0; i < STATES; i++) {
                                states.get(i).asyncUpdate(value + 100L * i);
                            }
                        });
            }
            task.drain();
        }
        KeyedStateHandle checkpoint =
                harness.register(
                        harness.snapshot(
                                first, 1, CheckpointType.CHECKPOINT, harness.farStreams(1)),
                        1);
        harness.dispose(first);
        FarFileSystem.behave(
                (file, request) -> {
                    if (FarFileSystem.isShared(file)) {
                        atRead.of(file);
                    }
                });
        return harness.restoreAsync(
                lsm,
                IntSerializer.INSTANCE,
                harness.allKeyGroups(),
                List.of(BackendHarness.send(checkpoint)));
    }

    private static List<ValueState<Long>> states(AsyncKeyedStateBackend<Integer> backend)
            throws Exception {
        List<ValueState<Long>> states = new ArrayList<>();
        for (int i = 0; i < STATES; i++) {
            states.add(
                    backend.getOrCreateKeyedState(
                            0L,
                            LongSerializer.INSTANCE,
                            new ValueStateDescriptor<>("value-" + i, LongSerializer.INSTANCE)));
        }
        return states;
    }

    private long workingDirectories() throws IOException {
        try (Stream<Path> files = Files.walk(harness.localDirectory())) {
            return files.filter(path -> path.getFileName().toString().startsWith("job_")).count();
        }
    }

    /** No file is read, by a job or in the background, before all jobs have begun. */
    private void awaitAllJobs() throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (gauges.value("lsm.async.mostParallelJobs") < STATES) {
            if (Thread.currentThread().isInterrupted() || System.nanoTime() - deadline > 0) {
                throw new IOException("the jobs are not done at the same time");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            if (!latch.await(60, TimeUnit.SECONDS)) {
                throw new IOException("nothing came for a minute");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
