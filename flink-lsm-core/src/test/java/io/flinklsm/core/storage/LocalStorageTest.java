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

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocalStorageTest extends StorageContractTest {

    @TempDir private Path directory;

    @Override
    protected Storage createStorage() throws IOException {
        return new LocalStorage(directory.resolve("store/a"), false);
    }

    @Test
    void abortedOutputLeavesNothingInTheDirectory() throws IOException {
        LocalStorage storage = new LocalStorage(directory.resolve("b"), true);
        try (StorageOutput output = storage.create("file")) {
            output.write(new byte[10], 0, 10);
        }

        try (Stream<Path> left = Files.list(storage.root())) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void syncedFileIsReadableByAnotherStorageOfTheDirectory() throws IOException {
        Path root = directory.resolve("c");
        try (StorageOutput output = new LocalStorage(root, true).create("file")) {
            output.write(new byte[] {1, 2, 3}, 0, 3);
            output.finish();
        }

        assertThat(new LocalStorage(root, false).size("file")).isEqualTo(3);
    }

    @Test
    void directoryInTheStorageIsNotAFile() throws IOException {
        LocalStorage storage = new LocalStorage(directory.resolve("d"), false);
        Files.createDirectory(storage.root().resolve("inner"));

        assertThat(storage.exists("inner")).isFalse();
        assertThat(storage.list()).isEmpty();
    }

    @Test
    void linkedFileHasTheBytesAndOutlivesTheOriginal() throws IOException {
        LocalStorage storage = new LocalStorage(directory.resolve("f"), true);
        Path original = Files.write(directory.resolve("original"), new byte[] {1, 2, 3});
        Path symbolic = Files.createSymbolicLink(directory.resolve("symbolic"), original);

        assertThat(storage.link("file", symbolic)).isTrue();
        Files.delete(original);

        assertThat(Files.readAllBytes(storage.root().resolve("file"))).containsExactly(1, 2, 3);
        assertThat(storage.list()).containsExactly("file");
    }

    @Test
    void missingFileIsNotLinked() throws IOException {
        LocalStorage storage = new LocalStorage(directory.resolve("g"), false);

        assertThat(storage.link("file", directory.resolve("missing"))).isFalse();
        assertThat(storage.exists("file")).isFalse();
    }

    @Test
    void linkNeverTakesTheNameOfAnotherFile() throws IOException {
        LocalStorage storage = new LocalStorage(directory.resolve("h"), false);
        Path original = Files.write(directory.resolve("original"), new byte[] {1});
        assertThat(storage.link("file", original)).isTrue();

        assertThatThrownBy(() -> storage.link("file", original))
                .isInstanceOf(FileAlreadyExistsException.class);
        try (StorageOutput output = storage.create("unfinished")) {
            assertThatThrownBy(() -> storage.link("unfinished", original))
                    .isInstanceOf(FileAlreadyExistsException.class);
            output.write(new byte[1], 0, 1);
        }
    }

    @Test
    void openFileStaysReadableAfterItsDeletion() throws IOException {
        LocalStorage storage = new LocalStorage(directory.resolve("e"), false);
        try (StorageOutput output = storage.create("file")) {
            output.write(new byte[] {42}, 0, 1);
            output.finish();
        }

        byte[] target = new byte[1];
        try (StorageInput input = storage.open("file")) {
            storage.delete("file");
            input.readFully(0, target, 0, 1);
        }

        assertThat(target).containsExactly(42);
    }
}
