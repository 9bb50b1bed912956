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

import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Reasons;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A file that is there as a whole or not at all: written beside its place, then moved. What was
 * begun goes when this is closed, and when the process is told to end. Confined to one thread.
 */
public final class OutputFile implements AutoCloseable {

    private static final int BUFFER_BYTES = 1 << 16;

    private final Path target;
    private final Path part;
    private final boolean mayReplace;
    private final Thread cleaner;

    private OutputFile(Path target, Path part, boolean mayReplace) {
        this.target = target;
        this.part = part;
        this.mayReplace = mayReplace;
        this.cleaner = new Thread(this::deletePart, "flink-lsm-output");
    }

    /**
     * @throws InspectException if there is such a file and it must not be replaced, or no directory
     *     for it
     */
    public static OutputFile create(Path target, boolean mayReplace) {
        Path absolute = target.toAbsolutePath();
        Path directory = absolute.getParent();
        if (directory == null || !Files.isDirectory(directory) || Files.isDirectory(absolute)) {
            throw InspectException.usage(
                    "["
                            + absolute
                            + "] is no place for a file; give a name in a directory that exists.");
        }
        if (Files.exists(absolute) && !Files.isRegularFile(absolute)) {
            // Moving a file to its place would take the device away.
            throw InspectException.usage(
                    "["
                            + absolute
                            + "] is no regular file; give another name, or \"-o -\" and direct"
                            + " stdout to it.");
        }
        if (!mayReplace && Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
            throw exists(absolute);
        }
        String name = "." + absolute.getFileName() + "." + UUID.randomUUID() + ".part";
        OutputFile file = new OutputFile(absolute, directory.resolve(name), mayReplace);
        Runtime.getRuntime().addShutdownHook(file.cleaner);
        return file;
    }

    private static InspectException exists(Path target) {
        return InspectException.usage(
                "[" + target + "] exists; give another name, or --force to replace it.");
    }

    /** Where to write; nothing is there yet. */
    public Path part() {
        return part;
    }

    /**
     * A stream to {@link #part}.
     *
     * @return a stream whose failures are the {@link #lost} of this file, which cannot be taken for
     *     failures of what is read
     */
    public OutputStream open() {
        try {
            return new BufferedOutputStream(
                    new PartStream(Files.newOutputStream(part, StandardOpenOption.CREATE_NEW)),
                    BUFFER_BYTES);
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** What the user is told when writing fails. */
    public InspectException lost(IOException cause) {
        return InspectException.unreadable(
                "["
                        + target
                        + "] cannot be written: "
                        + Reasons.of(cause).replace(part.toString(), target.toString())
                        + "; nothing was left there, make room or give another place.",
                cause);
    }

    /** Tells the failures of writing from those of reading. */
    private final class PartStream extends FilterOutputStream {
        private boolean failed;

        PartStream(OutputStream to) {
            super(to);
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int at, int byteCount) {
            if (failed) {
                return;
            }
            try {
                out.write(bytes, at, byteCount);
            } catch (IOException e) {
                failed = true;
                throw lost(e);
            }
        }

        @Override
        public void close() {
            try {
                out.close();
            } catch (IOException e) {
                throw lost(e);
            }
        }
    }

    /**
     * Puts what was written in its place, after the disk has it: some file systems only then say
     * that they are full.
     */
    public void commit() {
        try (FileChannel written = FileChannel.open(part, StandardOpenOption.WRITE)) {
            written.force(true);
        } catch (IOException e) {
            throw lost(e);
        }
        try {
            if (mayReplace) {
                Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
            } else {
                Files.move(part, target);
            }
        } catch (FileAlreadyExistsException e) {
            throw exists(target);
        } catch (IOException e) {
            throw lost(e);
        }
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(cleaner);
        } catch (IllegalStateException e) {
            // The process ends already, and the hook does what is done here.
            return;
        }
        deletePart();
    }

    private void deletePart() {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            part.toFile().deleteOnExit();
        }
    }
}
