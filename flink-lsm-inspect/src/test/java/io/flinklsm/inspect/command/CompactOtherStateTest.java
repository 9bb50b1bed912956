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
package io.flinklsm.inspect.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.CheckpointProperties;
import org.apache.flink.runtime.checkpoint.FinishedOperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.FullyFinishedOperatorState;
import org.apache.flink.runtime.checkpoint.MasterState;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.StateObjectCollection;
import org.apache.flink.runtime.checkpoint.channel.InputChannelInfo;
import org.apache.flink.runtime.checkpoint.channel.ResultSubpartitionInfo;
import org.apache.flink.runtime.checkpoint.filemerging.LogicalFile;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.state.CheckpointedStateScope;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.InputChannelStateHandle;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeOffsets;
import org.apache.flink.runtime.state.KeyGroupsSavepointStateHandle;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.MergedInputChannelStateHandle;
import org.apache.flink.runtime.state.MergedResultSubpartitionStateHandle;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.OperatorStreamStateHandle;
import org.apache.flink.runtime.state.ResultSubpartitionStateHandle;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.changelog.ChangelogStateBackendHandle;
import org.apache.flink.runtime.state.changelog.ChangelogStateBackendHandle.ChangelogStateBackendHandleImpl;
import org.apache.flink.runtime.state.changelog.ChangelogStateHandleStreamImpl;
import org.apache.flink.runtime.state.filemerging.DirectoryStreamStateHandle;
import org.apache.flink.runtime.state.filemerging.EmptyFileMergingOperatorStreamStateHandle;
import org.apache.flink.runtime.state.filemerging.EmptySegmentFileStateHandle;
import org.apache.flink.runtime.state.filemerging.FileMergingOperatorStreamStateHandle;
import org.apache.flink.runtime.state.filemerging.SegmentFileStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.memory.ByteStreamStateHandle;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** State that is not ours comes along as it was, and needs nothing of the source any more. */
final class CompactOtherStateTest {

    private static final OperatorID OTHER = new OperatorID(3, 4);
    private static final OperatorID FINISHED = new OperatorID(5, 6);
    private static final KeyGroupRange RANGE = KeyGroupRange.of(0, 1);

    @TempDir Path root;

    private Path source;
    private Path into;

    @BeforeEach
    void takeCheckpoint() throws Exception {
        try (var sample = new SampleCheckpoint(root)) {
            source = sample.write(10, 0).take(1);
        }
        into = root.resolve("compacted");
    }

    private FileStateHandle file(String name) throws IOException {
        Path file = root.resolve("checkpoints/shared").resolve(name);
        Files.writeString(file, "bytes of " + name);
        return new FileStateHandle(
                new org.apache.flink.core.fs.Path(file.toUri()), Files.size(file));
    }

    /** The five bytes from that place. */
    private SegmentFileStateHandle segment(FileStateHandle file, int at) {
        return new SegmentFileStateHandle(
                file.getFilePath(),
                at,
                5,
                CheckpointedStateScope.EXCLUSIVE,
                new LogicalFile.LogicalFileId("logical-" + at));
    }

    private static ByteStreamStateHandle inline(String name) {
        return new ByteStreamStateHandle(name, name.getBytes(StandardCharsets.UTF_8));
    }

    private static KeyGroupRangeOffsets offsets() {
        return new KeyGroupRangeOffsets(RANGE, new long[] {2, 7});
    }

    private static Map<String, OperatorStateHandle.StateMetaInfo> places(String state) {
        return Map.of(
                state,
                new OperatorStateHandle.StateMetaInfo(
                        new long[] {1, 3}, OperatorStateHandle.Mode.UNION));
    }

