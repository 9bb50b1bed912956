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
package io.flinklsm.inspect.savepoint;

import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import java.io.InputStream;

/** A part of a file as a stream with a buffer and marks. Does not own the file. One thread. */
final class PositionedStream extends InputStream {

    private static final int BUFFER_BYTES = 256 << 10;

    private final StorageInput file;
    private final long end;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private long bufferStart;
    private int bufferLength;
    private int at;
    private long marked = -1;

    PositionedStream(StorageInput file, long start, long end) {
        this.file = file;
        this.end = end;
        this.bufferStart = start;
    }

    private boolean fill() throws IOException {
        long position = bufferStart + at;
        int length = (int) Math.min(buffer.length, end - position);
        if (length <= 0) {
            return false;
        }
        file.readFully(position, buffer, 0, length);
        bufferStart = position;
        bufferLength = length;
        at = 0;
        return true;
    }

    @Override
    public int read() throws IOException {
        return at < bufferLength || fill() ? buffer[at++] & 0xFF : -1;
    }

    @Override
    public int read(byte[] target, int from, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (at == bufferLength && !fill()) {
            return -1;
        }
        int count = Math.min(length, bufferLength - at);
        System.arraycopy(buffer, at, target, from, count);
        at += count;
        return count;
    }

    @Override
    public long skip(long count) {
        long skipped = Math.max(0, Math.min(count, end - (bufferStart + at)));
        if (skipped <= bufferLength - at) {
            at += (int) skipped;
        } else {
            bufferStart += at + skipped;
            bufferLength = 0;
            at = 0;
        }
        return skipped;
    }

    @Override
    public int available() {
        return (int) Math.min(Integer.MAX_VALUE, end - (bufferStart + at));
    }

    @Override
    public boolean markSupported() {
        return true;
    }

    @Override
    public synchronized void mark(int limit) {
        marked = bufferStart + at;
    }

    @Override
    public synchronized void reset() throws IOException {
        if (marked < 0) {
            throw new IOException("there is no mark");
        }
        if (marked >= bufferStart) {
            at = (int) (marked - bufferStart);
        } else {
            bufferStart = marked;
            bufferLength = 0;
            at = 0;
        }
    }
}
