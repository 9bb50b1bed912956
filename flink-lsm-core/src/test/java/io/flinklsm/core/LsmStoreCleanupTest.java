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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.checkpoint.PendingCheckpoint;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.StoreFailedException;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.testing.Fault;
import io.flinklsm.core.testing.Faults;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.TreeOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever fails at whatever step, and however: memory, file handles, half-written files and
 * threads are afterwards what they were before.
 */
@Timeout(300)
class LsmStoreCleanupTest {

    private static final String THREADS = "cleanup-slot";
    private static final int KEYS = 300;
    private static final int PREFIX_BYTES = 3;

    private final KeyBuffer key = new KeyBuffer();
    private final LsmStoreOptions options = StoreFixture.tinyOptions(CompactionStyle.LEVELED);

    /** Fails steps of the storage, the clock, the merge operator and the filter in turn. */
    @ParameterizedTest
    @EnumSource(Fault.class)
    void everyStepMayFailAndNothingIsLeftBehind(Fault fault) throws Exception {
        InMemoryStorage base = new InMemoryStorage();
        String manifest = baseCheckpoint(base);
        int steps = 0;
        boolean struck = true;
        while (struck) {
            // The first steps one by one, what repeats in larger strides.
            steps += 1 + steps / 40;
            InMemoryStorage disk = copyOf(base);
            Faults faults = new Faults();
            HostileStorage storage = new HostileStorage(disk, faults);
            StoreResources resources = StoreResources.create(THREADS, 8 << 20, 2, faults.clock());
            faults.arm(fault, steps);

            Throwable failure = runAll(storage, faults, resources, manifest, steps % 2 == 0);

            struck = faults.hasStruck();
            String where = fault + " at " + faults.struckAt();
            if (failure != null && !struck) {
                throw new AssertionError("failed without a fault", failure);
            }
            assertThat(resources.memory().usedBytes())
                    .as("%s: %s", where, resources.memory())
                    .isZero();
            storage.assertNoOpenHandles();
            resources.close();
            assertThat(threads()).as(where).isEmpty();
            assertStillReadable(disk, manifest, where);
        }
        assertThat(steps).as("steps that failed in turn").isGreaterThan(100);
    }

    /**
     * Uses all that a store has, and closes at the end what it opened. Returns what was thrown.
     *
     * @param storeFirst whether the store is closed before its views, cursors and checkpoints
     */
    private Throwable runAll(
            HostileStorage storage,
            Faults faults,
            StoreResources resources,
            String manifest,
            boolean storeFirst) {
        Deque<AutoCloseable> open = new ArrayDeque<>();
        Throwable failure = null;
        try {
            LsmStore store = LsmStore.open(storage, options, resources, manifest);
            open.push(store);
            LsmTree counts = store.openTree("counts", hostileOptions(faults, MemtableKind.ENTRIES));
            LsmTree maps = store.openTree("maps", hostileOptions(faults, MemtableKind.MAPS));
            LsmTree sums = store.openTree("sums", hostileOptions(faults, MemtableKind.ENTRIES));
            for (int i = 0; i < KEYS; i++) {
                put(counts, i, "second-" + i);
                put(maps, i, "m" + i);
                put(sums, i, "s" + i);
                merge(sums, i / 2, "+");
            }
            StoreView view = store.view();
            open.push(view);
            EntryCursor cursor = view.scan("counts", KeyRange.ALL);
            open.push(cursor);
            assertThat(cursor.next()).isTrue();
            PendingCheckpoint pending = store.beginCheckpoint(2);
            open.push(pending);
            String second = store.writeManifest(pending.complete());
            merge(sums, 1, "again");
            put(maps, 1, "again");
            key.set(bytesOf(1), 0, PREFIX_BYTES, PREFIX_BYTES);
            EntryCursor ofPrefix = maps.scanPrefix(key);
            open.push(ofPrefix);
            assertThat(ofPrefix.next()).isTrue();
            counts.get(keyOf(7), new ValueBuffer());
            counts.compactAll();
            store.dropTree("sums");
            store.deleteManifest(second);
            store.awaitIdle();
        } catch (Throwable e) {
            failure = e;
        }
        // Interrupted as the thread may be.
        try {
            Cleanup.closeAll(storeFirst ? open::descendingIterator : open);
        } catch (Throwable e) {
            failure = failure == null ? e : failure;
        }
        Thread.interrupted();
        return failure;
    }

