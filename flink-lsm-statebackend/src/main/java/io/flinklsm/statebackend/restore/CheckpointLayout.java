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
package io.flinklsm.statebackend.restore;

import io.flinklsm.statebackend.snapshot.CheckpointNames;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalLocalKeyedStateHandle;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;

/** Where the files of a checkpoint are, by their names in it. */
final class CheckpointLayout {

    private CheckpointLayout() {}

    static Map<String, RemoteFile> files(
            IncrementalKeyedStateHandle handle, CloseableRegistry registry) throws IOException {
        Map<String, RemoteFile> files = new HashMap<>();
        if (handle instanceof IncrementalLocalKeyedStateHandle local) {
            try (DirectoryStream<Path> paths =
                    Files.newDirectoryStream(local.getDirectoryStateHandle().getDirectory())) {
                for (Path path : paths) {
                    String name = path.getFileName().toString();
                    files.put(
                            name,
                            new RemoteFile(
                                    name,
                                    new FileStateHandle(
                                            new org.apache.flink.core.fs.Path(path.toUri()),
                                            Files.size(path)),
                                    registry));
                }
            }
            return files;
        }
        List<HandleAndLocalPath> all = new ArrayList<>(handle.getSharedStateHandles());
        if (handle instanceof IncrementalRemoteKeyedStateHandle remote) {
            all.addAll(remote.getPrivateState());
        }
        for (HandleAndLocalPath file : all) {
            files.put(
                    file.getLocalPath(),
                    new RemoteFile(file.getLocalPath(), file.getHandle(), registry));
        }
        return files;
    }

    /**
     * @throws IOException if there is none: another backend took the checkpoint
     */
    static RemoteFile manifest(Map<String, RemoteFile> files, IncrementalKeyedStateHandle handle)
            throws IOException {
        RemoteFile manifest = files.get(CheckpointNames.MANIFEST);
        if (manifest == null) {
            throw new IOException(
                    "["
                            + handle.getMetaDataStateHandle()
                                    .getStreamStateHandleID()
                                    .getKeyString()
                            + "] the checkpoint was not taken by flink-lsm, or its manifest is"
                            + " gone: checkpointId="
                            + handle.getCheckpointId()
                            + ", files="
                            + files.size()
                            + "; to change over from another state backend, take a canonical"
                            + " savepoint there and restore from it.");
        }
        return manifest;
    }
}
