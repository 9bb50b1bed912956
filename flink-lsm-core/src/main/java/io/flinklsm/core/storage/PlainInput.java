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

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A file of a {@link LocalStorage} that is read by system calls, one at a time: its pages count as
 * the system's cache, and never as memory of this process. An interrupt of the reading thread does
 * not close it.
 */
final class PlainInput implements StorageInput {

    private final Path path;
    private final long size;

    @GuardedBy("this")
    private final RandomAccessFile file;

    @GuardedBy("this")
    private boolean closed;

    private PlainInput(Path path, long size, RandomAccessFile file) {
        this.path = path;
        this.size = size;
        this.file = file;
    }

    /** Opens the file, which must not change any more in its length. */
    static PlainInput open(Path path) throws IOException {
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "r");
        try {
            return new PlainInput(path, file.length(), file);
        } catch (IOException | RuntimeException | Error e) {
            try {
                file.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    @Override
    public synchronized void readFully(long position, byte[] target, int at, int byteCount)
            throws IOException {
        Objects.checkFromIndexSize(at, byteCount, target.length);
        if (position < 0 || position > size - byteCount) {
            throw new EOFException(
                    "["
                            + path
                            + "] ends too early: position="
                            + position
                            + ", byteCount="
                            + byteCount
                            + ", size="
                            + size
                            + "; the file is damaged or not the one that was asked for.");
        }
        if (closed) {
            throw new ClosedInputException(
                    "[" + path + "] is closed: position=" + position + "; open it again");
        }
        file.seek(position);
        file.readFully(target, at, byteCount);
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public synchronized void close() throws IOException {
        if (!closed) {
            closed = true;
            file.close();
        }
    }
}