    private void compact(OperatorState... others) throws Exception {
        CheckpointMetadata written = CompactCommandTest.metadata(source);
        List<OperatorState> operators = new ArrayList<>(written.getOperatorStates());
        operators.addAll(List.of(others));
        SampleCheckpoint.writeMetadata(
                source,
                new CheckpointMetadata(
                        1,
                        operators,
                        List.of(new MasterState("hook", new byte[] {9, 8}, 4)),
                        written.getCheckpointProperties()));
        Run run = Run.of("compact", "--into", into.toString(), source.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        Files.move(root.resolve("checkpoints"), root.resolve("gone"));
    }

    private OperatorState operator(OperatorSubtaskState state) {
        var operator = new OperatorState("other", "other-uid", OTHER, 2, 16);
        operator.putState(0, state);
        return operator;
    }

    private OperatorState read(OperatorID id) throws IOException {
        return CompactCommandTest.metadata(into).getOperatorStates().stream()
                .filter(operator -> operator.getOperatorID().equals(id))
                .findAny()
                .orElseThrow();
    }

    private OperatorSubtaskState readSubtask() throws IOException {
        return read(OTHER).getState(0);
    }

    private static String text(StreamStateHandle handle) throws IOException {
        try (InputStream in = handle.openInputStream()) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(handle.getStateSize()).isEqualTo(text.length());
            return text;
        }
    }

    @Test
    void operatorStateKeepsItsNamesAndPlaces() throws Exception {
        compact(
                operator(
                        OperatorSubtaskState.builder()
                                .setManagedOperatorState(
                                        new OperatorStreamStateHandle(
                                                places("managed"), file("managed")))
                                .setRawOperatorState(
                                        new OperatorStreamStateHandle(
                                                places("raw"), segment(file("raw"), 3)))
                                .build()));

        OperatorStateHandle managed = readSubtask().getManagedOperatorState().iterator().next();
        OperatorStateHandle raw = readSubtask().getRawOperatorState().iterator().next();
        assertThat(text(managed.getDelegateStateHandle())).isEqualTo("bytes of managed");
        assertThat(text(raw.getDelegateStateHandle())).isEqualTo("es of");
        OperatorStateHandle.StateMetaInfo info =
                managed.getStateNameToPartitionOffsets().get("managed");
        assertThat(info.getOffsets()).containsExactly(1, 3);
        assertThat(info.getDistributionMode()).isEqualTo(OperatorStateHandle.Mode.UNION);
        assertThat(raw.getStateNameToPartitionOffsets()).containsOnlyKeys("raw");
        assertThat(Run.of("verify", into.toString()).out()).contains(": ok\n");
    }

    @Test
    void operatorStateInMergedFilesHasAFileOfItsOwn() throws Exception {
        var directory =
                new DirectoryStreamStateHandle(
                        new org.apache.flink.core.fs.Path("file:" + root.resolve("checkpoints")));
        compact(
                operator(
                        OperatorSubtaskState.builder()
                                .setManagedOperatorState(
                                        new FileMergingOperatorStreamStateHandle(
                                                directory,
                                                directory,
                                                places("merged"),
                                                segment(file("merged"), 9)))
                                .setRawOperatorState(
                                        new EmptyFileMergingOperatorStreamStateHandle(
                                                directory,
                                                directory,
                                                Map.of(),
                                                EmptySegmentFileStateHandle.INSTANCE))
                                .build()));

        OperatorStateHandle merged = readSubtask().getManagedOperatorState().iterator().next();
        assertThat(merged).isInstanceOf(OperatorStreamStateHandle.class);
        assertThat(merged).isNotInstanceOf(FileMergingOperatorStreamStateHandle.class);
        assertThat(text(merged.getDelegateStateHandle())).isEqualTo("merge");
        assertThat(readSubtask().getRawOperatorState().hasState()).isFalse();
    }

    @Test
    void keyedStateOfOtherKindsKeepsItsPlaces() throws Exception {
        compact(
                operator(
                        OperatorSubtaskState.builder()
                                .setManagedKeyedState(
                                        new KeyGroupsSavepointStateHandle(
                                                offsets(), file("savepoint")))
                                .setRawKeyedState(
                                        new KeyGroupsStateHandle(offsets(), file("timers")))
                                .build()));

        var managed = (KeyGroupsStateHandle) readSubtask().getManagedKeyedState().iterator().next();
        var raw = (KeyGroupsStateHandle) readSubtask().getRawKeyedState().iterator().next();
        assertThat(managed).isInstanceOf(KeyGroupsSavepointStateHandle.class);
        assertThat(text(managed.getDelegateStateHandle())).isEqualTo("bytes of savepoint");
        assertThat(managed.getGroupRangeOffsets()).isEqualTo(offsets());
        assertThat(raw).isNotInstanceOf(KeyGroupsSavepointStateHandle.class);
        assertThat(text(raw.getDelegateStateHandle())).isEqualTo("bytes of timers");
    }

