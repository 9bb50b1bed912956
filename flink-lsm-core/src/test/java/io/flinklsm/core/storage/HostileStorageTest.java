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

import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import java.io.EOFException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** A hostile storage that nobody provokes keeps the contract; provoked, it does what was asked. */
final class HostileStorageTest extends StorageContractTest {

    private final InMemoryStorage memory = new InMemoryStorage();
    private final HostileStorage hostile = new HostileStorage(memory);

    @Override
    protected Storage createStorage() {
        return new HostileStorage(new InMemoryStorage());
    }

    @Test
    void everyCallCanBeTheOneThatFails() throws IOException {
        int failures = 0;
        for (int n = 1; ; n++) {
            HostileStorage storage = new HostileStorage(new InMemoryStorage()).failCall(n);
            try {
                write(storage, 10);
            } catch (IOException e) {
                assertThat(e).hasMessageContaining(HostileStorage.INJECTED);
                assertThat(storage.injectedCount()).isEqualTo(1);
                storage.assertNoOpenHandles();
                failures++;
                continue;
            }
            break;
        }

        assertThat(failures).isEqualTo(3);
    }

    @Test
    void fullDiskTakesWhatFits() {
        hostile.diskFullAfter(15);

        assertThatThrownBy(() -> write(hostile, 16)).hasMessageContaining("No space left");
        assertThat(hostile.injectedCount()).isEqualTo(1);
    }

    @Test
    void flippedBitIsSeenByReadersOnly() throws IOException {
        write(hostile, 4);
        hostile.flipBits("file", 8 * 2 + 5);

        byte[] target = new byte[3];
        try (StorageInput input = hostile.open("file")) {
            input.readFully(1, target, 0, 3);
        }

        assertThat(target).containsExactly(0, 32, 0);
        assertThat(memory.bytes("file")).containsOnly(0);
    }

    @Test
    void truncatedFileEndsEarly() throws IOException {
        write(hostile, 10);
        hostile.truncate("file", 7);

        assertThat(hostile.size("file")).isEqualTo(7);
        try (StorageInput input = hostile.open("file")) {
            assertThat(input.size()).isEqualTo(7);
            assertThatThrownBy(() -> input.readFully(0, new byte[8], 0, 8))
                    .isInstanceOf(EOFException.class);
        }
    }

    @Test
    void leakedHandleIsReported() throws IOException {
        write(hostile, 1);
        StorageInput leaked = hostile.open("file");

        assertThat(hostile.openHandles()).isEqualTo(1);
        assertThatThrownBy(hostile::assertNoOpenHandles)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("1 handles");
        leaked.close();
        hostile.assertNoOpenHandles();
    }

    private static void write(Storage storage, int byteCount) throws IOException {
        try (StorageOutput output = storage.create("file")) {
            output.write(new byte[byteCount], 0, byteCount);
            output.finish();
        }
    }
}
