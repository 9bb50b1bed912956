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
package io.flinklsm.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.checkpoint.PendingCheckpoint;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.restore.RestoreSource;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.storage.RetryPolicy;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.tiered.FetchMemory;
import io.flinklsm.core.storage.tiered.RemoteSource;
import io.flinklsm.core.storage.tiered.TieredListener;
import io.flinklsm.core.storage.tiered.TieredOptions;
import io.flinklsm.core.storage.tiered.TieredStats;
import io.flinklsm.core.storage.tiered.TieredStorage;
import io.flinklsm.core.testing.EarlyFiles;
import io.flinklsm.core.testing.Fault;
import io.flinklsm.core.testing.Faults;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.TreeOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A store whose files are on remote storage is restored from two checkpoints, read, written,
 * flushed, uploaded early, checkpointed, evicted, compacted, checkpointed again and restored for
 * half of its keys; and each storage call of that fails in turn, the local disk's and the remote
 * storage's. Whatever comes of it, the last complete checkpoint restores exactly; and what did not
 * fail is right.
 *
 * <p>The long form hits so many faults: {@code -Dflinklsm.faults=20000}. Faults count when they
 * happen, not when they are asked for.
 */
@Timeout(value = 3, unit = TimeUnit.HOURS)
class RemoteFaultsTest {

    private static final int FAULTS_MIN = Integer.getInteger("flinklsm.faults", 250);

    /** From here on every step fails in turn; in the short form some are passed over. */
    private static final boolean EVERY_STEP = FAULTS_MIN >= 5_000;

    private static final int KEYS = 90;
    private static final OwnedSlice MIDDLE = StoreFixture.key(KEYS / 2);
    private static final KeyRange LOWER = new KeyRange(KeyRange.ALL.start(), MIDDLE);
    private static final KeyRange UPPER = new KeyRange(MIDDLE, KeyRange.ALL.end());

    /** Local files may take half of it. */
    private static final long CACHE_BYTES = 12 << 10;

    private static final RetryPolicy RETRY =
            new RetryPolicy(1, 1_000, TimeUnit.SECONDS.toNanos(60));

    private final LsmStoreOptions options =
            StoreFixture.tinyOptions(CompactionStyle.LEVELED, 4 << 10);
    private final KeyBuffer key = new KeyBuffer();
    private final ValueBuffer value = new ValueBuffer();

    @TempDir Path root;
    private StoreResources resources;
    private ExecutorService executor;

    private long hits;
    private int runs;
    private int failed;
    private long evictions;
    private long earlyUploads;
    private long remoteOutputs;

    /** Files that a checkpoint did not upload, for they were uploaded early. */
    private long listedEarly;

    /** Reads of compactions that waited for remote storage. */
    private long compactionMisses;

    private long retries;

    @BeforeEach
    void open() {
        resources = StoreResources.create("faults", 8 << 20, 1, Clock.system());
        executor = Executors.newSingleThreadExecutor();
    }

    @AfterEach
    void nothingLeaks() throws Exception {
        executor.shutdownNow();
        assertThat(executor.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        resources.close();
    }

    @Test
    void eachStorageCallMayFailAndTheLastCompleteCheckpointRestores() throws Exception {
        for (int seed = 0; hits < FAULTS_MIN; seed++) {
            for (Fault fault : Fault.values()) {
                boolean struck = true;
                for (int step = 1; struck; step += EVERY_STEP ? 1 : 1 + step / 6) {
                    struck = run(seed, fault, step);
                    if (hits % 1_000 == 999) {
                        tell();
                    }
                }
            }
        }
        tell();
        // Else some path was not walked at all.
        assertThat(failed).isPositive();
        assertThat(retries).isPositive();
        assertThat(evictions).isPositive();
        assertThat(earlyUploads).isPositive();
        assertThat(remoteOutputs).isPositive();
        assertThat(listedEarly).isPositive();
        assertThat(compactionMisses).isPositive();
    }

    private void tell() {
        System.out.println(
                "RemoteFaultsTest: faultsHit="
                        + hits
                        + ", runs="
                        + runs
                        + ", runsThatFailed="
                        + failed
                        + ", retries="
                        + retries
                        + ", evictions="
                        + evictions
                        + ", earlyUploads="
                        + earlyUploads
                        + ", remoteOutputs="
                        + remoteOutputs
                        + ", listedEarly="
                        + listedEarly
                        + ", compactionMisses="
                        + compactionMisses);
    }

    /** Whether the fault happened. */
    private boolean run(int seed, Fault fault, int step) throws Exception {
        Remote remote = new Remote();
        base(remote);
        Faults faults = new Faults().arm(fault, step);
        remote.faults = faults;
        Path directory = Files.createDirectory(root.resolve("run"));
        try {
            Throwable failure = null;
            try (Life life = new Life(remote, directory, CACHE_BYTES, seed)) {
                life.live();
            } catch (Throwable e) {
                failure = e;
            }
            if (failure == null) {
                try (Life half = new Life(remote, directory, 0, seed)) {
                    half.restore(LOWER);
                    half.check(0, KEYS / 2, remote.completed.get(0).round());
                } catch (Throwable e) {
                    failure = e;
                }
            }
            // The thread of a task, too, may be interrupted while it is closed.
            Thread.interrupted();
            faults.disarm();
            runs++;
            hits += faults.hasStruck() ? 1 : 0;
            failed += failure == null ? 0 : 1;
            if (failure != null && !faults.hasStruck()) {
                throw new AssertionError("failed without a fault", failure);
            }
            try (Life sound = new Life(remote, directory, 0, seed)) {
                sound.restore(KeyRange.ALL);
                sound.check(0, KEYS, remote.completed.get(0).round());
            }
        } catch (Throwable e) {
            throw new AssertionError(
                    "seed=" + seed + ", step=" + step + ", " + fault + " at " + faults.struckAt(),
                    e);
        } finally {
            deleteAll(directory);
        }
        return faults.hasStruck();
    }

    /** Two stores, one for each half of the keys, have taken a checkpoint; as before a rescale. */
    private void base(Remote remote) throws Exception {
        List<Completed> checkpoints = new ArrayList<>();
        for (KeyRange range : List.of(LOWER, UPPER)) {
            InMemoryStorage disk = new InMemoryStorage();
            try (LsmStore store = LsmStore.create(disk, options, resources)) {
                LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
                // One that has keys of the other's, too: those are clipped.
                int from = range == LOWER ? 0 : KEYS / 2 - 10;
                for (int i = from; i < (range == LOWER ? KEYS / 2 + 10 : KEYS); i++) {
                    put(tree, i, 0);
                }
                CheckpointImage image;
                try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
                    image = pending.complete();
                    for (SstableMeta file : files(image)) {
                        remote.files.put(file.fileName(), disk.bytes(file.fileName()));
                    }
                }
                checkpoints.add(new Completed(image, range, 0));
            }
        }
        remote.completed = checkpoints;
    }

