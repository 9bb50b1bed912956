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

import io.flinklsm.core.manifest.ManifestCodec;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.manifest.TreeNames;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.statebackend.snapshot.CheckpointNames;
import java.io.DataInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.jspecify.annotations.Nullable;

/**
 * Looks into a completed checkpoint: Flink's {@code _metadata} leads to the manifest of each
 * subtask's store, which lists the SSTables of its states. No state is read.
 */
final class CheckpointReader {

    private static final String METADATA = "_metadata";

    private final List<SstableCopies.Store> stores = new ArrayList<>();
    private final Map<String, StreamStateHandle> handles = new HashMap<>();

    private CheckpointReader() {}

    /**
     * @param checkpointId Flink's id
     * @param directory of the checkpoint, as Flink's statistics name it
     * @param keep where copies of its SSTables go, or null for none
     * @param minStores fewer stores than this, and the checkpoint is passed over
     * @return null if Flink has deleted the checkpoint meanwhile, or it is passed over, or it holds
     *     no store
     * @throws IOException if it is there and cannot be read
     */
    static @Nullable CheckpointContents read(
            long checkpointId, String directory, @Nullable SstableCopies keep, int minStores)
            throws IOException {
        var reader = new CheckpointReader();
        try {
            for (OperatorState operator : metadata(directory).getOperatorStates()) {
                for (Map.Entry<Integer, OperatorSubtaskState> subtask :
                        operator.getSubtaskStates().entrySet()) {
                    for (KeyedStateHandle handle : subtask.getValue().getManagedKeyedState()) {
                        reader.add(operator, subtask.getKey(), handle);
                    }
                }
            }
            if (reader.stores.isEmpty()) {
                return null;
            }
            CheckpointContents contents = reader.contents(checkpointId);
            if (contents.stores() < minStores) {
                return null;
            }
            if (keep != null) {
                keep.update(reader.stores, reader.handles);
            }
            return contents;
        } catch (FileNotFoundException e) {
            return null;
        }
    }

    private static CheckpointMetadata metadata(String directory) throws IOException {
        var file = new Path(directory, METADATA);
        try (var in = new DataInputStream(file.getFileSystem().open(file))) {
            return Checkpoints.loadCheckpointMetadata(
                    in, CheckpointReader.class.getClassLoader(), directory);
        }
    }

    private void add(OperatorState operator, int subtask, KeyedStateHandle handle)
            throws IOException {
        if (!(handle instanceof IncrementalRemoteKeyedStateHandle store)) {
            return;
        }
        for (HandleAndLocalPath file : store.getSharedState()) {
            handles.put(file.getLocalPath(), file.getHandle());
        }
        for (HandleAndLocalPath file : store.getPrivateState()) {
            handles.put(file.getLocalPath(), file.getHandle());
            if (file.getLocalPath().equals(CheckpointNames.MANIFEST)) {
                try (InputStream in = file.getHandle().openInputStream()) {
                    String id = operator.getOperatorID().toHexString();
                    stores.add(
                            new SstableCopies.Store(
                                    operator.getOperatorName().orElse(id),
                                    id,
                                    subtask,
                                    ManifestCodec.decode(
                                            in.readAllBytes(), file.getHandle().toString())));
                }
            }
        }
    }

    /** Sums the stores of all subtasks: what they share is the name of the state. */
    private CheckpointContents contents(long checkpointId) {
        var levelsByState = new TreeMap<String, TreeMap<Integer, CheckpointContents.LevelFiles>>();
        for (SstableCopies.Store store : stores) {
            for (TreeImage tree : store.image().trees()) {
                var levels =
                        levelsByState.computeIfAbsent(
                                TreeNames.nameIn(tree.treeName()), name -> new TreeMap<>());
                for (SstableMeta sstable : tree.sstables()) {
                    levels.merge(
                            sstable.level(),
                            new CheckpointContents.LevelFiles(
                                    sstable.level(), 1, sstable.entryCount(), sstable.sizeBytes()),
                            CheckpointContents.LevelFiles::plus);
                }
            }
        }
        var states = new ArrayList<CheckpointContents.StateFiles>();
        for (Map.Entry<String, TreeMap<Integer, CheckpointContents.LevelFiles>> state :
                levelsByState.entrySet()) {
            states.add(
                    new CheckpointContents.StateFiles(
                            state.getKey(), List.copyOf(state.getValue().values())));
        }
        return new CheckpointContents(checkpointId, stores.size(), states);
    }
}
