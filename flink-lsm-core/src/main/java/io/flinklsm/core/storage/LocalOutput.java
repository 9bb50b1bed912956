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

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** A file of a {@link LocalStorage} being written, under its temporary name. */
final class LocalOutput implements StorageOutput {

    private static final int BUFFER_BYTES = 64 << 10;

    private final LocalStorage storage;
    private final String name;
    private final Path target;
    private final Path unfinished;
    // A stream, not a channel: an interrupt must not fail a flush half-way.
    private final FileOutputStream stream;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int buffered;
    private long position;
    private boolean closed;

    LocalOutput(LocalStorage storage, String name, Path target, Path unfinished)
            throws IOException {
        this.storage = storage;
        this.name = name;
        this.target = target;
        this.unfinished = unfinished;
        this.stream = new FileOutputStream(unfinished.toFile());
    }

    @Override
    public void write(byte[] bytes, int from, int byteCount) throws IOException {
        Objects.checkFromIndexSize(from, byteCount, bytes.length);
        checkOpen();
        if (byteCount > BUFFER_BYTES - buffered) {
            drain();
        }
        if (byteCount >= BUFFER_BYTES) {
            writeThrough(bytes, from, byteCount);
        } else {
            System.arraycopy(bytes, from, buffer, buffered, byteCount);
            buffered += byteCount;
        }
        position += byteCount;
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public void finish() throws IOException {
        checkOpen();
        drain();
        try {
            if (storage.fsync()) {
                stream.getFD().sync();
            }
            stream.close();
        } catch (IOException e) {
            throw named(e);
        }
        storage.publish(unfinished, target);
        closed = true;
        storage.forgetUnfinished(name);
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            stream.close();
        } finally {
            try {
                Files.deleteIfExists(unfinished);
            } finally {
                storage.forgetUnfinished(name);
            }
        }
    }

    private void drain() throws IOException {
        if (buffered > 0) {
            writeThrough(buffer, 0, buffered);
            buffered = 0;
        }
    }

    private void writeThrough(byte[] bytes, int from, int byteCount) throws IOException {
        try {
            stream.write(bytes, from, byteCount);
        } catch (IOException e) {
            throw named(e);
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("[" + target + "] output is finished or closed");
        }
    }

    private IOException named(IOException cause) {
        return new IOException(
                "["
                        + target
                        + "] cannot be written: position="
                        + position
                        + ", cause="
                        + cause.getMessage()
                        + "; check space and permissions of the directory.",
                cause);
    }
}
