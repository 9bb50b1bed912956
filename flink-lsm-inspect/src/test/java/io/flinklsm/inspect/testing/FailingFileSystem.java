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
package io.flinklsm.inspect.testing;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.local.LocalFileStatus;
import org.apache.flink.core.fs.local.LocalFileSystem;
import org.apache.flink.core.fs.local.LocalRecoverableWriter;

/**
 * The file system {@code fails:}, which is the local one until a call that a test chooses. From
 * then on one call fails, or all do, as if the process had been killed there. Files grow in their
 * places, as the simplest of file systems have it. One test at a time.
 */
public final class FailingFileSystem extends LocalFileSystem {

    private static int calls;
    private static long bytesRead;
    private static int firstFailure;
    private static int lastFailure;
    private static String gone = "";
    private static int goneFrom;
    private static String coming = "";
    private static String growing = "";

    private FailingFileSystem() {}

    /** Begins to count; no call fails. */
    public static void reset() {
        fail(Integer.MAX_VALUE, Integer.MAX_VALUE);
    }

    /** Begins to count; only that call fails, from 1. */
    public static void failOnce(int call) {
        fail(call, call);
    }

    /** Begins to count; that call and all after it fail. */
    public static void failFrom(int call) {
        fail(call, Integer.MAX_VALUE);
    }

    private static synchronized void fail(int first, int last) {
        calls = 0;
        bytesRead = 0;
        gone = "";
        goneFrom = 0;
        coming = "";
        growing = "";
        firstFailure = first;
        lastFailure = last;
    }

    /** Calls since the count began. */
    public static synchronized int calls() {
        return calls;
    }

    /** Bytes that were read of files since the count began. */
    public static synchronized long bytesRead() {
        return bytesRead;
    }

    private static synchronized int read(int byteCount) {
        bytesRead += Math.max(0, byteCount);
        return byteCount;
    }

    /** Whether a call failed since the count began. */
    public static synchronized boolean hasFailed() {
        return calls >= firstFailure;
    }

    /**
     * Begins to count; no call fails, but what has this in its path is only there when the
     * directory above is listed, as if it were deleted then. Until {@link #reset}.
     */
    public static void vanish(String part) {
        vanishFrom(part, 0);
    }

    /**
     * Begins to count; no call fails, but from that call on what has this in its path is not there.
     */
    public static synchronized void vanishFrom(String part, int call) {
        reset();
        gone = part;
        goneFrom = call;
    }

    /** Whether something that was asked for had vanished. */
    public static synchronized boolean hasVanished() {
        return !gone.isEmpty() && calls >= goneFrom;
    }

    /**
     * Begins to count; no call fails, but when something with the first in its path is looked at,
     * it is not there any more, and what has the second in its path is, for the first time: a
     * checkpoint is subsumed.
     */
    public static synchronized void replace(String older, String newer) {
        reset();
        gone = older;
        goneFrom = Integer.MAX_VALUE;
        coming = newer;
    }

    /**
     * Begins to count; no call fails, but listings tell half the length of what has this in its
     * path, as if it were written just then.
     */
    public static synchronized void grow(String part) {
        reset();
        growing = part;
    }

    private static synchronized boolean isThere(Path path) {
        if (!coming.isEmpty() && path.getPath().contains(gone)) {
            goneFrom = 0;
            coming = "";
        }
        return !(isHidden(path) || (hasVanished() && path.getPath().contains(gone)));
    }

    private static synchronized boolean isHidden(Path path) {
        return !coming.isEmpty() && path.getPath().contains(coming);
    }

    private static synchronized boolean isGrowing(Path path) {
        return !growing.isEmpty() && path.getPath().contains(growing);
    }

    private static void checkThere(Path path) throws IOException {
        if (!isThere(path)) {
            throw new FileNotFoundException(path + " has gone");
        }
    }

    private static synchronized void call(String what) throws IOException {
        calls++;
        if (calls >= firstFailure && calls <= lastFailure) {
            throw new IOException("call " + calls + " is made to fail: " + what);
        }
    }

    private FileStatus here(FileStatus status, Path path) {
        return here(status, path, status.getLen());
    }

    private FileStatus here(FileStatus status, Path path, long length) {
        return new LocalFileStatus(new File(status.getPath().getPath()), this) {
            @Override
            public Path getPath() {
                return path;
            }

            @Override
            public long getLen() {
                return length;
            }
        };
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
        call("status " + path);
        checkThere(path);
        return here(super.getFileStatus(path), path);
    }

    @Override
    public FileStatus[] listStatus(Path path) throws IOException {
        call("list " + path);
        checkThere(path);
        File[] files = new File(path.getPath()).listFiles();
        if (files == null) {
            throw new FileNotFoundException(path.toString());
        }
        List<FileStatus> children = new ArrayList<>();
        for (File file : files) {
            Path child = new Path(path, file.getName());
            if (!isHidden(child)) {
                FileStatus status = new LocalFileStatus(file, this);
                children.add(
                        here(
                                status,
                                child,
                                isGrowing(child) ? status.getLen() / 2 : status.getLen()));
            }
        }
        return children.toArray(FileStatus[]::new);
    }

    @Override
    public boolean exists(Path path) throws IOException {
        call("exists " + path);
        return super.exists(path);
    }

    @Override
    public boolean mkdirs(Path path) throws IOException {
        call("mkdirs " + path);
        return super.mkdirs(path);
    }

    @Override
    public boolean delete(Path path, boolean recursive) throws IOException {
        call("delete " + path);
        return super.delete(path, recursive);
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException {
        call("rename " + from);
        return super.rename(from, to);
    }

    @Override
    public LocalRecoverableWriter createRecoverableWriter() {
        throw new UnsupportedOperationException("files grow in their places");
    }

    @Override
    public FSDataInputStream open(Path path) throws IOException {
        call("open " + path);
        checkThere(path);
        FSDataInputStream in = super.open(path);
        return new FSDataInputStream() {
            @Override
            public void seek(long desired) throws IOException {
                in.seek(desired);
            }

            @Override
            public long getPos() throws IOException {
                return in.getPos();
            }

            @Override
            public int read() throws IOException {
                call("read " + path);
                int value = in.read();
                FailingFileSystem.read(value < 0 ? 0 : 1);
                return value;
            }

            @Override
            public int read(byte[] target, int at, int byteCount) throws IOException {
                call("read " + path);
                return FailingFileSystem.read(in.read(target, at, byteCount));
            }

            @Override
            public void close() throws IOException {
                in.close();
                call("close " + path);
            }
        };
    }

    @Override
    public FSDataOutputStream create(Path path, FileSystem.WriteMode mode) throws IOException {
        call("create " + path);
        FSDataOutputStream out = super.create(path, mode);
        return new FSDataOutputStream() {
            @Override
            public long getPos() throws IOException {
                return out.getPos();
            }

            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int at, int byteCount) throws IOException {
                // What fails may have written a part.
                out.write(bytes, at, byteCount / 2);
                call("write " + path);
                out.write(bytes, at + byteCount / 2, byteCount - byteCount / 2);
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
                call("close " + path);
            }
        };
    }

    /** Found by Flink. */
    public static final class Factory implements FileSystemFactory {
        @Override
        public String getScheme() {
            return "fails";
        }

        @Override
        public FileSystem create(URI uri) {
            return new FailingFileSystem();
        }
    }
}
