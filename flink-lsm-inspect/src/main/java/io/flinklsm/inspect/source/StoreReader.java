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

import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.ManifestCodec;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.statebackend.snapshot.CheckpointNames;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;

/** The directory of a store: its manifest says what counts, or, without one, all SSTables do. */
final class StoreReader {

    private static final String SSTABLE_SUFFIX = ".parquet";

    private StoreReader() {}

    static Checkpoint read(Path directory) throws IOException {
        Map<String, SourceFile> files = new HashMap<>();
        boolean hasSstables = false;
        for (FileStatus child : Locations.listIfThere(directory)) {
            String name = child.getPath().getName();
            if (child.isDir()) {
                continue;
            }
            hasSstables |= name.endsWith(SSTABLE_SUFFIX);
            files.put(
                    name,
                    new SourceFile(
                            name,
                            new FileStateHandle(child.getPath(), child.getLen()),
                            Locations.display(child.getPath()),
                            false));
        }
        SourceFile manifest = files.get(CheckpointNames.MANIFEST);
        if (manifest == null && !hasSstables) {
            if (directory.getName().startsWith("chk-")) {
                throw InspectException.unreadable(
                        "["
                                + Locations.display(directory)
                                + "] has no "
                                + MetadataFile.NAME
                                + ": the checkpoint did not complete, or is being written;"
                                + " \"flink-lsm ls\" lists those that did.");
            }
            throw InspectException.unreadable(
                    "["
                            + Locations.display(directory)
                            + "] is neither a checkpoint nor a store: it has no "
                            + MetadataFile.NAME
                            + ", no "
                            + CheckpointNames.MANIFEST
                            + " and no *"
                            + SSTABLE_SUFFIX
                            + "; \"flink-lsm ls\" lists the checkpoints below a directory.");
        }
        var storage = new SourceStorage(files, null);
        CheckpointImage image =
                manifest == null ? fromFooters(storage) : fromManifest(storage, manifest);
        var store =
                new SubtaskStore(
                        -1,
                        SubtaskStore.KeyGroups.UNKNOWN,
                        -1,
                        image,
                        new SubtaskStore.Description(manifest, null),
                        storage,
                        -1,
                        null);
        var operator = operator(directory, store, files);
        return new Checkpoint(
                directory,
                Checkpoint.Kind.STORE,
                manifest == null ? -1 : image.checkpointId(),
                image.createdMillis(),
                List.of(operator));
    }

    private static Operator operator(
            Path directory, SubtaskStore store, Map<String, SourceFile> files) {
        return new Operator(
                new Operator.Id("", directory.getName(), null),
                1,
                -1,
                1,
                List.of(store),
                List.of(),
                new Operator.Others(List.of(), List.of(), 0),
                files.values().stream().mapToLong(SourceFile::sizeBytes).sum());
    }

    private static CheckpointImage fromManifest(SourceStorage storage, SourceFile manifest)
            throws IOException {
        try (StorageInput input = storage.open(manifest.name())) {
            return ManifestCodec.read(input, storage.describe(manifest.name()));
        }
    }

    private static CheckpointImage fromFooters(SourceStorage storage) throws IOException {
        Map<String, List<SstableMeta>> trees = new TreeMap<>();
        long createdMillis = -1;
        for (String name : storage.list()) {
            if (name.endsWith(SSTABLE_SUFFIX)) {
                SstableMeta meta = OpenSstables.readMeta(storage, name);
                createdMillis = Math.max(createdMillis, meta.maxWriteTimeMillis());
                trees.computeIfAbsent(meta.treeName(), tree -> new ArrayList<>()).add(meta);
            }
        }
        Comparator<SstableMeta> newestFirst =
                Comparator.comparingInt(SstableMeta::level)
                        .thenComparing(meta -> meta.level() == 0 ? -meta.generation() : 0)
                        .thenComparing(SstableMeta::minKey)
                        .thenComparing(SstableMeta::fileName);
        List<TreeImage> images = new ArrayList<>();
        trees.forEach(
                (name, sstables) -> {
                    sstables.sort(newestFirst);
                    images.add(new TreeImage(name, sstables));
                });
        return new CheckpointImage(-1, createdMillis, images);
    }
}