    private static List<SstableMeta> files(CheckpointImage image) {
        List<SstableMeta> files = new ArrayList<>();
        for (TreeImage tree : image.trees()) {
            files.addAll(tree.sstables());
        }
        return files;
    }

    private void put(LsmTree tree, int number, int round) throws IOException {
        byte[] bytes = valueOf(number, round).getBytes(StandardCharsets.US_ASCII);
        key.set(StoreFixture.key(number));
        tree.put(key, bytes, 0, bytes.length);
    }

    private static String valueOf(int number, int round) {
        StringBuilder text = new StringBuilder().append(round).append('/').append(number);
        Random random = new Random(number * 31L + round);
        while (text.length() < 150) {
            text.append(random.nextInt());
        }
        return text.toString();
    }

    private static void deleteAll(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (Files.isDirectory(file)) {
                    deleteAll(file);
                } else {
                    Files.delete(file);
                }
            }
        }
        Files.delete(directory);
    }

    /**
     * What a checkpoint has of one store.
     *
     * @param range whose keys are wanted
     * @param round whose values it has
     */
    private record Completed(CheckpointImage image, KeyRange range, int round) {}

    /** Remote storage, and what the job manager knows. */
    private static final class Remote {

        final InMemoryStorage files = new InMemoryStorage();

        /** The newest complete checkpoint: that of each store. */
        List<Completed> completed = List.of();

        volatile Faults faults = new Faults();

        /** What no checkpoint has, and the store gave up here. */
        final EarlyFiles early = new EarlyFiles(what -> faults.step(what));

        RemoteSource source(String name) {
            return source(files, name);
        }

        RemoteSource source(InMemoryStorage from, String name) {
            return new RemoteSource() {
                @Override
                public void readFully(long position, byte[] target, int at, int byteCount)
                        throws IOException {
                    faults.step("remote open " + name);
                    try (StorageInput input = from.open(name)) {
                        faults.step("remote read " + name);
                        input.readFully(position, target, at, byteCount);
                    }
                    faults.step("remote close " + name);
                }

                @Override
                public String describe() {
                    return "memory:" + name;
                }
            };
        }

        void upload(String name, Storage from) throws IOException {
            faults.step("remote create " + name);
            byte[] bytes;
            try (StorageInput input = from.open(name)) {
                bytes = new byte[Math.toIntExact(input.size())];
                for (int at = 0; at < bytes.length; at += 4096) {
                    int count = Math.min(4096, bytes.length - at);
                    input.readFully(at, bytes, at, count);
                    faults.step("remote write " + name);
                }
            }
            faults.step("remote finish " + name);
            files.put(name, bytes);
        }

        /** The job manager deletes what the newest complete checkpoint does not list. */
        void subsume(Set<String> listed) {
            for (String name : files.list()) {
                if (!listed.contains(name)) {
                    files.delete(name);
                    early.lose(name);
                }
            }
        }
    }

    /** One store, from its restore to its end. */
    private final class Life implements AutoCloseable {

        private final Remote remote;
        private final Random random;
        private final HostileStorage disk;
        private final TieredStorage storage;
        private final Set<String> uploaded = new HashSet<>();
        private final Memory memory = new Memory();
        private LsmStore store;
        private LsmTree tree;

        Life(Remote remote, Path parent, long cacheBytes, int seed) throws IOException {
            this.remote = remote;
            Path directory = Files.createTempDirectory(parent, "life");
            random = new Random(seed);
            disk = new HostileStorage(new LocalStorage(directory, false), remote.faults);
            storage =
                    new TieredStorage(
                            disk,
                            directory,
                            new TieredOptions(cacheBytes, RETRY),
                            Clock.system(),
                            new Random(seed),
                            memory,
                            remote.early);
        }

        void live() throws Exception {
            restore(KeyRange.ALL);
            int round = remote.completed.get(0).round();
            check(0, KEYS, round);
            for (int checkpoint = 2; checkpoint <= 4; checkpoint++) {
                round++;
                for (int i = 0; i < KEYS; i++) {
                    put(tree, i, round);
                }
                if (checkpoint == 3) {
                    long before = storage.stats().misses();
                    tree.compactAll();
                    compactionMisses += storage.stats().misses() - before;
                }
                checkpoint(checkpoint, round);
                int from = random.nextInt(KEYS / 2);
                check(from, from + KEYS / 2, round);
            }
            store.awaitIdle();
            check(0, KEYS, round);
        }

        /** Adopts every file of the newest complete checkpoint; reads what is wanted of it. */
        void restore(KeyRange range) throws Exception {
            List<RestoreSource> sources = new ArrayList<>();
            for (Completed completed : remote.completed) {
                if (completed.range() == KeyRange.ALL || range == KeyRange.ALL) {
                    KeyRange clip = range == KeyRange.ALL ? completed.range() : range;
                    sources.add(new RestoreSource(completed.image(), clip));
                } else if (completed.range() == range) {
                    sources.add(new RestoreSource(completed.image(), range));
                }
            }
            for (RestoreSource source : sources) {
                for (SstableMeta file : files(source.image())) {
                    uploaded.add(file.fileName());
                    storage.adopt(
                            file.fileName(),
                            file.sizeBytes(),
                            file.tailOffset(),
                            remote.source(file.fileName()));
                }
            }
            store = LsmStore.restore(storage, options, resources, sources);
            CountDownLatch ended = new CountDownLatch(1);
            storage.startFetching(
                    executor,
                    1,
                    new TieredListener() {
                        @Override
                        public void fetchEnded(TieredStats stats) {
                            ended.countDown();
                        }

                        @Override
                        public void fileLost(String file, IOException cause) {
                            store.fail(cause);
                        }

                        @Override
                        public void fetchDelayed(String file, IOException cause) {
                            // It comes later, or the store fails.
                        }
                    });
            tree = store.openTree("counts", TreeOptions.DEFAULTS);
        }

        /** What a backend does, in short: see UploadedSstables for what may happen in between. */
        private void checkpoint(int id, int round) throws Exception {
            try (PendingCheckpoint pending = store.beginCheckpoint(id)) {
                CheckpointImage image = pending.complete();
                Set<String> listed = new TreeSet<>(storage.namesWithHome());
                for (SstableMeta file : files(image)) {
                    if (storage.early(file.fileName()) != null
                            && random.nextInt(4) > 0
                            && uploaded.add(file.fileName())) {
                        byte[] bytes = remote.early.list(file.fileName());
                        remote.files.put(file.fileName(), bytes);
                        listedEarly++;
                    } else if (uploaded.add(file.fileName())) {
                        boolean done = false;
                        try {
                            remote.upload(file.fileName(), storage);
                            done = true;
                        } finally {
                            if (!done) {
                                uploaded.remove(file.fileName());
                            }
                        }
                    }
                    listed.add(file.fileName());
                }
                remote.completed = List.of(new Completed(image, KeyRange.ALL, round));
                remote.subsume(listed);
                for (SstableMeta file : files(image)) {
                    storage.setHome(file.fileName(), remote.source(file.fileName()));
                }
            }
        }

        void check(int from, int to, int round) throws IOException {
            for (int i = from; i < to; i++) {
                key.set(StoreFixture.key(i));
                String found =
                        tree.get(key, value)
                                ? new String(value.toBytes(), StandardCharsets.US_ASCII)
                                : "nothing";
                assertThat(found).as("key %s", i).isEqualTo(valueOf(i, round));
            }
        }

        @Override
        public void close() throws Exception {
            storage.stop();
            try {
                if (store != null) {
                    store.close();
                }
            } finally {
                storage.close();
                evictions += storage.stats().evictions();
                earlyUploads += storage.stats().earlyUploads();
                remoteOutputs += storage.stats().remoteOutputs();
                retries += storage.stats().requests().retries();
                disk.assertNoOpenHandles();
                assertThat(remote.early.names()).as("uploaded early and left").isEmpty();
            }
        }
    }

    /** Two chunks at a time. */
    private static final class Memory implements FetchMemory {

        private long reserved;

        @Override
        public synchronized boolean tryReserve(long bytes) {
            if (reserved + bytes > 512 << 10) {
                return false;
            }
            reserved += bytes;
            return true;
        }

        @Override
        public synchronized void release(long bytes) {
            reserved -= bytes;
            assertThat(reserved).isNotNegative();
        }
    }
}
