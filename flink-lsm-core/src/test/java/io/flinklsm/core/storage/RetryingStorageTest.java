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

import io.flinklsm.core.check.Clock;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.HostileStorage.Call;
import io.flinklsm.core.testing.InMemoryStorage;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The contract of a storage, over one that fails each call once; and what is given up. */
final class RetryingStorageTest extends StorageContractTest {

    private static final RetryPolicy PATIENT =
            new RetryPolicy(1, 1_000, TimeUnit.MINUTES.toNanos(10));

    private final InMemoryStorage disk = new InMemoryStorage();
    private final HostileStorage hostile = new HostileStorage(disk);

    @Override
    protected Storage createStorage() {
        return retrying(new HostileStorage(new InMemoryStorage()), PATIENT);
    }

    private static Storage retrying(Storage storage, RetryPolicy policy) {
        return new RetryingStorage(storage, policy, Clock.system(), new Random(1));
    }

    @Test
    void eachCallMayFailOnceButThoseThatWrite() throws IOException {
        disk.put("file", new byte[] {1, 2, 3});
        Storage storage = retrying(hostile, PATIENT);

        hostile.failCall(1);
        assertThat(storage.size("file")).isEqualTo(3);
        hostile.failCall(1);
        assertThat(storage.exists("file")).isTrue();
        hostile.failCall(1);
        assertThat(storage.list()).containsExactly("file");
        hostile.failCall(1);
        try (StorageInput input = storage.open("file")) {
            byte[] target = new byte[3];
            for (int failing = 1; failing <= 3; failing++) {
                // The read, and the opening of another input after it.
                hostile.failCall(1);
                input.readFully(0, target, 0, 3);
                assertThat(target).containsExactly(1, 2, 3);
            }
        }
        hostile.failCall(1);
        storage.delete("file");
        assertThat(disk.list()).isEmpty();
        assertThat(hostile.injectedCount()).isEqualTo(8);
        hostile.assertNoOpenHandles();
    }

    @Test
    void whatWasBegunIsNotWrittenAgain() throws IOException {
        Storage storage = retrying(hostile, PATIENT);
        try (StorageOutput output = storage.create("file")) {
            hostile.failCall(1);
            assertThatThrownBy(() -> output.write(new byte[1], 0, 1))
                    .hasMessageContaining(HostileStorage.INJECTED);
        }
        assertThat(disk.list()).isEmpty();
    }

    @Test
    void deadlineEndsItWithWhatWasTried() {
        disk.put("file", new byte[3]);
        hostile.failAll(Call.SIZE, true);
        // A millisecond goes by at each look.
        AtomicLong millis = new AtomicLong();
        Clock clock =
                new Clock() {
                    @Override
                    public long currentTimeMillis() {
                        return millis.incrementAndGet();
                    }

                    @Override
                    public long nanoTime() {
                        return TimeUnit.MILLISECONDS.toNanos(millis.incrementAndGet());
                    }
                };
        Storage storage =
                new RetryingStorage(
                        hostile, new RetryPolicy(1, 1_000, 20_000_000), clock, new Random(1));

        assertThatThrownBy(() -> storage.size("file"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("could not be looked at within the time: attempts=")
                .hasMessageContaining(HostileStorage.INJECTED);
        assertThat(hostile.calls(Call.SIZE)).isGreaterThan(1);
    }

    @Test
    void whatWillNotPassIsToldAtOnce() {
        Storage storage = retrying(hostile, PATIENT);

        assertThatThrownBy(() -> storage.open("nothing")).isInstanceOf(NoSuchFileException.class);

        assertThat(hostile.calls()).isEqualTo(1);
    }

    @Test
    void interruptEndsTheWaiting() {
        disk.put("file", new byte[3]);
        hostile.failAll(Call.SIZE, true);
        long hour = TimeUnit.HOURS.toNanos(1);
        Storage storage = retrying(hostile, new RetryPolicy(hour, hour, 10 * hour));

        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> storage.size("file"))
                .isInstanceOf(java.io.InterruptedIOException.class);
        assertThat(Thread.interrupted()).isTrue();
    }
}
