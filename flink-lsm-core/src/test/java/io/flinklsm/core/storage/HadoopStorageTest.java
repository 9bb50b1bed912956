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
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract of a storage on Hadoop's view of the local file system. */
final class HadoopStorageTest extends StorageContractTest {

    @TempDir private Path directory;

    private final RawLocalFileSystem fileSystem = new RawLocalFileSystem();

    @Override
    protected Storage createStorage() throws IOException {
        fileSystem.initialize(URI.create("file:///"), new Configuration());
        return new HadoopStorage(
                fileSystem, new org.apache.hadoop.fs.Path(directory.resolve("store").toString()));
    }

    @AfterEach
    void close() throws IOException {
        fileSystem.close();
    }

    @Test
    void aDirectoryThatCannotBeMadeIsNamed() throws IOException {
        Files.createFile(directory.resolve("file"));

        assertThatThrownBy(
                        () ->
                                new HadoopStorage(
                                        fileSystem,
                                        new org.apache.hadoop.fs.Path(
                                                directory.resolve("file/store").toString())))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("file");
    }

    @Test
    void anAbortedOutputLeavesNothing() throws IOException {
        Storage storage = createStorage();
        try (StorageOutput output = storage.create("aborted")) {
            output.write(new byte[10], 0, 10);
        }

        try (Stream<Path> left = Files.list(directory.resolve("store"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void whatAKilledProcessLeftIsNoFileAndDoesNoHarm() throws IOException {
        Storage storage = createStorage();
        Files.write(directory.resolve("store/.file.unfinished"), new byte[5]);

        assertThat(storage.list()).isEmpty();
        try (StorageOutput output = storage.create("file")) {
            output.write(new byte[] {7}, 0, 1);
            output.finish();
        }

        assertThat(storage.list()).containsExactly("file");
        assertThat(storage.size("file")).isEqualTo(1);
    }

    @Test
    void keysInAUriAreNoPartOfADescription() {
        var path = new org.apache.hadoop.fs.Path("s3a://key:secret@bucket/dir/x.parquet");

        assertThat(HadoopStorage.display(path)).isEqualTo("s3a://bucket/dir/x.parquet");
    }
}
