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
package io.flinklsm.core.storage.tiered;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.check.Clock;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.storage.RetryPolicy;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageOutput;
import io.flinklsm.core.storage.StorageStoppedException;
import io.flinklsm.core.testing.FlakySource;
import io.flinklsm.core.testing.FlakySource.Range;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TieredStorageTest {

    private static final int CHUNK = Chunks.BYTES;
    private static final RetryPolicy FAST =
            new RetryPolicy(1, 1_000_000, TimeUnit.SECONDS.toNanos(60));

    @TempDir private Path directory;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<TieredStorage> storages = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (TieredStorage storage : storages) {
            storage.close();
        }
        threads.shutdownNow();
        assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    // ------------------------------------------------------------------------------------- reads

    @Test
    void oneChunkIsReadOnceHoweverOftenItIsWanted() throws IOException {
        byte[] bytes = random(3 * CHUNK + 100);
        FlakySource source = new FlakySource("s3://b/f", bytes);
        TieredStorage storage = adopting("f", source, bytes.length);

        try (StorageInput input = storage.open("f")) {
            assertThat(input.size()).isEqualTo(bytes.length);
            assertThat(read(input, CHUNK + 10, 1000)).isEqualTo(slice(bytes, CHUNK + 10, 1000));
            assertThat(read(input, CHUNK, 10)).isEqualTo(slice(bytes, CHUNK, 10));
        }

        assertThat(source.requests()).containsExactly(new Range(CHUNK, CHUNK));
        TieredStats stats = storage.stats();
        assertThat(stats.misses()).isEqualTo(1);
        assertThat(stats.hits()).isEqualTo(1);
        assertThat(stats.requests().bytes()).isEqualTo(CHUNK);
        assertThat(stats.contents().missingBytes()).isEqualTo(bytes.length - CHUNK);
    }

    @Test
    void oneReadOfManyChunksIsOneRequest() throws IOException {
        byte[] bytes = random(40 * CHUNK + 100);
        FlakySource source = new FlakySource("s3://b/f", bytes);
        TieredStorage storage = adopting("f", source, bytes.length);

        try (StorageInput input = storage.open("f")) {
            int from = 3 * CHUNK + 5;
            assertThat(read(input, from, bytes.length - from))
                    .isEqualTo(slice(bytes, from, bytes.length - from));
        }

        assertThat(source.requests())
                .containsExactly(new Range(3 * CHUNK, bytes.length - 3 * CHUNK));
    }

    @Test
    void readsInOrderReadAheadMoreAndMore() throws IOException {
        byte[] bytes = random(64 * CHUNK);
        FlakySource source = new FlakySource("s3://b/f", bytes);
        TieredStorage storage = adopting("f", source, bytes.length);

        try (StorageInput input = storage.open("f")) {
            for (int at = 0; at < bytes.length; at += 64 << 10) {
                assertThat(read(input, at, 64 << 10)).isEqualTo(slice(bytes, at, 64 << 10));
            }
        }

        assertThat(source.requests().stream().map(range -> range.byteCount() / CHUNK))
                .containsExactly(1, 2, 4, 8, 16, 16, 16, 1);
    }

    @Test
    void readersOfOneChunkWaitForOneRequest() throws Exception {
        byte[] bytes = random(CHUNK);
        CountDownLatch answer = new CountDownLatch(1);
        FlakySource source = new FlakySource("s3://b/f", bytes);
        source.behaving(request -> await(answer));
        TieredStorage storage = adopting("f", source, bytes.length);

        List<Future<byte[]>> reads = new ArrayList<>();
        try (StorageInput input = storage.open("f")) {
            List<Thread> readers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int at = i * 100;
                reads.add(
                        threads.submit(
                                () -> {
                                    synchronized (readers) {
                                        readers.add(Thread.currentThread());
                                    }
                                    return read(input, at, 100);
                                }));
            }
            awaitUntil(() -> waiting(readers) == 8);
            answer.countDown();
            for (int i = 0; i < 8; i++) {
                assertThat(reads.get(i).get()).isEqualTo(slice(bytes, i * 100, 100));
            }
        }

        assertThat(source.requests()).hasSize(1);
    }

    @Test
    void readersOfOneChunkFailTogetherAndTheNextOneAsksAgain() throws Exception {
        byte[] bytes = random(CHUNK);
        CountDownLatch answer = new CountDownLatch(1);
        FlakySource source = new FlakySource("s3://b/f", bytes);
        source.behaving(
                request -> {
                    await(answer);
                    throw new FileNotFoundException("no such key");
                });
        TieredStorage storage = adopting("f", source, bytes.length);

        try (StorageInput input = storage.open("f")) {
            List<Thread> readers = new ArrayList<>();
            Callable<byte[]> reading =
                    () -> {
                        synchronized (readers) {
                            readers.add(Thread.currentThread());
                        }
                        return read(input, 0, 100);
                    };
            Future<byte[]> one = threads.submit(reading);
            Future<byte[]> other = threads.submit(reading);
            awaitUntil(() -> waiting(readers) == 2);
            answer.countDown();

            assertThatThrownBy(one::get).hasMessageContaining("gone from remote storage");
            assertThatThrownBy(other::get).hasMessageContaining("gone from remote storage");
            source.behaving(null);
            assertThat(read(input, 0, 100)).isEqualTo(slice(bytes, 0, 100));
        }
    }

    // ------------------------------------------------------------------------------------ faults

    @Test
    void whatMayPassIsTriedAgainUntilItDoes() throws IOException {
        byte[] bytes = random(CHUNK);
        FlakySource source = new FlakySource("s3://b/f", bytes);
        source.behaving(
                request -> {
                    if (request < 5) {
                        throw new SocketException("Connection reset");
                    }
                });
        TieredStorage storage = adopting("f", source, bytes.length);

        try (StorageInput input = storage.open("f")) {
            assertThat(read(input, 0, CHUNK)).isEqualTo(bytes);
        }

        assertThat(source.requests()).hasSize(5);
        assertThat(storage.stats().requests().retries()).isEqualTo(4);
    }

    @Test
    void afterTheDeadlineTheErrorSaysWhatWasTried() throws IOException {
        byte[] bytes = random(CHUNK);
        FlakySource source = new FlakySource("s3://bucket/shared/f", bytes);
        source.behaving(
                request -> {
                    throw new SocketException("Connection reset");
                });
        TieredStorage storage = storage(0, new RetryPolicy(1000, 1000, 200_000));
        storage.adopt("f.parquet", bytes.length, 0, source);

        try (StorageInput input = storage.open("f.parquet")) {
            assertThatThrownBy(() -> read(input, 0, 10))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("[f.parquet at s3://bucket/shared/f]")
                    .hasMessageContaining("did not give the file within the time")
                    .hasMessageContaining("attempts=" + source.requests().size())
                    .hasMessageContaining("Connection reset");
        }
        assertThat(source.requests().size()).isGreaterThan(1);
    }

    @Test
    void whatWillNotPassIsAskedForOnce() throws IOException {
        byte[] bytes = random(CHUNK);
        FlakySource source = new FlakySource("s3://b/f", bytes);
        source.behaving(
                request -> {
                    throw new IOException("Forbidden (Status Code: 403)");
                });
        TieredStorage storage = adopting("f", source, bytes.length);

        try (StorageInput input = storage.open("f")) {
            assertThatThrownBy(() -> read(input, 0, 10))
                    .hasMessageContaining("refuses the file")
                    .hasMessageContaining("attempts=1,");
        }
        assertThat(source.requests()).hasSize(1);
    }

    @Test
    void stopEndsTheWaitForAnotherAttempt() throws Exception {
        byte[] bytes = random(CHUNK);
        FlakySource source = new FlakySource("s3://b/f", bytes);
        source.behaving(
                request -> {
                    throw new SocketException("Connection reset");
                });
        long hour = TimeUnit.HOURS.toNanos(1);
        TieredStorage storage = storage(0, new RetryPolicy(hour, hour, 10 * hour));
        storage.adopt("f", bytes.length, 0, source);

        try (StorageInput input = storage.open("f")) {
            Future<byte[]> reading = threads.submit(() -> read(input, 0, 10));
            awaitUntil(() -> storage.stats().requests().retries() == 1);
            storage.stop();

            assertThatThrownBy(reading::get).hasCauseInstanceOf(StorageStoppedException.class);
            assertThatThrownBy(() -> read(input, 0, 10))
                    .isInstanceOf(StorageStoppedException.class);
        }
    }

    @Test
    void readerThatIsInterruptedDoesNotWaitOn() throws Exception {
        byte[] bytes = random(CHUNK);
        CountDownLatch answer = new CountDownLatch(1);
        FlakySource source = new FlakySource("s3://b/f", bytes);
        source.behaving(request -> await(answer));
        TieredStorage storage = adopting("f", source, bytes.length);

        try (StorageInput input = storage.open("f")) {
            Future<byte[]> first = threads.submit(() -> read(input, 0, 10));
            awaitUntil(() -> source.requests().size() == 1);
            List<Thread> readers = new ArrayList<>();
            Future<String> second =
                    threads.submit(
                            () -> {
                                synchronized (readers) {
                                    readers.add(Thread.currentThread());
                                }
                                try {
                                    read(input, 0, 10);
                                    return "read";
                                } catch (IOException e) {
                                    return e.getMessage();
                                }
                            });
            awaitUntil(() -> waiting(readers) == 1);
            readers.get(0).interrupt();

            assertThat(second.get()).contains("interrupted while waiting for remote storage");
            answer.countDown();
            assertThat(first.get()).isEqualTo(slice(bytes, 0, 10));
        }
    }

    @Test
    void anyFaultAtAnyRequestLeavesTheBytesRight() throws IOException {
        byte[] bytes = random(9 * CHUNK + 17);
        for (int faultAt = 1; faultAt < 12; faultAt++) {
            int at = faultAt;
            FlakySource source = new FlakySource("s3://b/f" + at, bytes);
            source.behaving(
                    request -> {
                        if (request == at) {
                            throw new SocketException("Connection reset");
                        }
                    });
            String name = "f" + at;
            TieredStorage storage = storage(0, FAST);
            storage.adopt(name, bytes.length, 0, source);
            Random random = new Random(at);
            try (StorageInput input = storage.open(name)) {
                for (int i = 0; i < 60; i++) {
                    int from = random.nextInt(bytes.length);
                    int count = Math.min(random.nextInt(2 * CHUNK), bytes.length - from);
                    assertThat(read(input, from, count)).isEqualTo(slice(bytes, from, count));
                }
            }
            storage.delete(name);
        }
    }

    @Test
    void fileThatIsGoneFromItsHomeIsReadWhereItsNextOneMayBe() throws IOException {
        byte[] bytes = random(5 * CHUNK);
        FlakySource home = new FlakySource("s3://b/home", bytes);
        FlakySource aborted = new FlakySource("s3://b/aborted", bytes);
        FlakySource next = new FlakySource("s3://b/next", bytes);
        for (FlakySource source : List.of(home, aborted)) {
            source.behaving(
                    request -> {
                        throw new FileNotFoundException("no such key");
                    });
        }
        TieredStorage storage = storage(8L * CHUNK, FAST);
        storage.adopt("f", bytes.length, 0, home);
        storage.addCopy("f", 7, aborted);
        storage.addCopy("f", 8, next);

        try (StorageInput input = storage.open("f")) {
            // Not in order: nothing is read ahead.
            assertThat(read(input, 0, 10)).isEqualTo(slice(bytes, 0, 10));
            storage.removeCopies(7);
            assertThat(read(input, 2 * CHUNK, 10)).isEqualTo(slice(bytes, 2 * CHUNK, 10));
            assertThat(aborted.requests()).hasSize(1);
            storage.removeCopies(8);
            assertThatThrownBy(() -> read(input, 4 * CHUNK, 10))
                    .hasMessageContaining("gone from remote storage")
                    .hasMessageContaining("s3://b/home");
            storage.setHome("f", next);
            assertThat(read(input, 4 * CHUNK, 10)).isEqualTo(slice(bytes, 4 * CHUNK, 10));
        }
    }

    // -------------------------------------------------------------------------------- background

    @Test
    void tailsComeFirstThenFilesInTheirOrderAndAllBecomeLocal() throws IOException {
        byte[] bytes = random(20 * CHUNK);
        List<FlakySource> sources = new ArrayList<>();
        List<String> order = new ArrayList<>();
        TieredStorage storage = storage(0, FAST);
        for (int i = 0; i < 3; i++) {
            String name = "f" + i;
            FlakySource source = new FlakySource("s3://b/" + name, bytes);
            source.behaving(request -> order.add(name));
            sources.add(source);
            storage.adopt(name, bytes.length, 18 * CHUNK + 5, source);
        }
        Recorder recorder = new Recorder();
        Deque<Runnable> queue = new ArrayDeque<>();

        storage.startFetching(queue::add, 1, recorder);
        runAll(queue);

        assertThat(order).containsExactly("f0", "f1", "f2", "f0", "f0", "f1", "f1", "f2", "f2");
        assertThat(sources.get(0).requests())
                .containsExactly(
                        new Range(18 * CHUNK, 2 * CHUNK),
                        new Range(0, 16 * CHUNK),
                        new Range(16 * CHUNK, 2 * CHUNK));
        assertThat(recorder.ended).hasSize(1);
        assertThat(recorder.ended.get(0).contents().remoteFiles()).isZero();
        assertThat(Files.readAllBytes(directory.resolve("f1"))).isEqualTo(bytes);
        assertThat(hidden()).isEmpty();
    }

    @Test
    void inputThatWasOpenBeforeGoesOnWhenTheFileIsLocal() throws IOException {
        byte[] bytes = random(2 * CHUNK);
        TieredStorage storage = adopting("f", new FlakySource("s3://b/f", bytes), bytes.length);
        Deque<Runnable> queue = new ArrayDeque<>();

        try (StorageInput input = storage.open("f")) {
            assertThat(read(input, 5, 10)).isEqualTo(slice(bytes, 5, 10));
            storage.startFetching(queue::add, 1, new Recorder());
            runAll(queue);

            assertThat(read(input, CHUNK, CHUNK)).isEqualTo(slice(bytes, CHUNK, CHUNK));
        }
        assertThat(storage.stats().contents().remoteFiles()).isZero();
    }

    @Test
    void fileThatAReaderWaitedForComesNext() throws IOException {
        byte[] bytes = random(20 * CHUNK);
        List<String> order = new ArrayList<>();
        TieredStorage storage = storage(0, FAST);
        for (int i = 0; i < 3; i++) {
            String name = "f" + i;
            FlakySource source = new FlakySource("s3://b/" + name, bytes);
            source.behaving(request -> order.add(name));
            storage.adopt(name, bytes.length, 19 * CHUNK, source);
        }
        Deque<Runnable> queue = new ArrayDeque<>();
        storage.startFetching(queue::add, 1, new Recorder());
        for (int i = 0; i < 3; i++) {
            queue.remove().run();
        }
        order.clear();

        try (StorageInput input = storage.open("f2")) {
            read(input, 0, 1);
        }
        order.clear();
        runAll(queue);

        assertThat(order).startsWith("f2", "f2");
        assertThat(order.subList(2, order.size())).doesNotContain("f2");
    }

    @Test
    void fileThatIsGoneIsToldAndTheOthersAreFetched() throws IOException {
        byte[] bytes = random(2 * CHUNK);
        TieredStorage storage = storage(0, FAST);
        FlakySource gone = new FlakySource("s3://b/gone", bytes);
        gone.behaving(
                request -> {
                    throw new FileNotFoundException("no such key");
                });
        storage.adopt("gone", bytes.length, CHUNK, gone);
        storage.adopt("there", bytes.length, CHUNK, new FlakySource("s3://b/there", bytes));
        Recorder recorder = new Recorder();
        Deque<Runnable> queue = new ArrayDeque<>();

        storage.startFetching(queue::add, 1, recorder);
        runAll(queue);

        assertThat(recorder.lost).containsExactly("gone at s3://b/gone");
        assertThat(Files.readAllBytes(directory.resolve("there"))).isEqualTo(bytes);
    }

    @Test
    void fileThatIsSlowToComeIsFetchedLater() throws IOException {
        byte[] bytes = random(2 * CHUNK);
        TieredStorage storage = storage(0, new RetryPolicy(1, 1000, 1));
        FlakySource source = new FlakySource("s3://b/f", bytes);
        source.behaving(
                request -> {
                    if (request < 4) {
                        throw new IOException("503 SlowDown");
                    }
                });
        storage.adopt("f", bytes.length, CHUNK, source);
        Recorder recorder = new Recorder();
        Deque<Runnable> queue = new ArrayDeque<>();

        storage.startFetching(queue::add, 1, recorder);
        runAll(queue);

        assertThat(recorder.delayed).containsExactly("f at s3://b/f");
        assertThat(recorder.lost).isEmpty();
        assertThat(recorder.ended).hasSize(1);
        assertThat(Files.readAllBytes(directory.resolve("f"))).isEqualTo(bytes);
    }

    @Test
    void severalWorkersFetchFilesSideBySide() throws Exception {
        TieredStorage storage = storage(0, FAST);
        byte[] bytes = random(40 * CHUNK + 3);
        for (int i = 0; i < 12; i++) {
            storage.adopt("f" + i, bytes.length, 39 * CHUNK, new FlakySource("s3://" + i, bytes));
        }
        CountDownLatch ended = new CountDownLatch(1);
        Recorder recorder = new Recorder(ended::countDown);

        storage.startFetching(threads, 4, recorder);
        Random random = new Random(7);
        while (!ended.await(0, TimeUnit.SECONDS)) {
            String name = "f" + random.nextInt(12);
            int from = random.nextInt(bytes.length - 100);
            try (StorageInput input = storage.open(name)) {
                assertThat(read(input, from, 100)).isEqualTo(slice(bytes, from, 100));
            }
        }

        assertThat(recorder.lost).isEmpty();
        for (int i = 0; i < 12; i++) {
            assertThat(Files.readAllBytes(directory.resolve("f" + i))).isEqualTo(bytes);
        }
        assertThat(hidden()).isEmpty();
    }

    /** A state may be in one large file, and one request at a time would not fill the network. */
    @Test
    void severalWorkersFetchPartsOfOneFileSideBySide() throws Exception {
        TieredStorage storage = storage(0, FAST);
        byte[] bytes = random(64 * CHUNK);
        CyclicBarrier allAtOnce = new CyclicBarrier(4);
        FlakySource source = new FlakySource("s3://b/f", bytes);
        source.behaving(
                request -> {
                    // The tail comes first, and alone.
                    if (request > 1) {
                        try {
                            allAtOnce.await(20, TimeUnit.SECONDS);
                        } catch (Exception e) {
                            throw new FileNotFoundException("fewer than four at once");
                        }
                    }
                });
        storage.adopt("f", bytes.length, 63 * CHUNK, source);
        CountDownLatch ended = new CountDownLatch(1);
        Recorder recorder = new Recorder(ended::countDown);

        storage.startFetching(threads, 4, recorder);

        assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(recorder.lost).isEmpty();
        assertThat(source.requests()).hasSize(5);
        assertThat(Files.readAllBytes(directory.resolve("f"))).isEqualTo(bytes);
        assertThat(hidden()).isEmpty();
    }

    @Test
    void partsOfAFileThatAreSlowToComeAreFetchedLater() throws Exception {
        TieredStorage storage = storage(0, new RetryPolicy(1, 1000, 1));
        byte[] bytes = random(70 * CHUNK);
        FlakySource source = new FlakySource("s3://b/f", bytes);
        source.behaving(
                request -> {
                    if (request % 3 == 0) {
                        throw new IOException("503 SlowDown");
                    }
                });
        storage.adopt("f", bytes.length, 69 * CHUNK, source);
        CountDownLatch ended = new CountDownLatch(1);
        Recorder recorder = new Recorder(ended::countDown);

        storage.startFetching(threads, 4, recorder);

        assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(recorder.delayed).containsExactly("f at s3://b/f");
        assertThat(recorder.lost).isEmpty();
        assertThat(Files.readAllBytes(directory.resolve("f"))).isEqualTo(bytes);
        assertThat(hidden()).isEmpty();
    }

    // ---------------------------------------------------------------------------- names and ends

    @Test
    void adoptedFileIsAFileOfTheStorage() throws IOException {
        byte[] bytes = random(CHUNK + 1);
        TieredStorage storage = adopting("f", new FlakySource("s3://b/f", bytes), bytes.length);

        assertThat(storage.exists("f")).isTrue();
        assertThat(storage.size("f")).isEqualTo(bytes.length);
        assertThat(storage.list()).containsExactly("f");
        assertThat(storage.describe("f")).isEqualTo("f at s3://b/f");
        assertThat(storage.answersAtOnce("f")).isFalse();
        assertThatThrownBy(() -> storage.create("f"))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThatThrownBy(
                        () -> storage.adopt("f", bytes.length, 0, new FlakySource("s3://x", bytes)))
                .isInstanceOf(FileAlreadyExistsException.class);

        storage.delete("f");
        assertThat(storage.exists("f")).isFalse();
        assertThat(storage.list()).isEmpty();
        assertThat(hidden()).isEmpty();
    }

    @Test
    void forgettingTheHomeMakesTheFileLocal() throws IOException {
        byte[] bytes = random(3 * CHUNK);
        FlakySource source = new FlakySource("s3://b/f", bytes);
        TieredStorage storage = adopting("f", source, bytes.length);
        assertThat(storage.namesWithHome()).containsExactly("f");

        storage.forgetHome("f");
        source.behaving(
                request -> {
                    throw new FileNotFoundException("gone");
                });

        assertThat(storage.namesWithHome()).isEmpty();
        try (StorageInput input = storage.open("f")) {
            assertThat(read(input, 0, bytes.length)).isEqualTo(bytes);
        }
    }

    @Test
    void closeGivesChunksBack() throws IOException {
        byte[] bytes = random(3 * CHUNK);
        TieredStorage storage = adopting("f", new FlakySource("s3://b/f", bytes), bytes.length);
        try (StorageInput input = storage.open("f")) {
            read(input, 0, 1);
        }
        assertThat(hidden()).hasSize(1);

        storage.close();

        assertThat(hidden()).isEmpty();
    }

    // ---------------------------------------------------------------------------------- eviction

    @Test
    void localCopiesOfFilesWithAHomeMakeRoomOldestFirst() throws IOException {
        TieredStorage storage = storage(8L * CHUNK, FAST);
        List<FlakySource> sources = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            byte[] bytes = random(CHUNK);
            sources.add(new FlakySource("s3://b/" + i, bytes));
            write(storage, "f" + i, bytes);
            storage.setHome("f" + i, sources.get(i));
        }

        // Half of the room is for local copies.
        assertThat(local()).containsExactly("f2", "f3", "f4", "f5");
        for (int i = 0; i < 6; i++) {
            try (StorageInput input = storage.open("f" + i)) {
                read(input, 0, CHUNK);
            }
        }
        assertThat(sources.stream().map(source -> source.requests().size()))
                .containsExactly(1, 1, 0, 0, 0, 0);
    }

    @Test
    void fileThatWasReadGetsASecondChance() throws IOException {
        TieredStorage storage = storage(8L * CHUNK, FAST);
        for (int i = 0; i < 5; i++) {
            byte[] bytes = random(CHUNK);
            if (i == 4) {
                try (StorageInput input = storage.open("f0")) {
                    read(input, 0, 1);
                }
            }
            write(storage, "f" + i, bytes);
            storage.setHome("f" + i, new FlakySource("s3://b/" + i, bytes));
        }

        assertThat(local()).containsExactly("f0", "f2", "f3", "f4");
    }

    @Test
    void fileWithoutAHomeIsNeverEvicted() throws IOException {
        TieredStorage storage = storage(8L * CHUNK, FAST);
        for (int i = 0; i < 10; i++) {
            write(storage, "f" + i, random(CHUNK));
        }

        assertThat(local()).hasSize(10);
        assertThat(storage.stats().evictions()).isZero();
    }

    @Test
    void openInputOutlivesEvictionAndGivesTheRoomBack() throws IOException {
        TieredStorage storage = storage(8L * CHUNK, FAST);
        byte[] bytes = random(3 * CHUNK);
        FlakySource source = new FlakySource("s3://b/f", bytes);
        write(storage, "f", bytes);
        try (StorageInput input = storage.open("f")) {
            assertThat(read(input, 7, 100)).isEqualTo(slice(bytes, 7, 100));
            storage.setHome("f", source);
            storage.evictAll();

            assertThat(local()).isEmpty();
            assertThat(read(input, 7, 100)).isEqualTo(slice(bytes, 7, 100));
            assertThat(source.requests()).hasSize(1);
            storage.makeLocal("f");
            assertThat(read(input, 2 * CHUNK, CHUNK)).isEqualTo(slice(bytes, 2 * CHUNK, CHUNK));
        }
        assertThat(local()).containsExactly("f");
    }

    @Test
    void chunksOfManyFilesShareTheirHalfAndHotOnesStay() throws IOException {
        TieredStorage storage = storage(16L * CHUNK, FAST);
        List<FlakySource> sources = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            byte[] bytes = random(4 * CHUNK);
            sources.add(new FlakySource("s3://b/" + i, bytes));
            storage.adopt("f" + i, bytes.length, 3 * CHUNK, sources.get(i));
        }
        for (int round = 0; round < 10; round++) {
            for (int i = 0; i < 20; i++) {
                for (String name : List.of("f" + i, "f0")) {
                    try (StorageInput input = storage.open(name)) {
                        read(input, 0, 10);
                    }
                }
            }
        }

        assertThat(storage.stats().contents().localBytes()).isLessThanOrEqualTo(8L * CHUNK);
        assertThat(storage.stats().evictions()).isGreaterThan(100);
        assertThat(sources.get(0).requests()).hasSize(1);
    }

    @Test
    void readersSeeTheRightBytesWhileFilesComeAndGo() throws Exception {
        TieredStorage storage = storage(12L * CHUNK, FAST);
        int files = 6;
        byte[][] bytes = new byte[files][];
        for (int i = 0; i < files; i++) {
            bytes[i] = random(5 * CHUNK + i);
            write(storage, "f" + i, bytes[i]);
            storage.setHome("f" + i, new FlakySource("s3://b/" + i, bytes[i]));
        }
        CountDownLatch over = new CountDownLatch(1);
        List<Future<Integer>> readers = new ArrayList<>();
        for (int thread = 0; thread < 3; thread++) {
            Random random = new Random(thread);
            readers.add(
                    threads.submit(
                            () -> {
                                int reads = 0;
                                while (over.getCount() > 0) {
                                    int file = random.nextInt(files);
                                    try (StorageInput input = storage.open("f" + file)) {
                                        for (int i = 0; i < 20; i++, reads++) {
                                            int from = random.nextInt(bytes[file].length - 1000);
                                            assertThat(read(input, from, 1000))
                                                    .isEqualTo(slice(bytes[file], from, 1000));
                                        }
                                    }
                                }
                                return reads;
                            }));
        }
        Random random = new Random(42);
        for (int i = 0; i < 300; i++) {
            storage.evictAll();
            storage.makeLocal("f" + random.nextInt(files));
        }
        over.countDown();

        for (Future<Integer> reader : readers) {
            assertThat(reader.get()).isPositive();
        }
    }

    // ----------------------------------------------------------------------------------- helpers

    private static final class Recorder implements TieredListener {
        final List<TieredStats> ended = new ArrayList<>();
        final List<String> lost = new ArrayList<>();
        final List<String> delayed = new ArrayList<>();
        private final Runnable onEnd;

        Recorder() {
            this(() -> {});
        }

        Recorder(Runnable onEnd) {
            this.onEnd = onEnd;
        }

        @Override
        public synchronized void fetchEnded(TieredStats stats) {
            ended.add(stats);
            onEnd.run();
        }

        @Override
        public synchronized void fileLost(String file, IOException cause) {
            lost.add(file);
        }

        @Override
        public synchronized void fetchDelayed(String file, IOException cause) {
            delayed.add(file);
        }
    }

    private TieredStorage storage(long cacheBytes, RetryPolicy retry) throws IOException {
        TieredStorage storage =
                new TieredStorage(
                        new LocalStorage(directory, false),
                        directory,
                        new TieredOptions(cacheBytes, retry),
                        Clock.system(),
                        new Random(1));
        storages.add(storage);
        return storage;
    }

    private TieredStorage adopting(String name, FlakySource source, long sizeBytes)
            throws IOException {
        TieredStorage storage = storage(0, FAST);
        storage.adopt(name, sizeBytes, sizeBytes - 1, source);
        return storage;
    }

    private static void runAll(Deque<Runnable> queue) {
        while (!queue.isEmpty()) {
            queue.remove().run();
        }
    }

    private static void write(Storage storage, String name, byte[] bytes) throws IOException {
        try (StorageOutput output = storage.create(name)) {
            output.write(bytes, 0, bytes.length);
            output.finish();
        }
    }

    private List<String> hidden() throws IOException {
        try (var paths = Files.list(directory)) {
            return paths.map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith("."))
                    .toList();
        }
    }

    private List<String> local() throws IOException {
        return new LocalStorage(directory, false).list().stream().sorted().toList();
    }

    private static byte[] random(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }

    private static byte[] slice(byte[] bytes, int from, int count) {
        return Arrays.copyOfRange(bytes, from, from + count);
    }

    private static byte[] read(StorageInput input, long position, int count) throws IOException {
        byte[] target = new byte[count];
        input.readFully(position, target, 0, count);
        return target;
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static long waiting(List<Thread> threads) {
        synchronized (threads) {
            return threads.stream()
                    .filter(thread -> thread.getState() == Thread.State.WAITING)
                    .count();
        }
    }

    private static void awaitUntil(Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("waited for too long").isLessThan(end);
            Thread.onSpinWait();
        }
    }
}
