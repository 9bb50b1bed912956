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
package io.flinklsm.examples.flights.run;

import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.ManifestCodec;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.manifest.TreeNames;
import io.flinklsm.core.sstable.SstableMeta;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.flink.runtime.state.StreamStateHandle;

/**
 * A directory with the SSTables of the latest checkpoint, for a look with any reader of Parquet:
 * {@code operator/state/level=n/generation=n/file}, which readers take for columns. Beside them in
 * {@code manifests} those of all subtasks, for the statements of docs/format.md#sql. SSTables never
 * change and their names are unique: from one checkpoint to the next only the new ones are copied,
 * and those that compaction has replaced are deleted.
 */
final class SstableCopies {

    /** No operator of the demo is called so. */
    private static final String MANIFESTS = "manifests";

    private final Path directory;

    SstableCopies(Path directory) {
        this.directory = directory;
    }

    /**
     * A store of the checkpoint.
     *
     * @param operatorId in hexadecimal digits
     */
    record Store(String operatorName, String operatorId, int subtask, CheckpointImage image) {}

    /**
     * @param stores all of the checkpoint
     * @param handles of the checkpoint's files by their names
     * @throws java.io.FileNotFoundException if Flink has deleted the checkpoint meanwhile
     */
    void update(List<Store> stores, Map<String, StreamStateHandle> handles) throws IOException {
        Set<Path> wanted = new HashSet<>();
        for (Store store : stores) {
            wanted.add(writeManifest(store));
            for (TreeImage tree : store.image().trees()) {
                Path state =
                        Files.createDirectories(
                                directory
                                        .resolve(directoryName(store.operatorName()))
                                        .resolve(directoryName(TreeNames.nameIn(tree.treeName()))));
                for (SstableMeta sstable : tree.sstables()) {
                    Path place =
                            Files.createDirectories(
                                    state.resolve("level=" + sstable.level())
                                            .resolve("generation=" + sstable.generation()));
                    Path copy = place.resolve(sstable.fileName());
                    wanted.add(copy);
                    StreamStateHandle handle = handles.get(sstable.fileName());
                    if (handle != null && !Files.exists(copy)) {
                        try (InputStream in = handle.openInputStream()) {
                            Files.copy(in, copy);
                        }
                    }
                }
            }
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (!wanted.contains(file)) {
                    Files.delete(file);
                }
            }
        }
    }

    private Path writeManifest(Store store) throws IOException {
        Path manifests = Files.createDirectories(directory.resolve(MANIFESTS));
        Path file = manifests.resolve(store.operatorId() + "-" + store.subtask() + ".manifest");
        Files.write(file, ManifestCodec.encode(store.image(), store.operatorId()));
        return file;
    }

    /** A name without what directories cannot have in theirs. */
    static String directoryName(String name) {
        return name.replaceAll("[^A-Za-z0-9_.-]", "_");
    }
}
