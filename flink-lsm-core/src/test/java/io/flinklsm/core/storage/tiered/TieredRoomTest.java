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
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageOutput;
import io.flinklsm.core.testing.EarlyFiles;
import io.flinklsm.core.testing.FlakySource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of files when the local disk or the memory has no room for more of them. */
final class TieredRoomTest {

    private static final int CHUNK = Chunks.BYTES;

    @TempDir private Path directory;

    /** Throws where a test wants it. */
    private EarlyFiles.Behaviour behaviour = what -> {};

    private final EarlyFiles early = new EarlyFiles(what -> behaviour.before(what));
    private final AtomicLong freeMemory = new AtomicLong(1L << 40);
    private final AtomicLong reserved = new AtomicLong();

    // --------------------------------------------------------------------------- early uploads

    @Test
    void filesThatNoCheckpointHasAreUploadedWhenTheyTakeMoreThanTheDiskMayGive()
            throws IOException {
        try (TieredStorage storage = storage(100_000)) {
            byte[][] written = new byte[5][];
            for (int i = 0; i < written.length; i++) {
                written[i] = write(storage, "f" + i, 30_000);
            }

            assertThat(storage.stats().contents().localBytes()).isLessThanOrEqualTo(50_000);
            assertThat(storage.stats().earlyUploads()).isEqualTo(4);
            assertThat(early.names()).containsExactlyInAnyOrder("f0", "f1", "f2", "f3");
            for (int i = 0; i < written.length; i++) {
                assertThat(read(storage, "f" + i)).isEqualTo(written[i]);
            }
            // No checkpoint has them: none is to list them.
            assertThat(storage.namesWithHome()).isEmpty();
        }
        assertThat(early.names()).isEmpty();
    }

    @Test
    void whatWasUploadedEarlyGoesWhenACheckpointHasTheFileOrTheFileGoes() throws IOException {
        try (TieredStorage storage = storage(60_000)) {
            byte[] kept = write(storage, "kept", 30_000);
            write(storage, "dropped", 30_000);
            write(storage, "last", 30_000);
            assertThat(early.names()).containsExactlyInAnyOrder("kept", "dropped");

            storage.setHome("kept", new FlakySource("s3://b/kept", kept));
            assertThat(early.names()).containsExactly("dropped");
            assertThat(read(storage, "kept")).isEqualTo(kept);
            assertThat(storage.namesWithHome()).containsExactly("kept");

            storage.delete("dropped");
            assertThat(early.names()).isEmpty();
        }
    }

    @Test
    void fileThatCannotBeUploadedStaysAndIsUploadedLater() throws IOException {
        try (TieredStorage storage = storage(60_000)) {
            behaviour =
                    what -> {
                        throw new IOException("no connection");
                    };
            byte[] first = write(storage, "first", 40_000);
            behaviour = what -> {};
            assertThat(Files.exists(directory.resolve("first"))).isTrue();
            assertThat(storage.stats().notKept()).isEqualTo(1);
            assertThat(read(storage, "first")).isEqualTo(first);

            write(storage, "second", 10_000);

            assertThat(early.names()).containsExactly("first");
            assertThat(Files.exists(directory.resolve("first"))).isFalse();
            assertThat(read(storage, "first")).isEqualTo(first);
        }
    }

