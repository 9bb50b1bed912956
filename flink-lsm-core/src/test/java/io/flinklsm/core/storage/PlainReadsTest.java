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
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A local storage that reads by system calls. */
final class PlainReadsTest extends StorageContractTest {

    private static final int SIZE = 64 << 10;

    @TempDir private Path directory;

    @Override
    protected Storage createStorage() throws IOException {
        return new LocalStorage(directory.resolve("store"), false, FileReads.PLAIN);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void fileIsMappedOnlyWhereMapsAreWanted() throws IOException {
        for (FileReads reads : FileReads.values()) {
            Storage storage = storageWithFile(reads);
            byte[] target = new byte[SIZE];
            try (StorageInput input = storage.open("file")) {
                input.readFully(0, target, 0, SIZE);

                assertThat(Files.readString(Path.of("/proc/self/maps")).contains(pathOf(reads)))
                        .as(reads.name())
                        .isEqualTo(reads == FileReads.MAPPED);
            }
            assertThat(target[SIZE - 1]).isEqualTo((byte) 7);
        }
    }

    @Test
    void interruptOfTheReaderClosesNoFile() throws IOException {
        Storage storage = storageWithFile(FileReads.PLAIN);
        byte[] target = new byte[1];
        try (StorageInput input = storage.open("file")) {
            Thread.currentThread().interrupt();
            input.readFully(SIZE - 1, target, 0, 1);
            assertThat(Thread.interrupted()).isTrue();
            input.readFully(SIZE - 1, target, 0, 1);
        }
        assertThat(target[0]).isEqualTo((byte) 7);
    }

    @Test
    void closedInputSaysSo() throws IOException {
        StorageInput input = storageWithFile(FileReads.PLAIN).open("file");
        input.close();
        input.close();

        assertThatThrownBy(() -> input.readFully(0, new byte[1], 0, 1))
                .isInstanceOf(ClosedInputException.class)
                .hasMessageContaining("file] is closed: position=0");
    }

    private Storage storageWithFile(FileReads reads) throws IOException {
        byte[] content = new byte[SIZE];
        content[SIZE - 1] = 7;
        Storage storage = new LocalStorage(directory.resolve(reads.name()), false, reads);
        try (StorageOutput output = storage.create("file")) {
            output.write(content, 0, SIZE);
            output.finish();
        }
        return storage;
    }

    private String pathOf(FileReads reads) {
        return directory.resolve(reads.name()).resolve("file").toString();
    }
}
