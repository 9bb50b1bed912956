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
package io.flinklsm.core.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link Storage} keeps; each implementation runs it. */
public abstract class StorageContractTest {

    private Storage storage;

    /** An empty storage. */
    protected abstract Storage createStorage() throws IOException;

    @BeforeEach
    final void open() throws IOException {
        storage = createStorage();
    }

    @Test
    void finishedFileHasTheBytesThatWereWritten() throws IOException {
        byte[] bytes = new byte[300_000];
        new Random(1).nextBytes(bytes);

        try (StorageOutput output = storage.create("file")) {
            output.write(bytes, 0, 1);
            output.write(bytes, 1, 99_999);
            output.write(bytes, 100_000, 200_000);
            output.write(bytes, 0, 0);
            assertThat(output.position()).isEqualTo(bytes.length);
            output.finish();
        }

        assertThat(storage.size("file")).isEqualTo(bytes.length);
        assertThat(read("file")).isEqualTo(bytes);
    }

    @Test
    void emptyFileIsAFile() throws IOException {
        write("empty", "");

        assertThat(storage.exists("empty")).isTrue();
        assertThat(storage.size("empty")).isZero();
        assertThat(read("empty")).isEmpty();
    }

    @Test
    void fileIsReadAtAnyPosition() throws IOException {
        write("file", "0123456789");
        byte[] target = "..........".getBytes(StandardCharsets.US_ASCII);

        try (StorageInput input = storage.open("file")) {
            assertThat(input.size()).isEqualTo(10);
            input.readFully(7, target, 1, 3);
            input.readFully(0, target, 5, 2);
            input.readFully(10, target, 0, 0);
        }

        assertThat(new String(target, StandardCharsets.US_ASCII)).isEqualTo(".789.01...");
    }

    @Test
    void rangesAreReadOneBehindTheOther() throws IOException {
        write("file", "0123456789");
        byte[] target = "..........".getBytes(StandardCharsets.US_ASCII);

        try (StorageInput input = storage.open("file")) {
            input.readFully(new FileRanges().add(7, 3).add(10, 0).add(0, 2), target);
            assertThat(new String(target, StandardCharsets.US_ASCII)).isEqualTo("78901.....");

            FileRanges beyond = new FileRanges().add(0, 2).add(8, 3);
            assertThatThrownBy(() -> input.readFully(beyond, target))
                    .isInstanceOf(EOFException.class)
                    .hasMessageContaining("file");
            assertThatThrownBy(() -> input.readFully(beyond.clear().add(0, 6).add(1, 5), target))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            input.readFully(beyond.clear(), target);
        }
    }

    @Test
    void closedInputRefusesToReadRanges() throws IOException {
        write("file", "x");
        StorageInput input = storage.open("file");
        input.close();

        assertThatThrownBy(() -> input.readFully(new FileRanges().add(0, 1), new byte[1]))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("file");
    }

    @Test
    void readingBeyondTheEndFailsAndNamesTheFile() throws IOException {
        write("short.parquet", "0123456789");

        try (StorageInput input = storage.open("short.parquet")) {
            assertThatThrownBy(() -> input.readFully(8, new byte[3], 0, 3))
                    .isInstanceOf(EOFException.class)
                    .hasMessageContaining("short.parquet");
            assertThatThrownBy(() -> input.readFully(Long.MAX_VALUE, new byte[3], 0, 3))
                    .isInstanceOf(EOFException.class);
            assertThatThrownBy(() -> input.readFully(-1, new byte[3], 0, 3))
                    .isInstanceOf(EOFException.class);
        }
    }