    private static TreeOptions hostileOptions(Faults faults, MemtableKind kind) {
        MergeOperator append =
                (older, newer, out) -> {
                    faults.uncheckedStep("fold");
                    out.append(older).append(newer);
                };
        EntryFilter keep =
                new EntryFilter() {
                    @Override
                    public EntryFilter begin() {
                        faults.uncheckedStep("begin filter");
                        return this;
                    }

                    @Override
                    public Decision filter(Slice key, Slice value, ValueBuffer replacement) {
                        faults.uncheckedStep("filter");
                        return Decision.KEEP;
                    }
                };
        return new TreeOptions(kind, kind == MemtableKind.MAPS ? null : append, keep);
    }

    /** The last checkpoint holds, whatever became of the store that went on from it. */
    private void assertStillReadable(InMemoryStorage disk, String manifest, String where)
            throws Exception {
        try (StoreResources resources = newResources();
                LsmStore store = LsmStore.open(disk, options, resources, manifest)) {
            LsmTree counts = store.openTree("counts", TreeOptions.DEFAULTS);
            assertThat(StoreFixture.count(counts)).as(where).isEqualTo(KEYS);
            store.awaitIdle();
        }
    }

    @ParameterizedTest
    @EnumSource(value = Fault.class, mode = EnumSource.Mode.EXCLUDE, names = "INTERRUPT")
    void aFlushThatFailsAfterItsFileIsThereLeavesNoFile(Fault fault) throws Exception {
        for (int step = 1; ; step++) {
            InMemoryStorage disk = new InMemoryStorage();
            Faults faults = new Faults();
            HostileStorage storage = new HostileStorage(disk, faults);
            try (StoreResources resources = newResources();
                    LsmStore store = LsmStore.create(storage, options, resources)) {
                put(store.openTree("counts", TreeOptions.DEFAULTS), 1, "one");
                faults.arm(fault, step);
                try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
                    pending.complete();
                } catch (Throwable e) {
                    assertThat(disk.list()).as(faults.struckAt()).isEmpty();
                }
            }
            storage.assertNoOpenHandles();
            if (!faults.hasStruck()) {
                assertThat(step).isGreaterThan(4);
                return;
            }
        }
    }

    /** Found from outside: the views of earlier trees stayed when a later tree's failed. */
    @Test
    void aViewThatFailsAtALaterTreeLeavesNoViewOfTheEarlierOnes() throws Exception {
        Faults faults = new Faults();
        try (StoreResources resources = StoreResources.create(THREADS, 8 << 20, 1, faults.clock());
                LsmStore store = LsmStore.create(new InMemoryStorage(), options, resources)) {
            for (String name : List.of("a", "b", "c")) {
                put(store.openTree(name, TreeOptions.DEFAULTS), 1, "one");
            }
            // A freeze reads the clock once: this is that of the last tree.
            faults.arm(Fault.LINKAGE_ERROR, 3);

            assertThatThrownBy(store::view).isInstanceOf(NoClassDefFoundError.class);

            store.close();
            assertThat(resources.memory().usedBytes()).as("%s", resources.memory()).isZero();
        }
    }

    /** Found from outside: memory that a foreign thread still flushed was given back under it. */
    @Test
    void closeWaitsForTheFlushOfACheckpointOnAForeignThread() throws Exception {
        CountDownLatch flushing = new CountDownLatch(1);
        CountDownLatch mayGoOn = new CountDownLatch(1);
        try (StoreResources resources =
                StoreResources.create(THREADS, 8 << 20, 1, gatedClock(flushing, mayGoOn))) {
            LsmStore store = LsmStore.create(new InMemoryStorage(), options, resources);
            put(store.openTree("counts", TreeOptions.DEFAULTS), 1, "one");
            PendingCheckpoint pending = store.beginCheckpoint(1);
            CompletableFuture<Object> completion =
                    CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    return pending.complete();
                                } catch (Exception e) {
                                    throw new IllegalStateException(e);
                                }
                            });
            assertThat(flushing.await(60, TimeUnit.SECONDS)).isTrue();
            CompletableFuture<Void> closing =
                    CompletableFuture.runAsync(
                            () -> {
                                try {
                                    store.close();
                                } catch (IOException e) {
                                    throw new IllegalStateException(e);
                                }
                            });

            assertThatThrownBy(() -> closing.get(100, TimeUnit.MILLISECONDS))
                    .as("close must not take the memory that is being flushed")
                    .isInstanceOf(TimeoutException.class);
            mayGoOn.countDown();

            closing.get(60, TimeUnit.SECONDS);
            // It has either ended or says that the store was closed; never an AssertionError.
            try {
                completion.get(60, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                assertThat(e).rootCause().hasMessageContaining("closed");
            }
            pending.close();
            assertThat(resources.memory().usedBytes()).as("%s", resources.memory()).isZero();
        }
    }

    @Test
    void aCheckpointIsNotFlushedOnceItsStoreIsClosed() throws Exception {
        try (StoreResources resources = newResources()) {
            LsmStore store = LsmStore.create(new InMemoryStorage(), options, resources);
            put(store.openTree("counts", TreeOptions.DEFAULTS), 1, "one");
            PendingCheckpoint pending = store.beginCheckpoint(1);
            store.close();

            assertThatThrownBy(pending::complete)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("the store was closed");
            pending.close();
        }
    }

    /** Many rounds of the race between the two, beside another store of the slot. */
    @Test
    void closeBesideCompleteHarmsNoOtherStoreOfTheSlot() throws Exception {
        try (StoreResources resources = newResources();
                LsmStore other = LsmStore.create(new InMemoryStorage(), options, resources)) {
            LsmTree others = other.openTree("others", TreeOptions.DEFAULTS);
            for (int round = 0; round < 200; round++) {
                LsmStore store = LsmStore.create(new InMemoryStorage(), options, resources);
                LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
                for (int i = 0; i < 200; i++) {
                    put(tree, i, "value-" + i);
                    put(others, i, "other-" + round + "-" + i);
                }
                CompletableFuture<Void> completion;
                try (PendingCheckpoint pending = store.beginCheckpoint(round)) {
                    completion =
                            CompletableFuture.runAsync(
                                    () -> {
                                        try {
                                            pending.complete();
                                        } catch (IOException e) {
                                            assertThat(e).hasMessageContaining("closed");
                                        } catch (InterruptedException e) {
                                            throw new IllegalStateException(e);
                                        }
                                    });
                    store.close();
                    completion.get(60, TimeUnit.SECONDS);
                }
                other.checkHealthy();
            }
            assertThat(StoreFixture.count(others)).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Fault.class, mode = EnumSource.Mode.EXCLUDE, names = "INTERRUPT")
    void aFailedBackgroundTaskIsToldAndCloseDoesNotHang(Fault fault) throws Exception {
        Faults faults = new Faults();
        try (StoreResources resources = newResources();
                LsmStore store =
                        LsmStore.create(
                                new HostileStorage(new InMemoryStorage(), faults),
                                options,
                                resources)) {
            LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
            put(tree, 1, "one");
            faults.arm(fault, 1);

            assertThatThrownBy(tree::flush).hasStackTraceContaining(Faults.INJECTED);
        }
    }

    @Test
    void aThreadThatCannotBeStartedFailsTheStoreAndCloseDoesNotHang() throws Exception {
        try (StoreResources resources = newResources();
                LsmStore store = LsmStore.create(new InMemoryStorage(), options, resources)) {
            LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
            put(tree, 1, "one");
            // As when the process may have no more threads: nothing takes a task any more.
            resources.slot().background().close();

            assertThatThrownBy(tree::flush).isInstanceOf(StoreFailedException.class);
            assertThatThrownBy(() -> put(tree, 2, "two")).isInstanceOf(StoreFailedException.class);
        }
        try (StoreResources resources = newResources();
                LsmStore store = LsmStore.create(new InMemoryStorage(), options, resources)) {
            LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
            put(tree, 1, "one");
            PendingCheckpoint pending = store.beginCheckpoint(1);
            resources.slot().background().close();

            assertThatThrownBy(store::awaitIdle).isInstanceOf(StoreFailedException.class);
            pending.close();
        }
    }

    @Test
    void resourcesCloseAllEvenIfMemoryWasNeverReleased() throws Exception {
        StoreResources resources = newResources();
        MemoryBlock block = resources.slot().tierBudget().tryAllocate(64);
        resources.slot().background().flush(() -> {});

        assertThatThrownBy(resources::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("never released");

        assertThat(threads()).isEmpty();
        assertThat(resources.slot().cacheBudget().usedBytes()).isZero();
        assertThatThrownBy(() -> resources.slot().cacheBudget().tryReserve(1))
                .hasMessageContaining("closed");
        MemoryBudget memory = resources.memory();
        assertThat(block).isNotNull();
        block.release();
        memory.close();
    }

    /** Foreign threads that ask for the time, as a flush does, are held up. */
    private static Clock gatedClock(CountDownLatch reached, CountDownLatch mayGoOn) {
        Thread free = Thread.currentThread();
        return new Clock() {
            @Override
            public long currentTimeMillis() {
                if (Thread.currentThread() != free) {
                    reached.countDown();
                    try {
                        mayGoOn.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }
                return Clock.system().currentTimeMillis();
            }

            @Override
            public long nanoTime() {
                return Clock.system().nanoTime();
            }
        };
    }

    private static StoreResources newResources() {
        return StoreResources.create(THREADS, 8 << 20, 1, Clock.system());
    }

    /** Those that do not end; a pool that has ended has only told its threads to. */
    private static List<String> threads() throws InterruptedException {
        List<String> names = new ArrayList<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith(THREADS)) {
                thread.join(TimeUnit.SECONDS.toMillis(20));
                if (thread.isAlive()) {
                    names.add(thread.getName());
                }
            }
        }
        return names;
    }

    private String baseCheckpoint(InMemoryStorage disk) throws Exception {
        try (StoreResources resources = newResources();
                LsmStore store = LsmStore.create(disk, options, resources)) {
            LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
            for (int i = 0; i < KEYS; i++) {
                put(tree, i, "first-" + i);
                if (i % 100 == 99) {
                    tree.flush();
                }
            }
            store.awaitIdle();
            try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
                return store.writeManifest(pending.complete());
            }
        }
    }

    private static InMemoryStorage copyOf(InMemoryStorage disk) throws IOException {
        InMemoryStorage copy = new InMemoryStorage();
        for (String name : disk.list()) {
            copy.put(name, disk.bytes(name));
        }
        return copy;
    }

    private void put(LsmTree tree, int number, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        tree.put(keyOf(number), bytes, 0, bytes.length);
    }

    private void merge(LsmTree tree, int number, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        tree.merge(keyOf(number), bytes, 0, bytes.length);
    }

    private KeyBuffer keyOf(int number) {
        return key.set(bytesOf(number), 0, Integer.BYTES, PREFIX_BYTES);
    }

    private static byte[] bytesOf(int number) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
    }
}
