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

import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.events.LsmEvent.Stall;
import io.flinklsm.core.events.LsmEvent.StallCause;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.testing.ManualClock;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.write.WriteLimits;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is told of a writer that waits. Nothing makes time pass but the tests. */
@Timeout(120)
final class StallEventsTest {

    private static final byte[] VALUE = new byte[4000];

    private final ManualClock clock = new ManualClock();
    private final CountDownLatch mayCreate = new CountDownLatch(1);
    private final BlockingQueue<LsmEvent> events = new LinkedBlockingQueue<>();

    @Test
    void waitIsToldOfWhileItGoesOnAndSaysWhatItWaitsFor() throws Exception {
        ExecutorService writerThread = Executors.newSingleThreadExecutor();
        LsmStoreOptions defaults = LsmStoreOptions.DEFAULTS;
        LsmStoreOptions options =
                new LsmStoreOptions(
                        64 << 10,
                        defaults.compactionStyle(),
                        defaults.compaction(),
                        new WriteLimits(
                                defaults.writeLimits().level0Slowdown(),
                                defaults.writeLimits().level0Stop(),
                                1),
                        defaults.maxOpenFiles(),
                        defaults.sstable());
        try (StoreResources resources = StoreResources.create("stalls", 16 << 20, 1, clock);
                LsmStore store =
                        LsmStore.create(
                                blockingCreate(new InMemoryStorage()), options, resources)) {
            store.setListener(events::add);
            LsmTree tree = store.openTree("counts", TreeOptions.DEFAULTS);
            Future<?> writes =
                    writerThread.submit(
                            () -> {
                                for (int i = 0; i < 100; i++) {
                                    tree.put(key(i), VALUE, 0, VALUE.length);
                                }
                                return null;
                            });

            Stall first = nextStall();
            Stall second = nextStall();
            TreeStats stats = tree.stats();
            mayCreate.countDown();
            finish(writes);

            assertThat(first.cause()).isEqualTo(StallCause.FLUSH);
            assertThat(first.stopped()).isTrue();
            assertThat(first.durationNanos()).isGreaterThanOrEqualTo(1_000_000_000);
            assertThat(second.durationNanos()).isGreaterThanOrEqualTo(1_000_000_000);
            assertThat(stats.work().flushing()).isTrue();
            assertThat(stats.memory().frozenMemtables()).isPositive();
            assertThat(stats.memory().entries()).isBetween(1L, 99L);
        } finally {
            mayCreate.countDown();
            writerThread.shutdown();
            assertThat(writerThread.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    private Stall nextStall() throws InterruptedException {
        while (true) {
            clock.advanceMillis(300);
            LsmEvent event = events.poll(10, TimeUnit.MILLISECONDS);
            if (event instanceof Stall stall && stall.stopped()) {
                return stall;
            }
        }
    }

    /** Rests are paid in this clock's time. */
    private void finish(Future<?> writes) throws Exception {
        while (!writes.isDone()) {
            clock.advanceMillis(300);
            events.poll(10, TimeUnit.MILLISECONDS);
        }
        writes.get();
    }

    private static KeyBuffer key(int number) {
        KeyBuffer key = new KeyBuffer();
        byte[] bytes = {(byte) (number >> 8), (byte) number};
        return key.set(bytes, 0, bytes.length);
    }

    private Storage blockingCreate(Storage storage) {
        return (Storage)
                Proxy.newProxyInstance(
                        Storage.class.getClassLoader(),
                        new Class<?>[] {Storage.class},
                        (proxy, method, arguments) -> {
                            if (method.getName().equals("create")) {
                                mayCreate.await();
                            }
                            try {
                                return method.invoke(storage, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
    }
}
