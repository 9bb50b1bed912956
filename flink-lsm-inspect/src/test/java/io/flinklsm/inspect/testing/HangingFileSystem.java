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
import java.util.concurrent.CountDownLatch;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.local.LocalFileStatus;
import org.apache.flink.core.fs.local.LocalFileSystem;

/** The file system {@code hangs:}, whose server does not answer while a test keeps it from it. */
public final class HangingFileSystem extends LocalFileSystem implements AutoCloseable {

    /** Below this, files are there and open, and only reading them hangs. */
    private static final String ANSWERS = "/answers";

    /** Files with this in their paths are there and do not open. */
    public static final String REFUSED = "refused";

    private static volatile CountDownLatch answer = new CountDownLatch(0);

    private HangingFileSystem() {}

    /** From now on, until it is closed. */
    public static HangingFileSystem start() {
        answer = new CountDownLatch(1);
        return new HangingFileSystem();
    }

    @Override
    public void close() {
        answer.countDown();
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
        if (path.getPath().equals("/directory")) {
            return super.getFileStatus(new Path("/"));
        }
        if (path.getPath().startsWith(ANSWERS)) {
            return new LocalFileStatus(new File(path.getPath().substring(ANSWERS.length())), this) {
                @Override
                public Path getPath() {
                    return path;
                }
            };
        }
        await();
        return super.getFileStatus(path);
    }

    @Override
    public FSDataInputStream open(Path path) throws IOException {
        if (path.getPath().contains(REFUSED)) {
            throw new FileNotFoundException(path.getPath() + " (Too many open files)");
        }
        FSDataInputStream in = super.open(new Path(path.getPath().substring(ANSWERS.length())));
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
                await();
                return in.read();
            }

            @Override
            public void close() throws IOException {
                in.close();
            }
        };
    }

    @Override
    public FileStatus[] listStatus(Path path) throws IOException {
        await();
        return super.listStatus(path);
    }

    private static void await() throws IOException {
        try {
            answer.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** Found by Flink. */
    public static final class Factory implements FileSystemFactory {
        @Override
        public String getScheme() {
            return "hangs";
        }

        @Override
        public FileSystem create(URI uri) {
            return new HangingFileSystem();
        }
    }
}
