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

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** The contract where Hadoop's file system is an object store: nothing is ever renamed. */
final class HadoopObjectStoreTest extends StorageContractTest {

    @TempDir private Path directory;

    private final RawLocalFileSystem fileSystem =
            new RawLocalFileSystem() {
                @Override
                public boolean hasPathCapability(
                        org.apache.hadoop.fs.Path path, String capability) {
                    return capability.equals(CommonPathCapabilities.ABORTABLE_STREAM);
                }

                @Override
                public boolean rename(
                        org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to) {
                    throw new AssertionError("a rename is a copy: " + from);
                }
            };

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
}
