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
package io.flinklsm.inspect.source;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputFilter;
import java.io.ObjectStreamException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Set;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.checkpoint.CheckpointProperties;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;

/**
 * Flink's {@code _metadata}, parsed by Flink and guarded by us: it is a file that a stranger may
 * have written.
 *
 * <ul>
 *   <li>Newer versions of the file end with a Java-serialised {@code CheckpointProperties}. A
 *       filter lets the thread that parses instantiate the few classes that belong to it, and no
 *       others.
 *   <li>Flink believes the lengths in the file: a file that asks for more memory than there is, or
 *       nests too deep, counts as damaged.
 * </ul>
 */
public final class MetadataFile {

    public static final String NAME = "_metadata";

    private static final long MAX_BYTES = 256L << 20;
    private static final int BUFFER_BYTES = 1 << 16;

    /** What a CheckpointProperties consists of. */
    private static final Set<String> SAFE_CLASSES =
            Set.of(
                    "org.apache.flink.runtime.checkpoint.CheckpointProperties",
                    "org.apache.flink.runtime.checkpoint.SnapshotType",
                    "org.apache.flink.runtime.checkpoint.SnapshotType$SharingFilesStrategy",
                    "org.apache.flink.runtime.checkpoint.CheckpointType",
                    "org.apache.flink.runtime.checkpoint.SavepointType",
                    "org.apache.flink.runtime.checkpoint.SavepointType$PostCheckpointAction",
                    "org.apache.flink.core.execution.SavepointFormatType",
                    "java.lang.Enum",
                    "java.lang.String");

    private static final ThreadLocal<Boolean> PARSING = ThreadLocal.withInitial(() -> false);

    private MetadataFile() {}

    /**
     * What is in it.
     *
     * @param outline of the bytes that were read
     * @param isWhole whether there was nothing behind what Flink reads
     */
    record Parsed(CheckpointMetadata metadata, Outline outline, boolean isWhole) {

        /**
         * Whether the file says more than was understood, such as the same subtask twice: then it
         * is longer than what it says. Only asked of the version that this Flink writes.
         */
        boolean hasMore() {
            Outline written = new Outline();
            try {
                Checkpoints.storeCheckpointMetadata(metadata, written);
            } catch (IOException e) {
                throw new UncheckedIOException("what is only counted cannot fail", e);
            }
            return written.head == outline.head && written.objectsAt < outline.objectsAt;
        }
    }

    /**
     * Where the Java-serialised end of a metadata begins: its own length depends on the Flink that
     * wrote it.
     */
    static final class Outline extends OutputStream {
        private static final int OBJECTS = 0xACED0005;

        private long position;
        private long head;
        private int window;
        private long objectsAt = -1;

        @Override
        public void write(int b) {
            if (position < Long.BYTES) {
                // The magic number and the version.
                head = head << Byte.SIZE | b & 0xFF;
            }
            window = window << Byte.SIZE | b & 0xFF;
            position++;
            if (window == OBJECTS) {
                objectsAt = position;
            }
        }
    }

    /**
     * Asked when a file of a checkpoint is missing: a job deletes the checkpoints that it has
     * subsumed, which is no damage.
     *
     * @param directory of the checkpoint, which had metadata when it was opened
     * @throws InspectException if it has none any more
     */
    public static void checkStillThere(Path directory) throws IOException {
        if (Locations.status(new Path(directory, NAME)) == null) {
            throw InspectException.unreadable(
                    "["
                            + Locations.display(directory)
                            + "] was deleted while it was read, as a job does when it has a newer"
                            + " checkpoint; give that one, or retain more of them"
                            + " (execution.checkpointing.num-retained).");
        }
    }

    /**
     * What is in it, if all of it is understood: for what must not miss anything.
     *
     * @param file the status of {@code _metadata} in the directory
     * @throws InspectException if it is missing, not a metadata file, damaged, or says more
     */
    public static CheckpointMetadata readWhole(FileStatus file, Path directory) throws IOException {
        Parsed parsed = read(file, directory.toString());
        if (!parsed.isWhole() || parsed.hasMore()) {
            throw InspectException.corrupt(
                    "["
                            + Locations.display(file.getPath())
                            + "] says more than can be understood: sizeBytes="
                            + file.getLen()
                            + "; it is damaged, or another program wrote to it.",
                    null);
        }
        return parsed.metadata();
    }

