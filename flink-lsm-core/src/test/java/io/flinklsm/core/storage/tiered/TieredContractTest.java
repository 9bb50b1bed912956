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

import io.flinklsm.core.check.Clock;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.storage.RetryPolicy;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageContractTest;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageOutput;
import io.flinklsm.core.testing.EarlyFiles;
import io.flinklsm.core.testing.FlakySource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** A tiered storage keeps what every storage keeps, with either placement. */
final class TieredContractTest {

    @Nested
    final class PlacementLocal extends StorageContractTest {
        @TempDir private Path directory;

        @Override
        protected Storage createStorage() throws IOException {
            return create(directory, 0);
        }
    }

    @Nested
    final class PlacementRemote extends StorageContractTest {
        @TempDir private Path directory;

        @Override
        protected Storage createStorage() throws IOException {
            return create(directory, 1 << 20);
        }
    }

    /** Files that take the place of remote ones, read where they were uploaded. */
    @Nested
    final class RemoteOutputs extends StorageContractTest {
        @TempDir private Path directory;

        @Override
        protected Storage createStorage() throws IOException {
            TieredStorage storage = create(directory, 1 << 20);
            storage.adopt("replaced", 10, 5, new FlakySource("s3://b/replaced", new byte[10]));
            return new Replacing(storage);
        }
    }

    private record Replacing(TieredStorage storage) implements Storage {

        @Override
        public StorageOutput create(String name) throws IOException {
            return storage.create(name, List.of("replaced"));
        }

        @Override
        public StorageInput open(String name) throws IOException {
            storage.evictAll();
            return storage.open(name);
        }

        @Override
        public boolean link(String name, Path file) throws IOException {
            return storage.link(name, file);
        }

        @Override
        public boolean linkTo(String name, Path target) throws IOException {
            return storage.linkTo(name, target);
        }

        @Override
        public long size(String name) throws IOException {
            return storage.size(name);
        }

        @Override
        public boolean exists(String name) throws IOException {
            return storage.exists(name);
        }

        @Override
        public void delete(String name) throws IOException {
            storage.delete(name);
        }

        @Override
        public List<String> list() throws IOException {
            return storage.list().stream().filter(name -> !name.equals("replaced")).toList();
        }

        @Override
        public String describe(String name) {
            return storage.describe(name);
        }
    }

    private static TieredStorage create(Path directory, long cacheBytes) throws IOException {
        return new TieredStorage(
                new LocalStorage(directory, false),
                directory,
                new TieredOptions(
                        cacheBytes, RetryPolicy.withDeadline(TimeUnit.SECONDS.toNanos(10))),
                Clock.system(),
                new Random(1),
                FetchMemory.UNLIMITED,
                new EarlyFiles());
    }
}
