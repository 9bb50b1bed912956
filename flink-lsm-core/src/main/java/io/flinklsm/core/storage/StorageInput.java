package io.flinklsm.core.storage;

import java.io.IOException;

/** An open file, read at any position by any thread. Whoever opened it closes it. */
public interface StorageInput extends AutoCloseable {

    /** @throws java.io.EOFException if the file ends before {@code byteCount} bytes; names the file */
    void readFully(long position, byte[] target, int at, int byteCount) throws IOException;

    long size();

    @Override
    void close() throws IOException;
}