    private IncrementalRemoteKeyedStateHandle incremental() throws IOException {
        return new IncrementalRemoteKeyedStateHandle(
                new UUID(1, 2),
                RANGE,
                1,
                List.of(HandleAndLocalPath.of(file("000001.sst"), "000001.sst")),
                List.of(HandleAndLocalPath.of(inline("OPTIONS"), "OPTIONS")),
                file("meta"),
                77);
    }

    private void checkIncremental(IncrementalRemoteKeyedStateHandle handle) throws IOException {
        assertThat(handle.getBackendIdentifier()).isEqualTo(new UUID(1, 2));
        assertThat(handle.getKeyGroupRange()).isEqualTo(RANGE);
        assertThat(handle.getCheckpointedSize()).isEqualTo(77);
        assertThat(handle.getSharedState().get(0).getLocalPath()).isEqualTo("000001.sst");
        assertThat(text(handle.getSharedState().get(0).getHandle()))
                .isEqualTo("bytes of 000001.sst");
        assertThat(text(handle.getPrivateState().get(0).getHandle())).isEqualTo("OPTIONS");
        assertThat(text(handle.getMetaDataStateHandle())).isEqualTo("bytes of meta");
    }

    @Test
    void incrementalStateOfAnotherBackendKeepsItsNames() throws Exception {
        compact(
                operator(
                        OperatorSubtaskState.builder()
                                .setManagedKeyedState(incremental())
                                .build()));

        checkIncremental(
                (IncrementalRemoteKeyedStateHandle)
                        readSubtask().getManagedKeyedState().iterator().next());
    }

    @Test
    void aChangelogKeepsItsBaseAndItsChanges() throws Exception {
        compact(
                operator(
                        OperatorSubtaskState.builder()
                                .setManagedKeyedState(
                                        new ChangelogStateBackendHandleImpl(
                                                List.of(incremental()),
                                                List.of(
                                                        new ChangelogStateHandleStreamImpl(
                                                                List.of(
                                                                        Tuple2.of(
                                                                                file("changes"),
                                                                                6L)),
                                                                RANGE,
                                                                16,
                                                                15,
                                                                "filesystem")),
                                                RANGE,
                                                1,
                                                12,
                                                99))
                                .build()));

        var handle =
                (ChangelogStateBackendHandle)
                        readSubtask().getManagedKeyedState().iterator().next();
        assertThat(handle.getMaterializationID()).isEqualTo(12);
        assertThat(handle.getCheckpointId()).isEqualTo(1);
        checkIncremental(
                (IncrementalRemoteKeyedStateHandle) handle.getMaterializedStateHandles().get(0));
        var changes =
                (ChangelogStateHandleStreamImpl) handle.getNonMaterializedStateHandles().get(0);
        assertThat(text(changes.getHandlesAndOffsets().get(0).f0)).isEqualTo("bytes of changes");
        assertThat(changes.getHandlesAndOffsets().get(0).f1).isEqualTo(6);
        assertThat(changes.getStorageIdentifier()).isEqualTo("filesystem");
    }

