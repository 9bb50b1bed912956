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
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.inspect.savepoint.OperatorRows;
import io.flinklsm.inspect.savepoint.SavepointRows;
import io.flinklsm.statebackend.snapshot.CheckpointNames;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.checkpoint.CheckpointProperties;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.AbstractChannelStateHandle;
import org.apache.flink.runtime.state.AbstractMergedChannelStateHandle;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupsSavepointStateHandle;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.StateObject;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filemerging.SegmentFileStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.filesystem.RelativeFileStateHandle;
import org.jspecify.annotations.Nullable;

/** From Flink's metadata to the stores of its subtasks. Confined to one thread. */
final class CheckpointReader {

    /** What we call the meta file; manifests and handles know it by no name. */
    private static final String META_NAME = "meta";

    /** What we call the file of a subtask in a format of Flink's, or with operator state. */
    private static final String ROWS_NAME = "rows";

    private final Path directory;
    private final @Nullable Consumer<Exception> problems;
    private final boolean withRows;
    private long createdMillis;
    private boolean leftOut;

    private CheckpointReader(
            Path directory,
            long createdMillis,
            @Nullable Consumer<Exception> problems,
            boolean withRows) {
        this.withRows = withRows;
        this.directory = directory;
        this.createdMillis = createdMillis;
        this.problems = problems;
    }

    /**
     * @param problems gets what is wrong with single stores, which are left out then; null to throw
     *     it
     * @param withRows whether states in the formats of Flink's own backends are wanted
     */
    static Checkpoint read(
            FileStatus metadataFile,
            Path directory,
            @Nullable Consumer<Exception> problems,
            boolean withRows)
            throws IOException {
        MetadataFile.Parsed parsed = MetadataFile.read(metadataFile, directory.toString());
        CheckpointMetadata metadata = parsed.metadata();
        if (problems != null && (!parsed.isWhole() || parsed.hasMore())) {
            problems.accept(
                    InspectException.corrupt(
                            "["
                                    + Locations.display(metadataFile.getPath())
                                    + (parsed.isWhole()
                                            ? "] says more than can be understood, such as a"
                                                    + " subtask twice: sizeBytes="
                                            : "] has bytes behind its end: sizeBytes=")
                                    + metadataFile.getLen()
                                    + "; it is damaged, or another program wrote to it.",
                            null));
        }
        var reader =
                new CheckpointReader(
                        directory, metadataFile.getModificationTime(), problems, withRows);
        List<Operator> operators = new ArrayList<>();
        for (OperatorState state : metadata.getOperatorStates()) {
            operators.add(reader.operator(state));
        }
        operators.sort(Comparator.comparing(Operator::label).thenComparing(Operator::uidHash));
        if (!reader.leftOut) {
            checkIsOurs(operators, directory);
        }
        CheckpointProperties properties = metadata.getCheckpointProperties();
        boolean isSavepoint = properties != null && properties.isSavepoint();
        return new Checkpoint(
                directory,
                isSavepoint ? Checkpoint.Kind.SAVEPOINT : Checkpoint.Kind.CHECKPOINT,
                metadata.getCheckpointId(),
                reader.createdMillis,
                operators);
    }

    private static void checkIsOurs(List<Operator> operators, Path directory) {
        for (Operator operator : operators) {
            if (!operator.stores().isEmpty()) {
                return;
            }
        }
        for (Operator operator : operators) {
            for (Operator.OtherState other : operator.others().states()) {
                if (other.isKeyed()) {
                    throw InspectException.unreadable(
                            "["
                                    + Locations.display(directory)
                                    + "] is not an LSM checkpoint: operator="
                                    + operator.label()
                                    + ", keyed state="
                                    + other.kind()
                                    + ForeignState.advice(other.kind()));
                }
            }
        }
    }

    private Operator operator(OperatorState state) throws IOException {
        List<SubtaskStore> stores = new ArrayList<>();
        List<SubtaskStore> operatorStores = new ArrayList<>();
        List<Operator.OtherState> others = new ArrayList<>();
        List<OtherFile> otherFiles = new ArrayList<>();
        for (Map.Entry<Integer, OperatorSubtaskState> subtask :
                state.getSubtaskStates().entrySet()) {
            for (KeyedStateHandle handle : subtask.getValue().getManagedKeyedState()) {
                try {
                    SubtaskStore store = store(subtask.getKey(), handle, state);
                    if (store != null) {
                        stores.add(store);
                    } else {
                        others.add(foreign(handle));
                        otherFiles.addAll(
                                otherFiles("keyed state", subtask.getKey(), List.of(handle)));
                    }
                } catch (IOException | InspectException e) {
                    if (problems == null) {
                        throw e;
                    }
                    leftOut = true;
                    problems.accept(e);
                }
            }
            for (OperatorStateHandle handle : subtask.getValue().getManagedOperatorState()) {
                handle.getStateNameToPartitionOffsets()
                        .forEach(
                                (name, info) ->
                                        others.add(
                                                new Operator.OtherState(
                                                        name,
                                                        kind(info.getDistributionMode()),
                                                        false,
                                                        handle.getStateSize())));
                if (handle.getStateSize() > 0) {
                    operatorStores.add(operatorRows(subtask.getKey(), handle));
                }
            }
            otherFiles.addAll(otherFiles(subtask.getKey(), subtask.getValue()));
        }
        stores.sort(Comparator.comparingInt(SubtaskStore::subtask));
        operatorStores.sort(Comparator.comparingInt(SubtaskStore::subtask));
        var coordinator = state.getCoordinatorState();
        if (coordinator != null) {
            otherFiles.addAll(otherFiles("coordinator state", -1, List.of(coordinator)));
        }
        return new Operator(
                new Operator.Id(
                        state.getOperatorID().toHexString(),
                        state.getOperatorName().orElse(null),
                        state.getOperatorUid().orElse(null)),
                state.getParallelism(),
                state.getMaxParallelism(),
                state.getNumberCollectedStates(),
                stores,
                operatorStores,
                new Operator.Others(
                        others, otherFiles, coordinator == null ? 0 : coordinator.getStateSize()),
                state.getStateSize());
    }

