package io.flinklsm.core.storage;

import java.io.IOException;

/**
 * A file being written. It exists for readers once {@link #finish} has returned; {@link #close} without
 * finish throws the bytes away. Confined to one thread.
 */
public interface StorageOutput extends AutoCloseable {

    void write(byte[] bytes, int from, int byteCount) throws IOException;

    /** Bytes written so far. */
    long position();

    /** Makes the file complete, durable as far as the storage can, and visible. */
    void finish() throws IOException;

    /** Aborts unless finished; idempotent. */
    @Override
    void close() throws IOException;
}