    @Test
    void dataInFlightOfManyChannelsStaysInOneFile() throws Exception {
        FileStateHandle shared = file("channels");
        compact(
                operator(
                        OperatorSubtaskState.builder()
                                .setInputChannelState(
                                        new StateObjectCollection<>(
                                                List.of(
                                                        new InputChannelStateHandle(
                                                                0,
                                                                new InputChannelInfo(0, 1),
                                                                shared,
                                                                List.of(4L, 5L),
                                                                3),
                                                        MergedInputChannelStateHandle
                                                                .fromChannelHandles(
                                                                        List.of(
                                                                                new InputChannelStateHandle(
                                                                                        0,
                                                                                        new InputChannelInfo(
                                                                                                0,
                                                                                                2),
                                                                                        shared,
                                                                                        List.of(8L),
                                                                                        2))))))
                                .setResultSubpartitionState(
                                        new StateObjectCollection<>(
                                                List.of(
                                                        new ResultSubpartitionStateHandle(
                                                                0,
                                                                new ResultSubpartitionInfo(2, 3),
                                                                inline("result"),
                                                                List.of(1L),
                                                                4),
                                                        MergedResultSubpartitionStateHandle
                                                                .fromChannelHandles(
                                                                        List.of(
                                                                                new ResultSubpartitionStateHandle(
                                                                                        0,
                                                                                        new ResultSubpartitionInfo(
                                                                                                4,
                                                                                                5),
                                                                                        file(
                                                                                                "results"),
                                                                                        List.of(6L),
                                                                                        7))))))
                                .build()));

        var inputs = List.copyOf(readSubtask().getInputChannelState());
        var channel = (InputChannelStateHandle) inputs.get(0);
        assertThat(channel.getInfo()).isEqualTo(new InputChannelInfo(0, 1));
        assertThat(channel.getOffsets()).containsExactly(4L, 5L);
        assertThat(text(channel.getDelegate())).isEqualTo("bytes of channels");
        var merged = (MergedInputChannelStateHandle) inputs.get(1);
        assertThat(merged.getInfos()).containsExactly(new InputChannelInfo(0, 2));
        assertThat(merged.getDelegate()).isEqualTo(channel.getDelegate());
        var outputs = List.copyOf(readSubtask().getResultSubpartitionState());
        var result = (ResultSubpartitionStateHandle) outputs.get(0);
        assertThat(result.getInfo()).isEqualTo(new ResultSubpartitionInfo(2, 3));
        assertThat(text(result.getDelegate())).isEqualTo("result");
        var mergedResult = (MergedResultSubpartitionStateHandle) outputs.get(1);
        assertThat(mergedResult.getInfos()).containsExactly(new ResultSubpartitionInfo(4, 5));
        assertThat(text(mergedResult.getDelegate())).isEqualTo("bytes of results");
    }

    @Test
    void whatHasFinishedIsStillFinished() throws Exception {
        OperatorState half = operator(FinishedOperatorSubtaskState.INSTANCE);
        half.setCoordinatorState(inline("coordinator"));
        compact(half, new FullyFinishedOperatorState("done", "done-uid", FINISHED, 2, 16));

        assertThat(readSubtask().isFinished()).isTrue();
        assertThat(text(read(OTHER).getCoordinatorState())).isEqualTo("coordinator");
        assertThat(read(OTHER).getParallelism()).isEqualTo(2);
        assertThat(read(OTHER).getMaxParallelism()).isEqualTo(16);
        assertThat(read(OTHER).getOperatorName()).contains("other");
        assertThat(read(OTHER).getOperatorUid()).contains("other-uid");
        assertThat(read(FINISHED).isFullyFinished()).isTrue();
    }

    @Test
    void theMetadataSaysWhatItIs() throws Exception {
        compact();

        CheckpointMetadata metadata = CompactCommandTest.metadata(into);
        MasterState master = metadata.getMasterStates().iterator().next();
        assertThat(metadata.getCheckpointId()).isEqualTo(1);
        assertThat(metadata.getCheckpointProperties())
                .isEqualTo(CheckpointProperties.forSavepoint(false, SavepointFormatType.NATIVE));
        assertThat(master.name()).isEqualTo("hook");
        assertThat(master.bytes()).containsExactly(9, 8);
        assertThat(master.version()).isEqualTo(4);
    }

    @Test
    void aFileThatIsCutIsToldAndLeavesNothing() throws Exception {
        FileStateHandle cut = file("cut");
        CheckpointMetadata written = CompactCommandTest.metadata(source);
        List<OperatorState> operators = new ArrayList<>(written.getOperatorStates());
        operators.add(
                operator(
                        OperatorSubtaskState.builder()
                                .setManagedOperatorState(
                                        new OperatorStreamStateHandle(places("cut"), cut))
                                .build()));
        SampleCheckpoint.writeMetadata(
                source, new CheckpointMetadata(1, operators, List.of(), null));
        Files.writeString(Path.of(cut.getFilePath().getPath()), "byt");

        Run run = Run.of("compact", "--into", into.toString(), source.toString());

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err()).contains("is not as long as the metadata says: length=3");
        assertThat(into).doesNotExist();
    }
}
