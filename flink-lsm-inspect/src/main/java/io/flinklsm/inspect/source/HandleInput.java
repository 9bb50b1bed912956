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
package io.flinklsm.inspect.source;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.storage.StorageInput;
import java.io.EOFException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.core.fs.FSDataInputStream;

/**
 * A file of a checkpoint, or a part of one, open over Flink's file systems; what is read in order
 * is read ahead. Safe for any thread.
 */
final class HandleInput implements StorageInput {

    private final String location;
    private final long start;
    private final long size;
    private final AtomicLong bytesRead;

    @GuardedBy("this")
    private final FSDataInputStream in;

    @GuardedBy("this")
    private final ReadAhead ahead;

    /**
     * @param location where the file really is; what errors call it
     * @param start where its bytes begin in the stream
     */
    HandleInput(
            FSDataInputStream in, String location, long start, long size, AtomicLong bytesRead) {
        this.in = in;
        this.location = location;
        this.start = start;
        this.size = size;
        this.bytesRead = bytesRead;
        this.ahead = new ReadAhead(this::request, size);
    }

    @Override
    public synchronized void readFully(long position, byte[] target, int at, int byteCount)
            throws IOException {
        if (position < 0 || position > size - byteCount) {
            throw tooShort(position, byteCount);
        }
        ahead.readFully(position, target, at, byteCount);
    }

    private void request(long position, byte[] target, int at, int byteCount) throws IOException {
        FSDataInputStream stream;
        synchronized (this) {
            stream = in;
        }
        int read =
                TimeLimit.call(
                        location, () -> read(stream, start + position, target, at, byteCount));
        if (read < byteCount) {
            throw tooShort(position, byteCount);
        }
        bytesRead.addAndGet(byteCount);
    }

    private static int read(
            FSDataInputStream stream, long position, byte[] target, int at, int byteCount)
            throws IOException {
        stream.seek(position);
        int done = 0;
        while (done < byteCount) {
            int count = stream.read(target, at + done, byteCount - done);
            if (count < 0) {
                break;
            }
            done += count;
        }
        return done;
    }

    /** Where the file really is. */
    String location() {
        return location;
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
    public synchronized void close() throws IOException {
        ahead.close();
        FSDataInputStream stream = in;
        TimeLimit.run(location, stream::close);
    }
}