    @Test
    void fileThatIsDeletedWhileItBecomesLocalIsNotTakenOffBeforeItIsCounted() throws Exception {
        byte[] content = random(1_000);
        ExecutorService other = Executors.newSingleThreadExecutor();
        try (TieredStorage storage = storage(1L << 20)) {
            for (int i = 0; i < 3_000; i++) {
                String name = "f" + i;
                storage.adopt(name, content.length, 900, new FlakySource("s3://b/f", content));
                CyclicBarrier together = new CyclicBarrier(2);
                Future<?> deletion =
                        other.submit(
                                () -> {
                                    together.await();
                                    while (storage.stats().contents().localBytes() == 0
                                            && !Files.exists(directory.resolve(name))) {
                                        Thread.onSpinWait();
                                    }
                                    storage.delete(name);
                                    return storage.stats().contents().localBytes();
                                });
                together.await();
                storage.makeLocal(name);
                deletion.get();

                assertThat(storage.stats().contents().localBytes()).as("round %s", i).isZero();
            }
        } finally {
            other.shutdownNow();
            assertThat(other.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    // --------------------------------------------------------------------------- remote outputs

    @Test
    void whatTakesThePlaceOfRemoteFilesIsUploadedWhileItIsWritten() throws IOException {
        try (TieredStorage storage = storage(1 << 20)) {
            adopt(storage, "far", 3_000);
            write(storage, "near", 2_000);

            byte[] output = write(storage, "output", 90_000, "far", "near");

            assertThat(early.names()).containsExactly("output");
            assertThat(storage.stats().remoteOutputs()).isEqualTo(1);
            assertThat(storage.stats().earlyUploads()).isZero();
            // As long as there is room it is here, too, and need not stay.
            assertThat(Files.exists(directory.resolve("output"))).isTrue();
            storage.evictAll();
            assertThat(Files.exists(directory.resolve("output"))).isFalse();
            assertThat(read(storage, "output")).isEqualTo(output);
            // No checkpoint has it.
            assertThat(storage.namesWithHome()).containsExactly("far");

            storage.delete("output");
            assertThat(early.names()).isEmpty();
            assertThat(storage.stats().contents().localBytes()).isEqualTo(2_000);
        }
    }

    @Test
    void whatTakesThePlaceOfLocalFilesIsALocalOne() throws IOException {
        try (TieredStorage storage = storage(1 << 20)) {
            adopt(storage, "far", 2_000);
            write(storage, "near", 3_000);

            write(storage, "output", 90_000, "far", "near");

            assertThat(early.names()).isEmpty();
            assertThat(storage.stats().remoteOutputs()).isZero();
        }
    }

    @Test
    void outputThatIsGivenUpHalfWayIsNowhere() throws IOException {
        try (TieredStorage storage = storage(1 << 20)) {
            adopt(storage, "far", 3_000);
            try (StorageOutput output = storage.create("output", List.of("far"))) {
                output.write(new byte[90_000], 0, 90_000);
            }

            assertThat(early.names()).isEmpty();
            assertThat(storage.exists("output")).isFalse();
            assertThat(storage.stats().contents().localBytes()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"begin", "write", "finish"})
    void outputWhoseUploadFailsIsALocalOne(String step) throws IOException {
        try (TieredStorage storage = storage(1 << 20)) {
            adopt(storage, "far", 3_000);
            behaviour = failingAt(step, 1);

            byte[] output = write(storage, "output", 90_000, "far");

            assertThat(early.names()).isEmpty();
            assertThat(storage.stats().remoteOutputs()).isZero();
            assertThat(storage.stats().notKept()).isEqualTo(1);
            assertThat(read(storage, "output")).isEqualTo(output);
            // It may still be uploaded when the room is wanted.
            behaviour = what -> {};
            write(storage, "more", 500_000);
            assertThat(early.names()).contains("output");
            assertThat(read(storage, "output")).isEqualTo(output);
        }
    }

    /** A file that is larger than all of the room: it never stands on the local disk. */
    @Test
    void outputForWhichThereIsNoRoomIsOnRemoteStorageAlone() throws IOException {
        try (TieredStorage storage = storage(4 << 20)) {
            adopt(storage, "far", 3_000);
            write(storage, "near", 1_500_000);

            byte[] output = write(storage, "output", 7_000_000, "far");

            // What no checkpoint had made room first.
            assertThat(early.names()).containsExactly("near", "output");
            assertThat(storage.stats().earlyUploads()).isEqualTo(1);
            assertThat(storage.stats().remoteOutputs()).isEqualTo(1);
            assertThat(Files.exists(directory.resolve("output"))).isFalse();
            assertThat(storage.stats().contents().localBytes()).isZero();
            assertThat(storage.size("output")).isEqualTo(output.length);
            assertThat(read(storage, "output")).isEqualTo(output);
        }
        assertThat(early.names()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"write", "finish"})
    void outputWhoseUploadFailsWhenThereWasNoRoomFailsAndIsNowhere(String step) throws IOException {
        try (TieredStorage storage = storage(4 << 20)) {
            adopt(storage, "far", 3_000);
            behaviour = failingAt(step, step.equals("write") ? 60 : 1);

            assertThatThrownBy(() -> write(storage, "output", 7_000_000, "far"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("[output] cannot be written: the local disk has no room")
                    .hasMessageContaining("no connection");

            assertThat(early.names()).isEmpty();
            assertThat(storage.exists("output")).isFalse();
            assertThat(storage.stats().contents().localBytes()).isZero();
            assertThat(directory.toFile().list((parent, name) -> name.contains("output")))
                    .isEmpty();
            // The name is free, and the next attempt succeeds.
            behaviour = what -> {};
            byte[] output = write(storage, "output", 7_000_000, "far");
            assertThat(read(storage, "output")).isEqualTo(output);
        }
    }

    @Test
    void outputThatACheckpointListsIsTheCheckpointsFromThenOn() throws IOException {
        try (TieredStorage storage = storage(1 << 20)) {
            adopt(storage, "far", 3_000);
            byte[] kept = write(storage, "kept", 90_000, "far");
            byte[] forgotten = write(storage, "forgotten", 90_000, "far");
            storage.evictAll();
            early.list("kept");
            early.list("forgotten");
            assertThat(storage.namesWithHome())
                    .containsExactlyInAnyOrder("far", "kept", "forgotten");

            // The next checkpoint cannot list it there, so that it may go.
            storage.forgetHome("forgotten");
            early.lose("forgotten");
            assertThat(read(storage, "forgotten")).isEqualTo(forgotten);
            assertThat(storage.namesWithHome()).containsExactlyInAnyOrder("far", "kept");

            // The next one lists it in another place: it is read there when this one is gone.
            storage.addCopy("kept", 7, new FlakySource("s3://b/kept", kept));
            early.lose("kept");
            assertThat(read(storage, "kept")).isEqualTo(kept);
        }
    }

    private static EarlyFiles.Behaviour failingAt(String step, int call) {
        AtomicInteger calls = new AtomicInteger();
        return what -> {
            if (what.startsWith("early " + step) && calls.incrementAndGet() == call) {
                throw new IOException("no connection");
            }
        };
    }

    private static void adopt(TieredStorage storage, String name, int byteCount)
            throws IOException {
        byte[] content = random(byteCount);
        storage.adopt(name, byteCount, byteCount - 10, new FlakySource("s3://b/" + name, content));
    }

    // ------------------------------------------------------------------------- streamed reads

    /** As a compaction reads a file: in each row group, the pages of its columns by turns. */
    @Test
    void columnsThatAreReadByTurnsAreStreamed() throws IOException {
        int columns = 5;
        int columnBytes = 800_000;
        int groups = 12;
        byte[] content = random(groups * columns * columnBytes);
        FlakySource source = new FlakySource("s3://b/columns", content);
        byte[] hot = random(CHUNK);
        FlakySource hotSource = new FlakySource("s3://b/hot", hot);
        // 32 chunks: what the first row group leaves there is no more than that.
        try (TieredStorage storage = storage(64L * CHUNK)) {
            storage.adopt("hot", hot.length, hot.length - 10, hotSource);
            storage.adopt("columns", content.length, content.length - 10, source);
            try (StorageInput hotInput = storage.open("hot");
                    StorageInput input = storage.open("columns")) {
                hotInput.readFully(7, new byte[1], 0, 1);
                // Each window begins with the page that did not fit into the one before.
                byte[] page = new byte[30_000];
                for (int group = 0; group < groups; group++) {
                    for (int at = 0; at < columnBytes; at += page.length - 5_000) {
                        int count = Math.min(page.length, columnBytes - at);
                        for (int column = 0; column < columns; column++) {
                            int position = (group * columns + column) * columnBytes + at;
                            input.readFully(position, page, 0, count);
                            assertThat(page[count / 2]).isEqualTo(content[position + count / 2]);
                        }
                    }
                    // Lookups beside it.
                    input.readFully(content.length - 10, page, 0, 10);
                    hotInput.readFully(8, page, 0, 1);
                }
                assertThat(hotSource.requests()).hasSize(1);
            }
            // 48 MB: nearly each byte came once, with a request for each 1.5 MB or more.
            assertThat(storage.stats().requests().bytes())
                    .isBetween(
                            (long) content.length + hot.length,
                            (long) content.length + hot.length + 8 * CHUNK);
            assertThat(source.requests()).hasSizeLessThan(32);
            assertThat(reserved).hasValue(0);
        }
    }

    @Test
    void fileThatIsReadInOrderDoesNotTakeThePlaceOfWhatIsReadOften() throws IOException {
        byte[] hot = random(CHUNK);
        byte[] large = random(64 * CHUNK);
        FlakySource hotSource = new FlakySource("s3://b/hot", hot);
        FlakySource largeSource = new FlakySource("s3://b/large", large);
        // Eight chunks.
        try (TieredStorage storage = storage(16L * CHUNK)) {
            storage.adopt("hot", hot.length, hot.length - 10, hotSource);
            storage.adopt("large", large.length, large.length - 10, largeSource);
            try (StorageInput hotInput = storage.open("hot");
                    StorageInput largeInput = storage.open("large")) {
                byte[] byteOfHot = new byte[1];
                hotInput.readFully(7, byteOfHot, 0, 1);
                byte[] part = new byte[50_000];
                for (int at = 0; at < large.length; at += part.length) {
                    int count = Math.min(part.length, large.length - at);
                    largeInput.readFully(at, part, 0, count);
                    for (int i = 0; i < count; i += 997) {
                        assertThat(part[i]).isEqualTo(large[at + i]);
                    }
                }
                hotInput.readFully(8, byteOfHot, 0, 1);

                assertThat(byteOfHot[0]).isEqualTo(hot[8]);
                assertThat(hotSource.requests()).hasSize(1);
                assertThat(storage.stats().evictions()).isZero();
                // Each byte came once.
                assertThat(storage.stats().requests().bytes()).isEqualTo(hot.length + large.length);
                assertThat(largeSource.requests()).hasSizeLessThan(12);
            }
            assertThat(reserved).hasValue(0);
        }
    }

    // ---------------------------------------------------------------------------------- memory

    @Test
    void withLittleMemoryFewerChunksComeWithOneRequest() throws IOException {
        byte[] large = random(32 * CHUNK);
        freeMemory.set(2 * CHUNK);
        FlakySource source = new FlakySource("s3://b/large", large);
        try (TieredStorage storage = storage(64L * CHUNK)) {
            storage.adopt("large", large.length, large.length - 10, source);
            assertThat(read(storage, "large")).isEqualTo(large);

            assertThat(source.requests())
                    .allSatisfy(
                            range -> assertThat(range.byteCount()).isLessThanOrEqualTo(2 * CHUNK));
            assertThat(reserved).hasValue(0);

            freeMemory.set(0);
            assertThat(read(storage, "large")).isEqualTo(large);
        }
    }

    @Test
    void memoryOfAReaderThatStopsHalfWayIsGivenBack() throws IOException {
        byte[] large = random(64 * CHUNK);
        try (TieredStorage storage = storage(8L * CHUNK)) {
            storage.adopt(
                    "large", large.length, large.length - 10, new FlakySource("s3://b/l", large));
            StorageInput input = storage.open("large");
            byte[] part = new byte[CHUNK];
            for (int chunk = 0; chunk < 20; chunk++) {
                input.readFully((long) chunk * CHUNK, part, 0, CHUNK);
            }
            assertThat(reserved.get()).isPositive();

            input.close();

            assertThat(reserved).hasValue(0);
        }
    }

    // ----------------------------------------------------------------------------------- parts

    private TieredStorage storage(long cacheBytes) throws IOException {
        return new TieredStorage(
                new LocalStorage(directory, false),
                directory,
                new TieredOptions(
                        cacheBytes, new RetryPolicy(1, 1_000, TimeUnit.SECONDS.toNanos(60))),
                Clock.system(),
                new Random(1),
                new FetchMemory() {
                    @Override
                    public boolean tryReserve(long bytes) {
                        if (reserved.get() + bytes > freeMemory.get()) {
                            return false;
                        }
                        reserved.addAndGet(bytes);
                        return true;
                    }

                    @Override
                    public void release(long bytes) {
                        assertThat(reserved.addAndGet(-bytes)).isNotNegative();
                    }
                },
                early);
    }

    private static byte[] write(
            TieredStorage storage, String name, int byteCount, String... replaced)
            throws IOException {
        byte[] bytes = random(byteCount);
        try (StorageOutput output = storage.create(name, List.of(replaced))) {
            for (int at = 0; at < byteCount; at += 50_000) {
                output.write(bytes, at, Math.min(50_000, byteCount - at));
            }
            output.finish();
        }
        return bytes;
    }

    private static byte[] read(TieredStorage storage, String name) throws IOException {
        try (StorageInput input = storage.open(name)) {
            byte[] bytes = new byte[(int) input.size()];
            for (int at = 0; at < bytes.length; at += 10_000) {
                input.readFully(at, bytes, at, Math.min(10_000, bytes.length - at));
            }
            return bytes;
        }
    }

    private static byte[] random(int byteCount) {
        byte[] bytes = new byte[byteCount];
        new Random(byteCount).nextBytes(bytes);
        return bytes;
    }
}