    private List<OtherFile> otherFiles(int subtask, OperatorSubtaskState state) {
        List<OtherFile> files = new ArrayList<>();
        files.addAll(otherFiles("operator state", subtask, state.getManagedOperatorState()));
        files.addAll(otherFiles("raw operator state", subtask, state.getRawOperatorState()));
        files.addAll(otherFiles("raw keyed state", subtask, state.getRawKeyedState()));
        files.addAll(otherFiles("data in flight", subtask, state.getInputChannelState()));
        files.addAll(otherFiles("data in flight", subtask, state.getUpstreamOutputBufferState()));
        files.addAll(otherFiles("data in flight", subtask, state.getResultSubpartitionState()));
        return files;
    }

    /** Those of the handles that stand in one file each. */
    private List<OtherFile> otherFiles(
            String what, int subtask, Collection<? extends StateObject> handles) {
        List<OtherFile> files = new ArrayList<>();
        for (StateObject handle : handles) {
            List<OtherFile.Places> places = new ArrayList<>();
            StreamStateHandle stream = null;
            if (handle instanceof OperatorStateHandle operator) {
                stream = operator.getDelegateStateHandle();
                operator.getStateNameToPartitionOffsets()
                        .forEach(
                                (name, info) ->
                                        places.add(OtherFile.Places.of(name, info.getOffsets())));
            } else if (handle instanceof AbstractChannelStateHandle<?> channel) {
                stream = channel.getDelegate();
                places.add(
                        OtherFile.Places.of(
                                "",
                                channel.getOffsets().stream()
                                        .mapToLong(Long::longValue)
                                        .toArray()));
            } else if (handle instanceof AbstractMergedChannelStateHandle<?, ?> channels) {
                stream = channels.getDelegate();
            } else if (handle instanceof StreamStateHandle plain) {
                stream = plain;
            }
            if (stream != null && stream.getStateSize() > 0) {
                SourceFile file = file("state", stream, false);
                files.add(
                        new OtherFile(
                                what,
                                subtask,
                                file,
                                new SourceStorage(Map.of(file.name(), file), directory),
                                places));
            }
        }
        return files;
    }

    private static String kind(OperatorStateHandle.Mode mode) {
        return switch (mode) {
            case SPLIT_DISTRIBUTE -> "operator-list";
            case UNION -> "operator-union";
            case BROADCAST -> "broadcast";
        };
    }

    private static Operator.OtherState foreign(KeyedStateHandle handle) {
        return new Operator.OtherState("", ForeignState.kind(handle), true, handle.getStateSize());
    }

    /** Whether this backend wrote it. */
    static boolean isOurs(KeyedStateHandle handle) {
        return handle instanceof IncrementalRemoteKeyedStateHandle remote
                && Stream.concat(
                                remote.getSharedState().stream(), remote.getPrivateState().stream())
                        .anyMatch(file -> file.getLocalPath().equals(CheckpointNames.MANIFEST));
    }

    /** Null if the handle is not ours. */
    private @Nullable SubtaskStore store(int subtask, KeyedStateHandle handle, OperatorState of)
            throws IOException {
        if (withRows && handle instanceof KeyGroupsStateHandle inRows) {
            return rows(subtask, inRows, of.getMaxParallelism());
        }
        if (!isOurs(handle)) {
            return null;
        }
        var remote = (IncrementalRemoteKeyedStateHandle) handle;
        Map<String, SourceFile> files = new HashMap<>();
        for (HandleAndLocalPath file : remote.getSharedState()) {
            files.put(file.getLocalPath(), file(file.getLocalPath(), file.getHandle(), true));
        }
        for (HandleAndLocalPath file : remote.getPrivateState()) {
            files.put(file.getLocalPath(), file(file.getLocalPath(), file.getHandle(), false));
        }
        SourceFile manifest = files.get(CheckpointNames.MANIFEST);
        if (manifest == null) {
            throw new AssertionError("a handle of ours has a manifest: " + handle);
        }
        SourceFile metaFile = file(META_NAME, remote.getMetaDataStateHandle(), false);
        files.putIfAbsent(META_NAME, metaFile);
        var storage = new SourceStorage(files, directory);
        CheckpointImage image = image(storage, manifest);
        createdMillis = image.createdMillis();
        return new SubtaskStore(
                subtask,
                SubtaskStore.KeyGroups.of(handle.getKeyGroupRange()),
                remote.getCheckpointId(),
                image,
                new SubtaskStore.Description(manifest, metaFile),
                storage,
                remote.getCheckpointedSize(),
                null);
    }