    @Test
    void readingIntoTooSmallAnArrayIsTheCallersBug() throws IOException {
        write("file", "0123456789");

        try (StorageInput input = storage.open("file")) {
            assertThatThrownBy(() -> input.readFully(0, new byte[3], 1, 3))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void unfinishedFileDoesNotExist() throws IOException {
        try (StorageOutput output = storage.create("file")) {
            output.write(new byte[100_000], 0, 100_000);

            assertThat(storage.exists("file")).isFalse();
            assertThat(storage.list()).isEmpty();
            assertThatThrownBy(() -> storage.open("file")).isInstanceOf(NoSuchFileException.class);
            assertThatThrownBy(() -> storage.size("file")).isInstanceOf(NoSuchFileException.class);
        }

        assertThat(storage.exists("file")).isFalse();
        assertThat(storage.list()).isEmpty();
    }

    @Test
    void nameOfAnAbortedFileIsFreeAgain() throws IOException {
        storage.create("file").close();

        write("file", "second");

        assertThat(read("file")).asString(StandardCharsets.US_ASCII).isEqualTo("second");
    }

    @Test
    void nameIsUsedOnce() throws IOException {
        write("file", "first");

        assertThatThrownBy(() -> storage.create("file"))
                .isInstanceOf(FileAlreadyExistsException.class)
                .hasMessageContaining("file");
        assertThat(read("file")).asString(StandardCharsets.US_ASCII).isEqualTo("first");
    }

    @Test
    void nameOfAFileBeingWrittenIsInUse() throws IOException {
        try (StorageOutput output = storage.create("file")) {
            assertThatThrownBy(() -> storage.create("file"))
                    .isInstanceOf(FileAlreadyExistsException.class);
            output.finish();
        }

        assertThat(storage.exists("file")).isTrue();
    }

    @Test
    void ofManyWhoCreateOneNameOneSucceeds() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(4);
        try {
            Callable<Boolean> create =
                    () -> {
                        try (StorageOutput output = storage.create("contended")) {
                            output.finish();
                            return true;
                        } catch (FileAlreadyExistsException e) {
                            return false;
                        }
                    };
            List<Future<Boolean>> outcomes = executor.invokeAll(List.of(create, create, create));

            int successes = 0;
            for (Future<Boolean> outcome : outcomes) {
                successes += outcome.get() ? 1 : 0;
            }
            assertThat(successes).isEqualTo(1);
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void closingAfterFinishKeepsTheFile() throws IOException {
        StorageOutput output = storage.create("file");
        output.write(new byte[] {7}, 0, 1);
        output.finish();
        output.close();
        output.close();

        assertThat(read("file")).containsExactly(7);
    }

    @Test
    void finishedOutputTakesNoMoreBytes() throws IOException {
        try (StorageOutput output = storage.create("file")) {
            output.finish();

            assertThatThrownBy(() -> output.write(new byte[1], 0, 1))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(output::finish).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void deletedFileIsGoneAndDeletingTwiceIsAllowed() throws IOException {
        write("file", "x");

        storage.delete("file");
        storage.delete("file");

        assertThat(storage.exists("file")).isFalse();
        assertThat(storage.list()).isEmpty();
    }

    @Test
    void listNamesAllFinishedFiles() throws IOException {
        write("b", "1");
        write("a.parquet", "2");
        write("Ä-ö", "3");

        assertThat(storage.list()).containsExactlyInAnyOrder("a.parquet", "b", "Ä-ö");
    }

    @Test
    void missingFileIsNamed() {
        assertThatThrownBy(() -> storage.open("absent.parquet"))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("absent.parquet");
        assertThatThrownBy(() -> storage.size("absent.parquet"))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("absent.parquet");
    }

    @Test
    void descriptionEndsWithTheName() {
        assertThat(storage.describe("000042.parquet")).endsWith("000042.parquet");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "..",
                "../x",
                "a/b",
                "/etc/passwd",
                "a\\b",
                ".hidden",
                "file:x",
                "s3://b/x",
                "a\nb",
                "a\0b",
                "a\u001bb",
                "a\u202eb"
            })
    void nameThatMightLeadOutOfTheStorageIsRefused(String name) {
        assertThatThrownBy(() -> storage.create(name)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> storage.open(name)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> storage.size(name)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> storage.exists(name)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> storage.delete(name)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> storage.describe(name))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void nameOfTheLongestAllowedLengthWorksAndOneMoreIsRefused() throws IOException {
        String longest = "x".repeat(StorageNames.MAX_BYTES);

        write(longest, "y");

        assertThat(storage.list()).containsExactly(longest);
        assertThatThrownBy(() -> storage.create(longest + "x"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void closedInputRefusesToRead() throws IOException {
        write("file", "x");
        StorageInput input = storage.open("file");
        input.close();
        input.close();

        assertThatThrownBy(() -> input.readFully(0, new byte[1], 0, 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("file");
    }

    @Test
    void manyThreadsReadOneInputWhileItIsClosed() throws Exception {
        byte[] bytes = new byte[64 << 10];
        new Random(2).nextBytes(bytes);
        try (StorageOutput output = storage.create("file")) {
            output.write(bytes, 0, bytes.length);
            output.finish();
        }
        ExecutorService executor = Executors.newFixedThreadPool(3);
        try {
            for (int round = 0; round < 20; round++) {
                StorageInput input = storage.open("file");
                List<Future<Integer>> readers = new ArrayList<>();
                for (int reader = 0; reader < 3; reader++) {
                    readers.add(executor.submit(() -> readUntilClosed(input, bytes)));
                }
                byte[] target = new byte[bytes.length];
                input.readFully(0, target, 0, target.length);
                input.close();
                for (Future<Integer> reader : readers) {
                    assertThat(reader.get()).as("wrong reads").isZero();
                }
            }
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void interruptOfAReaderLeavesTheInputUsable() throws Exception {
        write("file", "0123456789");
        byte[] target = new byte[10];

        try (StorageInput input = storage.open("file")) {
            Thread.currentThread().interrupt();
            try {
                input.readFully(0, target, 0, 10);
            } finally {
                assertThat(Thread.interrupted()).isTrue();
            }
            input.readFully(0, target, 0, 10);
        }

        assertThat(target).asString(StandardCharsets.US_ASCII).isEqualTo("0123456789");
    }

    private static int readUntilClosed(StorageInput input, byte[] expected) {
        byte[] target = new byte[1000];
        int wrong = 0;
        for (int from = 0; ; from = (from + 997) % (expected.length - 1000)) {
            try {
                input.readFully(from, target, 0, 1000);
            } catch (IOException closed) {
                return wrong;
            }
            for (int i = 0; i < 1000; i++) {
                wrong += target[i] == expected[from + i] ? 0 : 1;
            }
        }
    }

    private void write(String name, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        try (StorageOutput output = storage.create(name)) {
            output.write(bytes, 0, bytes.length);
            output.finish();
        }
    }

    private byte[] read(String name) throws IOException {
        try (StorageInput input = storage.open(name)) {
            byte[] bytes = new byte[Math.toIntExact(input.size())];
            input.readFully(0, bytes, 0, bytes.length);
            return bytes;
        }
    }
}
