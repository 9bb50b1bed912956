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
package io.flinklsm.core;

import io.flinklsm.core.checkpoint.CheckpointImage;
import java.io.IOException;

/**
 * A checkpoint between its two parts: every memtable is frozen, nothing is flushed. {@link
 * #complete} may run on any thread, beside writes, other checkpoints and {@link LsmStore#close}.
 * The files of the image stay until {@link #close}.
 */
public final class PendingCheckpoint implements AutoCloseable {

    PendingCheckpoint() {}

    public long checkpointId() {
        throw new UnsupportedOperationException();
    }

    /** Flushes what was frozen, and lists the files. Interruptible. */
    public CheckpointImage complete() throws IOException, InterruptedException {
        throw new UnsupportedOperationException();
    }

    /**
     * Releases the pin: files that no Version needs any more may be deleted. Idempotent; any
     * thread.
     */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
