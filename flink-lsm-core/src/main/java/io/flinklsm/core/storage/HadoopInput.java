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

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.fs.FSDataInputStream;

/**
 * A file of a {@link HadoopStorage}, read at any place by any thread. Readers are counted, so that
 * {@link #close} never closes the stream under one of them: the last to leave does it.
 */
final class HadoopInput implements StorageInput {

    /** In {@link #users}: no new readers. The bits below count the readers. */
    private static final int CLOSED = 1 << 30;

    private static final int RELEASED = CLOSED | Integer.MIN_VALUE;

    private final String location;
    private final long size;
    private final FSDataInputStream stream;
    private final AtomicInteger users = new AtomicInteger();

    HadoopInput(String location, long size, FSDataInputStream stream) {
        this.location = location;
        this.size = size;
        this.stream = stream;
    }

    @Override
    public void readFully(long position, byte[] target, int at, int byteCount) throws IOException {
        Objects.checkFromIndexSize(at, byteCount, target.length);
        if (position < 0 || position > size - byteCount) {
            throw tooShort(position, byteCount);
        }
        if ((users.incrementAndGet() & CLOSED) != 0) {
            leave();
            throw new IOException(
                    "[" + location + "] is closed: position=" + position + "; open it again");
        }
        try {
            readWhatever(position, target, at, byteCount);
        } finally {
            leave();
        }
    }

    /**
     * An interrupt is for the reader, not for the file: it would break the connection, and with it
     * what other threads read.
     */
    private void readWhatever(long position, byte[] target, int at, int byteCount)
            throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    stream.readFully(position, target, at, byteCount);
                    return;
                } catch (SocketTimeoutException e) {
                    throw HadoopStorage.failed(location, "cannot be read at " + position, e);
                } catch (InterruptedIOException | ClosedByInterruptException e) {
                    // Again, after the interrupt is taken note of.
                    interrupted = true;
                    Thread.interrupted();
                } catch (EOFException e) {
                    EOFException known = tooShort(position, byteCount);
                    known.initCause(e);
                    throw known;
                } catch (IOException e) {
                    throw HadoopStorage.failed(location, "cannot be read at " + position, e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private EOFException tooShort(long position, int byteCount) {
        return new EOFException(
                "["
                        + location
                        + "] ends too early: position="
                        + position
                        + ", byteCount="
                        + byteCount
                        + ", size="
                        + size
                        + "; the file is damaged or not the one that was asked for.");
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void close() throws IOException {
        int seen = users.getAndUpdate(count -> count | CLOSED);
        if (seen == 0) {
            release();
        }
    }

    private void leave() throws IOException {
        if (users.decrementAndGet() == CLOSED) {
            release();
        }
    }

    /** Runs once: a reader that comes after the close leaves again, so the count may pass by. */
    private void release() throws IOException {
        if (users.compareAndSet(CLOSED, RELEASED)) {
            stream.close();
        }
    }
}
