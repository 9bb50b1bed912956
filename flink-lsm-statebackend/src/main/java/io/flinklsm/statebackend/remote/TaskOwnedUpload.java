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

import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.tiered.EarlyUpload;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.runtime.execution.Environment;
import org.apache.flink.runtime.state.CheckpointStateOutputStream;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.util.IOUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Uploads files of a store into the checkpoint storage's directory for what tasks own: the job
 * manager does not know them, so this backend deletes them, and a killed process leaves them
 * behind. A checkpoint that comes to such a file has the storage copy it, or uploads it as it does
 * any other. Safe for any thread.
 */
public final class TaskOwnedUpload implements EarlyUpload {

    private static final Logger LOG = LoggerFactory.getLogger(TaskOwnedUpload.class);

    private static final int COPY_BYTES = 64 << 10;

    private final Environment environment;
    private final CloseableRegistry registry;
    private final Duration requestTimeout;
    private final Executor executor;

    /**
     * @param registry ends what is under way when it is closed
     * @param executor deletes files, and ends requests that take too long
     */
    public TaskOwnedUpload(
            Environment environment,
            CloseableRegistry registry,
            Duration requestTimeout,
            Executor executor) {
        this.environment = environment;
        this.registry = registry;
        this.requestTimeout = requestTimeout;
        this.executor = executor;
    }

    @Override
    public Uploaded upload(String name, StorageInput content) throws IOException {
        CheckpointStateOutputStream out =
                environment.getCheckpointStorageAccess().createTaskOwnedStateStream();
        StreamStateHandle handle = null;
        try {
            registry.registerCloseable(out);
            byte[] buffer = new byte[(int) Math.min(COPY_BYTES, content.size())];
            for (long position = 0; position < content.size(); ) {
                int count = (int) Math.min(buffer.length, content.size() - position);
                content.readFully(position, buffer, 0, count);
                out.write(buffer, 0, count);
                position += count;
            }
            if (!registry.unregisterCloseable(out)) {
                throw new IOException(
                        "["
                                + name
                                + "] the task is being stopped, so it is not uploaded;"
                                + " there is nothing to do");
            }
            handle = out.closeAndGetHandle();
        } finally {
            if (handle == null) {
                registry.unregisterCloseable(out);
                IOUtils.closeQuietly(out);
            }
        }
        if (handle == null || handle.asBytesIfInMemory().isPresent()) {
            throw new IOException(
                    "["
                            + name
                            + "] the checkpoint storage keeps what tasks own in memory; set"
                            + " execution.checkpointing.dir, or the file stays on the local disk");
        }
        return new Early(handle, new HandleSource(handle, registry, requestTimeout, executor));
    }

    /** A file that this backend owns. */
    final class Early implements Uploaded {

        private final StreamStateHandle handle;
        private final HandleSource source;

        Early(StreamStateHandle handle, HandleSource source) {
            this.handle = handle;
            this.source = source;
        }

        StreamStateHandle handle() {
            return handle;
        }

        @Override
        public void readFully(long position, byte[] target, int at, int byteCount)
                throws IOException {
            source.readFully(position, target, at, byteCount);
        }

        @Override
        public String describe() {
            return source.describe();
        }

        @Override
        public void delete() {
            try {
                executor.execute(this::discard);
            } catch (RejectedExecutionException e) {
                discard();
            }
        }

        private void discard() {
            try {
                handle.discardState();
            } catch (Exception e) {
                LOG.warn("[{}] a file that was uploaded early is left behind", describe(), e);
            }
        }
    }
}
