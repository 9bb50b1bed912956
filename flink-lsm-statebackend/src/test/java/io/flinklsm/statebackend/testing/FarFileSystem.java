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
package io.flinklsm.statebackend.testing;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.core.fs.BlockLocation;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.ICloseableRegistry;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.PathsCopyingFileSystem;
import org.apache.flink.core.fs.local.LocalFileSystem;

/**
 * The local file system, under the scheme {@code far}, so that no code takes a short cut to its
 * files. It counts reads, and each read may be slow or fail. It copies files itself when it is told
 * to. One for the whole process.
 */
public final class FarFileSystem extends FileSystem implements PathsCopyingFileSystem {

    public static final String SCHEME = "far";

    /** What becomes of a read. */
    @FunctionalInterface
    public interface Behaviour {
        /**
         * Throws, waits, or returns for the read to be done.
         *
         * @param request counted from 1 since {@link #behave}
         */
        void on(Path file, int request) throws IOException;
    }

    /** Copies one file; what it throws fails all of the call. */
    @FunctionalInterface
    public interface Copier {
        void copy(java.nio.file.Path from, java.nio.file.Path to) throws IOException;
    }

    private static final AtomicReference<Copier> COPIER = new AtomicReference<>();
    private static final AtomicInteger COPY_CALLS = new AtomicInteger();
    private static final AtomicInteger COPIED_FILES = new AtomicInteger();

    private static final Behaviour SOUND = (file, request) -> {};

    private static final AtomicReference<Behaviour> BEHAVIOUR = new AtomicReference<>(SOUND);
    private static final AtomicInteger REQUESTS = new AtomicInteger();
    private static final AtomicLong READ_BYTES = new AtomicLong();

    private final LocalFileSystem local = LocalFileSystem.getSharedInstance();

    /** Files are read so from now on; counting begins anew. */
    public static void behave(Behaviour behaviour) {
        REQUESTS.set(0);
        READ_BYTES.set(0);
        BEHAVIOUR.set(behaviour);
        COPIER.set(null);
        COPY_CALLS.set(0);
        COPIED_FILES.set(0);
    }

    /** From now on this file system says that it can copy files, until {@link #behave}. */
    public static void copyBy(Copier copier) {
        COPIER.set(copier);
    }

    /** Like {@link #copyBy}, and does it. */
    public static void copy() {
        copyBy((from, to) -> Files.copy(from, to));
    }

    /** How often files were to be copied. */
    public static int copyCalls() {
        return COPY_CALLS.get();
    }

    public static int copiedFiles() {
        return COPIED_FILES.get();
    }

    @Override
    public boolean canCopyPaths(Path from, Path to) {
        return COPIER.get() != null;
    }

    @Override
    public void copyFiles(List<CopyRequest> requests, ICloseableRegistry closeables)
            throws IOException {
        COPY_CALLS.incrementAndGet();
        for (CopyRequest request : requests) {
            java.nio.file.Path from = near(request.getSource());
            java.nio.file.Path to = near(request.getDestination());
            Files.createDirectories(to.getParent());
            COPIER.get().copy(from, to);
            COPIED_FILES.incrementAndGet();
        }
    }

    /** Files are read at once from now on; counting begins anew. */
    public static void behave() {
        behave(SOUND);
    }

    /** How many requests were made. */
    public static int requests() {
        return REQUESTS.get();
    }

    public static long readBytes() {
        return READ_BYTES.get();
    }

    /** The local file or directory as one that is far away. */
    public static Path far(java.nio.file.Path path) {
        return new Path(URI.create(SCHEME + "://" + path.toUri().getRawPath()));
    }

    /** Where a far file really is. */
    public static java.nio.file.Path near(Path path) {
        return java.nio.file.Path.of(path.toUri().getPath());
    }

    /** Whether it is an SSTable or another shared file, and not a manifest or meta file. */
    public static boolean isShared(Path path) {
        return path.getParent().getName().equals("shared");
    }

    private static Path local(Path path) {
        return new Path("file", null, path.toUri().getPath());
    }

    @Override
    public FSDataInputStream open(Path path) throws IOException {
        return new FarStream(path, local.open(local(path)));
    }

    /** A request is made by the first read; closing the stream ends it, as it does on a network. */
    private static final class FarStream extends FSDataInputStream {

        private final Path path;
        private final FSDataInputStream in;
        private boolean asked;

        // Guarded by this.
        private Thread asking;
        private boolean closed;

        FarStream(Path path, FSDataInputStream in) {
            this.path = path;
            this.in = in;
        }

        private void ask() throws IOException {
            if (asked) {
                return;
            }
            asked = true;
            int request = REQUESTS.incrementAndGet();
            synchronized (this) {
                asking = Thread.currentThread();
            }
            try {
                BEHAVIOUR.get().on(path, request);
            } finally {
                synchronized (this) {
                    asking = null;
                    if (closed) {
                        // The interrupt was meant for the request alone.
                        Thread.interrupted();
                        throw new IOException("Socket closed");
                    }
                }
            }
        }

        @Override
        public void seek(long position) throws IOException {
            in.seek(position);
        }

        @Override
        public long getPos() throws IOException {
            return in.getPos();
        }

        @Override
        public int read() throws IOException {
            ask();
            int read = in.read();
            READ_BYTES.addAndGet(read < 0 ? 0 : 1);
            return read;
        }

        /** As a network gives it: not all at once. */
        @Override
        public int read(byte[] target, int at, int byteCount) throws IOException {
            ask();
            int read = in.read(target, at, Math.min(byteCount, 10_000));
            READ_BYTES.addAndGet(Math.max(0, read));
            return read;
        }

        @Override
        public void close() throws IOException {
            synchronized (this) {
                closed = true;
                if (asking != null && asking != Thread.currentThread()) {
                    asking.interrupt();
                }
            }
            in.close();
        }
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
        return open(path);
    }

    @Override
    public Path getWorkingDirectory() {
        return new Path(SCHEME + ":///");
    }

    @Override
    public Path getHomeDirectory() {
        return new Path(SCHEME + ":///");
    }

    @Override
    public URI getUri() {
        return URI.create(SCHEME + ":///");
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
        return local.getFileStatus(local(path));
    }

    @Override
    public BlockLocation[] getFileBlockLocations(FileStatus file, long start, long length)
            throws IOException {
        return local.getFileBlockLocations(file, start, length);
    }

    @Override
    public FileStatus[] listStatus(Path path) throws IOException {
        return local.listStatus(local(path));
    }

    @Override
    public boolean delete(Path path, boolean recursive) throws IOException {
        return local.delete(local(path), recursive);
    }

    @Override
    public boolean mkdirs(Path path) throws IOException {
        return local.mkdirs(local(path));
    }

    @Override
    public FSDataOutputStream create(Path path, WriteMode mode) throws IOException {
        return local.create(local(path), mode);
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException {
        return local.rename(local(from), local(to));
    }

    @Override
    public boolean isDistributedFS() {
        return true;
    }

    /** Found by Flink's service loader. */
    public static final class Factory implements FileSystemFactory {

        @Override
        public String getScheme() {
            return SCHEME;
        }

        @Override
        public FileSystem create(URI uri) {
            return new FarFileSystem();
        }
    }
}
