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
import java.util.Set;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;

/**
 * Flink's {@code _metadata}, parsed by Flink and guarded by us: it is a file that anybody may have
 * written.
 *
 * <ul>
 *   <li>Newer versions of the file end with a Java-serialised {@code CheckpointProperties}. A
 *       filter lets the thread that parses instantiate the few classes that belong to it, and no
 *       others.
 *   <li>Flink believes the lengths in the file: a file that asks for more memory than there is, or
 *       nests too deep, counts as damaged.
 * </ul>
 */
final class MetadataFile {

    static final String NAME = "_metadata";

    private static final long MAX_BYTES = 256L << 20;

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
     * @throws InspectException if it is missing, not a metadata file, or damaged
     */
    static CheckpointMetadata read(FileStatus file, String directory) throws IOException {
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
        PARSING.set(true);
        try (InputStream in = Locations.fileSystem(path).open(path);
                DataInputStream data = new DataInputStream(new BufferedInputStream(in, 1 << 16))) {
            return Checkpoints.loadCheckpointMetadata(
                    data, MetadataFile.class.getClassLoader(), directory);
        } catch (FileNotFoundException e) {
            throw e;
        } catch (IOException | RuntimeException | OutOfMemoryError | StackOverflowError e) {
            throw InspectException.corrupt(
                    "["
                            + name
                            + "] cannot be parsed as the metadata of a checkpoint: "
                            + Locations.redact(String.valueOf(e.getMessage()))
                            + "; it is damaged, not written by Flink, or written by a newer Flink.",
                    e);
        } finally {
            PARSING.remove();
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
