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
package io.flinklsm.statebackend.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.storage.RetryPolicy;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.runtime.state.PhysicalStateHandleID;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.junit.jupiter.api.Test;

/** What file system plug-ins do, as the rest of the backend is told of it. */
final class HandleSourceTest {

    private static final Duration LONG = Duration.ofMinutes(10);

    private interface Step {
        void run();
    }

    private static final Step NOTHING = () -> {};

    /** Found behind Flink's native S3 plugin: each broken connection failed the task. */
    @Test
    void uncheckedExceptionOfAPluginIsTriedAgain() {
        Step broken =
                () -> {
                    throw new IllegalStateException("The target server failed to respond");
                };

        for (HandleSource source :
                new HandleSource[] {source(broken, NOTHING, LONG), source(NOTHING, broken, LONG)}) {
            assertThatThrownBy(() -> source.readFully(0, new byte[2], 0, 2))
                    .isInstanceOfSatisfying(
                            IOException.class,
                            e -> assertThat(RetryPolicy.isWorthRetrying(e)).isTrue())
                    .hasMessageContaining("failed to respond");
        }
    }

    /** Found behind Flink's S3 plugins, which ask the server when they open a file. */
    @Test
    void openingThatTakesLongerThanTheTimeoutIsNoAnswer() {
        Duration timeout = Duration.ofMillis(5);
        HandleSource source =
                source(
                        () -> {
                            long begin = System.nanoTime();
                            while (System.nanoTime() - begin <= timeout.toNanos()) {
                                LockSupport.parkNanos(timeout.toNanos());
                            }
                        },
                        NOTHING,
                        timeout);

        assertThatThrownBy(() -> source.readFully(0, new byte[2], 0, 2))
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessageContaining("no answer within 5 ms");
    }

    @Test
    void rangeIsRead() throws IOException {
        byte[] target = new byte[4];

        source(NOTHING, NOTHING, LONG).readFully(1, target, 1, 2);

        assertThat(target).containsExactly(0, 11, 12, 0);
    }

    private static HandleSource source(Step onOpen, Step onRead, Duration timeout) {
        return new HandleSource(
                new StreamStateHandle() {
                    private static final long serialVersionUID = 1L;

                    @Override
                    public FSDataInputStream openInputStream() {
                        onOpen.run();
                        return new Bytes(onRead);
                    }

                    @Override
                    public Optional<byte[]> asBytesIfInMemory() {
                        return Optional.empty();
                    }

                    @Override
                    public PhysicalStateHandleID getStreamStateHandleID() {
                        return new PhysicalStateHandleID("file");
                    }

                    @Override
                    public void discardState() {}

                    @Override
                    public long getStateSize() {
                        return 4;
                    }
                },
                new CloseableRegistry(),
                timeout,
                Runnable::run);
    }

    private static final class Bytes extends FSDataInputStream {
        private final ByteArrayInputStream in =
                new ByteArrayInputStream(new byte[] {10, 11, 12, 13});
        private final Step onRead;

        Bytes(Step onRead) {
            this.onRead = onRead;
        }

        @Override
        public void seek(long position) {
            in.reset();
            assertThat(in.skip(position)).isEqualTo(position);
        }

        @Override
        public long getPos() {
            return 4L - in.available();
        }

        @Override
        public int read() {
            onRead.run();
            return in.read();
        }
    }
}