    private SubtaskStore rows(int subtask, KeyGroupsStateHandle handle, int maxParallelism)
            throws IOException {
        SourceFile file = file(ROWS_NAME, handle, false);
        var storage = new SourceStorage(Map.of(ROWS_NAME, file), directory);
        List<SavepointRows.KeyGroup> groups = new ArrayList<>();
        for (Tuple2<Integer, Long> group : handle.getGroupRangeOffsets()) {
            // Nothing was written for a key group at offset 0.
            if (group.f1 != 0) {
                groups.add(new SavepointRows.KeyGroup(group.f0, group.f1));
            }
        }
        SavepointRows rows =
                SavepointRows.open(
                        ROWS_NAME,
                        storage,
                        groups,
                        maxParallelism > 128 ? 2 : 1,
                        handle instanceof KeyGroupsSavepointStateHandle);
        return new SubtaskStore(
                subtask,
                SubtaskStore.KeyGroups.of(handle.getKeyGroupRange()),
                -1,
                new CheckpointImage(-1, createdMillis, rows.trees()),
                SubtaskStore.Description.NONE,
                storage,
                file.sizeBytes(),
                rows);
    }

    private SubtaskStore operatorRows(int subtask, OperatorStateHandle handle) {
        SourceFile file = file(ROWS_NAME, handle.getDelegateStateHandle(), false);
        var storage = new SourceStorage(Map.of(ROWS_NAME, file), directory);
        Map<String, long[]> offsets = new TreeMap<>();
        handle.getStateNameToPartitionOffsets()
                .forEach((name, info) -> offsets.put(name, info.getOffsets()));
        List<TreeImage> trees =
                offsets.keySet().stream()
                        .map(name -> new TreeImage(OperatorRows.treeName(name), List.of()))
                        .toList();
        return new SubtaskStore(
                subtask,
                SubtaskStore.KeyGroups.UNKNOWN,
                -1,
                new CheckpointImage(-1, createdMillis, trees),
                SubtaskStore.Description.NONE,
                storage,
                file.sizeBytes(),
                new OperatorRows(ROWS_NAME, storage, subtask, offsets, file.sizeBytes()));
    }

    private static CheckpointImage image(SourceStorage storage, SourceFile manifest)
            throws IOException {
        try (StorageInput input = storage.open(manifest.name())) {
            return ManifestCodec.read(input, storage.describe(manifest.name()));
        } catch (NoSuchFileException e) {
            throw InspectException.corrupt(
                    "["
                            + manifest.location()
                            + "] the checkpoint's manifest is missing: without it nobody knows its"
                            + " files; bring it back, or look at another checkpoint.",
                    e);
        }
    }

    private SourceFile file(String name, StreamStateHandle of, boolean isShared) {
        return file(name, of, isShared, directory);
    }

    /**
     * @param directory of the checkpoint
     * @throws InspectException if the file would lead out of it and must not
     */
    static SourceFile file(String name, StreamStateHandle of, boolean isShared, Path directory) {
        StreamStateHandle handle = of;
        while (handle instanceof KeyGroupsStateHandle wrapper) {
            // It would open what is inside by itself, wherever that leads.
            handle = wrapper.getDelegateStateHandle();
        }
        checkInside(handle, directory);
        return new SourceFile(name, handle, location(handle), isShared);
    }

    /** What is relative to the checkpoint must not lead out of it. */
    private static void checkInside(StreamStateHandle handle, Path directory) {
        if (handle instanceof RelativeFileStateHandle relative
                && (relative.getRelativePath().contains("/")
                        || relative.getRelativePath().contains("\\")
                        || relative.getRelativePath().contains(":")
                        || relative.getRelativePath().equals(".."))) {
            throw InspectException.corrupt(
                    "["
                            + Locations.display(directory)
                            + "] a file of the checkpoint leads out of its directory: relativePath="
                            + relative.getRelativePath()
                            + "; the metadata was changed after it was written: do not restore from"
                            + " it.",
                    null);
        }
    }

    private static String location(StreamStateHandle handle) {
        if (handle instanceof FileStateHandle file) {
            return Locations.display(file.getFilePath());
        }
        if (handle instanceof SegmentFileStateHandle segment) {
            return Locations.display(segment.getFilePath());
        }
        return Locations.redact(handle.getStreamStateHandleID().getKeyString());
    }
}
