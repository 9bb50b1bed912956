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

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.checkpoint.PendingCheckpoint;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.errors.StoreFailedException;
import io.flinklsm.core.slot.BackgroundWork;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.TreeOptions;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The flush thread has nothing to do while nothing can be flushed. */
@Timeout(120)
final class IdleFlushesTest {

    /** A task that puts itself at the end of the queue again and again runs as often. */
    private static final int OTHER_TASKS = 100;

    private final LsmStoreOptions options =
            StoreFixture.tinyOptions(CompactionStyle.LEVELED, 4 << 10);
    private final StoreResources resources =
            StoreResources.create("idle", 8 << 20, 1, Clock.system());
    private final BackgroundWork background = resources.slot().background();
    private final KeyBuffer key = new KeyBuffer();
    private final ValueBuffer value = new ValueBuffer();

    @AfterEach
    void nothingLeaks() {
        resources.close();
    }

    @Test
    void storeThatHasFailedIsNotFlushedAgainAndAgain() throws Exception {
        HostileStorage storage = new HostileStorage(new InMemoryStorage());
        try (LsmStore store = LsmStore.create(storage, options, resources)) {
            LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
            storage.failAll(HostileStorage.Call.CREATE, true);
            assertThatThrownBy(
                            () -> {
                                for (int i = 0; ; i++) {
                                    put(tree, i);
                                }
                            })
                    .isInstanceOf(StoreFailedException.class);

            assertThat(tasksBesideOthers()).isLessThan(OTHER_TASKS / 10);
        }
    }

    @Test
    void whatACheckpointsThreadFlushesIsNotAskedForAgainAndAgain() throws Exception {
        CountDownLatch creating = new CountDownLatch(1);
        CountDownLatch mayCreate = new CountDownLatch(1);
        AtomicReference<Thread> slow = new AtomicReference<>();
        InMemoryStorage files = new InMemoryStorage();
        Storage storage =
                (Storage)
                        Proxy.newProxyInstance(
                                Storage.class.getClassLoader(),
                                new Class<?>[] {Storage.class},
                                (proxy, method, arguments) -> {
                                    if (method.getName().equals("create")
                                            && Thread.currentThread() == slow.get()) {
                                        creating.countDown();
                                        mayCreate.await();
                                    }
                                    try {
                                        return method.invoke(files, arguments);
                                    } catch (InvocationTargetException e) {
                                        throw e.getCause();
                                    }
                                });
        ExecutorService checkpoints = Executors.newSingleThreadExecutor();
        try (LsmStore store = LsmStore.create(storage, options, resources)) {
            LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
            put(tree, 0);
            try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
                Future<?> done =
                        checkpoints.submit(
                                () -> {
                                    slow.set(Thread.currentThread());
                                    return pending.complete();
                                });
                creating.await();
                // One more generation waits behind the one that is flushed.
                for (int i = 0; i < 35; i++) {
                    put(tree, i);
                }

                long tasks;
                try {
                    tasks = tasksBesideOthers();
                } finally {
                    mayCreate.countDown();
                }
                done.get();
                assertThat(tasks).isLessThan(OTHER_TASKS / 10);
            }
            // What had to wait is flushed, though no task was there for it.
            tree.awaitIdle();
            assertThat(tree.stats().memory().frozenMemtables()).isZero();
            key.set(StoreFixture.key(34));
            assertThat(tree.get(key, value)).isTrue();
        } finally {
            mayCreate.countDown();
            checkpoints.shutdownNow();
            assertThat(checkpoints.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** How many tasks of flushes run while that many others run one after another. */
    private long tasksBesideOthers() throws InterruptedException {
        long before = background.flushTasks();
        for (int i = 0; i < OTHER_TASKS; i++) {
            CountDownLatch done = new CountDownLatch(1);
            background.flush(done::countDown);
            done.await();
        }
        return background.flushTasks() - before - OTHER_TASKS;
    }

    private void put(LsmTree tree, int number) throws IOException {
        byte[] bytes = ("value of " + number).repeat(8).getBytes(StandardCharsets.US_ASCII);
        key.set(StoreFixture.key(number));
        tree.put(key, bytes, 0, bytes.length);
    }
}