    /**
     * @throws InspectException if it is missing, not a metadata file, or damaged
     */
    static Parsed read(FileStatus file, String directory) throws IOException {
        Path path = file.getPath();
        String name = Locations.display(path);
        if (file.getLen() > MAX_BYTES) {
            throw InspectException.corrupt(
                    "["
                            + name
                            + "] is too long for the metadata of a checkpoint: sizeBytes="
                            + file.getLen()
                            + ", atMost="
                            + MAX_BYTES
                            + "; give a directory that Flink wrote.",
                    null);
        }
        Filter.install();
        FSDataInputStream in = opened(file);
        Outline outline = new Outline();
        PARSING.set(true);
        try (DataInputStream data =
                new DataInputStream(
                        new BufferedInputStream(
                                new LimitedStream(in, name, outline), BUFFER_BYTES))) {
            CheckpointMetadata metadata =
                    Checkpoints.loadCheckpointMetadata(
                            data, MetadataFile.class.getClassLoader(), directory);
            CheckpointProperties properties = metadata.getCheckpointProperties();
            if (properties != null && properties.getCheckpointType() == null) {
                // A Java object, of which a changed byte may take a field away.
                throw new IllegalArgumentException("its properties have no type of checkpoint");
            }
            return new Parsed(metadata, outline, data.read() < 0);
        } catch (InspectException e) {
            throw e;
        } catch (IOException | RuntimeException | OutOfMemoryError | StackOverflowError e) {
            if (e.getCause() instanceof IOException cause
                    && !(cause instanceof ObjectStreamException)) {
                // The parser looks for the directory of relative files itself.
                throw unreadable(name, cause);
            }
            throw InspectException.corrupt(
                    "["
                            + name
                            + "] cannot be parsed as the metadata of a checkpoint: "
                            + Locations.redact(Reasons.of(e))
                            + ", sizeBytes="
                            + file.getLen()
                            + "; it is damaged, not written by Flink, or written by a newer Flink.",
                    e);
        } finally {
            PARSING.remove();
        }
    }

    private static FSDataInputStream opened(FileStatus file) throws IOException {
        try {
            return Locations.open(file);
        } catch (FileNotFoundException e) {
            checkStillThere(file.getPath().getParent());
            throw e;
        }
    }

    /** A failure to read says nothing of what is in the file. */
    private static InspectException unreadable(String name, IOException cause) {
        return InspectException.unreadable(
                "["
                        + name
                        + "] cannot be read: "
                        + Locations.redact(Reasons.of(cause))
                        + "; see whether its file system is in order, and try again.",
                cause);
    }

    /** Each read with a limit of time, while the parser stays on its thread. */
    private static final class LimitedStream extends InputStream {
        private final InputStream in;
        private final String name;
        private final Outline outline;

        LimitedStream(InputStream in, String name, Outline outline) {
            this.in = in;
            this.name = name;
            this.outline = outline;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int at, int byteCount) throws IOException {
            int count;
            try {
                count = TimeLimit.call(name, () -> in.read(target, at, byteCount));
            } catch (IOException e) {
                // The parser's own failures mean damage, this one says nothing of the file.
                throw unreadable(name, e);
            }
            for (int i = 0; i < count; i++) {
                outline.write(target[at + i]);
            }
            return count;
        }

        @Override
        public void close() {
            try {
                TimeLimit.run(name, in::close);
            } catch (IOException e) {
                throw unreadable(name, e);
            }
        }
    }

    /** The JVM has one filter for deserialisation; ours only speaks while a metadata is parsed. */
    private static final class Filter {

        private static final boolean INSTALLED = set();

        private Filter() {}

        static void install() {
            if (!INSTALLED) {
                throw InspectException.unreadable(
                        "the JVM has a deserialisation filter already, so that "
                                + NAME
                                + " cannot be read safely; start without -Djdk.serialFilter.");
            }
        }

        private static boolean set() {
            try {
                ObjectInputFilter.Config.setSerialFilter(Filter::check);
                return true;
            } catch (IllegalStateException e) {
                return false;
            }
        }

        private static ObjectInputFilter.Status check(ObjectInputFilter.FilterInfo info) {
            if (!PARSING.get()) {
                return ObjectInputFilter.Status.UNDECIDED;
            }
            Class<?> type = info.serialClass();
            if (info.depth() > 8 || info.references() > 100 || info.arrayLength() >= 0) {
                return ObjectInputFilter.Status.REJECTED;
            }
            if (type == null) {
                return ObjectInputFilter.Status.UNDECIDED;
            }
            return SAFE_CLASSES.contains(type.getName())
                    ? ObjectInputFilter.Status.ALLOWED
                    : ObjectInputFilter.Status.REJECTED;
        }
    }
}
