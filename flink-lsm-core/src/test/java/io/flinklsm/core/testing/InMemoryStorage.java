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
package io.flinklsm.core.testing;

import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageNames;
import io.flinklsm.core.storage.StorageOutput;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Files as byte arrays. Safe for any thread. */
public final class InMemoryStorage implements Storage {

    private final Map<String, byte[]> files = new ConcurrentHashMap<>();
    private final Set<String> unfinished = ConcurrentHashMap.newKeySet();

    /** A copy of a file's bytes. */
    public byte[] bytes(String name) throws NoSuchFileException {
        return file(name).clone();
    }

    /** Puts a file there, or another content in its place, as no engine ever would. */
    public void put(String name, byte[] bytes) {
        files.put(StorageNames.check(name), bytes.clone());
    }

    @Override
    public StorageOutput create(String name) throws IOException {
        StorageNames.check(name);
        if (!unfinished.add(name)) {
            throw new FileAlreadyExistsException(describe(name));
        }
        // After the name is taken: another writer may just have finished the file.
        if (files.containsKey(name)) {
            unfinished.remove(name);
            throw new FileAlreadyExistsException(describe(name));
        }
        return new Output(name);
    }

    @Override
    public StorageInput open(String name) throws IOException {
        return new Input(describe(name), file(name));
    }

    @Override
    public long size(String name) throws IOException {
        return file(name).length;
    }

    @Override
    public boolean exists(String name) {
        return files.containsKey(StorageNames.check(name));
    }

    @Override
    public void delete(String name) {
        files.remove(StorageNames.check(name));
    }

    @Override
    public List<String> list() {
        return new ArrayList<>(files.keySet());
    }

    @Override
    public String describe(String name) {
        return "memory:" + StorageNames.check(name);
    }

    private byte[] file(String name) throws NoSuchFileException {
        byte[] bytes = files.get(StorageNames.check(name));
        if (bytes == null) {
            throw new NoSuchFileException(describe(name));
        }
        return bytes;
    }

    private final class Output implements StorageOutput {
        private final String name;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean closed;

        Output(String name) {
            this.name = name;
        }

        @Override
        public void write(byte[] source, int from, int byteCount) {
            checkOpen();
            bytes.write(source, from, byteCount);
        }

        @Override
        public long position() {
            return bytes.size();
        }

        @Override
        public void finish() {
            checkOpen();
            closed = true;
            files.put(name, bytes.toByteArray());
            unfinished.remove(name);
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                unfinished.remove(name);
            }
        }

        private void checkOpen() {
            if (closed) {
                throw new IllegalStateException("output is finished or closed: name=" + name);
            }
        }
    }

    private static final class Input implements StorageInput {
        private final String description;
        private final byte[] bytes;
        private volatile boolean closed;

        Input(String description, byte[] bytes) {
            this.description = description;
            this.bytes = bytes;
        }

        @Override
        public void readFully(long position, byte[] target, int at, int byteCount)
                throws IOException {
            Objects.checkFromIndexSize(at, byteCount, target.length);
            if (closed) {
                throw new IOException("[" + description + "] is closed: position=" + position);
            }
            if (position < 0 || position > bytes.length - byteCount) {
                throw new EOFException(
                        "["
                                + description
                                + "] ends too early: position="
                                + position
                                + ", byteCount="
                                + byteCount
                                + ", size="
                                + bytes.length);
            }
            System.arraycopy(bytes, (int) position, target, at, byteCount);
        }

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
