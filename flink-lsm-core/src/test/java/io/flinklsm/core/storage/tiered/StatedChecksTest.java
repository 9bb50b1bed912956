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

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.storage.FileReads;
import io.flinklsm.core.storage.LocalStorage;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chunks of remote files that no file has are refused. */
final class StatedChecksTest {

    @TempDir private Path directory;

    @Test
    void aFileHasBytesAndChunksThatHoldThem() throws Exception {
        Path path = directory.resolve("chunks");
        byte[] bytes = new byte[10];

        refused("size=-1", () -> ChunkFile.create(path, -1, FileReads.MAPPED));
        try (ChunkFile file = ChunkFile.create(path, Chunks.BYTES + 10L, FileReads.MAPPED)) {
            ourFault("chunk=1, byteCount=9", () -> file.put(1, bytes, 0, 9));
            ourFault(
                    "leaves its chunk: position=" + (Chunks.BYTES - 1) + ", byteCount=2",
                    () -> file.read(Chunks.BYTES - 1, bytes, 0, 2));
            file.put(1, bytes, 0, 10);
        }
        ourFault("fileBytes=-1", () -> Chunks.count(-1));
        ourFault("position=-1", () -> Chunks.at(-1));
    }

    @Test
    void aCacheHasChunksOfOneSize() throws Exception {
        Path path = directory.resolve("cache");
        byte[] bytes = new byte[Chunks.BYTES + 1];

        refused(
                "bytes=-1",
                () -> ChunkCache.create(path, -1, FileReads.MAPPED, new TieredCounters()));
        try (ChunkCache cache = ChunkCache.create(path, 1, FileReads.MAPPED, new TieredCounters());
                Chunks chunks = cache.open(2L * Chunks.BYTES)) {
            ourFault(
                    "a chunk has other bytes: from=0, byteCount=0",
                    () -> chunks.put(0, bytes, 0, 0));
            ourFault("a chunk has other bytes", () -> chunks.put(0, bytes, 0, Chunks.BYTES + 1));
        }
    }

    @Test
    void anInputIsClosedOnce() throws Exception {
        LocalCopy copy = new LocalCopy(new LocalStorage(directory, false), "a", true);

        ourFault("closed that was not opened: inputs=0", copy::closed);
        ourFault("a copy appears that is here", copy::appeared);
    }

    private static void refused(String why, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    private static void ourFault(String why, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(AssertionError.class).hasMessageContaining(why);
    }
}
