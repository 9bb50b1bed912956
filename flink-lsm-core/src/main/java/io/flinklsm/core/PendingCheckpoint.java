package io.flinklsm.core;

import io.flinklsm.core.checkpoint.CheckpointImage;
import java.io.IOException;

/**
 * A checkpoint between its two parts: every memtable is frozen, nothing is flushed. {@link #complete} may run on any
 * thread, beside writes, other checkpoints and {@link LsmStore#close}. The files of the image stay until {@link #close}.
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

    /** Releases the pin: files that no Version needs any more may be deleted. Idempotent; any thread. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
