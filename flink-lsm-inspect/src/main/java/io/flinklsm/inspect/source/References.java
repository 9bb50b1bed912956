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

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.checkpoint.CheckpointProperties;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filemerging.SegmentFileStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.memory.ByteStreamStateHandle;

/**
 * All files that a checkpoint or savepoint refers to, of whatever backend it is. Immutable.
 *
 * @param directory where its metadata is
 * @param id Flink's
 * @param completedMillis when its metadata was written
 */
public record References(
        Path directory, long id, long completedMillis, boolean isSavepoint, List<Reference> files) {

    /**
     * A file, or a part of one.
     *
     * @param path as the metadata says it
     * @param endBytes how long the file must be at least
     */
    public record Reference(Path path, long endBytes) {}

    public References {
        files = List.copyOf(files);
    }

    /**
     * Reads the metadata in a directory.
     *
     * @param metadata the status of {@code _metadata} in it
     * @throws InspectException if any of it is not understood, however little
     */
    public static References read(FileStatus metadata, Path directory) throws IOException {
        CheckpointMetadata checkpoint = MetadataFile.readWhole(metadata, directory);
        List<Reference> files = new ArrayList<>();
        for (OperatorState operator : checkpoint.getOperatorStates()) {
            MetadataRewrite.copy(
                    operator,
                    handle -> {
                        add(handle, metadata, files);
                        return handle;
                    });
        }
        CheckpointProperties properties = checkpoint.getCheckpointProperties();
        return new References(
                directory,
                checkpoint.getCheckpointId(),
                metadata.getModificationTime(),
                properties != null && properties.isSavepoint(),
                files);
    }

    private static void add(StreamStateHandle handle, FileStatus metadata, List<Reference> to) {
        if (handle instanceof SegmentFileStateHandle segment) {
            if (segment.getStateSize() > 0) {
                to.add(
                        new Reference(
                                segment.getFilePath(),
                                segment.getStartPos() + segment.getStateSize()));
            }
        } else if (handle instanceof FileStateHandle file) {
            to.add(new Reference(file.getFilePath(), file.getStateSize()));
        } else if (!(handle instanceof ByteStreamStateHandle)) {
            throw InspectException.unreadable(
                    "["
                            + Locations.display(metadata.getPath())
                            + "] refers to a kind of file that this program does not know: handle="
                            + handle.getClass().getSimpleName()
                            + "; use a newer version.");
        }
    }
}
