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
package io.flinklsm.statebackend;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.ForwardingStreams;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RunnableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.CheckpointStateOutputStream;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.CheckpointedStateScope;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A canonical savepoint of a state that is many times the slot's memory, to a file system that is
 * as slow as can be, while the operator and its neighbour in the slot write as fast as they can.
 * How to run it at full size is in docs/testing.md.
 */
final class SavepointBesideWritersTest {

    private static final long MIB = 1 << 20;
    private static final long STATE_BYTES = Long.getLong("flinklsm.soak.state-mb", 32) * MIB;
    private static final long SLOT_BYTES = Long.getLong("flinklsm.soak.slot-mb", 8) * MIB;
    private static final int VALUE_BYTES = 1000;
    private static final int KEY_GROUPS = 16;

    /** What each writer writes while the savepoint stands still: several times the memory. */
    private static final long BESIDE_BYTES = 3 * SLOT_BYTES;

    @TempDir Path root;

    @Test
    void savepointShowsItsMomentAndTheWritersDoNotFeelIt() throws Exception {
        long keys = STATE_BYTES / VALUE_BYTES;
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try (BackendHarness harness = new BackendHarness(root, KEY_GROUPS)) {
            Operator saved = new Operator(harness, keys, List.of());
            Operator neighbour = new Operator(harness, keys / 4, List.of());
            saved.writeAll(0);
            neighbour.writeAll(0);

            CountDownLatch written = new CountDownLatch(2);
            CountDownLatch savepointIsDone = new CountDownLatch(1);
            RunnableFuture<SnapshotResult<KeyedStateHandle>> savepoint =
                    harness.beginCanonicalSavepoint(
                            saved.backend, 1, new HeldStreams(harness.streams(1), written));
            Future<?> firstWriter =
                    threads.submit(() -> saved.writeUntil(savepointIsDone, written));
            Future<?> secondWriter =
                    threads.submit(() -> neighbour.writeUntil(savepointIsDone, written));
            KeyedStateHandle handle;
            try {
                threads.execute(savepoint);
                handle = savepoint.get().getJobManagerOwnedSnapshot();
            } finally {
                written.countDown();
                written.countDown();
                savepointIsDone.countDown();
            }
            firstWriter.get();
            secondWriter.get();
            harness.dispose(saved.backend);
            harness.dispose(neighbour.backend);

            Operator restored = new Operator(harness, keys, List.of(handle));
            assertThat(handle.getStateSize()).isGreaterThan(STATE_BYTES);
            for (long key = 0; key < keys; key++) {
                restored.check(key, 0);
            }
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** One operator of the slot: used by one thread at a time. */
    private static final class Operator {

        private final AbstractKeyedStateBackend<Long> backend;
        private final ValueState<byte[]> state;
        private final long keys;

        Operator(BackendHarness harness, long keys, List<KeyedStateHandle> handles)
                throws Exception {
            this.keys = keys;
            backend =
                    harness.restore(
                            smallSlot(), LongSerializer.INSTANCE, harness.allKeyGroups(), handles);
            state =
                    backend.getPartitionedState(
                            VoidNamespace.INSTANCE,
                            VoidNamespaceSerializer.INSTANCE,
                            new ValueStateDescriptor<>(
                                    "bytes", BytePrimitiveArraySerializer.INSTANCE));
        }

        private static StateBackend smallSlot() {
            Configuration config = new Configuration();
            config.set(LsmBackendOptions.FIXED_MEMORY_PER_SLOT, new MemorySize(SLOT_BYTES));
            return new LsmStateBackend()
                    .configure(config, SavepointBesideWritersTest.class.getClassLoader());
        }

        void writeAll(int version) throws IOException {
            for (long key = 0; key < keys; key++) {
                write(key, version);
            }
        }

        /** Counts down once it has written enough, and goes on until the savepoint is done. */
        Void writeUntil(CountDownLatch savepointIsDone, CountDownLatch written) throws IOException {
            try {
                Random random = new Random(keys);
                for (long bytes = 0; bytes < BESIDE_BYTES; bytes += VALUE_BYTES) {
                    write(random.nextLong(keys), 1);
                }
                written.countDown();
                while (savepointIsDone.getCount() > 0) {
                    write(random.nextLong(keys), 1);
                }
                return null;
            } catch (Throwable failure) {
                // No reader waits for a writer that has failed.
                written.countDown();
                throw failure;
            }
        }

        private void write(long key, int version) throws IOException {
            backend.setCurrentKey(key);
            state.update(value(key, version));
        }

        void check(long key, int version) throws IOException {
            backend.setCurrentKey(key);
            assertThat(state.value()).as("key %d", key).isEqualTo(value(key, version));
        }

        private static byte[] value(long key, int version) {
            byte[] bytes = new byte[VALUE_BYTES];
            new Random(key).nextBytes(bytes);
            ByteBuffer.wrap(bytes).putInt(version);
            return bytes;
        }
    }

    /**
     * Streams that take the first bytes and no more until the writers have written enough. A writer
     * that waits for what the savepoint holds would wait for ever.
     */
    private static final class HeldStreams extends ForwardingStreams {
        private final CountDownLatch mayGoOn;

        HeldStreams(CheckpointStreamFactory streams, CountDownLatch mayGoOn) {
            super(streams);
            this.mayGoOn = mayGoOn;
        }

        @Override
        public CheckpointStateOutputStream createCheckpointStateOutputStream(
                CheckpointedStateScope scope) throws IOException {
            return new HeldStream(super.createCheckpointStateOutputStream(scope), mayGoOn);
        }
    }

    private static final class HeldStream extends CheckpointStateOutputStream {

        /** Behind the header, in the middle of the rows. */
        private static final int HELD_FROM_BYTES = 1 << 16;

        private final CheckpointStateOutputStream stream;
        private final CountDownLatch mayGoOn;
        private long bytes;

        HeldStream(CheckpointStateOutputStream stream, CountDownLatch mayGoOn) {
            this.stream = stream;
            this.mayGoOn = mayGoOn;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] source, int from, int byteCount) throws IOException {
            bytes += byteCount;
            if (bytes > HELD_FROM_BYTES) {
                try {
                    mayGoOn.await();
                } catch (InterruptedException e) {
                    throw new IOException("interrupted", e);
                }
            }
            stream.write(source, from, byteCount);
        }

        @Override
        public long getPos() throws IOException {
            return stream.getPos();
        }

        @Override
        public void flush() throws IOException {
            stream.flush();
        }

        @Override
        public void sync() throws IOException {
            stream.sync();
        }

        @Override
        public StreamStateHandle closeAndGetHandle() throws IOException {
            return stream.closeAndGetHandle();
        }

        @Override
        public void close() throws IOException {
            stream.close();
        }
    }
}
