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

import java.io.IOException;
import java.util.Objects;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;

/** A file of a {@link HadoopStorage} being written. */
final class HadoopOutput implements StorageOutput {

    private final HadoopStorage storage;
    private final String name;
    private final Path written;
    private final FSDataOutputStream stream;
    private long position;
    private boolean closed;

    HadoopOutput(HadoopStorage storage, String name, Path written, FSDataOutputStream stream) {
        this.storage = storage;
        this.name = name;
        this.written = written;
        this.stream = stream;
    }

    @Override
    public void write(byte[] bytes, int from, int byteCount) throws IOException {
        Objects.checkFromIndexSize(from, byteCount, bytes.length);
        checkOpen();
        try {
            stream.write(bytes, from, byteCount);
        } catch (IOException e) {
            throw HadoopStorage.failed(
                    storage.describe(name), "cannot be written at " + position, e);
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
        try {
            if (stream.hasCapability(StreamCapabilities.HSYNC)) {
                stream.hsync();
            }
            stream.close();
        } catch (IOException e) {
            throw HadoopStorage.failed(storage.describe(name), "cannot be finished", e);
        }
        storage.publish(written, name);
        closed = true;
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (stream.hasCapability(StreamCapabilities.ABORTABLE_STREAM)) {
                // Else an object store would publish what there is.
                stream.abort();
            } else {
                stream.close();
            }
        } finally {
            storage.abort(written, name);
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException(
                    "[" + storage.describe(name) + "] output is finished or closed");
        }
    }
}
