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
package io.flinklsm.benchmarks.storage;

import java.io.IOException;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.core.fs.BlockLocation;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.local.LocalFileSystem;

/**
 * The local file system under the scheme {@code slow}, as an object store answers: a request takes
 * 30 ms until its first byte, and all requests of the process share 100 MB/s in each direction, if
 * nothing else is set. A request is a read after an open or a seek, the writing of a file, or a
 * look at one. One for the whole process, which counts.
 */
public final class SlowFileSystem extends FileSystem {

    static final String SCHEME = "slow";

    /** What a request takes until its first byte if nothing else is set. */
    public static final int REQUEST_MILLIS = 30;

    private static final long BYTES_PER_SECOND = 100_000_000;

    private static volatile long bytesPerSecond = BYTES_PER_SECOND;
    private static volatile int requestMillis = REQUEST_MILLIS;

    private static final AtomicLong REQUESTS = new AtomicLong();
    private static final Line DOWN = new Line();
    private static final Line UP = new Line();

    private final LocalFileSystem local = LocalFileSystem.getSharedInstance();

    /**
     * What went over the network so far.
     *
     * @param requests in both directions
     */
    record Traffic(long requests, long bytesDown, long bytesUp) {

        Traffic minus(Traffic earlier) {
            return new Traffic(
                    requests - earlier.requests,
                    bytesDown - earlier.bytesDown,
                    bytesUp - earlier.bytesUp);
        }
    }

    /** One direction of the network. Safe for any thread. */
    private static final class Line {

        private final AtomicLong bytes = new AtomicLong();

        /** When all bytes so far are through. Guarded by this. */
        private long freeNanos = System.nanoTime();

        /** Returns when so many bytes are through. */
        void pass(long count) {
            bytes.addAndGet(count);
            long through;
            synchronized (this) {
                freeNanos =
                        Math.max(freeNanos, System.nanoTime())
                                + TimeUnit.SECONDS.toNanos(count) / bytesPerSecond;
                through = freeNanos;
            }
            waitUntil(through);
        }
    }

    /** How many bytes pass in a second in each direction from now on. */
    public static void setBytesPerSecond(long rate) {
        bytesPerSecond = rate;
    }

    /** What a request takes until its first byte from now on. */
    public static void setRequestMillis(int millis) {
        requestMillis = millis;
    }

    static Traffic traffic() {
        return new Traffic(REQUESTS.get(), DOWN.bytes.get(), UP.bytes.get());
    }

    /** The local directory as one on remote storage. */
    public static Path of(java.nio.file.Path path) {
        return new Path(URI.create(SCHEME + "://" + path.toUri().getRawPath()));
    }

    private static Path local(Path path) {
        return new Path("file", null, path.toUri().getPath());
    }

    private static void request() {
        REQUESTS.incrementAndGet();
        waitUntil(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(requestMillis));
    }

    /** Ends early for a thread that is interrupted: its caller has other things to do. */
    private static void waitUntil(long nanos) {
        for (long left = nanos - System.nanoTime();
                left > 0 && !Thread.currentThread().isInterrupted();
                left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    @Override
    public FSDataInputStream open(Path path) throws IOException {
        return new Input(local.open(local(path)));
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
        return open(path);
    }

    /** Confined to one thread, as Flink's streams are. */
    private static final class Input extends FSDataInputStream {

        private final FSDataInputStream in;
        private boolean asked;

        Input(FSDataInputStream in) {
            this.in = in;
        }

        private void ask() {
            if (!asked) {
                asked = true;
                request();
            }
        }

        @Override
        public void seek(long position) throws IOException {
            asked &= position == in.getPos();
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
            DOWN.pass(read < 0 ? 0 : 1);
            return read;
        }

        @Override
        public int read(byte[] target, int at, int byteCount) throws IOException {
            ask();
            int read = in.read(target, at, byteCount);
            DOWN.pass(Math.max(0, read));
            return read;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    @Override
    public FSDataOutputStream create(Path path, WriteMode mode) throws IOException {
        return new Output(local.create(local(path), mode));
    }

    /** Confined to one thread. */
    private static final class Output extends FSDataOutputStream {

        private final FSDataOutputStream out;
        private boolean closed;

        Output(FSDataOutputStream out) {
            this.out = out;
        }

        @Override
        public long getPos() throws IOException {
            return out.getPos();
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
            UP.pass(1);
        }

        @Override
        public void write(byte[] bytes, int at, int byteCount) throws IOException {
            out.write(bytes, at, byteCount);
            UP.pass(byteCount);
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }

        @Override
        public void sync() throws IOException {
            out.sync();
        }

        @Override
        public void close() throws IOException {
            out.close();
            if (!closed) {
                closed = true;
                request();
            }
        }
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
        request();
        return local.getFileStatus(local(path));
    }

    @Override
    public BlockLocation[] getFileBlockLocations(FileStatus file, long start, long length)
            throws IOException {
        return local.getFileBlockLocations(file, start, length);
    }

    @Override
    public FileStatus[] listStatus(Path path) throws IOException {
        request();
        return local.listStatus(local(path));
    }

    @Override
    public boolean delete(Path path, boolean recursive) throws IOException {
        request();
        return local.delete(local(path), recursive);
    }

    @Override
    public boolean mkdirs(Path path) throws IOException {
        return local.mkdirs(local(path));
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException {
        request();
        return local.rename(local(from), local(to));
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
            return new SlowFileSystem();
        }
    }
}
