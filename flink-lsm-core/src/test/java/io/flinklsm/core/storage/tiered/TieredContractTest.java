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
import java.io.IOException;
import java.nio.file.Path;
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

    private static Storage create(Path directory, long cacheBytes) throws IOException {
        return new TieredStorage(
                new LocalStorage(directory, false),
                directory,
                new TieredOptions(
                        cacheBytes, RetryPolicy.withDeadline(TimeUnit.SECONDS.toNanos(10))),
                Clock.system(),
                new Random(1));
    }
}
