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

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.checkpoint.PendingCheckpoint;
import io.flinklsm.core.compaction.CompactionOptions;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.restore.RestoreSource;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.storage.RetryPolicy;
import io.flinklsm.core.storage.tiered.FetchMemory;
import io.flinklsm.core.storage.tiered.RemoteSource;
import io.flinklsm.core.storage.tiered.TieredOptions;
import io.flinklsm.core.storage.tiered.TieredStorage;
import io.flinklsm.core.testing.EarlyFiles;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.write.WriteLimits;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Placement remote: the levels of a state that is several times as large as its room on the local
 * disk are merged where they are: what is read is streamed, and so is what is written.
 */
@Timeout(180)
final class RemoteCompactionTest {

    private static final int KEYS = 40_000;
    private static final int VALUE_BYTES = 900;

    private static final long CACHE_BYTES = 12 << 20;
    private static final long FILE_BYTES = 8 << 20;
    private static final long FETCH_BYTES = 24 << 20;

    private final LsmStoreOptions options =
            new LsmStoreOptions(
                    1 << 20,
                    CompactionStyle.LEVELED,
                    new CompactionOptions(4, FILE_BYTES, 4 * FILE_BYTES, 8),
                    new WriteLimits(20, 36, 4),
                    20,
                    SstableOptions.DEFAULTS);
    private final StoreResources resources =
            StoreResources.create("remote", 96 << 20, 1, Clock.system());
    private final KeyBuffer key = new KeyBuffer();
    private final ValueBuffer value = new ValueBuffer();
    private final Map<String, byte[]> contents = new HashMap<>();
    private final EarlyFiles early = new EarlyFiles();
    private final AtomicLong reserved = new AtomicLong();
    private final AtomicLong reservedMost = new AtomicLong();
    private final AtomicLong localMost = new AtomicLong();

    @TempDir Path directory;

    @AfterEach
    void nothingLeaks() {
        resources.close();
        assertThat(reserved).hasValue(0);
    }

    @Test
    void levelsAreMergedWithinTheLimitOfTheDiskAndOfTheMemory() throws Exception {
        CheckpointImage image = writeRemotely();
        long stateBytes = 0;
        try (TieredStorage storage =
                new TieredStorage(
                        new LocalStorage(directory, false),
                        directory,
                        new TieredOptions(
                                CACHE_BYTES, new RetryPolicy(1, 1, TimeUnit.SECONDS.toNanos(1))),
                        Clock.system(),
                        new Random(1),
                        new Memory(),
                        early)) {
            for (SstableMeta file : image.trees().get(0).sstables()) {
                stateBytes += file.sizeBytes();
                storage.adopt(
                        file.fileName(),
                        file.sizeBytes(),
                        file.tailOffset(),
                        source(storage, contents.get(file.fileName())));
            }
            assertThat(stateBytes).isGreaterThan(3 * CACHE_BYTES);
            try (LsmStore store =
                    LsmStore.restore(
                            storage,
                            options,
                            resources,
                            List.of(new RestoreSource(image, KeyRange.ALL)))) {
                LsmTree tree = store.openTree("values", TreeOptions.DEFAULTS);
                tree.compactAll();

                // Each byte came about once, with three requests or fewer for a megabyte.
                long megabytes = stateBytes >> 20;
                assertThat(storage.stats().requests().count()).isLessThan(3 * megabytes);
                assertThat(storage.stats().requests().bytes()).isLessThan(stateBytes * 5 / 4);
                // No output stood here as a whole: it was given up when it filled its half.
                assertThat(localMost.get()).isLessThanOrEqualTo(CACHE_BYTES);
                assertThat(reservedMost.get()).isLessThanOrEqualTo(FETCH_BYTES);
                // All went there while it was written.
                assertThat(early.names()).isNotEmpty();
                assertThat(storage.stats().remoteOutputs())
                        .isGreaterThan(stateBytes / FILE_BYTES / 3);
                assertThat(storage.stats().earlyUploads()).isZero();
                for (int number = 0; number < KEYS; number += 97) {
                    key.set(StoreFixture.key(number));
                    assertThat(tree.get(key, value)).isTrue();
                    assertThat(value.toBytes()).isEqualTo(valueOf(number, number % 2));
                }
            }
        }
        assertThat(early.names()).isEmpty();
    }

    /** Keys come twice, so that there is something to merge. */
    private CheckpointImage writeRemotely() throws Exception {
        InMemoryStorage remote = new InMemoryStorage();
        try (LsmStore store = LsmStore.create(remote, options, resources)) {
            LsmTree tree = store.openTree("values", TreeOptions.DEFAULTS);
            for (int round = 0; round < 2; round++) {
                for (int number = round; number < KEYS; number += 1 + round) {
                    byte[] bytes = valueOf(number, round);
                    key.set(StoreFixture.key(number));
                    tree.put(key, bytes, 0, bytes.length);
                }
            }
            try (PendingCheckpoint pending = store.beginCheckpoint(1)) {
                CheckpointImage image = pending.complete();
                for (SstableMeta file : image.trees().get(0).sstables()) {
                    contents.put(file.fileName(), remote.bytes(file.fileName()));
                }
                return image;
            }
        }
    }

    private static byte[] valueOf(int number, int round) {
        byte[] bytes = new byte[VALUE_BYTES];
        new Random(2L * number + round).nextBytes(bytes);
        return bytes;
    }

    private RemoteSource source(TieredStorage storage, byte[] content) {
        return new RemoteSource() {
            @Override
            public void readFully(long position, byte[] target, int at, int byteCount) {
                long local = storage.stats().contents().localBytes();
                localMost.accumulateAndGet(local, Math::max);
                System.arraycopy(content, (int) position, target, at, byteCount);
            }

            @Override
            public String describe() {
                return "far";
            }
        };
    }

    private final class Memory implements FetchMemory {

        @Override
        public boolean tryReserve(long bytes) {
            long now = reserved.addAndGet(bytes);
            if (now > FETCH_BYTES) {
                reserved.addAndGet(-bytes);
                return false;
            }
            reservedMost.accumulateAndGet(now, Math::max);
            return true;
        }

        @Override
        public void release(long bytes) {
            reserved.addAndGet(-bytes);
        }
    }
}
