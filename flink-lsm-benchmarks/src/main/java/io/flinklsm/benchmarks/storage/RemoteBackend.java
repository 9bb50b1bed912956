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
package io.flinklsm.benchmarks.storage;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.RunnableFuture;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.state.CheckpointableKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.util.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * The backend of one subtask, with a value of 200 bytes for each key. A value is a function of its
 * key, so every answer can be checked. Confined to one thread.
 */
final class RemoteBackend implements AutoCloseable {

    /** Bytes of a key and its value. */
    static final int ENTRY_BYTES = Long.BYTES + 200;

    private final RemoteJob job;
    private final CheckpointableKeyedStateBackend<Long> backend;
    private final AutoCloseable slot;
    private final ValueState<byte[]> state;

    RemoteBackend(RemoteJob job, CheckpointableKeyedStateBackend<Long> backend, AutoCloseable slot)
            throws Exception {
        this.job = job;
        this.backend = backend;
        this.slot = slot;
        state =
                backend.getPartitionedState(
                        VoidNamespace.INSTANCE,
                        VoidNamespaceSerializer.INSTANCE,
                        new ValueStateDescriptor<>(
                                "remote", BytePrimitiveArraySerializer.INSTANCE));
    }

    /** Whether a key belongs to this subtask. */
    boolean owns(long key) {
        return backend.getKeyGroupRange()
                .contains(KeyGroupRangeAssignment.assignToKeyGroup(key, RemoteJob.KEY_GROUPS));
    }

    void put(long key) throws Exception {
        backend.setCurrentKey(key);
        state.update(valueOf(key));
    }

    /**
     * Gets the value of a key.
     *
     * @throws IllegalStateException if it is another or none
     */
    void get(long key) throws Exception {
        backend.setCurrentKey(key);
        @Nullable byte[] value = state.value();
        if (value == null || ByteBuffer.wrap(value).getLong() != key) {
            throw new IllegalStateException(
                    "[storage] a wrong answer: key="
                            + key
                            + ", bytes="
                            + (value == null ? "none" : value.length));
        }
    }

    /** The key, and bytes that no codec makes shorter. */
    private static byte[] valueOf(long key) {
        byte[] value = new byte[ENTRY_BYTES - Long.BYTES];
        new SplittableRandom(key).nextBytes(value);
        ByteBuffer.wrap(value).putLong(key);
        return value;
    }

    /** Takes a checkpoint and confirms it. */
    KeyedStateHandle checkpoint() throws Exception {
        long id = job.nextCheckpointId();
        RunnableFuture<SnapshotResult<KeyedStateHandle>> snapshot =
                backend.snapshot(
                        id,
                        id,
                        job.streams(),
                        CheckpointOptions.forCheckpointWithDefaultLocation());
        snapshot.run();
        @Nullable KeyedStateHandle handle = snapshot.get().getJobManagerOwnedSnapshot();
        if (handle == null) {
            throw new IllegalStateException("[checkpoint " + id + "] holds nothing: " + backend);
        }
        job.register(handle, id);
        if (backend instanceof CheckpointListener listener) {
            listener.notifyCheckpointComplete(id);
        }
        return handle;
    }

    @Override
    public void close() throws Exception {
        IOUtils.closeAll(backend::dispose, backend, slot);
    }
}
