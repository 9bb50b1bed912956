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
package io.flinklsm.inspect.print;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The process's stdout as bytes. Tells a reader that has gone from a device that is full, and waits
 * on {@link #close} until a file has arrived: some file systems only then say that they are full.
 */
final class StandardOutput extends FileOutputStream {

    private static final Path STDOUT = Path.of("/dev/stdout");

    // The file's type in the mode of POSIX.
    private static final int TYPE_MASK = 0xF000;
    private static final int PIPE = 0x1000;
    private static final int SOCKET = 0xC000;

    StandardOutput() {
        super(FileDescriptor.out);
    }

    /** There is no reader any more. */
    static final class ClosedPipeException extends IOException {
        private static final long serialVersionUID = 1L;

        ClosedPipeException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    @Override
    public void write(byte[] bytes, int at, int byteCount) throws IOException {
        try {
            super.write(bytes, at, byteCount);
        } catch (IOException e) {
            throw isPipe() ? new ClosedPipeException(e) : e;
        }
    }

    /** By what stdout is: the text of an error is in the language of the user. */
    private static boolean isPipe() {
        try {
            int type = (int) Files.getAttribute(STDOUT, "unix:mode") & TYPE_MASK;
            return type == PIPE || type == SOCKET;
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        // The descriptor stays open: the JVM would only put another in its place.
        if (Files.isRegularFile(STDOUT)) {
            getFD().sync();
        }
    }
}
